//! Which value led to which field, found by rendering with each value changed and comparing.
//! It claims nothing it did not see: a field that no change touched has no cause, and what was not tried is named.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::variations::{ValueOrigin, Variations};
use crate::object::{is_sensitive_name, printable};
use crate::plan::{FieldOp, differences, display_path};
use crate::render::{RenderError, Rendered};
use crate::schema::Leaf;

/// A value that leads somewhere, or could.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// As people write it: `storage.size`.
    pub path: String,
    /// JSON pointer into the values.
    pub pointer: String,
    /// The value; null where none is set.
    pub value: Value,
    /// Where it comes from.
    pub origin: ValueOrigin,
}

/// One field of a rendered object.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedField {
    /// JSON pointer into the object.
    pub pointer: String,
    /// As people read it: `spec.template.spec.containers[mysql].image`.
    pub path: String,
    /// Its value; hidden where its name says that it is secret.
    pub value: Value,
    /// Index of each value it follows, with the lines of a text that do, counted from 1.
    pub causes: Vec<(usize, Vec<usize>)>,
}

/// One rendered object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TracedObject {
    /// `Kind/name`; empty for what stands beside the objects: secrets, outputs, notes.
    pub name: String,
    /// Values without which it may not be there at all.
    pub whole: Vec<usize>,
    /// Fields that follow a value, in the order of the object.
    pub fields: Vec<TracedField>,
}

/// A value of which nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untried {
    /// The value.
    pub path: String,
    /// Why.
    pub why: String,
}

/// Everything that was found out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// All values, by their index.
    pub causes: Vec<Cause>,
    /// The objects in the order they were rendered, then what stands beside them.
    pub objects: Vec<TracedObject>,
    /// Values that were changed without any effect.
    pub silent: Vec<usize>,
    /// Values that were not changed.
    pub untried: Vec<Untried>,
    /// Renders that were made and compared.
    pub compared: usize,
}

/// A field that differs, before it is told.
#[derive(Clone, Debug, Default)]
struct Mark {
    path: String,
    hidden: bool,
    /// Lines by cause.
    causes: BTreeMap<usize, Vec<usize>>,
}

/// Fields by pointer.
type Marks = BTreeMap<String, Mark>;

/// Compares `outcomes`, one for each of the changes, with what was rendered without any.
pub fn trace(base: &Rendered, tried: &Variations, outcomes: &[Result<Rendered, RenderError>]) -> Trace {
    let documents: Vec<(String, Value)> = objects(base);
    let mut marks: Vec<Marks> = vec![Marks::new(); documents.len()];
    let mut whole: Vec<Vec<usize>> = vec![Vec::new(); documents.len()];
    let count = tried.leaves.len();
    let (mut effective, mut rendered) = (vec![false; count], vec![false; count]);
    let mut refusals: Vec<Option<String>> = vec![None; count];
    for (change, outcome) in tried.changes.iter().zip(outcomes) {
        let other = match outcome {
            Ok(other) => objects(other),
            Err(error) => {
                refusals[change.leaf].get_or_insert(first_words(error));
                continue;
            }
        };
        rendered[change.leaf] = true;
        effective[change.leaf] |= other.len() != documents.len();
        for (place, (name, value)) in documents.iter().enumerate() {
            let Some((_, other)) = other.iter().find(|(known, _)| known == name) else {
                effective[change.leaf] = true;
                if !whole[place].contains(&change.leaf) {
                    whole[place].push(change.leaf);
                }
                continue;
            };
            effective[change.leaf] |= mark(&mut marks[place], change.leaf, other, value);
        }
    }
    let all = 0..count;
    Trace {
        causes: tried
            .leaves
            .iter()
            .map(|(leaf, origin)| Cause {
                path: leaf.told.path.clone(),
                pointer: leaf.told.pointer.clone(),
                value: if hides(leaf) { Value::Null } else { leaf.value.clone() },
                origin: *origin,
            })
            .collect(),
        objects: documents
            .into_iter()
            .zip(marks)
            .zip(whole)
            .map(|(((name, value), marks), whole)| TracedObject { fields: fields(&value, marks), name, whole })
            .collect(),
        silent: all.clone().filter(|leaf| rendered[*leaf] && !effective[*leaf]).collect(),
        untried: all
            .filter(|leaf| !rendered[*leaf])
            .map(|leaf| {
                let told = &tried.leaves[leaf].0.told;
                let why = match &refusals[leaf] {
                    _ if told.secret => "a secret is only referred to".to_owned(),
                    Some(words) => format!("every other value that was tried is refused: {words}"),
                    None if tried.changes.iter().any(|change| change.leaf == leaf) => "not rendered".to_owned(),
                    None => "no other value is known that could fit".to_owned(),
                };
                Untried { path: told.path.clone(), why }
            })
            .collect(),
        compared: outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
    }
}

/// Every object by its name, and what stands beside them.
fn objects(rendered: &Rendered) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = rendered
        .objects
        .iter()
        .map(|object| (object.manifest.key().to_string(), object.manifest.value().clone()))
        .collect();
    let beside = json!({"secrets": rendered.secrets, "outputs": rendered.outputs, "notes": rendered.notes});
    found.push((String::new(), beside));
    found
}

/// Marks what of `value` is otherwise in `other`; says whether anything is.
fn mark(marks: &mut Marks, leaf: usize, other: &Value, value: &Value) -> bool {
    if other == value {
        return false;
    }
    for field in differences(other, value, value) {
        // What is only there with another value has no place in this object.
        if field.op == FieldOp::Remove {
            continue;
        }
        let lines = changed_lines(&field.before, &field.after);
        let (path, hidden) = (printable(&display_path(&field.path)), field.sensitive);
        let mark = marks.entry(field.pointer).or_insert_with(|| Mark { path, hidden, ..Mark::default() });
        let known = mark.causes.entry(leaf).or_default();
        known.extend(lines);
        known.sort_unstable();
        known.dedup();
    }
    true
}

/// Lines of the second text that differ from the first.
fn changed_lines(other: &Value, text: &Value) -> Vec<usize> {
    let (Some(other), Some(text)) = (other.as_str(), text.as_str()) else { return Vec::new() };
    if !text.contains('\n') {
        return Vec::new();
    }
    let diff = TextDiff::from_lines(other, text);
    diff.iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Insert)
        .filter_map(|change| Some(change.new_index()? + 1))
        .collect()
}

fn fields(value: &Value, marks: Marks) -> Vec<TracedField> {
    let field = |(pointer, mark): (String, Mark)| TracedField {
        value: if mark.hidden { json!("(sensitive)") } else { value.pointer(&pointer).cloned().unwrap_or_default() },
        path: mark.path,
        causes: mark.causes.into_iter().collect(),
        pointer,
    };
    marks.into_iter().map(field).collect()
}

/// A value that is secret, or is named as if it were.
fn hides(leaf: &Leaf) -> bool {
    leaf.told.secret || is_sensitive_name(&leaf.told.path)
}

fn first_words(error: &RenderError) -> String {
    let text = match error {
        RenderError::Values(found) => found.first().map(|one| one.message.clone()),
        RenderError::Diagnostics(found) => found.first().map(|one| one.message.clone()),
        _ => None,
    };
    text.unwrap_or_else(|| error.to_string()).chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::variations;
    use crate::object::Manifest;
    use crate::render::RenderedObject;
    use crate::schema::Schema;

    /// A template of this crate's own: replicas, a text of settings, and a Service when it is wanted.
    fn render(values: &Value) -> Result<Rendered, RenderError> {
        let replicas = values["replicas"].as_i64().unwrap();
        if replicas > 5 {
            return Err(RenderError::Diagnostics(Vec::new()));
        }
        let size = values["size"].as_str().unwrap_or("from a preset");
        let config = format!("a = 1\nsize = {size}\n");
        let mut objects = vec![
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {"replicas": replicas,
                "template": {"spec": {"containers": [{"name": "db", "env": [{"name": "N", "value": replicas.to_string()}]}]}}}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "db"}, "data": {"my.cnf": config}}),
        ];
        if values["expose"] == true {
            objects.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}}));
        }
        let object = |manifest: Value| RenderedObject {
            id: manifest["kind"].to_string(),
            stage: 0,
            manifest: Manifest::new(manifest).unwrap(),
        };
        Ok(Rendered { objects: objects.into_iter().map(object).collect(), ..Rendered::default() })
    }

    fn traced() -> Trace {
        let schema = Schema::parse(&json!({"type": "object", "properties": {
            "replicas": {"type": "integer"}, "expose": {"type": "boolean", "default": true},
            "size": {"type": "string", "x-ku8-unit": "quantity"}, "unused": {"type": "integer"},
            "stuck": {"const": 1}, "key": {"x-ku8-secret": true, "type": "object"}}}))
        .unwrap();
        let values = json!({"replicas": 3, "expose": true, "unused": 7, "stuck": {}, "key": {"secretRef": {}}});
        let tried = variations(&schema, &values, &["/expose".into()], 100);
        let outcomes: Vec<_> = tried.changes.iter().map(|change| render(&change.values)).collect();
        trace(&render(&values).unwrap(), &tried, &outcomes)
    }

    #[test]
    fn every_field_gets_the_values_it_follows_and_no_other() {
        let found = traced();
        let paths = |object: &TracedObject| -> Vec<String> {
            object
                .fields
                .iter()
                .map(|field| {
                    let causes: Vec<String> = field
                        .causes
                        .iter()
                        .map(|(cause, lines)| format!("{}{lines:?}", found.causes[*cause].path))
                        .collect();
                    format!("{} ← {}", field.path, causes.join(", "))
                })
                .collect()
        };
        assert_eq!(
            paths(&found.objects[0]),
            ["spec.replicas ← replicas[]", "spec.template.spec.containers[db].env[N].value ← replicas[]"]
        );
        assert_eq!(paths(&found.objects[1]), ["data[\"my.cnf\"] ← size[2]"]);
        let whole: Vec<&str> = found.objects[2].whole.iter().map(|cause| found.causes[*cause].path.as_str()).collect();
        assert_eq!((found.objects[2].name.as_str(), whole), ("Service/db", vec!["expose"]));
    }

    #[test]
    fn what_has_no_effect_and_what_was_not_tried_is_said() {
        let found = traced();
        let silent: Vec<&str> = found.silent.iter().map(|cause| found.causes[*cause].path.as_str()).collect();
        assert_eq!(silent, ["unused"]);
        let untried: Vec<(&str, &str)> =
            found.untried.iter().map(|one| (one.path.as_str(), one.why.as_str())).collect();
        assert_eq!(
            untried,
            [("key", "a secret is only referred to"), ("stuck", "no other value is known that could fit")]
        );
        let origins: Vec<(&str, &str)> =
            found.causes.iter().map(|cause| (cause.path.as_str(), cause.origin.word())).collect();
        assert!(origins.contains(&("expose", "default")) && origins.contains(&("size", "preset")), "{origins:?}");
    }
}
