//! Every property a schema knows, with all it says of each, for those who judge schemas rather than values.
//! It never judges; lists of objects are entered, secrets are not.

use serde_json::{Map, Value};

use super::walk::{Layers, is_quantity, is_secret, layers};
use crate::object::printable;

/// Levels that are entered; deeper ones are nobody's parameters.
const DEPTH: usize = 12;

/// One property: a parameter, or an object of them.
#[derive(Clone, Debug)]
pub struct Property<'s> {
    /// As people write it: `hosts[].name`; empty for the schema itself.
    pub path: String,
    /// Its own name.
    pub name: String,
    /// Whether the object it stands in requires it.
    pub required: bool,
    /// Everything that always holds of it, references followed.
    nodes: Vec<&'s Map<String, Value>>,
}

impl<'s> Property<'s> {
    /// The first word the schema has on this keyword.
    pub fn keyword(&self, name: &str) -> Option<&'s Value> {
        self.nodes.iter().find_map(|node| node.get(name))
    }

    /// Every word the schema has on this keyword.
    pub fn keywords(&self, name: &str) -> impl Iterator<Item = &'s Value> {
        self.nodes.iter().filter_map(move |node| node.get(name))
    }

    /// Every subschema that always holds of it.
    pub fn layers(&self) -> impl Iterator<Item = &'s Map<String, Value>> {
        self.nodes.iter().copied()
    }

    /// The text of a keyword; empty where there is none.
    pub fn text(&self, name: &str) -> &'s str {
        self.keyword(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is of this type, or may be.
    pub fn is(&self, kind: &str) -> bool {
        self.keywords("type").any(|word| match word {
            Value::Array(words) => words.iter().any(|word| word == kind),
            word => word == kind,
        })
    }

    /// Whether its members are described.
    pub fn has_members(&self) -> bool {
        self.nodes.iter().any(|node| node.contains_key("properties"))
    }

    /// Whether it is secret.
    pub fn is_secret(&self) -> bool {
        is_secret(&self.nodes)
    }

    /// Whether it is a Kubernetes quantity.
    pub fn is_quantity(&self) -> bool {
        is_quantity(&self.nodes)
    }
}

/// The schema itself, then every property below it.
pub fn properties(document: &Value) -> Vec<Property<'_>> {
    let root = Property {
        path: String::new(),
        name: String::new(),
        required: true,
        nodes: layers(document, document, Layers::Certain),
    };
    let mut found = Vec::new();
    collect(document, root, 0, &mut found);
    found
}

fn collect<'s>(document: &'s Value, property: Property<'s>, depth: usize, found: &mut Vec<Property<'s>>) {
    let (path, nodes, secret) = (property.path.clone(), property.nodes.clone(), property.is_secret());
    found.push(property);
    if secret || depth == DEPTH {
        return;
    }
    members(document, &path, &nodes, depth, found);
    let items: Vec<&'s Value> = nodes.iter().filter_map(|node| node.get("items")).collect();
    let below: Vec<&Map<String, Value>> =
        items.iter().flat_map(|items| layers(document, items, Layers::Certain)).collect();
    if !is_secret(&below) {
        members(document, &format!("{path}[]"), &below, depth, found);
    }
}

fn members<'s>(
    document: &'s Value,
    path: &str,
    nodes: &[&'s Map<String, Value>],
    depth: usize,
    found: &mut Vec<Property<'s>>,
) {
    let mut names: Vec<&String> = Vec::new();
    for members in nodes.iter().filter_map(|node| node.get("properties")?.as_object()) {
        names.extend(members.keys().filter(|name| !names.contains(name)).collect::<Vec<_>>());
    }
    for name in names {
        let spoken = nodes.iter().filter_map(|node| node.get("properties")?.get(name));
        let required = nodes
            .iter()
            .filter_map(|node| node.get("required")?.as_array())
            .flatten()
            .any(|known| known == name.as_str());
        let shown = printable(name);
        let property = Property {
            path: if path.is_empty() { shown.clone() } else { format!("{path}.{shown}") },
            name: shown,
            required,
            nodes: spoken.flat_map(|child| layers(document, child, Layers::Certain)).collect(),
        };
        collect(document, property, depth + 1, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_property_is_met_once_with_all_that_is_said_of_it() {
        let document = json!({"type": "object", "required": ["hosts"], "title": "All",
            "properties": {
                "hosts": {"type": "array", "items": {"type": "object", "properties": {"name": {"$ref": "#/$defs/name"}}}},
                "size": {"allOf": [{"$ref": "#/$defs/name"}], "x-ku8-unit": "quantity"},
                "key": {"x-ku8-secret": true, "properties": {"generate": {}}}},
            "$defs": {"name": {"type": "string", "title": "Name"}}});
        let found = properties(&document);
        let paths: Vec<(&str, bool)> = found.iter().map(|one| (one.path.as_str(), one.required)).collect();
        assert_eq!(paths, [("", true), ("hosts", true), ("hosts[].name", false), ("key", false), ("size", false)]);
        assert_eq!((found[2].text("title"), found[4].text("title")), ("Name", "Name"));
        assert!(found[4].is("string") && found[4].is_quantity() && found[3].is_secret());
    }
}
