//! What a template has to say about values: findings with a place, a stable code and a way out.
//! It never decides what happens next; the host refuses on errors and shows the rest.

use serde::Serialize;

/// How serious a finding is.
///
/// ```
/// use template_sdk::{Finding, Findings, Severity};
/// let mut findings = Findings::new();
/// let read: Option<u32> = findings.keep("seven".parse().map_err(|_| Finding::error("/count", "demo.count.word", "no number")));
/// findings.push(Finding::info("", "demo.note", "a new version is out"));
/// assert!(read.is_none() && findings.has_errors() && findings.has("demo.note"));
/// assert!(Severity::Error > Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Info,
    /// Works, but will probably be regretted.
    Warning,
    /// Nothing is rendered.
    Error,
}

/// One thing to tell the person about the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How serious it is.
    pub severity: Severity,
    /// JSON Pointer into the values; empty for the whole document.
    pub path: String,
    /// Stable id `<template>.<topic>.<rule>`; scripts and tests rely on it.
    pub code: String,
    /// What is wrong, with the numbers.
    pub message: String,
    /// What to do instead.
    pub hint: Option<String>,
}

impl Finding {
    /// Returns a finding that refuses the values.
    ///
    /// ```
    /// use template_sdk::Finding;
    /// let finding = Finding::error("/storage/size", "redis.storage.too-small", "1Gi is less than 2Gi").hint("ask for 2Gi");
    /// assert_eq!(finding.hint.as_deref(), Some("ask for 2Gi"));
    /// ```
    pub fn error(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, path, code, message)
    }

    /// Returns a finding that is shown in the plan without stopping it.
    pub fn warning(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, path, code, message)
    }

    /// Returns a finding that only informs.
    pub fn info(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, path, code, message)
    }

    /// Adds what to do instead.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn new(severity: Severity, path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity, path: path.into(), code: code.into(), message: message.into(), hint: None }
    }
}

/// Every finding of one render, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }

    /// True when something refuses the values.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// True when a finding with this code is present.
    pub fn has(&self, code: &str) -> bool {
        self.0.iter().any(|finding| finding.code == code)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Returns `Err(self)` when something refuses the values, else what was found so far.
    ///
    /// ```
    /// use template_sdk::{Finding, Findings};
    /// let mut findings = Findings::new();
    /// findings.push(Finding::warning("/image/tag", "redis.image.latest", "latest moves"));
    /// let mut findings = findings.refuse()?;
    /// findings.push(Finding::error("", "redis.topic.rule", "no"));
    /// assert!(findings.refuse().is_err());
    /// # Ok::<(), Findings>(())
    /// ```
    pub fn refuse(self) -> Result<Self, Self> {
        if self.has_errors() { Err(self) } else { Ok(self) }
    }

    /// Unwraps a result, keeping its finding: reading goes on so that all problems are told at once.
    pub fn keep<T>(&mut self, result: Result<T, Finding>) -> Option<T> {
        result.map_err(|finding| self.push(finding)).ok()
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        Self(vec![finding])
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        for finding in findings {
            self.push(finding);
        }
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
