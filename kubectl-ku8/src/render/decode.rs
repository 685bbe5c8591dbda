//! Turns what a guest returned into objects the host believes, or into every rule it broke.
//! It never repairs an object and never lets one through because the others were fine.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Problem;
use super::limits::{MANIFEST_BYTES, NOTES, OBJECTS};
use super::sandbox::{RawObject, RawRendered};
use super::{
    RenderError, Rendered, RenderedObject, SecretIntent, allow, contract, fields, identity, json, pod_security,
};
use crate::object::{GroupKind, Manifest, ObjectKey, printable};

/// Characters of an object's id.
const ID: usize = 128;
/// Problems reported at once; the rest waits for the next try.
const PROBLEMS: usize = 50;

/// What a render is judged by.
pub(super) struct Rules<'r> {
    /// The definition's namespace.
    pub(super) namespace: &'r str,
    /// What the template says it produces.
    pub(super) produces: &'r [GroupKind],
    /// Kinds the user allowed beyond the host's list.
    pub(super) extra: &'r [GroupKind],
}

/// Checks everything and returns it, or every problem found.
pub(super) fn decode(raw: RawRendered, rules: &Rules<'_>) -> Result<Rendered, RenderError> {
    let mut problems = Vec::new();
    if raw.objects.len() > OBJECTS {
        problems.push(Problem::new("objects", format!("{} objects; at most {OBJECTS} are allowed", raw.objects.len())));
        return Err(RenderError::Refused(problems));
    }
    let objects = decode_objects(raw.objects, rules, &mut problems);
    let secrets = decode_list::<SecretIntent>("secrets", &raw.secrets, contract::secrets, &mut problems);
    let outputs = decode_list::<Value>("outputs", &raw.outputs, contract::outputs, &mut problems);
    unique("secrets", secrets.iter().map(|secret| secret.name.as_str()), &mut problems);
    unique("outputs", outputs.iter().filter_map(|output| output["name"].as_str()), &mut problems);
    match json::parse(&raw.extensions) {
        Ok(Value::Object(_)) => {}
        Ok(_) => problems.push(Problem::new("extensions", "not an object")),
        Err(reason) => problems.push(Problem::new("extensions", reason)),
    }
    if !problems.is_empty() {
        problems.truncate(PROBLEMS);
        return Err(RenderError::Refused(problems));
    }
    let notes = printable(&raw.notes.chars().take(NOTES).collect::<String>());
    Ok(Rendered { objects, secrets, outputs, notes, warnings: raw.warnings })
}

fn decode_objects(raw: Vec<RawObject>, rules: &Rules<'_>, problems: &mut Vec<Problem>) -> Vec<RenderedObject> {
    let mut ids = BTreeSet::new();
    let mut keys: BTreeSet<ObjectKey> = BTreeSet::new();
    let mut objects = Vec::with_capacity(raw.len());
    for object in raw {
        if problems.len() >= PROBLEMS {
            break;
        }
        let id = printable(&object.id.chars().take(ID).collect::<String>());
        if object.id.is_empty() || id != object.id {
            problems.push(Problem::new(&id, "an id has 1 to 128 printable characters"));
        }
        if !ids.insert(object.id) {
            problems.push(Problem::new(&id, "two objects have this id"));
        }
        let Some(manifest) = decode_manifest(&id, &object.manifest, rules, problems) else { continue };
        let mut key = manifest.key().clone();
        // Absent and equal to the request's mean the same namespace.
        if key.namespace.is_empty() {
            rules.namespace.clone_into(&mut key.namespace);
        }
        if keys.contains(&key) {
            problems.push(Problem::new(&id, format!("{key} is rendered twice")));
        }
        keys.insert(key);
        objects.push(RenderedObject { id, stage: object.stage, manifest });
    }
    objects
}

fn decode_manifest(id: &str, text: &str, rules: &Rules<'_>, problems: &mut Vec<Problem>) -> Option<Manifest> {
    if text.len() > MANIFEST_BYTES {
        problems.push(Problem::new(id, format!("{} bytes; an object may have {MANIFEST_BYTES}", text.len())));
        return None;
    }
    let parsed = json::parse(text).and_then(|value| {
        identity::check_value(id, &value, problems);
        Manifest::new(value).map_err(|error| printable(&error.to_string()))
    });
    let manifest = match parsed {
        Ok(manifest) => manifest,
        Err(reason) => {
            problems.push(Problem::new(id, reason));
            return None;
        }
    };
    // The rest judges kinds; of a kind that is refused there is nothing more to say.
    if let Some(problem) = allow::check(id, &manifest, rules.produces, rules.extra) {
        problems.push(Problem { check: "kind".to_owned(), ..problem });
        return None;
    }
    let mut found_by = |check: &str, judge: &dyn Fn(&mut Vec<Problem>)| {
        let before = problems.len();
        judge(problems);
        problems[before..].iter_mut().for_each(|problem| check.clone_into(&mut problem.check));
    };
    found_by("identity", &|problems| identity::check(id, &manifest, rules.namespace, problems));
    found_by("pod-security", &|problems| pod_security::check(id, &manifest, problems));
    found_by("fields", &|problems| fields::check(id, &manifest, problems));
    Some(manifest)
}

fn decode_list<T: DeserializeOwned>(
    subject: &str,
    text: &str,
    check: fn(&Value) -> Vec<Problem>,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let value = match json::parse(text) {
        Ok(value) => value,
        Err(reason) => {
            problems.push(Problem::new(subject, reason));
            return Vec::new();
        }
    };
    let found = check(&value);
    if !found.is_empty() {
        problems.extend(found);
        return Vec::new();
    }
    serde_json::from_value(value).unwrap_or_else(|error| {
        problems.push(Problem::new(subject, printable(&error.to_string())));
        Vec::new()
    })
}

fn unique<'n>(subject: &str, names: impl Iterator<Item = &'n str>, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            problems.push(Problem::new(subject, format!("two are called `{name}`")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> String {
        format!(
            r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{name}"}},"spec":{{"ports":[{{"port":1}}]}}}}"#
        )
    }

    fn raw(objects: &[(&str, String)]) -> RawRendered {
        RawRendered {
            objects: objects
                .iter()
                .map(|(id, manifest)| RawObject { id: (*id).to_owned(), stage: 0, manifest: manifest.clone() })
                .collect(),
            secrets: r#"[{"name":"db-auth","keys":{"root":{"generate":{"length":24}}}}]"#.into(),
            outputs: r#"[{"name":"primary","type":"mysql"}]"#.into(),
            notes: "hello\u{1b}[2J".into(),
            extensions: "{}".into(),
            warnings: vec![],
        }
    }

    fn judge(raw: RawRendered) -> Result<Rendered, String> {
        let produces = [GroupKind::new("", "Service")];
        decode(raw, &Rules { namespace: "shop", produces: &produces, extra: &[] }).map_err(|error| error.to_string())
    }

    #[test]
    fn a_good_answer_is_believed() {
        let rendered = judge(raw(&[("service/a", service("a")), ("service/b", service("b"))])).unwrap();
        assert_eq!(rendered.objects.len(), 2);
        assert_eq!(rendered.secrets[0].name, "db-auth");
        assert_eq!(rendered.outputs.len(), 1);
        assert_eq!(rendered.notes, "hello\\u{1b}[2J");
    }

    #[test]
    fn ids_and_keys_are_unique() {
        let error = judge(raw(&[("a", service("a")), ("a", service("b"))])).unwrap_err();
        assert!(error.contains("a: two objects have this id"), "{error}");
        let twice = service("a").replace(r#""name":"a""#, r#""name":"a","namespace":"shop""#);
        let error = judge(raw(&[("a", service("a")), ("b", twice)])).unwrap_err();
        assert!(error.contains("b: Service/a is rendered twice"), "{error}");
    }

    #[test]
    fn every_object_is_judged_and_all_problems_are_reported() {
        let error = judge(raw(&[("a", "nonsense".into()), ("b", "[]".into()), ("c", service("1c"))])).unwrap_err();
        assert!(
            error.contains("a: not one JSON value") && error.contains("b: expected one") && error.contains("c: name"),
            "{error}"
        );
        let many = vec![("a", String::new()); OBJECTS + 1];
        assert!(judge(raw(&many)).unwrap_err().contains("2001 objects"));
    }

    #[test]
    fn the_rest_of_the_answer_has_its_shape() {
        for (change, word) in [
            ((|raw| raw.secrets = "{}".into()) as fn(&mut RawRendered), "secrets:"),
            (|raw| raw.secrets = r#"[{"name":"a","keys":{"k":"hunter2"}}]"#.into(), "secrets:"),
            (
                |raw| raw.outputs = r#"[{"name":"a","type":"x"},{"name":"a","type":"x"}]"#.into(),
                "outputs: two are called `a`",
            ),
            (|raw| raw.extensions = "1".into(), "extensions: not an object"),
            (|raw| raw.outputs = r#"[{"name":"a","name":"b"}]"#.into(), "duplicate key"),
        ] {
            let mut answer = raw(&[]);
            change(&mut answer);
            let error = judge(answer).unwrap_err();
            assert!(error.contains(word) && !error.contains("hunter2"), "{error}");
        }
    }
}
