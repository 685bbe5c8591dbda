//! How long to go on after writes that lost against somebody else's, as client-go's `RetryOnConflict` does.
//! It never sends anything, and knows nothing of failures other than conflicts.

use std::time::Duration;

use tokio::time::Instant;

/// Controllers write in bursts: while a rollout begins, a Deployment's status changes dozens of times in a second.
/// Nobody waits longer than this for one object to come to rest.
const ENOUGH: Duration = Duration::from_secs(10);

/// Before the third try; doubled each time.
const PAUSE: Duration = Duration::from_millis(5);

/// Pauses do not grow beyond this.
const LONGEST: Duration = Duration::from_millis(250);

/// The tries of one change to one object: the second follows the first at once, later ones after growing pauses.
pub(crate) struct ConflictBackoff {
    began: Instant,
    made: u32,
}

impl ConflictBackoff {
    /// Nothing tried yet.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), made: 0 }
    }

    /// Says whether to try (again), after a pause from the third try on; the first answer is yes.
    pub(crate) async fn next(&mut self) -> bool {
        if let Some(pause) = pause(self.made) {
            if self.began.elapsed() + pause > ENOUGH {
                return false;
            }
            tokio::time::sleep(pause).await;
        }
        self.made += 1;
        true
    }
}

/// The pause after so many tries; none before the first two.
fn pause(made: u32) -> Option<Duration> {
    let doubled = made.checked_sub(2)?;
    Some(PAUSE.saturating_mul(2_u32.saturating_pow(doubled)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_quarter_of_a_second() {
        let pauses: Vec<_> =
            (0..10).map(|made| pause(made).map(|pause| u64::try_from(pause.as_millis()).unwrap())).collect();
        let expected = [None, None, Some(5), Some(10), Some(20), Some(40), Some(80), Some(160), Some(250), Some(250)];
        assert_eq!(pauses, expected);
        assert_eq!(pause(u32::MAX), Some(LONGEST));
    }
}
