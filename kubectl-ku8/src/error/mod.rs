//! Errors as commands end with them: a message, the next step, the exit code, and an id with a page of its own.
//! One place maps every room's errors to them; rooms never know about exit codes or ids.

mod findings;
mod ids;
mod registries;
mod rooms;
mod trust;

use thiserror::Error;

pub use findings::Finding;
pub use ids::{id, page, pages, title};

/// Exit codes (acceptance.md).
pub mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// An error before or at a write; also usage errors and a declined prompt.
    pub const ERROR: u8 = 1;
    /// `plan --detailed-exitcode`: there are changes.
    pub const CHANGES: u8 = 2;
    /// The plan is stale.
    pub const STALE: u8 = 3;
    /// Another operation holds the lock.
    pub const LOCKED: u8 = 4;
    /// Written, but not ready in time, or partial.
    pub const NOT_READY: u8 = 5;
    /// Somebody else owns an object or a field.
    pub const OWNERSHIP: u8 = 6;
    /// Ctrl-C.
    pub const INTERRUPTED: u8 = 130;
}

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct CommandError {
    /// Stable name of this kind of error, such as `KU8-C004`; [`page`] tells more about it.
    pub id: &'static str,
    /// Exit code.
    pub code: u8,
    /// What failed, on what, and why.
    pub message: String,
    /// What to do next, one thought each.
    pub hints: Vec<String>,
    /// What is wrong with the values, one by one; the message is made of them when there are any.
    pub findings: Vec<Finding>,
}

impl CommandError {
    /// An error without a hint, exit code 1 and the general id.
    pub fn new(message: impl Into<String>) -> Self {
        Self { id: id::GENERAL, code: exit::ERROR, message: message.into(), hints: Vec::new(), findings: Vec::new() }
    }

    /// Says which kind of error it is.
    pub fn id(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    /// Adds a next step.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Sets the exit code.
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}
