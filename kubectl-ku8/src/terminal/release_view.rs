//! Tables for list, status and history, aligned by what the eye sees.
//! It never wraps a name, and says nothing about what to do.

use comfy_table::{ContentArrangement, Table as Grid, presets};

use crate::object::printable;

/// A plain table in kubectl's style: upper-case heads, two spaces between columns.
pub struct Table {
    grid: Grid,
}

impl Table {
    /// A table with these heads.
    pub fn new(heads: &[&str]) -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING);
        grid.set_content_arrangement(ContentArrangement::Disabled);
        grid.set_header(heads.to_vec());
        Self { grid }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[String]) {
        self.grid.add_row(cells.iter().map(|cell| printable(cell)).collect::<Vec<_>>());
    }

    /// The text, without padding on the left or trailing spaces.
    pub fn render(mut self) -> String {
        for column in self.grid.column_iter_mut() {
            column.set_padding((0, 2));
        }
        self.grid.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

/// How long ago, as kubectl says it: `45s`, `12m`, `3h`, `5d`.
pub fn age(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_wide_text() {
        let mut table = Table::new(&["NAME", "TITLE"]);
        table.row(&["订单".into(), "x".into()]);
        table.row(&["orders-db".into(), "y".into()]);
        assert_eq!(table.render(), "NAME       TITLE\n订单       x\norders-db  y");
    }

    #[test]
    fn ages_read_as_kubectls() {
        assert_eq!(
            (age(90), age(3000), age(90_000), age(400_000)),
            ("90s".into(), "50m".into(), "25h".into(), "4d".into())
        );
    }
}
