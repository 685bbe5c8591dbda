//! `list --watch`: after the list, a line for each definition that changes, until Ctrl-C.
//! It listens and reads anew; a lost event costs time and never truth.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Notify;

use super::list::{ListArgs, document, is_good, listing, records, row, selector};
use super::{Context, print_listing};
use crate::cluster::{PlanClient, RecordSummary, Selection};
use crate::error::{CommandError, exit};
use crate::release::list_phase;

/// Changes that come together are read together.
const SETTLE: Duration = Duration::from_millis(100);
/// After a watch that broke; where watching is not allowed, this is how often is looked.
const AGAIN: Duration = Duration::from_secs(2);

type Known = BTreeMap<(String, String), RecordSummary>;

fn by_name(records: Vec<RecordSummary>) -> Known {
    let good = records.into_iter().filter(is_good);
    good.map(|record| ((record.namespace.clone(), record.name.clone()), record)).collect()
}

/// Goes on after the list was printed.
///
/// # Errors
/// When the cluster cannot be read any more.
pub(super) async fn list(
    context: &Context,
    args: &ListArgs,
    namespace: &str,
    first: Vec<RecordSummary>,
) -> Result<u8, CommandError> {
    let mut known = by_name(first);
    let cluster = context.cluster()?.reader();
    let selection = Selection::Labels(selector(args));
    let resource = PlanClient::config_maps();
    while !context.ui.is_closed() {
        let heard = Notify::new();
        let mut on = |_: &str| heard.notify_one();
        let watch = cluster.watch(&resource, namespace, &selection, &mut on);
        let changes = async {
            loop {
                heard.notified().await;
                tokio::time::sleep(SETTLE).await;
                refresh(context, args, &mut known).await?;
                if context.ui.is_closed() {
                    return Ok::<(), CommandError>(());
                }
            }
        };
        tokio::select! {
            ended = watch => if ended.is_err() { tokio::time::sleep(AGAIN).await },
            stopped = changes => return stopped.map(|()| exit::DONE),
        }
        refresh(context, args, &mut known).await?;
    }
    Ok(exit::DONE)
}

/// Reads anew and prints what is new, changed or gone.
async fn refresh(context: &Context, args: &ListArgs, known: &mut Known) -> Result<(), CommandError> {
    let now = by_name(records(context, args).await?.0);
    let is_new = |(key, record): &(&(String, String), &RecordSummary)| {
        known.get(*key).is_none_or(|before| before.seen() != record.seen())
    };
    let changed: Vec<&RecordSummary> = now.iter().filter(is_new).map(|(_, record)| record).collect();
    let gone: Vec<&RecordSummary> =
        known.iter().filter(|(key, _)| !now.contains_key(*key)).map(|(_, record)| record).collect();
    if changed.is_empty() && gone.is_empty() {
        return Ok(());
    }
    if args.form.output.is_table() {
        // Under all other rows, so that the columns stay where they are.
        let all: Vec<&RecordSummary> = known.values().chain(changed.iter().copied()).collect();
        let mut table = listing(context, &all, args.all_namespaces).show_labels(args.show_labels);
        for record in &gone {
            table.row(row(context, record, args.all_namespaces, "Deleted".to_owned()));
        }
        let text = table.table(args.form.output == crate::cli::Format::Wide, !args.form.no_headers);
        let lines: Vec<&str> = text.lines().collect();
        context.ui.show(&lines[lines.len().saturating_sub(changed.len() + gone.len())..].join("\n"));
    } else {
        let mut changes = document(&changed);
        for record in gone {
            let mut items = document(&[record]);
            items["items"][0]["status"] = "Deleted".into();
            if let (Some(all), Some(items)) = (changes["items"].as_array_mut(), items["items"].as_array_mut()) {
                all.append(items);
            }
        }
        let mut names = listing(context, &changed, args.all_namespaces);
        for record in
            known.values().filter(|record| !now.contains_key(&(record.namespace.clone(), record.name.clone())))
        {
            names.row(row(context, record, args.all_namespaces, list_phase(&record.metadata).unwrap_or_default()));
        }
        let form = crate::cli::ListingArgs { no_headers: true, ..args.form.clone() };
        print_listing(context, &names, &changes, &form)?;
    }
    *known = now;
    Ok(())
}
