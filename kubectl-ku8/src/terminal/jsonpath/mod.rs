//! kubectl's JSONPath templates: text, `{paths}`, `{range …}{end}`, filters, slices, unions, quoted text.
//! It reads a template and a document and makes text; it never says where either came from.

mod go;
mod parse;
mod walk;

use serde_json::Value;
use thiserror::Error;

use parse::Node;
use walk::{Found, find};

/// A template that cannot be read, or does not fit the document.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("error parsing jsonpath {template}, {reason}")]
pub struct JsonPathError {
    template: String,
    reason: String,
}

/// A template, ready to be filled.
#[derive(Debug)]
pub struct JsonPath {
    template: String,
    nodes: Vec<Node>,
}

impl JsonPath {
    /// Reads a template such as `{range .items[*]}{.metadata.name}{"\n"}{end}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(template: &str) -> Result<Self, JsonPathError> {
        let nodes =
            parse::template(template).map_err(|reason| JsonPathError { template: template.to_owned(), reason })?;
        Ok(Self { template: template.to_owned(), nodes })
    }

    /// What each action finds, in order; fields that are not there find nothing, as in `kubectl get`.
    ///
    /// # Errors
    /// An index out of bounds, or a comparison of what cannot be compared.
    pub(super) fn find<'a>(&'a self, document: &'a Value) -> Result<Vec<Vec<Found<'a>>>, JsonPathError> {
        find(&self.nodes, document).map_err(|reason| JsonPathError { template: self.template.clone(), reason })
    }

    /// The template with everything filled in.
    ///
    /// # Errors
    /// As for reading; nothing is returned then.
    pub fn fill(&self, document: &Value) -> Result<String, JsonPathError> {
        let mut text = String::new();
        for found in self.find(document)? {
            for (index, one) in found.iter().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                match one {
                    Found::Value(value) => text.push_str(&go::text(value)),
                    other => text.push_str(&other.words()),
                }
            }
        }
        Ok(text)
    }
}

/// Reads the path of a column: `.name`, `name`, `{.name}` and `{name}` are the same.
///
/// # Errors
/// When it is none of these.
pub(super) fn columns_of(path: &str) -> Result<JsonPath, JsonPathError> {
    let inner = path.strip_prefix('{').and_then(|path| path.strip_suffix('}')).unwrap_or(path);
    let inner = inner.strip_prefix('.').unwrap_or(inner);
    if inner.is_empty() || inner.contains(['{', '}']) {
        let reason = "expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'".to_owned();
        return Err(JsonPathError { template: path.to_owned(), reason });
    }
    JsonPath::parse(&format!("{{.{inner}}}"))
}

impl JsonPath {
    /// What a column shows of one thing: values joined by commas, or `<none>`.
    ///
    /// # Errors
    /// As for [`JsonPath::fill`].
    pub(super) fn cell(&self, item: &Value) -> Result<String, JsonPathError> {
        let found = self.find(item)?;
        if found.first().is_none_or(Vec::is_empty) {
            return Ok("<none>".to_owned());
        }
        let words: Vec<String> = found.iter().flatten().map(Found::words).collect();
        Ok(words.join(","))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str) -> Result<String, String> {
        let document = json!({"items": [
            {"metadata": {"name": "a", "labels": {"x.y/z": "1"}}, "n": 1, "list": [1, 2, 3]},
            {"metadata": {"name": "b", "labels": {}}, "n": 2, "list": [], "ok": true},
        ]});
        JsonPath::parse(template).and_then(|path| path.fill(&document)).map_err(|error| error.reason)
    }

    #[test]
    fn templates_fill_as_kubectls() {
        for (template, expected) in [
            ("{.items[*].metadata.name}", "a b"),
            (r#"{range .items[*]}{.metadata.name}={.n}{"\n"}{end}done"#, "a=1\nb=2\ndone"),
            ("{.items[0].list}", "[1,2,3]"),
            ("{.items[0].list[-1]} {.items[0].list[0:2]}", "3 1 2"),
            ("{.items[?(@.n>1)].metadata.name}", "b"),
            (r#"{.items[?(@.metadata.name=="a")].n}"#, "1"),
            ("{.items[?(@.ok)].metadata.name}", "b"),
            (r"{.items[0].metadata.labels.x\.y/z}", "1"),
            ("{.items[*]['n','ok']}", "1 2 true"),
            ("{..name}", "a b"),
            ("{.nothing.there}", ""),
            ("plain", "plain"),
            ("{range .none[*]}x{end}after", "after"),
            ("{range .items[*]}[{range .list[*]}{@},{end}]{end}", "[1,2,3,][]"),
        ] {
            assert_eq!(fill(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (template, words) in [
            ("{.items[0", "unterminated array"),
            ("{.items", "unclosed action"),
            ("{.items[5].n}", "array index out of bounds: index 5, length 2"),
            ("{nonsense}", "unrecognized identifier nonsense"),
            ("{.items[x]}", "invalid array index x"),
            ("{.items[?(@.n=='a')]}", "incompatible types for comparison"),
            (r#"{"open}"#, "unterminated quoted string"),
        ] {
            let error = fill(template).unwrap_err();
            assert!(error.contains(words), "{template}: {error}");
        }
    }
}
