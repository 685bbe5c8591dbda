//! Judges a template by rules with stable codes, from what it says of itself and what it answered when it was tried.
//! Pure: every rule is a function of what somebody else fetched; it never stops at the first broken rule.

mod answers;
mod contract;
mod objects;
mod pods;
mod requests;
mod rules;
mod schema;

use serde::Serialize;
use serde_json::Value;

pub use contract::unloadable;
pub use requests::requests;
pub use rules::{Level, RULES, Rule};

use crate::object::printable;
use crate::render::{Described, Embedded, Limits, TemplateMetadata, Trial};
use crate::schema::Schema;

/// Findings of one rule that are told one by one; the rest is counted.
const TOLD: usize = 12;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// The rule's stable code.
    pub code: &'static str,
    /// Where: a property, an object, a case; empty for the whole.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub fix: String,
}

/// One request that was tried twice, in two fresh processes.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What it was made from: `defaults`, `size=dev`, `case replication`.
    pub label: String,
    /// The request that was sent.
    pub request: Value,
    /// What came of it first.
    pub trial: Trial,
    /// SHA-256 of the second answer.
    pub again: String,
}

impl Run {
    /// Name of the definition.
    fn name(&self) -> &str {
        self.request["name"].as_str().unwrap_or_default()
    }
}

/// The golden cases of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Names of all cases.
    pub names: Vec<String>,
    /// Names of those that expect a refusal.
    pub refused: Vec<String>,
    /// Name of each that does not run, and why.
    pub broken: Vec<(String, String)>,
}

/// Everything that is known of a template.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What it says of itself.
    pub metadata: &'a TemplateMetadata,
    /// The schema of its values.
    pub schema: &'a Schema,
    /// Bytes of the component.
    pub size: usize,
    /// What stands in its bytes.
    pub embedded: &'a Embedded,
    /// What it ran under.
    pub limits: Limits,
    /// Version of this program.
    pub host: &'a str,
    /// Its words about itself in two processes.
    pub described: [&'a Described; 2],
    /// What was tried; the first one with nothing but what must be given.
    pub runs: &'a [Run],
    /// The golden cases, where a project is judged.
    pub cases: Option<&'a Kept>,
}

/// Judges a template that loads: every finding, errors first.
pub fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let mut report = Report::default();
    contract::check(subject, &mut report);
    schema::check(subject, &mut report);
    answers::check(subject, &mut report);
    objects::check(subject, &mut report);
    pods::check(subject, &mut report);
    report.end()
}

/// Collects findings.
#[derive(Debug, Default)]
struct Report {
    findings: Vec<Finding>,
    /// How many more each code had.
    more: std::collections::BTreeMap<&'static str, usize>,
}

impl Report {
    /// Adds a finding once, however often it is met.
    fn say(&mut self, code: &str, place: &str, message: impl Into<String>) {
        let fix = rules::of(code).fix.to_owned();
        self.say_and_fix(code, place, message, fix);
    }

    /// The same with a way out that knows more than the rule's.
    fn say_and_fix(&mut self, code: &str, place: &str, message: impl Into<String>, fix: String) {
        let rule = rules::of(code);
        let (place, message) = (printable(place), printable(&message.into()));
        let of_code = self.findings.iter().filter(|known| known.code == rule.code);
        let (mut count, mut known) = (0, false);
        for one in of_code {
            count += 1;
            known |= one.place == place && one.message == message;
        }
        if known {
            return;
        }
        if count >= TOLD {
            *self.more.entry(rule.code).or_default() += 1;
            return;
        }
        self.findings.push(Finding { level: rule.level, code: rule.code, place, message, why: rule.why, fix });
    }

    fn end(mut self) -> Vec<Finding> {
        for (code, count) in std::mem::take(&mut self.more) {
            let rule = rules::of(code);
            self.findings.push(Finding {
                level: rule.level,
                code: rule.code,
                place: String::new(),
                message: format!("and {count} more of this kind"),
                why: rule.why,
                fix: rule.fix.to_owned(),
            });
        }
        // A stable sort: within one level the order of the rules, and of the places they look at.
        self.findings.sort_by_key(|finding| (finding.level, RULES.iter().position(|rule| rule.code == finding.code)));
        self.findings
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
