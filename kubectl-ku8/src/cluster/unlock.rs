//! Looking at a definition's lock, and taking it away from its holder.
//! It never deletes the Lease: a deleted one is made again by its old holder's next renewal (decisions.md, 37).

use serde_json::json;

use super::lease::leases;
use super::lock::Clock;
use super::{Cluster, ClusterError, PlanClient};
use crate::object::{LiveObject, ObjectKey, printable};

/// A lock that somebody holds, or did not give back.
#[derive(Clone, Debug)]
pub struct HeldLock {
    /// `user@host/pid/boot`.
    pub holder: String,
    /// Seconds since it was taken.
    pub held: i64,
    /// Seconds since it was renewed.
    pub renewed: i64,
    /// It was renewed within its duration: its holder is at work, as far as the Lease tells.
    pub live: bool,
    key: ObjectKey,
    seen: LiveObject,
}

impl PlanClient {
    /// The lock of a definition, if anybody has it.
    ///
    /// # Errors
    /// When the Lease cannot be read.
    pub async fn held_lock(&self, namespace: &str, name: &str, clock: Clock) -> Result<Option<HeldLock>, ClusterError> {
        let key = ObjectKey::new("coordination.k8s.io", "Lease", namespace, format!("ku8.{name}"));
        let Some(seen) = self.read(&leases(), &key).await? else { return Ok(None) };
        let spec = &seen.value["spec"];
        let holder = printable(spec["holderIdentity"].as_str().unwrap_or_default());
        if holder.is_empty() {
            return Ok(None);
        }
        // Stamps are the server's time; this machine's clock only stands in for a server that does not tell it.
        let now = self.http.server_time().unwrap_or_else(clock);
        let since = |field: &str| {
            let time: Option<jiff::Timestamp> = spec[field].as_str().and_then(|text| text.parse().ok());
            time.map_or(i64::MAX, |time| now.as_second().saturating_sub(time.as_second()).max(0))
        };
        let (held, renewed) = (since("acquireTime"), since("renewTime"));
        let live = renewed < spec["leaseDurationSeconds"].as_i64().unwrap_or(0);
        Ok(Some(HeldLock { holder, held, renewed, live, key, seen }))
    }
}

impl Cluster {
    /// Takes a lock away: its holder notices at its next renewal and writes no more.
    ///
    /// # Errors
    /// 409 when it was renewed, released or taken over since it was looked at.
    pub async fn break_lock(&self, lock: &HeldLock) -> Result<(), ClusterError> {
        let mut value = lock.seen.value.clone();
        let transitions = value["spec"]["leaseTransitions"].as_i64().unwrap_or(0);
        value["spec"]["holderIdentity"] = json!("");
        value["spec"]["leaseDurationSeconds"] = json!(1);
        value["spec"]["leaseTransitions"] = json!(transitions.saturating_add(1));
        self.replace(&leases(), &lock.key, &value).await.map(drop)
    }
}
