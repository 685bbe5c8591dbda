//! `publish`: plan, show, ask, write the record, apply, wait, write the record again.
//! Nothing is written before the plan was shown, and a publish without changes writes nothing.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::define::write_head;
use super::pipeline::{PlanOptions, Prepared, load_template, prepare, require_head};
use super::plan::{AllowArgs, show};
use super::{Context, confirm, select, template_store};
use crate::apply::{Apply, ApplyEvent, ApplyReport, Outcome};
use crate::cli::{Output, parse_duration};
use crate::cluster::{Cluster, Lock, PlanClient, Precondition};
use crate::error::{CommandError, exit};
use crate::object::{LiveObject, ObjectKey, labels};
use crate::plan::{Action, ProblemKind};
use crate::release::{
    Cause, Head, Inventory, InventoryEntry, Operation, Phase, RevisionMeta, RevisionRecord, expired, revision_name,
    revision_number, revision_selector,
};
use crate::terminal::Progress;
use crate::wait::{WaitReport, until_current};

/// Make the cluster as a definition says: plan, ask, apply, wait
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 publish orders-db
  kubectl ku8 publish orders-db cache --yes
  kubectl ku8 publish --all --yes --wait-timeout 10m")]
pub struct PublishArgs {
    /// Definitions to publish
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Every definition of the namespace
    #[arg(long)]
    pub all: bool,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// How long to wait until everything is ready
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "5m")]
    pub wait_timeout: Duration,
    /// Do not wait until everything is ready
    #[arg(long, conflicts_with = "wait_timeout")]
    pub no_wait: bool,
    /// Revisions to keep
    #[arg(long, value_name = "COUNT", default_value_t = 10, hide_short_help = true)]
    pub history_max: usize,
    /// Show every field of new objects, and unchanged objects
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub(super) allow: AllowArgs,
}

impl PublishArgs {
    /// What `new` publishes with after its questions.
    pub(super) fn of(name: &str) -> Self {
        Self {
            names: vec![name.to_owned()],
            all: false,
            yes: true,
            wait_timeout: Duration::from_secs(300),
            no_wait: false,
            history_max: 10,
            full: false,
            allow: AllowArgs::default(),
        }
    }
}

/// Publishes one definition after the other.
///
/// # Errors
/// The first one that cannot be published.
pub async fn run(context: &Context, args: PublishArgs) -> Result<u8, CommandError> {
    let options = args.allow.options();
    for name in select(context, &args.names, args.all).await? {
        one(context, &args, &name, &options).await?;
    }
    Ok(exit::DONE)
}

async fn one(context: &Context, args: &PublishArgs, name: &str, options: &PlanOptions) -> Result<(), CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let head = require_head(cluster.reader(), &namespace, name).await?;
    let prepared = prepare(context, cluster.reader(), &head.definition, Some(&head), &namespace, options).await?;
    let settled = head.state.phase == Phase::Published && !head.is_modified() && head.state.pending == 0;
    show(context, std::slice::from_ref(&prepared), Output::Text, args.full);
    refuse(&prepared)?;
    if !prepared.plan.has_changes() && settled {
        return Ok(());
    }
    if prepared.plan.has_changes() {
        confirm(&context.ui, args.yes, &format!("Publish {namespace}/{name}?"))?;
    }
    let lock = Lock::acquire(cluster, &namespace, name, context.claim()).await.map_err(CommandError::from)?;
    let outcome = carry_out(context, cluster, &namespace, head, &prepared, args, &lock).await;
    lock.release().await;
    outcome
}

/// A plan with problems is shown and goes no further.
pub(super) fn refuse(prepared: &Prepared) -> Result<(), CommandError> {
    let count = prepared.plan.problems.len();
    let words = if count == 1 { "1 problem keeps".to_owned() } else { format!("{count} problems keep") };
    match prepared.plan.worst_problem() {
        None => Ok(()),
        Some(kind) => Err(CommandError::new(format!("{words} this plan from being applied; nothing was changed"))
            .code(if kind == ProblemKind::Ownership { exit::OWNERSHIP } else { exit::ERROR })),
    }
}

/// The number the next publication gets.
pub fn next_revision(head: &Head) -> u32 {
    head.state.current.max(head.state.pending) + 1
}

async fn carry_out(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: Head,
    prepared: &Prepared,
    args: &PublishArgs,
    lock: &Lock,
) -> Result<(), CommandError> {
    if let Some(reference) = &head.definition.spec.template {
        let template = load_template(context, reference, Some((cluster.reader(), namespace))).await?;
        template_store::keep(cluster, namespace, &template).await?;
    }
    let number = next_revision(&head);
    let new = inventory_of(prepared);
    create_revision(context, cluster, namespace, &head, prepared, number, &new).await?;
    let mut head = begin(context, cluster, namespace, head, number, &new).await?;
    let (report, written) = apply(context, cluster, prepared, args, lock).await?;
    let wait = if report.failed() || args.no_wait {
        None
    } else {
        Some(wait(context, cluster, prepared, args.wait_timeout).await?)
    };
    let report = if report.failed() { report } else { prune(context, cluster, prepared, report, lock).await };
    finish(
        context,
        cluster,
        namespace,
        &mut head,
        number,
        &Ending { report: &report, wait: wait.as_ref(), new: &new, written: &written },
    )
    .await?;
    if !report.failed() {
        retire(context, cluster, namespace, &head, args.history_max).await;
    }
    conclude(context, &head, prepared, &report, wait.as_ref())
}

fn inventory_of(prepared: &Prepared) -> Inventory {
    Inventory::new(
        prepared
            .desired
            .objects
            .iter()
            .map(|object| InventoryEntry::new(object.manifest.key(), object.manifest.version())),
    )
}

async fn create_revision(
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
async fn begin(
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

async fn apply(
    context: &Context,
    cluster: &Cluster,
    prepared: &Prepared,
    args: &PublishArgs,
    lock: &Lock,
) -> Result<(ApplyReport, std::collections::BTreeMap<ObjectKey, LiveObject>), CommandError> {
    let mut apply = Apply::new(cluster, &prepared.plan, &prepared.owner_id);
    let writes = prepared
        .plan
        .changes
        .iter()
        .filter(|change| matches!(change.action, Action::Create | Action::Update | Action::Adopt))
        .count()
        + prepared.plan.secrets.iter().filter(|secret| secret.action.writes()).count();
    let mut progress = Progress::new(&context.ui, "Applying", writes);
    let mut on = |event: ApplyEvent| {
        let ApplyEvent::Wrote { object, failed } = event;
        progress.step(&format!("{object} {}", if failed { "failed" } else { "applied" }));
    };
    lock.check().map_err(CommandError::from)?;
    apply.secrets(&mut on).await;
    let stages = apply.stages();
    for (index, stage) in stages.iter().enumerate() {
        if apply.failed() {
            break;
        }
        if index > 0 && !args.no_wait {
            let before: Vec<(ObjectKey, String)> = prepared
                .plan
                .changes
                .iter()
                .filter(|change| change.manifest.is_some() && change.stage < *stage)
                .map(|change| (change.key.clone(), version_of(&change.api_version)))
                .collect();
            until_current(cluster.reader(), &before, args.wait_timeout, &mut |_| {}).await?;
        }
        lock.check().map_err(CommandError::from)?;
        apply.stage(*stage, &mut on).await;
    }
    progress.finish();
    Ok(apply.finish())
}

fn version_of(api_version: &str) -> String {
    api_version.rsplit('/').next().unwrap_or(api_version).to_owned()
}

async fn wait(
    context: &Context,
    cluster: &Cluster,
    prepared: &Prepared,
    limit: Duration,
) -> Result<WaitReport, CommandError> {
    let keys: Vec<(ObjectKey, String)> = prepared
        .desired
        .objects
        .iter()
        .map(|object| (object.manifest.key().clone(), object.manifest.version().to_owned()))
        .collect();
    let mut progress = Progress::new(&context.ui, "Waiting ", keys.len());
    let report = until_current(cluster.reader(), &keys, limit, &mut |report: &WaitReport| {
        let late = report.laggards();
        let line = late.first().map_or_else(String::new, |(key, health)| format!("{key}: {}", health.message));
        progress.at(report.objects.len() - late.len(), &line);
    })
    .await;
    progress.finish();
    Ok(report?)
}

async fn prune(
    context: &Context,
    cluster: &Cluster,
    prepared: &Prepared,
    mut report: ApplyReport,
    lock: &Lock,
) -> ApplyReport {
    if lock.check().is_err() {
        return report;
    }
    let mut apply = Apply::new(cluster, &prepared.plan, &prepared.owner_id);
    apply
        .prune(&mut |event: ApplyEvent| {
            let ApplyEvent::Wrote { object, failed } = event;
            context.ui.say(&format!("  {object} {}", if failed { "could not be removed" } else { "removed or kept" }));
        })
        .await;
    let (removed, _) = apply.finish();
    report.outcomes.extend(
        removed
            .outcomes
            .into_iter()
            .filter(|one| matches!(one.outcome, Outcome::Pruned | Outcome::Kept | Outcome::Failed)),
    );
    report
}

struct Ending<'a> {
    report: &'a ApplyReport,
    wait: Option<&'a WaitReport>,
    new: &'a Inventory,
    written: &'a std::collections::BTreeMap<ObjectKey, LiveObject>,
}

async fn finish(
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
    head.state.reason = failure.clone().or(late.clone());
    if failure.is_none() {
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
    head.state.phase = if failure.is_some() || late.is_some() { Phase::Failed } else { Phase::Published };
    if head.state.phase == Phase::Published {
        head.state.last_good = number;
    }
    *head = write_head(context, cluster, namespace, head).await?;
    let verdict = if head.state.phase == Phase::Published { "published" } else { "failed" };
    mark_result(cluster, namespace, head.definition.name(), number, verdict).await;
    Ok(())
}

fn keep_uids(new: &Inventory, known: &Inventory) -> Inventory {
    let wanted: std::collections::BTreeSet<ObjectKey> = new.entries().iter().map(InventoryEntry::key).collect();
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
async fn retire(context: &Context, cluster: &Cluster, namespace: &str, head: &Head, keep: usize) {
    let name = head.definition.name();
    let Ok(records) = cluster.reader().record_summaries(namespace, &revision_selector(name)).await else { return };
    let numbers: Vec<u32> = records.iter().filter_map(|record| revision_number(name, &record.name)).collect();
    for number in expired(numbers, keep.max(1), &[head.state.current, head.state.pending, head.state.last_good]) {
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
}

fn conclude(
    context: &Context,
    head: &Head,
    prepared: &Prepared,
    report: &ApplyReport,
    wait: Option<&WaitReport>,
) -> Result<(), CommandError> {
    let ui = &context.ui;
    let name = head.definition.name();
    if report.failed() {
        for one in &report.outcomes {
            ui.complain(&format!("  {:<12} {}", one.outcome, one.object));
        }
        let first = report.first_error();
        let stale = matches!(first.and_then(|one| one.error.as_ref()), Some(crate::apply::WriteError::Stale { .. }));
        return Err(CommandError::new(head.state.reason.clone().unwrap_or_default())
            .code(if stale { exit::STALE } else { exit::ERROR })
            .hint(format!("correct it and publish again, which goes on from here: kubectl ku8 publish {name}")));
    }
    if let Some(wait) = wait.filter(|wait| !wait.all_current()) {
        for (key, health) in wait.laggards() {
            ui.complain(&format!("  {:<11} {key}  {}", health.status, health.message));
        }
        let why =
            if wait.timed_out { "not everything became ready in time" } else { "not everything can become ready" };
        return Err(CommandError::new(format!("{name} was applied, but {why}"))
            .code(exit::NOT_READY)
            .hint(format!("look: kubectl ku8 status {name}"))
            .hint(format!("go on waiting, or publish a correction: kubectl ku8 publish {name}")));
    }
    ui.print(&format!(
        "{} {}/{name} revision {}: {}",
        ui.out.good("Published"),
        prepared.plan.definition.namespace,
        head.state.current,
        prepared.plan.summary_words()
    ));
    let notes = prepared.notes.trim();
    if !notes.is_empty() && head.state.current == 1 {
        ui.say(&format!("\n{notes}"));
    }
    Ok(())
}
