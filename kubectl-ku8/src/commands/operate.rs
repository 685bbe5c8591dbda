//! From an approved plan to its end: the lock, a second look at what was approved, the operation, the lock again.
//! What was approved is carried out or nothing is; it never asks anything.

use std::time::Duration;

use clap::Args;

use super::Context;
use super::approval::{Moved, compare};
use super::carry_out::{Ended, Operation, Policy, carry_out};
use super::pipeline::Prepared;
use super::resolve::require_head;
use super::rollback::after_failure;
use crate::cli::{Output, parse_duration};
use crate::cluster::{Claim, Cluster, Lock, LockError};
use crate::definition::Definition;
use crate::error::{CommandError, exit, id};
use crate::release::{Cause, Head};

/// Flags of every command that carries out a plan.
#[derive(Args, Clone, Debug)]
pub(super) struct OperateArgs {
    /// Do not ask
    #[arg(short = 'y', long)]
    pub(super) yes: bool,
    /// How long to wait until everything is ready
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "5m")]
    pub(super) wait_timeout: Duration,
    /// How long to wait for one object, after which the rest is not waited for either
    #[arg(long, value_name = "TIME", value_parser = parse_duration, conflicts_with = "no_wait")]
    pub(super) resource_timeout: Option<Duration>,
    /// Do not wait until everything is ready
    #[arg(long, conflicts_with = "wait_timeout")]
    pub(super) no_wait: bool,
    /// After a failure, go on with everything that does not depend on what failed
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Wait so long for an operation that somebody else runs, then plan again
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "0s", hide_default_value = true)]
    pub(super) lock_timeout: Duration,
    /// Revisions to keep
    #[arg(long, value_name = "COUNT", default_value_t = 10, hide_short_help = true)]
    pub(super) history_max: usize,
    /// Show every field of new objects, and unchanged objects
    #[arg(long)]
    pub(super) full: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    pub(super) output: Output,
}

impl Default for OperateArgs {
    fn default() -> Self {
        Self {
            yes: false,
            wait_timeout: Duration::from_mins(5),
            resource_timeout: None,
            no_wait: false,
            keep_going: false,
            lock_timeout: Duration::ZERO,
            history_max: 10,
            full: false,
            output: Output::Text,
        }
    }
}

impl OperateArgs {
    pub(super) fn policy(&self, context: &Context) -> Policy {
        let limits = context.wait_limits(self.wait_timeout, self.resource_timeout);
        Policy {
            wait: (!self.no_wait).then_some(limits),
            keep_going: self.keep_going,
            rollback_on_failure: false,
            history_max: self.history_max,
        }
    }
}

/// A plan somebody saw and agreed to.
pub(super) struct Approved {
    /// The definition's namespace.
    pub(super) namespace: String,
    /// The head the plan was made from.
    pub(super) head: Head,
    /// What the head's definition becomes; for a publish, what it is.
    pub(super) definition: Definition,
    /// The plan.
    pub(super) prepared: Prepared,
    /// Why.
    pub(super) cause: Cause,
}

/// What came of it.
pub(super) enum Done {
    /// It was carried out, well or not.
    Ended(Box<End>),
    /// Somebody else had done the same meanwhile.
    Nothing(Box<Head>),
}

/// An operation that was carried out, with its plan.
pub(super) struct End {
    /// How it ended.
    pub(super) ended: Ended,
    /// What was carried out.
    pub(super) prepared: Prepared,
    /// What was done about its failure: the revision that was gone back to, and how that ended.
    pub(super) back: Option<(u32, Result<Box<End>, CommandError>)>,
}

/// Carries out what was approved, under the lock. When the head moved on since, `replan` makes the plan again, and a
/// plan that differs from the approved one is not carried out.
///
/// # Errors
/// The lock is held (4), the plan is stale (3), or [`carry_out`] fails.
pub(super) async fn operate(
    context: &Context,
    approved: Approved,
    policy: Policy,
    lock_timeout: Duration,
    replan: impl AsyncFn(&Head) -> Result<(Definition, Prepared), CommandError>,
) -> Result<Done, CommandError> {
    super::rights::preflight(context, &approved.prepared.plan, policy.wait.is_some()).await?;
    let (namespace, name) = (approved.namespace.clone(), approved.head.definition.name().to_owned());
    locked(context, &namespace, &name, lock_timeout, async |cluster, lock| {
        Box::pin(under_lock(context, cluster, lock, approved, policy, &replan)).await
    })
    .await
}

/// Does something under the lock of a definition and gives the lock back, whatever came of it.
///
/// # Errors
/// The lock is held, or the work fails.
pub(super) async fn locked<T>(
    context: &Context,
    namespace: &str,
    name: &str,
    patience: Duration,
    work: impl AsyncFnOnce(&Cluster, &Lock) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let lock = acquire(context, context.cluster()?, namespace, name, patience).await?;
    let _guard = context.interrupt.guard();
    let outcome = work(lock.cluster(), &lock).await;
    lock.release().await;
    outcome
}

/// Takes the lock; while somebody else has it, says so and waits until `patience` is used up.
async fn acquire(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    patience: Duration,
) -> Result<Lock, CommandError> {
    let claim = Claim { wait: (!patience.is_zero()).then_some(patience), ..context.claim() };
    Lock::acquire(cluster, namespace, name, claim).await.map_err(|error| {
        let held = matches!(error, LockError::Held { .. });
        let failed = CommandError::from(error);
        if held && patience.is_zero() { failed.hint("or wait for it: --lock-timeout 60s") } else { failed }
    })
}

async fn under_lock(
    context: &Context,
    cluster: &Cluster,
    lock: &Lock,
    mut approved: Approved,
    policy: Policy,
    replan: &impl AsyncFn(&Head) -> Result<(Definition, Prepared), CommandError>,
) -> Result<Done, CommandError> {
    let name = approved.head.definition.name().to_owned();
    let head = require_head(cluster.reader(), &approved.namespace, &name).await?;
    if (&head.uid, &head.resource_version) != (&approved.head.uid, &approved.head.resource_version) {
        let (definition, prepared) = replan(&head).await?;
        // Also when nothing was left to do before: the record, which was not in order then, is in order now.
        let published = is_settled(&head) && head.definition.digest() == definition.digest();
        if approved.cause != Cause::Delete && published && !prepared.plan.has_changes() {
            return Ok(Done::Nothing(Box::new(head)));
        }
        match compare(&approved.prepared.plan, &prepared.plan) {
            // Of a deletion the records are left.
            Moved::NothingLeft if approved.cause == Cause::Delete => {}
            Moved::Not => {
                context.ui.say(&format!("{name} moved on meanwhile; the plan is still the one that was shown."));
            }
            Moved::NothingLeft => return Err(stale(&name, &["nothing is left to do for the objects".to_owned()])),
            Moved::To(differences) => return Err(stale(&name, &differences)),
        }
        approved = Approved { head, definition, prepared, ..approved };
    }
    let operation = Operation {
        namespace: &approved.namespace,
        head: approved.head,
        definition: &approved.definition,
        prepared: &approved.prepared,
        cause: approved.cause,
        policy,
    };
    let ended = carry_out(context, cluster, lock, operation).await?;
    let mut end = End { ended, prepared: approved.prepared, back: None };
    let good = end.ended.head.state.last_good;
    let failed = !end.ended.succeeded() && !end.ended.interrupted;
    if failed && policy.rollback_on_failure && good == 0 {
        context.ui.warn(&format!("--rollback-on-failure: {name} has no good revision to go back to"));
    } else if failed && policy.rollback_on_failure {
        context.ui.say(&format!("Revision {} failed; going back to revision {good}.", end.ended.number));
        let policy = Policy { rollback_on_failure: false, ..policy };
        let back = after_failure(context, cluster, lock, &approved.namespace, &end.ended, policy).await;
        end.back = Some((good, back.map(Box::new)));
    }
    Ok(Done::Ended(Box::new(end)))
}

/// Says whether the last operation ended well and the definition is the one it published.
pub(super) fn is_settled(head: &Head) -> bool {
    head.state.phase == crate::release::Phase::Published && !head.is_modified() && head.state.pending == 0
}

fn stale(name: &str, differences: &[String]) -> CommandError {
    let mut lines = vec![format!("{name} changed since the plan was shown; nothing was changed by this command")];
    lines.extend(differences.iter().map(|line| format!("  {line}")));
    CommandError::new(lines.join("\n"))
        .id(id::PLAN_STALE)
        .code(exit::STALE)
        .hint(format!("look at the plan as it is now: kubectl ku8 plan {name}"))
}
