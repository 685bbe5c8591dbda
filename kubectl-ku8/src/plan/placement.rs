//! Whether the cluster has what volumes and pods ask for: a StorageClass of that name, enough nodes.
//! It never reads the cluster, and what could not be asked is not judged.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Problem, ProblemKind};
use crate::object::LiveObject;
use crate::render::{Diagnostic, Severity};
use crate::transform::Desired;

/// Set on the class that claims without a class get.
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const HOSTNAME: &str = "kubernetes.io/hostname";

/// What the cluster offers; `None` where nobody asked or the right was missing.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    /// Every StorageClass.
    pub classes: Option<Vec<LiveObject>>,
    /// Every node.
    pub nodes: Option<Vec<LiveObject>>,
}

/// A volume that is still to be made: its set, its template's name and the class it asks for.
struct Volume<'d> {
    set: String,
    name: &'d str,
    class: Option<&'d str>,
}

/// Whether volumes are to be made, so that the classes are worth asking for.
pub fn needs_classes(desired: &Desired, claims: &[LiveObject]) -> bool {
    !new_volumes(desired, claims).is_empty()
}

/// Whether pods refuse to share a node, so that the nodes are worth asking for.
pub fn needs_nodes(desired: &Desired) -> bool {
    desired.objects.iter().any(|object| apart(object.manifest.value()).is_some())
}

/// A class that is not there: the claim would wait for ever, and the set's field cannot change later.
pub(crate) fn problems(desired: &Desired, claims: &[LiveObject], offers: &Offers) -> Vec<Problem> {
    let Some(classes) = &offers.classes else { return Vec::new() };
    let named = |class: &LiveObject| class.value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = classes.iter().map(named).collect();
    let mut listed: Vec<String> = classes
        .iter()
        .map(|class| if is_default(class) { format!("{} (the default)", named(class)) } else { named(class) })
        .collect();
    listed.sort();
    let hint = if listed.is_empty() {
        "the cluster has none; create one, or leave the class out".to_owned()
    } else {
        format!("there are: {}; leave the class out for the default", listed.join(", "))
    };
    let mut told = BTreeSet::new();
    new_volumes(desired, claims)
        .into_iter()
        .filter_map(|volume| Some((volume.class?, volume)))
        .filter(|(class, volume)| !names.iter().any(|name| name == class) && told.insert((volume.set.clone(), *class)))
        .map(|(class, volume)| Problem {
            kind: ProblemKind::Invalid,
            object: volume.set,
            message: format!(
                "the volume `{}` asks for the StorageClass `{class}`, which the cluster does not have",
                volume.name
            ),
            hint: hint.clone(),
        })
        .collect()
}

/// What would leave pods waiting, although the cluster may change: no default class, too few nodes.
pub(crate) fn warnings(desired: &Desired, claims: &[LiveObject], offers: &Offers, templated: bool) -> Vec<Diagnostic> {
    let path = |pointer: &str| if templated { pointer.to_owned() } else { String::new() };
    let warning = |path: String, code: &str, message: String, hint: String| Diagnostic {
        severity: Severity::Warning,
        path,
        code: code.to_owned(),
        message,
        hint: Some(hint),
    };
    let mut found = Vec::new();
    let without = new_volumes(desired, claims).into_iter().find(|volume| volume.class.is_none());
    if let (Some(classes), Some(volume)) = (&offers.classes, without)
        && !classes.iter().any(is_default)
    {
        let message = format!(
            "the cluster has no default StorageClass: the volume `{}` of {} waits until it has one",
            volume.name, volume.set
        );
        found.push(warning(path("/storage/className"), "cluster.storage.no-default", message, "name a class".into()));
    }
    let Some(nodes) = &offers.nodes else { return found };
    let ready = nodes.iter().filter(|node| takes_pods(node)).count();
    for object in &desired.objects {
        let Some(replicas) = apart(object.manifest.value()) else { continue };
        if u64::try_from(ready).unwrap_or(u64::MAX) < replicas {
            let message = format!(
                "{} needs {replicas} nodes, one for each pod, and {ready} can take pods: {} would stay pending",
                object.manifest.key(),
                replicas - ready as u64
            );
            let hint = "a rule that prefers to keep pods apart never leaves one pending".to_owned();
            found.push(warning(path("/scheduling/spread"), "cluster.nodes.too-few", message, hint));
        }
    }
    found
}

fn is_default(class: &LiveObject) -> bool {
    class.value["metadata"]["annotations"][IS_DEFAULT] == "true"
}

fn takes_pods(node: &LiveObject) -> bool {
    let conditions = node.value["status"]["conditions"].as_array().into_iter().flatten();
    let ready = conditions.into_iter().any(|one| one["type"] == "Ready" && one["status"] == "True");
    ready && node.value["spec"]["unschedulable"] != true
}

/// How many pods of a workload must be on different nodes; nothing where one is enough.
fn apart(workload: &Value) -> Option<u64> {
    let spec = &workload["spec"];
    let rules =
        &spec["template"]["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let by_host = rules.as_array()?.iter().any(|rule| rule["topologyKey"] == HOSTNAME);
    spec["replicas"].as_u64().filter(|replicas| by_host && *replicas > 1)
}

fn new_volumes<'d>(desired: &'d Desired, claims: &[LiveObject]) -> Vec<Volume<'d>> {
    let mut found = Vec::new();
    for object in desired.objects.iter().filter(|object| object.manifest.key().kind == "StatefulSet") {
        let set = &object.manifest;
        for template in set.value()["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
            let name = template["metadata"]["name"].as_str().unwrap_or_default();
            let prefix = format!("{name}-{}-", set.key().name);
            let is_of = |claim: &LiveObject| {
                claim.value["metadata"]["name"].as_str().is_some_and(|name| name.starts_with(&prefix))
            };
            if !claims.iter().any(is_of) {
                let class = template["spec"]["storageClassName"].as_str();
                found.push(Volume { set: set.key().to_string(), name, class });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Manifest;
    use crate::transform::DesiredObject;

    fn desired(class: Option<&str>, replicas: u64) -> Desired {
        let term = json!({"topologyKey": HOSTNAME, "labelSelector": {}});
        let mut set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}, "spec": {
            "replicas": replicas,
            "template": {"spec": {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}]}});
        if let Some(class) = class {
            set["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = json!(class);
        }
        let manifest = Manifest::new(set).unwrap();
        Desired { objects: vec![DesiredObject { id: "db".into(), stage: 0, manifest }], secrets: Vec::new() }
    }

    fn live(value: Value) -> LiveObject {
        LiveObject { value }
    }

    fn class(name: &str, default: &str) -> LiveObject {
        live(json!({"metadata": {"name": name, "annotations": {IS_DEFAULT: default}}}))
    }

    #[test]
    fn a_class_that_is_not_there_is_refused_with_those_that_are() {
        let offers = Offers { classes: Some(vec![class("standard", "true"), class("fast", "false")]), nodes: None };
        let wrong = problems(&desired(Some("fsat"), 1), &[], &offers);
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].message.contains("`fsat`") && wrong[0].hint.contains("fast, standard (the default)"));
        assert!(problems(&desired(Some("fast"), 1), &[], &offers).is_empty());
        assert!(problems(&desired(None, 1), &[], &offers).is_empty());
        // A volume that exists keeps its class, also when the class was removed.
        let claim = live(json!({"metadata": {"name": "data-db-0"}}));
        assert!(problems(&desired(Some("gone"), 1), &[claim], &offers).is_empty());
        assert!(problems(&desired(Some("fsat"), 1), &[], &Offers::default()).is_empty(), "not asked");
    }

    #[test]
    fn a_missing_default_and_too_few_nodes_are_warned_of() {
        let node = |name: &str, ready: &str| {
            live(
                json!({"metadata": {"name": name}, "spec": {}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}),
            )
        };
        let nodes = vec![node("a", "True"), node("b", "True"), node("c", "False")];
        let offers = Offers { classes: Some(vec![class("fast", "false")]), nodes: Some(nodes) };
        let found = warnings(&desired(None, 3), &[], &offers, true);
        let told: Vec<(&str, &str)> = found.iter().map(|one| (one.path.as_str(), one.code.as_str())).collect();
        assert_eq!(
            told,
            [("/storage/className", "cluster.storage.no-default"), ("/scheduling/spread", "cluster.nodes.too-few")]
        );
        assert!(found[1].message.contains("needs 3 nodes") && found[1].message.contains("2 can take pods: 1 would"));
        assert!(warnings(&desired(Some("fast"), 2), &[], &offers, true).is_empty());
        assert!(needs_nodes(&desired(None, 2)) && !needs_nodes(&desired(None, 1)));
    }
}
