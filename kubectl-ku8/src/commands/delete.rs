//! `delete`: a plan whose desired set is empty, then the records.
//! Volumes and generated Secrets stay and are marked, unless a `--purge` flag names them.

use std::time::Duration;

use clap::Args;

use super::Context;
use super::carry_out::Policy;
use super::consent::{Deed, consent};
use super::operate::{Approved, Done, operate};
use super::pipeline::{PlanOptions, prepare};
use super::plan::show;
use super::publish::refuse;
use super::resolve::require_head;
use super::verdict::Verdict;
use crate::cli::{Output, parse_duration};
use crate::error::{CommandError, exit};
use crate::release::{Cause, Head};

/// Delete a definition and its objects; volumes and generated Secrets are kept
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 delete orders-db\n  kubectl ku8 delete scratch-db --purge-data --purge-secrets --yes"
)]
pub struct DeleteArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    name: String,
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
    /// Delete its volumes too: the data is lost
    #[arg(long)]
    purge_data: bool,
    /// Delete its generated Secrets too: the passwords are lost
    #[arg(long)]
    purge_secrets: bool,
    /// Wait so long for an operation that somebody else runs, then plan again
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "0s", hide_default_value = true)]
    lock_timeout: Duration,
}

/// Deletes.
///
/// # Errors
/// When it does not exist, the answer is no, or a removal fails; the record stays then.
pub async fn run(context: &Context, args: DeleteArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?;
    let namespace = context.namespace()?;
    let head = require_head(cluster.reader(), &namespace, &args.name).await?;
    let options = PlanOptions {
        deleting: true,
        purge_data: args.purge_data,
        purge_secrets: args.purge_secrets,
        ..PlanOptions::default()
    };
    let prepared = prepare(context, cluster.reader(), &head.definition, Some(&head), &namespace, &options).await?;
    show(context, std::slice::from_ref(&prepared), Output::Text, false);
    refuse(&prepared)?;
    super::warnings::refuse(context, &prepared)?;
    consent(context, args.yes, &Deed::of(format!("Delete {namespace}/{}?", args.name), &prepared.plan))?;
    let definition = head.definition.clone();
    let approved = Approved { namespace: namespace.clone(), head, definition, prepared, cause: Cause::Delete };
    let replan = async |head: &Head| {
        let prepared = prepare(context, cluster.reader(), &head.definition, Some(head), &namespace, &options).await?;
        Ok((head.definition.clone(), prepared))
    };
    let policy = Policy { wait: None, keep_going: false, rollback_on_failure: false, history_max: usize::MAX };
    let verdict = match operate(context, approved, policy, args.lock_timeout, replan).await? {
        Done::Nothing(head) => Verdict::unchanged(&namespace, *head),
        Done::Ended(end) => Verdict::ended(&namespace, Cause::Delete, *end),
    };
    verdict.say(context);
    verdict.outcome().map(|()| exit::DONE)
}
