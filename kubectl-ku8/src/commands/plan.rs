//! `plan`: shows what publish would do and changes nothing.
//! It is publish stopped early, through the same pipeline.

use clap::Args;
use serde_json::json;

use super::pipeline::{PlanOptions, Prepared, prepare};
use super::resolve::{read_head, require_head};
use super::{Context, select};
use crate::cli::Output;
use crate::definition::{Definition, Document, parse_documents};
use crate::error::{CommandError, exit};
use crate::plan::ProblemKind;
use crate::terminal::{PlanView, render_plan};

/// Show what publish would change, field by field, without changing anything
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 plan orders-db
  kubectl ku8 plan --all --detailed-exitcode
  kubectl ku8 plan -f definition.yaml        # without storing it
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
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    pub output: Output,
    /// Exit with 2 when there are changes, 0 when there are none
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Show every field of new objects, and unchanged objects
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub(super) allow: AllowArgs,
}

/// Flags that let a plan do what it refuses otherwise.
#[derive(Args, Debug, Default)]
pub(super) struct AllowArgs {
    /// Take over an object that exists already, such as Service/web
    #[arg(long, value_name = "KIND/NAME")]
    adopt: Vec<String>,
    /// Let a definition render nothing, which removes all of its objects
    #[arg(long)]
    allow_empty: bool,
    /// Make new passwords although data volumes exist that know the old ones
    #[arg(long)]
    new_credentials: bool,
}

impl AllowArgs {
    pub(super) fn options(&self) -> PlanOptions {
        PlanOptions {
            adopt: self.adopt.iter().cloned().collect(),
            allow_empty: self.allow_empty,
            new_credentials: self.new_credentials,
            ..PlanOptions::default()
        }
    }
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
        plans.push(plan_file(context, &namespace, file, args.names.first(), &options).await?);
    } else {
        let cluster = context.cluster()?.reader();
        for name in select(context, &args.names, args.all).await? {
            let head = require_head(cluster, &namespace, &name).await?;
            plans.push(prepare(context, cluster, &head.definition, Some(&head), &namespace, &options).await?);
        }
    }
    show(context, &plans, args.output, args.full);
    verdict(&plans, args.detailed_exitcode)
}

/// Shows plans in the form asked for.
pub(super) fn show(context: &Context, plans: &[Prepared], output: Output, full: bool) {
    match output {
        Output::Text => {
            let texts: Vec<String> = plans.iter().map(|prepared| text(context, prepared, full)).collect();
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
    render_plan(&prepared.plan, PlanView { styles: context.ui.out, full })
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
    name: Option<&String>,
    options: &PlanOptions,
) -> Result<Prepared, CommandError> {
    let (source, text) = crate::files::read_input(file)?;
    let mut definition = match parse_documents(&source, &text)? {
        Document::Definition(definition) => *definition,
        Document::Manifests(manifests) => {
            let name = name.ok_or_else(|| {
                CommandError::new("plain objects need a definition name")
                    .hint(format!("for example: kubectl ku8 plan shop-web -f {file}"))
            })?;
            let mut definition = Definition::new(name, None);
            definition.spec.manifests = manifests;
            definition.check()?;
            definition
        }
    };
    if let Some(name) = name.filter(|name| *name != definition.name()) {
        return Err(CommandError::new(format!("the file defines `{}`, not `{name}`", definition.name())));
    }
    let cluster = context.cluster()?.reader();
    let namespace = super::define::agree_on_namespace(context, &definition, namespace)?;
    if cluster.namespace_exists(&namespace).await? == Some(false) {
        return Err(crate::cluster::ClusterError::NamespaceMissing(namespace).into());
    }
    let head = read_head(cluster, &namespace, definition.name()).await?;
    super::define::pin_template(context, &mut definition, head.as_ref(), Some((cluster, &namespace))).await?;
    prepare(context, cluster, &definition, head.as_ref(), &namespace, options).await
}
