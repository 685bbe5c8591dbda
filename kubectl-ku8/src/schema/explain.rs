//! What a schema says about one value: type, bounds, choices, what it does and whether it may change.
//! It never renders or judges a value; a path that leads nowhere gets the nearest one.

use serde::Serialize;
use serde_json::{Map, Value};

use super::walk::{Layers, annotated, dotted, is_quantity, is_secret, join, layers};
use crate::object::{nearest, printable};

/// One value as its schema describes it. Texts are printable.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// As people write it: `storage.size`; empty for the whole.
    pub path: String,
    /// JSON pointer into the values.
    pub pointer: String,
    /// Short title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What the value does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// `string`, `integer`, `quantity`, `list of string`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The value when none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What may be chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// Bounds in words, such as `at least 10`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<String>,
    /// Examples of the schema's author.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
    /// The unit of a number, such as `seconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `basic`, `advanced` or `expert`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Place among the others of its group.
    #[serde(skip)]
    pub order: Option<i64>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it may differ after the first publish.
    pub changeable: bool,
    /// Id of the template's rule about changing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transition: Option<String>,
    /// Whether only a reference or an order to generate is accepted.
    pub secret: bool,
    /// Its members, when it is an object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short title.
    pub title: String,
    /// The value when none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether it must be given.
    pub required: bool,
}

/// A path that names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchPath {
    /// How far it leads.
    pub known: String,
    /// The name that is not there.
    pub unknown: String,
    /// The nearest name at this place.
    pub nearest: Option<String>,
    /// All names at this place.
    pub names: Vec<String>,
}

/// Explains the value at `path`, names in the order they are written; an index is a name too.
///
/// # Errors
/// When the schema knows no such place.
pub fn explain(document: &Value, path: &[&str]) -> Result<Explanation, NoSuchPath> {
    let mut here = vec![document];
    let mut pointer = String::new();
    let mut required = false;
    let mut inherited: (Option<String>, bool) = (None, false);
    for name in path {
        let nodes = certain(document, &here);
        let found = members_of(&nodes);
        let children: Vec<&Value> = found.iter().filter(|(known, _)| known == name).map(|(_, child)| *child).collect();
        let children = if children.is_empty() { open_members(&nodes, name) } else { children };
        if children.is_empty() {
            let mut names: Vec<String> = found.iter().map(|(name, _)| printable(name)).collect();
            names.sort();
            names.dedup();
            return Err(NoSuchPath {
                known: if pointer.is_empty() { String::new() } else { dotted(&pointer) },
                unknown: printable(name),
                nearest: nearest(name, names.iter().map(String::as_str)).map(str::to_owned),
                names,
            });
        }
        required = is_required(&nodes, name);
        here = children;
        pointer = join(&pointer, name);
        let nodes = certain(document, &here);
        inherited.0 = text(&nodes, "x-ku8-group").or(inherited.0);
        inherited.1 |= annotated(&nodes, "x-ku8-immutable", &Value::Bool(true));
    }
    let nodes = certain(document, &here);
    let mut members: Vec<Member> = Vec::new();
    // A secret is told as one thing; its two forms are in the page of KU8-V007.
    for (name, child) in members_of(&nodes).into_iter().filter(|_| !is_secret(&nodes)) {
        let below = layers(document, child, Layers::Certain);
        if members.iter().any(|known| known.name == name) {
            continue;
        }
        members.push(Member {
            name: printable(&name),
            kind: kind(document, &below),
            title: text(&below, "title").or_else(|| text(&below, "description")).unwrap_or_default(),
            default: value(&below, "default"),
            required: is_required(&nodes, &name),
        });
    }
    Ok(Explanation {
        path: if pointer.is_empty() { String::new() } else { dotted(&pointer) },
        title: text(&nodes, "title").unwrap_or_default(),
        description: text(&nodes, "description").unwrap_or_default(),
        kind: kind(document, &nodes),
        default: value(&nodes, "default"),
        choices: value(&nodes, "enum").and_then(|choices| choices.as_array().cloned()).unwrap_or_default(),
        bounds: bounds(&nodes),
        examples: value(&nodes, "examples").and_then(|examples| examples.as_array().cloned()).unwrap_or_default(),
        unit: text(&nodes, "x-ku8-unit").filter(|unit| unit != "quantity"),
        group: inherited.0,
        order: nodes.iter().find_map(|node| node.get("x-ku8-order")?.as_i64()),
        required,
        changeable: !inherited.1,
        transition: text(&nodes, "x-ku8-transition"),
        secret: is_secret(&nodes),
        members,
        pointer,
    })
}

fn certain<'s>(document: &'s Value, schemas: &[&'s Value]) -> Vec<&'s Map<String, Value>> {
    schemas.iter().flat_map(|schema| layers(document, schema, Layers::Certain)).collect()
}

fn members_of<'s>(nodes: &[&'s Map<String, Value>]) -> Vec<(String, &'s Value)> {
    let properties = nodes.iter().filter_map(|node| node.get("properties")?.as_object());
    properties.flatten().map(|(name, child)| (name.clone(), child)).collect()
}

/// What an element of a list, or a member of any name, looks like.
fn open_members<'s>(nodes: &[&'s Map<String, Value>], name: &str) -> Vec<&'s Value> {
    let key = if name.bytes().all(|byte| byte.is_ascii_digit()) { "items" } else { "additionalProperties" };
    nodes.iter().filter_map(|node| node.get(key)).filter(|schema| schema.is_object()).collect()
}

fn is_required(nodes: &[&Map<String, Value>], name: &str) -> bool {
    nodes.iter().filter_map(|node| node.get("required")?.as_array()).flatten().any(|known| known == name)
}

fn text(nodes: &[&Map<String, Value>], name: &str) -> Option<String> {
    nodes.iter().find_map(|node| node.get(name)?.as_str()).map(printable)
}

fn value(nodes: &[&Map<String, Value>], name: &str) -> Option<Value> {
    nodes.iter().find_map(|node| node.get(name)).cloned()
}

fn kind(document: &Value, nodes: &[&Map<String, Value>]) -> String {
    if is_secret(nodes) {
        return "secret".to_owned();
    }
    if is_quantity(nodes) {
        return "quantity".to_owned();
    }
    let named = value(nodes, "type");
    let name = |kind: &str| match kind {
        "array" => {
            let items = nodes.iter().find_map(|node| node.get("items"));
            let of = items.map(|items| kind_of(document, items)).filter(|of| of != "any value");
            of.map_or_else(|| "list".to_owned(), |of| format!("list of {of}"))
        }
        "object" => {
            let open = nodes.iter().find_map(|node| node.get("additionalProperties").filter(|rest| rest.is_object()));
            open.map_or_else(|| "object".to_owned(), |rest| format!("map of {}", kind_of(document, rest)))
        }
        other => printable(other),
    };
    match named {
        Some(Value::String(kind)) => name(&kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).map(name).collect::<Vec<_>>().join(" or "),
        _ if nodes.iter().any(|node| node.contains_key("properties")) => "object".to_owned(),
        _ if nodes.iter().any(|node| node.contains_key("enum") || node.contains_key("const")) => "choice".to_owned(),
        _ => "any value".to_owned(),
    }
}

fn kind_of(document: &Value, schema: &Value) -> String {
    kind(document, &layers(document, schema, Layers::Certain))
}

fn bounds(nodes: &[&Map<String, Value>]) -> Vec<String> {
    let words = [
        ("const", "always "),
        ("minimum", "at least "),
        ("exclusiveMinimum", "more than "),
        ("maximum", "at most "),
        ("exclusiveMaximum", "less than "),
        ("multipleOf", "a multiple of "),
    ];
    let counts = [
        ("minLength", "at least ", "character"),
        ("maxLength", "at most ", "character"),
        ("minItems", "at least ", "element"),
        ("maxItems", "at most ", "element"),
    ];
    let mut found: Vec<String> =
        words.iter().filter_map(|(key, words)| Some(format!("{words}{}", shown(&value(nodes, key)?)))).collect();
    found.extend(counts.iter().filter_map(|(key, words, noun)| {
        let count = value(nodes, key)?.as_u64()?;
        Some(format!("{words}{count} {noun}{}", if count == 1 { "" } else { "s" }))
    }));
    // The quantity's own pattern says nothing that its type does not.
    if !is_quantity(nodes) {
        found.extend(text(nodes, "pattern").map(|pattern| format!("matches {pattern}")));
    }
    found
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), printable)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object", "required": ["storage"],
            "properties": {
                "storage": {"type": "object", "required": ["size"], "x-ku8-group": "basic", "properties": {
                    "size": {"$ref": "#/$defs/quantity", "title": "Volume size", "description": "How large.", "default": "8Gi"},
                    "className": {"type": "string", "x-ku8-immutable": true}}},
                "timeout": {"type": "integer", "minimum": 1, "maximum": 60, "x-ku8-unit": "seconds"},
                "hosts": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
                "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63}},
                "password": {"x-ku8-secret": true, "type": "object", "properties": {"secretRef": {}}}
            },
            "$defs": {"quantity": {"type": "string", "pattern": "^[0-9]+Gi$", "x-ku8-unit": "quantity"}}
        })
    }

    fn at(path: &str) -> Result<Explanation, NoSuchPath> {
        explain(&schema(), &path.split('.').filter(|part| !part.is_empty()).collect::<Vec<_>>())
    }

    #[test]
    fn everything_a_schema_says_is_told() {
        let size = at("storage.size").unwrap();
        assert_eq!((size.kind.as_str(), size.default, size.required), ("quantity", Some(json!("8Gi")), true));
        assert_eq!((size.group.as_deref(), size.changeable, size.bounds.len()), (Some("basic"), true, 0));
        assert!(!at("storage.className").unwrap().changeable);
        let timeout = at("timeout").unwrap();
        assert_eq!(
            (timeout.bounds, timeout.unit.as_deref()),
            (vec!["at least 1".into(), "at most 60".into()], Some("seconds"))
        );
        assert_eq!(at("hosts").unwrap().kind, "list of object");
        assert_eq!(at("hosts.0.name").unwrap().kind, "string");
        assert_eq!(
            (at("labels").unwrap().kind, at("labels.team").unwrap().kind),
            ("map of string".into(), "string".into())
        );
        let secret = at("password").unwrap();
        assert_eq!((secret.kind.as_str(), secret.secret, secret.members.len()), ("secret", true, 0));
        let all: Vec<String> = at("").unwrap().members.into_iter().map(|member| member.name).collect();
        assert_eq!(all, ["hosts", "labels", "password", "storage", "timeout"]);
    }

    #[test]
    fn a_wrong_path_gets_the_nearest_name_where_it_went_wrong() {
        let wrong = at("storage.siz").unwrap_err();
        assert_eq!(
            (wrong.known.as_str(), wrong.unknown.as_str(), wrong.nearest.as_deref()),
            ("storage", "siz", Some("size"))
        );
        assert_eq!(at("timeout.x").unwrap_err().nearest, None);
    }
}
