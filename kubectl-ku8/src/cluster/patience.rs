//! When a request is sent again, after how long, and when it is enough. Pure but for the monotonic clock.
//! It never sends anything, and never waits longer than a person would.

use std::time::Duration;

use tokio::time::Instant;

use super::ClusterError;

/// Tries of one request (plan-apply.md, section 3.8).
const TRIES: u32 = 5;

/// One request is not begun again after this.
const WINDOW: Duration = Duration::from_secs(20);

/// After the first try; doubled each time.
const PAUSE: Duration = Duration::from_millis(250);

/// A server that has answered nothing at all yet is given up after this.
const FIRST_ANSWER: Duration = Duration::from_secs(8);

/// What follows a failure (looking whether a write arrived, recording how it ended, giving the lock back) gets this
/// much beyond the request timeout, all together, until something succeeds again.
const GRACE: Duration = Duration::from_secs(3);

/// No request gets less: on loopback this is plenty, and it still ends.
const LEAST: Duration = Duration::from_millis(250);

/// Time one command may lose in all, as a multiple of the request timeout; after that nothing is tried again.
const LOST: u32 = 4;

/// The tries of one request.
pub(crate) struct Tries {
    began: Instant,
    made: u32,
    limit: Duration,
}

impl Tries {
    /// `timeout` is the longest the request may take, all tries together.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { began: Instant::now(), made: 0, limit: timeout }
    }

    /// Time left for the next try.
    pub(crate) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.began.elapsed())
    }

    /// Which try the next one is, from 2 on, for people.
    pub(crate) fn next(&self) -> u32 {
        self.made + 1
    }

    /// Since the first try.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How long to pause after this failure before another try; `None` when it is enough. The server's own wish counts
    /// when it can be met at all: a wish for an hour is an answer, not a pause.
    pub(crate) fn pause(&mut self, failure: &ClusterError) -> Option<Duration> {
        self.made += 1;
        let wish = failure.status().and_then(|status| status.retry_after);
        let pause = wish.unwrap_or_else(|| PAUSE * 2_u32.pow(self.made.min(6)));
        let end = WINDOW.min(self.limit);
        (self.made < TRIES && self.began.elapsed() + pause < end).then_some(pause)
    }
}

/// How a command fares with its server. Reads and writes are told apart: reads that work say nothing about writes.
#[derive(Default)]
pub(crate) struct Patience {
    answered: bool,
    /// When the first of the failures since the last success was sent: of reads, of writes.
    since: [Option<Instant>; 2],
    lost: Duration,
}

impl Patience {
    /// The longest the next try may take.
    pub(crate) fn limit(&self, repeatable: bool, timeout: Duration, now: Instant) -> Duration {
        let limit = if self.answered { timeout } else { timeout.min(FIRST_ANSWER) };
        match self.since[usize::from(repeatable)] {
            Some(since) => limit.min((timeout + GRACE).saturating_sub(now - since)).max(LEAST),
            None => limit,
        }
    }

    /// Whether anything has come from the server yet.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered
    }

    /// Whether this command has lost so much time that nothing is worth another try.
    pub(crate) fn is_over(&self, timeout: Duration, now: Instant) -> bool {
        let since: Duration = self.since.iter().flatten().map(|since| now - *since).sum();
        self.lost + since > timeout.saturating_mul(LOST)
    }

    /// Notes how a try ended: when it was sent, whether anything came back, whether it did what it was for.
    pub(crate) fn note(&mut self, repeatable: bool, sent: Instant, answered: bool, good: bool, now: Instant) {
        self.answered |= answered;
        let since = &mut self.since[usize::from(repeatable)];
        if good {
            self.lost += since.take().map(|since| now - since).unwrap_or_default();
        } else {
            since.get_or_insert(sent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ApiStatus;
    use super::*;

    fn refused(code: u16, body: &str) -> ClusterError {
        let status = ApiStatus::parse(code, body, false);
        ClusterError::Api { verb: "get".into(), resource: "pods".into(), name: "a".into(), status }
    }

    #[test]
    fn a_wish_that_cannot_be_met_ends_the_tries() {
        let mut tries = Tries::new(Duration::from_secs(30));
        assert_eq!(tries.pause(&refused(429, r#"{"details":{"retryAfterSeconds":2}}"#)), Some(Duration::from_secs(2)));
        assert_eq!(tries.pause(&refused(429, r#"{"details":{"retryAfterSeconds":86400}}"#)), None);
    }

    #[test]
    fn five_tries_and_no_more() {
        let mut tries = Tries::new(Duration::from_mins(1));
        let pauses: Vec<_> = std::iter::from_fn(|| tries.pause(&refused(503, ""))).collect();
        assert_eq!(pauses.len(), 4);
        assert!(pauses.iter().sum::<Duration>() < WINDOW, "{pauses:?}");
    }

    #[test]
    fn what_follows_a_failure_is_short_until_something_succeeds() {
        let (timeout, begin) = (Duration::from_secs(10), Instant::now());
        let mut patience = Patience::default();
        assert_eq!(patience.limit(true, Duration::from_secs(30), begin), FIRST_ANSWER);
        patience.note(true, begin, true, true, begin);
        assert_eq!(patience.limit(false, timeout, begin), timeout);
        let later = begin + timeout;
        patience.note(false, begin, false, false, later);
        assert_eq!(patience.limit(false, timeout, later), GRACE);
        assert_eq!(patience.limit(true, timeout, later), timeout, "reads are another matter");
        let end = later + GRACE;
        assert_eq!(patience.limit(false, timeout, end), LEAST);
        assert!(!patience.is_over(timeout, end) && patience.is_over(timeout, begin + timeout * 5));
        patience.note(false, later, true, true, end);
        assert_eq!(patience.limit(false, timeout, end), timeout);
    }
}
