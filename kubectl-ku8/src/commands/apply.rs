//! `apply FILE`: carries out a saved plan exactly as it was approved, or nothing of it.
//! The file is not trusted: its inputs are rendered again, planned again, and compared with what it says.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Context;
use super::allow::AllowArgs;
use super::operate::{Approved, Done, OperateArgs, operate};
use super::pipeline::{Prepared, prepare};
use super::publish::{refuse, refuse_unreadable};
use super::resolve::{read_head, require_head};
use super::verdict::{Verdict, print_results};
use crate::cli::Output;
use crate::cluster::{ClusterError, PlanClient};
use crate::error::{CommandError, exit, id};
use crate::object::ObjectKey;
use crate::plan::Moved;
use crate::plan::saved::{SavedCluster, SavedOptions, SavedPlan, SavedSubject};
use crate::release::{Cause, Head};

/// Carry out a saved plan, exactly as it was approved
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 plan orders-db --out orders-db.plan
  kubectl ku8 apply orders-db.plan            # asks nothing: the plan was approved

When the cluster has moved on so that something else would happen, nothing is written and the exit code is 3.")]
pub struct ApplyArgs {
    /// File written by plan --out
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: OperateArgs,
}

/// Writes a plan into a file that only its owner may read.
///
/// # Errors
/// A plan that cannot be applied, or a file that cannot be written.
pub(super) async fn keep(
    context: &Context,
    prepared: &Prepared,
    options: SavedOptions,
    path: &Path,
) -> Result<(), CommandError> {
    refuse(prepared)?;
    refuse_unreadable(prepared)?;
    let cluster = context.cluster()?.reader();
    let subject = &prepared.plan.definition;
    let head = require_head(cluster, &subject.namespace, &subject.name).await?;
    let saved = saved(context, cluster, prepared, &head, options).await?;
    let text = saved.to_text();
    // The mask keeps values out of plans; should one be in there all the same, it stays in this process.
    if crate::secrets::redact::holds_secret(&text) {
        return Err(CommandError::new("the plan holds the value of a Secret in plain text and is not stored")
            .id(id::PLAN_SECRET)
            .hint("take it out of the definition; keep it with: kubectl ku8 secret set"));
    }
    crate::files::write_private(path, &text)?;
    context.ui.say(&format!("Plan kept in {}; apply it with: kubectl ku8 apply {0}", path.display()));
    Ok(())
}

async fn saved(
    context: &Context,
    cluster: &PlanClient,
    prepared: &Prepared,
    head: &Head,
    options: SavedOptions,
) -> Result<SavedPlan, CommandError> {
    let subject = &prepared.plan.definition;
    let definition = SavedSubject {
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
        head_uid: head.uid.clone(),
        digest: head.definition.digest(),
        from_revision: head.state.current,
        template: subject.template.clone(),
        template_digest: subject.digest.clone(),
    };
    let place = SavedCluster { uid: cluster_uid(cluster).await?, server: cluster.target().server.clone() };
    Ok(SavedPlan::new(&prepared.plan, place, definition, options, context.now()))
}

/// The uid of `kube-system`, which tells clusters apart; `None` for who may not read it.
async fn cluster_uid(cluster: &PlanClient) -> Result<Option<String>, CommandError> {
    let key = ObjectKey::new("", "Namespace", "", "kube-system");
    match cluster.read(&PlanClient::core("Namespace"), &key).await {
        Ok(found) => Ok(found.map(|live| live.uid().to_owned())),
        Err(ClusterError::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Applies a saved plan.
///
/// # Errors
/// A file that is no plan or was changed (1), a cluster or definition that moved on (3), or carrying it out fails.
pub async fn run(context: &Context, args: ApplyArgs) -> Result<u8, CommandError> {
    let shown = args.file.display().to_string();
    let text = crate::files::read_text(&args.file)?;
    let saved = SavedPlan::from_text(&text).map_err(|error| {
        CommandError::new(format!("{shown}: {error}"))
            .id(id::PLAN_FILE)
            .hint("make it again: kubectl ku8 plan NAME --out FILE")
    })?;
    let cluster = context.cluster()?.reader();
    let namespace = saved.definition.namespace.clone();
    let name = saved.definition.name.clone();
    let head = same_record(cluster, &saved).await?;
    let allow = AllowArgs::of(&saved.options);
    let options = allow.options();
    let prepared = prepare(context, cluster, &head.definition, Some(&head), &namespace, &options).await?;
    let now = self::saved(context, cluster, &prepared, &head, saved.options.clone()).await?;
    let mut moved = saved.moved(&now);
    // What was approved had no problem; one that came up since makes the plan stale too.
    for problem in &prepared.plan.problems {
        let place = moved.iter().position(|one| one.object == problem.object).unwrap_or_else(|| {
            moved.push(Moved {
                object: problem.object.clone(),
                planned: vec!["no problem".to_owned()],
                now: Vec::new(),
            });
            moved.len() - 1
        });
        moved[place].now.push(problem.message.clone());
    }
    if !moved.is_empty() {
        return Err(stale(&saved, &moved));
    }
    refuse(&prepared)?;
    refuse_unreadable(&prepared)?;
    for change in &now.changes {
        let before = saved.changes.iter().find(|one| one.object == change.object);
        if before.is_some_and(|before| before.resource_version != change.resource_version) {
            context.ui.say(&format!("{} changed since planning; same plan", change.object));
        }
    }
    super::consent::refuse_unasked(context, &namespace)?;
    context.ui.say(&format!(
        "Applying the plan of {} for {namespace}/{name}: {}",
        saved.created_at,
        prepared.plan.summary_words()
    ));
    if !prepared.plan.has_changes() && super::operate::is_settled(&head) {
        print_results(context, &[Verdict::unchanged(&namespace, head)], false, args.how.output);
        return Ok(exit::DONE);
    }
    let definition = head.definition.clone();
    let approved = Approved { namespace: namespace.clone(), head, definition, prepared, cause: Cause::Publish };
    let replan = async |head: &Head| {
        let prepared = prepare(context, cluster, &head.definition, Some(head), &namespace, &options).await?;
        Ok((head.definition.clone(), prepared))
    };
    let verdict = match operate(context, approved, args.how.policy(context), args.how.lock_timeout, replan).await? {
        Done::Nothing(head) => Verdict::unchanged(&namespace, *head),
        Done::Ended(end) => Verdict::ended(&namespace, Cause::Publish, *end),
    };
    if args.how.output == Output::Text {
        verdict.say(context);
    }
    let outcome = verdict.outcome();
    print_results(context, &[verdict], false, args.how.output);
    outcome.map(|()| exit::DONE)
}

/// The head a plan was made against, if it is still the one.
async fn same_record(cluster: &PlanClient, saved: &SavedPlan) -> Result<Head, CommandError> {
    let stale = |what: String| {
        Err(CommandError::new(what)
            .id(id::PLAN_STALE)
            .code(exit::STALE)
            .hint(format!("plan again: kubectl ku8 plan {} --out FILE", saved.definition.name)))
    };
    if let (Some(planned), Some(here)) = (&saved.cluster.uid, cluster_uid(cluster).await?)
        && *planned != here
    {
        return stale(format!(
            "the plan is for another cluster (uid {planned}, {}); this one has uid {here}",
            crate::object::printable(&saved.cluster.server)
        ));
    }
    let subject = &saved.definition;
    let place = format!("{}/{}", subject.namespace, subject.name);
    let Some(head) = read_head(cluster, &subject.namespace, &subject.name).await? else {
        return stale(format!(
            "{place} does not exist here: it was deleted since planning, or this is another cluster"
        ));
    };
    if head.uid != subject.head_uid {
        return stale(format!("{place} was deleted and made again since planning, or this is another cluster"));
    }
    if head.state.current != subject.from_revision {
        return stale(format!(
            "{place} is at revision {} and the plan starts from {}: somebody published meanwhile",
            head.state.current, subject.from_revision
        ));
    }
    if head.definition.digest() != subject.digest {
        return stale(format!("the definition {place} was edited since planning"));
    }
    Ok(head)
}

/// Planned and now, one under the other for each object.
fn stale(saved: &SavedPlan, moved: &[Moved]) -> CommandError {
    let mut lines = vec!["the plan is stale: something else would happen now; nothing was changed".to_owned()];
    for one in moved {
        lines.push(format!("  {}", one.object));
        for (title, words) in [("planned", &one.planned), ("now", &one.now)] {
            for (index, word) in words.iter().enumerate() {
                lines.push(format!("    {:<8} {word}", if index == 0 { title } else { "" }));
            }
        }
    }
    CommandError::new(lines.join("\n"))
        .id(id::PLAN_STALE)
        .code(exit::STALE)
        .hint(format!("look at the plan as it is now: kubectl ku8 plan {}", saved.definition.name))
}
