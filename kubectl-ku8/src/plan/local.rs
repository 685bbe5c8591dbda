//! Our patch laid over the live object by our own rules, for when the server cannot be asked.
//! It knows which fields we held and which lists are maps; it knows no defaults and says nothing about validity.

use serde_json::Value;

use super::PathStep;
use super::compare::{keyed, lookup};
use super::managed_fields::{FieldSet, managers, ours};

/// What the object would be. Fields we held and no longer set go, unless somebody else holds them too.
pub(crate) fn laid_over(live: &Value, desired: &Value) -> Value {
    let mut after = live.clone();
    if let Some(held) = ours(live) {
        let mut others = FieldSet::default();
        for manager in managers(live).iter().filter(|manager| !manager.is_ours()) {
            others = others.union(&manager.set);
        }
        let unset = |path: &[PathStep]| lookup(desired, path).is_none();
        held.minus(&others).only(&unset).take_out(&mut after);
    }
    overlay(&after, desired, &mut Vec::new())
}

fn overlay(live: &Value, desired: &Value, path: &mut Vec<PathStep>) -> Value {
    match (live, desired) {
        (Value::Object(left), Value::Object(right)) => {
            let mut merged = left.clone();
            for (field, value) in right {
                // The server does not store empty values, so one we send where none is makes no difference.
                if is_empty(value) && !left.contains_key(field) {
                    continue;
                }
                path.push(PathStep::Field(field.clone()));
                let under = left.get(field).map_or_else(|| value.clone(), |below| overlay(below, value, path));
                path.pop();
                merged.insert(field.clone(), under);
            }
            Value::Object(merged)
        }
        (Value::Array(left), Value::Array(right)) => lists(left, right, path),
        _ => desired.clone(),
    }
}

/// Keyed lists keep the items of others, in their places; other lists are replaced whole.
fn lists(left: &[Value], right: &[Value], path: &mut Vec<PathStep>) -> Value {
    let Some((old, new)) = keyed(path, left, right) else {
        let same = left.len() == right.len();
        let merge = |(below, value)| overlay(below, value, &mut path.clone());
        return if same { left.iter().zip(right).map(merge).collect() } else { Value::Array(right.to_vec()) };
    };
    let mut merged: Vec<Value> = left.to_vec();
    for (key, item) in new.iter().zip(right) {
        path.push(PathStep::Key(key.clone()));
        match old.iter().position(|other| other == key) {
            Some(place) => merged[place] = overlay(&left[place], item, path),
            None => merged.push(item.clone()),
        }
        path.pop();
    }
    Value::Array(merged)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_merge_by_key_what_we_dropped_goes_and_what_others_hold_stays() {
        let live = json!({"metadata": {"managedFields": [
            {"manager": "ku8", "operation": "Apply", "fieldsV1": {"f:spec": {"f:paused": {}, "f:template": {"f:spec": {"f:containers": {
                "k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}, "f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}}}}}}}}}]},
            "spec": {"paused": true, "template": {"spec": {"dnsPolicy": "ClusterFirst", "containers": [
                {"name": "side", "image": "s"}, {"name": "web", "image": "a", "imagePullPolicy": "Always", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]}}}});
        let desired = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "b"}]}}}});
        assert_eq!(
            laid_over(&live, &desired)["spec"],
            json!({"template": {"spec": {"dnsPolicy": "ClusterFirst", "containers": [
                {"name": "side", "image": "s"}, {"name": "web", "image": "b", "imagePullPolicy": "Always", "env": [{"name": "B", "value": "2"}]}]}}})
        );
    }
}
