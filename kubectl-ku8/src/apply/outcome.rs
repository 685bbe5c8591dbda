//! What became of each object, in the past tense, and the events on the way.
//! Values only; showing them is the terminal's work.

use thiserror::Error;

use crate::cluster::ClusterError;
use crate::release::ObjectResult;
use crate::secrets::RandomnessError;

/// What became of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Created,
    /// It was changed.
    Configured,
    /// It was deleted and made again.
    Replaced,
    /// It was right already.
    Unchanged,
    /// It was removed.
    Pruned,
    /// It was left although no longer wanted.
    Kept,
    /// The write failed.
    Failed,
    /// An earlier failure kept it from being tried.
    Skipped,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::Pruned => "pruned",
            Self::Kept => "kept",
            Self::Failed => "failed",
            Self::Skipped => "not reached",
        })
    }
}

/// Why no further write is made although none failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// A person pressed Ctrl-C.
    Interrupted,
    /// The lock is somebody else's now.
    LockLost,
}

/// Why a write did not happen.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The cluster moved on: what was approved is no longer what would happen.
    #[error("{object} changed since the plan was shown: {what}")]
    Stale {
        /// Which object.
        object: String,
        /// What is different now.
        what: String,
    },
    /// It had to be replaced, and what was deleted does not go away.
    #[error("{object} was deleted to be replaced and is still there after {seconds} s: a finalizer holds it")]
    Stuck {
        /// Which object.
        object: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A new kind that the server does not serve.
    #[error("{object} was written, and the server does not serve its kind after {seconds} s")]
    NotServed {
        /// Which object.
        object: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Its replacement was refused; the object is there again as it was.
    #[error("{object} could not be replaced and was put back as it was: {source}")]
    PutBack {
        /// Which object.
        object: String,
        /// Why the new one was refused.
        source: ClusterError,
    },
    /// Its replacement was refused, and so was putting it back.
    #[error("{object} was deleted, its replacement was refused ({why}), and putting it back failed: {source}")]
    Lost {
        /// Which object.
        object: String,
        /// Why the new one was refused.
        why: String,
        /// Why the old one was refused.
        source: ClusterError,
    },
    /// The server refused, or could not be reached.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// No randomness for a password.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

/// One object's outcome.
#[derive(Debug)]
pub struct ObjectOutcome {
    /// `Kind/name`.
    pub object: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it failed.
    pub error: Option<WriteError>,
    /// Why it was not reached: `depends on Job/migrate`.
    pub because: Option<String>,
}

impl ObjectOutcome {
    /// Says whether the cluster is another one than before.
    pub fn wrote(&self) -> bool {
        use WriteError::{Lost, NotServed, PutBack, Stuck};
        // A replacement that fails has deleted something all the same.
        let half = matches!(self.error, Some(Lost { .. } | NotServed { .. } | PutBack { .. } | Stuck { .. }));
        half || matches!(self.outcome, Outcome::Created | Outcome::Configured | Outcome::Replaced | Outcome::Pruned)
    }

    /// The error, or why it was not reached.
    pub fn message(&self) -> Option<String> {
        self.error.as_ref().map(ToString::to_string).or_else(|| self.because.clone())
    }
}

/// Outcomes of a whole plan.
#[derive(Debug, Default)]
pub struct ApplyReport {
    /// In the order they happened.
    pub outcomes: Vec<ObjectOutcome>,
}

impl ApplyReport {
    /// Says whether any write failed.
    pub fn failed(&self) -> bool {
        self.outcomes.iter().any(|outcome| outcome.outcome == Outcome::Failed)
    }

    /// Says whether every object of the plan was reached and none failed.
    pub fn complete(&self) -> bool {
        !self.outcomes.iter().any(|outcome| matches!(outcome.outcome, Outcome::Failed | Outcome::Skipped))
    }

    /// Says whether anything was written.
    pub fn wrote(&self) -> bool {
        self.outcomes.iter().any(ObjectOutcome::wrote)
    }

    /// The first failure.
    pub fn first_error(&self) -> Option<&ObjectOutcome> {
        self.outcomes.iter().find(|outcome| outcome.outcome == Outcome::Failed)
    }

    /// The form the head stores.
    pub fn results(&self) -> Vec<ObjectResult> {
        self.outcomes
            .iter()
            .map(|outcome| ObjectResult {
                object: outcome.object.clone(),
                outcome: outcome.outcome.to_string(),
                message: outcome.message(),
            })
            .collect()
    }

    pub(crate) fn push(&mut self, object: String, outcome: Outcome, error: Option<WriteError>) {
        self.outcomes.push(ObjectOutcome { object, outcome, error, because: None });
    }

    pub(crate) fn skip(&mut self, object: String, because: Option<String>) {
        self.outcomes.push(ObjectOutcome { object, outcome: Outcome::Skipped, error: None, because });
    }
}

/// Something happened while applying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyEvent {
    /// One object was written, marked or removed, or failed to be.
    Wrote {
        /// `Kind/name`.
        object: String,
        /// What became of it.
        outcome: Outcome,
    },
}
