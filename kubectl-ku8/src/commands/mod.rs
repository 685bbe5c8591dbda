//! The command table and one match; every command is a file beside this one.
//! Nothing here knows about Kubernetes.

mod allow;
pub mod apply;
mod approval;
mod carry_out;
mod checkup;
pub mod completion;
mod config;
mod consent;
mod context;
pub mod define;
mod definition_file;
pub mod delete;
pub mod doctor;
pub mod drift;
pub mod edit;
mod environment;
pub mod explain;
mod explain_change;
pub mod export;
mod given;
pub mod help;
pub mod history;
mod images;
pub mod import;
mod installed;
pub mod integrate;
mod interrupt;
pub mod list;
mod lock_words;
mod log;
pub mod man;
pub mod new;
mod operate;
pub mod options;
pub mod overview;
mod owned;
pub mod pipeline;
mod place;
pub mod plan;
mod print;
pub mod publish;
pub mod rbac;
mod record;
pub mod repair;
pub mod resolve;
mod retire;
mod rights;
pub mod rollback;
mod save;
pub mod schema;
pub mod secret;
mod secret_list;
mod secret_state;
mod sensitive;
pub mod show;
pub mod status;
mod stored;
pub mod template;
pub mod template_store;
mod template_verdict;
pub mod unlock;
mod usage;
mod verdict;
pub mod version;
mod warnings;
mod watch;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

pub use context::Context;
use print::{listing_text, print_document, print_listing};

use crate::cli::GlobalArgs;
use crate::error::{CommandError, exit, id};
use crate::render::child;
use crate::terminal::AskError;

/// Plan, publish and operate middleware on any Kubernetes cluster, with nothing installed in it
#[derive(Parser, Debug)]
#[command(
    name = "kubectl-ku8",
    bin_name = "kubectl ku8",
    version,
    disable_help_subcommand = true,
    propagate_version = false,
    max_term_width = 100,
    after_help = "Start with:\n  kubectl ku8 template list\n  kubectl ku8 new\n  kubectl ku8 define orders-db -t mysql --set database=orders\n  kubectl ku8 plan orders-db"
)]
struct Line {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    New(new::NewArgs),
    Define(define::DefineArgs),
    Edit(edit::EditArgs),
    Explain(explain::ExplainArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Show(show::ShowArgs),
    List(list::ListArgs),
    Plan(plan::PlanArgs),
    Publish(publish::PublishArgs),
    Apply(apply::ApplyArgs),
    Status(status::StatusArgs),
    Drift(drift::DriftArgs),
    History(history::HistoryArgs),
    Rollback(rollback::RollbackArgs),
    Unlock(unlock::UnlockArgs),
    Delete(delete::DeleteArgs),
    Secret(secret::SecretArgs),
    Rbac(rbac::RbacArgs),
    Doctor(doctor::DoctorArgs),
    Repair(repair::RepairArgs),
    Forget(repair::ForgetArgs),
    Template(template::TemplateArgs),
    Schema(schema::SchemaArgs),
    Options(options::OptionsArgs),
    Help(help::HelpArgs),
    Completion(completion::CompletionArgs),
    Integrate(integrate::IntegrateArgs),
    #[command(hide = true)]
    Man(man::ManArgs),
    Version(version::VersionArgs),
}

/// The command line as it is written in help: without what makes it read kubectl's forms.
pub fn command_line() -> clap::Command {
    Line::command()
}

/// Runs a command line and returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|word| word == child::SUBCOMMAND) {
        let served = child::serve(std::io::stdin().lock(), std::io::stdout().lock());
        return if served.is_ok() { exit::DONE } else { exit::ERROR };
    }
    crate::terminal::report_panics();
    sensitive::keep_memory_private();
    sensitive::learn_arguments(&arguments);
    if let Some(words) = completion::asked(&arguments) {
        let offered = completion::answer(Line::command(), words);
        crate::terminal::print_usage(&crate::terminal::Surroundings::default(), &offered, &offered, true);
        return exit::DONE;
    }
    let line = match usage::parse(&arguments) {
        Ok(line) => line,
        Err(code) => return code,
    };
    // A fault was told by its hook already; the exit code of one is ours and not the runtime's.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| start(line))).unwrap_or(exit::ERROR)
}

fn start(parsed: usage::Parsed) -> u8 {
    let line = parsed.line;
    crate::terminal::name_command(&parsed.words, parsed.document);
    log::to_stderr(line.globals.verbosity);
    let context = Context::new(line.globals, parsed.document);
    environment::fail_for_tests();
    let mut builder = if talks_to_a_cluster(line.command.as_ref()) {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        // Threads would wait for nothing, and cost as much as a render.
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = match builder.worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            context.ui.fail(&CommandError::new(format!("cannot start: {error}")).id(id::NOT_STARTED));
            return exit::ERROR;
        }
    };
    let outcome = runtime.block_on(run(&context, line.command));
    // A prompt that was interrupted may still hold a thread; nobody needs to wait for it.
    runtime.shutdown_background();
    warnings::end(&context, outcome).unwrap_or_else(|error| {
        context.ui.fail(&error);
        error.code
    })
}

fn talks_to_a_cluster(command: Option<&Command>) -> bool {
    use Command::{Completion, Help, Integrate, Man, Options, Schema, Template};
    !matches!(command, Some(Template(_) | Schema(_) | Options(_) | Help(_) | Completion(_) | Integrate(_) | Man(_)))
}

async fn run(context: &Context, command: Option<Command>) -> Result<u8, CommandError> {
    let work = async {
        match command {
            None => overview::run(context).await,
            Some(Command::New(args)) => new::run(context, args).await,
            Some(Command::Define(args)) => define::run(context, args).await,
            Some(Command::Edit(args)) => edit::run(context, args).await,
            Some(Command::Explain(args)) => explain::run(context, &args).await,
            Some(Command::Export(args)) => export::run(context, args).await,
            Some(Command::Import(args)) => import::run(context, args).await,
            Some(Command::Show(args)) => show::run(context, args).await,
            Some(Command::List(args)) => list::run(context, args).await,
            Some(Command::Plan(args)) => plan::run(context, args).await,
            Some(Command::Publish(args)) => publish::run(context, args).await,
            Some(Command::Status(args)) => status::run(context, args).await,
            Some(Command::Drift(args)) => drift::run(context, args).await,
            Some(Command::History(args)) => history::run(context, args).await,
            Some(Command::Rollback(args)) => rollback::run(context, args).await,
            Some(Command::Apply(args)) => apply::run(context, args).await,
            Some(Command::Unlock(args)) => unlock::run(context, args).await,
            Some(Command::Delete(args)) => delete::run(context, args).await,
            Some(Command::Secret(args)) => Box::pin(secret::run(context, args)).await,
            Some(Command::Rbac(args)) => rbac::run(context, args).await,
            Some(Command::Doctor(args)) => doctor::run(context, args).await,
            Some(Command::Repair(args)) => repair::run(context, args).await,
            Some(Command::Forget(args)) => repair::forget(context, args).await,
            Some(Command::Template(args)) => template::run(context, &args).await,
            Some(Command::Schema(args)) => schema::run(context, &args).await,
            Some(Command::Options(_)) => options::run(context),
            Some(Command::Help(args)) => help::run(context, &args),
            Some(Command::Completion(args)) => completion::run(context, &args),
            Some(Command::Integrate(args)) => integrate::run(context, &args),
            Some(Command::Man(args)) => man::run(context, &args, Line::command()),
            Some(Command::Version(args)) => version::run(context, args).await,
        }
    };
    tokio::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => return outcome,
            () = interrupt::asked_to_end() => if context.interrupt.press() {
                if context.interrupt.is_watching() {
                    return Ok(exit::INTERRUPTED);
                }
                return Err(interrupted(context.interrupt.is_guarded()));
            },
        }
        context.ui.complain("Stopping before the next write; press Ctrl-C again to end at once.");
    }
}

/// `begun`: something is half done, and nobody was given the time to end it.
fn interrupted(begun: bool) -> CommandError {
    let error = CommandError::new("interrupted").id(id::INTERRUPTED).code(exit::INTERRUPTED);
    if !begun {
        return error;
    }
    error.hint("what was begun is recorded: run the same command again and it goes on from there")
}

impl From<AskError> for CommandError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Interrupted => {
                Self::new("interrupted; nothing was changed").id(id::INTERRUPTED).code(exit::INTERRUPTED)
            }
            AskError::NoTerminal | AskError::Empty => Self::new(error.to_string()).id(id::ANSWER_MISSING),
            AskError::Terminal(_) => Self::new(error.to_string()).id(id::TERMINAL),
        }
    }
}

/// The names to work on: those given, or all of the namespace.
///
/// # Errors
/// When there are none.
async fn select(context: &Context, names: &[String], all: bool) -> Result<Vec<String>, CommandError> {
    if !all {
        if names.is_empty() {
            return Err(CommandError::new("no definition named")
                .id(id::NOTHING_NAMED)
                .hint("name one, or pass --all; see them with: kubectl ku8 list"));
        }
        return Ok(names.to_vec());
    }
    let namespace = context.namespace()?;
    let records = context.cluster()?.reader().record_summaries(&namespace, &crate::release::head_selector()).await?;
    let mut found: Vec<String> =
        records.iter().filter_map(|record| record.label(crate::object::labels::NAME)).map(str::to_owned).collect();
    found.sort_unstable();
    if found.is_empty() {
        return Err(CommandError::new(format!("no definitions in namespace {namespace}")).id(id::NOTHING_NAMED));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_table_is_sound() {
        Line::command().debug_assert();
    }
}
