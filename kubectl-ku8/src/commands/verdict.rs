//! How an operation ended, in words or as a document, and as an exit code with what to do next.
//! It only says; everything was written before.

use serde_json::{Value, json};

use super::carry_out::{Ended, again};
use super::operate::End;
use super::pipeline::Prepared;
use super::{Context, print_document};
use crate::apply::{ObjectOutcome, Outcome, WriteError};
use crate::cli::Output;
use crate::error::{CommandError, exit, id};
use crate::release::{Cause, Head};
use crate::terminal::wait_lines;

/// How one definition's operation ended.
pub(super) struct Verdict {
    namespace: String,
    head: Head,
    /// `None` when there was nothing to do.
    run: Option<Run>,
}

struct Run {
    ended: Ended,
    prepared: Prepared,
    cause: Cause,
    /// What was done about its failure: the revision that was gone back to, and how that ended.
    back: Option<(u32, Result<Box<Verdict>, CommandError>)>,
}

impl Verdict {
    /// Nothing was to be done.
    pub(super) fn unchanged(namespace: &str, head: Head) -> Self {
        Self { namespace: namespace.to_owned(), head, run: None }
    }

    /// It was carried out.
    pub(super) fn ended(namespace: &str, cause: Cause, end: End) -> Self {
        let back =
            end.back.map(|(to, end)| (to, end.map(|end| Box::new(Self::ended(namespace, Cause::Rollback(to), *end)))));
        let head = match &back {
            Some((_, Ok(verdict))) => verdict.head.clone(),
            _ => end.ended.head.clone(),
        };
        let run = Run { ended: end.ended, prepared: end.prepared, cause, back };
        Self { namespace: namespace.to_owned(), head, run: Some(run) }
    }

    /// Says what became of it, for people: success on standard output, each object that matters after a failure.
    pub(super) fn say(&self, context: &Context) {
        let Some(run) = &self.run else { return };
        let ui = &context.ui;
        if run.ended.succeeded() {
            let place = format!("{}/{}", self.namespace, self.head.definition.name());
            let words = run.prepared.plan.summary_words();
            let number = run.ended.number;
            ui.print(&match run.cause {
                Cause::Rollback(to) => {
                    format!("{} {place} to revision {to}, as revision {number}: {words}", ui.out.good("Rolled back"))
                }
                Cause::Delete => format!("{} {place}: {words}", ui.out.good("Deleted")),
                Cause::Publish => format!("{} {place} revision {number}: {words}", ui.out.good("Published")),
            });
            let notes = run.prepared.notes.trim();
            if !notes.is_empty() && number == 1 {
                ui.say(&format!("\n{notes}"));
            }
            return;
        }
        if !run.ended.report.complete() {
            for one in &run.ended.report.outcomes {
                ui.complain(&outcome_line(context, one));
            }
        }
        for line in run.ended.wait.iter().flat_map(|wait| wait_lines(wait, ui.err, &|time| context.seconds_since(time)))
        {
            ui.complain(&line);
        }
        if let Some((_, Ok(verdict))) = &run.back {
            verdict.say(context);
        }
    }

    /// What it ends the command with.
    pub(super) fn outcome(&self) -> Result<(), CommandError> {
        match &self.run {
            Some(run) if !run.ended.succeeded() => Err(self.error(run)),
            _ => Ok(()),
        }
    }

    fn error(&self, run: &Run) -> CommandError {
        let name = self.head.definition.name();
        let again = again(run.cause, name);
        if run.ended.interrupted {
            return CommandError::new(format!("interrupted; {}", reached(&run.ended)))
                .id(id::INTERRUPTED)
                .code(exit::INTERRUPTED)
                .hint(again)
                .hint(format!("see what is left to do: kubectl ku8 plan {name}"));
        }
        let failed = run.ended.report.first_error();
        let (mut message, code) = match failed {
            Some(one) => (partial(&run.ended, name, one), write_code(&run.ended, one)),
            None => (unready(&run.ended, name), exit::NOT_READY),
        };
        match &run.back {
            Some((to, Ok(verdict))) if verdict.outcome().is_ok() => {
                message =
                    format!("{message}\nrevision {} was undone: {name} is as in revision {to} again", run.ended.number);
                return CommandError::new(message)
                    .id(id::ROLLED_BACK)
                    .code(exit::NOT_READY)
                    .hint(format!("correct it with: kubectl ku8 define {name} …, then publish again"))
                    .hint(format!("see what was tried: kubectl ku8 history {name}"));
            }
            Some((to, back)) => {
                let why = match back {
                    Ok(verdict) => verdict.outcome().err().map(|error| error.message).unwrap_or_default(),
                    Err(error) => error.message.clone(),
                };
                message = format!("{message}\ngoing back to revision {to} failed as well: {why}");
            }
            None => {}
        }
        let mut error =
            CommandError::new(message).id(id_of(failed)).code(if run.back.is_some() { exit::NOT_READY } else { code });
        error = match failed {
            Some(_) => error.hint(format!("see what is left to do: kubectl ku8 plan {name}")),
            None => error.hint(format!("see what is not ready: kubectl ku8 status {name}")),
        };
        error = error.hint(format!("correct it and {again}"));
        let good = self.head.state.last_good;
        if good > 0 && run.cause == Cause::Publish {
            error = error.hint(format!("or go back to revision {good}: kubectl ku8 rollback {name} --to {good}"));
        }
        error
    }

    /// The same as a document.
    fn document(&self) -> Value {
        let state = &self.head.state;
        let mut document = json!({
            "name": self.head.definition.name(), "namespace": self.namespace, "phase": state.phase,
            "revision": state.current, "pending": state.pending, "lastGood": state.last_good,
            "changed": self.run.is_some(), "reason": state.reason,
        });
        let Some(run) = &self.run else { return document };
        let late: Vec<Value> = run
            .ended
            .wait
            .iter()
            .flat_map(|wait| wait.laggards().into_iter().map(|(key, health)| (key, health, wait.diagnoses.get(key))))
            .map(|(key, health, found)| {
                json!({"object": key.to_string(), "status": health.status, "message": health.message, "diagnosis": found})
            })
            .collect();
        document["cause"] = json!(run.cause);
        document["operation"] = json!(run.ended.number);
        document["succeeded"] = json!(run.ended.succeeded());
        document["interrupted"] = json!(run.ended.interrupted);
        document["summary"] = json!(run.prepared.plan.summary);
        document["objects"] = json!(run.ended.report.results());
        document["notReady"] = json!(late);
        document["rollback"] = match &run.back {
            None => Value::Null,
            Some((to, Ok(verdict))) => json!({"to": to, "result": verdict.document()}),
            Some((to, Err(error))) => json!({"to": to, "error": error.message}),
        };
        document
    }
}

/// A failed write: of something that moved (3), of the first thing (1), or of one thing among others (5).
fn write_code(ended: &Ended, failed: &ObjectOutcome) -> u8 {
    match &failed.error {
        Some(WriteError::Stale { .. }) => exit::STALE,
        _ if ended.report.wrote() => exit::NOT_READY,
        _ => exit::ERROR,
    }
}

fn id_of(failed: Option<&ObjectOutcome>) -> &'static str {
    match failed.map(|one| &one.error) {
        Some(Some(WriteError::Stale { .. })) => id::OBJECT_CHANGED,
        Some(_) => id::PARTIAL,
        None => id::NOT_READY,
    }
}

/// Where an operation failed, and what state that leaves; the reason is beside the object.
fn partial(ended: &Ended, name: &str, failed: &ObjectOutcome) -> String {
    let count = |which: fn(&ObjectOutcome) -> bool| ended.report.outcomes.iter().filter(|one| which(one)).count();
    let others = count(|one| one.outcome == Outcome::Failed) - 1;
    let more = if others > 0 { format!(" and {others} more") } else { String::new() };
    let what =
        if ended.number == 0 { format!("deleting {name}") } else { format!("revision {} of {name}", ended.number) };
    format!(
        "{what} failed at {}{more}: {} written, {} not reached",
        failed.object,
        count(ObjectOutcome::wrote),
        count(|one| one.outcome == Outcome::Skipped)
    )
}

/// What is not ready, and what that kept from being done.
fn unready(ended: &Ended, name: &str) -> String {
    let why = match ended.wait.as_ref().and_then(|wait| wait.timed_out.as_ref()) {
        Some(limit) => format!("not everything became ready in time: {limit}"),
        None => "not everything can become ready".to_owned(),
    };
    let left = ended.report.outcomes.iter().filter(|one| one.outcome == Outcome::Skipped).count();
    if left == 0 {
        return format!("{name} was applied, but {why}");
    }
    format!("revision {} of {name} stopped with {left} not reached: {why}", ended.number)
}

/// How far an interrupted operation came.
fn reached(ended: &Ended) -> String {
    let left = ended.report.outcomes.iter().filter(|one| one.outcome == Outcome::Skipped).count();
    match (ended.report.wrote(), left) {
        (false, _) => "no object was changed".to_owned(),
        (true, 0) => "everything was written, and not everything is ready yet".to_owned(),
        (true, 1) => "1 object was not reached".to_owned(),
        (true, left) => format!("{left} objects were not reached"),
    }
}

fn outcome_line(context: &Context, one: &ObjectOutcome) -> String {
    let styles = context.ui.err;
    let word = format!("{:<11}", one.outcome.to_string());
    let word = match one.outcome {
        Outcome::Failed => styles.bad(&word),
        Outcome::Skipped => styles.warn(&word),
        _ => word,
    };
    let why = one.message().map(|why| format!("  {}", crate::object::printable(&why))).unwrap_or_default();
    format!("  {word} {}{why}", one.object)
}

/// Prints how operations ended as one document, a list when several were asked for; in text that was said already.
pub(super) fn print_results(context: &Context, verdicts: &[Verdict], many: bool, output: Output) {
    if output == Output::Text {
        return;
    }
    let mut documents: Vec<Value> = verdicts.iter().map(Verdict::document).collect();
    let document = match documents.pop() {
        Some(mut one) if !many => {
            one["apiVersion"] = json!("ku8.dev/v1");
            one["kind"] = json!("Result");
            one
        }
        // What keeps a plan from being carried out is an error, and no result.
        None if !many => return,
        last => {
            documents.extend(last);
            json!({"apiVersion": "ku8.dev/v1", "kind": "ResultList", "items": documents})
        }
    };
    print_document(context, &document, output);
}
