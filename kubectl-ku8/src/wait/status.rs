//! Is this object ready? kstatus rules as pure functions of the object, one per kind.
//! It never looks at anything but the object it is given (plan-apply.md, section 1).

use serde::Serialize;
use serde_json::Value;

use crate::object::{ObjectKey, printable};

/// kstatus words, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Status {
    /// It will not become ready by itself.
    Failed,
    /// It does not exist.
    NotFound,
    /// It is being deleted.
    Terminating,
    /// Not ready yet.
    InProgress,
    /// It cannot be told.
    Unknown,
    /// As it should be.
    Current,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Failed => "Failed",
            Self::NotFound => "NotFound",
            Self::Terminating => "Terminating",
            Self::InProgress => "InProgress",
            Self::Unknown => "Unknown",
            Self::Current => "Current",
        })
    }
}

/// Status and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// kstatus word.
    pub status: Status,
    /// `1 of 3 pods ready`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl Health {
    /// The object is not there.
    pub fn not_found() -> Self {
        Self { status: Status::NotFound, message: String::new() }
    }
}

fn current(message: impl Into<String>) -> Health {
    Health { status: Status::Current, message: message.into() }
}

fn progress(message: impl Into<String>) -> Health {
    Health { status: Status::InProgress, message: printable(&message.into()) }
}

fn failed(message: impl Into<String>) -> Health {
    Health { status: Status::Failed, message: printable(&message.into()) }
}

/// Health of one live object.
pub fn health(key: &ObjectKey, live: &Value) -> Health {
    if live["metadata"]["deletionTimestamp"].is_string() {
        return Health { status: Status::Terminating, message: String::new() };
    }
    let generation = live["metadata"]["generation"].as_i64();
    let observed = live["status"]["observedGeneration"].as_i64();
    if let (Some(generation), Some(observed)) = (generation, observed)
        && observed < generation
    {
        return progress("the controller has not seen the change yet");
    }
    if let Some(stalled) = condition(live, "Stalled").filter(|found| found["status"] == "True") {
        return failed(text(stalled, "message"));
    }
    if let Some(busy) = condition(live, "Reconciling").filter(|found| found["status"] == "True") {
        return progress(text(busy, "message"));
    }
    match (key.group.as_str(), key.kind.as_str()) {
        ("apps", "StatefulSet") => stateful_set(live),
        ("apps", "Deployment") => deployment(live),
        ("apps", "DaemonSet") => daemon_set(live),
        ("batch", "Job") => job(live),
        ("", "Pod") => pod(live),
        ("", "PersistentVolumeClaim") => claim(live),
        ("", "Service") => service(live),
        ("", "Namespace") => phase(live, "Active"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd(live),
        (
            ""
            | "policy"
            | "networking.k8s.io"
            | "batch"
            | "autoscaling"
            | "rbac.authorization.k8s.io"
            | "storage.k8s.io",
            _,
        ) => current(""),
        _ => custom(live),
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn condition<'a>(live: &'a Value, kind: &str) -> Option<&'a Value> {
    live["status"]["conditions"].as_array()?.iter().find(|found| found["type"] == kind)
}

fn stateful_set(live: &Value) -> Health {
    let (spec, status) = (&live["spec"], &live["status"]);
    if status["observedGeneration"].is_null() {
        return progress("the controller has not seen it yet");
    }
    let wanted = spec["replicas"].as_u64().unwrap_or(1);
    let ready = number(&status["readyReplicas"]);
    let updated = number(&status["updatedReplicas"]);
    let partition = number(&spec["updateStrategy"]["rollingUpdate"]["partition"]);
    if ready < wanted {
        return progress(format!("{ready} of {wanted} pods ready"));
    }
    if number(&status["replicas"]) > wanted {
        return progress(format!("{} pods too many", number(&status["replicas"]) - wanted));
    }
    if spec["updateStrategy"]["type"] == "OnDelete" {
        let old = wanted.saturating_sub(updated);
        return current(if old > 0 { format!("{old} pods still on the old version") } else { String::new() });
    }
    if updated < wanted.saturating_sub(partition) {
        return progress(format!("{updated} of {wanted} pods updated"));
    }
    if partition == 0 && status["currentRevision"] != status["updateRevision"] {
        return progress("the last pods are being updated");
    }
    current(format!("{ready} of {wanted} pods ready"))
}

fn deployment(live: &Value) -> Health {
    let (spec, status) = (&live["spec"], &live["status"]);
    if status["observedGeneration"].is_null() {
        return progress("the controller has not seen it yet");
    }
    let wanted = spec["replicas"].as_u64().unwrap_or(1);
    if let Some(progressing) = condition(live, "Progressing")
        && progressing["status"] == "False"
        && progressing["reason"] == "ProgressDeadlineExceeded"
    {
        return failed(text(progressing, "message"));
    }
    if spec["paused"] == true {
        return current("paused");
    }
    // It may be the version before whose pods are refused; its ReplicaSet tells (`replica_failure`).
    if let Some(refused) = condition(live, "ReplicaFailure").filter(|found| found["status"] == "True") {
        return progress(text(refused, "message"));
    }
    let (updated, all, available) =
        (number(&status["updatedReplicas"]), number(&status["replicas"]), number(&status["availableReplicas"]));
    if updated < wanted {
        return progress(format!("{updated} of {wanted} pods updated"));
    }
    if all > updated {
        return progress(format!("{} old pods are stopping", all - updated));
    }
    if available < updated {
        return progress(format!("{available} of {updated} pods available"));
    }
    let not = |kind: &str, field: &str, wanted: &str| condition(live, kind).is_some_and(|found| found[field] != wanted);
    if not("Progressing", "reason", "NewReplicaSetAvailable") {
        return progress("the new version is not complete yet");
    }
    if not("Available", "status", "True") {
        return progress("too few pods are available");
    }
    current(format!("{available} of {wanted} pods ready"))
}

/// Why the server refuses the pods of a ReplicaSet for good: a quota, Pod Security, a policy.
pub fn replica_failure(set: &Value) -> Option<String> {
    let refused = condition(set, "ReplicaFailure").filter(|found| found["status"] == "True")?;
    let message = text(refused, "message");
    ["exceeded quota", "violates PodSecurity", "denied the request"]
        .iter()
        .any(|words| message.contains(words))
        .then(|| printable(&message))
}

fn daemon_set(live: &Value) -> Health {
    let status = &live["status"];
    let wanted = number(&status["desiredNumberScheduled"]);
    let (updated, available) = (number(&status["updatedNumberScheduled"]), number(&status["numberAvailable"]));
    if status["observedGeneration"].is_null() || updated < wanted || available < wanted {
        return progress(format!("{available} of {wanted} pods available, {updated} updated"));
    }
    current(format!("{available} of {wanted} pods ready"))
}

fn job(live: &Value) -> Health {
    if let Some(refused) = condition(live, "Failed").filter(|found| found["status"] == "True") {
        return failed(format!("{}: {}", text(refused, "reason"), text(refused, "message")));
    }
    if condition(live, "Complete").is_some_and(|found| found["status"] == "True") {
        return current("complete");
    }
    progress(format!("{} pods running", number(&live["status"]["active"])))
}

fn pod(live: &Value) -> Health {
    match live["status"]["phase"].as_str() {
        Some("Succeeded") => current("succeeded"),
        Some("Failed") => {
            let ended = super::pods::troubles(live, false).first().map(ToString::to_string);
            let said = [text(&live["status"], "reason"), text(&live["status"], "message")];
            failed(ended.unwrap_or_else(|| said.join(" ").trim().to_owned()))
        }
        _ if condition(live, "Ready").is_some_and(|found| found["status"] == "True") => current("ready"),
        _ => super::pods::doom(live).map_or_else(|| progress("not ready"), failed),
    }
}

/// A claim of a class that waits for its first consumer is Pending without harm; its pod tells.
fn claim(live: &Value) -> Health {
    match live["status"]["phase"].as_str() {
        Some("Lost") => failed("its volume is lost"),
        Some("Bound") => current("bound"),
        _ => current("not bound yet"),
    }
}

fn service(live: &Value) -> Health {
    if live["spec"]["type"] != "ExternalName" && live["spec"]["clusterIP"].as_str().unwrap_or_default().is_empty() {
        return progress("no cluster IP yet");
    }
    current("")
}

fn phase(live: &Value, wanted: &str) -> Health {
    if live["status"]["phase"] == wanted { current("") } else { progress(text(&live["status"], "phase")) }
}

fn crd(live: &Value) -> Health {
    if let Some(refused) = condition(live, "NamesAccepted").filter(|found| found["status"] == "False") {
        return failed(text(refused, "message"));
    }
    if condition(live, "Established").is_some_and(|found| found["status"] == "True") {
        return current("");
    }
    progress("not established yet")
}

fn custom(live: &Value) -> Health {
    match condition(live, "Ready") {
        Some(ready) if ready["status"] == "True" => current(""),
        Some(ready) => progress(text(ready, "message")),
        None => current(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status_of(group: &str, kind: &str, live: &Value) -> Status {
        health(&ObjectKey::new(group, kind, "n", "x"), live).status
    }

    #[test]
    fn a_stateful_set_is_current_when_every_pod_is_new_and_ready() {
        let live = |ready: u64, updated: u64, now: &str| {
            json!({"metadata": {"generation": 2}, "spec": {"replicas": 3}, "status": {"observedGeneration": 2, "replicas": 3,
                   "readyReplicas": ready, "updatedReplicas": updated, "currentRevision": now, "updateRevision": "b"}})
        };
        assert_eq!(status_of("apps", "StatefulSet", &live(3, 3, "b")), Status::Current);
        assert_eq!(status_of("apps", "StatefulSet", &live(2, 3, "b")), Status::InProgress);
        assert_eq!(status_of("apps", "StatefulSet", &live(3, 2, "a")), Status::InProgress);
        let mut unseen = live(3, 3, "b");
        unseen["metadata"]["generation"] = json!(3);
        assert_eq!(status_of("apps", "StatefulSet", &unseen), Status::InProgress);
        assert_eq!(status_of("apps", "StatefulSet", &json!({"spec": {"replicas": 1}})), Status::InProgress);
    }

    #[test]
    fn an_unseen_change_a_stalled_and_a_reconciling_object_are_told_from_a_ready_one() {
        let custom = |conditions: Value| json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 2, "conditions": conditions}});
        let status = |live: &Value| status_of("example.com", "Cache", live);
        assert_eq!(status(&custom(json!([]))), Status::Current);
        assert_eq!(status(&custom(json!([{"type": "Stalled", "status": "True"}]))), Status::Failed);
        assert_eq!(status(&custom(json!([{"type": "Stalled", "status": "False"}]))), Status::Current);
        assert_eq!(status(&custom(json!([{"type": "Reconciling", "status": "True"}]))), Status::InProgress);
        assert_eq!(status(&custom(json!([{"type": "Ready", "status": "False"}]))), Status::InProgress);
        assert_eq!(status(&custom(json!([{"type": "Ready", "status": "True"}]))), Status::Current);
        let mut unseen = custom(json!([{"type": "Ready", "status": "True"}]));
        unseen["metadata"]["generation"] = json!(3);
        assert_eq!(status(&unseen), Status::InProgress);
        unseen["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert_eq!(status(&unseen), Status::Terminating);
    }

    #[test]
    fn a_partition_and_pods_replaced_by_hand_are_current_when_what_was_asked_for_is_there() {
        let live = |strategy: Value, updated: u64| {
            json!({"spec": {"replicas": 3, "updateStrategy": strategy}, "status": {"observedGeneration": 1, "replicas": 3,
                   "readyReplicas": 3, "updatedReplicas": updated, "currentRevision": "a", "updateRevision": "b"}})
        };
        let partition = json!({"rollingUpdate": {"partition": 2}});
        assert_eq!(status_of("apps", "StatefulSet", &live(partition.clone(), 1)), Status::Current);
        assert_eq!(status_of("apps", "StatefulSet", &live(partition, 0)), Status::InProgress);
        let by_hand = health(&ObjectKey::new("apps", "StatefulSet", "n", "x"), &live(json!({"type": "OnDelete"}), 1));
        assert_eq!((by_hand.status, by_hand.message.as_str()), (Status::Current, "2 pods still on the old version"));
        let mut many = live(json!({}), 3);
        many["status"]["replicas"] = json!(4);
        assert_eq!(status_of("apps", "StatefulSet", &many), Status::InProgress);
    }

    #[test]
    fn a_deployment_past_its_deadline_has_failed() {
        let live = |status: &str| {
            json!({"spec": {"replicas": 1}, "status": {"observedGeneration": 1, "conditions": [
            {"type": "Progressing", "status": status, "reason": "ProgressDeadlineExceeded", "message": "timed out"}]}})
        };
        assert_eq!(status_of("apps", "Deployment", &live("False")), Status::Failed);
        assert_eq!(status_of("apps", "Deployment", &live("True")), Status::InProgress);
    }

    #[test]
    fn a_deployment_is_current_when_every_pod_is_new_and_available() {
        let live = |all: u64, updated: u64, available: u64, reason: &str, is: &str| {
            json!({"spec": {"replicas": 2}, "status": {"observedGeneration": 1, "replicas": all,
                   "updatedReplicas": updated, "availableReplicas": available, "conditions": [
                {"type": "Progressing", "status": "True", "reason": reason}, {"type": "Available", "status": is}]}})
        };
        let status = |live: &Value| status_of("apps", "Deployment", live);
        assert_eq!(status(&live(2, 2, 2, "NewReplicaSetAvailable", "True")), Status::Current);
        assert_eq!(status(&live(2, 1, 2, "ReplicaSetUpdated", "True")), Status::InProgress);
        assert_eq!(status(&live(3, 2, 2, "ReplicaSetUpdated", "True")), Status::InProgress);
        assert_eq!(status(&live(2, 2, 1, "ReplicaSetUpdated", "True")), Status::InProgress);
        assert_eq!(status(&live(2, 2, 2, "ReplicaSetUpdated", "True")), Status::InProgress);
        assert_eq!(status(&live(2, 2, 2, "NewReplicaSetAvailable", "False")), Status::InProgress);
        let mut paused = live(1, 1, 1, "DeploymentPaused", "True");
        paused["spec"]["paused"] = json!(true);
        assert_eq!(health(&ObjectKey::new("apps", "Deployment", "n", "x"), &paused), current("paused"));
    }

    #[test]
    fn pods_that_are_refused_for_good_are_told_from_pods_that_are_refused_for_now() {
        let set = |message: &str, status: &str| json!({"status": {"conditions": [{"type": "ReplicaFailure", "status": status, "message": message}]}});
        for message in ["exceeded quota: small", "violates PodSecurity \"restricted:latest\"", "denied the request: no"]
        {
            assert!(replica_failure(&set(message, "True")).is_some_and(|found| found == message), "{message}");
            assert_eq!(replica_failure(&set(message, "False")), None);
        }
        assert_eq!(replica_failure(&set("etcdserver: request timed out", "True")), None);
    }

    #[test]
    fn a_daemon_set_is_current_when_every_node_has_a_new_available_pod() {
        let live = |updated: u64, available: u64| {
            json!({"status": {"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": updated,
                   "numberAvailable": available}})
        };
        assert_eq!(status_of("apps", "DaemonSet", &live(2, 2)), Status::Current);
        assert_eq!(status_of("apps", "DaemonSet", &live(1, 2)), Status::InProgress);
        assert_eq!(status_of("apps", "DaemonSet", &live(2, 1)), Status::InProgress);
    }

    #[test]
    fn a_pod_is_current_when_ready_or_done() {
        let ready = |status: &str| json!({"status": {"conditions": [{"type": "Ready", "status": status}]}});
        assert_eq!(status_of("", "Pod", &ready("True")), Status::Current);
        assert_eq!(status_of("", "Pod", &ready("False")), Status::InProgress);
        assert_eq!(status_of("", "Pod", &json!({"status": {"phase": "Succeeded"}})), Status::Current);
        let evicted = json!({"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}});
        let found = health(&ObjectKey::new("", "Pod", "n", "x"), &evicted);
        assert_eq!((found.status, found.message.as_str()), (Status::Failed, "Evicted low on memory"));
    }

    #[test]
    fn a_claim_fails_only_when_its_volume_is_lost() {
        let claim = |phase: &str| status_of("", "PersistentVolumeClaim", &json!({"status": {"phase": phase}}));
        assert_eq!(claim("Bound"), Status::Current);
        assert_eq!(claim("Pending"), Status::Current, "it may wait for its first consumer, and the pod tells");
        assert_eq!(claim("Lost"), Status::Failed);
    }

    #[test]
    fn services_namespaces_and_definitions_of_kinds_are_current_when_usable() {
        let service = |spec: Value| status_of("", "Service", &json!({"spec": spec}));
        assert_eq!(service(json!({"clusterIP": "10.0.0.1"})), Status::Current);
        assert_eq!(service(json!({"clusterIP": "None"})), Status::Current);
        assert_eq!(service(json!({"type": "ExternalName"})), Status::Current);
        assert_eq!(service(json!({})), Status::InProgress);
        let namespace = |phase: &str| status_of("", "Namespace", &json!({"status": {"phase": phase}}));
        assert_eq!((namespace("Active"), namespace("Terminating")), (Status::Current, Status::InProgress));
        let kind = |condition: &str, status: &str| {
            status_of(
                "apiextensions.k8s.io",
                "CustomResourceDefinition",
                &json!({"status": {"conditions": [{"type": condition, "status": status}]}}),
            )
        };
        assert_eq!(kind("Established", "True"), Status::Current);
        assert_eq!(kind("Established", "False"), Status::InProgress);
        assert_eq!(kind("NamesAccepted", "False"), Status::Failed);
    }

    #[test]
    fn what_only_has_to_exist_is_current() {
        for (group, kind) in [
            ("", "ConfigMap"),
            ("", "Secret"),
            ("batch", "CronJob"),
            ("networking.k8s.io", "Ingress"),
            ("autoscaling", "HorizontalPodAutoscaler"),
            ("policy", "PodDisruptionBudget"),
            ("rbac.authorization.k8s.io", "Role"),
        ] {
            assert_eq!(status_of(group, kind, &json!({})), Status::Current, "{kind}");
        }
        let budget = json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}});
        assert_eq!(status_of("policy", "PodDisruptionBudget", &budget), Status::InProgress);
    }

    #[test]
    fn a_job_is_current_only_when_complete() {
        assert_eq!(status_of("batch", "Job", &json!({"status": {"active": 1}})), Status::InProgress);
        let ended = |kind: &str, reason: &str| json!({"status": {"conditions": [{"type": kind, "status": "True", "reason": reason, "message": "m"}]}});
        assert_eq!(status_of("batch", "Job", &ended("Complete", "")), Status::Current);
        for reason in ["BackoffLimitExceeded", "DeadlineExceeded"] {
            let found = health(&ObjectKey::new("batch", "Job", "n", "x"), &ended("Failed", reason));
            assert_eq!((found.status, found.message), (Status::Failed, format!("{reason}: m")));
        }
        assert_eq!(status_of("batch", "Job", &ended("Suspended", "JobSuspended")), Status::InProgress);
    }
}
