//! `list`: the definitions of a namespace, or of all, from labels and annotations alone.
//! A damaged record is reported and skipped; it never hides the others.

use clap::Args;
use serde_json::{Value, json};

use super::{Context, print_listing, watch};
use crate::cli::ListingArgs;
use crate::cluster::{ClusterError, RecordSummary};
use crate::error::{CommandError, exit};
use crate::object::labels;
use crate::release::{head_selector, list_phase};
use crate::terminal::{Listing, Row, age};

/// List definitions
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:\n  kubectl ku8 list\n  kubectl ku8 list -A -l team=orders -o wide\n  kubectl ku8 list --status Failed -o json\n  kubectl ku8 list -o custom-columns=NAME:.name,BY:.updatedBy\n  kubectl ku8 list --watch"
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
    /// Add the labels of the definition
    #[arg(long)]
    pub show_labels: bool,
    /// Go on and print what changes, until Ctrl-C
    #[arg(short = 'w', long)]
    pub watch: bool,
    /// How it is printed.
    #[command(flatten)]
    pub form: ListingArgs,
}

/// Lists.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn run(context: &Context, args: ListArgs) -> Result<u8, CommandError> {
    let (records, namespace) = records(context, &args).await?;
    let (good, damaged): (Vec<&RecordSummary>, Vec<&RecordSummary>) =
        records.iter().partition(|record| is_good(record));
    for record in &damaged {
        context.ui.warn(&format!(
            "ConfigMap/{} in namespace {} is damaged and left out; look: kubectl get configmap {} -n {} -o yaml",
            record.name, record.namespace, record.name, record.namespace
        ));
    }
    if args.form.output.is_table() && records.is_empty() {
        let place = if namespace.is_empty() { "any namespace".into() } else { format!("namespace {namespace}") };
        context.ui.say(&format!("No definitions in {place}. Begin with: kubectl ku8 new"));
    } else {
        let listing = listing(context, &good, args.all_namespaces).show_labels(args.show_labels);
        print_listing(context, &listing, &document(&good), &args.form)?;
    }
    if args.watch { watch::list(context, &args, &namespace, records).await } else { Ok(exit::DONE) }
}

/// What is asked for, and the namespace it was found in; empty for all of them.
pub(super) async fn records(context: &Context, args: &ListArgs) -> Result<(Vec<RecordSummary>, String), CommandError> {
    let mut namespace = if args.all_namespaces { String::new() } else { context.namespace()? };
    let selector = selector(args);
    let cluster = context.cluster()?.reader();
    let mut records = match cluster.record_summaries(&namespace, &selector).await {
        Err(ClusterError::Forbidden { .. }) if args.all_namespaces => {
            namespace = context.namespace()?;
            context.ui.warn(&format!("you may not list all namespaces; this is namespace {namespace} alone"));
            cluster.record_summaries(&namespace, &selector).await?
        }
        other => other?,
    };
    records.sort_by(|left, right| (&left.namespace, &left.name).cmp(&(&right.namespace, &right.name)));
    Ok((records, namespace))
}

/// Labels that choose what is asked for.
pub(super) fn selector(args: &ListArgs) -> String {
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
    selector
}

/// Says whether a record can be told from its labels and annotations.
pub(super) fn is_good(record: &RecordSummary) -> bool {
    list_phase(&record.metadata).is_some() && record.label(labels::NAME).is_some()
}

/// The list with its items.
pub(super) fn document(records: &[&RecordSummary]) -> Value {
    let items: Vec<Value> = records.iter().map(|record| item(record)).collect();
    json!({"apiVersion": "ku8.dev/v1", "kind": "DefinitionSummaryList", "items": items})
}

/// The list as rows.
pub(super) fn listing(context: &Context, records: &[&RecordSummary], with_namespace: bool) -> Listing {
    const HEADS: &[&str] = &["NAMESPACE", "NAME", "TEMPLATE", "STATUS", "REVISION", "OBJECTS", "AGE", "CHANGED BY"];
    let mut listing = Listing::new(&HEADS[usize::from(!with_namespace)..], &["APP", "CHANGED AT", "TEMPLATE DIGEST"]);
    for record in records {
        listing.row(row(context, record, with_namespace, list_phase(&record.metadata).unwrap_or_default()));
    }
    listing
}

/// One row; `phase` is what it shows as its status.
pub(super) fn row(context: &Context, record: &RecordSummary, with_namespace: bool, phase: String) -> Row {
    let text = |found: Option<&str>| found.unwrap_or("?").to_owned();
    let since = record.annotation(labels::UPDATED_AT).and_then(|time| context.seconds_since(time));
    let revision = record.annotation(labels::REVISION).filter(|number| *number != "0").unwrap_or("-").to_owned();
    let name = text(record.label(labels::NAME));
    let mut cells = vec![
        name.clone(),
        text(record.label(labels::TEMPLATE)),
        phase,
        revision,
        text(record.annotation(labels::OBJECTS)),
        since.map_or_else(|| "?".to_owned(), age),
        text(record.annotation(labels::UPDATED_BY)),
    ];
    if with_namespace {
        cells.insert(0, record.namespace.clone());
    }
    let or_none = |found: Option<&str>| found.unwrap_or("-").to_owned();
    let wide = vec![
        or_none(record.label(labels::APP)),
        or_none(record.annotation(labels::UPDATED_AT)),
        or_none(record.label(labels::TEMPLATE_DIGEST)),
    ];
    let of_user = own_labels(record);
    let words: Vec<String> = of_user.iter().map(|(key, value)| format!("{key}={value}")).collect();
    Row { name: format!("definition/{name}"), cells, wide, labels: words.join(",") }
}

/// Labels somebody gave the definition; ours are columns of the table.
fn own_labels(record: &RecordSummary) -> Vec<(String, String)> {
    let all = record.metadata["labels"].as_object().into_iter().flatten();
    all.filter(|(key, _)| !key.starts_with("ku8.dev/") && !key.starts_with("app.kubernetes.io/"))
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn item(record: &RecordSummary) -> Value {
    let number = |key: &str| record.annotation(key).and_then(|text| text.parse::<u64>().ok());
    let own: serde_json::Map<String, Value> =
        own_labels(record).into_iter().map(|(key, value)| (key, Value::String(value))).collect();
    json!({
        "metadata": {"name": record.label(labels::NAME), "namespace": record.namespace, "labels": own},
        "name": record.label(labels::NAME), "namespace": record.namespace, "template": record.label(labels::TEMPLATE),
        "status": record.label(labels::STATUS),
        "modified": list_phase(&record.metadata).is_some_and(|phase| phase.contains("Modified")),
        "revision": number(labels::REVISION), "objects": number(labels::OBJECTS),
        "updatedAt": record.annotation(labels::UPDATED_AT), "updatedBy": record.annotation(labels::UPDATED_BY),
    })
}
