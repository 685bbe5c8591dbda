//! Two versions of one object as a list of changed fields, list items matched by their keys.
//! It ignores only what the server keeps for itself; everything else that differs is listed.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::class::{FieldClass, is_sensitive_name};
use super::lists::{key_of, merge_keys};

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum PathStep {
    /// A field of an object.
    Field(String),
    /// An item of a list, by its keys.
    Key(Map<String, Value>),
    /// An item of a list, by position.
    Index(usize),
}

impl Serialize for PathStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Field(field) => serializer.serialize_str(field),
            Self::Key(key) => key.serialize(serializer),
            Self::Index(index) => index.serialize(serializer),
        }
    }
}

/// What happens to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldOp {
    /// It is set where it was not.
    Add,
    /// It is gone.
    Remove,
    /// It has another value.
    Change,
    /// Only the order of the list differs.
    Reorder,
}

/// Who asks for the new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldCause {
    /// The template or the manifest.
    Desired,
    /// Nobody any more: we set it before and no longer do.
    Removed,
    /// Nobody any more: a client-side tool set it before we took the object over.
    Adopted,
    /// The server or a webhook.
    Server,
}

/// Who holds a field; names of field managers, empty when nobody does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldOwner {
    /// Before the change.
    pub before: String,
    /// After it.
    pub after: String,
}

/// One field that differs. Serialised without its values when they are sensitive.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Shown")]
pub struct FieldChange {
    /// Steps from the root; list items carry their keys.
    pub path: Vec<PathStep>,
    /// The same as a JSON pointer, list items by their place in the new version (the old one for removals).
    pub pointer: String,
    /// Sort of field.
    pub class: FieldClass,
    /// What happens.
    pub op: FieldOp,
    /// Value before; null when absent.
    pub before: Value,
    /// Value after; null when absent.
    pub after: Value,
    /// Who asks for it.
    pub cause: FieldCause,
    /// Who holds it.
    pub owner: FieldOwner,
    /// Another manager holds it and would lose it: who, since when.
    pub conflict: Option<String>,
    /// Values are not shown.
    pub sensitive: bool,
}

/// A field as it leaves the process.
#[derive(Serialize)]
struct Shown {
    path: Vec<PathStep>,
    pointer: String,
    class: FieldClass,
    op: FieldOp,
    before: Value,
    after: Value,
    cause: FieldCause,
    owner: FieldOwner,
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<String>,
    sensitive: bool,
}

impl From<FieldChange> for Shown {
    fn from(field: FieldChange) -> Self {
        let hide = |value: Value| if field.sensitive && !value.is_null() { HIDDEN.into() } else { value };
        Self {
            path: field.path,
            pointer: field.pointer,
            class: field.class,
            op: field.op,
            before: hide(field.before),
            after: hide(field.after),
            cause: field.cause,
            owner: field.owner,
            conflict: field.conflict,
            sensitive: field.sensitive,
        }
    }
}

/// What stands where a value is not shown.
pub(crate) const HIDDEN: &str = "(sensitive)";

/// Lists what differs between two versions of an object. `desired` is our patch; it tells our changes from the
/// server's.
pub fn differences(before: &Value, after: &Value, desired: &Value) -> Vec<FieldChange> {
    let before = comparable(before);
    let after = comparable(after);
    let mut walk =
        Walk { desired, found: Vec::new(), is_secret: after["kind"] == "Secret" || before["kind"] == "Secret" };
    walk.values(&mut Vec::new(), &mut String::new(), Some(&before), Some(&after));
    walk.found
}

/// Without what the server keeps for itself.
fn comparable(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(object) = value.as_object_mut() {
        object.remove("status");
        object.remove("apiVersion");
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"] {
            metadata.remove(field);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            for counter in ["deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation"] {
                annotations.remove(counter);
            }
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    value
}

struct Walk<'a> {
    desired: &'a Value,
    found: Vec<FieldChange>,
    is_secret: bool,
}

impl Walk<'_> {
    fn values(
        &mut self,
        path: &mut Vec<PathStep>,
        pointer: &mut String,
        before: Option<&Value>,
        after: Option<&Value>,
    ) {
        match (before, after) {
            (Some(left), Some(right)) if left == right => {}
            (None, None) => {}
            (Some(Value::Object(left)), Some(Value::Object(right))) => self.objects(path, pointer, left, right),
            (None, Some(Value::Object(right))) if !right.is_empty() => self.objects(path, pointer, &Map::new(), right),
            (Some(Value::Object(left)), None) if !left.is_empty() => self.objects(path, pointer, left, &Map::new()),
            (Some(Value::Array(left)), Some(Value::Array(right))) => self.lists(path, pointer, left, right),
            (None, Some(Value::Array(right))) if is_keyed(path, &[], right) => self.lists(path, pointer, &[], right),
            (Some(Value::Array(left)), None) if is_keyed(path, left, &[]) => self.lists(path, pointer, left, &[]),
            _ => self.leaf(path, pointer, before, after),
        }
    }

    fn objects(
        &mut self,
        path: &mut Vec<PathStep>,
        pointer: &mut String,
        left: &Map<String, Value>,
        right: &Map<String, Value>,
    ) {
        let mut fields: Vec<&String> = left.keys().chain(right.keys()).collect();
        fields.sort_unstable();
        fields.dedup();
        for field in fields {
            let length = pointer.len();
            pointer.push('/');
            pointer.push_str(&field.replace('~', "~0").replace('/', "~1"));
            path.push(PathStep::Field(field.clone()));
            self.values(path, pointer, left.get(field), right.get(field));
            path.pop();
            pointer.truncate(length);
        }
    }

    fn lists(&mut self, path: &mut Vec<PathStep>, pointer: &mut String, left: &[Value], right: &[Value]) {
        let Some((left_keys, right_keys)) = keyed(path, left, right) else {
            return self.leaf(path, pointer, Some(&Value::Array(left.to_vec())), Some(&Value::Array(right.to_vec())));
        };
        let mut changed = false;
        let mut item =
            |walk: &mut Self, key: &Map<String, Value>, index: usize, old: Option<&Value>, new: Option<&Value>| {
                let length = pointer.len();
                let count = walk.found.len();
                pointer.push('/');
                pointer.push_str(&index.to_string());
                path.push(PathStep::Key(key.clone()));
                walk.values(path, pointer, old, new);
                path.pop();
                pointer.truncate(length);
                changed |= walk.found.len() > count;
            };
        for (index, key) in left_keys.iter().enumerate().filter(|(_, key)| !right_keys.contains(key)) {
            item(self, key, index, Some(&left[index]), None);
        }
        for (index, key) in right_keys.iter().enumerate() {
            let old = left_keys.iter().position(|other| other == key).map(|place| &left[place]);
            item(self, key, index, old, Some(&right[index]));
        }
        if !changed && left_keys != right_keys {
            let names = |keys: &[Map<String, Value>]| Value::Array(keys.iter().cloned().map(Value::Object).collect());
            self.push(path, pointer, FieldOp::Reorder, names(&left_keys), names(&right_keys));
        }
    }

    fn leaf(&mut self, path: &[PathStep], pointer: &str, before: Option<&Value>, after: Option<&Value>) {
        let op = match (before, after) {
            (None, _) => FieldOp::Add,
            (_, None) => FieldOp::Remove,
            _ => FieldOp::Change,
        };
        self.push(path, pointer, op, before.cloned().unwrap_or(Value::Null), after.cloned().unwrap_or(Value::Null));
    }

    fn push(&mut self, path: &[PathStep], pointer: &str, op: FieldOp, before: Value, after: Value) {
        let cause = if is_set(self.desired, path) {
            FieldCause::Desired
        } else if op == FieldOp::Remove {
            FieldCause::Removed
        } else {
            FieldCause::Server
        };
        let sensitive = is_sensitive(self.is_secret, path);
        let class = FieldClass::of(path);
        let (path, pointer) = (path.to_vec(), pointer.to_owned());
        let (owner, conflict) = (FieldOwner::default(), None);
        self.found.push(FieldChange { path, pointer, class, op, before, after, cause, owner, conflict, sensitive });
    }
}

/// Whether the value at a path is hidden: data of Secrets, and plain values whose name says what they are.
pub(crate) fn is_sensitive(is_secret: bool, path: &[PathStep]) -> bool {
    match path {
        [PathStep::Field(data), PathStep::Field(key), ..] if data == "data" || data == "stringData" => {
            is_secret || is_sensitive_name(key)
        }
        [.., PathStep::Field(env), PathStep::Key(key), PathStep::Field(value)] if env == "env" && value == "value" => {
            key.get("name").and_then(Value::as_str).is_some_and(is_sensitive_name)
        }
        _ => false,
    }
}

fn last_field(path: &[PathStep]) -> &str {
    match path.last() {
        Some(PathStep::Field(field)) => field,
        _ => "",
    }
}

fn is_keyed(path: &[PathStep], left: &[Value], right: &[Value]) -> bool {
    keyed(path, left, right).is_some()
}

/// Keys of all items, when the list is a map in disguise and no key stands twice.
pub(crate) type Keys = Vec<Map<String, Value>>;

pub(crate) fn keyed(path: &[PathStep], left: &[Value], right: &[Value]) -> Option<(Keys, Keys)> {
    let all: Vec<&Value> = left.iter().chain(right).collect();
    let names = merge_keys(last_field(path), &all)?;
    let keys = |items: &[Value]| -> Option<Keys> {
        let keys: Keys = items.iter().map(|item| key_of(item, names)).collect::<Option<_>>()?;
        let unique = keys.iter().enumerate().all(|(index, key)| !keys[..index].contains(key));
        unique.then_some(keys)
    };
    Some((keys(left)?, keys(right)?))
}

/// Says whether our patch sets this path (or something on the way to it that is no container).
fn is_set(desired: &Value, path: &[PathStep]) -> bool {
    lookup(desired, path).is_some() || {
        let scalar =
            |end: usize| lookup(desired, &path[..end]).is_some_and(|value| !value.is_object() && !value.is_array());
        (0..path.len()).any(scalar)
    }
}

/// The value at a path, list items found by their keys.
pub(crate) fn lookup<'a>(value: &'a Value, path: &[PathStep]) -> Option<&'a Value> {
    path.iter().try_fold(value, |at, step| match (step, at) {
        (PathStep::Field(field), Value::Object(object)) => object.get(field),
        (PathStep::Key(key), Value::Array(items)) => items.iter().find(|item| {
            key.iter().all(|(name, value)| {
                if name.is_empty() {
                    return *item == value;
                }
                let own = item.get(name).or_else(|| item.pointer(&format!("/metadata/{name}")));
                own == Some(value) || (own.is_none() && name == "protocol" && value == "TCP")
            })
        }),
        (PathStep::Index(index), Value::Array(items)) => items.get(*index),
        _ => None,
    })
}

/// A path as people read it: `spec.template.spec.containers[mysql].image`, `data["my.cnf"]`.
pub fn display_path(path: &[PathStep]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            PathStep::Field(field) if field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(field);
            }
            PathStep::Field(field) => {
                text.push_str("[\"");
                text.push_str(field);
                text.push_str("\"]");
            }
            PathStep::Key(key) => {
                let words: Vec<String> =
                    key.values().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
                text.push('[');
                text.push_str(&words.join("/"));
                text.push(']');
            }
            PathStep::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(before: &Value, after: &Value, desired: &Value) -> Vec<String> {
        differences(before, after, desired)
            .iter()
            .map(|change| {
                format!(
                    "{:?} {} {} → {} {:?}",
                    change.op,
                    display_path(&change.path),
                    change.before,
                    change.after,
                    change.cause
                )
            })
            .collect()
    }

    #[test]
    fn list_items_match_by_their_keys_not_by_place() {
        let object = |image: &str, sidecar: bool| {
            let mut containers = vec![json!({"name": "db", "image": image, "env": [{"name": "A", "value": "1"}]})];
            if sidecar {
                containers.insert(0, json!({"name": "exporter"}));
            }
            json!({"spec": {"template": {"spec": {"containers": containers}}}})
        };
        let after = object("mysql:9", true);
        assert_eq!(
            shown(&object("mysql:8", false), &after, &after),
            [
                "Add spec.template.spec.containers[exporter].name null → \"exporter\" Desired",
                "Change spec.template.spec.containers[db].image \"mysql:8\" → \"mysql:9\" Desired",
            ]
        );
    }

    #[test]
    fn order_alone_is_said_as_such() {
        let env = |names: [&str; 2]| json!({"env": names.map(|name| json!({"name": name}))});
        let found = differences(&env(["A", "B"]), &env(["B", "A"]), &env(["B", "A"]));
        assert_eq!((found.len(), found[0].op), (1, FieldOp::Reorder));
    }

    #[test]
    fn what_we_did_not_ask_for_is_the_servers_and_what_we_dropped_is_removed() {
        let before = json!({"metadata": {"uid": "1", "labels": {"old": "x"}}, "spec": {"a": 1}, "status": {"n": 1}});
        let after = json!({"metadata": {"uid": "2", "labels": {}}, "spec": {"a": 2, "hook": true}, "status": {"n": 2}});
        assert_eq!(
            shown(&before, &after, &json!({"spec": {"a": 2}})),
            [
                "Remove metadata.labels.old \"x\" → null Removed",
                "Change spec.a 1 → 2 Desired",
                "Add spec.hook null → true Server",
            ]
        );
    }

    #[test]
    fn secret_data_and_password_variables_are_sensitive() {
        let before = json!({"kind": "Secret", "data": {"a": "masked:1"}});
        let after = json!({"kind": "Secret", "data": {"a": "masked:2"}});
        assert!(differences(&before, &after, &after)[0].sensitive);
        let env =
            |value: &str| json!({"containers": [{"name": "c", "env": [{"name": "DB_PASSWORD", "value": value}]}]});
        assert!(differences(&env("x"), &env("y"), &env("y"))[0].sensitive);
    }

    #[test]
    fn paths_read_well() {
        let path = [
            PathStep::Field("data".into()),
            PathStep::Field("my.cnf".into()),
            PathStep::Key(Map::from_iter([("port".to_owned(), json!(80)), ("protocol".to_owned(), json!("TCP"))])),
        ];
        assert_eq!(display_path(&path), "data[\"my.cnf\"][80/TCP]");
    }
}
