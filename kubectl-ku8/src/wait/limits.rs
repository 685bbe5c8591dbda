//! How long a wait may take, in all and for one object, and which of the two ended it.
//! Pure functions of durations; nothing here reads a clock.

use std::time::Duration;

use crate::object::ObjectKey;

/// A pod that fits no node for longer than this will not by itself (plan-apply.md, section 1).
const UNSCHEDULABLE: Duration = Duration::from_mins(1);

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitLimits {
    /// For everything together.
    pub total: Duration,
    /// How much of `total` earlier waits of the same operation have used up.
    pub spent: Duration,
    /// For one object, from the first look at it.
    pub per_object: Option<Duration>,
    /// How long a pod may fit no node before its workload counts as failed.
    pub unschedulable: Duration,
    /// Whether one failed object lets the wait for the others go on.
    pub keep_going: bool,
}

impl WaitLimits {
    /// Limits with the usual patience for unschedulable pods, ended by the first failure.
    pub fn new(total: Duration, per_object: Option<Duration>) -> Self {
        Self { total, spent: Duration::ZERO, per_object, unschedulable: UNSCHEDULABLE, keep_going: false }
    }

    /// How long this wait may take, the limit that is used up then, and whether it is the one for one object.
    pub fn nearest(&self) -> (Duration, Duration, bool) {
        let left = self.total.saturating_sub(self.spent);
        match self.per_object {
            Some(limit) if limit < left => (limit, limit, true),
            _ => (left, self.total, false),
        }
    }
}

/// Which limit ended a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOut {
    /// The limit.
    pub limit: Duration,
    /// Whether it was the one for one object.
    pub per_object: bool,
    /// The object that was not ready.
    pub object: ObjectKey,
    /// What was last seen of it.
    pub reason: String,
}

impl std::fmt::Display for TimedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let flag = if self.per_object { "--resource-timeout" } else { "--wait-timeout" };
        let reason = if self.reason.is_empty() { "nothing is known of why" } else { &self.reason };
        write!(f, "{} was not ready within {flag} {}s: {reason}", self.object, self.limit.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_limit_ends_a_wait_and_is_named() {
        let total = WaitLimits::new(Duration::from_secs(5), None);
        let seconds = Duration::from_secs;
        assert_eq!(total.nearest(), (seconds(5), seconds(5), false));
        let mut both = WaitLimits::new(Duration::from_secs(5), Some(Duration::from_secs(3)));
        assert_eq!(both.nearest(), (seconds(3), seconds(3), true));
        both.per_object = Some(Duration::from_secs(9));
        assert_eq!(both.nearest(), (seconds(5), seconds(5), false));
        both.spent = seconds(4);
        assert_eq!(both.nearest(), (seconds(1), seconds(5), false));
        let object = ObjectKey::new("batch", "Job", "n", "slow");
        let mut hit =
            TimedOut { limit: Duration::from_secs(3), per_object: true, object, reason: "1 pod running".into() };
        assert_eq!(hit.to_string(), "Job/slow was not ready within --resource-timeout 3s: 1 pod running");
        hit.per_object = false;
        assert!(hit.to_string().contains("--wait-timeout 3s"));
    }
}
