//! What the API server has and what it would make of our patch, per object.
//! Values only: reading them is the cluster room's work, judging them the plan room's.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Manifest, ObjectKey, labels};

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

/// One field another manager holds and our patch would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldConflict {
    /// The field as the server names it: `.spec.replicas`.
    pub field: String,
    /// The server's words, with the manager's name.
    pub message: String,
}

/// What the server answered to the dry-run of our patch.
#[derive(Clone, Debug, PartialEq)]
pub enum DryRun {
    /// The object as it would be.
    Accepted(Value),
    /// Another field manager holds fields we want.
    Conflict {
        /// Which fields.
        causes: Vec<FieldConflict>,
        /// The object as it would be if we took them, when the server says.
        forced: Option<Value>,
    },
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
    /// A webhook that has to judge it does not answer; the server's words.
    Webhook(String),
    /// Nobody asked, because the object is only to be removed or left alone.
    NotAsked,
}

/// A field left to the manager that holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Yielded {
    /// The field as people read it: `spec.replicas`.
    pub field: String,
    /// Its live value, which stays.
    pub value: Value,
    /// Who holds it.
    pub holder: String,
}

/// How one object is written: what is sent, and what happens before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// The body of server-side apply.
    pub manifest: Manifest,
    /// Fields others hold become ours.
    pub force: bool,
    /// Fields that keep their live value under a manager of their own, because the patch no longer sets them and
    /// would otherwise reset them (plan-apply.md, 0.5).
    pub hand_off: Option<Manifest>,
    /// `managedFields` as they will be once what client-side tools held has become ours (plan-apply.md, 2.3).
    pub take_over: Option<Value>,
    /// Fields left to whoever holds them.
    pub yielded: Vec<Yielded>,
}

impl Patch {
    /// The manifest as it is, with nothing before it.
    pub fn plain(manifest: Manifest) -> Self {
        Self { manifest, force: false, hand_off: None, take_over: None, yielded: Vec::new() }
    }
}

/// Decides how an object is written, once its live form is known. Pure; the plan room has the rules.
pub trait PatchPolicy: Sync {
    /// The patch for this manifest onto what is there.
    fn patch(&self, manifest: &Manifest, live: Option<&LiveObject>) -> Patch;

    /// What a take-over leaves of the dry-run's answer: the server cannot be asked about two writes in a row.
    fn after_take_over(&self, manifest: &Manifest, live: &LiveObject, answer: &Value) -> Value;

    /// The manifest laid over the live object by our own rules, for what the server does not answer.
    fn merged(&self, manifest: &Manifest, live: &LiveObject) -> Value;
}

/// Everything known of one object before planning.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The live object, if there is one.
    pub live: Option<LiveObject>,
    /// How it would be written.
    pub patch: Option<Patch>,
    /// What our patch would do.
    pub dry_run: DryRun,
}

/// Observations by key.
pub type Observed = BTreeMap<ObjectKey, Observation>;
