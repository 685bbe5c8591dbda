//! Which argument is completed from what: one table, and how each of its sources is read.
//! A source that fails offers nothing and says nothing.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Command;
use clap_complete::ArgValueCompleter;
use clap_complete::engine::CompletionCandidate;
use serde_json::Value;

use super::typed::Typed;
use crate::cluster::PlanClient;
use crate::commands::Context;
use crate::commands::new::titles;
use crate::commands::resolve::{load_by_name, load_here, read_head};
use crate::object::labels;
use crate::release::{head_selector, list_phase, revision_number, revision_selector};
use crate::render::{Template, builtin};
use crate::schema::{Kind, questions_in};
use crate::terminal::age;

/// Stands for "the shell's own files" until the answer is written.
pub(super) const FILES: &str = "\u{1}files";

/// Longest wait for all requests of one answer: a shell hangs for as long.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Where candidates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Definitions,
    Templates,
    Parameters,
    Revisions,
    Namespaces,
    Contexts,
    Clusters,
    Users,
    Languages,
    Files,
}

/// By an argument's id, in every command that has it.
const TABLE: &[(&str, Source)] = &[
    ("name", Source::Definitions),
    ("names", Source::Definitions),
    ("template", Source::Templates),
    ("set", Source::Parameters),
    ("set_string", Source::Parameters),
    ("set_json", Source::Parameters),
    ("to", Source::Revisions),
    ("namespace", Source::Namespaces),
    ("protected_ok", Source::Namespaces),
    ("context", Source::Contexts),
    ("cluster", Source::Clusters),
    ("user", Source::Users),
    ("lang", Source::Languages),
    ("kubeconfig", Source::Files),
    ("filename", Source::Files),
    ("files", Source::Files),
    ("file", Source::Files),
    ("out", Source::Files),
    ("save_to", Source::Files),
    ("dir", Source::Files),
];

/// The argument ids of the table.
#[cfg(test)]
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(id, _)| *id)
}

/// Gives every argument of the table, in this command and below it, its source.
pub(super) fn attach(command: Command, typed: &Typed) -> Command {
    let typed = Arc::new(typed.clone());
    below(command, &typed)
}

fn below(command: Command, typed: &Arc<Typed>) -> Command {
    // The name of something new is nobody's to offer.
    let names = command.get_name() != "new";
    let command = command.mut_args(|argument| {
        let id = argument.get_id().as_str();
        let found = TABLE.iter().find(|(known, _)| *known == id).map(|(_, source)| *source);
        match found.filter(|source| names || *source != Source::Definitions) {
            Some(source) => {
                let typed = Arc::clone(typed);
                argument.add(ArgValueCompleter::new(move |word: &OsStr| candidates(source, &typed, word)))
            }
            None => argument,
        }
    });
    command.mut_subcommands(|inner| below(inner, typed))
}

fn candidates(source: Source, typed: &Typed, word: &OsStr) -> Vec<CompletionCandidate> {
    let word = word.to_string_lossy();
    let context = Context::new(typed.globals.clone(), false);
    let found = match source {
        Source::Files => return vec![CompletionCandidate::new(FILES)],
        Source::Languages => vec![("en".to_owned(), "English".to_owned()), ("zh".to_owned(), "中文".to_owned())],
        Source::Templates if word.contains(['/', '.']) => return vec![CompletionCandidate::new(FILES)],
        Source::Templates => templates(&context),
        Source::Parameters => parameters(&context, typed, &word),
        Source::Contexts => context.kubeconfig_names().contexts,
        Source::Clusters => context.kubeconfig_names().clusters,
        Source::Users => context.kubeconfig_names().users,
        Source::Definitions => wait(definitions(&context)),
        Source::Namespaces => wait(namespaces(&context)),
        Source::Revisions => wait(revisions(&context, typed)),
    };
    let fits = found.into_iter().filter(|(value, _)| value.starts_with(&*word));
    // The order is the source's: newest revisions first.
    fits.enumerate()
        .map(|(order, (value, help))| {
            let help = (!help.is_empty()).then(|| help.into());
            CompletionCandidate::new(value).help(help).display_order(Some(order))
        })
        .collect()
}

type Found = Vec<(String, String)>;

/// Runs requests to their end, or gives up.
fn wait(asked: impl Future<Output = Option<Found>>) -> Found {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return Vec::new() };
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await });
    runtime.shutdown_background();
    found.ok().flatten().unwrap_or_default()
}

async fn definitions(context: &Context) -> Option<Found> {
    let namespace = context.namespace().ok()?;
    let reader = context.cluster().ok()?.reader();
    let records = reader.record_summaries(&namespace, &head_selector()).await.ok()?;
    let line = |record: &crate::cluster::RecordSummary| {
        let template = record.label(labels::TEMPLATE).unwrap_or("manifests");
        let phase = list_phase(&record.metadata)?;
        Some((record.label(labels::NAME)?.to_owned(), format!("{template}, {phase}")))
    };
    let mut found: Found = records.iter().filter_map(line).collect();
    found.sort_unstable();
    Some(found)
}

async fn namespaces(context: &Context) -> Option<Found> {
    let reader = context.cluster().ok()?.reader();
    let all = reader.list(&PlanClient::core("Namespace"), "", "").await.ok()?;
    let name = |one: &crate::object::LiveObject| {
        let phase = one.value["status"]["phase"].as_str().filter(|phase| *phase != "Active").unwrap_or_default();
        Some((one.value["metadata"]["name"].as_str()?.to_owned(), phase.to_owned()))
    };
    Some(all.iter().filter_map(name).collect())
}

async fn revisions(context: &Context, typed: &Typed) -> Option<Found> {
    let name = typed.name.as_deref()?;
    let namespace = context.namespace().ok()?;
    let reader = context.cluster().ok()?.reader();
    let records = reader.record_summaries(&namespace, &revision_selector(name)).await.ok()?;
    let line = |record: &crate::cluster::RecordSummary| {
        let made = record.metadata["creationTimestamp"].as_str().and_then(|time| context.seconds_since(time));
        let made = made.map_or_else(String::new, |seconds| format!(", {} ago", age(seconds)));
        let result = record.annotation(labels::RESULT).unwrap_or("unfinished");
        Some((revision_number(name, &record.name)?, format!("{result}{made}")))
    };
    let mut found: Vec<(u32, String)> = records.iter().filter_map(line).collect();
    found.sort_unstable_by(|left, right| right.cmp(left));
    Some(found.into_iter().map(|(number, help)| (number.to_string(), help)).collect())
}

fn templates(context: &Context) -> Found {
    let line = |entry: &builtin::BuiltIn| {
        let template = load_by_name(context, entry.name).ok()?;
        Some((entry.name.to_owned(), titles(context, &template).title))
    };
    builtin::all().iter().filter_map(line).collect()
}

/// Paths while there is no `=`, then the values a path may have.
fn parameters(context: &Context, typed: &Typed, word: &str) -> Found {
    let Some(template) = template(context, typed) else { return Vec::new() };
    let all = questions_in(template.schema(), None, context.ui.lang().key());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Some((path, _)) = word.split_once('=') else {
        let line = |question: &crate::schema::Question| {
            let default = question.default.as_ref().map(|value| format!(" [{}]", text(value))).unwrap_or_default();
            (format!("{}=", question.path), format!("{}{default}", question.title))
        };
        return all.iter().map(line).collect();
    };
    let Some(question) = all.iter().find(|question| question.path == path) else { return Vec::new() };
    let values: Vec<String> = match question.kind {
        Kind::Choice => question.choices.iter().map(text).collect(),
        Kind::Boolean => vec!["true".to_owned(), "false".to_owned()],
        _ => question.default.iter().map(text).filter(|value| !value.is_empty()).collect(),
    };
    let name = |at: usize| question.choice_names.get(at).cloned().unwrap_or_default();
    values.into_iter().enumerate().map(|(at, value)| (format!("{path}={value}"), name(at))).collect()
}

/// The template of the line, or the one the named definition is stored with.
fn template(context: &Context, typed: &Typed) -> Option<Template> {
    if let Some(name) = &typed.template {
        return load_by_name(context, name).ok();
    }
    let name = typed.name.as_deref()?;
    let mut found = None;
    wait(async {
        let namespace = context.namespace().ok()?;
        let reader = context.cluster().ok()?.reader();
        let head = read_head(reader, &namespace, name).await.ok()??;
        let reference = head.definition.spec.template?;
        found = load_here(context, &reference, Some((reader, &namespace))).await.ok();
        None
    });
    found
}
