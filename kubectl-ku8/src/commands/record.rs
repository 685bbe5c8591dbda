//! The record of a publication: revision and head before the first object, the head again after the last.
//! Every write says what it expects to find, so that two publishers never mix their records.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::pipeline::Prepared;
use super::save::write_head;
use super::{Context, template_store};
use crate::apply::ApplyReport;
use crate::cluster::{Cluster, PlanClient, Precondition};
use crate::error::CommandError;
use crate::object::{LiveObject, ObjectKey, labels};
use crate::release::{
    Cause, Head, Inventory, InventoryEntry, Operation, Phase, RevisionMeta, RevisionRecord, expired, revision_name,
    revision_number, revision_selector,
};
use crate::wait::WaitReport;

/// The number the next publication gets.
pub(super) fn next_revision(head: &Head) -> u32 {
    head.state.current.max(head.state.pending) + 1
}

pub(super) fn inventory_of(prepared: &Prepared) -> Inventory {
    Inventory::new(
        prepared
            .desired
            .objects
            .iter()
            .map(|object| InventoryEntry::new(object.manifest.key(), object.manifest.version())),
    )
}

pub(super) async fn create_revision(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: &Head,
    prepared: &Prepared,
    number: u32,
    inventory: &Inventory,
) -> Result<(), CommandError> {
    let record = RevisionRecord {
        definition: head.definition.clone(),
        effective: prepared.effective.clone(),
        meta: RevisionMeta {
            number,
            cause: Cause::Publish,
            started_at: context.now(),
            by: context.who(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            template: prepared.plan.definition.template.clone(),
            summary: prepared.plan.summary_words(),
        },
        inventory: inventory.clone(),
        render: prepared.desired.objects.iter().map(|object| object.manifest.value().clone()).collect(),
    };
    let value = record.to_config_map(namespace)?;
    let name = revision_name(head.definition.name(), number);
    let key = ObjectKey::new("", "ConfigMap", namespace, name);
    let resource = PlanClient::config_maps();
    match cluster.create(&resource, &key, &value).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => {
            // A crash before the head was written leaves a revision no head refers to (decisions.md, 19).
            if let Some(orphan) = cluster.reader().read(&resource, &key).await? {
                cluster.delete(&resource, &key, &Precondition::of(&orphan)).await?;
            }
            cluster.create(&resource, &key, &value).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Says on the head what is about to happen, with old ∪ new as inventory, before the first object is written.
pub(super) async fn begin(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    mut head: Head,
    number: u32,
    new: &Inventory,
) -> Result<Head, CommandError> {
    head.state.phase = Phase::Publishing;
    head.state.pending = number;
    head.state.reason = None;
    head.state.inventory = head.state.inventory.union(new);
    head.state.operation =
        Some(Operation { holder: context.holder(), started_at: context.now(), cause: Cause::Publish });
    head.result = Vec::new();
    write_head(context, cluster, namespace, &head).await
}

/// How an operation went.
pub(super) struct Ending<'a> {
    pub(super) report: &'a ApplyReport,
    pub(super) wait: Option<&'a WaitReport>,
    pub(super) new: &'a Inventory,
    pub(super) written: &'a BTreeMap<ObjectKey, LiveObject>,
}

pub(super) async fn finish(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: &mut Head,
    number: u32,
    ending: &Ending<'_>,
) -> Result<(), CommandError> {
    let with_uids = |inventory: &Inventory| {
        Inventory::new(inventory.entries().iter().cloned().map(|mut entry| {
            if let Some(live) = ending.written.get(&entry.key()) {
                live.uid().clone_into(&mut entry.uid);
            }
            entry
        }))
    };
    let failure = ending
        .report
        .first_error()
        .map(|one| format!("{}: {}", one.object, one.error.as_ref().map(ToString::to_string).unwrap_or_default()));
    let late = ending.wait.filter(|wait| !wait.all_current()).and_then(|wait| {
        wait.laggards().first().map(|(key, health)| format!("{key} is {}: {}", health.status, health.message))
    });
    head.result = ending.report.results();
    head.state.operation = None;
    head.state.reason = failure.or(late.clone());
    if ending.report.complete() {
        // Everything desired was written and everything else is gone: the record is exact again. Uids known from
        // earlier revisions stay for objects that did not change.
        let known = head.state.inventory.clone();
        head.state.inventory = with_uids(&keep_uids(ending.new, &known));
        head.state.current = number;
        head.state.pending = 0;
        head.state.published_digest = head.definition.digest();
    } else {
        head.state.inventory = with_uids(&head.state.inventory);
    }
    head.state.phase = if !ending.report.complete() || late.is_some() { Phase::Failed } else { Phase::Published };
    if head.state.phase == Phase::Published {
        head.state.last_good = number;
    }
    *head = write_head(context, cluster, namespace, head).await?;
    let verdict = if head.state.phase == Phase::Published { "published" } else { "failed" };
    mark_result(cluster, namespace, head.definition.name(), number, verdict).await;
    Ok(())
}

fn keep_uids(new: &Inventory, known: &Inventory) -> Inventory {
    let wanted: BTreeSet<ObjectKey> = new.entries().iter().map(InventoryEntry::key).collect();
    Inventory::new(known.entries().iter().filter(|entry| wanted.contains(&entry.key())).chain(new.entries()).cloned())
}

/// Writes how a revision ended onto it; a failure to do so loses nothing that matters.
async fn mark_result(cluster: &Cluster, namespace: &str, name: &str, number: u32, verdict: &str) {
    let key = ObjectKey::new("", "ConfigMap", namespace, revision_name(name, number));
    let resource = PlanClient::config_maps();
    if let Ok(Some(live)) = cluster.reader().read(&resource, &key).await {
        let patch = json!({"metadata": {"annotations": {labels::RESULT: verdict}}});
        if let Err(error) = cluster.merge_patch(&resource, &key, patch, &Precondition::of(&live)).await {
            tracing::warn!("result of revision {number} not written: {error}");
        }
    }
}

/// Removes revisions beyond the cap, never the current or the last good one; errors only warn.
pub(super) async fn retire(context: &Context, cluster: &Cluster, namespace: &str, head: &Head, keep: usize) {
    let name = head.definition.name();
    let Ok(records) = cluster.reader().record_summaries(namespace, &revision_selector(name)).await else { return };
    let numbers: Vec<u32> = records.iter().filter_map(|record| revision_number(name, &record.name)).collect();
    let old = expired(numbers, keep.max(1), &[head.state.current, head.state.pending, head.state.last_good]);
    for number in old.iter().copied() {
        let key = ObjectKey::new("", "ConfigMap", namespace, revision_name(name, number));
        let resource = PlanClient::config_maps();
        let gone = match cluster.reader().read(&resource, &key).await {
            Ok(Some(live)) => cluster.delete(&resource, &key, &Precondition::of(&live)).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = gone {
            context.ui.warn(&format!("old revision {number} was not removed: {error}"));
        }
    }
    if !old.is_empty() {
        template_store::sweep(context, cluster, namespace).await;
    }
}
