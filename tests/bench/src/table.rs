//! The measurements of one run, printed as a table with ratios.
//! It never decides what a number is worth.

use std::fmt;

use serde_json::{Value, json};

use crate::measure::Samples;

/// One measurement beside a peer's, or alone.
pub(crate) struct Row {
    /// A name that aims refer to.
    pub(crate) id: String,
    /// What was done.
    pub(crate) work: String,
    /// Ours, in `unit`.
    pub(crate) ours: f64,
    /// How ours was spread, for people.
    pub(crate) spread: String,
    /// Who did the same, and its measure in the same unit.
    pub(crate) peer: Option<(String, f64)>,
    /// `ms`, `KiB`, `MiB`, or nothing for a count.
    pub(crate) unit: &'static str,
}

impl Row {
    /// Ours divided by the peer's.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.peer.as_ref().map(|(_, peer)| self.ours / peer)
    }
}

/// All rows in the order they were taken.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds our times beside a peer's.
    pub(crate) fn times(&mut self, id: &str, work: &str, ours: &Samples, peer: Option<(&str, &Samples)>) {
        let (low, high) = ours.quartiles();
        let spread = if ours.len() > 2 {
            format!("{}–{}, n={}", number(low), number(high), ours.len())
        } else {
            String::new()
        };
        let peer = peer.map(|(name, samples)| (name.to_owned(), samples.median()));
        self.rows.push(Row { id: id.into(), work: work.into(), ours: ours.median(), spread, peer, unit: "ms" });
    }

    /// Adds a measure of another unit.
    pub(crate) fn value(&mut self, id: &str, work: &str, ours: f64, peer: Option<(&str, f64)>, unit: &'static str) {
        let peer = peer.map(|(name, value)| (name.to_owned(), value));
        self.rows.push(Row { id: id.into(), work: work.into(), ours, spread: String::new(), peer, unit });
    }

    /// The row of this name.
    pub(crate) fn find(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// All rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// Rows and verdicts for programs.
    pub(crate) fn to_json(&self, verdicts: &[crate::aims::Verdict]) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({"id": row.id, "work": row.work, "unit": row.unit, "ours": row.ours,
                    "peer": row.peer.as_ref().map(|(name, value)| json!({"name": name, "value": value})),
                    "ratio": row.ratio()})
            })
            .collect();
        let aims: Vec<Value> = verdicts
            .iter()
            .map(|verdict| json!({"aim": verdict.aim, "met": verdict.met, "found": verdict.found}))
            .collect();
        json!({"rows": rows, "aims": aims})
    }
}

/// Three digits that matter.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![["work", "ours", "quartiles", "peer", "peer's", "ratio"].map(str::to_owned)];
        for row in &self.rows {
            let (name, value) = row.peer.clone().unzip();
            let unit = |value: f64| format!("{} {}", number(value), row.unit);
            lines.push([
                row.work.clone(),
                unit(row.ours),
                row.spread.clone(),
                name.unwrap_or_default(),
                value.map(unit).unwrap_or_default(),
                row.ratio().map(|ratio| format!("{ratio:.3}")).unwrap_or_default(),
            ]);
        }
        let widths: [usize; 6] =
            std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
        for line in lines {
            let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_ratios_stand_at_the_end() {
        let mut table = Table::default();
        table.value("size", "binary", 20.0, Some(("helm", 80.0)), "MiB");
        let text = table.to_string();
        assert!(text.contains("20.0 MiB") && text.trim_end().ends_with("0.250"), "{text}");
        assert_eq!(number(1234.5), "1234");
    }
}
