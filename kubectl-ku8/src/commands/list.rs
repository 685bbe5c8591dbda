//! `list`: the definitions of a namespace, or of all, from labels and annotations alone.
//! A damaged record is reported and skipped; it never hides the others.

use clap::Args;
use serde_json::{Value, json};

use super::{Context, print_document};
use crate::cli::Output;
use crate::cluster::{ClusterError, RecordSummary};
use crate::error::{CommandError, exit};
use crate::object::labels;
use crate::release::{head_selector, list_phase};
use crate::terminal::{Table, age};

/// List definitions
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:\n  kubectl ku8 list\n  kubectl ku8 list -A -l team=orders\n  kubectl ku8 list --status Failed -o json"
)]
pub struct ListArgs {
    /// Of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only those with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Only those of this app
    #[arg(long, value_name = "NAME")]
    pub app: Option<String>,
    /// Only those in this phase, such as Published
    #[arg(long, value_name = "PHASE")]
    pub status: Option<String>,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    pub output: Output,
}

/// Lists.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn run(context: &Context, args: ListArgs) -> Result<u8, CommandError> {
    let namespace = if args.all_namespaces { String::new() } else { context.namespace()? };
    let mut selector = head_selector();
    for (key, value) in [(labels::APP, &args.app), (labels::STATUS, &args.status)] {
        if let Some(value) = value {
            selector.extend([",", key, "=", value.as_str()]);
        }
    }
    if let Some(more) = &args.selector {
        selector.push(',');
        selector.push_str(more);
    }
    let cluster = context.cluster()?.reader();
    let mut records = match cluster.record_summaries(&namespace, &selector).await {
        Err(ClusterError::Forbidden { .. }) if args.all_namespaces => {
            let own = context.namespace()?;
            context.ui.warn(&format!("you may not list all namespaces; this is namespace {own} alone"));
            cluster.record_summaries(&own, &selector).await?
        }
        other => other?,
    };
    records.sort_by(|left, right| (&left.namespace, &left.name).cmp(&(&right.namespace, &right.name)));
    let (good, damaged): (Vec<&RecordSummary>, Vec<&RecordSummary>) = records
        .iter()
        .partition(|record| list_phase(&record.metadata).is_some() && record.label(labels::NAME).is_some());
    match args.output {
        Output::Text if good.is_empty() && damaged.is_empty() => {
            let place = if namespace.is_empty() { "any namespace".into() } else { format!("namespace {namespace}") };
            context.ui.say(&format!("No definitions in {place}. Begin with: kubectl ku8 new"));
        }
        Output::Text => context.ui.print(&table(context, &good, args.all_namespaces)),
        _ => {
            let items: Vec<Value> = good.iter().map(|record| item(record)).collect();
            print_document(
                context,
                &json!({"apiVersion": "ku8.dev/v1", "kind": "DefinitionSummaryList", "items": items}),
                args.output,
            );
        }
    }
    for record in &damaged {
        context.ui.warn(&format!(
            "ConfigMap/{} in namespace {} is damaged and left out; look: kubectl get configmap {} -n {} -o yaml",
            record.name, record.namespace, record.name, record.namespace
        ));
    }
    Ok(exit::DONE)
}

/// The table of definitions.
pub(super) fn table(context: &Context, records: &[&RecordSummary], with_namespace: bool) -> String {
    let mut heads = vec!["NAME", "TEMPLATE", "STATUS", "REVISION", "OBJECTS", "AGE", "CHANGED BY"];
    if with_namespace {
        heads.insert(0, "NAMESPACE");
    }
    let mut table = Table::new(&heads);
    for record in records {
        let text = |found: Option<&str>| found.unwrap_or("?").to_owned();
        let since = record.annotation(labels::UPDATED_AT).and_then(|time| context.seconds_since(time));
        let revision = record.annotation(labels::REVISION).filter(|number| *number != "0").unwrap_or("-").to_owned();
        let mut cells = vec![
            text(record.label(labels::NAME)),
            text(record.label(labels::TEMPLATE)),
            list_phase(&record.metadata).unwrap_or_default(),
            revision,
            text(record.annotation(labels::OBJECTS)),
            since.map_or_else(|| "?".to_owned(), age),
            text(record.annotation(labels::UPDATED_BY)),
        ];
        if with_namespace {
            cells.insert(0, record.namespace.clone());
        }
        table.row(&cells);
    }
    table.render()
}

fn item(record: &RecordSummary) -> Value {
    let number = |key: &str| record.annotation(key).and_then(|text| text.parse::<u64>().ok());
    json!({
        "name": record.label(labels::NAME), "namespace": record.namespace, "template": record.label(labels::TEMPLATE),
        "status": record.label(labels::STATUS),
        "modified": list_phase(&record.metadata).is_some_and(|phase| phase.contains("Modified")),
        "revision": number(labels::REVISION), "objects": number(labels::OBJECTS),
        "updatedAt": record.annotation(labels::UPDATED_AT), "updatedBy": record.annotation(labels::UPDATED_BY),
    })
}
