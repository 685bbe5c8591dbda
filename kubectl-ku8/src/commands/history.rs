//! `history`: the revisions of a definition, newest first.
//! A damaged revision is shown as such and hides none of the others.

use clap::Args;
use serde_json::{Value, json};

use super::resolve::require_head;
use super::{Context, print_listing};
use crate::cli::ListingArgs;
use crate::error::{CommandError, exit};
use crate::object::labels;
use crate::release::{RevisionRecord, revision_name, revision_number, revision_selector};
use crate::terminal::{Listing, Row, age};

/// Show the revisions of a definition
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  kubectl ku8 history orders-db\n  kubectl ku8 history orders-db -o wide\n  kubectl ku8 history orders-db -o jsonpath='{.items[0].revision}'"
)]
pub struct HistoryArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How it is printed.
    #[command(flatten)]
    pub form: ListingArgs,
}

/// Shows history.
///
/// # Errors
/// When the definition does not exist.
pub async fn run(context: &Context, args: HistoryArgs) -> Result<u8, CommandError> {
    let namespace = context.namespace()?;
    let cluster = context.cluster()?.reader();
    let head = require_head(cluster, &namespace, &args.name).await?;
    let records = cluster.record_summaries(&namespace, &revision_selector(&args.name)).await?;
    let mut numbers: Vec<(u32, String)> = records
        .iter()
        .filter_map(|record| {
            let result = record.annotation(labels::RESULT).unwrap_or("unfinished").to_owned();
            Some((revision_number(&args.name, &record.name)?, result))
        })
        .collect();
    numbers.sort_unstable_by(|left, right| right.cmp(left));
    let heads = ["REVISION", "STATUS", "WHEN", "TEMPLATE", "BY", "CAUSE", "CHANGES"];
    let mut listing = Listing::new(&heads, &["STARTED", "OBJECTS"]);
    let mut items: Vec<Value> = Vec::new();
    for (number, result) in &numbers {
        let status = match result.as_str() {
            "published" if *number == head.state.current => "Published",
            "published" => "Superseded",
            "failed" => "Failed",
            _ if *number == head.state.pending => "Publishing",
            _ => "Unfinished",
        };
        let live = cluster.config_map(&namespace, &revision_name(&args.name, *number)).await?;
        let Some(live) = live else { continue };
        match RevisionRecord::from_config_map(&live.value) {
            Ok(record) => {
                let since = context
                    .seconds_since(&record.meta.started_at)
                    .map_or_else(|| "?".to_owned(), |seconds| format!("{} ago", age(seconds)));
                let meta = &record.meta;
                let cells = vec![
                    number.to_string(),
                    status.to_owned(),
                    since,
                    meta.template.clone(),
                    meta.by.clone(),
                    meta.cause.to_string(),
                    meta.summary.clone(),
                ];
                let wide = vec![meta.started_at.clone(), record.inventory.entries().len().to_string()];
                listing.row(Row { name: format!("revision/{number}"), cells, wide, labels: String::new() });
                items.push(json!({"revision": number, "status": status, "meta": meta, "objects": record.inventory.entries().len()}));
            }
            Err(error) => {
                context.ui.warn(&error.to_string());
                let cells = vec![number.to_string(), "Damaged".to_owned()];
                listing.row(Row { name: format!("revision/{number}"), cells, ..Row::default() });
                items.push(json!({"revision": number, "status": "Damaged"}));
            }
        }
    }
    if args.form.output.is_table() && numbers.is_empty() {
        context.ui.say(&format!("{namespace}/{} was never published.", args.name));
        return Ok(exit::DONE);
    }
    let document = json!({
        "apiVersion": "ku8.dev/v1", "kind": "History", "name": args.name, "namespace": namespace, "items": items,
    });
    print_listing(context, &listing, &document, &args.form)?;
    Ok(exit::DONE)
}
