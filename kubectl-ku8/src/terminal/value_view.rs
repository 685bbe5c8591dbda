//! Values before and after, as people compare them: images, replicas, quantities, texts.
//! It never shows a sensitive value, only that there is one.

use std::collections::HashMap;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::Styles;
use crate::object::{Quantity, printable};
use crate::plan::{FieldChange, FieldClass, FieldOp, PathStep};

/// Longest value shown on a line.
const LINE: usize = 60;

/// Numbers sensitive values in the order they are met, equal ones alike.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<String, usize>);

impl Numbers {
    fn of(&mut self, value: &Value) -> String {
        if value.is_null() {
            return "(unset)".to_owned();
        }
        let next = self.0.len() + 1;
        let number = *self.0.entry(value.to_string()).or_insert(next);
        format!("(sensitive #{number})")
    }
}

/// What stands beside the path, and lines below it, with two unchanged lines around each change of a text.
pub(crate) fn show(field: &FieldChange, numbers: &mut Numbers, styles: Styles) -> (String, Vec<String>) {
    show_around(field, numbers, styles, 2)
}

/// The same; `around` is how many unchanged lines of a text go with a change.
pub(crate) fn show_around(
    field: &FieldChange,
    numbers: &mut Numbers,
    styles: Styles,
    around: usize,
) -> (String, Vec<String>) {
    if field.op == FieldOp::Reorder {
        return ("order changed".to_owned(), Vec::new());
    }
    if field.sensitive {
        return (arrow(&numbers.of(&field.before), &numbers.of(&field.after), field.op), Vec::new());
    }
    if let (Some(before), Some(after)) = (field.before.as_str(), field.after.as_str())
        && (before.contains('\n') || after.contains('\n'))
    {
        return (String::new(), text_diff(before, after, styles, around));
    }
    let (before, after) = match field.class {
        FieldClass::Image => image(&field.before, &field.after),
        _ => (one_line(&field.before), one_line(&field.after)),
    };
    let mut text = arrow(&before, &after, field.op);
    match field.class {
        FieldClass::Replicas => text.push_str(&delta(field)),
        FieldClass::Resources => text.push_str(&factor(field)),
        _ => {}
    }
    let changed_lists = matches!((&field.before, &field.after), (Value::Array(_), Value::Array(_)));
    if changed_lists && text.chars().count() > LINE {
        return (String::new(), text_diff(&items(&field.before), &items(&field.after), styles, around));
    }
    (text, Vec::new())
}

fn arrow(before: &str, after: &str, op: FieldOp) -> String {
    match op {
        FieldOp::Add => after.to_owned(),
        FieldOp::Remove => format!("{before} → (unset)"),
        _ => format!("{before} → {after}"),
    }
}

/// The repository is named once when only the tag changes.
fn image(before: &Value, after: &Value) -> (String, String) {
    let short = |value: &Value| value.as_str().map_or_else(|| one_line(value), shorten_digest);
    let (before, after) = (short(before), short(after));
    let split = |text: &str| text.rsplit_once(':').map(|(name, tag)| (name.to_owned(), tag.to_owned()));
    if let (Some((one, _)), Some((two, tag))) = (split(&before), split(&after))
        && one == two
    {
        return (before, tag);
    }
    (before, after)
}

fn shorten_digest(text: &str) -> String {
    match text.split_once("@sha256:") {
        Some((name, digest)) => format!("{name}@{}", digest.chars().take(12).collect::<String>()),
        None => printable(text),
    }
}

fn delta(field: &FieldChange) -> String {
    match (field.before.as_i64(), field.after.as_i64()) {
        (Some(before), Some(after)) => format!(" ({:+})", after - before),
        _ => String::new(),
    }
}

fn factor(field: &FieldChange) -> String {
    let read = |value: &Value| value.as_str().and_then(|text| text.parse::<Quantity>().ok()).map(Quantity::nano);
    match (read(&field.before), read(&field.after)) {
        (Some(before), Some(after)) if before > 0 && after > before && after % before == 0 => {
            format!(" (×{})", after / before)
        }
        (Some(before), Some(after)) if after > 0 && before > after && before % after == 0 => {
            format!(" (÷{})", before / after)
        }
        _ => String::new(),
    }
}

/// One value on one line, long ones by their length.
pub(crate) fn one_line(value: &Value) -> String {
    let text = match value {
        Value::Null => "(unset)".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) if text.contains('\n') => format!("({} lines)", text.lines().count()),
        Value::String(text) => printable(text),
        Value::Array(list) if list.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let words: Vec<String> = list.iter().map(one_line).collect();
            format!("[{}]", words.join(", "))
        }
        other => printable(&other.to_string()),
    };
    let length = text.chars().count();
    if length > 4 * LINE {
        let head: String = text.chars().take(LINE).collect();
        return format!("{head}… ({length} characters)");
    }
    text
}

fn items(list: &Value) -> String {
    list.as_array().into_iter().flatten().map(|item| one_line(item) + "\n").collect()
}

/// A unified diff with so many unchanged lines around each change.
pub(crate) fn text_diff(before: &str, after: &str, styles: Styles, around: usize) -> Vec<String> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(around.min(before.len() + after.len())).iter().enumerate() {
        if index > 0 {
            lines.push(styles.dim("  …"));
        }
        for operation in group {
            for change in diff.iter_changes(operation) {
                let text = printable(change.value().trim_end_matches('\n'));
                lines.push(match change.tag() {
                    ChangeTag::Delete => styles.removed(&format!("- {text}")),
                    ChangeTag::Insert => styles.added(&format!("+ {text}")),
                    ChangeTag::Equal => format!("  {text}"),
                });
            }
        }
    }
    lines
}

/// A path without what every reader knows: `containers[mysql].image` for a pod template.
pub(crate) fn short_path(path: &[PathStep]) -> String {
    crate::plan::display_path(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::differences;

    fn lines(before: &Value, after: &Value) -> Vec<String> {
        let mut numbers = Numbers::default();
        differences(before, after, after).iter().map(|field| show(field, &mut numbers, Styles::new(false)).0).collect()
    }

    #[test]
    fn values_read_as_people_compare_them() {
        assert_eq!(
            lines(&json!({"image": "mysql:8.0.36"}), &json!({"image": "mysql:8.4.2"})),
            ["mysql:8.0.36 → 8.4.2"]
        );
        assert_eq!(lines(&json!({"replicas": 3}), &json!({"replicas": 5})), ["3 → 5 (+2)"]);
        let memory = |amount: &str| json!({"resources": {"limits": {"memory": amount}}});
        assert_eq!(lines(&memory("1Gi"), &memory("2Gi")), ["1Gi → 2Gi (×2)"]);
        assert_eq!(lines(&json!({"a": 1}), &json!({})), ["1 → (unset)"]);
    }

    #[test]
    fn equal_secrets_have_equal_numbers_and_no_value() {
        let before = json!({"kind": "Secret", "data": {"a": "masked:1", "b": "masked:1"}});
        let after = json!({"kind": "Secret", "data": {"a": "masked:2", "b": "masked:3"}});
        assert_eq!(lines(&before, &after), ["(sensitive #1) → (sensitive #2)", "(sensitive #1) → (sensitive #3)"]);
    }

    #[test]
    fn texts_show_their_changed_lines() {
        let diff = text_diff("[mysqld]\na = 1\nmax = 100\n", "[mysqld]\na = 1\nmax = 200\n", Styles::new(false), 2);
        assert_eq!(diff, ["  [mysqld]", "  a = 1", "- max = 100", "+ max = 200"]);
    }
}
