//! Which pods are a workload's own, of which version, and what keeps one from being ready.
//! Pure functions of the objects they are given; nothing here asks the cluster.

use serde::Serialize;
use serde_json::Value;

use crate::object::printable;

/// A label selector in query form from `spec.selector.matchLabels`.
pub fn match_labels(live: &Value) -> Option<String> {
    let labels = live["spec"]["selector"]["matchLabels"].as_object().filter(|labels| !labels.is_empty())?;
    let pairs: Vec<String> =
        labels.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    Some(pairs.join(","))
}

/// Says whether an object belongs to the controller with this uid.
pub fn is_controlled_by(object: &Value, uid: &str) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|owner| owner["controller"] == true && owner["uid"] == uid)
}

/// How a pod stands to the present version of its workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodVersion {
    /// It is of that version.
    Current,
    /// It is older, and its controller replaces it whether it is ready or not.
    Replaced,
    /// It is older, and its StatefulSet waits for it to be ready before it goes on.
    Stuck,
}

/// Tells a pod's version. A Deployment's pods are told by their ReplicaSet before they come here.
pub fn pod_version(kind: &str, workload: &Value, pod: &Value) -> PodVersion {
    let label = |name: &str| &pod["metadata"]["labels"][name];
    match kind {
        "StatefulSet" if *label("controller-revision-hash") != workload["status"]["updateRevision"] => {
            PodVersion::Stuck
        }
        "DaemonSet"
            if *label("pod-template-generation")
                != workload["metadata"]["annotations"]["deprecated.daemonset.template.generation"] =>
        {
            PodVersion::Replaced
        }
        _ => PodVersion::Current,
    }
}

/// Whether something gets better by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It does not.
    Final,
    /// It does once a node has room; whether one ever has cannot be told from one look.
    Unschedulable,
    /// It may.
    Passing,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exit {
    /// Exit code.
    pub code: i64,
    /// `OOMKilled`, `Error`, …
    pub reason: String,
}

/// What keeps a pod from being ready: one of its containers, or the pod as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// Name of the pod.
    pub pod: String,
    /// Name of the container, empty for the pod as a whole.
    pub container: String,
    /// Whether it is an init container.
    pub init: bool,
    /// Its image.
    pub image: String,
    /// `CrashLoopBackOff`, `ErrImagePull`, `Unschedulable`, …
    pub reason: String,
    /// The kubelet's or the scheduler's words.
    pub message: String,
    /// How it last ended, if it ever did.
    pub exit: Option<Exit>,
    /// How often it was started again.
    pub restarts: u64,
    /// Whether it gets better by itself.
    pub verdict: Verdict,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pod {}", self.pod)?;
        if !self.container.is_empty() {
            write!(f, ", {}container {}", if self.init { "init " } else { "" }, self.container)?;
        }
        write!(f, ": {}", self.reason)?;
        if self.reason.contains("Image") {
            write!(f, " {}", self.image)?;
        }
        if let Some(exit) = &self.exit {
            write!(f, ", last exit code {} ({})", exit.code, exit.reason)?;
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

/// Everything that keeps a pod from being ready, worst first. In a Job a container that ends is started again as often
/// as the Job allows, and the Job says when that is over.
pub fn troubles(pod: &Value, of_job: bool) -> Vec<Trouble> {
    let status = &pod["status"];
    // A pod on its way out is replaced, and its last words are no news.
    if pod["metadata"]["deletionTimestamp"].is_string() || status["phase"] == "Succeeded" || was_moved(status) {
        return Vec::new();
    }
    let name = text(&pod["metadata"], "name");
    let mut found = Vec::new();
    found.extend(unschedulable(pod, &name));
    for (list, init) in [(&status["initContainerStatuses"], true), (&status["containerStatuses"], false)] {
        for container in list.as_array().into_iter().flatten() {
            found.extend(container_trouble(container, &name, init, of_job));
        }
    }
    found.sort_by_key(|trouble| trouble.verdict);
    found
}

/// Why a pod will not start by itself, if it will not.
pub fn doom(pod: &Value) -> Option<String> {
    troubles(pod, false).first().filter(|trouble| trouble.verdict == Verdict::Final).map(ToString::to_string)
}

/// Evicted, preempted, or on a node that went down: its controller makes another one elsewhere.
pub fn was_moved(status: &Value) -> bool {
    let reason = status["reason"].as_str().unwrap_or_default();
    matches!(reason, "Evicted" | "Preempting" | "Shutdown" | "NodeShutdown" | "Terminated" | "NodeLost")
}

fn unschedulable(pod: &Value, name: &str) -> Option<Trouble> {
    let conditions = pod["status"]["conditions"].as_array()?;
    let refused = conditions.iter().find(|one| one["type"] == "PodScheduled" && one["status"] == "False")?;
    // Its volumes are on their way, which may take long; their own claims say so if they never come.
    let awaits_volume = refused["message"].as_str().is_some_and(|text| text.contains("PersistentVolumeClaims"));
    (refused["reason"] == "Unschedulable").then(|| Trouble {
        pod: name.to_owned(),
        container: String::new(),
        init: false,
        image: String::new(),
        reason: "Unschedulable".into(),
        message: text(refused, "message"),
        exit: None,
        restarts: 0,
        verdict: if awaits_volume { Verdict::Passing } else { Verdict::Unschedulable },
    })
}

fn container_trouble(container: &Value, pod: &str, init: bool, of_job: bool) -> Option<Trouble> {
    let (state, last) = (&container["state"], &container["lastState"]["terminated"]);
    let ended = if state["terminated"].is_object() { &state["terminated"] } else { last };
    let exit = ended["exitCode"].as_i64().map(|code| {
        let reason = text(ended, "reason");
        Exit { code, reason: if reason.is_empty() { "Error".into() } else { reason } }
    });
    let restarts = container["restartCount"].as_u64().unwrap_or(0);
    let (reason, message) = if state["waiting"].is_object() {
        (text(&state["waiting"], "reason"), text(&state["waiting"], "message"))
    } else if let Some(code) = state["terminated"]["exitCode"].as_i64() {
        if code == 0 {
            return None;
        }
        (text(&state["terminated"], "reason"), text(&state["terminated"], "message"))
    } else if container["ready"] == true || (init && container["started"] == true) {
        return None;
    } else {
        ("running, not ready".to_owned(), String::new())
    };
    let verdict =
        if is_final(&reason, &message, restarts, exit.as_ref(), of_job) { Verdict::Final } else { Verdict::Passing };
    let (name, image) = (text(container, "name"), text(container, "image"));
    Some(Trouble { pod: pod.to_owned(), container: name, init, image, reason, message, exit, restarts, verdict })
}

/// The doom rules (plan-apply.md, section 1).
fn is_final(reason: &str, message: &str, restarts: u64, exit: Option<&Exit>, of_job: bool) -> bool {
    let says = |words: &[&str]| {
        let message = message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    };
    match reason {
        "CrashLoopBackOff" => restarts >= 2 && !of_job,
        "ErrImagePull" | "ImagePullBackOff" => says(&["not found", "manifest unknown", "unauthorized", "denied"]),
        "InvalidImageName" => true,
        // The kubelet has not got the ConfigMap or Secret yet; one that is missing is said in other words.
        "CreateContainerConfigError" => !(says(&["failed to sync"]) && says(&["cache"])),
        // 128 is the runtime's own hiccup, which the next attempt often does not have.
        "RunContainerError" | "ContainerCannotRun" => exit.is_none_or(|exit| exit.code != 128),
        _ => false,
    }
}

fn text(value: &Value, field: &str) -> String {
    printable(value[field].as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_of_the_version_before_is_told_from_one_of_this_version() {
        let pod = json!({"metadata": {"labels": {"controller-revision-hash": "a", "pod-template-generation": "1"},
            "ownerReferences": [{"uid": "u", "controller": true}, {"uid": "v"}]}});
        assert!(is_controlled_by(&pod, "u") && !is_controlled_by(&pod, "v"));
        let set = |revision: &str| json!({"status": {"updateRevision": revision}});
        assert_eq!(pod_version("StatefulSet", &set("a"), &pod), PodVersion::Current);
        assert_eq!(pod_version("StatefulSet", &set("b"), &pod), PodVersion::Stuck);
        let daemons =
            |number: &str| json!({"metadata": {"annotations": {"deprecated.daemonset.template.generation": number}}});
        assert_eq!(pod_version("DaemonSet", &daemons("1"), &pod), PodVersion::Current);
        assert_eq!(pod_version("DaemonSet", &daemons("2"), &pod), PodVersion::Replaced);
    }

    fn waiting(reason: &str, message: &str, restarts: u64, exit: Option<i64>) -> Value {
        let last =
            exit.map_or_else(|| json!({}), |code| json!({"terminated": {"exitCode": code, "reason": "OOMKilled"}}));
        json!({"metadata": {"name": "db-0"}, "status": {"containerStatuses": [{"name": "db", "image": "my:1",
            "restartCount": restarts, "state": {"waiting": {"reason": reason, "message": message}}, "lastState": last}]}})
    }

    #[test]
    fn a_pod_that_cannot_start_says_why() {
        let pod = waiting("CrashLoopBackOff", "", 3, Some(137));
        assert_eq!(doom(&pod).unwrap(), "pod db-0, container db: CrashLoopBackOff, last exit code 137 (OOMKilled)");
        let mut init = waiting("ErrImagePull", "manifest unknown", 0, None);
        let list = init["status"]["containerStatuses"].take();
        init["status"] = json!({"initContainerStatuses": list});
        assert_eq!(doom(&init).unwrap(), "pod db-0, init container db: ErrImagePull my:1: manifest unknown");
    }

    #[test]
    fn every_doom_rule_is_obeyed_once_and_broken_once() {
        let doomed: &[(&str, &str, u64, Option<i64>)] = &[
            ("CrashLoopBackOff", "", 2, Some(1)),
            ("ErrImagePull", "rpc error: code = NotFound: not found", 0, None),
            ("ImagePullBackOff", "Back-off pulling image: ErrImagePull: manifest unknown", 0, None),
            ("ErrImagePull", "401 Unauthorized", 0, None),
            ("ErrImagePull", "pull access denied", 0, None),
            ("InvalidImageName", "couldn't parse image name", 0, None),
            ("CreateContainerConfigError", "secret \"x\" not found", 0, None),
            ("RunContainerError", "exec: not found", 0, Some(127)),
            ("ContainerCannotRun", "", 0, None),
        ];
        for (reason, message, restarts, exit) in doomed {
            assert!(doom(&waiting(reason, message, *restarts, *exit)).is_some(), "{reason}: {message}");
        }
        let passing: &[(&str, &str, u64, Option<i64>)] = &[
            ("CrashLoopBackOff", "", 1, Some(1)),
            ("ErrImagePull", "connection reset by peer", 0, None),
            ("ImagePullBackOff", "Back-off pulling image", 0, None),
            ("CreateContainerConfigError", "failed to sync configmap cache: timed out", 0, None),
            ("RunContainerError", "", 0, Some(128)),
            ("ContainerCreating", "", 0, None),
            ("PodInitializing", "", 0, None),
        ];
        for (reason, message, restarts, exit) in passing {
            assert_eq!(doom(&waiting(reason, message, *restarts, *exit)), None, "{reason}: {message}");
        }
    }

    #[test]
    fn a_job_says_itself_when_its_container_ended_too_often() {
        let pod = waiting("CrashLoopBackOff", "", 5, Some(1));
        assert_eq!(troubles(&pod, false)[0].verdict, Verdict::Final);
        assert_eq!(troubles(&pod, true)[0].verdict, Verdict::Passing);
    }

    #[test]
    fn pods_that_are_moved_or_stopping_are_no_trouble() {
        for change in [
            json!({"status": {"reason": "Evicted"}}),
            json!({"status": {"reason": "Preempting"}}),
            json!({"status": {"reason": "Shutdown"}}),
            json!({"metadata": {"deletionTimestamp": "t"}}),
        ] {
            let mut pod = waiting("CrashLoopBackOff", "", 5, Some(1));
            for (part, fields) in change.as_object().unwrap() {
                pod[part].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            }
            assert_eq!(troubles(&pod, false), vec![], "{change}");
        }
    }

    #[test]
    fn a_pod_without_a_node_says_what_the_scheduler_says() {
        let condition = |reason: &str| {
            json!({"metadata": {"name": "a"}, "status": {"conditions": [
                {"type": "PodScheduled", "status": "False", "reason": reason, "message": "0/3 nodes are available"}]}})
        };
        let found = troubles(&condition("Unschedulable"), false);
        assert_eq!(found[0].to_string(), "pod a: Unschedulable: 0/3 nodes are available");
        assert_eq!(found[0].verdict, Verdict::Unschedulable);
        assert_eq!(troubles(&condition("SchedulingGated"), false), vec![]);
        let mut volumes = condition("Unschedulable");
        volumes["status"]["conditions"][0]["message"] =
            json!("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found");
        assert_eq!(troubles(&volumes, false)[0].verdict, Verdict::Passing);
    }

    #[test]
    fn a_running_container_that_is_not_ready_and_one_that_ended_are_told() {
        let pod = json!({"metadata": {"name": "a"}, "status": {"containerStatuses": [
            {"name": "up", "ready": true, "state": {"running": {}}},
            {"name": "slow", "ready": false, "state": {"running": {}}},
            {"name": "gone", "ready": false, "state": {"terminated": {"exitCode": 3, "reason": "Error"}}},
            {"name": "done", "ready": false, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}});
        let names: Vec<String> = troubles(&pod, false).into_iter().map(|trouble| trouble.container).collect();
        assert_eq!(names, ["slow", "gone"]);
    }
}
