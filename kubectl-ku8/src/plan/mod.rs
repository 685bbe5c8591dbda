//! Stage 5: desired against observed, as an ordered list of changes with every changed field.
//! It decides and never does: nothing here reads a cluster, and nothing later changes what a plan does not show.

mod answer;
mod class;
mod compare;
mod decide;
mod effects;
mod growth;
mod lists;
mod local;
pub mod managed_fields;
mod normalise;
mod order;
mod ownership;
mod policy;
mod removals;
mod replace;
mod rights;
pub mod saved;
mod secrets;

use serde::Serialize;
use serde_json::Value;

pub use class::{FieldClass, is_sensitive_name};
pub use compare::{FieldCause, FieldChange, FieldOp, FieldOwner, PathStep, differences, display_path};
pub use decide::{Input, change_for, plan};
pub use effects::Effect;
pub use growth::{Growth, growth};
pub use normalise::normalise;
pub use order::phase;
pub use ownership::Drift;
pub use policy::{ForceConflicts, Policy};
pub use replace::ReplaceMode;
pub use rights::{Plural, RoleFor, Subject as RoleSubject, needed_rights, role_rights, roles, waiting_rights};
pub use secrets::{SecretAction, SecretChange, SecretObservation};

use crate::object::{LiveObject, Manifest, ObjectKey, Yielded};
use crate::render::Diagnostic;

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
    pub take_over: Option<managed_fields::FieldSet>,
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

/// Why a plan cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What sort of problem; decides the exit code.
    pub kind: ProblemKind,
    /// `Kind/name`, empty for the whole plan.
    pub object: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// Sorts of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProblemKind {
    /// The server would refuse the object, or a rule of ours does.
    Invalid,
    /// The object belongs to somebody else, or another manager holds a field.
    Ownership,
    /// Possible, but only with a flag that says so.
    Blocked,
}

/// Counts of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Objects to create.
    pub create: usize,
    /// Objects to update.
    pub update: usize,
    /// Objects to adopt.
    pub adopt: usize,
    /// Objects that would have to be replaced.
    pub replace: usize,
    /// Objects to delete.
    pub delete: usize,
    /// Objects that stay though no longer desired.
    pub kept: usize,
    /// Objects that stay as they are.
    pub unchanged: usize,
    /// Objects that others changed since the last revision.
    pub drifted: usize,
    /// Objects the server could not be asked about.
    pub unverified: usize,
    /// Problems that keep the plan from being applied.
    pub blocked: usize,
    /// Pods that restart.
    pub pods_restarted: u64,
}

/// Everything that will happen, in order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// `ku8.dev/plan/v1`.
    pub api_version: &'static str,
    /// `Plan`.
    pub kind: &'static str,
    /// What it is about.
    pub definition: Subject,
    /// Counts.
    pub summary: Summary,
    /// True when nothing stands in the way.
    pub applyable: bool,
    /// Objects in the order they are applied; deletions last.
    pub changes: Vec<Change>,
    /// Secrets the host provides.
    pub secrets: Vec<SecretChange>,
    /// Findings of the template.
    pub diagnostics: Vec<Diagnostic>,
    /// Why it cannot be applied.
    pub problems: Vec<Problem>,
    /// Warnings of the server.
    pub warnings: Vec<String>,
    /// What was allowed, for looking again while applying.
    #[serde(skip)]
    pub policy: Policy,
}

/// Which definition a plan is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Definition name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Context of the kubeconfig.
    pub context: String,
    /// Template and version, or `manifests`.
    pub template: String,
    /// Digest of the template, empty for manifests.
    pub digest: String,
    /// How the template is trusted.
    pub origin: String,
    /// Revision now, 0 when never published.
    pub from_revision: u32,
    /// The definition goes away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
    /// Revision after, equal to `from_revision` when nothing changes.
    pub to_revision: u32,
}

impl Plan {
    /// Says whether applying would write anything to an object or a Secret.
    pub fn has_changes(&self) -> bool {
        let writes = |action: Action| !matches!(action, Action::NoOp | Action::Keep);
        self.changes
            .iter()
            .any(|change| writes(change.action) || (change.action == Action::Keep && change.reason_is_write()))
            || self.secrets.iter().any(|secret| secret.action.writes())
    }

    /// The worst problem, if any.
    pub fn worst_problem(&self) -> Option<ProblemKind> {
        self.problems.iter().map(|problem| problem.kind).min()
    }

    /// The counts in words: `1 create, 1 update, 1 delete, 1 unchanged`.
    pub fn summary_words(&self) -> String {
        let counts = [
            (self.summary.create, "create"),
            (self.summary.adopt, "adopt"),
            (self.summary.update, "update"),
            (self.summary.replace, "replace"),
            (self.summary.delete, "delete"),
            (self.summary.kept, "kept"),
            (self.summary.unchanged, "unchanged"),
        ];
        let words: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }

    /// Counts changes again and judges whether the plan may be applied.
    pub(crate) fn settle(&mut self) {
        let count = |action: Action| self.changes.iter().filter(|change| change.action == action).count();
        let made = |action: SecretAction| self.secrets.iter().filter(|secret| secret.action == action).count();
        self.summary = Summary {
            create: count(Action::Create) + made(SecretAction::Create),
            update: count(Action::Update) + made(SecretAction::AddKeys) + made(SecretAction::TakeBack),
            adopt: count(Action::Adopt),
            replace: count(Action::Replace),
            delete: count(Action::Delete) + made(SecretAction::Delete),
            kept: count(Action::Keep) + made(SecretAction::Retain),
            unchanged: count(Action::NoOp) + made(SecretAction::Keep),
            drifted: self.changes.iter().filter(|change| !change.drift.is_empty()).count(),
            unverified: self.changes.iter().filter(|change| change.confidence != Confidence::Server).count(),
            blocked: self.problems.len(),
            pods_restarted: self.changes.iter().flat_map(|change| &change.effects).map(Effect::pods_restarted).sum(),
        };
        self.applyable = self.problems.is_empty();
    }
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
    fn reason_is_write(&self) -> bool {
        self.effects.contains(&Effect::Retained) || self.effects.contains(&Effect::TakenBack)
    }
}
