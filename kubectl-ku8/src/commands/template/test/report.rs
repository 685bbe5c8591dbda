//! What became of golden cases, as text and as a document.
//! It never hides a case that passed: a summary of nothing would be a good one.

use std::path::Path;

use serde_json::{Value, json};

use crate::author::cases::Difference;
use crate::object::printable;
use crate::render::Template;
use crate::terminal::{Styles, field_lines, text_lines};

/// One case and what became of it.
pub(super) struct Result {
    /// Name of its folder.
    pub(super) name: String,
    /// What became of it.
    pub(super) outcome: Outcome,
}

/// What can become of a case.
pub(super) enum Outcome {
    /// As expected.
    Passed,
    /// The expectation was written anew.
    Blessed {
        /// Which file.
        file: &'static str,
    },
    /// Something else than expected.
    Differs {
        /// Which file says otherwise.
        file: &'static str,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// It should be refused, and renders.
    Renders {
        /// How many objects.
        objects: usize,
    },
    /// It should render, and is refused.
    Refused {
        /// The reasons, one a line.
        reasons: String,
    },
    /// Nothing is expected yet.
    Missing {
        /// The file that would say it.
        file: &'static str,
    },
    /// It does not run.
    Broken(String),
}

impl Outcome {
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::Blessed { .. })
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Blessed { .. } => "blessed",
            Self::Differs { .. } => "differs",
            Self::Renders { .. } => "renders",
            Self::Refused { .. } => "refused",
            Self::Missing { .. } => "missing",
            Self::Broken(_) => "broken",
        }
    }

    /// One line beside the name.
    fn note(&self) -> String {
        match self {
            Self::Passed => String::new(),
            Self::Blessed { file } => format!("{file} written"),
            Self::Differs { file, .. } => format!("from {file}"),
            Self::Renders { objects } => {
                format!(
                    "{objects} {}; expected.err says that it is refused",
                    if *objects == 1 { "object" } else { "objects" }
                )
            }
            Self::Refused { .. } => "expected.yaml says that it renders".to_owned(),
            Self::Missing { file } => format!("no {file} yet"),
            Self::Broken(why) => printable(why),
        }
    }
}

/// The words of [`Outcome::word`], in the order of a summary.
const WORDS: [&str; 7] = ["passed", "blessed", "differs", "renders", "refused", "missing", "broken"];

fn counts(results: &[Result]) -> Vec<(&'static str, usize)> {
    let count = |word: &&str| results.iter().filter(|result| result.outcome.word() == *word).count();
    WORDS.iter().map(|word| (*word, count(word))).collect()
}

/// The report for people.
pub(super) fn text(template: &Template, file: &Path, results: &[Result], styles: Styles) -> String {
    let metadata = template.metadata();
    let mut lines = vec![format!(
        "{} {}   {}",
        styles.bold(&metadata.name),
        metadata.version,
        printable(&file.display().to_string())
    )];
    let width = results.iter().map(|result| result.name.chars().count()).max().unwrap_or_default();
    for result in results {
        let word = format!("{:<8}", result.outcome.word());
        let word = match &result.outcome {
            Outcome::Passed => styles.good(&word),
            Outcome::Blessed { .. } => styles.changed(&word),
            _ => styles.bad(&word),
        };
        let name = printable(&result.name);
        lines.push(format!("  {word} {name:<width$}  {}", result.outcome.note()).trim_end().to_owned());
        match &result.outcome {
            Outcome::Differs { differences, .. } => {
                lines.extend(differences.iter().flat_map(|one| difference(one, styles)));
            }
            Outcome::Refused { reasons } => {
                lines.extend(reasons.lines().map(|reason| format!("      {}", printable(reason))));
            }
            _ => {}
        }
    }
    lines.push(String::new());
    lines.push(summary(results));
    lines.join("\n")
}

/// `12 cases: 11 passed, 1 differs`.
fn summary(results: &[Result]) -> String {
    let parts: Vec<String> = counts(results)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let noun = if results.len() == 1 { "case" } else { "cases" };
    format!("{} {noun}: {}", results.len(), parts.join(", "))
}

fn difference(one: &Difference, styles: Styles) -> Vec<String> {
    let below = |lines: Vec<String>| lines.into_iter().map(|line| format!("        {line}").trim_end().to_owned());
    match one {
        Difference::Added(name) => vec![format!("      {} {name}", styles.added("+"))],
        Difference::Removed(name) => vec![format!("      {} {name}", styles.removed("-"))],
        Difference::Fields { object, fields } => std::iter::once(format!("      {} {object}", styles.changed("~")))
            .chain(below(field_lines(fields, styles)))
            .collect(),
        Difference::Text { before, after } => below(text_lines(before, after, styles)).collect(),
    }
}

/// The report for programs.
pub(super) fn document(template: &Template, file: &Path, results: &[Result]) -> Value {
    let metadata = template.metadata();
    let item = |result: &Result| {
        let mut item = json!({"name": result.name, "result": result.outcome.word(), "message": result.outcome.note()});
        if let Outcome::Differs { differences, .. } = &result.outcome {
            item["differences"] = differences.iter().map(told).collect();
        }
        if let Outcome::Refused { reasons } = &result.outcome {
            item["reasons"] = reasons.lines().collect();
        }
        item
    };
    json!({
        "apiVersion": "ku8.dev/v1", "kind": "TemplateTest",
        "template": {"name": metadata.name, "version": metadata.version},
        "component": file.display().to_string(), "digest": format!("sha256:{}", template.digest()),
        "summary": counts(results).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "items": results.iter().map(item).collect::<Vec<_>>(),
    })
}

fn told(one: &Difference) -> Value {
    match one {
        Difference::Added(name) => json!({"what": "added", "object": name}),
        Difference::Removed(name) => json!({"what": "removed", "object": name}),
        Difference::Fields { object, fields } => json!({"what": "changed", "object": object, "fields": fields}),
        Difference::Text { before, after } => json!({"what": "text", "before": before, "after": after}),
    }
}
