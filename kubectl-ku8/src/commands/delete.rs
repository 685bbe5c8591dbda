//! `delete`: a plan whose desired set is empty, then the records.
//! Volumes and generated Secrets stay and are marked, unless a `--purge` flag names them.

use clap::Args;

use super::pipeline::{PlanOptions, Prepared, prepare};
use super::plan::show;
use super::publish::{prune, refuse};
use super::resolve::require_head;
use super::save::write_head;
use super::{Context, confirm, template_store};
use crate::cli::Output;
use crate::cluster::{Cluster, Lock, PlanClient, Precondition};
use crate::error::{CommandError, exit};
use crate::object::{ObjectKey, labels};
use crate::release::{Cause, Head, Operation, Phase, head_name, revision_selector};

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
    confirm(&context.ui, args.yes, &format!("Delete {namespace}/{}?", args.name))?;
    let lock = Lock::acquire(cluster, &namespace, &args.name, context.claim()).await?;
    let outcome = carry_out(context, lock.cluster(), &namespace, head, &prepared, &lock).await;
    lock.release().await;
    outcome?;
    context.ui.print(&format!(
        "{} {namespace}/{}: {}",
        context.ui.out.good("Deleted"),
        args.name,
        prepared.plan.summary_words()
    ));
    Ok(exit::DONE)
}

async fn carry_out(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    mut head: Head,
    prepared: &Prepared,
    lock: &Lock,
) -> Result<(), CommandError> {
    head.state.phase = Phase::Publishing;
    head.state.operation =
        Some(Operation { holder: context.holder(), started_at: context.now(), cause: Cause::Delete });
    let mut head = write_head(context, cluster, namespace, &head).await?;
    let report = prune(context, cluster, prepared, lock).await?;
    if let Some(one) = report.first_error() {
        let reason = format!("{}: {}", one.object, one.error.as_ref().map(ToString::to_string).unwrap_or_default());
        head.state.phase = Phase::Failed;
        head.state.operation = None;
        head.state.reason = Some(reason.clone());
        head.result = report.results();
        write_head(context, cluster, namespace, &head).await?;
        return Err(CommandError::new(reason)
            .hint(format!("correct it and delete again: kubectl ku8 delete {}", head.definition.name())));
    }
    remove_records(cluster, namespace, &head).await?;
    template_store::sweep(context, cluster, namespace).await;
    Ok(())
}

/// Revisions first, the head last: while it exists, everything can still be found.
async fn remove_records(cluster: &Cluster, namespace: &str, head: &Head) -> Result<(), CommandError> {
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
