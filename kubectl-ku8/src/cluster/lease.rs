//! Keeps a lease that was taken: renews it, asks again after an absence, gives it back.
//! It never takes one, and once lost it stays lost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::lock::Claim;
use super::{Cluster, ClusterError, Resource};
use crate::object::{GroupKind, LiveObject, ObjectKey};

/// Giving back is a courtesy and must not keep a command that has failed already.
const RELEASE: Duration = Duration::from_secs(2);

/// Seconds a renewal's stamp may be behind the server's answer to it.
const STAMP: i64 = 2;

/// Deletions in a row go on without another renewal for this long.
const DELETING: Duration = Duration::from_secs(1);

/// A lease that is ours until it is lost.
pub(crate) struct Kept {
    cluster: Cluster,
    key: ObjectKey,
    name: String,
    claim: Claim,
    lost: AtomicBool,
    /// The last write asked for was a deletion.
    deleting: AtomicBool,
    /// The Lease as it was last written; held while it is written.
    latest: tokio::sync::Mutex<LiveObject>,
    good: Mutex<Good>,
}

/// When the last successful renewal was sent, by both clocks: the monotonic one stands still while a laptop sleeps,
/// and the other one can be set.
#[derive(Clone, Copy)]
pub(crate) struct Good {
    monotonic: Instant,
    wall: jiff::Timestamp,
}

impl Good {
    pub(crate) fn now(claim: &Claim) -> Self {
        Self { monotonic: Instant::now(), wall: (claim.clock)() }
    }

    fn age(self, claim: &Claim) -> Duration {
        let wall = Duration::try_from((claim.clock)().duration_since(self.wall)).unwrap_or_default();
        self.monotonic.elapsed().max(wall)
    }
}

impl Kept {
    /// `taken` is the Lease as the server answered, and when it was asked for.
    pub(crate) fn new(
        cluster: Cluster,
        key: ObjectKey,
        name: &str,
        claim: Claim,
        (live, sent): (LiveObject, Good),
    ) -> Self {
        let good = Mutex::new(sent);
        let latest = tokio::sync::Mutex::new(live);
        let (lost, deleting) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { cluster, key, name: name.to_owned(), claim, lost, deleting, latest, good }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Asked before every write. While the last renewal is recent it costs nothing; after an absence (a stopped
    /// process, a laptop that slept, a server out of reach) the lease is renewed first, which only its holder can.
    /// What is deleted cannot be brought back, so that a row of deletions begins with a renewal whatever its age.
    ///
    /// # Errors
    /// [`ClusterError::LockLost`]; nothing more may be written then.
    pub(crate) async fn confirm(&self, deletes: bool) -> Result<(), ClusterError> {
        let in_a_row = self.deleting.swap(deletes, Ordering::Relaxed);
        let oldest = if deletes { DELETING } else { self.claim.lasts * 2 / 3 };
        if !self.is_lost() && (deletes && !in_a_row || self.age() > oldest) {
            self.renew().await;
            // Two thirds of the duration without a renewal: somebody may take it at any moment.
            self.lost.fetch_or(self.is_late(), Ordering::Relaxed);
        }
        if self.is_lost() { Err(ClusterError::LockLost(self.name.clone())) } else { Ok(()) }
    }

    /// Renews it every third of its duration, until it is lost or the task is ended.
    pub(crate) async fn keep(self: std::sync::Arc<Self>) {
        while !self.is_lost() {
            tokio::time::sleep(self.claim.lasts / 3).await;
            self.renew().await;
            self.lost.fetch_or(self.is_late(), Ordering::Relaxed);
        }
    }

    /// Empties the holder, unless it is known to be somebody else's by now.
    pub(crate) async fn release(&self) {
        if self.is_lost() {
            return;
        }
        let empty = |value: &mut Value| {
            value["spec"]["holderIdentity"] = json!("");
            value["spec"]["leaseDurationSeconds"] = json!(1);
        };
        if tokio::time::timeout(RELEASE, self.write(&empty)).await.is_err() {
            tracing::debug!("lease not released in time; it runs out by itself");
        }
    }

    fn age(&self) -> Duration {
        self.good.lock().map_or(Duration::MAX, |good| good.age(&self.claim))
    }

    fn is_late(&self) -> bool {
        self.age() > self.claim.lasts * 2 / 3
    }

    /// Boxed, because every write asks for the lease, and renewing it is a write (though one of another client).
    fn renew(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // A renewal that hangs must not keep the next one from being sent.
            let limit = (self.claim.lasts / 3).max(Duration::from_secs(1));
            for _ in 0..2 {
                let began = Good::now(&self.claim);
                let time = self.cluster.server_time().unwrap_or_else(self.claim.clock);
                let now = |value: &mut Value| value["spec"]["renewTime"] = json!(stamp(time));
                if !matches!(tokio::time::timeout(limit, self.write(&now)).await, Ok(true)) {
                    return;
                }
                if let Ok(mut good) = self.good.lock() {
                    *good = began;
                }
                // The server's time is counted on by a clock that stands still while a laptop sleeps: the answer has
                // the true one, and a stamp of long ago would look like a lease that ran out.
                let late = self.cluster.server_time().map_or(0, |now| now.as_second() - time.as_second());
                if late <= STAMP {
                    return;
                }
            }
        })
    }

    /// Writes a change to the Lease and says whether it is written. When another write came between, it is ours only
    /// if it still names us: then an earlier write of ours had arrived without our knowing.
    async fn write(&self, change: &(dyn Fn(&mut Value) + Sync)) -> bool {
        let mut live = self.latest.lock().await;
        for _ in 0..2 {
            let mut value = live.value.clone();
            change(&mut value);
            match self.cluster.replace(&leases(), &self.key, &value).await {
                Ok(written) => {
                    *live = written;
                    return true;
                }
                Err(error) if error.is_conflict() || error.is_not_found() => {}
                Err(error) => {
                    tracing::debug!("lease not written: {error}");
                    return false;
                }
            }
            match self.cluster.reader().read(&leases(), &self.key).await {
                Ok(Some(now)) if is_same(&live, &now, &self.claim.holder) => *live = now,
                Ok(_) => {
                    self.lost.store(true, Ordering::Relaxed);
                    return false;
                }
                Err(error) => {
                    tracing::debug!("lease not read back: {error}");
                    return false;
                }
            }
        }
        false
    }
}

/// Whether a Lease is the one we hold: the same object, still ours, in the same term.
fn is_same(held: &LiveObject, now: &LiveObject, holder: &str) -> bool {
    let term = |lease: &LiveObject| lease.value["spec"]["leaseTransitions"].as_i64();
    held.uid() == now.uid() && now.value["spec"]["holderIdentity"] == holder && term(held) == term(now)
}

/// Where Leases live.
pub(crate) fn leases() -> Resource {
    Resource::built_in(&GroupKind::new("coordination.k8s.io", "Lease")).expect("Lease is in the built-in table")
}

/// A time with microseconds, as Leases want it.
pub(crate) fn stamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_of_another_term_is_not_ours_although_it_names_us() {
        let lease = |uid: &str, holder: &str, term: i64| LiveObject {
            value: json!({"metadata": {"uid": uid}, "spec": {"holderIdentity": holder, "leaseTransitions": term}}),
        };
        let held = lease("1", "a@b/1/x", 4);
        assert!(is_same(&held, &lease("1", "a@b/1/x", 4), "a@b/1/x"));
        assert!(!is_same(&held, &lease("1", "a@b/1/x", 5), "a@b/1/x"));
        assert!(!is_same(&held, &lease("2", "a@b/1/x", 4), "a@b/1/x"));
        assert!(!is_same(&held, &lease("1", "", 4), "a@b/1/x"));
    }
}
