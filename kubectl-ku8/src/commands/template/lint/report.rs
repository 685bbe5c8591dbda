//! Findings of `template lint` as text and as a document.
//! It never judges; what is only worth knowing is counted in the text and whole in the document.

use serde_json::{Value, json};

use crate::author::{Finding, Level};
use crate::object::printable;
use crate::render::{Limits, Usage};
use crate::terminal::Styles;

/// What was found, and on what.
#[derive(Default)]
pub(super) struct Report {
    /// The template's name; empty where it does not load.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// What was judged, as it was named.
    pub(super) origin: String,
    /// Digest of the component.
    pub(super) digest: String,
    /// The most that any call needed.
    pub(super) usage: Usage,
    /// What it ran under; nothing where nothing ran.
    pub(super) limits: Option<Limits>,
    /// Requests that rendered.
    pub(super) rendered: usize,
    /// Requests that were refused, by the schema or the template.
    pub(super) refused: usize,
    /// Broken rules, errors first.
    pub(super) findings: Vec<Finding>,
}

impl Report {
    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// For people.
    pub(super) fn text(&self, all: bool, styles: Styles) -> String {
        let mut lines = Vec::new();
        let origin = printable(&self.origin);
        lines.push(if self.name.is_empty() {
            styles.bold(&origin)
        } else {
            format!("{} {}   {origin}", styles.bold(&self.name), self.version)
        });
        let shown = self.findings.iter().filter(|finding| all || finding.level != Level::Info);
        for finding in shown {
            let word = format!("{:<7}", finding.level.word());
            let word = match finding.level {
                Level::Error => styles.bad(&word),
                Level::Warning => styles.warn(&word),
                Level::Info => styles.dim(&word),
            };
            let place = if finding.place.is_empty() { String::new() } else { format!("{}: ", finding.place) };
            lines.push(format!("  {word} {}  {place}{}", finding.code, finding.message));
            lines.push(styles.dim(&format!("          {}", finding.why)));
            lines.push(styles.dim(&format!("          to do: {}", finding.fix)));
        }
        lines.push(String::new());
        lines.push(self.summary(all));
        lines.join("\n")
    }

    fn summary(&self, all: bool) -> String {
        let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let infos = self.count(Level::Info);
        let hint = if infos > 0 && !all { " (--all shows them)" } else { "" };
        let mut text = format!(
            "{}, {}, {infos} worth knowing{hint}",
            plural(self.count(Level::Error), "error"),
            plural(self.count(Level::Warning), "warning"),
        );
        if let Some(limits) = self.limits {
            let tried = format!(
                "\ntried with {} values that render and {} that are refused, each in two processes; needed at most {} of its instructions, {} of its memory, {} of its output",
                self.rendered,
                self.refused,
                part(self.usage.fuel, limits.render_fuel),
                part(self.usage.memory as u64, limits.memory as u64),
                part(self.usage.output as u64, limits.output as u64),
            );
            text.push_str(&tried);
        }
        text
    }

    /// For programs.
    pub(super) fn document(&self) -> Value {
        let mut document = json!({
            "apiVersion": "ku8.dev/v1", "kind": "LintReport",
            "template": {"name": self.name, "version": self.version},
            "origin": self.origin, "digest": self.digest,
            "summary": {"error": self.count(Level::Error), "warning": self.count(Level::Warning), "info": self.count(Level::Info)},
            "tried": {"rendered": self.rendered, "refused": self.refused},
            "items": self.findings,
        });
        if let Some(limits) = self.limits {
            document["usage"] = json!({
                "fuel": {"used": self.usage.fuel, "limit": limits.render_fuel},
                "memoryBytes": {"used": self.usage.memory, "limit": limits.memory},
                "tableElements": {"used": self.usage.elements, "limit": limits.table_elements},
                "outputBytes": {"used": self.usage.output, "limit": limits.output},
            });
        }
        document
    }
}

/// `3 %`, rounded up: nothing that was used is none.
fn part(used: u64, limit: u64) -> String {
    format!("{} %", used.saturating_mul(100).div_ceil(limit.max(1)))
}
