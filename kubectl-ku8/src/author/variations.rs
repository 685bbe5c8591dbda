//! Values that differ in one place from those of a definition, each to be rendered and compared.
//! It never changes a secret, and says of every value why it was not changed.

use serde_json::{Map, Value};

use crate::schema::{Leaf, Schema, alternatives, leaves, parameters};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueOrigin {
    /// A person wrote it.
    Given,
    /// The schema's default.
    Default,
    /// Nobody set it: the template chooses, by a preset or from other values.
    Preset,
}

impl ValueOrigin {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Default => "default",
            Self::Preset => "preset",
        }
    }
}

/// One value that may lead somewhere, and what it is changed to.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which of [`Variations::leaves`].
    pub leaf: usize,
    /// All values, with this one changed.
    pub values: Value,
}

/// Everything that is worth trying.
#[derive(Clone, Debug, Default)]
pub struct Variations {
    /// The values, those that are not set last.
    pub leaves: Vec<(Leaf, ValueOrigin)>,
    /// One change each; every value comes once before any comes twice.
    pub changes: Vec<Change>,
    /// Changes that were left out because there were too many.
    pub left_out: usize,
}

/// Changes of `values`, which have their defaults; `filled` are the pointers of those, `most` is how many changes are
/// made at most.
pub fn variations(schema: &Schema, values: &Value, filled: &[String], most: usize) -> Variations {
    let mut all: Vec<(Leaf, ValueOrigin)> = leaves(schema, values)
        .into_iter()
        .map(|leaf| {
            let of_default = filled.iter().any(|pointer| is_below(&leaf.told.pointer, pointer));
            (leaf, if of_default { ValueOrigin::Default } else { ValueOrigin::Given })
        })
        .collect();
    all.sort_by_key(|(_, origin)| *origin);
    for parameter in parameters(schema, None) {
        let pointer = &parameter.told.pointer;
        // Elements of lists that are not there have no place.
        let element = pointer.split('/').any(|name| name == "0");
        if !element && values.pointer(pointer).is_none() {
            all.push((Leaf { told: parameter.told, value: Value::Null }, ValueOrigin::Preset));
        }
    }
    let tried: Vec<Vec<Value>> = all.iter().map(|(leaf, _)| others(leaf)).collect();
    let (mut changes, mut left_out) = (Vec::new(), 0);
    for round in 0..tried.iter().map(Vec::len).max().unwrap_or_default() {
        for (leaf, others) in tried.iter().enumerate() {
            let Some(other) = others.get(round) else { continue };
            if changes.len() == most {
                left_out += 1;
                continue;
            }
            let mut values = values.clone();
            put(&mut values, &all[leaf].0.told.pointer, other.clone());
            changes.push(Change { leaf, values });
        }
    }
    Variations { leaves: all, changes, left_out }
}

fn others(leaf: &Leaf) -> Vec<Value> {
    if leaf.told.secret { Vec::new() } else { alternatives(&leaf.told, &leaf.value) }
}

fn is_below(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Puts a value where a pointer leads; objects on the way are made.
pub fn put(values: &mut Value, pointer: &str, value: Value) {
    let mut place = values;
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        place = match place {
            Value::Array(elements) => match name.parse::<usize>().ok().filter(|index| *index < elements.len()) {
                Some(index) => &mut elements[index],
                None => return,
            },
            other => {
                if !other.is_object() {
                    *other = Value::Object(Map::new());
                }
                &mut other[name.as_str()]
            }
        };
    }
    *place = value;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        Schema::parse(&json!({"type": "object", "properties": {
            "replicas": {"type": "integer", "default": 3},
            "mode": {"enum": ["a", "b"], "default": "a"},
            "storage": {"type": "object", "properties": {"size": {"type": "string", "x-ku8-unit": "quantity"}}},
            "key": {"x-ku8-secret": true, "type": "object"}}}))
        .unwrap()
    }

    #[test]
    fn every_value_is_changed_once_before_any_is_changed_twice() {
        let values = json!({"replicas": 5, "mode": "a", "key": {"generate": {"length": 24}}});
        let found = variations(&schema(), &values, &["/mode".into()], 4);
        let told: Vec<(&str, ValueOrigin)> =
            found.leaves.iter().map(|(leaf, origin)| (leaf.told.path.as_str(), *origin)).collect();
        assert_eq!(
            told,
            [
                ("key", ValueOrigin::Given),
                ("replicas", ValueOrigin::Given),
                ("mode", ValueOrigin::Default),
                ("storage.size", ValueOrigin::Preset)
            ]
        );
        let leaves: Vec<usize> = found.changes.iter().map(|change| change.leaf).collect();
        assert_eq!((leaves, found.left_out > 0), (vec![1, 2, 3, 1], true));
        assert_eq!(found.changes[0].values["replicas"], 6);
        assert_eq!(found.changes[2].values["storage"]["size"], "3Gi");
        assert!(found.changes.iter().all(|change| change.values["key"] == values["key"]));
    }
}
