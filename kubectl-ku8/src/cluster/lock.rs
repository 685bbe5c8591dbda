//! The lock of a definition: a Lease, taken by POST, renewed and released by PUT with uid and resourceVersion.
//! It is a courtesy between operators; safety is in every object's own uid and resourceVersion (decisions.md, 37).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::Instant;

use super::lease::{Good, Kept, leases, stamp};
use super::{Cluster, ClusterError};
use crate::object::{LiveObject, ObjectKey, labels, printable};

/// Where the time comes from; commands pass theirs in.
pub type Clock = fn() -> jiff::Timestamp;

/// Who takes a lock, and how.
#[derive(Clone)]
pub struct Claim {
    /// `user@host/pid/place`, unlike any other operation's, so that people and the next process can tell who it is.
    pub holder: String,
    /// How long the lease lasts without renewal; renewed every third of it.
    pub lasts: Duration,
    /// How long to wait for somebody else's operation to end; `None` does not wait.
    pub wait: Option<Duration>,
    /// This machine's clock. It only shows how long this process was away, and never judges anybody else's lease.
    pub clock: Clock,
    /// Says whether a holder is a process of this machine that has ended: then its lease is free at once.
    pub is_gone: fn(&str) -> bool,
    /// Told what happens on the way to the lock.
    pub tell: Arc<dyn Fn(&LockEvent) + Send + Sync>,
}

/// What happens on the way to a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockEvent {
    /// Somebody else has it, and their end is waited for; told once for each holder.
    Waiting {
        /// The definition.
        name: String,
        /// `user@host/pid/place`.
        holder: String,
        /// How long it is waited for at most.
        limit: Duration,
    },
    /// It was taken from a holder that had not given it back.
    TakenOver {
        /// `user@host/pid/place`.
        holder: String,
        /// The holder is a process of this machine that has ended; otherwise its lease ran out.
        gone: bool,
    },
}

/// Why an operation may not go on.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody else works on it.
    #[error("{name} is being published by {}, renewed {seconds} s ago", person(.holder))]
    Held {
        /// The definition.
        name: String,
        /// `user@host/pid/place`.
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

/// `user@host/pid/place` as a person says it.
pub fn person(holder: &str) -> String {
    let mut parts = holder.split('/');
    let who = parts.next().unwrap_or_default();
    match parts.next() {
        Some(process) => format!("{who} (process {process})"),
        None => who.to_owned(),
    }
}

/// A held lock; renewed in the background until it is released or dropped.
pub struct Lock {
    kept: Arc<Kept>,
    writer: Cluster,
    waited: bool,
    renewer: tokio::task::JoinHandle<()>,
}

/// Between two looks at a lease that is waited for.
const LOOK: Duration = Duration::from_millis(500);

/// Dates in replies are whole seconds, at both ends; a lease counts as run out only beyond this.
const MARGIN: Duration = Duration::from_secs(2);

impl Lock {
    /// Takes the lock, also over from a holder whose lease ran out. With [`Claim::wait`] it waits for the holder; what
    /// was read before that is old then, see [`Lock::waited`].
    ///
    /// # Errors
    /// [`LockError::Held`] names the holder.
    pub async fn acquire(cluster: &Cluster, namespace: &str, name: &str, claim: Claim) -> Result<Self, LockError> {
        let key = ObjectKey::new("coordination.k8s.io", "Lease", namespace, format!("ku8.{name}"));
        let began = Instant::now();
        let mut watch = Watch::default();
        let mut told = None;
        let (live, sent) = loop {
            let sent = Good::now(&claim);
            match take(cluster, &key, name, &claim, &mut watch).await? {
                Taking::Ours(live) => break (live, sent),
                Taking::Held { holder, seconds } => {
                    let left = claim.wait.map(|wait| wait.saturating_sub(began.elapsed()));
                    let Some(left) = left.filter(|left| !left.is_zero()) else {
                        return Err(LockError::Held { name: name.to_owned(), holder, seconds });
                    };
                    if told.as_ref() != Some(&holder) {
                        let (name, limit) = (name.to_owned(), claim.wait.unwrap_or_default());
                        (claim.tell)(&LockEvent::Waiting { name, holder: holder.clone(), limit });
                        told = Some(holder);
                    }
                    tokio::time::sleep(LOOK.min(left)).await;
                }
            }
        };
        let kept = Arc::new(Kept::new(cluster.clone(), key, name, claim, (live, sent)));
        let writer = cluster.under(&kept);
        let renewer = tokio::spawn(Arc::clone(&kept).keep());
        Ok(Self { kept, writer, waited: told.is_some(), renewer })
    }

    /// Says whether somebody else's operation was waited for: what was planned before is old then.
    pub fn waited(&self) -> bool {
        self.waited
    }

    /// The client to write with: each of its writes first makes sure that the lock is still ours.
    pub fn cluster(&self) -> &Cluster {
        &self.writer
    }

    /// Says whether the lock is known to be lost; what [`Lock::cluster`] writes asks more closely by itself.
    ///
    /// # Errors
    /// [`LockError::Lost`].
    pub fn check(&self) -> Result<(), LockError> {
        if self.kept.is_lost() { Err(LockError::Lost(self.kept.name().to_owned())) } else { Ok(()) }
    }

    /// Gives it back. The Lease stays, its holder empty; a failure only means that it runs out by itself.
    pub async fn release(self) {
        self.renewer.abort();
        self.kept.release().await;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.renewer.abort();
    }
}

enum Taking {
    Ours(LiveObject),
    Held { holder: String, seconds: i64 },
}

async fn take(
    cluster: &Cluster,
    key: &ObjectKey,
    name: &str,
    claim: &Claim,
    watch: &mut Watch,
) -> Result<Taking, LockError> {
    let resource = leases();
    let spec = |transitions: i64| {
        let now = stamp(cluster.server_time().unwrap_or_else(claim.clock));
        json!({"holderIdentity": claim.holder, "leaseDurationSeconds": claim.lasts.as_secs().max(1),
               "acquireTime": now, "renewTime": now, "leaseTransitions": transitions})
    };
    let Some(live) = cluster.reader().read(&resource, key).await? else {
        let value = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": spec(0), "metadata": {
            "name": key.name, "namespace": key.namespace, "labels": {labels::KIND: "lock", labels::NAME: name,
            labels::MANAGED_BY: labels::MANAGED_BY_VALUE}}});
        return match cluster.create(&resource, key, &value).await {
            Ok(live) => Ok(Taking::Ours(live)),
            Err(error) if error.is_conflict() => Ok(held(cluster, key).await),
            Err(error) => Err(error.into()),
        };
    };
    let now = cluster.server_time();
    let verdict = judge(&live.value, now, watch.unchanged(&live), &claim.holder);
    let mut from = None;
    if let Verdict::Held { holder, seconds } = verdict {
        if !(claim.is_gone)(&holder) {
            return Ok(Taking::Held { holder: printable(&holder), seconds });
        }
        from = Some((holder, true));
    } else if let Verdict::RanOut(holder) = verdict {
        from = Some((holder, false));
    }
    let mut value = live.value.clone();
    value["spec"] = spec(live.value["spec"]["leaseTransitions"].as_i64().unwrap_or(0) + 1);
    match cluster.replace(&resource, key, &value).await {
        Ok(live) => {
            if let Some((holder, gone)) = from {
                (claim.tell)(&LockEvent::TakenOver { holder: printable(&holder), gone });
            }
            Ok(Taking::Ours(live))
        }
        Err(error) if error.is_conflict() => Ok(held(cluster, key).await),
        Err(error) => Err(error.into()),
    }
}

/// Somebody was quicker; who it was, if the Lease says.
async fn held(cluster: &Cluster, key: &ObjectKey) -> Taking {
    let live = cluster.reader().read(&leases(), key).await.ok().flatten();
    let verdict = live.map(|live| judge(&live.value, cluster.server_time(), Duration::ZERO, ""));
    match verdict {
        Some(Verdict::Held { holder, seconds }) => Taking::Held { holder: printable(&holder), seconds },
        _ => Taking::Held { holder: "somebody else".to_owned(), seconds: 0 },
    }
}

/// How long the same renewal has been seen, by our own monotonic clock.
#[derive(Default)]
struct Watch {
    seen: Option<(String, Instant)>,
}

impl Watch {
    fn unchanged(&mut self, live: &LiveObject) -> Duration {
        match &self.seen {
            Some((version, since)) if version == live.resource_version() => since.elapsed(),
            _ => {
                self.seen = Some((live.resource_version().to_owned(), Instant::now()));
                Duration::ZERO
            }
        }
    }
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Free,
    RanOut(String),
    Held { holder: String, seconds: i64 },
}

/// Whose lease it is. It has run out when the server's clock says so (renewals are stamped with the server's time, not
/// with a laptop's), or when we ourselves saw no renewal for as long as it lasts. No local wall clock has a say.
fn judge(lease: &Value, server: Option<jiff::Timestamp>, unchanged: Duration, ours: &str) -> Verdict {
    let spec = &lease["spec"];
    let Some(holder) = spec["holderIdentity"].as_str().filter(|holder| !holder.is_empty()) else {
        return Verdict::Free;
    };
    // Names are never given twice to living operations: this one is left over from a process that had our number.
    if holder == ours {
        return Verdict::RanOut(holder.to_owned());
    }
    let lasts = Duration::from_secs(spec["leaseDurationSeconds"].as_u64().unwrap_or(0));
    let renewed: Option<jiff::Timestamp> = spec["renewTime"].as_str().and_then(|time| time.parse().ok());
    let age = server.zip(renewed).map_or(0, |(now, renewed)| now.as_second() - renewed.as_second());
    let ran_out = u64::try_from(age).is_ok_and(|age| age > (lasts + MARGIN).as_secs()) || unchanged > lasts + MARGIN;
    if ran_out {
        Verdict::RanOut(holder.to_owned())
    } else {
        Verdict::Held { holder: holder.to_owned(), seconds: age.max(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> jiff::Timestamp {
        "2026-01-01T00:01:00Z".parse().unwrap()
    }

    fn lease(holder: &str, seconds_ago: i64) -> Value {
        let renewed = now() - jiff::SignedDuration::from_secs(seconds_ago);
        json!({"spec": {"holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": renewed.to_string()}})
    }

    #[test]
    fn a_lease_that_ran_out_by_the_servers_clock_is_free() {
        let judged = |holder: &str, ago: i64| judge(&lease(holder, ago), Some(now()), Duration::ZERO, "me@here/2/x");
        assert_eq!(judged("a@b/1/x", 5), Verdict::Held { holder: "a@b/1/x".to_owned(), seconds: 5 });
        assert_eq!(judged("a@b/1/x", 32), Verdict::Held { holder: "a@b/1/x".to_owned(), seconds: 32 });
        assert_eq!(judged("a@b/1/x", 33), Verdict::RanOut("a@b/1/x".to_owned()));
        assert_eq!(judged("", 1), Verdict::Free);
        assert_eq!(judged("me@here/2/x", 1), Verdict::RanOut("me@here/2/x".to_owned()), "a leftover of our number");
    }

    #[test]
    fn without_a_servers_clock_only_what_was_seen_counts() {
        let judged = |ago: i64, seen: u64| judge(&lease("a@b/1/x", ago), None, Duration::from_secs(seen), "me");
        assert!(matches!(judged(4000, 0), Verdict::Held { .. }), "an old stamp alone proves nothing");
        assert!(matches!(judged(4000, 33), Verdict::RanOut(_)));
        assert!(matches!(judged(-4000, 31), Verdict::Held { .. }));
        assert!(matches!(judged(-4000, 33), Verdict::RanOut(_)), "a stamp from the future ends too");
    }
}
