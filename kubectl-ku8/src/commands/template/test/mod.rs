//! `template test`: renders the golden cases of a project and compares them with what was written down.
//! It never writes anything unless it is asked to, and never runs the template in this process.

mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::project::{Case, TESTS, cases, component, load};
use crate::author::cases::{Answer, EXPECTED, REFUSED, compare, written};
use crate::cli::Output;
use crate::commands::{Context, print_document};
use crate::error::{CommandError, exit, id};
use crate::files::{Stamp, remove_replaced, stamps, write_text};
use crate::object::nearest;
use crate::render::{Ask, RenderError, Template, Trial};
use report::{Outcome, Result as CaseResult, document, text};

/// How often is looked whether something changed.
const LOOK: Duration = Duration::from_millis(250);

/// Render the golden cases of a project and compare
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template test                       # all cases of the project in this folder
  kubectl ku8 template test --bless               # accept what they render now, then read the diff
  kubectl ku8 template test ./mine defaults       # one case of another project
  kubectl ku8 template test --watch               # again whenever the component or a case changes")]
pub(super) struct TestArgs {
    /// Folder of the project, then names of cases; this folder and all of them without it
    #[arg(value_name = "DIR|CASE")]
    words: Vec<String>,
    /// Component to render with, in place of the one in the folder build
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Write down what is rendered as what is expected
    #[arg(long)]
    bless: bool,
    /// Go on, and render again when something changes
    #[arg(short = 'w', long, conflicts_with = "bless")]
    watch: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// What is tested.
struct Job<'a> {
    project: PathBuf,
    names: Vec<&'a str>,
    args: &'a TestArgs,
}

/// Runs `template test`.
///
/// # Errors
/// When there is no component or no case, or one of them cannot be read.
pub(super) async fn run(context: &Context, args: &TestArgs) -> Result<u8, CommandError> {
    let job = Job::of(args);
    if args.watch {
        return watch(context, &job).await;
    }
    once(context, &job)
}

impl<'a> Job<'a> {
    /// The first word is the project where it is a folder that holds one; all others are cases.
    fn of(args: &'a TestArgs) -> Self {
        let mut names: Vec<&str> = args.words.iter().map(String::as_str).collect();
        let mut project = PathBuf::from(".");
        if let Some(first) = names.first().filter(|first| is_project(first)) {
            project = PathBuf::from(first);
            names.remove(0);
        }
        Self { project, names, args }
    }
}

/// Whether a word means a folder: a path, or one that holds cases or a build.
fn is_project(word: &str) -> bool {
    let path = Path::new(word);
    word == "." || word.contains('/') || crate::files::is_folder(&path.join(TESTS))
}

/// Renders and compares once.
fn once(context: &Context, job: &Job<'_>) -> Result<u8, CommandError> {
    let file = component(&job.project, job.args.component.as_deref())?;
    let template = load(context, &file)??;
    let wanted = wanted(job)?;
    let results = results(context, &template, &wanted, job.args.bless)?;
    match job.args.output {
        Output::Text => context.ui.show(&text(&template, &file, &results, context.ui.out)),
        output => print_document(context, &document(&template, &file, &results), output),
    }
    let failed = results.iter().any(|result| !result.outcome.is_good());
    let differs = |result: &CaseResult| matches!(result.outcome, Outcome::Differs { .. } | Outcome::Missing { .. });
    if job.args.output == Output::Text && results.iter().any(differs) {
        context.ui.say(&context.ui.err.dim("when it is meant: kubectl ku8 template test --bless, then read the diff"));
    }
    Ok(if failed { exit::ERROR } else { exit::DONE })
}

/// The cases that were named, or all.
fn wanted(job: &Job<'_>) -> Result<Vec<Case>, CommandError> {
    let all = cases(&job.project)?;
    let folder = job.project.join(TESTS);
    if all.is_empty() {
        let message = format!("no golden cases in {}", folder.display());
        return Err(CommandError::new(message)
            .id(id::NO_CASE)
            .hint("write tests/defaults/definition.yaml, then: kubectl ku8 template test --bless"));
    }
    for name in &job.names {
        if !all.iter().any(|case| case.name == *name) {
            let failed = CommandError::new(format!("no case `{name}` in {}", folder.display())).id(id::NO_CASE);
            return Err(match nearest(name, all.iter().map(|case| case.name.as_str())) {
                Some(near) => failed.hint(format!("did you mean `{near}`?")),
                None => failed.hint(format!("see them with: ls {}", folder.display())),
            });
        }
    }
    Ok(all.into_iter().filter(|case| job.names.is_empty() || job.names.contains(&case.name.as_str())).collect())
}

/// Renders all cases in one go, then looks at them one by one.
fn results(
    context: &Context,
    template: &Template,
    wanted: &[Case],
    bless: bool,
) -> Result<Vec<CaseResult>, CommandError> {
    let mut asks: Vec<Ask> = Vec::new();
    let mut unread: Vec<Option<CommandError>> = Vec::new();
    for case in wanted {
        match case.ask() {
            Ok(ask) => {
                asks.push(ask);
                unread.push(None);
            }
            Err(error) => unread.push(Some(error)),
        }
    }
    let mut trials = context.runtime()?.try_all(template, &asks)?.trials.into_iter();
    let mut found = Vec::new();
    for (case, unread) in wanted.iter().zip(unread) {
        let outcome = match unread {
            Some(error) => Outcome::Broken(error.message),
            None => match trials.next() {
                Some(trial) => judge(case, &trial, bless)?,
                None => Outcome::Broken("the template gave no answer".to_owned()),
            },
        };
        found.push(CaseResult { name: case.name.clone(), outcome });
    }
    Ok(found)
}

fn judge(case: &Case, trial: &Trial, bless: bool) -> Result<Outcome, CommandError> {
    let answer = match written(&trial.rendered) {
        Ok(answer) => answer,
        Err(fault) => return Ok(Outcome::Broken(told(&fault))),
    };
    let expected = case.expected()?;
    if let Some((file, text)) = &expected
        && *file == answer.file
        && *text == answer.text
    {
        return Ok(Outcome::Passed);
    }
    if bless {
        accept(case, &answer)?;
        return Ok(Outcome::Blessed { file: answer.file });
    }
    Ok(match expected {
        None => Outcome::Missing { file: answer.file },
        Some((REFUSED, _)) if answer.file == EXPECTED => Outcome::Renders { objects: answer.objects },
        Some((EXPECTED, _)) if answer.file == REFUSED => Outcome::Refused { reasons: answer.text },
        Some((file, text)) => Outcome::Differs { file, differences: compare(&text, &answer.text) },
    })
}

/// A fault in the words of a command's error.
fn told(fault: &RenderError) -> String {
    fault.to_string()
}

/// Writes down what is expected from now on.
fn accept(case: &Case, answer: &Answer) -> Result<(), CommandError> {
    write_text(&case.file(answer.file), &answer.text)?;
    let other = if answer.file == EXPECTED { REFUSED } else { EXPECTED };
    remove_replaced(&case.file(other))?;
    Ok(())
}

/// Renders again whenever the component or a case changed, until Ctrl-C.
async fn watch(context: &Context, job: &Job<'_>) -> Result<u8, CommandError> {
    context.interrupt.watch();
    let mut seen: Option<Vec<Stamp>> = None;
    while !context.ui.is_closed() {
        let now = watched(job);
        if seen.as_ref() == Some(&now) {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        // A tool that still writes is given the time to end.
        tokio::time::sleep(LOOK).await;
        if watched(job) != now {
            continue;
        }
        if seen.is_some() && job.args.output == Output::Text {
            context.ui.show("");
        }
        if let Err(error) = once(context, job) {
            context.ui.fail(&error);
        }
        if context.ui.live {
            context.ui.say(&context.ui.err.dim("watching; Ctrl-C ends"));
        }
        seen = Some(now);
    }
    Ok(exit::DONE)
}

/// Stamps of everything an answer depends on.
fn watched(job: &Job<'_>) -> Vec<Stamp> {
    let built = component(&job.project, job.args.component.as_deref());
    let mut found = built.map(|file| stamps(&file)).unwrap_or_default();
    found.extend(stamps(&job.project.join(TESTS)));
    found
}
