//! `template render --explain`: which values each field follows, found by changing them one by one and comparing.
//! It never guesses: what was not tried is said, and why.

use serde_json::{Value, json};

use super::needed;
use crate::author::{Trace, ValueOrigin, annotated, trace, variations};
use crate::cli::Output;
use crate::commands::pipeline::{Render, allowed_kinds, request};
use crate::commands::{Context, print_document};
use crate::definition::Definition;
use crate::error::CommandError;
use crate::render::{Ask, Template};

/// Renders that are made at most; each takes about a millisecond.
const MOST: usize = 400;
/// Values named in one line of what was not tried; the rest is counted.
const NAMED: usize = 6;

/// Where a definition would be published.
pub(super) struct Place<'a> {
    /// Namespace.
    pub(super) namespace: &'a str,
    /// Kubernetes version.
    pub(super) kubernetes: &'a str,
}

/// Renders with every value changed, and prints what each one led to.
///
/// # Errors
/// When the template cannot be run any more.
pub(super) fn print(
    context: &Context,
    template: &Template,
    definition: &Definition,
    place: &Place<'_>,
    found: &Render,
    output: Output,
) -> Result<(), CommandError> {
    let tried = variations(template.schema(), &found.values, &found.filled, MOST);
    let asked = request(context, definition, place.namespace, place.kubernetes, &Value::Null)?;
    let allowed = allowed_kinds(definition);
    let asks: Vec<Ask> = tried
        .changes
        .iter()
        .map(|change| {
            let mut request = asked.clone();
            request["values"] = change.values.clone();
            Ask { request, allowed: allowed.clone() }
        })
        .collect();
    let trials = context.runtime()?.try_all(template, &asks)?.trials;
    let outcomes: Vec<_> = trials.into_iter().map(|trial| trial.rendered).collect();
    let traced = trace(&found.rendered, &tried, &outcomes);
    if output == Output::Text {
        text(context, found, &traced, tried.left_out);
    } else {
        print_document(context, &document(definition, &traced, tried.left_out), output);
    }
    Ok(())
}

fn text(context: &Context, found: &Render, traced: &Trace, left_out: usize) {
    let ui = &context.ui;
    found.rendered.secrets.iter().for_each(|secret| ui.print(&needed(secret)));
    let objects = traced.objects.iter().zip(&found.rendered.objects);
    let texts: Vec<String> =
        objects.map(|(traced_object, object)| annotated(traced, traced_object, object.manifest.value())).collect();
    ui.print(&texts.join("---\n"));
    let values = traced.causes.len();
    ui.say(&ui.err.dim(&format!(
        "{values} values, {} other renders compared; a line without a mark follows none of what was tried",
        traced.compared
    )));
    let silent: Vec<&str> = traced.silent.iter().map(|cause| traced.causes[*cause].path.as_str()).collect();
    if !silent.is_empty() {
        ui.say(&ui.err.dim(&format!("without effect here: {}", some(&silent))));
    }
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in &traced.untried {
        match reasons.iter_mut().find(|(why, _)| *why == one.why) {
            Some((_, paths)) => paths.push(&one.path),
            None => reasons.push((&one.why, vec![&one.path])),
        }
    }
    for (why, paths) in reasons {
        ui.say(&ui.err.dim(&format!("not tried: {}: {why}", some(&paths))));
    }
    if left_out > 0 {
        ui.say(&ui.err.dim(&format!("{left_out} more changes were not tried: at most {MOST} are")));
    }
}

fn some(paths: &[&str]) -> String {
    let more = paths.len().saturating_sub(NAMED);
    let named = paths.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

fn document(definition: &Definition, traced: &Trace, left_out: usize) -> Value {
    let path = |cause: &usize| traced.causes[*cause].path.clone();
    let values: Vec<Value> = traced
        .causes
        .iter()
        .enumerate()
        .map(|(index, cause)| {
            let untried = traced.untried.iter().find(|one| one.path == cause.path);
            let effect = match untried {
                Some(_) => "untried",
                None if traced.silent.contains(&index) => "none",
                None => "some",
            };
            let mut value = json!({
                "path": cause.path, "pointer": cause.pointer, "origin": cause.origin.word(), "effect": effect,
            });
            if cause.origin != ValueOrigin::Preset {
                value["value"] = cause.value.clone();
            }
            if let Some(one) = untried {
                value["why"] = json!(one.why);
            }
            value
        })
        .collect();
    let objects: Vec<Value> = traced
        .objects
        .iter()
        .map(|object| {
            let fields: Vec<Value> = object
                .fields
                .iter()
                .map(|field| {
                    let from: Vec<Value> = field
                        .causes
                        .iter()
                        .map(|(cause, lines)| {
                            let mut from = json!({"path": path(cause), "origin": traced.causes[*cause].origin.word()});
                            if !lines.is_empty() {
                                from["lines"] = json!(lines);
                            }
                            from
                        })
                        .collect();
                    json!({"path": field.path, "pointer": field.pointer, "value": field.value, "from": from})
                })
                .collect();
            let whole: Vec<String> = object.whole.iter().map(path).collect();
            json!({"object": object.name, "whole": whole, "fields": fields})
        })
        .collect();
    json!({
        "apiVersion": "ku8.dev/v1", "kind": "Explanation", "definition": definition.name(),
        "compared": traced.compared, "leftOut": left_out, "values": values, "items": objects,
    })
}
