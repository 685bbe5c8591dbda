//! The one place where YAML becomes JSON and back, with numbers as kubectl reads them.
//! It never follows includes, and never expands a document beyond a fixed budget.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::object::{printable_json, steers};

/// A syntax error with its place.
#[derive(Debug, PartialEq, Eq)]
pub struct YamlError {
    /// 1-based line, 0 when unknown.
    pub line: u64,
    /// 1-based column, 0 when unknown.
    pub column: u64,
    /// What is wrong.
    pub message: String,
}

/// Reads every document of `text`; empty documents are skipped. JSON is YAML too.
///
/// `0644` is 420 and `010` is 8, as kubectl reads them (decisions.md, 39); duplicate keys are an error.
///
/// # Errors
/// The first syntax error with line and column.
pub fn documents(text: &str) -> Result<Vec<Value>, YamlError> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true, with_snippet: false };
    let values: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or("not valid YAML");
        // The place is told apart, and the library's own switches mean nothing to a person.
        let message = message.split(" at line ").next().unwrap_or(message);
        let message = message.split(", set ").next().unwrap_or(message).to_owned();
        YamlError { line, column, message }
    })?;
    Ok(values.into_iter().filter(|value| !value.is_null()).collect())
}

/// Where a text stops being of a type, as line and column; none when it is of that type.
pub(super) fn misfit<T: DeserializeOwned>(text: &str) -> Option<(usize, usize)> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true, with_snippet: false };
    let error = serde_saphyr::from_multiple_with_options::<T>(text, options).err()?;
    let place = error.location()?;
    Some((usize::try_from(place.line()).ok()?, usize::try_from(place.column()).ok()?))
}

/// Writes one document.
pub fn to_string(value: &Value) -> String {
    serde_saphyr::to_string(value).expect("JSON always has a YAML form")
}

/// Writes one document for a terminal: text that would steer it is written in JSON's form, which is YAML too.
pub fn to_printable(value: &Value) -> String {
    let text = to_string(value);
    if text.contains(steers) {
        return printable_json(&serde_json::to_string_pretty(value).expect("JSON serialises"));
    }
    text
}

/// Writes several documents, as `kubectl apply -f -` reads them.
pub fn stream(values: &[Value]) -> String {
    values.iter().map(to_string).collect::<Vec<_>>().join("---\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The right-hand sides are what `kubectl create --dry-run=client -o json` makes of the same text.
    #[test]
    fn scalars_read_as_kubectl_reads_them() {
        for (text, expected) in [
            ("v: 0644", json!(420)),
            ("v: 0o644", json!(420)),
            ("v: 010", json!(8)),
            ("v: 0x1F", json!(31)),
            ("v: 1e3", json!(1000.0)),
            ("v: 007", json!(7)),
            ("v: yes", json!(true)),
            ("v: off", json!(false)),
            ("v: ~", Value::Null),
            ("v: 1.50", json!(1.5)),
            ("v: \"0644\"", json!("0644")),
            ("v: 1Gi", json!("1Gi")),
            ("v: 12:30", json!("12:30")),
        ] {
            assert_eq!(documents(text).unwrap()[0]["v"], expected, "{text}");
        }
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        let error = documents("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(error.line >= 2, "{error:?}");
    }

    #[test]
    fn duplicate_keys_are_refused_and_several_documents_read() {
        assert!(documents("a: 1\na: 2\n").is_err());
        assert_eq!(documents("a: 1\n---\n---\nb: 2\n").unwrap(), vec![json!({"a": 1}), json!({"b": 2})]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let value =
            json!({"a": "yes", "b": "0644", "c": "line\ntwo\n", "d": [1, null, {"e": ""}], "f": "1e3", "g": "null"});
        assert_eq!(documents(&to_string(&value)).unwrap(), vec![value]);
    }
}
