//! What happens on the way to a lock, in words.
//! It never takes or frees one.

use crate::cluster::{LockEvent, person};

/// One event as a person reads it.
pub(super) fn lock_words(event: &LockEvent) -> String {
    match event {
        LockEvent::Waiting { name, holder, limit } => {
            format!("Waiting up to {} s for {} to end its operation on {name}", limit.as_secs(), person(holder))
        }
        LockEvent::TakenOver { holder, gone: true } => {
            format!("Taking over from {}, which has ended", person(holder))
        }
        LockEvent::TakenOver { holder, gone: false } => format!("Taking over from {} (expired)", person(holder)),
    }
}
