//! Derives what a wizard asks from a schema, and reads the answers back.
//! It never asks, prints or remembers; an answer to a secret is a reference or an order to generate.

use serde::Serialize;
use serde_json::{Map, Value};

use super::validate::{covers, validate};
use super::walk::{Layers, annotated, dotted, is_quantity, is_secret, join, layers, segments};
use super::{Schema, secret};

/// Length of a secret that is generated because the answer said so.
const GENERATED_LENGTH: u64 = 24;

/// How much a person must know to answer (`x-ku8-group`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Asked always.
    Basic,
    /// Asked of those who want to tune.
    Advanced,
    /// Asked only of those who say they know.
    Expert,
}

/// How an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// One of [`Question::choices`].
    Choice,
    /// A Kubernetes quantity such as 8Gi.
    Quantity,
}

/// One thing to ask.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    /// JSON pointer of the value in a definition's values.
    pub pointer: String,
    /// The same as people write it: `storage.size`.
    pub path: String,
    /// Short title; the path when the schema has none.
    pub title: String,
    /// What the value does.
    pub description: String,
    /// How the answer is read.
    pub kind: Kind,
    /// The value when nothing is answered.
    pub default: Option<Value>,
    /// Least number, or least length of a text.
    pub minimum: Option<Value>,
    /// Greatest number, or greatest length of a text.
    pub maximum: Option<Value>,
    /// What may be chosen, for [`Kind::Choice`].
    pub choices: Vec<Value>,
    /// What each choice is called in the language asked for; empty when the schema has no words for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choice_names: Vec<String>,
    /// Whether an answer is needed when there is no default.
    pub required: bool,
    /// The unit to show (`x-ku8-unit`), such as `seconds`.
    pub unit: Option<String>,
    /// Who is asked.
    pub group: Group,
    /// Place among the questions of its group (`x-ku8-order`).
    pub order: i64,
    /// Whether the answer names a secret: it is a reference or an order to generate, never a value.
    pub secret: bool,
}

/// The questions of one group, or of all groups in the order basic, advanced, expert.
pub fn questions(schema: &Schema, group: Option<Group>) -> Vec<Question> {
    let mut found = Vec::new();
    let root = Place { pointer: String::new(), group: None, order: None, required: true };
    collect(schema.document(), schema.document(), &root, &mut found);
    found.retain(|question| group.is_none_or(|wanted| question.group == wanted));
    // The sort is stable: equal orders stay in the order of the paths.
    found.sort_by_key(|question| (question.group, question.order));
    found
}

/// Reads one answer and checks it with the schema. Nothing answered is the default, or null for "leave it out".
///
/// # Errors
/// One sentence that says what to answer instead.
pub fn check_answer(schema: &Schema, question: &Question, answer: &str) -> Result<Value, String> {
    let answer = answer.trim();
    if answer.is_empty() {
        return match &question.default {
            Some(default) => Ok(default.clone()),
            None if question.required => Err(format!("{} needs an answer", question.path)),
            None => Ok(Value::Null),
        };
    }
    let value = if question.secret { read_secret(answer)? } else { read(question, answer)? };
    let mut document = value.clone();
    for name in segments(&question.pointer).into_iter().rev() {
        document = Value::Object(Map::from_iter([(name, document)]));
    }
    let violations = validate(schema, &document).err().unwrap_or_default();
    match violations.into_iter().find(|violation| covers(&question.pointer, &violation.pointer)) {
        Some(violation) => Err(match violation.hint {
            Some(hint) => format!("{}; {hint}", violation.message),
            None => violation.message,
        }),
        None => Ok(value),
    }
}

fn read(question: &Question, answer: &str) -> Result<Value, String> {
    let expected =
        |what: &str| format!("{} is \"{}\"; expected {what}", question.path, super::message::shorten(answer, 60));
    match question.kind {
        Kind::Text | Kind::Quantity => Ok(Value::from(answer)),
        Kind::Integer => answer.parse::<i64>().map(Value::from).map_err(|_| expected("a whole number")),
        Kind::Number => match serde_json::from_str(answer) {
            Ok(Value::Number(number)) => Ok(Value::Number(number)),
            _ => Err(expected("a number")),
        },
        Kind::Boolean => match answer.to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" => Ok(Value::Bool(true)),
            "n" | "no" | "false" => Ok(Value::Bool(false)),
            _ => Err(expected("yes or no")),
        },
        Kind::Choice => {
            let written = serde_json::from_str::<Value>(answer).unwrap_or_default();
            let same = |choice: &&Value| **choice == *answer || !choice.is_string() && **choice == written;
            // What is no choice goes on as text, so that the schema's own message lists the choices.
            Ok(question.choices.iter().find(same).cloned().unwrap_or_else(|| Value::from(answer)))
        }
    }
}

fn read_secret(answer: &str) -> Result<Value, String> {
    if answer == "generate" {
        return Ok(serde_json::json!({"generate": {"length": GENERATED_LENGTH}}));
    }
    match answer.split_once('/') {
        Some((name, key)) if crate::object::is_dns_subdomain(name) && !key.is_empty() && !key.contains('/') => {
            Ok(serde_json::json!({"secretRef": {"name": name, "key": key}}))
        }
        _ => Err(format!("answer `generate`, or NAME/KEY of a Secret that exists; in a file {}", secret::HINT)),
    }
}

/// Where a question stands and what it inherits from the objects around it.
struct Place {
    pointer: String,
    group: Option<Group>,
    order: Option<i64>,
    required: bool,
}

fn collect(document: &Value, schema: &Value, place: &Place, found: &mut Vec<Question>) {
    for keywords in layers(document, schema, Layers::Certain) {
        let required = keywords.get("required").and_then(Value::as_array);
        for (name, property) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let nodes = layers(document, property, Layers::Certain);
            let here = Place {
                pointer: join(&place.pointer, name),
                group: text(&nodes, "x-ku8-group").and_then(group_of).or(place.group),
                order: nodes.iter().find_map(|node| node.get("x-ku8-order")?.as_i64()).or(place.order),
                required: place.required && required.is_some_and(|names| names.iter().any(|known| known == name)),
            };
            match kind(&nodes) {
                Some(kind) => found.push(question(&nodes, here, kind)),
                None => collect(document, property, &here, found),
            }
        }
    }
}

fn question(nodes: &[&Map<String, Value>], place: Place, kind: Kind) -> Question {
    let value = |name: &str| nodes.iter().find_map(|node| node.get(name)).cloned();
    let words = |name: &str| text(nodes, name).map(crate::object::printable);
    let default = value("default");
    let path = dotted(&place.pointer);
    let group = if place.required && default.is_none() { Group::Basic } else { Group::Advanced };
    Question {
        title: words("title").unwrap_or_else(|| path.clone()),
        description: words("description").unwrap_or_default(),
        kind,
        minimum: value("minimum").or_else(|| value("minLength")),
        maximum: value("maximum").or_else(|| value("maxLength")),
        choice_names: Vec::new(),
        choices: value("enum").and_then(|choices| choices.as_array().cloned()).unwrap_or_default(),
        required: place.required,
        unit: words("x-ku8-unit").filter(|unit| unit != "quantity"),
        group: place.group.unwrap_or(group),
        order: place.order.unwrap_or(i64::MAX),
        secret: is_secret(nodes),
        default,
        path,
        pointer: place.pointer,
    }
}

/// How a value is asked for; nothing for objects, lists and free forms, which are not asked as one.
fn kind(nodes: &[&Map<String, Value>]) -> Option<Kind> {
    let is = |name: &str| annotated(nodes, "type", &Value::from(name));
    if is_secret(nodes) {
        Some(Kind::Text)
    } else if nodes.iter().any(|node| node.contains_key("enum")) {
        Some(Kind::Choice)
    } else if is_quantity(nodes) {
        Some(Kind::Quantity)
    } else if is("boolean") {
        Some(Kind::Boolean)
    } else if is("integer") {
        Some(Kind::Integer)
    } else if is("number") {
        Some(Kind::Number)
    } else if is("string") {
        Some(Kind::Text)
    } else {
        None
    }
}

fn text<'s>(nodes: &[&'s Map<String, Value>], name: &str) -> Option<&'s str> {
    nodes.iter().find_map(|node| node.get(name)?.as_str())
}

fn group_of(name: &str) -> Option<Group> {
    match name {
        "basic" => Some(Group::Basic),
        "advanced" => Some(Group::Advanced),
        "expert" => Some(Group::Expert),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        Schema::parse(&json!({
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 2},
                "mode": {"enum": ["single", "replicated"], "default": "single", "x-ku8-group": "basic", "x-ku8-order": 1},
                "storage": {"type": "object", "x-ku8-group": "basic", "x-ku8-order": 2, "properties": {
                    "size": {"type": "string", "x-ku8-unit": "quantity", "default": "8Gi", "title": "Volume size"}}},
                "timeout": {"type": "integer", "minimum": 1, "x-ku8-unit": "seconds"},
                "tls": {"type": "boolean", "x-ku8-group": "expert"},
                "password": {"x-ku8-secret": true, "type": "object"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}}
            }
        }))
        .unwrap()
    }

    fn ask(path: &str) -> Question {
        questions(&schema(), None).into_iter().find(|question| question.path == path).unwrap()
    }

    #[test]
    fn groups_and_orders_decide_what_is_asked_when() {
        let paths = |group| questions(&schema(), group).into_iter().map(|question| question.path).collect::<Vec<_>>();
        assert_eq!(paths(Some(Group::Basic)), ["mode", "storage.size", "name"]);
        assert_eq!(paths(Some(Group::Advanced)), ["password", "timeout"]);
        assert_eq!(paths(None).last().unwrap(), "tls");
        let size = ask("storage.size");
        assert_eq!((size.title.as_str(), size.kind, size.default), ("Volume size", Kind::Quantity, Some(json!("8Gi"))));
        assert_eq!(ask("timeout").unit.as_deref(), Some("seconds"));
    }

    #[test]
    fn answers_are_read_and_checked_with_the_schemas_words() {
        let answer = |path: &str, text: &str| check_answer(&schema(), &ask(path), text);
        assert_eq!(answer("storage.size", ""), Ok(json!("8Gi")));
        assert_eq!(answer("storage.size", "20Gi"), Ok(json!("20Gi")));
        assert!(answer("storage.size", "20gb").unwrap_err().contains("write \"20Gi\""));
        assert_eq!(answer("timeout", "30"), Ok(json!(30)));
        assert_eq!(answer("timeout", "0").unwrap_err(), "timeout is the number 0; expected at least 1");
        assert_eq!(answer("timeout", "soon").unwrap_err(), "timeout is \"soon\"; expected a whole number");
        assert_eq!(answer("timeout", ""), Ok(Value::Null));
        assert_eq!(answer("name", "").unwrap_err(), "name needs an answer");
        assert_eq!(answer("tls", "Yes"), Ok(json!(true)));
        assert!(answer("mode", "singel").unwrap_err().contains("did you mean \"single\"?"));
    }

    #[test]
    fn a_secret_is_answered_by_reference() {
        let password = ask("password");
        assert_eq!(check_answer(&schema(), &password, "generate"), Ok(json!({"generate": {"length": 24}})));
        assert_eq!(
            check_answer(&schema(), &password, "auth/root"),
            Ok(json!({"secretRef": {"name": "auth", "key": "root"}}))
        );
        assert!(!check_answer(&schema(), &password, "hunter2hunter2").unwrap_err().contains("hunter2"));
    }
}
