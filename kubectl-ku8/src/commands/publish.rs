//! `publish`: plan, show, ask, write the record, apply, wait, write the record again.
//! Nothing is written before the plan was shown, and a publish without changes writes nothing.

use std::time::Duration;

use clap::Args;

use super::pipeline::{PlanOptions, Prepared, prepare};
use super::plan::{AllowArgs, show};
use super::record::{Ending, begin, create_revision, finish, inventory_of, next_revision, retire};
use super::resolve::require_head;
use super::verdict::conclude;
use super::{Context, confirm, select, template_store};
use crate::apply::{Apply, ApplyEvent, ApplyReport, ObjectOutcome, Outcome};
use crate::cli::{Output, parse_duration};
use crate::cluster::{Cluster, Lock};
use crate::error::{CommandError, exit};
use crate::object::{LiveObject, ObjectKey};
use crate::plan::{Action, ProblemKind, SecretAction};
use crate::release::{Head, Phase};
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
            wait_timeout: Duration::from_mins(5),
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
    refuse_unreadable(&prepared)?;
    if !prepared.plan.has_changes() && settled {
        return Ok(());
    }
    if prepared.plan.has_changes() {
        confirm(&context.ui, args.yes, &format!("Publish {namespace}/{name}?"))?;
    }
    let lock = Lock::acquire(cluster, &namespace, name, context.claim()).await.map_err(CommandError::from)?;
    let outcome = carry_out(context, lock.cluster(), &namespace, head, &prepared, args, &lock).await;
    lock.release().await;
    outcome
}

/// Passwords that cannot be looked at cannot be kept either.
fn refuse_unreadable(prepared: &Prepared) -> Result<(), CommandError> {
    let hidden = prepared.plan.secrets.iter().find(|secret| secret.action == SecretAction::Unreadable);
    hidden.map_or(Ok(()), |secret| {
        Err(CommandError::new(format!(
            "forbidden: you may not get Secret/{}, so it cannot be told whether it exists",
            secret.name
        ))
        .hint(format!(
            "ask for the right; check it with: kubectl auth can-i get secrets -n {}",
            prepared.plan.definition.namespace
        )))
    })
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

async fn carry_out(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: Head,
    prepared: &Prepared,
    args: &PublishArgs,
    lock: &Lock,
) -> Result<(), CommandError> {
    if let Some(template) = &prepared.template {
        template_store::keep(cluster, namespace, template).await?;
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
    let mut report = report;
    if report.complete() {
        let removed = prune(context, cluster, prepared, lock).await?.outcomes;
        let ended = |one: &ObjectOutcome| matches!(one.outcome, Outcome::Pruned | Outcome::Kept | Outcome::Failed);
        report.outcomes.extend(removed.into_iter().filter(ended));
    }
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
        let ApplyEvent::Wrote { object, outcome } = event;
        progress.step(&format!("{object} {outcome}"));
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
            // What the next stage relies on is not there: the wait at the end says what is missing.
            if !until_current(cluster.reader(), &before, args.wait_timeout, &mut |_| {}).await?.all_current() {
                break;
            }
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

/// Removes and marks what the plan says, unless the lock was lost: then the record stays as it is, with everything in
/// its inventory, and the next run goes on from there.
pub(super) async fn prune(
    context: &Context,
    cluster: &Cluster,
    prepared: &Prepared,
    lock: &Lock,
) -> Result<ApplyReport, CommandError> {
    lock.check()?;
    let mut apply = Apply::new(cluster, &prepared.plan, &prepared.owner_id);
    apply
        .prune(&mut |event: ApplyEvent| {
            let ApplyEvent::Wrote { object, outcome } = event;
            context.ui.say(&format!("  {object} {outcome}"));
        })
        .await;
    Ok(apply.finish().0)
}
