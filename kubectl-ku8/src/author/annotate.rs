//! A rendered object as YAML with the values that led to each line beside it, as comments.
//! The comments never change what the YAML means: where they could, they stand above it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::trace::{Cause, Trace, TracedObject};
use crate::definition::{lines_of, yaml};
use crate::object::printable;

/// Values named beside one line; the rest is counted.
const NAMED: usize = 4;
/// Longest value that is shown.
const SHOWN: usize = 24;

/// The object as YAML, annotated.
pub fn annotated(trace: &Trace, object: &TracedObject, manifest: &Value) -> String {
    let text = yaml::to_printable(manifest);
    let places = lines_of(&text);
    let mut beside: BTreeMap<usize, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
    let mut above = Vec::new();
    if !object.whole.is_empty() {
        above.push(format!("# ← {}: without it this object may not be there", named(trace, &plain(&object.whole))));
    }
    for field in &object.fields {
        let Some(line) = places.get(&field.pointer) else { continue };
        let known = beside.entry(*line).or_default();
        for (cause, lines) in &field.causes {
            if !known.iter().any(|(other, _)| other == cause) {
                known.push((*cause, lines.clone()));
            }
        }
    }
    let mut told = String::new();
    for (number, line) in text.lines().enumerate() {
        told.push_str(line);
        if let Some(causes) = beside.get(&(number + 1)) {
            told.push_str("  # ← ");
            told.push_str(&named(trace, causes));
        }
        told.push('\n');
    }
    // A long text may be written over several lines, where a comment would be part of it.
    if yaml::documents(&told).ok().as_deref() != Some(std::slice::from_ref(manifest)) {
        let lines = object.fields.iter().map(|field| format!("# {} ← {}", field.path, named(trace, &field.causes)));
        above.extend(lines);
        told = text;
    }
    above.push(told);
    above.join("\n")
}

fn plain(causes: &[usize]) -> Vec<(usize, Vec<usize>)> {
    causes.iter().map(|cause| (*cause, Vec::new())).collect()
}

/// The values in the order of their origin: what a person wrote says most.
fn named(trace: &Trace, causes: &[(usize, Vec<usize>)]) -> String {
    let mut sorted: Vec<(&Cause, &Vec<usize>)> =
        causes.iter().filter_map(|(cause, lines)| Some((trace.causes.get(*cause)?, lines))).collect();
    sorted.sort_by_key(|(cause, _)| cause.origin);
    let mut words: Vec<String> = sorted.iter().take(NAMED).map(|(cause, lines)| told(cause, lines)).collect();
    if sorted.len() > NAMED {
        words.push(format!("{} more", sorted.len() - NAMED));
    }
    words.join(", ")
}

/// `replication.replicas = 3 (given)`, with the lines of a text it decides.
fn told(cause: &Cause, lines: &[usize]) -> String {
    let value = match &cause.value {
        Value::Null | Value::Object(_) | Value::Array(_) => String::new(),
        Value::String(text) if text.is_empty() => " = \"\"".to_owned(),
        Value::String(text) => format!(" = {text}"),
        other => format!(" = {other}"),
    };
    let value = if value.chars().count() > SHOWN || value.contains('\n') { String::new() } else { printable(&value) };
    let place = match lines {
        [] => String::new(),
        [line] => format!(", line {line}"),
        [first, .., last] if last - first + 1 == lines.len() => format!(", lines {first}-{last}"),
        many if many.len() <= NAMED => {
            format!(", lines {}", many.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        }
        many => format!(", {} lines", many.len()),
    };
    format!("{}{value} ({}{place})", cause.path, cause.origin.word())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::author::{TracedField, ValueOrigin};

    /// A field and its causes, each with lines.
    type Led<'a> = (&'a str, &'a [(usize, &'a [usize])]);

    fn trace(fields: &[Led<'_>]) -> (Trace, TracedObject) {
        let cause =
            |path: &str, value: Value, origin| Cause { path: path.into(), pointer: String::new(), value, origin };
        let causes = vec![
            cause("storage.size", Value::Null, ValueOrigin::Preset),
            cause("replicas", json!(3), ValueOrigin::Given),
            cause("charset", json!("utf8\nx"), ValueOrigin::Default),
        ];
        let field = |(pointer, causes): &(&str, &[(usize, &[usize])])| TracedField {
            pointer: (*pointer).into(),
            path: (*pointer).into(),
            value: Value::Null,
            causes: causes.iter().map(|(cause, lines)| (*cause, lines.to_vec())).collect(),
        };
        let object = TracedObject { fields: fields.iter().map(field).collect(), ..TracedObject::default() };
        (Trace { causes, ..Trace::default() }, object)
    }

    #[test]
    fn values_stand_beside_the_lines_they_lead_to_and_the_yaml_means_the_same() {
        let manifest = json!({"data": {"my.cnf": "a = 1\nsize = 3\n"}, "spec": {"args": ["x", "z"], "replicas": 3}});
        let (trace, mut object) = trace(&[
            ("/data/my.cnf", &[(0, &[2]), (2, &[1, 2])]),
            ("/spec/replicas", &[(0, &[]), (1, &[])]),
            ("/spec/args", &[(2, &[])]),
        ]);
        object.whole = vec![1];
        let text = annotated(&trace, &object, &manifest);
        assert_eq!(
            text,
            "# ← replicas = 3 (given): without it this object may not be there\n\
             data:\n  my.cnf: |  # ← charset (default, lines 1-2), storage.size (preset, line 2)\n    a = 1\n    size = 3\n\
             spec:\n  args:  # ← charset (default)\n  - x\n  - z\n  replicas: 3  # ← replicas = 3 (given), storage.size (preset)\n"
        );
        assert_eq!(yaml::documents(&text).unwrap(), [manifest]);
    }

    #[test]
    fn a_text_over_several_lines_keeps_its_meaning() {
        let long = "word ".repeat(60);
        for manifest in [json!({"a": long.trim()}), json!({"a": "bell \u{7} and more"}), json!({"a": {"b # c": 1}})] {
            let (trace, object) = trace(&[("/a", &[(1, &[])])]);
            let text = annotated(&trace, &object, &manifest);
            assert!(text.contains("← replicas = 3 (given)"), "{text}");
            assert_eq!(yaml::documents(&text).unwrap(), [manifest], "{text}");
        }
    }
}
