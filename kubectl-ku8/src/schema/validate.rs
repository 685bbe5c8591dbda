//! Judges values by a schema and reports every violation at once, in words for the person who wrote them.
//! It never stops at the first finding and never shows alternatives that were plainly not meant.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::walk::{dotted, is_quantity, nodes_at};
use super::{Schema, message, quick, secret};
use crate::object::Quantity;

/// More findings than anyone reads.
const MAX_VIOLATIONS: usize = 200;

/// One thing that is wrong with the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON pointer into the values.
    pub pointer: String,
    /// The schema keyword that was broken, or `secret` or `quantity`.
    pub rule: String,
    /// A whole sentence without full stop: what was expected and what is there.
    pub message: String,
    /// What to write instead, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Checks values whose defaults are already filled in.
///
/// # Errors
/// Every violation, in the order of the values.
pub fn validate(schema: &Schema, values: &Value) -> Result<(), Vec<Violation>> {
    let document = schema.document();
    let mut found = secret::check(document, values);
    let hidden: Vec<String> = found.iter().map(|violation| violation.pointer.clone()).collect();
    if !quick::fits(document, values) {
        for error in schema.validator().iter_errors(values) {
            for leaf in reduce(&error) {
                found.extend(message::violations(document, leaf));
            }
        }
    }
    found.extend(bad_quantities(document, values, &found));
    found.retain(|violation| {
        violation.rule == "secret" || !hidden.iter().any(|pointer| covers(pointer, &violation.pointer))
    });
    found.sort_by(|left, right| (&left.pointer, &left.rule).cmp(&(&right.pointer, &right.rule)));
    found.dedup();
    join_types(&mut found);
    found.truncate(MAX_VIOLATIONS);
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// A value of the wrong type is no choice either: one sentence with the choices, and the way to the right type.
fn join_types(found: &mut Vec<Violation>) {
    let types: Vec<Violation> = found.iter().filter(|one| one.rule == "type").cloned().collect();
    for wrong in types {
        if let Some(choice) = found.iter_mut().find(|one| one.rule == "enum" && one.pointer == wrong.pointer) {
            "type".clone_into(&mut choice.rule);
            choice.hint = wrong.hint.clone().or(choice.hint.take());
            found.retain(|one| *one != wrong);
        }
    }
}

/// Says whether `pointer` is `inner` or an ancestor of it.
pub(super) fn covers(pointer: &str, inner: &str) -> bool {
    inner.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Strings that the annotation calls quantities and the API server would not; patterns often let some through.
fn bad_quantities(document: &Value, values: &Value, known: &[Violation]) -> Vec<Violation> {
    let mut found = Vec::new();
    secret::visit(values, "", &mut |pointer, value| {
        if let Value::String(text) = value
            && text.parse::<Quantity>().is_err()
            && is_quantity(&nodes_at(document, pointer))
            && !known.iter().any(|violation| violation.pointer == pointer)
        {
            found.push(Violation {
                pointer: pointer.to_owned(),
                rule: "quantity".to_owned(),
                message: format!("{} is {}, which is not a quantity", dotted(pointer), message::describe(value)),
                hint: Some(message::quantity_hint(document, pointer, text)),
            });
        }
        true
    });
    found
}

/// The errors worth showing: of several alternatives, those of the one that was most likely meant.
fn reduce<'e>(error: &'e ValidationError<'_>) -> Vec<&'e ValidationError<'e>> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) = error.kind() else {
        return vec![error];
    };
    let here = error.instance_path().as_str();
    let mut scored: Vec<(usize, &Vec<ValidationError<'static>>)> =
        context.iter().map(|branch| (misfit(here, branch), branch)).collect();
    scored.sort_by_key(|(score, _)| *score);
    match scored[..] {
        [(_, only)] => only.iter().flat_map(reduce).collect(),
        // A branch that fits at the top and fails inside, or fits better than all others, was meant.
        [(best, branch), (second, _), ..] if best < second && best < WRONG_FORM => {
            branch.iter().flat_map(reduce).collect()
        }
        _ => vec![error],
    }
}

/// The score from which on a branch is a different form altogether.
const WRONG_FORM: usize = 1000;

/// How badly a branch fits: a wrong type, constant or name at the top weighs more than a wrong value inside.
fn misfit(here: &str, branch: &[ValidationError<'static>]) -> usize {
    let weight = |error: &ValidationError<'static>| {
        let at_top = error.instance_path().as_str() == here;
        match error.kind() {
            ValidationErrorKind::Type { .. } if at_top => WRONG_FORM,
            ValidationErrorKind::Constant { .. } | ValidationErrorKind::FalseSchema => WRONG_FORM,
            ValidationErrorKind::AdditionalProperties { .. } | ValidationErrorKind::Required { .. } if at_top => {
                WRONG_FORM / 2
            }
            _ => 1,
        }
    };
    branch.iter().map(weight).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        Schema::parse(&json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["replicas"],
            "properties": {
                "replicas": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
                "maxConnections": {"type": "integer"},
                "mode": {"enum": ["single", "replicated"]},
                "storage": {"type": "object", "additionalProperties": false, "properties": {
                    "size": {"$ref": "#/$defs/quantity", "default": "8Gi"}}},
                "cpu": {"type": "string", "x-ku8-unit": "quantity", "default": "500m"},
                "password": {"$ref": "#/$defs/secret"},
                "backup": {"oneOf": [{"type": "boolean"}, {
                    "type": "object", "required": ["schedule"], "additionalProperties": false,
                    "properties": {"schedule": {"type": "string"}, "keep": {"type": "integer", "minimum": 1}}}]}
            },
            "$defs": {
                "quantity": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([KMGTP]i?|m)?$"},
                "secret": {"x-ku8-secret": true, "oneOf": [
                    {"type": "object", "required": ["secretRef"], "additionalProperties": false, "properties": {"secretRef": {
                        "type": "object", "required": ["name", "key"], "properties": {"name": {"type": "string"}, "key": {"type": "string"}}}}},
                    {"type": "object", "required": ["generate"], "additionalProperties": false, "properties": {"generate": {
                        "type": "object", "required": ["length"], "properties": {"length": {"type": "integer", "minimum": 16}}}}}]}
            }
        }))
        .unwrap()
    }

    fn found(values: &Value) -> Vec<(String, String, String)> {
        validate(&schema(), values)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|violation| (violation.pointer, violation.message, violation.hint.unwrap_or_default()))
            .collect()
    }

    fn one(values: &Value) -> (String, String, String) {
        let mut all = found(values);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn what_fits_fits() {
        let values = json!({"replicas": 3, "storage": {"size": "20Gi"}, "cpu": "1", "mode": "single", "backup": true,
            "password": {"generate": {"length": 24}}});
        assert_eq!(found(&values), []);
    }

    #[test]
    fn a_bare_number_is_given_its_unit() {
        let (pointer, message, _) = one(&json!({"replicas": 1, "storage": {"size": 20}}));
        assert_eq!(pointer, "/storage/size");
        assert_eq!(message, "storage.size is the number 20; write a quantity such as \"20Gi\"");
        let (_, message, _) = one(&json!({"replicas": 1, "cpu": 250}));
        assert_eq!(message, "cpu is the number 250; write a quantity such as \"250m\"");
    }

    #[test]
    fn a_quantity_with_a_wrong_unit_is_corrected() {
        let (_, message, hint) = one(&json!({"replicas": 1, "storage": {"size": "20gb"}}));
        assert_eq!(message, "storage.size is the string \"20gb\", which is not a quantity");
        assert_eq!(hint, "write \"20Gi\": a number and a unit, such as Mi or Gi, without a space");
        assert_eq!(one(&json!({"replicas": 1, "cpu": "fast"})).2, "write a quantity such as \"500m\"");
    }

    #[test]
    fn a_misspelt_name_finds_its_word() {
        let (pointer, message, hint) = one(&json!({"replicas": 1, "maxConections": 5}));
        assert_eq!((pointer.as_str(), message.as_str()), ("/maxConections", "maxConections is not known here"));
        assert_eq!(hint, "did you mean `maxConnections`?");
        assert_eq!(one(&json!({"replicas": 1, "storage": {"siez": "1Gi"}})).2, "did you mean `size`?");
        assert_eq!(one(&json!({"replicas": 1, "mode": "singel"})).2, "did you mean \"single\"?");
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let all = found(&json!({"mode": 3, "maxConnections": "12", "replicas": 10, "x": 1}));
        let messages: Vec<&str> = all.iter().map(|(_, message, _)| message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "maxConnections is the string \"12\"; expected an integer",
                "mode is the number 3; expected one of \"single\", \"replicated\"",
                "replicas is the number 10; expected at most 9",
                "x is not known here",
            ]
        );
        assert_eq!(all[0].2, "write 12 without quotes");
        assert_eq!(one(&json!({})).1, "replicas is missing; it is required");
    }

    #[test]
    fn of_two_alternatives_only_the_meant_one_speaks() {
        let (pointer, message, _) = one(&json!({"replicas": 1, "backup": {"schedule": "daily", "keep": 0}}));
        assert_eq!(pointer, "/backup/keep");
        assert_eq!(message, "backup.keep is the number 0; expected at least 1");
        let (pointer, message, _) = one(&json!({"replicas": 1, "backup": "daily"}));
        assert_eq!(
            (pointer.as_str(), message.as_str()),
            ("/backup", "backup is the string \"daily\"; expected a boolean, or an object")
        );
    }

    #[test]
    fn a_secret_value_is_refused_and_never_repeated() {
        for plain in [
            json!("hunter2-hunter2"),
            json!(86_753_091_234_u64),
            json!({"value": "hunter2-hunter2"}),
            json!(["hunter2-hunter2"]),
        ] {
            let violations = validate(&schema(), &json!({"replicas": 1, "password": plain})).unwrap_err();
            assert_eq!(violations.len(), 1, "{violations:?}");
            assert_eq!(violations[0].hint.as_deref(), Some(secret::HINT));
            let text = serde_json::to_string(&violations).unwrap();
            assert!(!text.contains("hunter2") && !text.contains("86753"), "{text}");
        }
        let (pointer, message, _) = one(&json!({"replicas": 1, "password": {"generate": {"length": 3}}}));
        assert_eq!(
            (pointer.as_str(), message.as_str()),
            ("/password/generate/length", "password.generate.length is the number 3; expected at least 16")
        );
    }

    #[test]
    fn a_violation_is_json() {
        let violations = validate(&schema(), &json!({"replicas": 0})).unwrap_err();
        assert_eq!(
            serde_json::to_value(&violations).unwrap(),
            json!([{"pointer": "/replicas", "rule": "minimum", "message": "replicas is the number 0; expected at least 1"}])
        );
    }
}
