//! Changes that are only possible by deleting an object and creating it again: blocked, allowed by name, or never.
//! It says how it would be done and what it costs; doing it is the apply room's work.

use serde::Serialize;
use serde_json::Value;

use super::local::laid_over;
use super::{
    Action, Change, Effect, FieldCause, FieldOp, PathStep, Policy, Problem, ProblemKind, differences, display_path,
    effects,
};
use crate::object::{Manifest, ObjectKey};

/// How an object is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplaceMode {
    /// Deleted with what belongs to it, then created.
    Recreate,
    /// Deleted alone: its pods keep running and belong to the new one (plan-apply.md, 0.10).
    Orphan,
}

/// Fields of a StatefulSet that change in place (kube-apiserver, apps/validation).
const MUTABLE_OF_SETS: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// Judges an update the server refuses only because a field is immutable.
pub(crate) fn judge(
    change: &mut Change,
    manifest: &Manifest,
    message: &str,
    causes: &[(String, String)],
    policy: &Policy,
    problems: &mut Vec<Problem>,
) {
    change.action = Action::Replace;
    // The server names only the outermost field; our own comparison shows what differs below it.
    let mut after = Value::Null;
    if let Some(live) = &change.live {
        after = laid_over(&live.value, manifest.value());
        change.fields = differences(&live.value, &after, manifest.value())
            .into_iter()
            .filter(|field| field.cause == FieldCause::Desired && field.op != FieldOp::Reorder)
            .collect();
    }
    let field = forced_by(change, causes);
    change.reason = format!("replace forced by {field}");
    let what = if field.is_empty() { super::answer::words(message, causes) } else { field };
    if let Some(steps) = by_hand(&change.key) {
        problems.push(Problem {
            kind: ProblemKind::Invalid,
            object: change.key.to_string(),
            message: format!("{what} cannot be changed in place, and replacing the object would lose what it holds"),
            hint: steps.to_owned(),
        });
        return;
    }
    let mode = mode(change);
    change.effects = consequences(change, mode, &after);
    change.write.replace = Some(mode);
    if policy.replace.contains(&change.key) {
        return;
    }
    let price = match mode {
        ReplaceMode::Orphan => "it alone is deleted and created again, not its pods",
        ReplaceMode::Recreate => "it is deleted and created again",
    };
    problems.push(Problem {
        kind: ProblemKind::Blocked,
        object: change.key.to_string(),
        message: format!("{what} cannot be changed in place"),
        hint: format!("put the field back, or allow it with --allow-replace {} ({price})", change.key),
    });
}

fn forced_by(change: &Change, causes: &[(String, String)]) -> String {
    let below_spec = |path: &[PathStep]| match path {
        [PathStep::Field(spec), PathStep::Field(field), ..] if spec == "spec" => Some(field.clone()),
        _ => None,
    };
    let set = change.key.kind == "StatefulSet";
    let first = change
        .fields
        .iter()
        .find(|field| set && below_spec(&field.path).is_some_and(|field| !MUTABLE_OF_SETS.contains(&field.as_str())));
    if let Some(field) = first {
        return display_path(&field.path);
    }
    let named = causes.iter().map(|(field, _)| field.as_str()).find(|field| !field.is_empty());
    named.unwrap_or_default().to_owned()
}

/// What must never be replaced, with what to do instead.
fn by_hand(key: &ObjectKey) -> Option<&'static str> {
    match (key.group.as_str(), key.kind.as_str()) {
        ("", "PersistentVolumeClaim" | "PersistentVolume") => {
            Some("create a new claim under another name, copy the data, and let the workload use the new one")
        }
        // Its values are never read, so they could not be put back.
        ("", "Secret") => Some("create a Secret under another name and refer to that one"),
        ("", "Namespace") => Some("create another namespace and publish the definition there"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            Some("add a new version to it and migrate its objects; deleting it would delete them all")
        }
        _ => None,
    }
}

fn mode(change: &Change) -> ReplaceMode {
    let selector = change.fields.iter().any(|field| {
        matches!(&field.path[..], [PathStep::Field(spec), PathStep::Field(one), ..] if spec == "spec" && one == "selector")
    });
    if change.key.kind == "StatefulSet" && !selector { ReplaceMode::Orphan } else { ReplaceMode::Recreate }
}

fn consequences(change: &Change, mode: ReplaceMode, after: &Value) -> Vec<Effect> {
    let mut found = vec![Effect::Replaced { keeps_pods: mode == ReplaceMode::Orphan }];
    let Some(live) = &change.live else { return found };
    let pods = live.value["spec"]["replicas"].as_u64().unwrap_or(1);
    match (change.key.kind.as_str(), mode) {
        ("StatefulSet", ReplaceMode::Orphan) => {
            found.extend(effects::of_update(&change.key, &live.value, after, &change.fields));
        }
        ("Deployment" | "StatefulSet" | "ReplicaSet", _) => found.push(Effect::Downtime { pods }),
        ("DaemonSet", _) => {
            let pods = live.value["status"]["desiredNumberScheduled"].as_u64().unwrap_or(0);
            found.push(Effect::Downtime { pods });
        }
        ("Service", _) => found.push(Effect::AddressChanges),
        _ => {}
    }
    found
}
