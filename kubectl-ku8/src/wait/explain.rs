//! Asks a workload's pods what keeps them from being ready.
//! It only reads, and what it may not read it goes without.

use serde_json::Value;

use super::pods::{self, PodVersion, Trouble, Verdict};
use super::status::{self, Health, Status};
use crate::cluster::{PlanClient, Resource};
use crate::object::{GroupKind, LiveObject, ObjectKey};

/// A pod of a workload, and how it stands to the workload's present version.
pub(super) struct OwnPod {
    pub(super) value: Value,
    pub(super) version: PodVersion,
}

impl OwnPod {
    pub(super) fn troubles(&self, of_job: bool) -> Vec<Trouble> {
        if self.version == PodVersion::Replaced { Vec::new() } else { pods::troubles(&self.value, of_job) }
    }
}

/// Whether objects of this kind have pods.
pub(super) fn has_pods(key: &ObjectKey) -> bool {
    matches!(
        (key.group.as_str(), key.kind.as_str()),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") | ("batch", "Job")
    )
}

/// Says why a workload is late; a pod that cannot start makes it Failed (plan-apply.md, section 1, doom rules).
/// Returns the uid of a pod no node has room for, if that is what it waits for.
pub(super) async fn explain(
    cluster: &PlanClient,
    key: &ObjectKey,
    live: &LiveObject,
    found: &mut Health,
) -> Option<String> {
    // Until the controller has seen a change, the pods are those of the version before. A Job has no such field.
    if key.kind != "Job" && live.value["status"]["observedGeneration"] != live.value["metadata"]["generation"] {
        return None;
    }
    let (refused, pods) = own_pods(cluster, key, live).await;
    if let Some(message) = refused {
        *found = Health { status: Status::Failed, message };
        return None;
    }
    let of_job = key.kind == "Job";
    let mut all: Vec<(Trouble, PodVersion, &Value)> = pods
        .iter()
        .flat_map(|pod| pod.troubles(of_job).into_iter().map(|trouble| (trouble, pod.version, &pod.value)))
        .collect();
    all.sort_by_key(|(trouble, ..)| trouble.verdict);
    let (worst, version, pod) = all.first()?;
    match worst.verdict {
        Verdict::Final => {
            let stuck = if *version == PodVersion::Stuck {
                format!(
                    "; it is of the version before, and its StatefulSet waits for it: kubectl delete pod {}",
                    worst.pod
                )
            } else {
                String::new()
            };
            *found = Health { status: Status::Failed, message: format!("{worst}{stuck}") };
            None
        }
        Verdict::Unschedulable => {
            found.message = join(&found.message, &worst.to_string());
            pod["metadata"]["uid"].as_str().map(str::to_owned)
        }
        Verdict::Passing => {
            // Every pod begins like this; it says nothing.
            if !matches!(worst.reason.as_str(), "ContainerCreating" | "PodInitializing") {
                found.message = join(&found.message, &worst.to_string());
            }
            None
        }
    }
}

/// The pods of a workload that are not stopping; and why the server refuses to make them, if it does.
pub(super) async fn own_pods(
    cluster: &PlanClient,
    key: &ObjectKey,
    live: &LiveObject,
) -> (Option<String>, Vec<OwnPod>) {
    let Some(selector) = pods::match_labels(&live.value) else { return (None, Vec::new()) };
    let owner = if key.kind == "Deployment" {
        match newest_replica_set(cluster, key, live, &selector).await {
            Some(set) => match status::replica_failure(&set.value) {
                Some(message) => return (Some(message), Vec::new()),
                None => set.uid().to_owned(),
            },
            None => return (None, Vec::new()),
        }
    } else {
        live.uid().to_owned()
    };
    let listed = cluster.list(&PlanClient::core("Pod"), &key.namespace, &selector).await.unwrap_or_default();
    let own = listed.into_iter().filter(|pod| pods::is_controlled_by(&pod.value, &owner));
    let with_version =
        own.map(|pod| OwnPod { version: pods::pod_version(&key.kind, &live.value, &pod.value), value: pod.value });
    (None, with_version.collect())
}

fn join(left: &str, right: &str) -> String {
    if left.is_empty() { right.to_owned() } else { format!("{left}; {right}") }
}

/// The ReplicaSet of a Deployment's present version, once there is one.
async fn newest_replica_set(
    cluster: &PlanClient,
    key: &ObjectKey,
    live: &LiveObject,
    selector: &str,
) -> Option<LiveObject> {
    const REVISION: &str = "deployment.kubernetes.io/revision";
    let sets = Resource::built_in(&GroupKind::new("apps", "ReplicaSet"))?;
    let found = cluster.list(&sets, &key.namespace, selector).await.ok()?;
    found.into_iter().find(|set| {
        pods::is_controlled_by(&set.value, live.uid()) && set.annotation(REVISION) == live.annotation(REVISION)
    })
}
