//! What changing one parameter does to what runs: the template renders before and after, and the objects are compared.
//! It says nothing rather than guess: a parameter that cannot be changed in a made-up definition has no answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Context;
use super::pipeline::try_render;
use crate::definition::{Definition, merge};
use crate::object::{ObjectKey, Quantity};
use crate::render::Template;
use crate::schema::{Explanation, Kind, questions};

/// Version rendered for; what a change does hardly depends on it.
const KUBERNETES: &str = "1.30";

/// What a change of a parameter does, in one sentence.
pub(super) fn effect(context: &Context, template: &Template, of: &Explanation) -> Option<String> {
    if of.pointer.is_empty() || of.secret {
        return None;
    }
    let base = sample(template);
    let before = objects(context, template, &base)?;
    let mut sentences = Vec::new();
    for value in others(of, base_value(&base, of)) {
        let mut values = base.clone();
        merge(&mut values, &patch(&of.pointer, value)?);
        if let Some(after) = objects(context, template, &values) {
            sentences.push(sentence(&before, &after));
        }
    }
    // What does the most of all that was tried.
    sentences.into_iter().max_by_key(|(weight, _)| *weight).map(|(_, words)| words)
}

/// Values that a definition with nothing but what it must have could hold.
fn sample(template: &Template) -> Map<String, Value> {
    let mut values = Map::new();
    for question in questions(template.schema(), None).into_iter().filter(|one| one.required && one.default.is_none()) {
        let value = match question.kind {
            Kind::Choice => question.choices.first().cloned().unwrap_or_default(),
            Kind::Integer | Kind::Number => question.minimum.clone().unwrap_or_else(|| json!(1)),
            Kind::Boolean => json!(true),
            Kind::Quantity => json!("1Gi"),
            Kind::Text => json!("example"),
        };
        if let Some(patch) = patch(&question.pointer, value) {
            merge(&mut values, &patch);
        }
    }
    values
}

fn base_value(values: &Map<String, Value>, of: &Explanation) -> Option<Value> {
    Value::Object(values.clone()).pointer(&of.pointer).cloned().or_else(|| of.default.clone())
}

/// A few values that differ from the present one and fit the type.
fn others(of: &Explanation, present: Option<Value>) -> Vec<Value> {
    if !of.choices.is_empty() {
        return of.choices.iter().filter(|choice| Some(*choice) != present.as_ref()).take(6).cloned().collect();
    }
    match (of.kind.as_str(), present) {
        ("boolean", Some(Value::Bool(flag))) => vec![json!(!flag)],
        ("boolean", _) => vec![json!(true), json!(false)],
        ("integer" | "number", Some(Value::Number(number))) => {
            let number = number.as_i64().unwrap_or(1);
            vec![json!(number + 1), json!(number + 2), json!(number - 1)]
        }
        ("integer" | "number", _) => vec![json!(1), json!(2), json!(10)],
        ("quantity", Some(Value::String(text))) if text.parse::<Quantity>().is_ok() => {
            vec![json!("3Gi"), json!("30Gi"), json!("1500m")]
        }
        ("quantity", _) => vec![json!("3Gi"), json!("30Gi"), json!("600m"), json!("100Gi")],
        ("string", _) => {
            ["other", "1.2.3", "registry.example/other", "08:00", "+01:00", "latin1"].map(Value::from).to_vec()
        }
        ("map of string", _) => vec![json!({"example.com/other": "other"})],
        _ => Vec::new(),
    }
}

fn patch(pointer: &str, value: Value) -> Option<Map<String, Value>> {
    let mut patch = value;
    for name in pointer.split('/').skip(1).collect::<Vec<_>>().into_iter().rev() {
        patch = Value::Object(Map::from_iter([(name.replace("~1", "/").replace("~0", "~"), patch)]));
    }
    match patch {
        Value::Object(patch) => Some(patch),
        _ => None,
    }
}

fn objects(context: &Context, template: &Template, values: &Map<String, Value>) -> Option<BTreeMap<ObjectKey, Value>> {
    let mut definition = Definition::new("example", None);
    definition.spec.values.clone_from(values);
    let found = try_render(context, template, &definition, "default", KUBERNETES, &Value::Null).ok()?.ok()?;
    let objects = found.rendered.objects.into_iter();
    Some(objects.map(|object| (object.manifest.key().clone(), object.manifest.into_value())).collect())
}

/// The sentence, and how much it says.
fn sentence(before: &BTreeMap<ObjectKey, Value>, after: &BTreeMap<ObjectKey, Value>) -> (u8, String) {
    let mut parts = Vec::new();
    let mut weight = 0;
    let workload = |key: &ObjectKey| ["StatefulSet", "Deployment", "DaemonSet"].contains(&key.kind.as_str());
    let mut others = Vec::new();
    for (key, was) in before {
        let Some(is) = after.get(key) else {
            others.push(key.kind.clone());
            continue;
        };
        let differs = |pointer: &str| was.pointer(pointer) != is.pointer(pointer);
        if !workload(key) {
            if was != is {
                others.push(key.kind.clone());
            }
            continue;
        }
        if differs("/spec/volumeClaimTemplates") {
            weight = weight.max(4);
            parts.push("concerns the volumes; the plan says whether they can grow in place".to_owned());
        }
        if differs("/spec/template") {
            weight = weight.max(3);
            let rolling = is.pointer("/spec/updateStrategy/type").is_none_or(|kind| kind != "OnDelete");
            let how = if rolling && key.kind == "StatefulSet" { ", one after the other" } else { "" };
            parts.push(format!("restarts the pods{how}"));
        } else if differs("/spec/replicas") {
            weight = weight.max(2);
            parts.push("adds or removes pods; the others go on".to_owned());
        }
    }
    others.extend(after.keys().filter(|key| !before.contains_key(key)).map(|key| key.kind.clone()));
    others.sort();
    others.dedup();
    if parts.is_empty() {
        return if others.is_empty() {
            (0, "changes no object by itself".to_owned())
        } else {
            (1, format!("changes {}; no pod restarts", others.join(", ")))
        };
    }
    (weight, parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_decides_what_is_said() {
        let object =
            |kind: &str, spec: Value| (ObjectKey::new("apps", kind, "n", "x"), json!({"kind": kind, "spec": spec}));
        let of = |spec: Value| BTreeMap::from([object("StatefulSet", spec), object("Service", json!({"a": 1}))]);
        let base = of(json!({"replicas": 1, "template": {"a": 1}}));
        let told = |after: &BTreeMap<ObjectKey, Value>| sentence(&base, after).1;
        assert_eq!(told(&base), "changes no object by itself");
        assert_eq!(told(&of(json!({"replicas": 2, "template": {"a": 1}}))), "adds or removes pods; the others go on");
        assert_eq!(told(&of(json!({"replicas": 1, "template": {"a": 2}}))), "restarts the pods, one after the other");
        let mut service = base.clone();
        service.insert(object("Service", json!({"a": 2})).0, json!({}));
        assert_eq!(told(&service), "changes Service; no pod restarts");
    }
}
