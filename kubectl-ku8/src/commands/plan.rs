//! `plan`: shows what publish would do and changes nothing.
//! It is publish stopped early, through the same pipeline.

use clap::Args;
use serde_json::json;

use super::allow::AllowArgs;
use super::pipeline::{PlanOptions, Prepared, prepare};
use super::resolve::{read_head, require_head};
use super::{Context, select};
use crate::cli::Output;
use crate::definition::{Definition, Document, Sources, parse_documents};
use crate::error::{CommandError, exit, id};
use crate::plan::ProblemKind;
use crate::terminal::{PlanView, render_markdown, render_plan};

/// Show what publish would change, field by field, without changing anything
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 plan orders-db
  kubectl ku8 plan --all --detailed-exitcode
  kubectl ku8 plan -f definition.yaml        # without storing it
  kubectl ku8 plan orders-db --out orders-db.plan && kubectl ku8 apply orders-db.plan
  kubectl ku8 plan orders-db -o markdown     # for a pull request
  kustomize build . | kubectl ku8 plan shop-web -f -")]
pub struct PlanArgs {
    /// Definitions to plan
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Every definition of the namespace
    #[arg(long)]
    pub all: bool,
    /// Plan this definition, or these objects, without storing them; - reads standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE", conflicts_with = "all")]
    pub filename: Option<String>,
    /// Plan the namespace too if it does not exist; with --filename only
    #[arg(long, requires = "filename")]
    pub create_namespace: bool,
    /// Output: text, json, yaml or markdown
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    pub output: PlanOutput,
    /// Exit with 2 when there are changes, 0 when there are none
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Show every field of new objects, and unchanged objects
    #[arg(long)]
    pub full: bool,
    /// Keep the plan in this file, to be applied as it is: kubectl ku8 apply FILE
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "filename"])]
    pub out: Option<std::path::PathBuf>,
    /// Show the fields the server or a webhook sets, one by one
    #[arg(long)]
    pub show_side_effects: bool,
    #[command(flatten)]
    pub(super) allow: AllowArgs,
}

/// Forms a plan is shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum PlanOutput {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// For a comment on a pull request.
    Markdown,
}

/// Plans and shows.
///
/// # Errors
/// When a plan cannot be made, or cannot be applied as it is.
pub async fn run(context: &Context, args: PlanArgs) -> Result<u8, CommandError> {
    let namespace = context.namespace()?;
    let options = args.allow.options();
    let mut plans = Vec::new();
    if let Some(file) = &args.filename {
        plans.push(plan_file(context, &namespace, file, &args, &options).await?);
    } else {
        let cluster = context.cluster()?.reader();
        for name in select(context, &args.names, args.all).await? {
            let head = require_head(cluster, &namespace, &name).await?;
            plans.push(prepare(context, cluster, &head.definition, Some(&head), &namespace, &options).await?);
        }
    }
    if let Some(path) = &args.out {
        let [prepared] = plans.as_slice() else {
            return Err(CommandError::new("--out keeps one plan: name one definition").id(id::ONE_PLAN));
        };
        super::apply::keep(context, prepared, args.allow.saved(), path).await?;
    }
    let output = match args.output {
        PlanOutput::Text => Output::Text,
        PlanOutput::Json => Output::Json,
        PlanOutput::Yaml => Output::Yaml,
        PlanOutput::Markdown => {
            let texts: Vec<String> = plans.iter().map(|prepared| render_markdown(&prepared.plan)).collect();
            context.ui.print(&texts.join("\n\n"));
            return verdict(&plans, args.detailed_exitcode);
        }
    };
    let view = PlanView { styles: context.ui.out, full: args.full, side_effects: args.show_side_effects };
    show_as(context, &plans, output, view);
    verdict(&plans, args.detailed_exitcode)
}

/// Shows plans in the form asked for.
pub(super) fn show(context: &Context, plans: &[Prepared], output: Output, full: bool) {
    show_as(context, plans, output, PlanView { styles: context.ui.out, full, side_effects: false });
}

fn show_as(context: &Context, plans: &[Prepared], output: Output, view: PlanView) {
    match output {
        Output::Text => {
            let texts: Vec<String> = plans.iter().map(|prepared| render_plan(&prepared.plan, view)).collect();
            context.ui.print(&texts.join("\n\n"));
        }
        Output::Json | Output::Yaml => {
            let values: Vec<serde_json::Value> = plans
                .iter()
                .map(|prepared| serde_json::to_value(&prepared.plan).expect("a plan is plain data"))
                .collect();
            let document = match <[serde_json::Value; 1]>::try_from(values) {
                Ok([one]) => one,
                Err(many) => json!({"apiVersion": "ku8.dev/plan/v1", "kind": "PlanList", "items": many}),
            };
            super::print_document(context, &document, output);
        }
    }
}

/// A plan as people read it.
pub(super) fn text(context: &Context, prepared: &Prepared, full: bool) -> String {
    render_plan(&prepared.plan, PlanView { styles: context.ui.out, full, side_effects: false })
}

/// The exit code of plans that were shown.
fn verdict(plans: &[Prepared], detailed: bool) -> Result<u8, CommandError> {
    let worst = plans.iter().filter_map(|prepared| prepared.plan.worst_problem()).min();
    let blocked = plans.iter().map(|prepared| prepared.plan.problems.len()).sum::<usize>();
    let failed = |code| {
        Err(CommandError::new(format!(
            "{blocked} {} the plan from being applied; see above",
            if blocked == 1 { "problem keeps" } else { "problems keep" }
        ))
        .id(if code == exit::OWNERSHIP { id::OWNERSHIP } else { id::PLAN_BLOCKED })
        .code(code))
    };
    match worst {
        Some(ProblemKind::Invalid) => failed(exit::ERROR),
        Some(ProblemKind::Ownership) if !detailed => failed(exit::OWNERSHIP),
        Some(ProblemKind::Blocked) if !detailed => Ok(exit::DONE),
        Some(_) => Ok(exit::CHANGES),
        None if detailed && plans.iter().any(|prepared| prepared.plan.has_changes()) => Ok(exit::CHANGES),
        None => Ok(exit::DONE),
    }
}

async fn plan_file(
    context: &Context,
    namespace: &str,
    file: &str,
    args: &PlanArgs,
    options: &PlanOptions,
) -> Result<Prepared, CommandError> {
    let name = args.names.first();
    let (source, text) = crate::files::read_input(file)?;
    let mut definition = match parse_documents(&source, &text)? {
        Document::Definition(definition) => *definition,
        Document::Manifests(manifests) => {
            let name = name.ok_or_else(|| {
                CommandError::new("plain objects need a definition name")
                    .id(id::NOTHING_NAMED)
                    .hint(format!("for example: kubectl ku8 plan shop-web -f {file}"))
            })?;
            let mut definition = Definition::new(name, None);
            definition.spec.manifests = manifests;
            definition.check()?;
            definition
        }
    };
    if let Some(name) = name.filter(|name| *name != definition.name()) {
        return Err(
            CommandError::new(format!("the file defines `{}`, not `{name}`", definition.name())).id(id::CONTRADICTION)
        );
    }
    let cluster = context.cluster()?.reader();
    let namespace = super::define::agree_on_namespace(context, &definition, namespace)?;
    let missing = cluster.namespace_exists(&namespace).await? == Some(false);
    if missing && !args.create_namespace {
        return Err(crate::cluster::ClusterError::NamespaceMissing(namespace).into());
    }
    let head = read_head(cluster, &namespace, definition.name()).await?;
    super::define::pin_template(context, &mut definition, head.as_ref(), Some((cluster, &namespace))).await?;
    let mut sources = Sources::default();
    sources.definition(&source, &text);
    let mut prepared = prepare(context, cluster, &definition, head.as_ref(), &namespace, options)
        .await
        .map_err(|error| error.pointing_into(&sources))?;
    if missing {
        prepared.plan.create_namespace(&namespace);
    }
    Ok(prepared)
}
