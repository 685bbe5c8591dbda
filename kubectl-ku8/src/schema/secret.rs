//! The rule for secret values: a reference or an order to generate one, never the value itself.
//! Nothing here looks at what a secret value says, so nothing can repeat it.

use serde_json::Value;

use super::SchemaError;
use super::shape::subschemas;
use super::validate::Violation;
use super::walk::{dotted, is_secret, join, nodes_at};

/// What to write instead of a value.
pub(super) const HINT: &str = "write {secretRef: {name, key}} or {generate: {length}}";

/// Finds every secret that is written as a plain value.
pub(super) fn check(document: &Value, values: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    visit(values, "", &mut |pointer, value| {
        let secret = is_secret(&nodes_at(document, pointer));
        if secret && !value.is_null() && !has_a_shape(value) {
            found.push(Violation {
                pointer: pointer.to_owned(),
                rule: "secret".to_owned(),
                message: format!("{} is a secret and may not be written as a plain value", dotted(pointer)),
                hint: Some(HINT.to_owned()),
            });
        }
        !secret
    });
    found
}

/// A schema may not carry a secret value as a default either.
pub(super) fn check_defaults(document: &Value) -> Result<(), SchemaError> {
    let mut pending = vec![document];
    while let Some(next) = pending.pop() {
        let Value::Object(keywords) = next else { continue };
        if keywords.get("x-ku8-secret") == Some(&Value::Bool(true))
            && keywords.get("default").is_some_and(|default| !default.is_null() && !has_a_shape(default))
        {
            let title = keywords.get("title").and_then(Value::as_str).unwrap_or("x-ku8-secret");
            return Err(SchemaError::SecretDefault(crate::object::printable(title)));
        }
        pending.extend(subschemas(keywords, true));
    }
    Ok(())
}

/// Calls `each` for every value with its pointer; the members of one it answers `false` for are skipped.
pub(super) fn visit(value: &Value, pointer: &str, each: &mut impl FnMut(&str, &Value) -> bool) {
    if !each(pointer, value) {
        return;
    }
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| visit(field, &join(pointer, name), each)),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .for_each(|(index, element)| visit(element, &join(pointer, &index.to_string()), each)),
        _ => {}
    }
}

fn has_a_shape(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| {
        fields.len() == 1
            && ["secretRef", "generate"].iter().any(|shape| fields.get(*shape).is_some_and(Value::is_object))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_default_may_generate_but_not_be_a_value() {
        let with =
            |default: Value| check_defaults(&json!({"properties": {"p": {"x-ku8-secret": true, "default": default}}}));
        assert_eq!(with(json!({"generate": {"length": 24}})), Ok(()));
        assert!(matches!(with(json!("hunter2")), Err(SchemaError::SecretDefault(_))));
    }
}
