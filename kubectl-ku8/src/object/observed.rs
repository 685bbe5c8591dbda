//! What the API server has and what it would make of our patch, per object.
//! Values only: reading them is the cluster room's work, judging them the plan room's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ObjectKey, labels};

/// One object as the API server holds it. Secret data is already replaced by the time one exists.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveObject {
    /// The whole object as JSON.
    pub value: Value,
}

impl LiveObject {
    /// `metadata.uid`, empty when the server sent none.
    pub fn uid(&self) -> &str {
        self.value["metadata"]["uid"].as_str().unwrap_or_default()
    }

    /// `metadata.resourceVersion`, empty when the server sent none.
    pub fn resource_version(&self) -> &str {
        self.value["metadata"]["resourceVersion"].as_str().unwrap_or_default()
    }

    /// Reads one label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.value["metadata"]["labels"][key].as_str()
    }

    /// Reads one annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.value["metadata"]["annotations"][key].as_str()
    }

    /// The owner-id annotation, which names the definition this object belongs to.
    pub fn owner_id(&self) -> Option<&str> {
        self.annotation(labels::OWNER_ID)
    }

    /// Says whether deletion has begun.
    pub fn is_terminating(&self) -> bool {
        self.value["metadata"]["deletionTimestamp"].is_string()
    }
}

/// What the server answered to the dry-run of our patch.
#[derive(Clone, Debug, PartialEq)]
pub enum DryRun {
    /// The object as it would be.
    Accepted(Value),
    /// Another field manager holds fields we want: `(field, message)` each.
    Conflict(Vec<(String, String)>),
    /// The server would refuse; its causes as `(field, message)`.
    Invalid {
        /// The server's message, safe to print.
        message: String,
        /// Each cause as `(field, message)`.
        causes: Vec<(String, String)>,
        /// True when a probe create of the same object was accepted: only immutability stands in the way.
        immutable: bool,
    },
    /// The user may not patch this kind here, so the server cannot be asked.
    Forbidden(String),
    /// The namespace or the kind does not exist yet.
    Unverified(String),
    /// Nobody asked, because the object is only to be removed or left alone.
    NotAsked,
}

/// Everything known of one object before planning.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The live object, if there is one.
    pub live: Option<LiveObject>,
    /// What our patch would do.
    pub dry_run: DryRun,
}

/// Observations by key.
pub type Observed = BTreeMap<ObjectKey, Observation>;
