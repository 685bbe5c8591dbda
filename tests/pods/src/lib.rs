//! Runs rendered objects as pods without a container engine: namespaces, mounts, users, Services, probes.
//! It never reaches beyond its own namespaces: each stage has a network, processes and mounts of its own.
//!
//! Start with [`Stage`]; `README.md` says what is true to life and what is not.

#![expect(clippy::panic, reason = "this crate is called by tests alone, and a test ends by panicking")]

mod answer;
mod container;
mod controller;
pub mod debian;
mod environment;
mod job;
mod kubelet;
mod life;
mod manifest;
pub mod maven;
mod names;
mod node;
mod process;
mod sandbox;
mod secrets;
mod stage;
mod state;
mod volumes;

use std::io::Write as _;
use std::time::{Duration, Instant};

pub use answer::Answer;
pub use stage::Stage;

/// Tries until it succeeds; what is waited for is named when time is up.
pub fn wait_for<T>(what: &str, limit: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < end, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Says that something was not checked, past the capture of test output.
pub fn skip(what: &str, why: &str) {
    // A closed stderr is no reason to fail a test.
    let _ = writeln!(std::io::stderr(), "SKIPPED {what}: {why}");
}

/// The first of these programs that is not on PATH.
pub fn missing(programs: &[&str]) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    programs.iter().find(|program| !on_path(program)).map(|program| format!("`{program}` is not on PATH"))
}
