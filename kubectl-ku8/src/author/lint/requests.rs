//! What a template is asked so that it can be judged: other names, every value changed, several at once, and changes of
//! what was published before.
//! It never asks twice the same, and always the same of the same schema.

use serde_json::{Value, json};

use super::objects::{LONGEST, RENAMED};
use crate::author::{put, variations};
use crate::definition::MAX_NAME;
use crate::object::printable;
use crate::schema::{Schema, fill};

/// Requests with one value changed, at most.
const CHANGES: usize = 120;
/// Of those, how many are asked once more as changes of something published.
const FOLLOWING: usize = 60;
/// Requests with several values changed.
const MIXED: u64 = 24;
/// Longest value in a label.
const SHOWN: usize = 30;

/// Name and namespace of the definition that is asked for.
const NAME: &str = "example";
/// The newest version that templates are tried on.
const KUBERNETES: &str = "1.36";

/// Labels and requests. `base` holds what must be given, as a person would write it.
pub fn requests(schema: &Schema, base: &Value) -> Vec<(String, Value)> {
    let mut values = base.clone();
    let filled = fill(schema, &mut values);
    let mut found = vec![
        ("defaults".to_owned(), request(NAME, base, &Value::Null)),
        (RENAMED.to_owned(), request("another-one", base, &Value::Null)),
        (LONGEST.to_owned(), request(&"n".repeat(MAX_NAME), base, &Value::Null)),
    ];
    let tried = variations(schema, &values, &filled, CHANGES);
    let labels: Vec<(String, &str, Value)> = tried
        .changes
        .iter()
        .map(|change| {
            let told = &tried.leaves[change.leaf].0.told;
            let other = change.values.pointer(&told.pointer).cloned().unwrap_or_default();
            (label(&told.path, &other), told.pointer.as_str(), other)
        })
        .collect();
    for ((label, ..), change) in labels.iter().zip(&tried.changes) {
        found.push((label.clone(), request(NAME, &change.values, &Value::Null)));
    }
    let state = json!({"templateVersion": "0.0.0", "values": values, "outputs": []});
    let previous = json!({"current": state, "attempted": null, "observed": {"replicas": {}, "pvcs": []}});
    for ((label, ..), change) in labels.iter().zip(&tried.changes).take(FOLLOWING) {
        found.push((format!("{label} after the defaults"), request(NAME, &change.values, &previous)));
    }
    if labels.len() > 3 {
        for seed in 1..=MIXED {
            found.push(mixed(&values, &labels, seed));
        }
    }
    found
}

/// Three values changed together; which ones depends on the seed alone.
fn mixed(values: &Value, labels: &[(String, &str, Value)], seed: u64) -> (String, Value) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut values = values.clone();
    let mut names: Vec<&str> = Vec::new();
    for _ in 0..3 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let place = usize::try_from(state % labels.len() as u64).unwrap_or_default();
        let (label, pointer, other) = &labels[place];
        put(&mut values, pointer, other.clone());
        names.push(label);
    }
    (names.join(" "), request(NAME, &values, &Value::Null))
}

fn label(path: &str, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let short: String = printable(&text).chars().take(SHOWN).collect();
    format!("{path}={short}")
}

fn request(name: &str, values: &Value, previous: &Value) -> Value {
    json!({
        "apiVersion": "ku8/v1", "name": name, "namespace": NAME, "values": values, "cluster": {"version": KUBERNETES},
        "previous": previous, "bindings": {}, "images": {"registryMap": {}, "pullSecrets": []},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_schema_is_asked_the_same_and_nothing_leaves_the_contract() {
        let schema = Schema::parse(&json!({"type": "object", "properties": {
            "replicas": {"type": "integer", "default": 3}, "mode": {"enum": ["a", "b", "c"], "default": "a"}}}))
        .unwrap();
        let found = requests(&schema, &json!({}));
        assert_eq!(found, requests(&schema, &json!({})));
        assert_eq!((found[0].0.as_str(), &found[0].1["values"]), ("defaults", &json!({})));
        assert_eq!(found[2].1["name"].as_str().unwrap().len(), MAX_NAME);
        let labels: Vec<&str> = found.iter().map(|(label, _)| label.as_str()).collect();
        assert!(labels.contains(&"mode=c") && labels.contains(&"replicas=4 after the defaults"), "{labels:?}");
    }
}
