//! Rules on the metadata of rendered objects: whose they may say they are, and names the cluster accepts.
//! It never looks at a spec beyond the labels in it.

use serde_json::{Map, Value};

use super::error::Problem;
use crate::object::{Manifest, is_dns_label, labels, printable};

/// Everything a template may write into `metadata`; the rest belongs to the server, to controllers or to us.
const METADATA: [&str; 4] = ["name", "namespace", "labels", "annotations"];
/// The annotations under our prefix that are a template's to set.
const OUR_ANNOTATIONS: [&str; 3] = [labels::QUORUM, labels::PRUNE, "ku8.dev/depends-on"];
/// The room a StatefulSet or CronJob must leave in a label for what its controller appends.
const CONTROLLER_NAME: usize = 52;

/// What only the server writes; [`Manifest::new`] drops it, and a template that sets it meant something by it.
const SERVERS: [&str; 6] = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];

/// Judges what is gone once a value has become a manifest.
pub(super) fn check_value(id: &str, value: &Value, problems: &mut Vec<Problem>) {
    for field in SERVERS.into_iter().filter(|field| !value["metadata"][field].is_null()) {
        problems.push(Problem::new(id, format!("metadata.{field} is not a template's to set")));
    }
}

/// Judges one object's metadata and that of the pods it makes.
pub(super) fn check(id: &str, manifest: &Manifest, namespace: &str, problems: &mut Vec<Problem>) {
    let key = manifest.key();
    let mut say = |message: String| problems.push(Problem::new(id, message));
    if !key.namespace.is_empty() && key.namespace != namespace {
        say(format!("namespace `{}` is not the definition's own, `{namespace}`", printable(&key.namespace)));
    }
    // The kinds whose name becomes a label or a host name; all others may use what `Manifest` lets through.
    let limit = match key.kind.as_str() {
        "StatefulSet" | "CronJob" => CONTROLLER_NAME,
        "Deployment" | "Job" | "Pod" | "DaemonSet" | "Service" => 63,
        _ => 253,
    };
    if key.name.len() > limit {
        say(format!(
            "name `{}` has {} characters; a {} may have {limit}",
            printable(&key.name),
            key.name.len(),
            key.kind
        ));
    }
    if key.is_core("Service")
        && !(is_dns_label(&key.name) && key.name.starts_with(|first: char| first.is_ascii_lowercase()))
    {
        say(format!(
            "name `{}` is not a Service name: a letter, then lower-case letters, digits and `-`",
            printable(&key.name)
        ));
    }
    if key.is_core("ConfigMap") && key.name.starts_with("ku8.") {
        say(format!("name `{}` is in the prefix of ku8's own records", printable(&key.name)));
    }
    if let Some(metadata) = manifest.value()["metadata"].as_object() {
        check_metadata(metadata, "metadata", &METADATA, &mut say);
    }
    for (path, metadata) in inner_metadata(manifest.value()) {
        check_metadata(metadata, &path, &["name", "labels", "annotations"], &mut say);
    }
}

fn check_metadata(metadata: &Map<String, Value>, path: &str, allowed: &[&str], say: &mut impl FnMut(String)) {
    for (field, value) in metadata {
        if !value.is_null() && !allowed.contains(&field.as_str()) {
            say(format!("{path}.{} is not a template's to set", printable(field)));
        }
    }
    let pairs = |field: &str| metadata.get(field).and_then(Value::as_object).into_iter().flatten();
    for (name, value) in pairs("annotations") {
        let ours = is_ours(name) && !OUR_ANNOTATIONS.contains(&name.as_str());
        if ours || name == labels::LAST_APPLIED {
            say(format!("annotation `{}` is not a template's to set", printable(name)));
        }
        if !value.is_string() {
            say(format!("annotation `{}` is not a string", printable(name)));
        }
    }
    for (name, value) in pairs("labels") {
        if is_ours(name) {
            say(format!("label `{}` is not a template's to set", printable(name)));
        }
        if !is_label_name(name) || !value.as_str().is_some_and(is_label_value) {
            say(format!(
                "label `{}` is not valid: at most 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit",
                printable(name)
            ));
        }
    }
}

/// Metadata of pods, jobs and claims that the object makes.
fn inner_metadata(value: &Value) -> Vec<(String, &Map<String, Value>)> {
    let mut found = Vec::new();
    for (path, pointer) in [
        ("spec.template.metadata", "/spec/template/metadata"),
        ("spec.jobTemplate.metadata", "/spec/jobTemplate/metadata"),
        ("spec.jobTemplate.spec.template.metadata", "/spec/jobTemplate/spec/template/metadata"),
    ] {
        found.extend(value.pointer(pointer).and_then(Value::as_object).map(|metadata| (path.to_owned(), metadata)));
    }
    let claims = value.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten();
    for (index, claim) in claims.enumerate() {
        let metadata = claim["metadata"].as_object();
        found.extend(metadata.map(|metadata| (format!("spec.volumeClaimTemplates[{index}].metadata"), metadata)));
    }
    found
}

fn is_ours(name: &str) -> bool {
    name.split_once('/').is_some_and(|(prefix, _)| prefix == "ku8.dev" || prefix.ends_with(".ku8.dev"))
}

fn is_label_name(name: &str) -> bool {
    let (prefix, name) = name.split_once('/').map_or((None, name), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(crate::object::is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

fn is_label_value(value: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && edge(bytes.first())
        && edge(bytes.last())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(value: Value) -> Vec<String> {
        let mut problems = Vec::new();
        check("x", &Manifest::new(value).unwrap(), "shop", &mut problems);
        problems.into_iter().map(|problem| problem.message).collect()
    }

    fn service(metadata: &Value) -> Vec<String> {
        judge(json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata}))
    }

    #[test]
    fn a_template_speaks_for_its_own_definition_only() {
        assert_eq!(
            service(&json!({"name": "db", "namespace": "shop", "annotations": {"ku8.dev/quorum": "3"}})),
            Vec::<String>::new()
        );
        for (metadata, word) in [
            (json!({"name": "db", "namespace": "kube-system"}), "`kube-system`"),
            (json!({"name": "db", "labels": {"ku8.dev/owner": "other"}}), "label `ku8.dev/owner`"),
            (json!({"name": "db", "annotations": {"ku8.dev/owner-id": "x"}}), "annotation `ku8.dev/owner-id`"),
            (json!({"name": "db", "annotations": {labels::LAST_APPLIED: "{}"}}), "last-applied"),
            (json!({"name": "db", "ownerReferences": []}), "metadata.ownerReferences"),
            (json!({"name": "db", "finalizers": ["x"]}), "metadata.finalizers"),
            (json!({"name": "1db"}), "Service name"),
            (json!({"name": "db", "labels": {"app": "-x"}}), "label `app`"),
        ] {
            let problems = service(&metadata);
            assert!(problems.len() == 1 && problems[0].contains(word), "{word}: {problems:?}");
        }
    }

    #[test]
    fn what_the_server_writes_is_refused_before_it_is_dropped() {
        let mut problems = Vec::new();
        let value = json!({"metadata": {"name": "a", "uid": "1", "managedFields": [], "creationTimestamp": null}});
        check_value("x", &value, &mut problems);
        let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            messages,
            ["metadata.managedFields is not a template's to set", "metadata.uid is not a template's to set"]
        );
    }

    #[test]
    fn pods_and_claims_are_judged_too() {
        let problems = judge(
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "d".repeat(53)}, "spec": {
            "template": {"metadata": {"labels": {"ku8.dev/name": "x"}, "finalizers": ["a"]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data", "ownerReferences": [1]}}]}}),
        );
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems[0].contains("may have 52"));
    }

    #[test]
    fn our_records_keep_their_names() {
        let problems =
            judge(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ku8.definition.db"}}));
        assert!(problems[0].contains("own records"));
    }
}
