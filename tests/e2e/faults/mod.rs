//! Everything that can go wrong between a command and its server, and what must be true all the same: the promises
//! P1 to P3, P6, P7, P11 and P23 of the design, each with its figure.
//!
//! A fault proxy stands between the two. With `KU8_FULL=1` every point is tried, otherwise every tenth.

mod ambiguous;
mod api;
mod contended;
mod crash;
mod ends;
mod lock;
mod once;
mod proxy;
mod stack;
mod table;
pub(crate) mod wire;

use crate::stage::{full, say};

/// `all` in a full run, else a tenth of it.
fn count(all: usize) -> usize {
    if full() { all } else { all.div_ceil(10) }
}

/// One line past the capture of test output: what was promised, and how often it was seen to hold.
fn figure(promise: &str, text: &str) {
    say(&format!("{promise}: {text}"));
}
