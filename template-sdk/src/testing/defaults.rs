//! Fills a schema's defaults into values, as the host does before it validates them.
//! It never resolves anything outside the schema document.

use serde_json::{Map, Value};

/// Returns the values with the schema's defaults, also inside objects that were left out.
///
/// ```
/// use template_sdk::{json, testing::fill};
/// let schema = json!({"properties": {"a": {"default": {}, "properties": {"b": {"default": 1}}}}});
/// assert_eq!(fill(&schema, json!({})), json!({"a": {"b": 1}}));
/// ```
pub fn fill(schema: &Value, mut values: Value) -> Value {
    into(schema, schema, &mut values);
    values
}

fn into(root: &Value, schema: &Value, value: &mut Value) {
    let schema = resolve(root, schema);
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    if let Some(object) = value.as_object_mut() {
        for (name, property) in properties {
            if !object.contains_key(name) {
                let default = property.get("default").or_else(|| resolve(root, property).get("default"));
                let Some(default) = default else { continue };
                object.insert(name.clone(), default.clone());
            }
            if let Some(inner) = object.get_mut(name) {
                into(root, property, inner);
            }
        }
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array_mut()) {
        for item in list {
            into(root, items, item);
        }
    }
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}
