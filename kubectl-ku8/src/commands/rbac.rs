//! `rbac`: the smallest Role for a definition, for somebody who views, plans or deploys it.
//! It prints and never grants anything.

use clap::{Args, ValueEnum};

use super::pipeline::{PlanOptions, prepare};
use super::resolve::require_head;
use super::rights::plurals;
use super::{Context, print_document};
use crate::cli::Output;
use crate::definition::yaml;
use crate::error::{CommandError, exit};
use crate::object::{GroupKind, ObjectKey, printable};
use crate::plan::{RoleFor, RoleSubject, role_rights, roles};

/// Print the smallest Role for a definition, to be applied by an administrator
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 rbac orders-db --for viewer
  kubectl ku8 rbac orders-db --for planner --to User/alice
  kubectl ku8 rbac orders-db --to ServiceAccount/ci/deployer | kubectl apply -f -

A planner needs the right to change objects, because Kubernetes has no right to dry-run alone.
A viewer plans too, with changes compared locally.")]
pub struct RbacArgs {
    /// Definition
    #[arg(value_name = "NAME")]
    name: String,
    /// What the Role is for: viewer, planner or deployer
    #[arg(long = "for", value_name = "WHO", value_enum, default_value = "deployer", hide_possible_values = true)]
    role: Who,
    /// Bind it too: User/NAME, Group/NAME, or ServiceAccount/NAMESPACE/NAME
    #[arg(long, value_name = "KIND/NAME", value_parser = parse_subject)]
    to: Option<RoleSubject>,
    /// Output: yaml or json
    #[arg(
        short = 'o',
        long,
        value_enum,
        default_value = "yaml",
        hide_possible_values = true,
        hide_default_value = true
    )]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    /// Lists, shows, plans with local comparison.
    #[value(alias = "view")]
    Viewer,
    /// Plans with the server's dry-run.
    #[value(alias = "plan")]
    Planner,
    /// Publishes and deletes.
    #[value(alias = "deploy")]
    Deployer,
}

fn parse_subject(text: &str) -> Result<RoleSubject, String> {
    match text.split_once('/') {
        Some((kind @ ("User" | "Group" | "ServiceAccount"), name)) if !name.is_empty() => {
            Ok(RoleSubject { kind: kind.to_owned(), name: name.to_owned() })
        }
        _ => Err(format!("`{text}` is not User/NAME, Group/NAME or ServiceAccount/NAMESPACE/NAME")),
    }
}

/// Prints the Role.
///
/// # Errors
/// When the definition does not exist or cannot be rendered.
pub async fn run(context: &Context, args: RbacArgs) -> Result<u8, CommandError> {
    let cluster = context.cluster()?.reader();
    let namespace = context.namespace()?;
    let head = require_head(cluster, &namespace, &args.name).await?;
    let options = PlanOptions { allow_empty: true, ..PlanOptions::default() };
    let prepared = prepare(context, cluster, &head.definition, Some(&head), &namespace, &options).await?;
    let changes = &prepared.plan.changes;
    let kinds = changes.iter().map(|change| (change.key.group_kind(), change.api_version.clone()));
    let plurals = plurals(cluster, kinds).await?;
    let plural = |kind: &GroupKind| plurals.get(kind).cloned().unwrap_or_default();
    let keys: Vec<ObjectKey> = changes.iter().map(|change| change.key.clone()).collect();
    let (role, word) = match args.role {
        Who::Viewer => (RoleFor::Viewer, "viewer"),
        Who::Planner => (RoleFor::Planner, "planner"),
        Who::Deployer => (RoleFor::Deployer, "deployer"),
    };
    let rights = role_rights(&keys, &namespace, role, &plural);
    let name = format!("ku8-{}-{word}", args.name);
    let documents = roles(&name, &rights, args.to.as_ref());
    match (args.output, documents.as_slice()) {
        (Output::Json, [one]) => print_document(context, one, Output::Json),
        (Output::Json, many) => {
            let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": many});
            print_document(context, &list, Output::Json);
        }
        _ => context.ui.print(&printable(&yaml::stream(&documents))),
    }
    if args.to.is_none() {
        context
            .ui
            .say(&format!("bind it with: kubectl create rolebinding {name} -n {namespace} --role={name} --user=NAME"));
    }
    Ok(exit::DONE)
}
