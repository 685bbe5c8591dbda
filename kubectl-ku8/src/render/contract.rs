//! The JSON shapes of the contract, compiled once from the files beside the WIT.
//! It never knows more than those files say.

use std::sync::LazyLock;

use serde_json::Value;

use super::error::Problem;
use crate::schema::{Schema, Violation, validate};

static METADATA: LazyLock<Schema> =
    LazyLock::new(|| shape(include_str!("../../../template-sdk/wit/metadata.schema.json")));
static REQUEST: LazyLock<Schema> =
    LazyLock::new(|| shape(include_str!("../../../template-sdk/wit/request.schema.json")));
static SECRETS: LazyLock<Schema> = LazyLock::new(|| {
    let mut document = document(include_str!("../../../template-sdk/wit/secrets.schema.json"));
    // A template that writes a value where a source belongs must not see it repeated in a message.
    document["$defs"]["value"]["x-ku8-secret"] = Value::Bool(true);
    Schema::proven(document)
});
static OUTPUTS: LazyLock<Schema> =
    LazyLock::new(|| shape(include_str!("../../../template-sdk/wit/outputs.schema.json")));
static LIVE: LazyLock<Schema> = LazyLock::new(|| shape(include_str!("../../../template-sdk/wit/live.schema.json")));
static VERDICT: LazyLock<Schema> =
    LazyLock::new(|| shape(include_str!("../../../template-sdk/wit/verdict.schema.json")));

fn shape(text: &str) -> Schema {
    Schema::proven(document(text))
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).expect("the contract's shapes are JSON")
}

/// Checks a request before it is sent.
pub(super) fn request(value: &Value) -> Result<(), Vec<Violation>> {
    validate(&REQUEST, value)
}

/// Checks what a template says of itself.
pub(super) fn metadata(value: &Value) -> Vec<Problem> {
    problems("metadata", &METADATA, value)
}

/// Checks secret intents.
pub(super) fn secrets(value: &Value) -> Vec<Problem> {
    problems("secrets", &SECRETS, value)
}

/// Checks connection information.
pub(super) fn outputs(value: &Value) -> Vec<Problem> {
    problems("outputs", &OUTPUTS, value)
}

/// Checks live objects before they are sent.
pub(super) fn live(value: &Value) -> Result<(), Vec<Violation>> {
    validate(&LIVE, value)
}

/// Checks a template's judgement.
pub(super) fn verdict(value: &Value) -> Vec<Problem> {
    problems("verdict", &VERDICT, value)
}

fn problems(subject: &str, schema: &Schema, value: &Value) -> Vec<Problem> {
    let problem = |violation: Violation| Problem { hint: violation.hint, ..Problem::new(subject, violation.message) };
    validate(schema, value).err().unwrap_or_default().into_iter().map(problem).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_contracts_shapes_are_schemas_we_accept() {
        for schema in [&METADATA, &REQUEST, &SECRETS, &OUTPUTS, &LIVE, &VERDICT] {
            assert_eq!(Schema::parse(schema.document()).err(), None);
        }
        let mut whole = json!({"apiVersion": "ku8/v1", "name": "db", "namespace": "shop", "values": {}, "bindings": {},
            "cluster": {"version": "1.36"}, "previous": null, "images": {"registryMap": {}, "pullSecrets": []}});
        assert_eq!(request(&whole), Ok(()));
        whole["name"] = json!("DB");
        assert!(request(&whole).is_err());
        assert!(metadata(&json!({"name": "x"})).len() >= 4);
        assert_eq!(secrets(&json!([{"name": "db-auth", "keys": {"root": {"generate": {"length": 24}}}}])), vec![]);
        assert!(!secrets(&json!([{"name": "db-auth", "keys": {"root": "hunter2"}}])).is_empty());
        assert_eq!(outputs(&json!([{"name": "primary", "type": "mysql", "port": 3306}])), vec![]);
    }
}
