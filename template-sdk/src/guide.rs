//! What a template's page says beside its parameters: the rules it judges by, and how the software is operated.
//! It never judges: a rule here is the sentence, the finding comes from the template's code.

use serde::Serialize;

/// One rule the template judges values or changes by; every code a finding carries is declared by one.
///
/// ```
/// let rule = template_sdk::Rule::new("motd.text.empty", "The text must not be empty.");
/// assert_eq!(rule.code, "motd.text.empty");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The finding's stable code.
    pub code: String,
    /// What must hold or what is pointed out, in one or two sentences.
    pub text: String,
}

impl Rule {
    /// Returns a rule.
    pub fn new(code: &str, text: &str) -> Self {
        Self { code: code.to_owned(), text: text.to_owned() }
    }
}

/// One thing people do with the running software: back it up, promote a replica, change its size.
///
/// ```
/// let operation = template_sdk::Operation::new("Backup", "Copy `/data` while the server is paused.");
/// assert_eq!(operation.title, "Backup");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// A few words, as a heading: `Backup`.
    pub title: &'static str,
    /// Markdown: plain paragraphs, lists and code blocks, no headings.
    pub text: &'static str,
}

impl Operation {
    /// Returns an operation.
    pub const fn new(title: &'static str, text: &'static str) -> Self {
        Self { title, text }
    }
}
