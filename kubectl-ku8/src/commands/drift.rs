//! `drift`: what others changed since a definition was published; for a person, and for a job that looks every hour.
//! It compares with the published revision, not with the stored definition, and never changes anything.

use clap::Args;
use serde_json::{Value, json};

use super::pipeline::{PlanOptions, prepare};
use super::resolve::require_head;
use super::{Context, print_document, select, stored};
use crate::cli::Output;
use crate::error::{CommandError, exit};
use crate::object::printable;
use crate::plan::{Action, Plan, SecretAction};
use crate::release::Head;
use crate::terminal::one_line;

/// Show what others changed in published objects since they were published
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 drift orders-db
  kubectl ku8 drift --all --detailed-exitcode    # 2 when there is any: for a scheduled job
  kubectl ku8 drift --all -o json

To put back what was published: kubectl ku8 publish NAME, which shows each field first.")]
pub struct DriftArgs {
    /// Definitions to look at
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Every definition of the namespace
    #[arg(long)]
    all: bool,
    /// Exit with 2 when something differs, 0 when nothing does
    #[arg(long)]
    detailed_exitcode: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Looks.
///
/// # Errors
/// When a definition does not exist or the cluster cannot be read.
pub async fn run(context: &Context, args: DriftArgs) -> Result<u8, CommandError> {
    let namespace = context.namespace()?;
    let cluster = context.cluster()?.reader();
    let mut items = Vec::new();
    for name in select(context, &args.names, args.all).await? {
        let head = require_head(cluster, &namespace, &name).await?;
        items.push(look(context, &head, &namespace).await?);
    }
    let differs = items.iter().any(|item| !is_empty(item));
    if args.output == Output::Text {
        for item in &items {
            say(context, item);
        }
    } else {
        let document = json!({"apiVersion": "ku8.dev/v1", "kind": "DriftList", "items": items});
        print_document(context, &document, args.output);
    }
    Ok(if differs && args.detailed_exitcode { exit::CHANGES } else { exit::DONE })
}

fn is_empty(item: &Value) -> bool {
    item["objects"].as_array().is_none_or(Vec::is_empty)
}

/// One definition against its published revision.
async fn look(context: &Context, head: &Head, namespace: &str) -> Result<Value, CommandError> {
    let name = head.definition.name();
    let revision = head.state.current;
    let objects = if revision == 0 {
        Vec::new()
    } else {
        let cluster = context.cluster()?.reader();
        let record = stored::read(cluster, namespace, name, revision).await?;
        let definition = record.definition.clone();
        let options = PlanOptions { allow_empty: true, towards: Some(Box::new(record)), ..PlanOptions::default() };
        differing(&prepare(context, cluster, &definition, Some(head), namespace, &options).await?.plan)
    };
    Ok(json!({"name": name, "namespace": namespace, "revision": revision, "objects": objects}))
}

/// Objects that are gone, and those with fields that others set.
fn differing(plan: &Plan) -> Vec<Value> {
    let gone = |kind: &str, name: &str| json!({"kind": kind, "name": name, "gone": true, "fields": []});
    let secrets = plan.secrets.iter().filter(|secret| secret.action == SecretAction::Create);
    let changes = plan.changes.iter().filter_map(|change| match change.action {
        Action::Create => Some(gone(&change.key.kind, &change.key.name)),
        _ if change.drift.is_empty() => None,
        _ => Some(json!({"kind": change.key.kind, "name": change.key.name, "gone": false,
                         "fields": change.drift})),
    });
    // A lost Secret whose volumes remain is no creation but a problem.
    let lost = plan.problems.iter().filter_map(|problem| problem.object.strip_prefix("Secret/"));
    let lost = lost.filter(|name| !plan.secrets.iter().any(|secret| secret.name == *name));
    let secrets = secrets.map(|secret| secret.name.as_str()).chain(lost).map(|name| gone("Secret", name));
    secrets.chain(changes).collect()
}

fn say(context: &Context, item: &Value) {
    let text = |value: &Value| printable(value.as_str().unwrap_or_default());
    let place = format!("{}/{}", text(&item["namespace"]), text(&item["name"]));
    let ui = &context.ui;
    if item["revision"] == 0 {
        ui.print(&format!("{place}: never published"));
        return;
    }
    let objects = item["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let differ = match objects.len() {
        0 => "as published".to_owned(),
        1 => "1 object differs from what was published".to_owned(),
        many => format!("{many} objects differ from what was published"),
    };
    ui.print(&format!("{place}   revision {}   {differ}", item["revision"]));
    for object in objects {
        let title = format!("{}/{}", text(&object["kind"]), text(&object["name"]));
        if object["gone"] == true {
            ui.print(&format!("  {} {title}   is gone", ui.out.warn("!")));
            continue;
        }
        ui.print(&format!("  {} {title}", ui.out.warn("!")));
        for field in object["fields"].as_array().into_iter().flatten() {
            let found = if field["found"].is_null() { "removed".to_owned() } else { one_line(&field["found"]) };
            let who = [("by", &field["by"]), ("at", &field["since"])]
                .iter()
                .filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty()))
                .fold(String::new(), |words, (word, value)| format!("{words} {word} {}", text(value)));
            let change = format!("{} → {found}", one_line(&field["published"]));
            let who = if who.is_empty() { String::new() } else { ui.out.dim(&format!("  {}", who.trim_start())) };
            ui.print(&format!("      {}   {change}{who}", text(&field["field"])));
        }
    }
}
