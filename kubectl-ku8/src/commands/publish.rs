//! `publish`: plan, show, ask, carry out.
//! Nothing is written before the plan was shown, and a publish without changes writes nothing.

use clap::Args;

use super::allow::AllowArgs;
use super::carry_out::Policy;
use super::consent::{Deed, consent};
use super::operate::{Approved, Done, OperateArgs, is_settled, operate};
use super::pipeline::{PlanOptions, Prepared, prepare};
use super::plan::show;
use super::resolve::require_head;
use super::verdict::{Verdict, print_results};
use super::{Context, select};
use crate::cli::Output;
use crate::error::{CommandError, exit, id};
use crate::plan::{ProblemKind, SecretAction};
use crate::release::{Cause, Head};

/// Make the cluster as a definition says: plan, ask, apply, wait
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 publish orders-db
  kubectl ku8 publish orders-db cache --yes
  kubectl ku8 publish --all --yes --wait-timeout 10m --keep-going
  kubectl ku8 publish orders-db --yes --rollback-on-failure
  kubectl ku8 publish orders-db --yes --lock-timeout 60s -o json")]
pub struct PublishArgs {
    /// Definitions to publish
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Every definition of the namespace
    #[arg(long)]
    pub all: bool,
    /// When it fails, go back to the last good revision
    #[arg(long)]
    pub(super) rollback_on_failure: bool,
    /// Only plan, as kubectl ku8 plan does; server and client are the same here
    #[arg(
        long,
        value_name = "MODE",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "server",
        default_value = "none",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub(super) dry_run: DryRun,
    #[command(flatten)]
    pub(super) how: OperateArgs,
    #[command(flatten)]
    pub(super) allow: AllowArgs,
}

/// kubectl's words for a publish that changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DryRun {
    /// It is carried out.
    #[default]
    None,
    /// The server is asked.
    Server,
    /// The server is asked all the same.
    Client,
}

impl PublishArgs {
    /// What `new` publishes with after its questions.
    pub(super) fn of(name: &str, yes: bool) -> Self {
        Self {
            names: vec![name.to_owned()],
            all: false,
            rollback_on_failure: false,
            dry_run: DryRun::None,
            how: OperateArgs { yes, ..OperateArgs::default() },
            allow: AllowArgs::default(),
        }
    }
}

/// Publishes one definition after the other.
///
/// # Errors
/// The first one that cannot be published.
pub async fn run(context: &Context, args: PublishArgs) -> Result<u8, CommandError> {
    if args.dry_run != DryRun::None {
        return instead_plan(context, args).await;
    }
    let options = args.allow.options();
    let mut verdicts = Vec::new();
    let mut outcome = Ok(());
    let names = select(context, &args.names, args.all).await?;
    let many = args.all || names.len() > 1;
    for name in names {
        let verdict = match one(context, &args, &name, &options).await {
            Ok(verdict) => verdict,
            Err(mut error) => {
                if !verdicts.is_empty() {
                    // Those before it were published.
                    error.message = error.message.replace("nothing was changed", &format!("{name} was not changed"));
                }
                outcome = Err(error);
                break;
            }
        };
        if args.how.output == Output::Text {
            verdict.say(context);
        }
        outcome = verdict.outcome();
        verdicts.push(verdict);
        if outcome.is_err() {
            break;
        }
    }
    print_results(context, &verdicts, many, args.how.output);
    outcome.map(|()| exit::DONE)
}

/// What would be done, and nothing of it.
async fn instead_plan(context: &Context, args: PublishArgs) -> Result<u8, CommandError> {
    let asked = if args.dry_run == DryRun::Client { "; the server is asked all the same" } else { "" };
    context.ui.say(&format!("--dry-run: this is what kubectl ku8 plan shows, and nothing is changed{asked}"));
    let how = super::plan::PlanArgs::of(args.names, args.all, &args.how, args.allow);
    super::plan::run(context, how).await
}

async fn one(
    context: &Context,
    args: &PublishArgs,
    name: &str,
    options: &PlanOptions,
) -> Result<Verdict, CommandError> {
    let cluster = context.cluster()?.reader();
    let namespace = context.namespace()?;
    let head = require_head(cluster, &namespace, name).await?;
    let prepared = prepare(context, cluster, &head.definition, Some(&head), &namespace, options).await?;
    present(context, &prepared, &args.how);
    refuse(&prepared)?;
    super::warnings::refuse(context, &prepared)?;
    refuse_unreadable(&prepared)?;
    if !prepared.plan.has_changes() && is_settled(&head) {
        return Ok(Verdict::unchanged(&namespace, head));
    }
    if prepared.plan.has_changes() {
        consent(context, args.how.yes, &Deed::of(format!("Publish {namespace}/{name}?"), &prepared.plan))?;
    }
    let definition = head.definition.clone();
    let approved = Approved { namespace: namespace.clone(), head, definition, prepared, cause: Cause::Publish };
    let replan = async |head: &Head| {
        let prepared = prepare(context, cluster, &head.definition, Some(head), &namespace, options).await?;
        Ok((head.definition.clone(), prepared))
    };
    let policy = Policy { rollback_on_failure: args.rollback_on_failure, ..args.how.policy(context) };
    Ok(match operate(context, approved, policy, args.how.lock_timeout, replan).await? {
        Done::Nothing(head) => {
            context
                .ui
                .say(&format!("{name} is as planned already: revision {} was published meanwhile", head.state.current));
            Verdict::unchanged(&namespace, *head)
        }
        Done::Ended(end) => Verdict::ended(&namespace, Cause::Publish, *end),
    })
}

/// Shows a plan before it is carried out: on standard output, unless that is for the document at the end.
pub(super) fn present(context: &Context, prepared: &Prepared, how: &OperateArgs) {
    if how.output == Output::Text {
        show(context, std::slice::from_ref(prepared), Output::Text, how.full);
        return;
    }
    let text = super::plan::text(context, prepared, how.full);
    if how.yes { context.ui.say(&text) } else { context.ui.complain(&text) }
}

/// Passwords that cannot be looked at cannot be kept either.
pub(super) fn refuse_unreadable(prepared: &Prepared) -> Result<(), CommandError> {
    let hidden = prepared.plan.secrets.iter().find(|secret| secret.action == SecretAction::Unreadable);
    hidden.map_or(Ok(()), |secret| {
        Err(CommandError::new(format!(
            "forbidden: you may not get Secret/{}, so it cannot be told whether it exists",
            secret.name
        ))
        .id(id::FORBIDDEN)
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
            .id(if kind == ProblemKind::Ownership { id::OWNERSHIP } else { id::PLAN_BLOCKED })
            .code(if kind == ProblemKind::Ownership { exit::OWNERSHIP } else { exit::ERROR })),
    }
}
