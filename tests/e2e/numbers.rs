//! YAML reads here as kubectl reads it: the expected column is what the real kubectl makes of the same text.
//! Where it does not, the difference is in the table, with why.

use serde_json::{Map, Value};

use crate::stage::Space;

/// Scalars as people write them, and such as bring parsers apart.
const SAME: &[&str] = &[
    "0644",
    "0o644",
    "010",
    "007",
    "0x1F",
    "0X1f",
    "0b11",
    "1_000",
    "1e3",
    "1E3",
    "1.5e-3",
    "+1",
    "-1",
    "-0",
    "0",
    "00",
    "0.0",
    ".5",
    "1.",
    "1.50",
    "8.0",
    "8.10",
    "08",
    "09",
    "0o8",
    "0x",
    "1__0",
    "yes",
    "Yes",
    "YES",
    "no",
    "on",
    "off",
    "y",
    "n",
    "Y",
    "true",
    "True",
    "TRUE",
    "tRue",
    "null",
    "Null",
    "NULL",
    "~",
    "12:30",
    "1:30:00",
    "2024-01-02",
    "1Gi",
    "500m",
    "10%",
    "9223372036854775807",
    "\"0644\"",
    "'yes'",
    "!!str 1",
    "v1",
    "1.2.3",
    "0.1.2",
    "1e",
    "-",
    "a: b",
    "[0644, no]",
    "{a: 010}",
    "|\n    text\n    more",
    ">-\n    one\n    two",
];

/// Ours and kubectl's, where they differ, and why ours is as it is.
const DIFFERENT: &[(&str, &str)] = &[
    ("1__0", "two underscores in a row are a slip, and the text is shown as it was typed"),
    ("tRue", "somebody who writes this means true, and no text parameter accepts it unseen"),
];

fn ours(text: &str) -> Option<Value> {
    let documents = kubectl_ku8::definition::yaml::documents(&format!("v: {text}\n")).ok()?;
    Some(documents.into_iter().next()?["v"].take())
}

/// What kubectl prints for an object that carries the text.
fn kubectls(space: &Space, text: &str) -> Option<Value> {
    let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nv: {text}\n");
    let file = space.file("scalar.yaml", object);
    let printed = space
        .try_kubectl(&["create", "--dry-run=client", "--validate=false", "--output", "json", "--filename", &file])
        .ok()?;
    let mut found: Map<String, Value> = serde_json::from_str(&printed).ok()?;
    Some(found.remove("v").unwrap_or(Value::Null))
}

/// Numbers are equal when they are the same number: 1000.0 and 1000.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

#[test]
fn scalars_read_as_kubectl_reads_them() {
    let Some(space) = Space::new("numbers") else { return };
    let mut wrong = Vec::new();
    for text in SAME {
        let (ours, theirs) = (ours(text), kubectls(&space, text));
        let agree = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => same(ours, theirs),
            (None, None) => true,
            _ => false,
        };
        if !agree {
            wrong.push(format!("{text:?}: here {ours:?}, in kubectl {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (text, why) in DIFFERENT {
        let (ours, theirs) = (ours(text), kubectls(&space, text));
        assert!(ours != theirs, "{text:?} reads alike now ({ours:?}): move it; it was different because {why}");
    }
}
