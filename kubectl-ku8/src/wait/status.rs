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
    Health { status: Status::InProgress, message: message.into() }
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
        && progressing["reason"] == "ProgressDeadlineExceeded"
    {
        return failed(text(progressing, "message"));
    }
    if let Some(refused) = condition(live, "ReplicaFailure").filter(|found| found["status"] == "True") {
        return failed(text(refused, "message"));
    }
    if spec["paused"] == true {
        return current("paused");
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
    current(format!("{available} of {wanted} pods ready"))
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
        Some("Failed") => failed(text(&live["status"], "message")),
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
    fn a_deployment_past_its_deadline_has_failed() {
        let live = json!({"spec": {"replicas": 1}, "status": {"observedGeneration": 1, "conditions": [
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}]}});
        assert_eq!(status_of("apps", "Deployment", &live), Status::Failed);
        let ready = json!({"spec": {"replicas": 2}, "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}});
        assert_eq!(status_of("apps", "Deployment", &ready), Status::Current);
    }

    #[test]
    fn a_job_is_current_only_when_complete() {
        assert_eq!(status_of("batch", "Job", &json!({"status": {"active": 1}})), Status::InProgress);
        let done = json!({"status": {"conditions": [{"type": "Complete", "status": "True"}]}});
        assert_eq!(status_of("batch", "Job", &done), Status::Current);
    }
}
