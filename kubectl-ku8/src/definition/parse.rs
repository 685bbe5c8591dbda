//! Text into documents: a definition, plain manifests, or a values file.
//! It never opens the file; the name it is given is only for messages.

use serde_json::{Map, Value};

use super::places::{Place, Places};
use super::sources::underlined;
use super::{API_VERSION, Definition, DefinitionError, KIND, yaml};
use crate::object::{is_sensitive_name, nearest, printable};

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
            let definition: Definition = serde_json::from_value(value).map_err(|error| {
                let error = bare(field_message(&error.to_string()));
                at_misfit(source_name, text, error)
            })?;
            if definition.api_version != API_VERSION {
                let found = printable(&definition.api_version);
                let message = format!("apiVersion `{found}` is not known; expected {API_VERSION}");
                return Err(at(source_name, text, "/apiVersion", bare(message)));
            }
            if definition.kind != KIND {
                let message = format!("kind `{}` is not known; expected {KIND}", printable(&definition.kind));
                return Err(at(source_name, text, "/kind", bare(message)));
            }
            definition.check().map_err(|error| match error {
                DefinitionError::Name(_) => at(source_name, text, "/metadata/name", error),
                DefinitionError::Shape { message, .. } => {
                    // The last field the message names is the one too many; one that is missing is missing in `spec`.
                    let field = ["values", "manifests", "template"]
                        .into_iter()
                        .filter(|field| message.contains(&format!("spec.{field}")))
                        .map(|field| format!("/spec/{field}"))
                        .find(|pointer| Places::of(text).name(pointer).is_some());
                    at(source_name, text, field.as_deref().unwrap_or("/spec"), bare(message))
                }
                other => other,
            })?;
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
        let mut message = printable(&error.message);
        let number = |number: u64| usize::try_from(number).unwrap_or(0).max(1);
        let mut place = Place { line: number(error.line), column: number(error.column), length: 1 };
        if let Some((name, first, again)) = Places::of(text).repeated().filter(|(_, _, again)| again.line == place.line)
        {
            let name = printable(name);
            message = format!("`{name}` stands twice: on line {} already, and here again", first.line);
            place = again;
        }
        DefinitionError::Syntax {
            source_name: source_name.to_owned(),
            line: error.line,
            column: error.column,
            message,
            snippet: line_of(text, place),
        }
    })
}

/// The line of a place, underlined; nothing when its name says that it holds a secret.
fn line_of(text: &str, place: Place) -> String {
    let Some(line) = text.lines().nth(place.line - 1) else { return String::new() };
    let name = line.split(':').next().unwrap_or_default();
    if line.contains(':') && is_sensitive_name(name) {
        return "  (the line is not shown: it may hold a secret)".to_owned();
    }
    underlined(line, place, true).join("\n")
}

/// An error with the place of the entry at `pointer`, or of the whole document when that is not there.
fn at(source_name: &str, text: &str, pointer: &str, error: DefinitionError) -> DefinitionError {
    placed(source_name, text, Places::of(text).value(pointer), error)
}

/// An error with the place where the text stops being a definition.
fn at_misfit(source_name: &str, text: &str, error: DefinitionError) -> DefinitionError {
    let found = yaml::misfit::<Definition>(text).map(|(line, column)| {
        Places::of(text).at(line, column).unwrap_or(Place { line: line.max(1), column: column.max(1), length: 1 })
    });
    placed(source_name, text, found, error)
}

fn placed(source_name: &str, text: &str, place: Option<Place>, error: DefinitionError) -> DefinitionError {
    let Some(place) = place else {
        return match error {
            DefinitionError::Shape { message, .. } => shape(source_name, message),
            other => other,
        };
    };
    let error = match error {
        DefinitionError::Shape { message, .. } => DefinitionError::Bare(message),
        other => other,
    };
    DefinitionError::Placed {
        place: format!("{source_name}:{}:{}", place.line, place.column),
        error: Box::new(error),
        snippet: line_of(text, place),
    }
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

fn bare(message: String) -> DefinitionError {
    shape("", message)
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
        assert_eq!(
            error,
            "f.yaml:6:3: unknown field `valuess`; did you mean `values`?\n  6 |   valuess: {database: orders}\n    |   ^^^^^^^"
        );
        let error = parse("f.yaml", &ORDERS.replace("prod", "[]")).unwrap_err().to_string();
        assert!(error.starts_with("f.yaml:3:40: ") && error.contains('^'), "{error}");
        let error = parse("f.yaml", &ORDERS.replace("orders-db", "Orders")).unwrap_err().to_string();
        assert!(error.starts_with("f.yaml:3:18: definition name `Orders`"), "{error}");
        let error = parse("f.yaml", &ORDERS.replace("template: {name: mysql}", "app: x")).unwrap_err().to_string();
        assert!(error.starts_with("f.yaml:4:1: neither spec.template"), "{error}");
    }

    #[test]
    fn a_syntax_error_names_file_line_and_column() {
        let error = parse("f.yaml", "a: 1\nb: [1,\nc: 2\n").unwrap_err().to_string();
        assert!(error.starts_with("f.yaml:"), "{error}");
        assert!(error.contains(" | "), "{error}");
    }

    #[test]
    fn a_name_that_stands_twice_is_told_with_both_lines() {
        let error = parse_values("v.yaml", "size: small\nreplicas: 1\nsize: large\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "v.yaml:3:1: `size` stands twice: on line 1 already, and here again\n  3 | size: large\n    | ^^^^"
        );
    }

    #[test]
    fn a_line_that_may_hold_a_password_is_not_repeated() {
        let error = parse_values("v.yaml", "auth:\n  password: \"hunter22\n").unwrap_err().to_string();
        assert!(!error.contains("hunter22"), "{error}");
        let error = parse_values("v.yaml", "password: hunter22\npassword: hunter33\n").unwrap_err().to_string();
        assert!(error.contains("line 1") && !error.contains("hunter"), "{error}");
    }

    #[test]
    fn manifests_are_taken_from_lists_and_documents() {
        let text = "kind: List\napiVersion: v1\nitems: [{kind: A}, {kind: B}]\n---\nkind: C\n";
        let Document::Manifests(items) = parse_documents("x", text).unwrap() else { panic!("expected manifests") };
        assert_eq!(items.len(), 3);
        assert!(matches!(parse_documents("x", "\n---\n"), Err(DefinitionError::Empty(_))));
    }
}
