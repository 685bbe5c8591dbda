//! What is wrong with values, one by one, and where each was written when files or flags are at hand.
//! It never judges; a finding whose place is not known is told by its path alone.

use serde::Serialize;

use super::{CommandError, id};
use crate::definition::{Part, Sources, Spot};
use crate::object::printable;
use crate::render::Diagnostic;
use crate::schema::{Violation, dotted};

/// One thing that is wrong with the values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// JSON pointer into the values.
    pub pointer: String,
    /// The schema's keyword that was broken, or the template's code.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// What to do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// `file:line:column`, or the flag as it was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The line, and what is underlined in it.
    #[serde(skip)]
    pub lines: Vec<String>,
}

impl Finding {
    fn told(&self) -> String {
        let head =
            self.place.as_ref().filter(|_| self.is_in_file()).map_or_else(String::new, |place| format!("{place}: "));
        let mut text = format!("{head}{}", self.message);
        for line in &self.lines {
            text.push('\n');
            text.push_str(line);
        }
        text
    }

    fn is_in_file(&self) -> bool {
        self.place.as_ref().is_some_and(|place| !place.starts_with("--"))
    }

    fn part(&self) -> Part {
        match self.rule.as_str() {
            "additionalProperties" | "unevaluatedProperties" | "propertyNames" => Part::Name,
            "required" => Part::Around,
            _ => Part::Value,
        }
    }

    fn point(&mut self, spot: Spot) {
        self.hint = better_hint(self, &spot);
        let flag = spot.flag.map(|flag| spot.lines.first().map_or(flag, |line| line.trim()).to_owned());
        self.place = flag.or(Some(spot.head).filter(|head| !head.is_empty()));
        self.lines = spot.lines;
    }
}

/// A hint that knows how the value was written: quotes for a file, another flag for a command line.
fn better_hint(finding: &Finding, spot: &Spot) -> Option<String> {
    let path = dotted(&finding.pointer);
    let words = printable(&spot.words);
    let quoted =
        finding.hint.as_deref().is_some_and(|hint| hint.starts_with("write \"") && hint.ends_with(" in quotes"));
    if let Some(flag) = spot.flag {
        if words.starts_with('{') && words.ends_with('}') && flag != "--set-json" && finding.rule != "secret" {
            let elements: Vec<String> =
                words[1..words.len() - 1].split(',').map(|one| format!("\"{}\"", one.trim())).collect();
            let list = elements.join(",");
            return Some(format!("commas and braces mean nothing to {flag}; a list is: --set-json '{path}=[{list}]'"));
        }
        if flag != "--set-json" && another_setting(&words) {
            return Some(format!("a comma is part of the value; give each setting a {flag} of its own"));
        }
        return match &finding.hint {
            Some(_) if quoted && !words.is_empty() => Some(format!("write --set-string {path}={words}")),
            Some(hint) if flag == "--set-string" && hint.ends_with("without quotes") => {
                Some(format!("write --set {path}={words}"))
            }
            other => other.clone(),
        };
    }
    match &finding.hint {
        // As it is written: what YAML made of it may have lost a zero.
        Some(_) if quoted && !words.is_empty() => Some(format!("write \"{words}\" in quotes")),
        other => other.clone(),
    }
}

/// Whether `value,name=value` was meant to set two things.
fn another_setting(words: &str) -> bool {
    words.split(',').skip(1).any(|part| {
        part.split_once('=').is_some_and(|(name, _)| {
            name.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && name.chars().all(|letter| letter.is_ascii_alphanumeric() || ".[]_-".contains(letter))
        })
    })
}

impl From<&Violation> for Finding {
    fn from(violation: &Violation) -> Self {
        Self {
            pointer: violation.pointer.clone(),
            rule: violation.rule.clone(),
            message: violation.message.clone(),
            hint: violation.hint.clone(),
            ..Self::default()
        }
    }
}

impl From<&Diagnostic> for Finding {
    fn from(found: &Diagnostic) -> Self {
        let path = if found.path.is_empty() { "values".to_owned() } else { dotted(&found.path) };
        Self {
            pointer: found.path.clone(),
            rule: found.code.clone(),
            message: format!("{path}: {} [{}]", found.message, found.code),
            hint: found.hint.clone(),
            ..Self::default()
        }
    }
}

impl CommandError {
    /// All findings at once.
    pub(super) fn of_findings(id: &'static str, findings: Vec<Finding>) -> Self {
        let mut failed = Self::new("").id(id);
        failed.findings = findings;
        failed.tell_findings();
        failed
    }

    /// The same with the place of each finding, as far as files and flags hold it.
    #[must_use]
    pub fn pointing_into(mut self, sources: &Sources) -> Self {
        if self.findings.is_empty() {
            return self;
        }
        let secrets: Vec<String> =
            self.findings.iter().filter(|one| one.rule == "secret").map(|one| one.pointer.clone()).collect();
        let hidden: Vec<&str> = secrets.iter().map(String::as_str).collect();
        for finding in &mut self.findings {
            if let Some(spot) = sources.find(&finding.pointer, finding.part(), &hidden) {
                finding.point(spot);
            }
        }
        self.tell_findings();
        self
    }

    fn tell_findings(&mut self) {
        let lines: Vec<String> = self.findings.iter().map(Finding::told).collect();
        self.message = lines.join("\n");
        self.hints.clear();
        for hint in self.findings.iter().filter_map(|one| one.hint.clone()) {
            if !self.hints.contains(&hint) {
                self.hints.push(hint);
            }
        }
    }

    /// All violations at once, one line each.
    pub fn from_violations(violations: &[Violation]) -> Self {
        Self::of_findings(values_id(violations), violations.iter().map(Finding::from).collect())
    }
}

/// The id of what the violations have in common.
fn values_id(violations: &[Violation]) -> &'static str {
    let mut ids = violations.iter().map(|one| match one.rule.as_str() {
        "additionalProperties" | "unevaluatedProperties" => id::UNKNOWN_PARAMETER,
        "required" => id::MISSING_PARAMETER,
        "quantity" => id::QUANTITY,
        "secret" => id::SECRET_VALUE,
        "type" => id::WRONG_TYPE,
        _ => id::NOT_ALLOWED,
    });
    let first = ids.next().unwrap_or(id::VALUES);
    if ids.all(|other| other == first) { first } else { id::VALUES }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definition::SetKind;
    use crate::schema::{Schema, validate};

    fn failed(values: &serde_json::Value, sources: &Sources) -> CommandError {
        let schema = Schema::parse(&json!({
            "type": "object", "required": ["database"], "additionalProperties": false,
            "properties": {
                "database": {"type": "string"},
                "version": {"type": "string", "enum": ["8.1", "8.10"]},
                "replicas": {"type": "integer"},
                "list": {"type": "array"},
                "key": {"x-ku8-secret": true, "type": "object"},
                "storage": {"type": "object", "properties": {"size": {
                    "type": "string", "x-ku8-unit": "quantity", "pattern": "^[0-9]+(Mi|Gi)$"}}}
            }
        }))
        .unwrap();
        CommandError::from_violations(&validate(&schema, values).unwrap_err()).pointing_into(sources)
    }

    fn file(text: &str) -> CommandError {
        let mut sources = Sources::default();
        sources.values("v.yaml", text);
        failed(&crate::definition::yaml::documents(text).unwrap()[0], &sources)
    }

    fn flag(kind: SetKind, argument: &str) -> CommandError {
        let mut sources = Sources::default();
        let mut values = serde_json::Map::new();
        values.insert("database".into(), "x".into());
        let pointer = crate::definition::set_value(&mut values, argument, kind, None).unwrap();
        sources.flag(kind, argument, &pointer);
        failed(&values.into(), &sources)
    }

    #[test]
    fn a_size_in_gigabytes_is_underlined_and_corrected() {
        let error = file("database: x\nstorage:\n  size: 10GB\n");
        assert_eq!(
            error.message,
            "v.yaml:3:9: storage.size is the string \"10GB\", which is not a quantity\n  3 |   size: 10GB\n    |         ^^^^"
        );
        assert!(error.hints[0].starts_with("write \"10Gi\""), "{:?}", error.hints);
        assert_eq!(error.id, id::QUANTITY);
    }

    #[test]
    fn a_version_that_yaml_took_for_a_number_is_quoted_as_it_was_written() {
        let error = file("database: x\nversion: 8.10\n");
        assert!(
            error.message.starts_with("v.yaml:2:10: version is the number 8.1; expected one of"),
            "{}",
            error.message
        );
        assert_eq!((error.hints.as_slice(), error.id), (&["write \"8.10\" in quotes".to_owned()][..], id::WRONG_TYPE));
        let error = flag(SetKind::Guess, "version=8.10");
        assert_eq!(error.hints, ["write --set-string version=8.10"]);
        let error = flag(SetKind::String, "replicas=3");
        assert_eq!(error.hints, ["write --set replicas=3"]);
    }

    #[test]
    fn what_helm_reads_as_a_list_is_explained() {
        let error = flag(SetKind::Guess, "list={a,b}");
        assert!(error.message.ends_with("  --set list={a,b}\n             ^^^^^"), "{}", error.message);
        assert!(error.hints[0].contains("--set-json 'list=[\"a\",\"b\"]'"), "{:?}", error.hints);
        let error = flag(SetKind::Guess, "replicas=3,version=8.1");
        assert!(error.hints[0].contains("a comma is part of the value"), "{:?}", error.hints);
    }

    #[test]
    fn unknown_and_missing_names_are_told_where_they_stand() {
        let error = file("database: x\nreplicass: 3\n");
        assert!(error.message.contains("v.yaml:2:1: replicass is not known here\n  2 | replicass: 3\n    | ^^^^^^^^^"));
        let error = file("replicas: 3\n");
        assert_eq!(error.message, "database is missing; it is required");
    }

    #[test]
    fn a_password_is_told_and_not_shown() {
        let error = file("database: x\nkey: hunter22\n");
        assert!(error.message.starts_with("v.yaml:2:6: key is a secret"), "{}", error.message);
        assert!(!error.message.contains("hunter22") && !format!("{:?}", error.findings).contains("hunter22"));
        let error = flag(SetKind::Guess, "key=hunter22");
        assert!(!error.message.contains("hunter22"), "{}", error.message);
    }
}
