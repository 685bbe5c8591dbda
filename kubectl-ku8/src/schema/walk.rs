//! Finds which subschemas speak about one place of the values, following references and alternatives.
//! It never decides whether a value fits; annotations and names are all it looks for.

use serde_json::{Map, Value};

/// Follows a fragment reference such as `#/$defs/name`.
pub(super) fn resolve<'s>(document: &'s Value, reference: &str) -> Option<&'s Value> {
    document.pointer(reference.strip_prefix('#')?)
}

/// Splits a JSON pointer into its names.
pub(super) fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// Appends one name to a JSON pointer.
pub(super) fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A pointer the way people write it: `storage.size`, `hosts[0].name`; the root is `the document`.
pub fn dotted(pointer: &str) -> String {
    let mut text = String::new();
    for part in segments(pointer) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
            text.extend(["[", &part, "]"]);
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&part);
        }
    }
    if text.is_empty() { "the document".to_owned() } else { crate::object::printable(&text) }
}

/// Which subschemas count as speaking about the same value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layers {
    /// The schema, what it refers to and every `allOf`: what always holds.
    Certain,
    /// Alternatives and conditions too: what may hold.
    Possible,
}

/// The schema and every other one that speaks about the same value.
pub(super) fn layers<'s>(document: &'s Value, schema: &'s Value, which: Layers) -> Vec<&'s Map<String, Value>> {
    let mut found: Vec<&Map<String, Value>> = Vec::new();
    let mut pending = vec![schema];
    while let Some(next) = pending.pop() {
        let Value::Object(keywords) = next else { continue };
        if found.iter().any(|known| std::ptr::eq(*known, keywords)) {
            continue;
        }
        found.push(keywords);
        pending.extend(keywords.get("$ref").and_then(Value::as_str).and_then(|name| resolve(document, name)));
        pending.extend(keywords.get("allOf").and_then(Value::as_array).into_iter().flatten());
        if which == Layers::Possible {
            for keyword in ["anyOf", "oneOf"] {
                pending.extend(keywords.get(keyword).and_then(Value::as_array).into_iter().flatten());
            }
            pending.extend(["if", "then", "else"].iter().filter_map(|keyword| keywords.get(*keyword)));
            pending
                .extend(keywords.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(Map::values));
        }
    }
    found
}

/// Every subschema that may speak about the value at `pointer`.
pub(super) fn nodes_at<'s>(document: &'s Value, pointer: &str) -> Vec<&'s Map<String, Value>> {
    let mut here = layers(document, document, Layers::Possible);
    for segment in segments(pointer) {
        let mut next: Vec<&Map<String, Value>> = Vec::new();
        for child in here.iter().flat_map(|keywords| children(keywords, &segment)) {
            for layer in layers(document, child, Layers::Possible) {
                if !next.iter().any(|known| std::ptr::eq(*known, layer)) {
                    next.push(layer);
                }
            }
        }
        here = next;
    }
    here
}

/// The subschemas of one schema that speak about the member or element called `segment`.
fn children<'s>(keywords: &'s Map<String, Value>, segment: &str) -> Vec<&'s Value> {
    if let Some(named) = keywords.get("properties").and_then(|properties| properties.get(segment)) {
        return vec![named];
    }
    let mut found = Vec::new();
    if let Ok(index) = segment.parse::<usize>() {
        match keywords.get("prefixItems").and_then(|items| items.get(index)) {
            Some(item) => found.push(item),
            None => found.extend(keywords.get("items")),
        }
    }
    found.extend(keywords.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(Map::values));
    found.extend(keywords.get("additionalProperties"));
    found
}

/// The names a schema knows at `pointer`, for did-you-mean.
pub(super) fn known_names<'s>(document: &'s Value, pointer: &str) -> Vec<&'s str> {
    nodes_at(document, pointer)
        .into_iter()
        .filter_map(|keywords| keywords.get("properties")?.as_object())
        .flat_map(|properties| properties.keys().map(String::as_str))
        .collect()
}

/// Says whether any of the subschemas carries an annotation with this value.
pub(super) fn annotated(nodes: &[&Map<String, Value>], annotation: &str, value: &Value) -> bool {
    nodes.iter().any(|keywords| keywords.get(annotation) == Some(value))
}

/// Says whether a value is a Kubernetes quantity: by annotation, or because it refers to `$defs/quantity`.
pub(super) fn is_quantity(nodes: &[&Map<String, Value>]) -> bool {
    annotated(nodes, "x-ku8-unit", &Value::from("quantity"))
        || annotated(nodes, "$ref", &Value::from("#/$defs/quantity"))
}

/// Says whether a value is secret.
pub(super) fn is_secret(nodes: &[&Map<String, Value>]) -> bool {
    annotated(nodes, "x-ku8-secret", &Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_become_the_paths_people_write() {
        assert_eq!(dotted("/storage/size"), "storage.size");
        assert_eq!(dotted("/hosts/0/name"), "hosts[0].name");
        assert_eq!(dotted("/a~1b"), "a/b");
        assert_eq!(dotted(""), "the document");
    }

    #[test]
    fn annotations_are_found_through_references_and_alternatives() {
        let schema = json!({
            "properties": {"auth": {"oneOf": [{"$ref": "#/$defs/auth"}, {"type": "null"}]}},
            "$defs": {"auth": {"properties": {"password": {"x-ku8-secret": true}}}}
        });
        assert!(is_secret(&nodes_at(&schema, "/auth/password")));
        assert!(!is_secret(&nodes_at(&schema, "/auth")));
        assert_eq!(known_names(&schema, "/auth"), ["password"]);
    }
}
