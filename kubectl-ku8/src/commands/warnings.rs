//! Warnings of the server and of templates: said once on standard error, carried by every document of ours.
//! It never hides one, and turns them into an error only where that was asked for.

use serde_json::{Value, json};

use super::Context;
use super::pipeline::Prepared;
use crate::error::{CommandError, exit, id};
use crate::plan::Plan;
use crate::render::Severity;

/// A document of ours with the warnings that came so far; documents of Kubernetes stay as they are.
pub(super) fn with(context: &Context, document: &Value) -> Value {
    let mut document = document.clone();
    let is_ours = document["apiVersion"].as_str().is_some_and(|version| version.starts_with("ku8.dev/"));
    let mut all: Vec<String> = context.ui.warnings().all();
    all.extend(context.server_warnings());
    if !is_ours || all.is_empty() || document["kind"] == "Definition" {
        return document;
    }
    let mut listed = document["warnings"].as_array().cloned().unwrap_or_default();
    for warning in all {
        let warning = json!(warning);
        if !listed.contains(&warning) {
            listed.push(warning);
        }
    }
    document["warnings"] = Value::Array(listed);
    document
}

/// Before anything is written: with `--warnings-as-errors`, a plan that warns goes no further.
///
/// # Errors
/// When there are warnings and they are errors.
pub(super) fn refuse(context: &Context, prepared: &Prepared) -> Result<(), CommandError> {
    let warned = context.globals.warnings_as_errors && warns(&prepared.plan);
    if warned { Err(refused("; nothing was changed")) } else { Ok(()) }
}

/// Says whether a plan warns of anything.
pub(super) fn warns(plan: &Plan) -> bool {
    !plan.warnings.is_empty() || plan.diagnostics.iter().any(|found| found.severity == Severity::Warning)
}

/// When a command has ended: what the server warned of and no plan has shown.
///
/// # Errors
/// The command's own, or that there were warnings and they are errors.
pub(super) fn end(context: &Context, outcome: Result<u8, CommandError>) -> Result<u8, CommandError> {
    for warning in context.server_warnings() {
        context.ui.warn(&format!("the server says: {warning}"));
    }
    let warned = context.has_warned() || !context.ui.warnings().all().is_empty();
    match outcome {
        Ok(exit::DONE | exit::CHANGES) if context.globals.warnings_as_errors && warned => Err(refused("")),
        other => other,
    }
}

fn refused(more: &str) -> CommandError {
    CommandError::new(format!("there are warnings, and --warnings-as-errors was given{more}"))
        .id(id::WARNINGS)
        .hint("see to what they say, or leave the flag out")
}
