//! `status`: what a definition says of itself, and what the cluster says of its objects.
//! Phase, health and the template's own verdict are shown side by side and never mixed.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::resolve::require_head;
use super::{Context, listing_text, template_verdict};
use crate::cli::{Format, ListingArgs};
use crate::cluster::PlanClient;
use crate::error::{CommandError, exit};
use crate::object::{ObjectKey, labels, printable};
use crate::release::{Head, head_selector};
use crate::render::Verdict;
use crate::terminal::{Listing, Row, Table, age, diagnosis_lines};
use crate::wait::{Status, WaitReport, diagnose, look};

/// Between two looks of `--watch`.
const BETWEEN: Duration = Duration::from_secs(2);

/// Show how definitions and their objects are doing
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 status\n  kubectl ku8 status orders-db\n  kubectl ku8 status orders-db -o json\n  kubectl ku8 status --watch"
)]
pub struct StatusArgs {
    /// Definitions; all of the namespace when none is named
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Go on and show again what changes, until Ctrl-C
    #[arg(short = 'w', long)]
    pub watch: bool,
    /// How it is printed.
    #[command(flatten)]
    pub form: ListingArgs,
}

/// Shows status.
///
/// # Errors
/// When a definition does not exist or the cluster cannot be read.
pub async fn run(context: &Context, args: StatusArgs) -> Result<u8, CommandError> {
    let mut last = String::new();
    loop {
        let text = look_once(context, &args).await?;
        if text != last {
            context.ui.print_exactly(&text);
            last = text;
        }
        if !args.watch || context.ui.is_closed() {
            return Ok(exit::DONE);
        }
        context.interrupt.watch();
        tokio::time::sleep(BETWEEN).await;
    }
}

/// What is to be printed now, with its line end.
async fn look_once(context: &Context, args: &StatusArgs) -> Result<String, CommandError> {
    let namespace = context.namespace()?;
    let cluster = context.cluster()?.reader();
    let mut found = Vec::new();
    if args.names.is_empty() {
        let mut records = cluster.record_summaries(&namespace, &head_selector()).await?;
        records.sort_by(|left, right| left.name.cmp(&right.name));
        for record in &records {
            let Some(name) = record.label(labels::NAME) else { continue };
            // One bad record never hides the rest.
            match require_head(cluster, &namespace, name).await {
                Ok(head) => {
                    let (head, report) = examine(cluster, head).await?;
                    found.push(Found { head, report, verdict: None });
                }
                Err(error) => context.ui.warn(&error.message),
            }
        }
    } else {
        for name in &args.names {
            let (head, mut report) = examine(cluster, require_head(cluster, &namespace, name).await?).await?;
            diagnose(cluster, &versions(&head), &mut report).await;
            let verdict = template_verdict::ask(context, cluster, &namespace, &head, &report).await;
            found.push(Found { head, report, verdict });
        }
    }
    if args.form.output.is_table() && found.is_empty() {
        context.ui.say(&format!("No definitions in namespace {namespace}. Begin with: kubectl ku8 new"));
        return Ok(String::new());
    }
    if args.form.output == Format::Text && !args.names.is_empty() {
        let texts: Vec<String> = found.iter().map(|one| detail(context, one)).collect();
        return Ok(context.ui.shown(&texts.join("\n\n")));
    }
    let items: Vec<Value> = found.iter().map(|one| document(&namespace, one)).collect();
    let document = json!({"apiVersion": "ku8.dev/v1", "kind": "StatusList", "items": items});
    listing_text(context, &overview(&found), &document, &args.form)
}

/// A definition as it was found.
struct Found {
    head: Head,
    report: WaitReport,
    /// What its template says; asked only about definitions that were named.
    verdict: Option<Verdict>,
}

async fn examine(cluster: &PlanClient, head: Head) -> Result<(Head, WaitReport), CommandError> {
    let report = look(cluster, &versions(&head)).await?;
    Ok((head, report))
}

fn versions(head: &Head) -> Vec<(ObjectKey, String)> {
    head.state.inventory.entries().iter().map(|entry| (entry.key(), entry.version.clone())).collect()
}

fn phase(head: &Head) -> String {
    let phase = head.state.phase.to_string();
    if head.is_modified() { format!("{phase}, Modified") } else { phase }
}

/// The worst health of a definition's objects.
fn health(report: &WaitReport) -> String {
    let worst = report.objects.values().map(|health| health.status).min();
    worst.map_or_else(|| "-".to_owned(), |status| status.to_string())
}

fn overview(found: &[Found]) -> Listing {
    let heads = ["NAME", "TEMPLATE", "PHASE", "HEALTH", "REVISION", "OBJECTS", "WAITING FOR"];
    let mut listing = Listing::new(&heads, &["LAST GOOD", "REASON"]);
    for Found { head, report, .. } in found {
        let late = report.laggards();
        let waiting = late
            .first()
            .map_or_else(String::new, |(key, health)| format!("{key}: {}", words(&health.message, health.status)));
        let number = |number: u32| if number == 0 { "-".to_owned() } else { number.to_string() };
        let cells = vec![
            head.definition.name().to_owned(),
            head.definition.template_label(),
            phase(head),
            health(report),
            number(head.state.current),
            format!("{} of {}", report.objects.len() - late.len(), report.objects.len()),
            waiting,
        ];
        let wide = vec![number(head.state.last_good), head.state.reason.clone().unwrap_or_default()];
        let name = format!("definition/{}", head.definition.name());
        listing.row(Row { name, cells, wide, labels: String::new() });
    }
    listing
}

fn words(message: &str, status: Status) -> String {
    if message.is_empty() { status.to_string() } else { message.to_owned() }
}

fn detail(context: &Context, Found { head, report, verdict }: &Found) -> String {
    let styles = context.ui.out;
    let mut lines =
        vec![format!("{}   {}   health {}", styles.bold(head.definition.name()), phase(head), health(report))];
    let revision = match (head.state.current, head.state.pending) {
        (0, 0) => "never published".to_owned(),
        (current, 0) => format!("revision {current}"),
        (current, pending) => format!("revision {current}, revision {pending} unfinished"),
    };
    lines.push(format!("{revision}, template {}", head.definition.template_label()));
    if let Some(operation) = &head.state.operation {
        let since = context.seconds_since(&operation.started_at).map_or_else(|| "?".to_owned(), age);
        lines.push(format!("published by {} since {since}; if that process is gone, publish again", operation.holder));
    }
    if let Some(reason) = &head.state.reason {
        lines.push(format!("last failure: {}", printable(reason)));
    }
    lines.extend(verdict.iter().flat_map(template_verdict::lines));
    if !report.objects.is_empty() {
        let mut table = Table::new(&["OBJECT", "HEALTH", "DETAIL"]);
        for (key, health) in &report.objects {
            table.row(&[key.to_string(), health.status.to_string(), health.message.clone()]);
        }
        lines.push(String::new());
        lines.push(table.render());
    }
    for (key, found) in &report.diagnoses {
        lines.push(String::new());
        lines.push(styles.bold(&printable(&key.to_string())));
        lines.extend(diagnosis_lines(found, styles, &|time| context.seconds_since(time)));
    }
    lines.join("\n")
}

fn document(namespace: &str, Found { head, report, verdict }: &Found) -> Value {
    let objects: Vec<Value> = report
        .objects
        .iter()
        .map(|(key, health)| {
            json!({"group": key.group, "kind": key.kind, "name": key.name, "namespace": key.namespace,
            "status": health.status, "message": health.message, "diagnosis": report.diagnoses.get(key)})
        })
        .collect();
    let name = head.definition.name();
    json!({
        "metadata": {"name": name, "namespace": namespace, "labels": head.definition.metadata.labels},
        "name": name, "namespace": namespace, "phase": head.state.phase, "modified": head.is_modified(),
        "health": health(report), "revision": head.state.current, "pending": head.state.pending,
        "reason": head.state.reason, "operation": head.state.operation, "objects": objects,
        "verdict": verdict,
    })
}
