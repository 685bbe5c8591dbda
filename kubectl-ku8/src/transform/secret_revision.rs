//! Marks the pods that use a Secret whose values were rotated, so that they start again with the new ones.
//! It counts rotations and never looks at a value (decisions.md, 23).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Desired;
use crate::object::labels;

/// Writes the count of rotations onto the pod template of every workload that uses a rotated Secret.
pub fn stamp_secret_revisions(desired: &mut Desired, revisions: &BTreeMap<String, u64>) {
    for object in &mut desired.objects {
        // A Job's pods are run once and its template cannot change.
        if object.manifest.key().group != "apps" {
            continue;
        }
        let used = secrets_used(object.manifest.value());
        let count =
            used.iter().filter_map(|name| revisions.get(name)).fold(0_u64, |sum, count| sum.saturating_add(*count));
        if count == 0 {
            continue;
        }
        let stamped = object.manifest.clone().map(|value| {
            value["spec"]["template"]["metadata"]["annotations"][labels::SECRET_REVISION] = count.to_string().into();
        });
        object.manifest = stamped.expect("an annotation on a pod template leaves the identity as it was");
    }
}

/// Names of the Secrets a workload's pods use: variables, whole environments, volumes.
pub fn secrets_used(workload: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(&workload["spec"]["template"]["spec"], &mut names);
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let named = [
                fields.get("secretKeyRef").map(|found| &found["name"]),
                fields.get("secretRef").map(|found| &found["name"]),
                fields.get("secret").map(|found| &found["secretName"]),
                // In a projected volume it is called otherwise.
                fields.get("secret").map(|found| &found["name"]),
            ];
            names.extend(named.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| collect(field, names));
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Manifest;
    use crate::transform::DesiredObject;

    fn desired(group: &str, kind: &str, pod: &Value) -> Desired {
        let manifest = Manifest::new(json!({"apiVersion": format!("{group}/v1"), "kind": kind,
            "metadata": {"name": "db"}, "spec": {"template": {"spec": pod}}}));
        let object = DesiredObject { id: "db".into(), stage: 0, manifest: manifest.unwrap() };
        Desired { objects: vec![object], secrets: Vec::new() }
    }

    fn mark(desired: &Desired) -> Option<&str> {
        desired.objects[0].manifest.value()["spec"]["template"]["metadata"]["annotations"][labels::SECRET_REVISION]
            .as_str()
    }

    #[test]
    fn every_way_to_use_a_secret_is_seen() {
        for pod in [
            json!({"containers": [{"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "auth", "key": "p"}}}]}]}),
            json!({"initContainers": [{"envFrom": [{"secretRef": {"name": "auth"}}]}]}),
            json!({"volumes": [{"name": "v", "secret": {"secretName": "auth"}}]}),
            json!({"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "auth"}}]}}]}),
        ] {
            let revisions = BTreeMap::from([("auth".to_owned(), 3), ("other".to_owned(), 9)]);
            let mut wanted = desired("apps", "StatefulSet", &pod);
            stamp_secret_revisions(&mut wanted, &revisions);
            assert_eq!(mark(&wanted), Some("3"), "{pod}");
            let mut never = desired("apps", "StatefulSet", &pod);
            stamp_secret_revisions(&mut never, &BTreeMap::new());
            assert_eq!(never, desired("apps", "StatefulSet", &pod), "nothing is written before the first rotation");
        }
    }

    #[test]
    fn jobs_and_pods_that_use_another_secret_stay_as_they_are() {
        let pod = json!({"volumes": [{"name": "v", "secret": {"secretName": "auth"}}]});
        let mut job = desired("batch", "Job", &pod);
        stamp_secret_revisions(&mut job, &BTreeMap::from([("auth".to_owned(), 1)]));
        assert_eq!(mark(&job), None);
        let mut other = desired("apps", "Deployment", &pod);
        stamp_secret_revisions(&mut other, &BTreeMap::from([("other".to_owned(), 1)]));
        assert_eq!(mark(&other), None);
    }
}
