//! Puts schemas together: fragments added, shared parameters a template has no use for taken out.
//! It never knows what a keyword means.

use serde_json::Value;

/// Takes shared parameters out that a template has no use for: one that does nothing would be a promise.
///
/// ```
/// # use template_sdk::{block::{self, AuthMode, Preset, Spec}, json};
/// # const P: Preset = Preset::new("100m", "256Mi", "1Gi");
/// # const SPEC: Spec = Spec { template: "web", repository: "", tag: "", user: 999, group: 999, presets: [P, P, P, P],
/// #     storage_per_memory: 0, stateful: false, auth: AuthMode::None, exporter: None, extra_config: None,
/// #     major_downgrade: true };
/// let mut schema = block::schema(&SPEC, &json!({}));
/// assert!(schema["properties"].get("image").is_none(), "left out by the empty repository");
/// block::leave_out(&mut schema, &["clusterDomain"]);
/// assert!(schema["properties"].get("clusterDomain").is_none());
/// ```
pub fn leave_out(schema: &mut Value, names: &[&str]) {
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// Merges a schema fragment into another: objects by key, lists appended, anything else replaced.
///
/// ```
/// use template_sdk::{block::add, json};
/// let mut schema = json!({"properties": {"auth": {"type": "object"}}, "required": ["a"]});
/// add(&mut schema, &json!({"properties": {"auth": {"title": "Login"}}, "required": ["b"]}));
/// assert_eq!(schema, json!({"properties": {"auth": {"type": "object", "title": "Login"}}, "required": ["a", "b"]}));
/// ```
pub fn add(into: &mut Value, fragment: &Value) {
    match (into, fragment) {
        (Value::Object(into), Value::Object(fragment)) => {
            for (key, value) in fragment {
                add(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(fragment)) => into.extend(fragment.iter().cloned()),
        (into, fragment) => *into = fragment.clone(),
    }
}
