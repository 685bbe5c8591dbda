//! `doctor`: what needs attention in a namespace, and the command that puts it right.
//! It changes nothing.

use clap::Args;

use super::checkup::{Finding, definition, document, plugin_policy, server, strays};
use super::{Context, print_document};
use crate::cli::Output;
use crate::error::{CommandError, exit};
use crate::object::{labels, printable};
use crate::release::head_selector;

/// Look for what needs attention: stale locks, damaged records, missing objects and Secrets
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 doctor
  kubectl ku8 doctor orders-db
  kubectl ku8 doctor -o json

Exits with 1 when something needs attention.")]
pub struct DoctorArgs {
    /// Definitions; all of the namespace, and its records, when none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Looks.
///
/// # Errors
/// When something needs attention, or the cluster cannot be read.
pub async fn run(context: &Context, args: DoctorArgs) -> Result<u8, CommandError> {
    if let Some(warning) = context.kuberc().and_then(|kuberc| plugin_policy(&kuberc)) {
        context.ui.warn(&printable(&warning));
    }
    let cluster = context.cluster()?.reader();
    let namespace = context.namespace()?;
    let mut found = server(cluster).await?;
    let mut names = args.names.clone();
    for name in &names {
        crate::definition::check_name(name)?;
    }
    if names.is_empty() {
        found.extend(strays(cluster, &namespace).await?);
        for record in cluster.record_summaries(&namespace, &head_selector()).await? {
            let name = record.name.strip_prefix("ku8.").unwrap_or_default().to_owned();
            if record.label(labels::NAME) != Some(name.as_str()) {
                found.push(Finding {
                    subject: format!("ConfigMap/{}", record.name),
                    problem: "its labels were changed, so lists leave it out".into(),
                    repair: format!(
                        "kubectl label configmap {} -n {namespace} --overwrite ku8.dev/name={name}",
                        record.name
                    ),
                });
            }
            names.push(name);
        }
    }
    names.sort_unstable();
    for name in &names {
        found.extend(definition(context, cluster, &namespace, name).await?);
    }
    let styles = context.ui.out;
    match args.output {
        Output::Text if found.is_empty() => {
            let what =
                if names.len() == 1 { "1 definition".to_owned() } else { format!("{} definitions", names.len()) };
            context.ui.print(&format!(
                "{} Nothing needs attention: {what} looked at in namespace {namespace}.",
                styles.good("Healthy.")
            ));
        }
        Output::Text => {
            let texts: Vec<String> = found
                .iter()
                .map(|one| {
                    format!(
                        "{} {}: {}\n  {} {}",
                        styles.bad("problem:"),
                        styles.bold(&printable(&one.subject)),
                        printable(&one.problem),
                        styles.dim("repair:"),
                        printable(&one.repair)
                    )
                })
                .collect();
            context.ui.print(&texts.join("\n"));
        }
        _ => print_document(context, &document(&found), args.output),
    }
    Ok(if found.is_empty() { exit::DONE } else { exit::ERROR })
}
