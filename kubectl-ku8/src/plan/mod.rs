//! Stage 5: desired against observed, as an ordered list of changes with every changed field.
//! It decides and never does: nothing here reads a cluster, and nothing later changes what a plan does not show.

mod answer;
mod change;
mod class;
mod compare;
mod decide;
mod effects;
mod field_set;
mod growth;
mod lists;
mod local;
pub mod managed_fields;
mod moved;
mod normalise;
mod order;
mod ownership;
mod placement;
mod plain;
mod policy;
mod removals;
mod replace;
mod rights;
pub mod saved;
mod secrets;
mod template_change;

use serde::Serialize;

pub use change::{Action, Change, Confidence, SeenVersion, Write};
pub use class::{FieldClass, is_sensitive_name};
pub use compare::{FieldCause, FieldChange, FieldOp, FieldOwner, PathStep, differences, display_path};
pub use decide::{Input, change_for, plan};
pub use effects::Effect;
pub use growth::{Growth, growth};
pub use moved::Moved;
pub use normalise::normalise;
pub use order::phase;
pub use ownership::Drift;
pub use placement::{Offers, needs_classes, needs_nodes};
pub use policy::{ForceConflicts, Policy};
pub use replace::ReplaceMode;
pub use rights::{Plural, RoleFor, Subject as RoleSubject, needed_rights, role_rights, roles, waiting_rights};
pub use secrets::{SecretAction, SecretChange, SecretObservation};
pub use template_change::{TemplateChange, TemplateVersion};

use crate::object::ObjectKey;
use crate::render::Diagnostic;

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
    /// How the template is trusted: `built in`, `signed by …`, `pinned by digest, not signed`, …
    pub origin: String,
    /// Where it came from: a registry's reference without its digest, or a file; empty for what is built in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Another template than the one that rendered the published revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_change: Option<TemplateChange>,
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

    /// Puts the creation of the namespace first; everything else waits for it.
    pub fn create_namespace(&mut self, name: &str) {
        let key = ObjectKey::new("", "Namespace", "", name);
        let mut change = Change::new(key, "v1", Action::Create, None);
        "first; it is never removed again".clone_into(&mut change.reason);
        for waiting in self.changes.iter_mut().filter(|change| change.confidence == Confidence::Unverified) {
            "not verified: its namespace is in this plan".clone_into(&mut waiting.reason);
        }
        self.changes.insert(0, change);
        self.settle();
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
