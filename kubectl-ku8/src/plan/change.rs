//! One object of a plan: what will happen to it, why, and how it is written.
//! It holds what was decided and decides nothing itself.

use serde::Serialize;
use serde_json::Value;

use super::managed_fields::FieldSet;
use super::{Drift, Effect, FieldCause, FieldChange, ReplaceMode, phase};
use crate::object::{LiveObject, Manifest, ObjectKey, Yielded};

/// What will happen to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It does not exist yet.
    Create,
    /// Fields change.
    Update,
    /// It exists, is nobody's, and becomes ours.
    Adopt,
    /// Only possible by deleting and creating it again; blocked unless it was allowed by name.
    Replace,
    /// It is no longer desired.
    Delete,
    /// It is no longer desired but stays.
    Keep,
    /// Nothing changes.
    NoOp,
}

impl Action {
    /// Says whether the object is written in its place in the order; removals come at the end.
    pub fn is_written(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Adopt | Self::Replace)
    }
}

/// How sure the plan is about one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The server dry-ran it.
    Server,
    /// The user may not patch here, so it was compared locally.
    Local,
    /// Its namespace or kind does not exist yet.
    Unverified,
}

/// One object of a plan.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Which object.
    #[serde(flatten)]
    pub key: ObjectKey,
    /// `apiVersion` it is written in.
    pub api_version: String,
    /// Stage of the template.
    pub stage: u32,
    /// Kind phase inside the stage (plan-apply.md, section 3.9).
    pub phase: u8,
    /// What will happen.
    pub action: Action,
    /// Why, in a few words for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How sure this is.
    pub confidence: Confidence,
    /// What the change does to running pods and data.
    pub effects: Vec<Effect>,
    /// Every field that changes.
    pub fields: Vec<FieldChange>,
    /// What others changed since the last revision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// Fields left to whoever holds them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub yielded: Vec<Yielded>,
    /// uid and resourceVersion this was planned against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precondition: Option<SeenVersion>,
    /// The object to apply.
    #[serde(skip)]
    pub manifest: Option<Manifest>,
    /// How it is written.
    #[serde(skip)]
    pub write: Write,
    /// The object as it was seen.
    #[serde(skip)]
    pub live: Option<LiveObject>,
}

/// What is special about writing one object.
#[derive(Clone, Debug, Default)]
pub struct Write {
    /// Fields others hold become ours; every one of them was shown.
    pub force: bool,
    /// Fields that first get a manager of their own, so that they keep their value.
    pub hand_off: Option<Manifest>,
    /// Fields that others hold and that become ours first.
    pub take_over: Option<FieldSet>,
    /// Deleted and created again, in this way.
    pub replace: Option<ReplaceMode>,
    /// A merge patch in place of server-side apply: a volume that grows.
    pub grow: Option<Value>,
}

/// What was seen of an object when it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenVersion {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
}

impl Change {
    /// A change of one object with nothing decided yet but what to do.
    pub(crate) fn new(key: ObjectKey, api_version: &str, action: Action, live: Option<LiveObject>) -> Self {
        Self {
            phase: phase(&key),
            api_version: api_version.to_owned(),
            stage: 0,
            action,
            reason: String::new(),
            confidence: Confidence::Server,
            effects: Vec::new(),
            fields: Vec::new(),
            drift: Vec::new(),
            yielded: Vec::new(),
            precondition: live.as_ref().map(|live| SeenVersion {
                uid: live.uid().to_owned(),
                resource_version: live.resource_version().to_owned(),
            }),
            manifest: None,
            write: Write::default(),
            live,
            key,
        }
    }

    /// Values of the fields as they are planned, to tell whether a later look at the cluster means the same change.
    pub fn intent(&self) -> Vec<(String, Value, Value)> {
        self.fields
            .iter()
            .filter(|field| field.cause != FieldCause::Server)
            .map(|field| (field.pointer.clone(), field.before.clone(), field.after.clone()))
            .collect()
    }

    /// A kept object is stamped when it outlives its definition or comes back to it, which is a write.
    pub(super) fn reason_is_write(&self) -> bool {
        self.effects.contains(&Effect::Retained) || self.effects.contains(&Effect::TakenBack)
    }
}
