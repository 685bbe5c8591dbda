//! `rollback`: a plan towards what an earlier revision rendered, shown, asked and carried out like any other.
//! It goes back with objects and never with data, and it never runs over the lock of somebody else.

use clap::Args;

use super::allow::AllowArgs;
use super::carry_out::{Ended, Operation, Policy, carry_out};
use super::consent::{Deed, consent};
use super::operate::{Approved, Done, End, OperateArgs, is_settled, operate};
use super::pipeline::{PlanOptions, Prepared, prepare};
use super::publish::{present, refuse, refuse_unreadable};
use super::resolve::require_head;
use super::verdict::{Verdict, print_results};
use super::{Context, stored};
use crate::cli::Output;
use crate::cluster::{Cluster, Lock};
use crate::definition::Definition;
use crate::error::{CommandError, exit};
use crate::release::{Cause, Head, RevisionRecord};

/// Go back to what an earlier revision published; data in volumes stays as it is
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 rollback orders-db              # to the last good revision before this one
  kubectl ku8 rollback orders-db --to 7
  kubectl ku8 rollback orders-db --force-conflicts=ConfigMap/orders-db-config:data.key
  kubectl ku8 history orders-db               # which revisions there are")]
pub struct RollbackArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    name: String,
    /// Revision to go back to; the last good one before the present one when not given
    #[arg(long, value_name = "REVISION", value_parser = clap::value_parser!(u32).range(1..))]
    to: Option<u32>,
    #[command(flatten)]
    how: OperateArgs,
    #[command(flatten)]
    allow: AllowArgs,
}

/// Rolls back.
///
/// # Errors
/// When there is no such revision, it cannot be trusted, or carrying out the plan fails.
pub async fn run(context: &Context, args: RollbackArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?.reader();
    let namespace = context.namespace()?;
    let head = require_head(cluster, &namespace, &args.name).await?;
    let to = match args.to {
        Some(number) => number,
        None => stored::default_target(cluster, &namespace, &head).await?,
    };
    let record = stored::read(cluster, &namespace, &args.name, to).await?;
    let definition = record.definition.clone();
    let options = args.allow.options();
    let prepared = towards(context, &head, &namespace, record.clone(), &options).await?;
    present(context, &prepared, &args.how);
    refuse(&prepared)?;
    super::warnings::refuse(context, &prepared)?;
    refuse_unreadable(&prepared)?;
    if !prepared.plan.has_changes() && is_settled(&head) && head.definition.digest() == definition.digest() {
        context.ui.say(&format!("{namespace}/{} is as in revision {to} already.", args.name));
        print_results(context, &[Verdict::unchanged(&namespace, head)], false, args.how.output);
        return Ok(exit::DONE);
    }
    consent(
        context,
        args.how.yes,
        &Deed::of(format!("Roll {namespace}/{} back to revision {to}?", args.name), &prepared.plan),
    )?;
    let approved = Approved { namespace: namespace.clone(), head, definition, prepared, cause: Cause::Rollback(to) };
    let replan = async |head: &Head| {
        let prepared = towards(context, head, &namespace, record.clone(), &options).await?;
        Ok((record.definition.clone(), prepared))
    };
    let verdict = match operate(context, approved, args.how.policy(context), args.how.lock_timeout, replan).await? {
        Done::Nothing(head) => Verdict::unchanged(&namespace, *head),
        Done::Ended(end) => Verdict::ended(&namespace, Cause::Rollback(to), *end),
    };
    if args.how.output == Output::Text {
        verdict.say(context);
    }
    let outcome = verdict.outcome();
    print_results(context, &[verdict], false, args.how.output);
    outcome.map(|()| exit::DONE)
}

/// The plan towards a revision.
async fn towards(
    context: &Context,
    head: &Head,
    namespace: &str,
    record: RevisionRecord,
    allowed: &PlanOptions,
) -> Result<Prepared, CommandError> {
    let definition: Definition = record.definition.clone();
    let options = PlanOptions { allow_empty: true, towards: Some(Box::new(record)), ..allowed.clone() };
    prepare(context, context.cluster()?.reader(), &definition, Some(head), namespace, &options).await
}

/// Goes back to the last good revision after a publish that failed, under the lock that publish still holds.
///
/// # Errors
/// As a rollback by hand; there it is asked about, here `--rollback-on-failure` was the answer.
pub(super) async fn after_failure(
    context: &Context,
    cluster: &Cluster,
    lock: &Lock,
    namespace: &str,
    failed: &Ended,
    policy: Policy,
) -> Result<End, CommandError> {
    let (head, to) = (&failed.head, failed.head.state.last_good);
    let record = stored::read(cluster.reader(), namespace, head.definition.name(), to).await?;
    let definition = record.definition.clone();
    let prepared = towards(context, head, namespace, record, &PlanOptions::default()).await?;
    refuse(&prepared)?;
    refuse_unreadable(&prepared)?;
    let operation = Operation {
        namespace,
        head: head.clone(),
        definition: &definition,
        prepared: &prepared,
        cause: Cause::Rollback(to),
        policy,
    };
    let ended = carry_out(context, cluster, lock, operation).await?;
    Ok(End { ended, prepared, back: None })
}
