//! Stage 8: the published life of a definition: head, revisions, inventory.
//! It turns records into values and back; writing them is the commands' and the cluster room's work.

mod cause;
mod inventory;
mod record;
mod revision;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

pub use cause::Cause;
pub use inventory::{Inventory, InventoryEntry};
pub use record::{FORMAT_VERSION, Head, head_name, head_selector, list_phase};
pub use revision::{
    MAX_REVISION_BYTES, RevisionMeta, RevisionRecord, expired, revision_name, revision_number, revision_selector,
};

/// A record that cannot be read or written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// Not what we wrote: edited by hand, or damaged.
    #[error("ConfigMap/{name} is damaged: {reason}")]
    Damaged {
        /// Name of the ConfigMap.
        name: String,
        /// Which part does not read.
        reason: String,
    },
    /// Written by a newer version.
    #[error("ConfigMap/{name} has record format {found}; this version reads up to {known}")]
    Newer {
        /// Name of the ConfigMap.
        name: String,
        /// Its format.
        found: u32,
        /// The newest we know.
        known: u32,
    },
    /// Too large for a ConfigMap.
    #[error("the revision would be {size} bytes, over the limit of {limit}: largest are {largest}")]
    TooLarge {
        /// Bytes of the record.
        size: usize,
        /// The limit.
        limit: usize,
        /// The objects that take most.
        largest: String,
    },
}

/// The definition's own word for where it stands (product.md, States).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Saved, never published.
    #[default]
    Draft,
    /// An operation is under way, or was interrupted.
    Publishing,
    /// The last publish succeeded.
    Published,
    /// The last publish failed.
    Failed,
    /// Workloads at zero.
    Paused,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Draft => "Draft",
            Self::Publishing => "Publishing",
            Self::Published => "Published",
            Self::Failed => "Failed",
            Self::Paused => "Paused",
        })
    }
}

/// An operation that began and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// `user@host/pid/…` of whoever runs it.
    pub holder: String,
    /// RFC 3339.
    pub started_at: String,
    /// What it is.
    pub cause: Cause,
    /// Digest of the definition it makes true; empty in records of before it was kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub definition: String,
}

/// `data.state` of the head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Format of this record.
    pub format: u32,
    /// The definition's word.
    pub phase: Phase,
    /// Last published revision, 0 when never published.
    #[serde(default)]
    pub current: u32,
    /// Revision being published or interrupted, 0 when none.
    #[serde(default)]
    pub pending: u32,
    /// Last revision whose objects all became ready, 0 when none.
    #[serde(default)]
    pub last_good: u32,
    /// Why the last operation failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The operation under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Digest of the definition that was published last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub published_digest: String,
    /// Objects this definition owns: old ∪ new while an operation runs, exact after it.
    #[serde(default)]
    pub inventory: Inventory,
}

/// What became of one object in the last operation; `data.result` of the head is a list of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectResult {
    /// `Kind/name`.
    pub object: String,
    /// `created`, `configured`, `unchanged`, `pruned`, `kept`, `failed`, `not reached`.
    pub outcome: String,
    /// The error, or why it was not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

pub(crate) fn damaged(name: &str, reason: impl Into<String>) -> RecordError {
    RecordError::Damaged { name: name.to_owned(), reason: reason.into() }
}

/// Reads a JSON string inside a record's data.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(name: &str, data: &Value, key: &str) -> Result<T, RecordError> {
    let text = data[key].as_str().ok_or_else(|| damaged(name, format!("data.{key} is missing")))?;
    serde_json::from_str(text).map_err(|error| damaged(name, format!("data.{key}: {error}")))
}
