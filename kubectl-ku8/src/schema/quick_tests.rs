//! What `quick.rs` is certain of is compared with the validator, keyword by keyword.
//! It never counts what is left to the validator as wrong.

use serde_json::json;

use super::*;

/// Every keyword with values that fit, that do not, and that are nobody's business.
fn schemas() -> Vec<Value> {
    vec![
        json!({"type": ["object", "null"], "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 9}}}),
        json!({"type": "object", "additionalProperties": false, "properties": {"a": true, "b": {"type": "string"}}}),
        json!({"type": "object", "additionalProperties": {"type": "number", "minimum": 0.04}}),
        json!({"type": "array", "items": {"type": "string", "minLength": 2, "maxLength": 3}, "minItems": 1, "maxItems": 2}),
        json!({"type": "array", "uniqueItems": true}),
        json!({"enum": ["a", 1, null, {"a": 1}]}),
        json!({"const": 2}),
        json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(k|Mi|Gi)?$"}),
        json!({"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"}),
        json!({"$ref": "#/$defs/word", "$defs": {"word": {"type": "string"}}}),
        json!({"oneOf": [{"type": "string"}, {"type": "string", "minLength": 3}, {"type": "object", "required": ["b"]}]}),
        json!({"anyOf": [{"type": "boolean"}, {"type": "integer"}], "not": {"const": 0}}),
        json!({"allOf": [{"if": {"properties": {"a": {"const": 1}}, "required": ["a"]},
            "then": {"required": ["b"]}, "else": {"properties": {"b": {"type": "null"}}}}]}),
        json!({"type": "string", "pattern": "^\\d.(?:a)$"}),
        json!({"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": false}),
        json!({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}),
        json!({"minProperties": 1, "maxProperties": 1, "propertyNames": {"pattern": "^[-._a-z]{1,3}$", "enum": ["a", "c"]}}),
        json!({"dependentRequired": {"a": ["b"]}, "minProperties": 1, "multipleOf": 2, "exclusiveMinimum": 0}),
    ]
}

fn values() -> Vec<Value> {
    let huge = json!(9_007_199_254_740_993_u64);
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-0.0),
        json!(1),
        json!(1.0),
        json!(2),
        json!(2.0),
        json!(2.5),
        huge,
        json!(""),
        json!("a"),
        json!("ab"),
        json!("内存"),
        json!("1.5Gi"),
        json!("1.5gb"),
        json!("8.2-alpine"),
        json!([]),
        json!(["ab"]),
        json!(["ab", "ab"]),
        json!(["ab", "cd"]),
        json!([1, 1.0]),
        json!(["a", 1]),
        json!({}),
        json!({"a": 1}),
        json!({"a": 1.0}),
        json!({"a": 0.5}),
        json!({"a": 10}),
        json!({"b": "x"}),
        json!({"a": 1, "b": "x"}),
        json!({"b": null}),
        json!({"c": 1}),
        json!({"a": 0.01}),
    ]
}

#[test]
fn what_is_certain_is_what_the_validator_says() {
    let mut certain = 0;
    for document in schemas() {
        let validator = jsonschema::draft202012::new(&document).unwrap();
        for value in values() {
            if let Some(answer) = judge(&document, &document, &value) {
                assert_eq!(answer, validator.is_valid(&value), "{value} by {document}");
                certain += 1;
            }
        }
    }
    assert!(certain > 300, "only {certain} are certain");
}

#[test]
fn what_two_dialects_read_differently_is_uncertain() {
    for pattern in ["^\\d$", "^.$", "(?i)a", "[^a]", "[]a]", "[[:alpha:]]", "[a&&b]", "[a--b]", "\\p{L}", "é"] {
        assert_eq!(matches(pattern, "a"), None, "{pattern}");
    }
    assert_eq!(matches("^[-a.z]+\\.$", "a."), Some(true));
    assert_eq!(matches("^[a-z]+$", "a\n"), Some(false));
}
