//! Which pods are a workload's own, of which version, and why one will not start by itself.
//! Pure functions of the objects they are given; nothing here asks the cluster.

use serde_json::Value;

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

/// Why a pod will not start by itself, if it will not: pod, container, reason, exit code.
pub fn doom(pod: &Value) -> Option<String> {
    let name = pod["metadata"]["name"].as_str().unwrap_or("?");
    let lists = [&pod["status"]["initContainerStatuses"], &pod["status"]["containerStatuses"]];
    for container in lists.iter().filter_map(|list| list.as_array()).flatten() {
        let waiting = &container["state"]["waiting"];
        let reason = waiting["reason"].as_str().unwrap_or_default();
        let message = waiting["message"].as_str().unwrap_or_default();
        let restarts = container["restartCount"].as_u64().unwrap_or(0);
        let gone =
            ["not found", "manifest unknown", "unauthorized", "denied"].iter().any(|word| message.contains(word));
        let doomed = match reason {
            "CrashLoopBackOff" => restarts >= 2,
            "ErrImagePull" | "ImagePullBackOff" => gone,
            "InvalidImageName" | "RunContainerError" | "ContainerCannotRun" => true,
            "CreateContainerConfigError" => !message.contains("failed to sync"),
            _ => false,
        };
        if doomed {
            let last = &container["lastState"]["terminated"];
            let exit = last["exitCode"].as_i64().map_or_else(String::new, |code| {
                format!(", last exit code {code} ({})", last["reason"].as_str().unwrap_or("Error"))
            });
            let image = if reason.contains("Image") { format!(" {}", text(container, "image")) } else { String::new() };
            let container = container["name"].as_str().unwrap_or("?");
            let said = if message.is_empty() { String::new() } else { format!(": {message}") };
            return Some(format!("pod {name}, container {container}: {reason}{image}{exit}{said}"));
        }
    }
    None
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
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

    #[test]
    fn a_pod_that_cannot_start_says_why() {
        let pod = json!({"metadata": {"name": "db-0"}, "status": {"containerStatuses": [{"name": "db", "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}});
        assert_eq!(doom(&pod).unwrap(), "pod db-0, container db: CrashLoopBackOff, last exit code 137 (OOMKilled)");
        let pulling = json!({"metadata": {"name": "a"}, "status": {"containerStatuses": [{"name": "c", "restartCount": 0,
            "state": {"waiting": {"reason": "ErrImagePull", "message": "connection reset"}}}]}});
        assert_eq!(doom(&pulling), None);
    }
}
