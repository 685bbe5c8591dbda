//! How values are put together: RFC 7386 merges, and the `--set` forms of the command line.
//! It never knows which parameters exist; unknown ones are the schema's to refuse.

use serde_json::{Map, Value};
use thiserror::Error;

/// A `--set` argument that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SetError {
    /// No `=`, or nothing before it.
    #[error("`{0}` is not of the form name=value")]
    Form(String),
    /// `--set-json` with something that is not JSON.
    #[error("the value of `{0}` is not JSON: {1}")]
    Json(String, String),
    /// The path goes through something that is no object or list.
    #[error("`{path}` cannot be set: `{at}` is not an object")]
    Path {
        /// The whole path.
        path: String,
        /// Where it stops.
        at: String,
    },
}

/// Merges `patch` into `target` (RFC 7386): objects merge, null removes, everything else replaces.
pub fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match (target.get_mut(key), value) {
            (_, Value::Null) => {
                target.remove(key);
            }
            (Some(Value::Object(inner)), Value::Object(changes)) => merge(inner, changes),
            (_, Value::Object(changes)) => {
                let mut inner = Map::new();
                merge(&mut inner, changes);
                target.insert(key.clone(), Value::Object(inner));
            }
            (_, other) => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

/// How the text after `=` is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// `--set`: numbers, booleans and null as YAML has them, everything else a string.
    Guess,
    /// `--set-string`: always a string.
    String,
    /// `--set-json`: any JSON.
    Json,
}

/// Adds one `path.to.name=value` to a merge patch. A `\.` is a dot inside a name.
///
/// # Errors
/// When the argument has no `=`, the JSON does not parse, or the path contradicts an earlier one.
pub fn set_value(patch: &mut Map<String, Value>, argument: &str, kind: SetKind) -> Result<(), SetError> {
    let (name, text) = argument.split_once('=').ok_or_else(|| SetError::Form(argument.to_owned()))?;
    let names = split_path(name);
    if names.iter().any(String::is_empty) {
        return Err(SetError::Form(argument.to_owned()));
    }
    let value = match kind {
        SetKind::String => Value::String(text.to_owned()),
        SetKind::Json => {
            serde_json::from_str(text).map_err(|error| SetError::Json(name.to_owned(), error.to_string()))?
        }
        SetKind::Guess => guess(text),
    };
    let (last, parents) = names.split_last().expect("split always yields one part");
    let mut object = patch;
    for step in parents {
        let entry = object.entry(step.clone()).or_insert_with(|| Value::Object(Map::new()));
        object = entry.as_object_mut().ok_or_else(|| SetError::Path { path: name.to_owned(), at: step.clone() })?;
    }
    object.insert(last.clone(), value);
    Ok(())
}

fn split_path(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        let last = names.last_mut().expect("starts with one");
        match character {
            '\\' => last.extend(characters.next()),
            '.' => names.push(String::new()),
            other => last.push(other),
        }
    }
    names
}

/// Plain integers, decimals, booleans and null; `0644`, `1e3` and `yes` stay text, because a command line has no
/// quotes left to tell a number from a name.
fn guess(text: &str) -> Value {
    match text {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        "null" => return Value::Null,
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && (!digits.starts_with('0') || digits == "0" || digits.starts_with("0."))
        && !digits.ends_with('.');
    if plain { serde_json::from_str(text).unwrap_or_else(|_| text.into()) } else { text.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(arguments: &[&str]) -> Value {
        let mut patch = Map::new();
        for argument in arguments {
            set_value(&mut patch, argument, SetKind::Guess).unwrap();
        }
        Value::Object(patch)
    }

    #[test]
    fn set_reads_what_people_type() {
        assert_eq!(
            set(&[
                "database=orders",
                "storage.size=20Gi",
                "replicas=3",
                "metrics.enabled=true",
                "a=0644",
                "b=1.5",
                "c=",
                "d=8.4.2",
                "e=null"
            ]),
            json!({"database": "orders", "storage": {"size": "20Gi"}, "replicas": 3, "metrics": {"enabled": true},
                   "a": "0644", "b": 1.5, "c": "", "d": "8.4.2", "e": null})
        );
        assert_eq!(set(&["labels.a\\.b=x=y"]), json!({"labels": {"a.b": "x=y"}}));
    }

    #[test]
    fn bad_arguments_are_refused() {
        let mut patch = Map::new();
        assert!(set_value(&mut patch, "novalue", SetKind::Guess).is_err());
        assert!(set_value(&mut patch, "=1", SetKind::Guess).is_err());
        assert!(set_value(&mut patch, "a={", SetKind::Json).is_err());
        set_value(&mut patch, "a=1", SetKind::Guess).unwrap();
        assert!(set_value(&mut patch, "a.b=1", SetKind::Guess).is_err());
    }

    #[test]
    fn merge_follows_rfc_7386() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "l": [1, 2], "x": 1});
        let patch = json!({"a": {"c": null, "d": {"e": null, "f": 1}}, "l": [3], "x": null});
        merge(target.as_object_mut().unwrap(), patch.as_object().unwrap());
        assert_eq!(target, json!({"a": {"b": 1, "d": {"f": 1}}, "l": [3]}));
    }
}
