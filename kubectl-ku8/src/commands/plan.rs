//! `plan`: shows what publish would do and changes nothing.
//! It is publish stopped early, through the same pipeline.

use clap::Args;
use serde_json::json;

use super::allow::AllowArgs;
use super::operate::OperateArgs;
use super::pipeline::{PlanOptions, Prepared, prepare};
use super::resolve::{Moved, Pin, pin_template, read_head, require_head};
use super::{Context, select};
use crate::cli::{Output, parse_link};
use crate::definition::{Definition, Document, Sources, parse_documents};
use crate::error::{CommandError, exit, id};
use crate::plan::ProblemKind;
use crate::secrets::redact::redact;
use crate::terminal::{MarkdownView, PlanView, SMALLEST_MARKDOWN, render_markdown, render_plan};

/// Show what publish would change, field by field, without changing anything
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 plan orders-db
  kubectl ku8 plan --all --detailed-exitcode
  kubectl ku8 plan -f definition.yaml        # without storing it
  kubectl ku8 plan orders-db --out orders-db.plan && kubectl ku8 apply orders-db.plan
  kubectl ku8 plan orders-db -o markdown --max-bytes 65000 --uncut whole.md   # for a pull request
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
    /// With --filename: take what a registry's tag names now, although it named something else before
    #[arg(long, requires = "filename")]
    pub accept_moved_tag: bool,
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
    /// Lines shown around each change of a text
    #[arg(short = 'C', long, value_name = "COUNT")]
    pub context_lines: Option<usize>,
    /// Keep the plan in this file, to be applied as it is: kubectl ku8 apply FILE
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "filename"])]
    pub out: Option<std::path::PathBuf>,
    /// With -o markdown: show less, in steps, until it takes at most this many bytes; GitHub takes 65536
    #[arg(long, value_name = "N", value_parser = size)]
    pub max_bytes: Option<usize>,
    /// With -o markdown: write all of it to this file too
    #[arg(long, value_name = "FILE")]
    pub uncut: Option<std::path::PathBuf>,
    /// With -o markdown: where the whole plan can be read, named when something was left out
    #[arg(long, value_name = "URL", value_parser = parse_link)]
    pub link: Option<String>,
    /// Show the fields the server or a webhook sets, one by one
    #[arg(long)]
    pub show_side_effects: bool,
    #[command(flatten)]
    pub(super) allow: AllowArgs,
}

impl PlanArgs {
    /// What `publish --dry-run` plans with.
    pub(super) fn of(names: Vec<String>, all: bool, how: &OperateArgs, allow: AllowArgs) -> Self {
        let output = match how.output {
            Output::Text => PlanOutput::Text,
            Output::Json => PlanOutput::Json,
            Output::Yaml => PlanOutput::Yaml,
        };
        Self {
            names,
            all,
            filename: None,
            accept_moved_tag: false,
            create_namespace: false,
            output,
            detailed_exitcode: false,
            full: how.full,
            context_lines: None,
            out: None,
            max_bytes: None,
            uncut: None,
            link: None,
            show_side_effects: false,
            allow,
        }
    }
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

/// A size Markdown can be brought down to.
fn size(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(size) if size >= SMALLEST_MARKDOWN => Ok(size),
        Ok(_) => Err(format!("at least {SMALLEST_MARKDOWN}: the title and the counts must fit")),
        Err(_) => Err("not a number of bytes".to_owned()),
    }
}

/// Plans and shows.
///
/// # Errors
/// When a plan cannot be made, or cannot be applied as it is.
pub async fn run(context: &Context, args: PlanArgs) -> Result<u8, CommandError> {
    if args.output != PlanOutput::Markdown && (args.max_bytes.is_some() || args.uncut.is_some() || args.link.is_some())
    {
        return Err(CommandError::new("--max-bytes, --uncut and --link are about Markdown")
            .id(id::USAGE)
            .hint("add: -o markdown"));
    }
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
    let output = match args.output {
        PlanOutput::Text => Output::Text,
        PlanOutput::Json => Output::Json,
        PlanOutput::Yaml => Output::Yaml,
        PlanOutput::Markdown => {
            markdown(context, &plans, &args)?;
            keep(context, &plans, &args).await?;
            return verdict(&plans, args.detailed_exitcode);
        }
    };
    let lines = args.context_lines.unwrap_or(PlanView::LINES);
    let view =
        PlanView { lines, full: args.full, side_effects: args.show_side_effects, ..PlanView::new(context.ui.out) };
    show_as(context, &plans, output, view);
    keep(context, &plans, &args).await?;
    verdict(&plans, args.detailed_exitcode)
}

/// Keeps a plan in a file, after it was shown: one that cannot be kept was seen all the same.
async fn keep(context: &Context, plans: &[Prepared], args: &PlanArgs) -> Result<(), CommandError> {
    let Some(path) = &args.out else { return Ok(()) };
    let [prepared] = plans else {
        return Err(CommandError::new("--out keeps one plan: name one definition").id(id::ONE_PLAN));
    };
    super::apply::keep(context, prepared, args.allow.saved(), path).await
}

/// Prints plans for a pull request, cut down to the size asked for, and keeps the whole of them in a file.
fn markdown(context: &Context, plans: &[Prepared], args: &PlanArgs) -> Result<(), CommandError> {
    let plans: Vec<&crate::plan::Plan> = plans.iter().map(|prepared| &prepared.plan).collect();
    let mut view = MarkdownView { max_bytes: None, link: args.link.as_deref(), all: args.all };
    if let Some(file) = &args.uncut {
        crate::files::write_private(file, &redact(&(render_markdown(&plans, view) + "\n")))?;
    }
    view.max_bytes = args.max_bytes;
    let text = redact(&render_markdown(&plans, view));
    // What stands for a secret may be longer than it.
    let over = args.max_bytes.map_or(0, |most| text.len().saturating_sub(most));
    view.max_bytes = args.max_bytes.map(|most| most.saturating_sub(over));
    context.ui.print(&if over > 0 { render_markdown(&plans, view) } else { text });
    Ok(())
}

/// Shows plans in the form asked for.
pub(super) fn show(context: &Context, plans: &[Prepared], output: Output, full: bool) {
    match output {
        // A question follows: all of it stays on the screen.
        Output::Text => context.ui.show(&texts(plans, PlanView { full, ..PlanView::new(context.ui.out) })),
        _ => show_as(context, plans, output, PlanView::new(context.ui.out)),
    }
}

fn show_as(context: &Context, plans: &[Prepared], output: Output, view: PlanView) {
    match output {
        Output::Text => context.ui.page(&texts(plans, view)),
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

fn texts(plans: &[Prepared], view: PlanView) -> String {
    plans.iter().map(|prepared| render_plan(&prepared.plan, view)).collect::<Vec<_>>().join("\n\n")
}

/// A plan as people read it.
pub(super) fn text(context: &Context, prepared: &Prepared, full: bool) -> String {
    render_plan(&prepared.plan, PlanView { full, ..PlanView::new(context.ui.err) })
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
        return Err(super::resolve::no_namespace(cluster, &namespace).await);
    }
    let head = read_head(cluster, &namespace, definition.name()).await?;
    let stored = head.as_ref().and_then(|head| head.definition.spec.template.as_ref());
    let pin = Pin { stored, renew: false, moved: Moved::of(args.accept_moved_tag) };
    pin_template(context, &mut definition, pin, Some((cluster, &namespace))).await?;
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
