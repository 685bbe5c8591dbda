//! Stage 7: waits until every object is Current, and says what it is waiting for and why it is not.
//! It only reads; the limits belong to the caller.

pub mod diagnosis;
mod explain;
mod limits;
pub mod pods;
pub mod status;
mod wakes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::time::Instant;

pub use diagnosis::{ContainerDetail, Diagnosis, diagnose};
pub use limits::{TimedOut, WaitLimits};
pub use status::{Health, Status, health};

use self::explain::{explain, has_pods};
use self::wakes::Wakes;
pub use crate::cluster::Warning;
use crate::cluster::{ClusterError, PlanClient, Resource};
use crate::object::{LiveObject, ObjectKey};

/// Everything is looked at again after this, whatever the watches say (plan-apply.md, 4.1 H4).
const RELIST: Duration = Duration::from_secs(10);
/// A look that began in time may end this much after it.
const GRACE: Duration = Duration::from_millis(300);
/// Before the server is asked again after it did not answer.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Requests under way at once.
const CONCURRENCY: usize = 8;

/// What was seen at the last look.
#[derive(Clone, Debug, Default)]
pub struct WaitReport {
    /// Health by object.
    pub objects: BTreeMap<ObjectKey, Health>,
    /// Which limit ran out, if one did.
    pub timed_out: Option<TimedOut>,
    /// What there is to read about objects that are not ready.
    pub diagnoses: BTreeMap<ObjectKey, Diagnosis>,
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

    /// Nothing more will come of waiting.
    fn is_settled(&self, keep_going: bool) -> bool {
        let failed = |health: &Health| health.status == Status::Failed;
        if keep_going {
            self.objects.values().all(|health| health.status == Status::Current || failed(health))
        } else {
            self.all_current() || self.objects.values().any(failed)
        }
    }
}

/// One object as it was seen.
struct Seen {
    health: Health,
    live: Option<(LiveObject, Resource)>,
    /// The pod no node has room for.
    unschedulable: Option<String>,
}

/// Looks at objects until all are Current, one has failed, or a limit has passed; then reads why. `on` is told each
/// look. Objects are watched; what cannot be watched is polled.
///
/// # Errors
/// When the cluster cannot be read at the end of the limit, or not at all.
pub async fn until_current(
    cluster: &PlanClient,
    keys: &[(ObjectKey, String)],
    limits: WaitLimits,
    on: &mut dyn FnMut(&WaitReport),
) -> Result<WaitReport, ClusterError> {
    let start = Instant::now();
    let (longest, limit, per_object) = limits.nearest();
    let end = start + longest;
    let mut report = WaitReport::default();
    let mut wakes = Wakes::new(cluster.clone(), keys.iter().map(|(key, _)| key.clone()).collect());
    let mut roomless: BTreeMap<ObjectKey, Instant> = BTreeMap::new();
    let mut due: BTreeSet<ObjectKey> = keys.iter().map(|(key, _)| key.clone()).collect();
    let mut relist = start + RELIST;
    let mut failure = None;
    loop {
        let asked: Vec<&(ObjectKey, String)> = keys.iter().filter(|(key, _)| due.contains(key)).collect();
        match tokio::time::timeout_at(end + GRACE, look_at(cluster, asked)).await {
            Ok(Ok(seen)) => {
                failure = None;
                take(cluster, &limits, &mut report, &mut wakes, &mut roomless, seen).await;
                on(&report);
            }
            Ok(Err(error)) if !is_passing(&error) => return Err(error),
            Ok(Err(error)) => failure = Some(error),
            // The last look did not end in time; what was seen before it stands.
            Err(_) => {}
        }
        let now = Instant::now();
        if failure.is_none() && report.objects.len() == keys.len() && report.is_settled(limits.keep_going) {
            break;
        }
        if now >= end {
            if let Some(error) = failure {
                return Err(error);
            }
            report.timed_out = timed_out(keys, &report, limit, per_object);
            break;
        }
        let patience = roomless.values().map(|since| *since + limits.unschedulable).min().unwrap_or(end);
        let until = end.min(relist).min(patience.max(now + AFTER_ERROR));
        let until = if failure.is_some() { end.min(now + AFTER_ERROR) } else { until };
        due = if failure.is_some() {
            tokio::time::sleep_until(until).await;
            BTreeSet::new()
        } else {
            wakes.next(until).await
        };
        if due.is_empty() {
            // The time for a look at everything: the watches may have missed something.
            due = keys.iter().map(|(key, _)| key.clone()).collect();
            relist = Instant::now() + RELIST;
        }
    }
    if !report.all_current() {
        diagnose(cluster, keys, &mut report).await;
    }
    Ok(report)
}

/// Takes over what was seen, and watches what is worth it.
async fn take(
    cluster: &PlanClient,
    limits: &WaitLimits,
    report: &mut WaitReport,
    wakes: &mut Wakes,
    roomless: &mut BTreeMap<ObjectKey, Instant>,
    seen: Vec<(ObjectKey, Seen)>,
) {
    let mut followed = Vec::new();
    for (key, mut one) in seen {
        if let Some(pod) = one.unschedulable.take() {
            let since = *roomless.entry(key.clone()).or_insert_with(Instant::now);
            if since.elapsed() >= limits.unschedulable && !cluster.is_scaled_up_for(&key.namespace, &pod).await {
                one.health.status = Status::Failed;
            }
        } else {
            roomless.remove(&key);
        }
        let late = one.health.status != Status::Current;
        if let Some((live, resource)) = &one.live {
            if late || has_pods(&key) {
                followed.push((key.clone(), resource.clone()));
            }
            if late {
                wakes.follow_pods(&key, live);
            }
        }
        report.objects.insert(key, one.health);
    }
    wakes.follow(&followed);
}

fn timed_out(keys: &[(ObjectKey, String)], report: &WaitReport, limit: Duration, per_object: bool) -> Option<TimedOut> {
    let late = report.laggards();
    let unseen = || keys.iter().find(|(key, _)| !report.objects.contains_key(key)).map(|(key, _)| key.clone());
    let (object, reason) = match late.first() {
        Some((key, health)) if health.message.is_empty() => ((*key).clone(), health.status.to_string()),
        Some((key, health)) => ((*key).clone(), health.message.clone()),
        None => (unseen()?, "the server did not answer".to_owned()),
    };
    Some(TimedOut { limit, per_object, object, reason })
}

/// A server that is away for a moment is no reason to end a wait of minutes.
fn is_passing(error: &ClusterError) -> bool {
    match error {
        ClusterError::Unreachable { .. } | ClusterError::Timeout { .. } | ClusterError::Reply { .. } => true,
        ClusterError::Api { status, .. } => status.code == 429 || status.code >= 500,
        _ => false,
    }
}

/// One look at all objects; pods of a late workload are asked why.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn look(cluster: &PlanClient, keys: &[(ObjectKey, String)]) -> Result<WaitReport, ClusterError> {
    let seen = look_at(cluster, keys.iter().collect()).await?;
    let objects = seen.into_iter().map(|(key, seen)| (key, seen.health)).collect();
    Ok(WaitReport { objects, ..WaitReport::default() })
}

async fn look_at(
    cluster: &PlanClient,
    keys: Vec<&(ObjectKey, String)>,
) -> Result<Vec<(ObjectKey, Seen)>, ClusterError> {
    let looks = keys.into_iter().map(|(key, version)| async move {
        let seen = look_at_one(cluster, key, version).await?;
        Ok::<_, ClusterError>((key.clone(), seen))
    });
    let found: Vec<Result<_, _>> = futures::stream::iter(looks).buffer_unordered(CONCURRENCY).collect().await;
    found.into_iter().collect()
}

async fn look_at_one(cluster: &PlanClient, key: &ObjectKey, version: &str) -> Result<Seen, ClusterError> {
    let absent = Seen { health: Health::not_found(), live: None, unschedulable: None };
    let resource = match cluster.resource_of(&key.group_kind(), Some(version)).await {
        Err(ClusterError::UnknownKind { .. }) => return Ok(absent),
        other => other?,
    };
    let Some(live) = cluster.read(&resource, key).await? else { return Ok(absent) };
    let mut found = health(key, &live.value);
    let mut unschedulable = None;
    if found.status == Status::InProgress && has_pods(key) {
        unschedulable = explain(cluster, key, &live, &mut found).await;
    } else if found.status == Status::InProgress && key.kind == "Pod" {
        let roomless = pods::troubles(&live.value, false).into_iter().next();
        if let Some(trouble) = roomless.filter(|trouble| trouble.verdict == pods::Verdict::Unschedulable) {
            found.message = trouble.to_string();
            unschedulable = Some(live.uid().to_owned());
        }
    }
    Ok(Seen { health: found, live: Some((live, resource)), unschedulable })
}
