//! Warnings of the server and of templates: said once on standard error, carried by every document of ours.
//! It never hides one, and turns them into an error only where that was asked for.

use serde_json::{Value, json};

use super::Context;
use super::pipeline::Prepared;
use crate::error::{CommandError, exit};
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
    let plan = &prepared.plan;
    let found = plan.diagnostics.iter().filter(|found| found.severity == Severity::Warning).count() + plan.warnings.len();
    if context.globals.warnings_as_errors && found > 0 { Err(too_many(found, "; nothing was changed")) } else { Ok(()) }
}

/// When a command has ended: what the server warned of and no plan has shown.
///
/// # Errors
/// The command's own, or that there were warnings and they are errors.
pub(super) fn end(context: &Context, outcome: Result<u8, CommandError>) -> Result<u8, CommandError> {
    for warning in context.server_warnings() {
        context.ui.warn(&format!("the server says: {warning}"));
    }
    let count = context.ui.warnings().all().len() + context.warned.get();
    match outcome {
        Ok(exit::DONE | exit::CHANGES) if context.globals.warnings_as_errors && count > 0 => Err(too_many(count, "")),
        other => other,
    }
}

fn too_many(count: usize, more: &str) -> CommandError {
    let words = if count == 1 { "1 warning".to_owned() } else { format!("{count} warnings") };
    CommandError::new(format!("{words}, and --warnings-as-errors was given{more}"))
}
