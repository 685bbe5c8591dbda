//! What there is to read about an object that is not ready: its pods' containers, their last log lines, Warning events.
//! It only reads, in a short time, and what it cannot read it leaves out.

use std::time::Duration;

use futures::StreamExt as _;
use serde::Serialize;
use serde_json::Value;

use super::WaitReport;
use super::explain::{OwnPod, own_pods};
use super::pods::{self, PodVersion, Trouble, Verdict};
use super::status::Status;
use crate::cluster::{PlanClient, Warning};
use crate::object::{LiveObject, ObjectKey};

/// Reading all of it may take this long; the wait's limit has passed by then.
const LIMIT: Duration = Duration::from_millis(1500);
/// Objects and containers beyond these are like the first ones, and a screen is not endless.
const OBJECTS: usize = 5;
const CONTAINERS: usize = 3;
const LOG_LINES: usize = 20;
const EVENTS: usize = 5;

/// Why one object is not ready, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Its pods' containers that are in trouble, worst first.
    pub containers: Vec<ContainerDetail>,
    /// The last Warning events of the object and its pods, oldest first.
    pub events: Vec<Warning>,
}

/// One container in trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerDetail {
    /// Which, and what is wrong.
    #[serde(flatten)]
    pub trouble: Trouble,
    /// The last lines it wrote.
    pub log: Vec<String>,
    /// Whether they are of the run before this one.
    pub previous: bool,
}

/// Reads what there is about the objects that are not ready, worst first.
pub async fn diagnose(cluster: &PlanClient, versions: &[(ObjectKey, String)], report: &mut WaitReport) {
    let late: Vec<ObjectKey> = report
        .laggards()
        .into_iter()
        .filter(|(_, health)| health.status != Status::NotFound)
        .map(|(key, _)| key.clone())
        .take(OBJECTS)
        .collect();
    let asked = late.into_iter().map(|key| async move {
        let version = versions.iter().find(|(other, _)| *other == key).map(|(_, version)| version.as_str());
        let found = tokio::time::timeout(LIMIT, about(cluster, &key, version)).await;
        (key, found.ok().flatten().unwrap_or_default())
    });
    let found: Vec<(ObjectKey, Diagnosis)> = futures::stream::iter(asked).buffer_unordered(OBJECTS).collect().await;
    report.diagnoses = found.into_iter().filter(|(_, found)| *found != Diagnosis::default()).collect();
}

async fn about(cluster: &PlanClient, key: &ObjectKey, version: Option<&str>) -> Option<Diagnosis> {
    let resource = cluster.resource_of(&key.group_kind(), version).await.ok()?;
    let live: LiveObject = cluster.read(&resource, key).await.ok().flatten()?;
    let pods = if key.kind == "Pod" && key.group.is_empty() {
        vec![OwnPod { value: live.value.clone(), version: PodVersion::Current }]
    } else {
        own_pods(cluster, key, &live).await.1
    };
    let of_job = key.kind == "Job";
    let mut troubles: Vec<Trouble> = pods.iter().flat_map(|pod| pod.troubles(of_job)).collect();
    troubles.sort_by_key(|trouble| trouble.verdict);
    troubles.truncate(CONTAINERS);
    let logs = futures::future::join_all(troubles.into_iter().map(|trouble| detail(cluster, &key.namespace, trouble)));
    let mut uids = vec![live.uid().to_owned()];
    uids.extend(pods.iter().take(CONTAINERS).filter_map(|pod| pod_uid(&pod.value)));
    let events = futures::future::join_all(uids.iter().map(|uid| cluster.warnings_about(&key.namespace, uid, EVENTS)));
    let (containers, events) = futures::future::join(logs, events).await;
    let mut events: Vec<Warning> = events.into_iter().flatten().collect();
    events.sort_by(|left, right| left.at.cmp(&right.at));
    let events = events.split_off(events.len().saturating_sub(EVENTS));
    Some(Diagnosis { containers, events })
}

fn pod_uid(pod: &Value) -> Option<String> {
    let interesting = !pods::was_moved(&pod["status"]);
    pod["metadata"]["uid"].as_str().filter(|_| interesting).map(str::to_owned)
}

async fn detail(cluster: &PlanClient, namespace: &str, trouble: Trouble) -> ContainerDetail {
    // A container that never ran has no log.
    let ran = trouble.exit.is_some() || trouble.restarts > 0 || trouble.reason == "running, not ready";
    let mut log = None;
    let mut previous = trouble.restarts > 0 && trouble.verdict != Verdict::Unschedulable;
    if ran && !trouble.container.is_empty() {
        if previous {
            log = cluster.log_tail(namespace, &trouble.pod, &trouble.container, LOG_LINES, true).await;
        }
        if log.as_ref().is_none_or(Vec::is_empty) {
            previous = false;
            log = cluster.log_tail(namespace, &trouble.pod, &trouble.container, LOG_LINES, false).await;
        }
    }
    ContainerDetail { trouble, log: log.unwrap_or_default(), previous }
}
