//! Sets of fields as the server writes them, with what sets are for: in it, both, one without the other.
//! It knows paths and no managers, and takes nothing out of an object that it is not told to.

use serde_json::{Map, Value};

use super::PathStep;
use super::compare::lookup;

/// A set of fields as the server writes it (`FieldsV1`: `f:` fields, `k:` list items by key, `v:` values, `i:` places,
/// `.` the thing itself; structured-merge-diff, fieldpath/serialize-pe.go).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldSet(pub(super) Map<String, Value>);

impl FieldSet {
    /// Reads `fieldsV1`; what is no object is empty.
    pub fn of(fields: &Value) -> Self {
        Self(fields.as_object().cloned().unwrap_or_default())
    }

    /// Says whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether the field is held: by itself, as part of something held whole, or in parts.
    pub fn holds(&self, path: &[PathStep]) -> bool {
        let mut at = &self.0;
        for step in path {
            if at.is_empty() {
                return true;
            }
            let next = match step {
                PathStep::Field(field) => at.get(&format!("f:{field}")),
                PathStep::Key(_) => {
                    at.iter().find(|(segment, _)| step_of(segment).as_ref() == Some(step)).map(|(_, set)| set)
                }
                PathStep::Index(index) => at.get(&format!("i:{index}")),
            };
            match next {
                Some(Value::Object(set)) => at = set,
                // Nothing the server writes; whoever is named here holds it, whatever stands below.
                Some(_) => return true,
                None => return false,
            }
        }
        true
    }

    /// Everything in either.
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.0.clone();
        merge(&mut all, &other.0);
        Self(all)
    }

    /// What is in this one and not in the other.
    pub fn minus(&self, other: &Self) -> Self {
        Self(without(&self.0, &other.0))
    }

    /// The fields for which the question is answered with yes.
    pub fn only(&self, wanted: &dyn Fn(&[PathStep]) -> bool) -> Self {
        Self(only(&self.0, &mut Vec::new(), wanted))
    }

    /// Every field it holds, deepest only.
    pub fn paths(&self) -> Vec<Vec<PathStep>> {
        let mut found = Vec::new();
        collect(&self.0, &mut Vec::new(), &mut found);
        found
    }

    /// Takes every field of this set out of an object, as the server does when nobody holds it any more.
    pub fn take_out(&self, object: &mut Value) {
        take_out(&self.0, object);
    }
}

fn key_of(segment: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(segment.strip_prefix("k:")?).ok()
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (segment, set) in from {
        match (into.get_mut(segment), set) {
            (Some(Value::Object(mine)), Value::Object(theirs)) => merge(mine, theirs),
            (None, set) => {
                into.insert(segment.clone(), set.clone());
            }
            _ => {}
        }
    }
}

fn without(mine: &Map<String, Value>, theirs: &Map<String, Value>) -> Map<String, Value> {
    let mut rest = Map::new();
    for (segment, set) in mine {
        let Some(other) = theirs.get(segment) else {
            rest.insert(segment.clone(), set.clone());
            continue;
        };
        if let (Some(mine), Some(theirs)) = (set.as_object(), other.as_object())
            && !mine.is_empty()
            && !theirs.is_empty()
        {
            let below = without(mine, theirs);
            if !below.is_empty() {
                rest.insert(segment.clone(), Value::Object(below));
            }
        }
    }
    rest
}

fn only(
    set: &Map<String, Value>,
    path: &mut Vec<PathStep>,
    wanted: &dyn Fn(&[PathStep]) -> bool,
) -> Map<String, Value> {
    let mut rest = Map::new();
    for (segment, below) in set {
        let Some(step) = step_of(segment) else {
            if wanted(path) {
                rest.insert(segment.clone(), below.clone());
            }
            continue;
        };
        path.push(step);
        match below.as_object().filter(|below| !below.is_empty()) {
            Some(below) => {
                let kept = only(below, path, wanted);
                if !kept.is_empty() {
                    rest.insert(segment.clone(), Value::Object(kept));
                }
            }
            None if wanted(path) => {
                rest.insert(segment.clone(), below.clone());
            }
            None => {}
        }
        path.pop();
    }
    rest
}

/// One segment as a step of a path; `None` for `.` and for what is no segment.
fn step_of(segment: &str) -> Option<PathStep> {
    if let Some(field) = segment.strip_prefix("f:") {
        return Some(PathStep::Field(field.to_owned()));
    }
    if let Some(value) = segment.strip_prefix("v:") {
        let value = serde_json::from_str(value).unwrap_or(Value::Null);
        return Some(PathStep::Key(Map::from_iter([(String::new(), value)])));
    }
    if let Some(index) = segment.strip_prefix("i:") {
        return index.parse().ok().map(PathStep::Index);
    }
    key_of(segment).map(PathStep::Key)
}

fn collect(set: &Map<String, Value>, path: &mut Vec<PathStep>, found: &mut Vec<Vec<PathStep>>) {
    for (segment, below) in set {
        let Some(step) = step_of(segment) else { continue };
        path.push(step);
        match below.as_object() {
            Some(below) if below.keys().any(|segment| segment != ".") => collect(below, path, found),
            _ => found.push(path.clone()),
        }
        path.pop();
    }
}

fn take_out(gone: &Map<String, Value>, at: &mut Value) {
    for (segment, below) in gone {
        let below = below.as_object();
        let whole = below.is_none_or(Map::is_empty);
        let itself = below.is_some_and(|below| below.contains_key("."));
        if let (Some(field), Value::Object(object)) = (segment.strip_prefix("f:"), &mut *at) {
            if whole {
                object.remove(field);
            } else if let (Some(child), Some(below)) = (object.get_mut(field), below) {
                take_out(below, child);
                let emptied =
                    child.as_object().is_some_and(Map::is_empty) || child.as_array().is_some_and(Vec::is_empty);
                if itself && emptied {
                    object.remove(field);
                }
            }
        } else if let (Some(key), Value::Array(items)) = (key_of(segment), &mut *at) {
            let place = items.iter().position(|item| is_item(item, &key));
            match (place, below) {
                (Some(place), _) if whole || itself => {
                    items.remove(place);
                }
                (Some(place), Some(below)) => take_out(below, &mut items[place]),
                _ => {}
            }
        } else if let (Some(value), Value::Array(items)) = (segment.strip_prefix("v:"), &mut *at) {
            let value: Value = serde_json::from_str(value).unwrap_or(Value::Null);
            items.retain(|item| *item != value);
        }
    }
}

fn is_item(item: &Value, key: &Map<String, Value>) -> bool {
    let one = Value::Array(vec![item.clone()]);
    lookup(&one, &[PathStep::Key(key.clone())]).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::display_path;

    #[expect(clippy::needless_pass_by_value, reason = "a literal is given away")]
    fn set(value: Value) -> FieldSet {
        FieldSet(value.as_object().unwrap().clone())
    }

    fn field(name: &str) -> PathStep {
        PathStep::Field(name.into())
    }

    #[test]
    fn what_is_listed_is_held_whatever_stands_below_it() {
        let odd = set(json!({"f:a": "no set", "f:b": {"f:c": null}}));
        let paths = odd.paths();
        assert_eq!(paths.len(), 2);
        assert!(paths.iter().all(|path| odd.holds(path)), "{paths:?}");
        assert!(!odd.holds(&[field("b"), field("d")]));
    }

    fn deployment() -> Value {
        json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {"f:containers": {
                "k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}, "f:ports": {
                    "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}},
        })
    }

    #[test]
    fn a_field_is_held_by_itself_as_part_of_a_whole_or_in_parts() {
        let set = set(deployment());
        let web = PathStep::Key(Map::from_iter([("name".to_owned(), json!("web"))]));
        let containers = [field("spec"), field("template"), field("spec"), field("containers"), web];
        assert!(set.holds(&[field("spec"), field("replicas")]));
        assert!(set.holds(&[field("spec"), field("selector"), field("matchLabels"), field("app")]));
        assert!(set.holds(&containers));
        assert!(set.holds(&[&containers[..], &[field("image")]].concat()));
        assert!(!set.holds(&[&containers[..], &[field("command")]].concat()));
        assert!(!set.holds(&[field("spec"), field("paused")]));
    }

    #[test]
    fn union_and_minus_are_those_of_sets() {
        let (one, two) = (set(json!({"f:a": {"f:b": {}, "f:c": {}}})), set(json!({"f:a": {"f:c": {}}, "f:d": {}})));
        assert_eq!(one.minus(&two), set(json!({"f:a": {"f:b": {}}})));
        assert_eq!(one.union(&two), set(json!({"f:a": {"f:b": {}, "f:c": {}}, "f:d": {}})));
        assert!(one.minus(&one).is_empty());
        let shown: Vec<String> = set(deployment()).paths().iter().map(|path| display_path(path)).collect();
        assert!(
            shown.contains(&"spec.template.spec.containers[web].ports[80/TCP].containerPort".to_owned()),
            "{shown:?}"
        );
    }

    #[test]
    fn what_nobody_holds_goes_and_its_neighbours_stay() {
        let mut object = json!({
            "metadata": {"labels": {"app": "x", "kept": "y"}},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [
                {"name": "web", "image": "a", "command": ["x"], "ports": [{"containerPort": 80}, {"containerPort": 81}]}, {"name": "side"}]}}}});
        let gone = set(
            json!({"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": {
            "k:{\"name\":\"side\"}": {".": {}, "f:name": {}},
            "k:{\"name\":\"web\"}": {"f:command": {}, "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}}}}}}}}}),
        );
        gone.take_out(&mut object);
        assert_eq!(
            object,
            json!({"metadata": {"labels": {"kept": "y"}}, "spec": {"template": {"spec": {"containers": [
            {"name": "web", "image": "a", "ports": [{"containerPort": 81}]}]}}}})
        );
    }
}
