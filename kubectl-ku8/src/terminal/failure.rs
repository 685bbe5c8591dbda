//! How an error is told: in words with its next steps, or as one line of JSON when a document was asked for.
//! Both go to standard error and say the same.

use serde_json::{Value, json};

use super::Styles;
use crate::error::{CommandError, exit, id};
use crate::object::{printable, printable_json};

/// An error in words, one line each.
pub(super) fn words(error: &CommandError, styles: Styles) -> Vec<String> {
    let mut message = error.message.lines();
    let first = printable(message.next().unwrap_or_default());
    let mut lines = vec![format!("{} {first} {}", styles.bad("error:"), styles.dim(&format!("[{}]", error.id)))];
    lines.extend(message.map(|line| format!("       {}", printable(line))));
    lines.extend(error.hints.iter().map(|hint| format!("{} {}", styles.dim("hint: "), printable(hint))));
    lines
}

/// The same as a document, on one line.
pub(super) fn document(error: &CommandError, warnings: &[String]) -> String {
    let mut document: Value = json!({
        "apiVersion": "ku8.dev/v1", "kind": "Error", "id": error.id, "code": error.code,
        "reason": reason(error), "message": error.message, "hints": error.hints,
    });
    if !warnings.is_empty() {
        document["warnings"] = json!(warnings);
    }
    printable_json(&document.to_string())
}

/// A word for an exit code; a command line that cannot be read has one of its own.
fn reason(error: &CommandError) -> &'static str {
    match error.code {
        _ if error.id == id::COMMAND_LINE => "Usage",
        exit::STALE => "Stale",
        exit::LOCKED => "Locked",
        exit::NOT_READY => "NotReady",
        exit::OWNERSHIP => "Conflict",
        exit::INTERRUPTED => "Interrupted",
        _ => "Failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let error = CommandError::new("two\nlines \u{1b}[2J").code(exit::LOCKED).hint("wait");
        let words = words(&error, Styles::new(false));
        assert_eq!(words, ["error: two [KU8-G001]", "       lines \\u{1b}[2J", "hint:  wait"]);
        let text = document(&error, &["old".to_owned()]);
        assert!(!text.contains('\n') && !text.contains('\u{1b}'), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["message"], "two\nlines \u{1b}[2J");
        assert_eq!((&read["code"], &read["reason"]), (&json!(4), &json!("Locked")));
        assert_eq!((&read["hints"], &read["warnings"]), (&json!(["wait"]), &json!(["old"])));
    }
}
