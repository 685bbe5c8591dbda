//! Stage 7: waits until every object is Current, and says what it is waiting for.
//! It only reads; the deadline belongs to the caller.

pub mod status;

use std::collections::BTreeMap;
use std::time::Duration;

pub use status::{Health, Status, health};

use crate::cluster::{Ask, ClusterError, PlanClient, Resource};
use crate::object::{GroupKind, LiveObject, ObjectKey};

/// Between two looks; the first look is at once.
const PAUSE: Duration = Duration::from_millis(500);

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

/// Looks at objects until all are Current, one has failed, or `limit` has passed. `on` is told each look.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn until_current(
    cluster: &PlanClient,
    keys: &[(ObjectKey, String)],
    limit: Duration,
    on: &mut dyn FnMut(&WaitReport),
) -> Result<WaitReport, ClusterError> {
    let end = tokio::time::Instant::now() + limit;
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
    let asks = keys.iter().map(|(key, version)| Ask::Read(key.clone(), Some(version.clone()))).collect();
    let observed = cluster.observe(asks).await?;
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

/// Asks a late workload's own pods; a pod that cannot start makes it Failed (plan-apply.md, section 1, doom rules).
async fn explain(cluster: &PlanClient, key: &ObjectKey, live: &LiveObject, found: &mut Health) {
    let Some(selector) = status::match_labels(&live.value) else { return };
    let owner = if key.kind == "Deployment" {
        newest_replica_set(cluster, key, live, &selector).await
    } else {
        Some(live.uid().to_owned())
    };
    let Some(owner) = owner else { return };
    // Reading pods may be forbidden; waiting goes on without their words then.
    let Ok(pods) = cluster.list(&PlanClient::core("Pod"), &key.namespace, &selector).await else { return };
    let own = pods.into_iter().filter(|pod| is_controlled_by(pod, &owner));
    let own: Vec<serde_json::Value> = own.map(|pod| pod.value).collect();
    if let Some(why) = status::blame(&live.value, &own) {
        *found = why;
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
    let newest = found
        .iter()
        .find(|set| is_controlled_by(set, live.uid()) && set.annotation(REVISION) == live.annotation(REVISION));
    newest.map(|set| set.uid().to_owned())
}

/// Labels alone do not say whose a pod is: others may carry the same.
fn is_controlled_by(object: &LiveObject, uid: &str) -> bool {
    let owners = object.value["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|owner| owner["controller"] == true && owner["uid"] == uid)
}
