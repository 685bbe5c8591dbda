//! What this tool is to reach, each aim held against one row of the table.
//! Times count only as ratios to what was measured in the same run; sizes and bytes count as they are.

use std::fmt;

use crate::table::{Row, Table, number};
use crate::{languages, templates};

/// How a row is held against an aim.
enum Measure {
    /// Ours divided by the peer's is at most this.
    Ratio(f64),
    /// Ours is at most this many of the row's units.
    Value(f64),
    /// Ours is at most so many times that of the row named here.
    Growth(f64, &'static str),
}

/// The aims: what is said, the row, the measure.
const AIMS: &[(&str, &str, Measure)] = &[
    ("a compiled template renders at least 20 times as fast as helm", "render", Measure::Ratio(1.0 / 20.0)),
    ("the very first render is no slower than helm's every render", "first-render", Measure::Ratio(1.0)),
    ("the plan of one MySQL is at least twice as fast as kubectl diff", "plan", Measure::Ratio(0.5)),
    ("publish of one MySQL takes at most half of helm install", "publish", Measure::Ratio(0.5)),
    ("plan of 1,000 objects takes at most 1.5 times its bare requests", "plan-1000", Measure::Ratio(1.5)),
    ("publish of 1,000 new objects takes at most 1.5 times the bare patches", "publish-1000", Measure::Ratio(1.5)),
    ("update of 1,000 objects takes at most 1.5 times the bare patches", "update-1000", Measure::Ratio(1.5)),
    ("plan grows no faster than its objects", "more-plan-1000", Measure::Growth(1.5, "more-plan-100")),
    ("publish grows no faster than its objects", "more-publish-1000", Measure::Growth(1.5, "more-publish-100")),
    ("a list of 200 receives at most a fifth of 2 MiB", "list-bytes", Measure::Value(2.0 * 1024.0 / 5.0)),
    ("a list does not grow with revisions", "list-growth", Measure::Ratio(1.1)),
    ("the plan of 1,000 objects holds at most 80 MiB", "memory-1000", Measure::Value(80.0)),
    ("the binary has at most 30 MB", "binary", Measure::Value(30.0)),
];

/// The aims of every template: what is said after its name, what its row's name begins with, the measure. A render of
/// 6 ms beside the 120 ms helm took on the machine where both were measured first is the ratio here.
const EACH: &[(&str, &str, Measure)] = &[
    ("renders at least 20 times as fast as helm once compiled", templates::WARM, Measure::Ratio(1.0 / 20.0)),
    ("renders for the first time no slower than helm every time", templates::COLD, Measure::Ratio(1.0)),
    ("is a component of at most 250 KB", templates::SIZE, Measure::Value(250.0)),
    ("renders in at most 10 ms once compiled", languages::CALL, Measure::Value(10.0)),
];

/// One aim after the run.
pub(crate) struct Verdict {
    /// What was to be reached.
    pub(crate) aim: String,
    /// Whether it was; `None` when its row was not measured.
    pub(crate) met: Option<bool>,
    /// What was found, in words.
    pub(crate) found: String,
}

/// Holds every aim against the table.
pub(crate) fn judge(table: &Table) -> Vec<Verdict> {
    let fixed = AIMS.iter().map(|(aim, row, measure)| verdict(table, (*aim).to_owned(), table.find(row), measure));
    let each = EACH.iter().flat_map(|(aim, prefix, measure)| {
        let named = table.rows().filter_map(move |row| Some((row.id.strip_prefix(prefix)?, row)));
        named.map(move |(name, row)| verdict(table, format!("{name} {aim}"), Some(row), measure))
    });
    fixed.chain(each).collect()
}

fn verdict(table: &Table, aim: String, row: Option<&Row>, measure: &Measure) -> Verdict {
    let found = row.and_then(|row| match measure {
        Measure::Ratio(most) => row.ratio().map(|ratio| (ratio, *most, times(ratio))),
        Measure::Value(most) => Some((row.ours, *most, format!("{} {}", number(row.ours), row.unit))),
        Measure::Growth(most, other) => {
            let ratio = row.ours / table.find(other)?.ours;
            Some((ratio, *most, times(ratio)))
        }
    });
    match found {
        Some((value, most, found)) => Verdict { aim, met: Some(value <= most), found },
        None => Verdict { aim, met: None, found: String::new() },
    }
}

/// A ratio as people say it.
fn times(ratio: f64) -> String {
    if ratio < 0.5 {
        format!("ratio {ratio:.3}, {} times as fast", number(1.0 / ratio))
    } else {
        format!("ratio {ratio:.2}")
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.met {
            Some(met) => write!(f, "{}  {}: {}", if met { "met   " } else { "missed" }, self.aim, self.found),
            None => write!(f, "not measured  {}", self.aim),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aims_are_met_missed_or_left_open() {
        let mut table = Table::default();
        table.value("binary", "binary", 20.0, None, "MiB");
        table.value("plan", "plan", 80.0, Some(("kubectl diff", 100.0)), "ms");
        table.value("more-plan-100", "", 2.0, None, "ms");
        table.value("more-plan-1000", "", 2.5, None, "ms");
        let met = |row: &str| {
            let place = AIMS.iter().position(|(_, id, _)| *id == row).unwrap();
            judge(&table).remove(place).met
        };
        assert_eq!(
            (met("binary"), met("plan"), met("more-plan-1000"), met("render")),
            (Some(true), Some(false), Some(true), None)
        );
        table.value("component-redis", "", 214.2, None, "KB");
        table.value("component-mysql", "", 260.0, None, "KB");
        let found: Vec<(String, Option<bool>)> =
            judge(&table).into_iter().skip(AIMS.len()).map(|verdict| (verdict.aim, verdict.met)).collect();
        assert_eq!(found[0], ("redis is a component of at most 250 KB".into(), Some(true)));
        assert_eq!(found[1], ("mysql is a component of at most 250 KB".into(), Some(false)));
    }
}
