//! Text into documents: a definition, plain manifests, or a values file.
//! It never opens the file; the name it is given is only for messages.

use serde_json::{Map, Value};

use super::{API_VERSION, Definition, DefinitionError, KIND, yaml};
use crate::object::{nearest, printable};

/// What a file given with `-f` holds.
#[derive(Debug, PartialEq)]
pub enum Document {
    /// One of our definitions.
    Definition(Box<Definition>),
    /// Plain Kubernetes objects; lists are taken apart.
    Manifests(Vec<Value>),
}

/// Reads one definition document.
///
/// # Errors
/// Syntax with its place, an unknown or missing field, or a broken rule.
pub fn parse(source_name: &str, text: &str) -> Result<Definition, DefinitionError> {
    match parse_documents(source_name, text)? {
        Document::Definition(definition) => Ok(*definition),
        Document::Manifests(_) => {
            Err(shape(source_name, format!("expected one document of apiVersion {API_VERSION} and kind {KIND}")))
        }
    }
}

/// Reads a file that holds either one definition or any number of Kubernetes objects.
///
/// # Errors
/// Syntax with its place, a mix of both, or a definition with a broken rule.
pub fn parse_documents(source_name: &str, text: &str) -> Result<Document, DefinitionError> {
    let documents = read(source_name, text)?;
    let ours = documents.iter().filter(|value| is_ours(value)).count();
    match (ours, documents.len()) {
        (_, 0) => Err(DefinitionError::Empty(source_name.to_owned())),
        (1, 1) => {
            let value = documents.into_iter().next().expect("counted above");
            let definition: Definition =
                serde_json::from_value(value).map_err(|error| shape(source_name, field_message(&error.to_string())))?;
            if definition.api_version != API_VERSION {
                let found = printable(&definition.api_version);
                return Err(shape(source_name, format!("apiVersion `{found}` is not known; expected {API_VERSION}")));
            }
            if definition.kind != KIND {
                return Err(shape(
                    source_name,
                    format!("kind `{}` is not known; expected {KIND}", printable(&definition.kind)),
                ));
            }
            definition.check()?;
            Ok(Document::Definition(Box::new(definition)))
        }
        (0, _) => {
            let manifests: Vec<Value> = documents.into_iter().flat_map(take_list_apart).collect();
            if manifests.is_empty() {
                return Err(DefinitionError::Empty(source_name.to_owned()));
            }
            Ok(Document::Manifests(manifests))
        }
        _ => Err(shape(
            source_name,
            format!("expected one {KIND}, or plain objects, but not both or several in one file"),
        )),
    }
}

/// Reads a values file: one object of parameter values.
///
/// # Errors
/// Syntax with its place, or something that is not one object.
pub fn parse_values(source_name: &str, text: &str) -> Result<Map<String, Value>, DefinitionError> {
    let mut documents = read(source_name, text)?;
    match (documents.len(), documents.pop()) {
        (0, _) => Ok(Map::new()),
        (1, Some(Value::Object(values))) => Ok(values),
        _ => Err(shape(source_name, "expected one object of values, such as `database: orders`".to_owned())),
    }
}

fn read(source_name: &str, text: &str) -> Result<Vec<Value>, DefinitionError> {
    yaml::documents(text).map_err(|error| {
        let line_text = usize::try_from(error.line.saturating_sub(1)).ok().and_then(|index| text.lines().nth(index));
        let snippet = line_text.map_or_else(String::new, |line| {
            let caret = " ".repeat(usize::try_from(error.column.saturating_sub(1)).unwrap_or(0).min(line.len()));
            format!("  {} | {}\n  {} | {caret}^", error.line, printable(line), " ".repeat(error.line.to_string().len()))
        });
        DefinitionError::Syntax {
            source_name: source_name.to_owned(),
            line: error.line,
            column: error.column,
            message: printable(&error.message),
            snippet,
        }
    })
}

fn is_ours(value: &Value) -> bool {
    value["apiVersion"].as_str().is_some_and(|version| version.starts_with("ku8.dev/"))
}

fn take_list_apart(value: Value) -> Vec<Value> {
    match value {
        Value::Object(mut object) if object.get("kind").and_then(Value::as_str) == Some("List") => {
            match object.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            }
        }
        other => vec![other],
    }
}

/// serde names the unknown field and all expected ones; people want the nearest one.
fn field_message(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if !message.starts_with("unknown field") || quoted.is_empty() {
        return printable(message);
    }
    let hint = nearest(quoted[0], quoted[1..].iter().copied());
    let expected = quoted[1..].join(", ");
    match hint {
        Some(word) => format!("unknown field `{}`; did you mean `{word}`?", printable(quoted[0])),
        None => format!("unknown field `{}`; expected one of {expected}", printable(quoted[0])),
    }
}

fn shape(source_name: &str, message: String) -> DefinitionError {
    DefinitionError::Shape { source_name: source_name.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: orders-db, namespace: prod}\n\
        spec:\n  template: {name: mysql}\n  values: {database: orders}\n";

    #[test]
    fn a_definition_reads_and_an_unknown_field_is_named() {
        let definition = parse("f.yaml", ORDERS).unwrap();
        assert_eq!((definition.name(), definition.template_label().as_str()), ("orders-db", "mysql"));
        let error = parse("f.yaml", &ORDERS.replace("values", "valuess")).unwrap_err().to_string();
        assert_eq!(error, "f.yaml: unknown field `valuess`; did you mean `values`?");
    }

    #[test]
    fn a_syntax_error_names_file_line_and_column() {
        let error = parse("f.yaml", "a: 1\nb: [1,\nc: 2\n").unwrap_err().to_string();
        assert!(error.starts_with("f.yaml:"), "{error}");
        assert!(error.contains(" | "), "{error}");
    }

    #[test]
    fn manifests_are_taken_from_lists_and_documents() {
        let text = "kind: List\napiVersion: v1\nitems: [{kind: A}, {kind: B}]\n---\nkind: C\n";
        let Document::Manifests(items) = parse_documents("x", text).unwrap() else { panic!("expected manifests") };
        assert_eq!(items.len(), 3);
        assert!(matches!(parse_documents("x", "\n---\n"), Err(DefinitionError::Empty(_))));
    }
}
