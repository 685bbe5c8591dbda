//! Fills in a schema's defaults, before validation, so that a definition only says what differs.
//! It never changes what is written, and never invents a required value.

use serde_json::{Map, Value};

use super::Schema;
use super::walk::{Layers, annotated, join, layers};

/// Fills every missing value that has a default, in nested objects and through local references.
/// Returns the JSON pointer of each value it added.
pub fn fill(schema: &Schema, values: &mut Value) -> Vec<String> {
    let mut filled = Vec::new();
    fill_value(schema.document(), schema.document(), values, "", &mut filled);
    filled.sort();
    filled.dedup();
    filled
}

fn fill_value(document: &Value, schema: &Value, value: &mut Value, pointer: &str, filled: &mut Vec<String>) {
    let certain = layers(document, schema, Layers::Certain);
    match value {
        Value::Object(fields) => {
            for keywords in &certain {
                fill_object(document, keywords, fields, pointer, filled);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let place = join(pointer, &index.to_string());
                for keywords in &certain {
                    let prefix = keywords.get("prefixItems").and_then(|items| items.get(index));
                    if let Some(items) = prefix.or_else(|| keywords.get("items")) {
                        fill_value(document, items, element, &place, filled);
                    }
                }
            }
        }
        _ => {}
    }
}

fn fill_object(
    document: &Value,
    keywords: &Map<String, Value>,
    fields: &mut Map<String, Value>,
    pointer: &str,
    filled: &mut Vec<String>,
) {
    let none = Map::new();
    let properties = keywords.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, property) in properties {
        let place = join(pointer, name);
        if let Some(value) = fields.get_mut(name) {
            fill_value(document, property, value, &place, filled);
        } else if let Some(value) = absent(document, property, &place, is_required(keywords, name), filled) {
            fields.insert(name.clone(), value);
        }
    }
    if let Some(rest) = keywords.get("additionalProperties").filter(|rest| rest.is_object()) {
        for (name, value) in fields.iter_mut().filter(|(name, _)| !properties.contains_key(*name)) {
            fill_value(document, rest, value, &join(pointer, name), filled);
        }
    }
}

/// The value of a missing property: its default, or an object made only of defaults.
fn absent(
    document: &Value,
    property: &Value,
    pointer: &str,
    required: bool,
    filled: &mut Vec<String>,
) -> Option<Value> {
    let certain = layers(document, property, Layers::Certain);
    if let Some(default) = certain.iter().find_map(|keywords| keywords.get("default")) {
        let mut value = default.clone();
        fill_value(document, property, &mut value, pointer, &mut Vec::new());
        filled.push(pointer.to_owned());
        return Some(value);
    }
    // A secret is one of two shapes; its inner defaults must not choose one.
    if annotated(&certain, "x-ku8-secret", &Value::Bool(true)) {
        return None;
    }
    let mut value = Value::Object(Map::new());
    let mut inner = Vec::new();
    fill_value(document, property, &mut value, pointer, &mut inner);
    // Where a required value has no default, an optional object stays absent, and a required one is started so
    // that the violation names what is missing inside it.
    if inner.is_empty() || !(required || is_complete(&certain, &value)) {
        return None;
    }
    filled.append(&mut inner);
    Some(value)
}

fn is_required(keywords: &Map<String, Value>, name: &str) -> bool {
    required(keywords).any(|required| required == name)
}

fn is_complete(certain: &[&Map<String, Value>], value: &Value) -> bool {
    certain.iter().flat_map(|keywords| required(keywords)).all(|name| value.get(name).is_some())
}

fn required(keywords: &Map<String, Value>) -> impl Iterator<Item = &str> {
    keywords.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(schema: &Value, mut values: Value) -> (Value, Vec<String>) {
        let pointers = fill(&Schema::parse(schema).unwrap(), &mut values);
        (values, pointers)
    }

    #[test]
    fn nested_defaults_are_filled_through_references() {
        let schema = json!({
            "type": "object",
            "properties": {
                "replicas": {"type": "integer", "default": 3},
                "storage": {"$ref": "#/$defs/storage"},
                "hosts": {"type": "array", "items": {"properties": {"port": {"default": 80}}}}
            },
            "$defs": {"storage": {"type": "object", "properties": {"size": {"default": "8Gi"}, "class": {"type": "string"}}}}
        });
        let (values, pointers) = filled(&schema, json!({"hosts": [{}, {"port": 1}]}));
        assert_eq!(values, json!({"replicas": 3, "storage": {"size": "8Gi"}, "hosts": [{"port": 80}, {"port": 1}]}));
        assert_eq!(pointers, ["/hosts/0/port", "/replicas", "/storage/size"]);
    }

    #[test]
    fn what_is_written_stays() {
        let schema = json!({"properties": {"a": {"default": 1}, "b": {"default": {"x": 1}, "properties": {"x": {"default": 2}}}}});
        let (values, pointers) = filled(&schema, json!({"a": null, "b": {"x": 5}}));
        assert_eq!((values, pointers), (json!({"a": null, "b": {"x": 5}}), vec![]));
    }

    #[test]
    fn an_optional_object_with_a_required_value_stays_absent() {
        let object = json!({"required": ["schedule"], "properties": {"schedule": {}, "keep": {"default": 3}}});
        let optional = json!({"properties": {"backup": object}});
        assert_eq!(filled(&optional, json!({})).0, json!({}));
        let required = json!({"required": ["backup"], "properties": {"backup": object}});
        assert_eq!(filled(&required, json!({})).0, json!({"backup": {"keep": 3}}));
    }

    #[test]
    fn a_secrets_shape_is_never_chosen() {
        let schema = json!({"properties": {"password": {"x-ku8-secret": true, "properties": {
            "generate": {"properties": {"length": {"default": 24}}}}}}});
        assert_eq!(filled(&schema, json!({})).0, json!({}));
        assert_eq!(
            filled(&schema, json!({"password": {"generate": {}}})).0,
            json!({"password": {"generate": {"length": 24}}})
        );
    }
}
