//! `template lint`: tries a template in two fresh processes and judges it by every rule.
//! It never changes anything, and never stops at the first broken rule.

mod report;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::page::example;
use super::project::{cases, component, load};
use crate::author::cases::written;
use crate::author::{Finding, Kept, Level, RULES, Run, Subject, lint, requests, unloadable};
use crate::cli::Output;
use crate::commands::resolve::{Moved, find, is_path};
use crate::commands::{Context, print_document};
use crate::error::{CommandError, exit, id};
use crate::files::is_folder;
use crate::registry::Reference;
use crate::render::{Ask, Embedded, RenderError, Template, builtin};
use crate::schema::parameters;
use crate::terminal::{Progress, Table};
use report::Report;

/// Check a template as the host and good manners would
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template lint                       # the project in this folder
  kubectl ku8 template lint ./build/mine.wasm --strict
  kubectl ku8 template lint mysql -o json
  kubectl ku8 template lint oci://registry.example.com/team/kafka:1.0.0   # what others gave away
  kubectl ku8 template lint --rules               # every rule, and why it is there")]
pub(super) struct LintArgs {
    /// Component file, folder of a project, built-in name, or oci://HOST/REPOSITORY:TAG; this folder without it
    template: Option<String>,
    /// Component of the project, in place of the one in the folder build
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Take what a registry's tag names now, although it named something else before
    #[arg(long, hide_short_help = true)]
    accept_moved_tag: bool,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// Show what is only worth knowing, too
    #[arg(long)]
    all: bool,
    /// List the rules
    #[arg(long)]
    rules: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Runs `template lint`.
///
/// # Errors
/// When there is nothing to judge; what is judged badly is printed and ends with exit code 1.
pub(super) async fn run(context: &Context, args: &LintArgs) -> Result<u8, CommandError> {
    if args.rules {
        list_rules(context, args.output);
        return Ok(exit::DONE);
    }
    let report = judged(context, args).await?;
    match args.output {
        Output::Text => context.ui.show(&report.text(args.all, context.ui.out)),
        output => print_document(context, &report.document(), output),
    }
    let level = if args.strict { Level::Warning } else { Level::Error };
    Ok(if report.findings.iter().any(|finding| finding.level <= level) { exit::ERROR } else { exit::DONE })
}

fn list_rules(context: &Context, output: Output) {
    if output == Output::Text {
        let mut table = Table::new(&["CODE", "LEVEL", "RULE"]);
        for rule in RULES {
            table.row(&[rule.code.to_owned(), rule.level.word().to_owned(), rule.text.to_owned()]);
        }
        context.ui.show(&table.render());
        return;
    }
    let document = json!({"apiVersion": "ku8.dev/v1", "kind": "LintRuleList", "items": RULES});
    print_document(context, &document, output);
}

/// Finds what is meant, and judges it.
async fn judged(context: &Context, args: &LintArgs) -> Result<Report, CommandError> {
    let word = args.template.as_deref().unwrap_or(".");
    let project = PathBuf::from(word);
    let is_project = builtin::find(word).is_none() && is_folder(&project);
    if !is_project && args.component.is_some() {
        return Err(CommandError::new("--component goes with the folder of a project").id(id::USAGE));
    }
    let file = if is_project {
        Some(component(&project, args.component.as_deref())?)
    } else {
        (is_path(word) && !Reference::is_meant(word)).then(|| PathBuf::from(word))
    };
    let Some(file) = file else {
        let template = find(context, word, Moved::of(args.accept_moved_tag)).await?.template;
        return report(context, word, &template, None);
    };
    let shown = file.display().to_string();
    match load(context, &file)? {
        // The machine is to blame, and not the template.
        Err(error @ (RenderError::Engine(_) | RenderError::ChildStart(_))) => Err(error.into()),
        Err(error) => Ok(Report { origin: shown, findings: unloadable(&error), ..Report::default() }),
        Ok(template) => report(context, &shown, &template, is_project.then_some(project.as_path())),
    }
}

fn report(context: &Context, shown: &str, template: &Template, project: Option<&Path>) -> Result<Report, CommandError> {
    let schema = template.schema();
    let base = Value::Object(example(schema, &parameters(schema, None)));
    let allowed = template.metadata().produces.clone();
    let mut labels: Vec<String> = Vec::new();
    let mut asks: Vec<Ask> = Vec::new();
    for (label, request) in requests(schema, &base) {
        labels.push(label);
        // What it says it produces is allowed here, as people allow it by name.
        asks.push(Ask { request, allowed: allowed.clone() });
    }
    let mut kept = Kept::default();
    let project_cases = project.map(cases).transpose()?.unwrap_or_default();
    for case in &project_cases {
        kept.names.push(case.name.clone());
        match case.ask() {
            Ok(ask) => {
                labels.push(format!("case {}", case.name));
                asks.push(ask);
            }
            Err(error) => kept.broken.push((case.name.clone(), error.message)),
        }
        match case.expected()? {
            None => kept.broken.push((case.name.clone(), "nothing is expected of it yet".to_owned())),
            Some((crate::author::cases::REFUSED, _)) => kept.refused.push(case.name.clone()),
            Some(_) => {}
        }
    }
    let runtime = context.runtime()?;
    let mut progress = context.ui.live.then(|| Progress::new(&context.ui, "trying", 2));
    let mut tried = |words: &str| {
        let trials = runtime.try_all(template, &asks);
        if let Some(progress) = &mut progress {
            progress.step(words);
        }
        trials
    };
    let (first, second) = (tried("once"), tried("twice"));
    if let Some(progress) = progress {
        progress.finish();
    }
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(error), _) | (_, Err(error)) => {
            return Ok(Report { origin: shown.to_owned(), findings: unloadable(&error), ..Report::default() });
        }
    };
    let runs: Vec<Run> = labels
        .into_iter()
        .zip(&asks)
        .zip(first.trials.into_iter().zip(second.trials))
        .map(|((label, ask), (trial, again))| Run { label, request: ask.request.clone(), trial, again: again.answer })
        .collect();
    let embedded = Embedded::of(template.bytes());
    let subject = Subject {
        metadata: template.metadata(),
        schema,
        size: template.bytes().len(),
        embedded: &embedded,
        limits: runtime.limits(),
        host: env!("CARGO_PKG_VERSION"),
        described: [&first.described, &second.described],
        runs: &runs,
        cases: project.is_some().then_some(&kept),
    };
    let findings: Vec<Finding> = lint(&subject);
    Ok(Report {
        name: template.metadata().name.clone(),
        version: template.metadata().version.clone(),
        origin: shown.to_owned(),
        digest: format!("sha256:{}", template.digest()),
        usage: runs.iter().fold(first.described.usage, |most, run| most.max(run.trial.usage)),
        limits: Some(subject.limits),
        rendered: runs.iter().filter(|run| run.trial.rendered.is_ok()).count(),
        refused: runs.iter().filter(|run| run.trial.rendered.is_err() && written(&run.trial.rendered).is_ok()).count(),
        findings,
    })
}
