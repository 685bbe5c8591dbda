//! `repair` and `forget`: after a restore, objects get the mark of the record that is there now; and records go while
//! the objects stay. Both say what they will write and ask first.

use clap::Args;
use serde_json::json;

use super::checkup::is_stale;
use super::consent::{Deed, consent};
use super::operate::locked;
use super::pipeline::{PlanOptions, prepare};
use super::resolve::require_head;
use super::save::write_head;
use super::secret_state::{name_of, own_secrets};
use super::{Context, template_store};
use crate::cluster::{Cluster, PlanClient, Precondition};
use crate::error::{CommandError, exit, id};
use crate::object::{LiveObject, ObjectKey, labels, printable};
use crate::release::{Head, Inventory, InventoryEntry, RecordError, head_name, revision_selector};

/// Mark a definition's objects as its own again, after a restore from a backup
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  kubectl ku8 repair orders-db\n  kubectl ku8 repair orders-db --yes

A restored record has a new uid, and objects carry the old one. Nothing but that mark is written.")]
pub struct RepairArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    name: String,
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
}

/// Remove a definition's records and leave its objects running
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  kubectl ku8 forget orders-db\n  kubectl ku8 forget orders-db --yes

Its objects, volumes and Secrets stay as they are; define it again and repair it to take them back.")]
pub struct ForgetArgs {
    /// Definition; its record may be damaged
    #[arg(value_name = "NAME")]
    name: String,
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
}

/// Marks objects again.
///
/// # Errors
/// When the definition cannot be read, or an object changed meanwhile.
pub async fn run(context: &Context, args: RepairArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let name = &args.name;
    let head = require_head(cluster.reader(), &namespace, name).await?;
    let stale = stale_objects(context, &head, &namespace).await?;
    let known = with_live_uids(&head, cluster.reader()).await?;
    if stale.is_empty() && known == head.state.inventory {
        context.ui.print(&format!("{namespace}/{name}: nothing to repair."));
        return Ok(exit::DONE);
    }
    let styles = context.ui.out;
    let owner_id = format!("{namespace}/{name}/{}", head.uid);
    for (key, live) in &stale {
        let from = printable(live.owner_id().unwrap_or_default());
        context.ui.print(&format!("  {} {key}  {} {from} → {owner_id}", styles.changed("~ mark"), labels::OWNER_ID));
    }
    if known != head.state.inventory {
        context.ui.print(&format!(
            "  {} ConfigMap/{}  uids of its objects",
            styles.changed("~ record"),
            head_name(name)
        ));
    }
    let question = format!("Write this for {namespace}/{name}?");
    consent(context, args.yes, &Deed::new(question, &namespace))?;
    locked(context, &namespace, name, std::time::Duration::ZERO, async |cluster, lock| {
        for (key, live) in &stale {
            lock.check()?;
            mark(cluster, key, live, &owner_id, name).await?;
            context.ui.say(&format!("  {key} marked"));
        }
        lock.check()?;
        let mut head = head.clone();
        head.state.inventory = known;
        write_head(context, cluster, &namespace, &head).await.map(|_| ())
    })
    .await?;
    context.ui.print(&format!("{} {namespace}/{name}", styles.good("Repaired")));
    context.ui.say(&format!("next: kubectl ku8 plan {name}{}", context.again()));
    Ok(exit::DONE)
}

/// Objects and Secrets that are this definition's by name and carry the uid of a head that is gone.
async fn stale_objects(
    context: &Context,
    head: &Head,
    namespace: &str,
) -> Result<Vec<(ObjectKey, LiveObject)>, CommandError> {
    let cluster = context.cluster()?.reader();
    let name = head.definition.name();
    let home = format!("{namespace}/{name}/");
    let options = PlanOptions { allow_empty: true, ..PlanOptions::default() };
    let prepared = prepare(context, cluster, &head.definition, Some(head), namespace, &options).await?;
    let objects = prepared.plan.changes.into_iter().filter_map(|change| change.live.map(|live| (change.key, live)));
    let secrets = own_secrets(cluster, namespace, name).await?;
    let secrets = secrets.into_iter().map(|live| (ObjectKey::new("", "Secret", namespace, name_of(&live)), live));
    Ok(objects.chain(secrets).filter(|(_, live)| is_stale(live, &home, &head.uid)).collect())
}

/// The inventory with the uids of the objects as they are now; a restored object has a new one.
async fn with_live_uids(head: &Head, cluster: &PlanClient) -> Result<Inventory, CommandError> {
    let mut entries: Vec<InventoryEntry> = Vec::new();
    for mut entry in head.state.inventory.entries().iter().cloned() {
        let key = entry.key();
        if let Ok(resource) = cluster.readable(&key.group_kind(), Some(&entry.version)).await
            && !entry.uid.is_empty()
            && let Some(live) = cluster.read(&resource, &key).await?
        {
            live.uid().clone_into(&mut entry.uid);
        }
        entries.push(entry);
    }
    Ok(Inventory::new(entries))
}

async fn mark(
    cluster: &Cluster,
    key: &ObjectKey,
    live: &LiveObject,
    owner_id: &str,
    name: &str,
) -> Result<(), CommandError> {
    let version = live.value["apiVersion"].as_str().and_then(|version| version.rsplit('/').next());
    let resource = cluster.reader().resource_of(&key.group_kind(), version).await?;
    let patch = json!({"metadata": {"annotations": {labels::OWNER_ID: owner_id}, "labels": {labels::OWNER: name}}});
    match cluster.merge_patch(&resource, key, patch, &Precondition::of(live)).await {
        Err(error) if error.is_conflict() => {
            Err(CommandError::new(format!("{key} was changed by somebody meanwhile; it was not marked"))
                .id(id::DEFINITION_CHANGED)
                .code(exit::STALE)
                .hint("repair again, which goes on from here"))
        }
        other => other.map(|_| ()).map_err(CommandError::from),
    }
}

/// Removes records.
///
/// # Errors
/// When there are none, or one cannot be removed.
pub async fn forget(context: &Context, args: ForgetArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let name = &args.name;
    crate::definition::check_name(name)?;
    let head = cluster.reader().config_map(&namespace, &head_name(name)).await?;
    let revisions = cluster.reader().record_summaries(&namespace, &revision_selector(name)).await?;
    if head.is_none() && revisions.is_empty() {
        return Err(CommandError::new(format!("no record of `{name}` in namespace {namespace}"))
            .id(id::NO_DEFINITION)
            .hint("see what is there with: kubectl ku8 list"));
    }
    if let Some(Err(error @ RecordError::Newer { .. })) = head.as_ref().map(|live| Head::from_config_map(&live.value)) {
        return Err(error.into());
    }
    let styles = context.ui.out;
    for record in head.iter().map(name_of).chain(revisions.iter().map(|record| record.name.as_str())) {
        context.ui.print(&format!("  {} ConfigMap/{}", styles.removed("- forget"), printable(record)));
    }
    let kept = head.as_ref().and_then(|live| Head::from_config_map(&live.value).ok());
    for entry in kept.iter().flat_map(|head| head.state.inventory.entries()) {
        context.ui.print(&format!("  = keep   {}", printable(&entry.key().to_string())));
    }
    let question = format!("Forget {namespace}/{name}? Its objects keep running.");
    consent(context, args.yes, &Deed::new(question, &namespace))?;
    locked(context, &namespace, name, std::time::Duration::ZERO, async |cluster, lock| {
        let resource = PlanClient::config_maps();
        for record in &revisions {
            lock.check()?;
            let key = ObjectKey::new("", "ConfigMap", &namespace, &record.name);
            cluster.delete(&resource, &key, &record.seen()).await?;
        }
        lock.check()?;
        if let Some(live) = &head {
            let key = ObjectKey::new("", "ConfigMap", &namespace, head_name(name));
            cluster.delete(&resource, &key, &Precondition::of(live)).await?;
        }
        Ok(())
    })
    .await?;
    template_store::sweep(context, cluster, &namespace).await;
    context.ui.print(&format!("{} {namespace}/{name}; its objects keep running", styles.good("Forgot")));
    context.ui.say(&format!("take them back: kubectl ku8 define {name} …, then kubectl ku8 repair {name}"));
    Ok(exit::DONE)
}
