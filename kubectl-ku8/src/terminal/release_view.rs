//! Tables for list, status and history, aligned by what the eye sees.
//! It never wraps a name, and says nothing about what to do.

use comfy_table::{ColumnConstraint, ContentArrangement, Table as Grid, Width, presets};

use crate::object::printable;

/// Spaces between columns, and the least width of one with them, as kubectl has them.
const GAP: u16 = 3;
const LEAST: u16 = 6;

/// A plain table in kubectl's style: upper-case heads, three spaces between columns.
pub struct Table {
    grid: Grid,
}

impl Table {
    /// A table with these heads.
    pub fn new(heads: &[&str]) -> Self {
        let mut table = Self::headless();
        table.grid.set_header(heads.to_vec());
        table
    }

    /// A table without heads.
    pub fn headless() -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING);
        grid.set_content_arrangement(ContentArrangement::Disabled);
        Self { grid }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[String]) {
        self.grid.add_row(cells.iter().map(|cell| printable(cell)).collect::<Vec<_>>());
    }

    /// The text, without padding on the left or trailing spaces.
    pub fn render(mut self) -> String {
        for column in self.grid.column_iter_mut() {
            column.set_padding((0, GAP));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(LEAST)));
        }
        self.grid.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

/// How long ago, as kubectl says it: `45s`, `5m30s`, `12m`, `3h20m`, `30h`, `5d3h`, `40d`, `2y30d`.
pub fn age(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let seconds = seconds.max(0);
    let two = |large: i64, unit: &str, small: i64, part: &str| {
        let rest = seconds % large / small;
        let rest = if rest == 0 { String::new() } else { format!("{rest}{part}") };
        format!("{}{unit}{rest}", seconds / large)
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => two(MINUTE, "m", 1, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(HOUR, "h", MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(DAY, "d", HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(YEAR, "y", DAY, "d"),
        _ => format!("{}y", seconds / YEAR),
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
        assert_eq!(table.render(), "NAME        TITLE\n订单        x\norders-db   y");
    }

    #[test]
    fn ages_read_as_kubectls() {
        for (seconds, expected) in [
            (-5, "0s"),
            (90, "90s"),
            (330, "5m30s"),
            (3_000, "50m"),
            (12_000, "3h20m"),
            (90_000, "25h"),
            (442_800, "5d3h"),
            (4_000_000, "46d"),
            (65_700_000, "2y30d"),
            (300_000_000, "9y"),
        ] {
            assert_eq!(age(seconds), expected);
        }
    }
}
