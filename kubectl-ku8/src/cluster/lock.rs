//! The lock of a definition: a Lease, taken by POST, renewed and released by PUT with uid and resourceVersion.
//! It is a courtesy between operators; safety is in every object's own uid and resourceVersion (decisions.md, 37).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;

use super::{Cluster, ClusterError, Resource};
use crate::object::{GroupKind, LiveObject, ObjectKey, labels};

/// Where the time comes from; commands pass theirs in.
pub type Clock = fn() -> jiff::Timestamp;

/// Who takes a lock, and how.
#[derive(Clone)]
pub struct Claim {
    /// `user@host/pid/boot`, so that people and the next process can tell who it is.
    pub holder: String,
    /// How long the lease lasts without renewal; renewed every third of it.
    pub lasts: Duration,
    /// The clock.
    pub clock: Clock,
    /// Says whether a holder is a process of this machine that has ended: then its lease is free at once.
    pub is_gone: fn(&str) -> bool,
}

/// Why an operation may not go on.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody else works on it.
    #[error("{name} is being published by {holder}, renewed {seconds} s ago")]
    Held {
        /// The definition.
        name: String,
        /// `user@host/pid`.
        holder: String,
        /// Since the last renewal, as the server's clock has it.
        seconds: i64,
    },
    /// It was taken from us.
    #[error("the lock on {0} was lost: somebody took it over, or it could not be renewed")]
    Lost(String),
    /// The Lease cannot be read or written.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// A held lock; renewed in the background until it is released.
pub struct Lock {
    cluster: Cluster,
    key: ObjectKey,
    name: String,
    lost: Arc<AtomicBool>,
    renewer: tokio::task::JoinHandle<()>,
    latest: Arc<tokio::sync::Mutex<LiveObject>>,
}

impl Lock {
    /// Takes the lock, also over from a holder whose lease ran out.
    ///
    /// # Errors
    /// [`LockError::Held`] names the holder.
    pub async fn acquire(cluster: &Cluster, namespace: &str, name: &str, claim: Claim) -> Result<Self, LockError> {
        let key = ObjectKey::new("coordination.k8s.io", "Lease", namespace, format!("ku8.{name}"));
        let live = take(cluster, &key, name, &claim).await?;
        let lost = Arc::new(AtomicBool::new(false));
        let latest = Arc::new(tokio::sync::Mutex::new(live));
        let renewer = tokio::spawn(renew(cluster.clone(), key.clone(), Arc::clone(&latest), Arc::clone(&lost), claim));
        Ok(Self { cluster: cluster.clone(), key, name: name.to_owned(), lost, renewer, latest })
    }

    /// Says whether the lock is still ours; asked before every batch of writes.
    ///
    /// # Errors
    /// [`LockError::Lost`].
    pub fn check(&self) -> Result<(), LockError> {
        if self.lost.load(Ordering::Relaxed) { Err(LockError::Lost(self.name.clone())) } else { Ok(()) }
    }

    /// Gives it back. The Lease stays, its holder empty; a failure only means that it runs out by itself.
    pub async fn release(self) {
        self.renewer.abort();
        let live = self.latest.lock().await;
        let mut value = live.value.clone();
        value["spec"]["holderIdentity"] = json!("");
        value["spec"]["leaseDurationSeconds"] = json!(1);
        if let Err(error) = self.cluster.replace(&leases(), &self.key, &value).await {
            tracing::debug!("lease not released: {error}");
        }
    }
}

fn leases() -> Resource {
    Resource::built_in(&GroupKind::new("coordination.k8s.io", "Lease")).expect("Lease is in the built-in table")
}

async fn take(cluster: &Cluster, key: &ObjectKey, name: &str, claim: &Claim) -> Result<LiveObject, LockError> {
    let resource = leases();
    let spec = |transitions: i64| {
        let now = stamp((claim.clock)());
        json!({"holderIdentity": claim.holder, "leaseDurationSeconds": claim.lasts.as_secs().max(1), "acquireTime": now, "renewTime": now,
               "leaseTransitions": transitions})
    };
    let Some(live) = cluster.reader().read(&resource, key).await? else {
        let value = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": spec(0), "metadata": {
            "name": key.name, "namespace": key.namespace, "labels": {labels::KIND: "lock", labels::NAME: name,
            labels::MANAGED_BY: labels::MANAGED_BY_VALUE}}});
        return match cluster.create(&resource, key, &value).await {
            Ok(live) => Ok(live),
            Err(error) if error.is_conflict() => Err(held(cluster, key, name, claim).await),
            Err(error) => Err(error.into()),
        };
    };
    let held_by = holder_of(&live.value, (claim.clock)()).filter(|(holder, _)| !(claim.is_gone)(holder));
    if let Some((holder, seconds)) = held_by {
        return Err(LockError::Held { name: name.to_owned(), holder, seconds });
    }
    let mut value = live.value.clone();
    value["spec"] = spec(live.value["spec"]["leaseTransitions"].as_i64().unwrap_or(0) + 1);
    match cluster.replace(&resource, key, &value).await {
        Ok(live) => Ok(live),
        Err(error) if error.is_conflict() => Err(held(cluster, key, name, claim).await),
        Err(error) => Err(error.into()),
    }
}

async fn held(cluster: &Cluster, key: &ObjectKey, name: &str, claim: &Claim) -> LockError {
    let live = cluster.reader().read(&leases(), key).await.ok().flatten();
    let (holder, seconds) = live
        .and_then(|live| holder_of(&live.value, (claim.clock)()))
        .unwrap_or_else(|| ("somebody else".to_owned(), 0));
    LockError::Held { name: name.to_owned(), holder, seconds }
}

/// The holder and the age of its last renewal, unless the lease is free or ran out.
fn holder_of(lease: &Value, now: jiff::Timestamp) -> Option<(String, i64)> {
    let holder = lease["spec"]["holderIdentity"].as_str().filter(|holder| !holder.is_empty())?;
    let renewed: jiff::Timestamp = lease["spec"]["renewTime"].as_str()?.parse().ok()?;
    let lasts = lease["spec"]["leaseDurationSeconds"].as_i64().unwrap_or(0);
    let seconds = now.as_second() - renewed.as_second();
    (seconds < lasts).then(|| (crate::object::printable(holder), seconds))
}

async fn renew(
    cluster: Cluster,
    key: ObjectKey,
    latest: Arc<tokio::sync::Mutex<LiveObject>>,
    lost: Arc<AtomicBool>,
    claim: Claim,
) {
    let mut good = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(claim.lasts / 3).await;
        let mut live = latest.lock().await;
        let mut value = live.value.clone();
        value["spec"]["renewTime"] = json!(stamp((claim.clock)()));
        match cluster.replace(&leases(), &key, &value).await {
            Ok(renewed) => {
                *live = renewed;
                good = tokio::time::Instant::now();
            }
            Err(error) if error.is_conflict() || error.is_not_found() => return lost.store(true, Ordering::Relaxed),
            // Two thirds of the duration without a renewal: somebody may take it at any moment.
            Err(_) if good.elapsed() > claim.lasts * 2 / 3 => return lost.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
    }
}

/// A time with microseconds, as Leases want it.
fn stamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_ran_out_is_free() {
        let now: jiff::Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        let lease = |holder: &str, seconds_ago: i64| {
            let renewed = now - jiff::SignedDuration::from_secs(seconds_ago);
            json!({"spec": {"holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": renewed.to_string()}})
        };
        assert_eq!(holder_of(&lease("a@b/1", 5), now).map(|found| found.0), Some("a@b/1".to_owned()));
        assert_eq!(holder_of(&lease("a@b/1", 40), now), None);
        assert_eq!(holder_of(&lease("", 1), now), None);
    }
}
