//! Stage 7: waits until every object is Current, and says what it is waiting for.
//! It only reads; the deadline belongs to the caller.

pub mod pods;
pub mod status;

use std::collections::BTreeMap;
use std::time::Duration;

pub use status::{Health, Status, health};

use self::pods::PodVersion;
use crate::cluster::{ClusterError, PlanClient, Resource};
use crate::object::{GroupKind, LiveObject, ObjectKey};

/// Between two looks; the first look is at once.
const PAUSE: Duration = Duration::from_millis(500);

/// How long may be waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitLimits {
    /// For everything together.
    pub total: Duration,
    /// For one object; `None` when only the total counts.
    pub per_object: Option<Duration>,
}

/// What was seen at the last look.
#[derive(Clone, Debug, Default)]
pub struct WaitReport {
    /// Health by object.
    pub objects: BTreeMap<ObjectKey, Health>,
    /// Whether the time ran out.
    pub timed_out: bool,
}

impl WaitReport {
    /// Says whether every object is Current.
    pub fn all_current(&self) -> bool {
        self.objects.values().all(|health| health.status == Status::Current)
    }

    /// Objects that are not, worst first.
    pub fn laggards(&self) -> Vec<(&ObjectKey, &Health)> {
        let mut late: Vec<_> = self.objects.iter().filter(|(_, health)| health.status != Status::Current).collect();
        late.sort_by_key(|(_, health)| health.status);
        late
    }
}

/// Looks at objects until all are Current, one has failed, or the limits are used up. `on` is told each look.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn until_current(
    cluster: &PlanClient,
    keys: &[(ObjectKey, String)],
    limits: WaitLimits,
    on: &mut dyn FnMut(&WaitReport),
) -> Result<WaitReport, ClusterError> {
    let end = tokio::time::Instant::now() + limits.total;
    loop {
        let mut report = look(cluster, keys).await?;
        on(&report);
        let failed = report.objects.values().any(|health| health.status == Status::Failed);
        if report.all_current() || failed {
            return Ok(report);
        }
        if tokio::time::Instant::now() + PAUSE > end {
            report.timed_out = true;
            return Ok(report);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One look at all objects; pods of a late workload are asked why.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn look(cluster: &PlanClient, keys: &[(ObjectKey, String)]) -> Result<WaitReport, ClusterError> {
    let asked = keys.iter().map(|(key, version)| (key.clone(), Some(version.clone()))).collect();
    let observed = cluster.read_all(asked).await?;
    let mut report = WaitReport::default();
    for (key, seen) in observed {
        let mut found = seen.live.as_ref().map_or_else(Health::not_found, |live| health(&key, &live.value));
        if found.status == Status::InProgress
            && key.group == "apps"
            && let Some(live) = &seen.live
        {
            explain(cluster, &key, live, &mut found).await;
        }
        report.objects.insert(key, found);
    }
    Ok(report)
}

/// Asks a late workload's pods; a pod that cannot start makes it Failed (plan-apply.md, section 1, doom rules).
async fn explain(cluster: &PlanClient, key: &ObjectKey, live: &LiveObject, found: &mut Health) {
    // Until the controller has seen a change, the pods are those of the version before.
    if live.value["status"]["observedGeneration"] != live.value["metadata"]["generation"] {
        return;
    }
    let Some(selector) = pods::match_labels(&live.value) else { return };
    let newest = if key.kind == "Deployment" {
        newest_replica_set(cluster, key, live, &selector).await
    } else {
        Some(live.uid().to_owned())
    };
    let Some(owner) = newest else { return };
    // Reading pods may be forbidden; waiting goes on without their words then.
    let Ok(pods) = cluster.list(&PlanClient::core("Pod"), &key.namespace, &selector).await else { return };
    for pod in pods.iter().filter(|pod| pods::is_controlled_by(&pod.value, &owner)) {
        let Some(doom) = pods::doom(&pod.value) else { continue };
        let message = match pods::pod_version(&key.kind, &live.value, &pod.value) {
            PodVersion::Current => doom,
            PodVersion::Replaced => continue,
            PodVersion::Stuck => format!(
                "{doom}; it is of the version before, and its StatefulSet waits for it: kubectl delete pod {}",
                pod.value["metadata"]["name"].as_str().unwrap_or("?")
            ),
        };
        *found = Health { status: Status::Failed, message };
        return;
    }
}

/// The uid of the ReplicaSet of a Deployment's present version, once there is one.
async fn newest_replica_set(
    cluster: &PlanClient,
    key: &ObjectKey,
    live: &LiveObject,
    selector: &str,
) -> Option<String> {
    const REVISION: &str = "deployment.kubernetes.io/revision";
    let sets = Resource::built_in(&GroupKind::new("apps", "ReplicaSet"))?;
    let found = cluster.list(&sets, &key.namespace, selector).await.ok()?;
    let newest = found.iter().find(|set| {
        pods::is_controlled_by(&set.value, live.uid()) && set.annotation(REVISION) == live.annotation(REVISION)
    });
    newest.map(|set| set.uid().to_owned())
}
