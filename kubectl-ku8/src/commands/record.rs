//! The record of an operation: revision and head before the first object, the head again as the very last write.
//! Every write says what it expects to find, so that two operators never mix their records.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::carry_out::Operation;
use super::pipeline::Prepared;
use super::resolve::read_head;
use super::save::write_head;
use super::{Context, retire};
use crate::apply::ApplyReport;
use crate::cluster::{Cluster, PlanClient, Precondition, person};
use crate::definition::Definition;
use crate::error::{CommandError, exit, id};
use crate::object::{LiveObject, ObjectKey, labels};
use crate::release::{
    Cause, Head, Inventory, InventoryEntry, Operation as OperationRecord, Phase, RevisionMeta, RevisionRecord,
    head_name, revision_name, revision_selector,
};
use crate::terminal::age;
use crate::wait::WaitReport;

/// The number the next operation gets: that of an interrupted one when it would publish the same definition, else the
/// one after all that were begun.
pub(super) fn next_revision(head: &Head, definition: &Definition) -> u32 {
    if resumes(head, definition) { head.state.pending } else { head.state.current.max(head.state.pending) + 1 }
}

/// Says whether publishing this definition goes on with what an interrupted operation began.
pub(super) fn resumes(head: &Head, definition: &Definition) -> bool {
    let unfinished = head.state.operation.as_ref().filter(|_| head.state.pending > head.state.current);
    unfinished.is_some_and(|operation| operation.cause != Cause::Delete && operation.definition == definition.digest())
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

/// Writes the revision, unless an interrupted operation left exactly this one behind.
pub(super) async fn ensure_revision(
    context: &Context,
    cluster: &Cluster,
    operation: &Operation<'_>,
    number: u32,
    inventory: &Inventory,
) -> Result<(), CommandError> {
    let (namespace, name) = (operation.namespace, operation.definition.name());
    let record = revision_record(context, operation, number, inventory);
    let value = record.to_config_map(namespace)?;
    let key = ObjectKey::new("", "ConfigMap", namespace, revision_name(name, number));
    let resource = PlanClient::config_maps();
    let error = match cluster.create(&resource, &key, &value).await {
        Ok(_) => return Ok(()),
        Err(error) if error.is_conflict() => error,
        Err(error) => return Err(error.into()),
    };
    // Only a crash leaves a revision that no head refers to as published (decisions.md, 19). Should the head have
    // moved on, it is somebody's.
    let head = cluster.reader().config_map(namespace, &head_name(name)).await?;
    let is_ours = |live: &LiveObject| {
        live.uid() == operation.head.uid && live.resource_version() == operation.head.resource_version
    };
    if !head.is_some_and(|live| is_ours(&live)) {
        return Err(CommandError::new(format!(
            "{name} was changed by somebody else since the plan was shown: {error}"
        ))
        .id(id::DEFINITION_CHANGED)
        .code(exit::STALE)
        .hint(format!("plan again: kubectl ku8 plan {name}")));
    }
    let Some(left) = cluster.reader().read(&resource, &key).await? else {
        cluster.create(&resource, &key, &value).await?;
        return Ok(());
    };
    if RevisionRecord::from_config_map(&left.value).is_ok_and(|left| left.publishes_the_same(&record)) {
        return Ok(());
    }
    cluster.delete(&resource, &key, &Precondition::of(&left)).await?;
    cluster.create(&resource, &key, &value).await?;
    Ok(())
}

fn revision_record(context: &Context, operation: &Operation<'_>, number: u32, inventory: &Inventory) -> RevisionRecord {
    let prepared = operation.prepared;
    let mut effective = prepared.effective.clone();
    if operation.definition.spec.template.is_some() {
        // What a later rollback needs and the objects themselves do not tell.
        let order = prepared.desired.objects.iter().map(|object| json!([object.id, object.stage]));
        effective["order"] = order.collect();
        effective["secrets"] = serde_json::to_value(&prepared.desired.secrets).expect("intents are plain data");
    }
    RevisionRecord {
        definition: operation.definition.clone(),
        effective,
        meta: RevisionMeta {
            number,
            cause: operation.cause,
            started_at: context.now(),
            by: context.who(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            template: prepared.plan.definition.template.clone(),
            summary: prepared.plan.summary_words(),
        },
        inventory: inventory.clone(),
        render: prepared.desired.objects.iter().map(|object| object.manifest.value().clone()).collect(),
    }
}

/// Says on the head what is about to happen, with old ∪ new as inventory, before the first object is written.
pub(super) async fn begin(
    context: &Context,
    cluster: &Cluster,
    operation: &Operation<'_>,
    number: u32,
    new: &Inventory,
) -> Result<Head, CommandError> {
    let mut head = operation.head.clone();
    if let Some(left) = head.state.operation.as_ref().filter(|_| resumes(&head, operation.definition)) {
        let since = context.seconds_since(&left.started_at);
        let when = since.map_or_else(|| "before".to_owned(), |seconds| format!("{} ago", age(seconds)));
        let who = person(&left.holder);
        context.ui.say(&format!("Going on with revision {number}, which {who} began {when} and did not end."));
    }
    head.definition = operation.definition.clone();
    head.state.phase = Phase::Publishing;
    head.state.reason = None;
    if operation.cause != Cause::Delete {
        head.state.pending = number;
        head.state.inventory = head.state.inventory.union(new);
    }
    head.state.operation = Some(OperationRecord {
        holder: context.holder(),
        started_at: context.now(),
        cause: operation.cause,
        definition: operation.definition.digest(),
    });
    head.result = Vec::new();
    write_head(context, cluster, operation.namespace, &head).await
}

/// How an operation went.
pub(super) struct Ending<'a> {
    pub(super) report: &'a ApplyReport,
    pub(super) wait: Option<&'a WaitReport>,
    pub(super) new: &'a Inventory,
    pub(super) written: &'a BTreeMap<ObjectKey, LiveObject>,
    pub(super) interrupted: bool,
}

/// Records how it ended: on the revision, then on the head. Whatever is cut off before that last write is done again
/// by the operation that goes on, so the order is what makes the two ends alike.
pub(super) async fn finish(
    context: &Context,
    cluster: &Cluster,
    operation: &Operation<'_>,
    head: &mut Head,
    number: u32,
    ending: &Ending<'_>,
) -> Result<(), CommandError> {
    let namespace = operation.namespace;
    let seen = uids(operation.prepared, ending.written);
    let failure =
        ending.report.first_error().map(|one| format!("{}: {}", one.object, one.message().unwrap_or_default()));
    let late = ending.wait.filter(|wait| !wait.all_current()).and_then(|wait| {
        wait.laggards().first().map(|(key, health)| format!("{key} is {}: {}", health.status, health.message))
    });
    head.result = ending.report.results();
    let begun = head.state.operation.clone();
    if ending.interrupted {
        // Pending and operation stay: that is what the next run goes on from.
        head.state.reason = Some("interrupted by Ctrl-C".to_owned());
        head.state.inventory = with_uids(&head.state.inventory, &seen);
        *head = close(context, cluster, namespace, head, begun.as_ref()).await?;
        return Ok(());
    }
    let complete = ending.report.complete();
    let good = complete && late.is_none();
    let before = head.state.clone();
    head.state.operation = None;
    head.state.reason = failure.or(late);
    head.state.phase = if good { Phase::Published } else { Phase::Failed };
    head.state.inventory = with_uids(&head.state.inventory, &seen);
    if complete && number > 0 {
        // Everything desired was written and everything else is gone: the record is exact again. Uids known from
        // earlier revisions stay for objects that did not change.
        head.state.inventory = with_uids(&keep_uids(ending.new, &before.inventory), &seen);
        head.state.current = number;
        head.state.pending = 0;
        head.state.published_digest = head.definition.digest();
        head.state.last_good = if good { number } else { before.last_good };
    }
    if number > 0 {
        let name = head.definition.name();
        retire::mark_result(cluster, namespace, name, number, if good { "published" } else { "failed" }, &head.result)
            .await;
        let needed = [number, before.current, before.last_good];
        retire::retire(context, cluster, namespace, name, operation.policy.history_max, &needed).await;
    }
    *head = close(context, cluster, namespace, head, begun.as_ref()).await?;
    Ok(())
}

/// The last write of an operation. A definition that somebody edited meanwhile is kept, unpublished as it is; a head
/// that another operation has taken over is not written.
async fn close(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: &Head,
    begun: Option<&OperationRecord>,
) -> Result<Head, CommandError> {
    let error = match write_head(context, cluster, namespace, head).await {
        Ok(head) => return Ok(head),
        Err(error) if error.code == exit::STALE => error,
        Err(error) => return Err(error),
    };
    let name = head.definition.name();
    let now = read_head(cluster.reader(), namespace, name).await?;
    let Some(now) = now.filter(|now| now.uid == head.uid && now.state.operation.as_ref() == begun) else {
        return Err(error);
    };
    if now.definition.digest() != head.definition.digest() {
        context.ui.warn(&format!("{name} was edited meanwhile; the edit is kept and not published yet"));
    }
    let merged = Head { definition: now.definition, resource_version: now.resource_version, ..head.clone() };
    write_head(context, cluster, namespace, &merged).await
}

/// Uids of all objects that are as the plan wants them.
fn uids(prepared: &Prepared, written: &BTreeMap<ObjectKey, LiveObject>) -> BTreeMap<ObjectKey, String> {
    let unchanged = prepared.plan.changes.iter().filter(|change| change.manifest.is_some());
    let unchanged = unchanged.filter_map(|change| Some((&change.key, change.live.as_ref()?)));
    // What was written comes last and wins.
    unchanged.chain(written).map(|(key, live)| (key.clone(), live.uid().to_owned())).collect()
}

fn with_uids(inventory: &Inventory, seen: &BTreeMap<ObjectKey, String>) -> Inventory {
    Inventory::new(inventory.entries().iter().cloned().map(|mut entry| {
        if let Some(uid) = seen.get(&entry.key()) {
            entry.uid.clone_from(uid);
        }
        entry
    }))
}

fn keep_uids(new: &Inventory, known: &Inventory) -> Inventory {
    let wanted: BTreeSet<ObjectKey> = new.entries().iter().map(InventoryEntry::key).collect();
    Inventory::new(known.entries().iter().filter(|entry| wanted.contains(&entry.key())).chain(new.entries()).cloned())
}

/// Revisions first, the head last: while it exists, everything can still be found.
pub(super) async fn remove_records(cluster: &Cluster, namespace: &str, head: &Head) -> Result<(), CommandError> {
    let name = head.definition.name();
    let resource = PlanClient::config_maps();
    for record in cluster.reader().record_summaries(namespace, &revision_selector(name)).await? {
        let key = ObjectKey::new("", "ConfigMap", namespace, &record.name);
        if record.label(labels::KIND) != Some("revision") {
            continue;
        }
        cluster.delete(&resource, &key, &record.seen()).await?;
    }
    let key = ObjectKey::new("", "ConfigMap", namespace, head_name(name));
    let seen = Precondition { uid: head.uid.clone(), resource_version: head.resource_version.clone() };
    cluster.delete(&resource, &key, &seen).await?;
    Ok(())
}
