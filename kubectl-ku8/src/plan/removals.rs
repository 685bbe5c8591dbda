//! What leaves the cluster with a plan, and what stays although nobody asks for it any more.
//! Records are not trusted here: an object goes only when it carries our mark and the uid we knew.

use super::decide::Input;
use super::{Action, Change, Effect, Problem, ProblemKind, phase};
use crate::object::{ObjectKey, labels};
use crate::release::InventoryEntry;

/// What we own and no longer want, in the reverse order of apply.
pub(crate) fn removals(input: &Input<'_>) -> Vec<Change> {
    let mut gone: Vec<InventoryEntry> = input.inventory.minus(&input.desired.keys());
    gone.sort_by_key(|entry| std::cmp::Reverse((phase(&entry.key()), entry.key())));
    gone.iter().filter_map(|entry| removal(input, entry)).collect()
}

fn removal(input: &Input<'_>, entry: &InventoryEntry) -> Option<Change> {
    let key = entry.key();
    let live = input.observed.get(&key).and_then(|seen| seen.live.clone())?;
    let api_version =
        if entry.group.is_empty() { entry.version.clone() } else { format!("{}/{}", entry.group, entry.version) };
    let mut change = Change::new(key, &api_version, Action::Keep, Some(live));
    let live = change.live.as_ref()?;
    // Records are not trusted: pruning needs a live owner-id that is ours, and an inventory uid that agrees
    // (decisions.md, 22).
    let (keep, reason) = if live.owner_id() != Some(input.policy.owner_id.as_str()) {
        (true, "no longer ours: it carries another owner")
    } else if !entry.uid.is_empty() && entry.uid != live.uid() {
        (true, "no longer ours: it was made again by somebody else")
    } else if live.annotation(labels::PRUNE) == Some("keep") {
        (true, "kept: annotation ku8.dev/prune")
    } else if change.key.is_core("Namespace") {
        (true, "kept: a namespace is never pruned")
    } else if change.key.kind == "CustomResourceDefinition" {
        (true, "kept: deleting it deletes every object of its kind (do that by hand)")
    } else if change.key.is_core("PersistentVolumeClaim") && !input.purge_data {
        (true, "kept: it holds data (--purge-data removes it)")
    } else if live.is_terminating() {
        (true, "already being deleted")
    } else if input.deleting {
        (false, "its definition is deleted")
    } else {
        (false, "no longer in the definition")
    };
    change.action = if keep { Action::Keep } else { Action::Delete };
    reason.clone_into(&mut change.reason);
    if change.key.is_core("PersistentVolumeClaim") && !keep {
        change.effects.push(Effect::DataLoss);
    }
    Some(change)
}

/// A StatefulSet may be set to take its volumes along; that is never done without being asked for by name.
pub(crate) fn volumes_go_too(change: &Change) -> Option<Problem> {
    let policy = &change.live.as_ref()?.value["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"];
    (change.action == Action::Delete && change.key.kind == "StatefulSet" && policy == "Delete").then(|| Problem {
        kind: ProblemKind::Blocked,
        object: change.key.to_string(),
        message: "it takes its volumes along when it is deleted (whenDeleted: Delete)".into(),
        hint: "to keep the data, set storage.onDelete=retain and publish first; to lose it, delete with --purge-data"
            .into(),
    })
}

/// Volumes that StatefulSets made: kept and marked, removed with `--purge-data`, or taken back by a definition of
/// the same name.
pub(crate) fn volumes(input: &Input<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for live in input
        .volumes
        .iter()
        .filter(|live| input.deleting || live.annotation(labels::RETAINED_FROM) == Some(input.policy.home.as_str()))
    {
        let text = |field: &str| live.value["metadata"][field].as_str().unwrap_or_default().to_owned();
        let key = ObjectKey::new("", "PersistentVolumeClaim", text("namespace"), text("name"));
        let mut change = Change::new(key, "v1", Action::Keep, Some(live.clone()));
        if !input.deleting {
            change.effects.push(Effect::TakenBack);
            "holds data of the definition that was deleted; its pods use it again".clone_into(&mut change.reason);
        } else if input.purge_data {
            change.action = Action::Delete;
            change.effects.push(Effect::DataLoss);
            "--purge-data".clone_into(&mut change.reason);
        } else {
            change.action = Action::Keep;
            change.effects.push(Effect::Retained);
            "kept: it holds data (--purge-data removes it)".clone_into(&mut change.reason);
        }
        changes.push(change);
    }
    changes
}
