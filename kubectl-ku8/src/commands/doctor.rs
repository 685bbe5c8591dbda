//! `doctor`: what needs attention on this machine and in a namespace, and the command that puts it right.
//! It changes nothing.

use clap::{Args, CommandFactory as _};

use super::checkup::{Finding, definition, document, plugin_policy, server, strays};
use super::{Context, print_document};
use crate::cli::Output;
use crate::error::{CommandError, exit};
use crate::object::{labels, printable};
use crate::release::head_selector;

/// Look for what needs attention: other programs run in our place, stale locks, damaged records, missing objects
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
    // What is wrong on this machine is told even when no cluster answers.
    let mut found = super::installed::shadows(context, &super::Line::command());
    match look(context, &args.names, &mut found).await {
        Ok(names) => show(context, args.output, &found, names)?,
        Err(error) if found.is_empty() => return Err(error),
        Err(error) => {
            show(context, args.output, &found, 0)?;
            return Err(error);
        }
    }
    Ok(if found.is_empty() { exit::DONE } else { exit::ERROR })
}

/// Looks at the cluster, and says how many definitions it looked at.
async fn look(context: &Context, named: &[String], found: &mut Vec<Finding>) -> Result<usize, CommandError> {
    let cluster = context.cluster()?.reader();
    let namespace = context.namespace()?;
    found.extend(server(cluster).await?);
    let mut names = named.to_vec();
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
    Ok(names.len())
}

fn show(context: &Context, output: Output, found: &[Finding], names: usize) -> Result<(), CommandError> {
    let styles = context.ui.out;
    match output {
        Output::Text if found.is_empty() => {
            let namespace = context.namespace()?;
            let what = if names == 1 { "1 definition".to_owned() } else { format!("{names} definitions") };
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
        _ => print_document(context, &document(found), output),
    }
    Ok(())
}
