//! Golden cases: what a definition is asked to render, how the answer is written down, and how two answers differ.
//! It never opens a file; a case is a folder of texts that somebody else reads and writes.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::definition::{Definition, yaml};
use crate::object::GroupKind;
use crate::plan::{FieldChange, differences};
use crate::render::{RenderError, Rendered};

/// The definition of a case.
pub const DEFINITION: &str = "definition.yaml";
/// What it renders.
pub const EXPECTED: &str = "expected.yaml";
/// Why it is refused.
pub const REFUSED: &str = "expected.err";
/// Kubernetes version every case is rendered for.
pub const KUBERNETES: &str = "1.36";
/// What separates the documents of an answer.
const SEPARATOR: &str = "---\n";

/// What a template is asked when nothing was published before.
pub fn request(definition: &Definition, values: &Value) -> Value {
    json!({
        "apiVersion": "ku8/v1", "name": definition.name(),
        "namespace": definition.metadata.namespace.as_deref().unwrap_or("default"),
        "values": values, "cluster": {"version": KUBERNETES}, "previous": null,
        "bindings": {}, "images": {"registryMap": {}, "pullSecrets": []},
    })
}

/// Kinds the definition allows beyond the host's own list.
pub fn allowed_kinds(definition: &Definition) -> Vec<GroupKind> {
    let kind = |kind: &String| {
        kind.split_once('/').map_or_else(|| GroupKind::new("", kind), |(group, kind)| GroupKind::new(group, kind))
    };
    definition.spec.allow_kinds.iter().map(kind).collect()
}

/// An answer as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// [`EXPECTED`] or [`REFUSED`].
    pub file: &'static str,
    /// The file's text.
    pub text: String,
    /// Objects that were rendered; none in a refusal.
    pub objects: usize,
}

/// Writes an answer down.
///
/// # Errors
/// What neither renders nor refuses: a fault of the template or the host, which no case expects.
pub fn written(outcome: &Result<Rendered, RenderError>) -> Result<Answer, RenderError> {
    match outcome {
        Ok(rendered) => {
            let mut documents: Vec<String> = Vec::new();
            for object in &rendered.objects {
                let manifest = yaml::to_string(object.manifest.value());
                documents.push(format!("# stage {}: {}\n{manifest}", object.stage, object.id));
            }
            let beside = json!({
                "secrets": rendered.secrets, "outputs": rendered.outputs, "notes": rendered.notes,
                "warnings": rendered.warnings,
            });
            documents.push(format!("# beside the objects\n{}", yaml::to_string(&beside)));
            Ok(Answer { file: EXPECTED, text: documents.join(SEPARATOR), objects: rendered.objects.len() })
        }
        Err(RenderError::Values(found)) => {
            let lines = found.iter().map(|one| reason(&one.pointer, &one.message, "schema", one.hint.as_deref()));
            Ok(Answer { file: REFUSED, text: lines.collect(), objects: 0 })
        }
        Err(RenderError::Diagnostics(found)) => {
            let lines = found.iter().map(|one| reason(&one.path, &one.message, &one.code, one.hint.as_deref()));
            Ok(Answer { file: REFUSED, text: lines.collect(), objects: 0 })
        }
        Err(other) => Err(other.clone()),
    }
}

fn reason(path: &str, message: &str, code: &str, hint: Option<&str>) -> String {
    let mut text = format!("{} {message} [{code}]\n", if path.is_empty() { "/" } else { path });
    if let Some(hint) = hint {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  hint: {hint}");
    }
    text
}

/// One thing that differs between two answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// An object that is new.
    Added(String),
    /// An object that is gone.
    Removed(String),
    /// Fields of an object.
    Fields {
        /// Which: its stage and id, and what it is.
        object: String,
        /// What differs.
        fields: Vec<FieldChange>,
    },
    /// Something that has no fields: the order, the way it is written, the reasons of a refusal.
    Text {
        /// As expected.
        before: String,
        /// As it is.
        after: String,
    },
}

/// What differs between an expected answer and the present one; nothing when they are the same text.
pub fn compare(expected: &str, present: &str) -> Vec<Difference> {
    if expected == present {
        return Vec::new();
    }
    let (Some(before), Some(after)) = (read(expected), read(present)) else {
        return vec![Difference::Text { before: expected.to_owned(), after: present.to_owned() }];
    };
    let mut found = Vec::new();
    for (id, (head, old)) in &before {
        match after.get(id) {
            None => found.push(Difference::Removed(named(head, old))),
            Some((new_head, new)) => {
                let fields = differences(old, new, new);
                if head != new_head {
                    found.push(Difference::Text { before: format!("{head}\n"), after: format!("{new_head}\n") });
                }
                if !fields.is_empty() {
                    found.push(Difference::Fields { object: named(new_head, new), fields });
                }
            }
        }
    }
    let new = after.iter().filter(|(id, _)| !before.contains_key(*id));
    found.extend(new.map(|(_, (head, value))| Difference::Added(named(head, value))));
    if found.is_empty() {
        return vec![Difference::Text { before: expected.to_owned(), after: present.to_owned() }];
    }
    found
}

/// Head line and document by id; nothing for a text of another form, such as a refusal.
fn read(text: &str) -> Option<BTreeMap<String, (String, Value)>> {
    let mut found = BTreeMap::new();
    for part in text.split(&format!("\n{SEPARATOR}")) {
        let (head, body) = part.split_once('\n')?;
        let head = head.strip_prefix("# ")?;
        let [value] = <[Value; 1]>::try_from(yaml::documents(body).ok()?).ok()?;
        let id = head.split_once(": ").map_or(head, |(_, id)| id);
        found.insert(id.to_owned(), (head.to_owned(), value));
    }
    Some(found)
}

fn named(head: &str, value: &Value) -> String {
    match (value["kind"].as_str(), value["metadata"]["name"].as_str()) {
        (Some(kind), Some(name)) => crate::object::printable(&format!("{kind}/{name} ({head})")),
        _ => crate::object::printable(head),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Manifest;
    use crate::render::{Diagnostic, RenderedObject, Severity};

    #[expect(clippy::unnecessary_wraps, reason = "what is written down is an outcome")]
    fn rendered(replicas: u32, names: &[&str]) -> Result<Rendered, RenderError> {
        let object = |name: &&str| RenderedObject {
            id: format!("statefulset/{name}"),
            stage: 1,
            manifest: Manifest::new(json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name},
                "spec": {"replicas": replicas}}))
            .unwrap(),
        };
        Ok(Rendered {
            objects: names.iter().map(object).collect(),
            notes: "one\ntwo\n---\n".into(),
            ..Rendered::default()
        })
    }

    fn text(replicas: u32, names: &[&str]) -> String {
        written(&rendered(replicas, names)).unwrap().text
    }

    #[test]
    fn answers_are_compared_field_by_field() {
        assert_eq!(compare(&text(3, &["a"]), &text(3, &["a"])), []);
        let found = compare(&text(3, &["a", "b"]), &text(5, &["a", "c"]));
        let told: Vec<String> = found
            .iter()
            .map(|one| match one {
                Difference::Added(name) => format!("+ {name}"),
                Difference::Removed(name) => format!("- {name}"),
                Difference::Fields { object, fields } => format!("~ {object} {}", fields[0].pointer),
                Difference::Text { .. } => "text".into(),
            })
            .collect();
        assert_eq!(
            told,
            [
                "~ StatefulSet/a (stage 1: statefulset/a) /spec/replicas",
                "- StatefulSet/b (stage 1: statefulset/b)",
                "+ StatefulSet/c (stage 1: statefulset/c)"
            ]
        );
        // Another stage, another way of writing the same: nothing is lost.
        let moved = text(3, &["a"]).replace("# stage 1", "# stage 2");
        assert!(matches!(&compare(&text(3, &["a"]), &moved)[..], [Difference::Text { .. }]));
        let quoted = text(3, &["a"]).replace("replicas: 3", "replicas:   3");
        assert!(matches!(&compare(&text(3, &["a"]), &quoted)[..], [Difference::Text { .. }]));
        assert!(matches!(&compare("gone [x]\n", &text(3, &["a"]))[..], [Difference::Text { .. }]));
    }

    #[test]
    fn refusals_are_answers_and_faults_are_not() {
        let one = Diagnostic {
            severity: Severity::Error,
            path: String::new(),
            code: "db.even".into(),
            message: "even".into(),
            hint: Some("take 3".into()),
        };
        let answer = written(&Err(RenderError::Diagnostics(vec![one]))).unwrap();
        assert_eq!((answer.file, answer.text.as_str()), (REFUSED, "/ even [db.even]\n  hint: take 3\n"));
        assert!(written(&Err(RenderError::Memory(1))).is_err());
    }
}
