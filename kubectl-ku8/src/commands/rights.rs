//! Before the first write: may the person do everything the plan needs? If not, what is missing and the Role for it.
//! It asks the server about rights only, and a server that cannot say is no reason to stop.

use std::collections::BTreeMap;

use super::Context;
use crate::cluster::PlanClient;
use crate::definition::yaml;
use crate::error::{CommandError, id};
use crate::object::{GroupKind, Right, printable};
use crate::plan::{Plan, RoleSubject, needed_rights, roles, waiting_rights};

/// Plurals of the kinds of some objects.
///
/// # Errors
/// When the server cannot be asked about kinds outside the built-in table.
pub(super) async fn plurals(
    cluster: &PlanClient,
    kinds: impl Iterator<Item = (GroupKind, String)>,
) -> Result<BTreeMap<GroupKind, String>, CommandError> {
    let mut found = BTreeMap::new();
    for (kind, api_version) in kinds {
        if found.contains_key(&kind) {
            continue;
        }
        let version = api_version.rsplit('/').next().unwrap_or(&api_version).to_owned();
        // Unknown is a kind whose definition is in this very plan.
        let resource = cluster.resource_of(&kind, Some(&version)).await;
        let plural = resource.map_or_else(|_| format!("{}s", kind.kind.to_lowercase()), |resource| resource.plural);
        found.insert(kind, plural);
    }
    Ok(found)
}

/// Refuses a plan that the person may not carry out, with a Role that would let them. What only waiting needs is a
/// warning.
///
/// # Errors
/// When a right is missing; nothing was written then.
pub(super) async fn preflight(context: &Context, plan: &Plan, waits: bool) -> Result<(), CommandError> {
    let cluster = context.cluster()?.reader();
    let kinds = plan.changes.iter().map(|change| (change.key.group_kind(), change.api_version.clone()));
    let plurals = plurals(cluster, kinds).await?;
    let plural = |kind: &GroupKind| plurals.get(kind).cloned().unwrap_or_default();
    let needed = needed_rights(plan, &plural);
    let wished = if waits { waiting_rights(plan, &plural) } else { Vec::new() };
    let home = &plan.definition.namespace;
    let asked: Vec<Right> = needed.iter().chain(&wished).cloned().collect();
    let missing = match cluster.missing_rights(asked, home).await {
        Ok(missing) => missing,
        Err(error) => {
            tracing::info!("rights were not looked at: {error}");
            return Ok(());
        }
    };
    let (hard, soft): (Vec<Right>, Vec<Right>) = missing.into_iter().partition(|right| needed.contains(right));
    if hard.is_empty() {
        if !soft.is_empty() {
            let words: Vec<String> = soft.iter().map(|right| format!("{} {}", right.verb, right.resource)).collect();
            context
                .ui
                .warn(&format!("waiting and the history may tell and keep less: you may not {}", words.join(", ")));
        }
        return Ok(());
    }
    let name = &plan.definition.name;
    let who = cluster.whoami().await;
    let subject = who.map(|name| subject_of(&name));
    let wanted: Vec<Right> = hard.iter().cloned().map(|right| Right { name: String::new(), ..right }).collect();
    let documents = roles(&format!("ku8-{name}-missing"), &wanted, subject.as_ref());
    context.ui.complain(&format!(
        "# What is missing, for an administrator to apply:\n{}",
        printable(&yaml::stream(&documents))
    ));
    let lines: Vec<String> = hard.iter().map(|right| format!("  {}", told(right))).collect();
    Err(CommandError::new(format!(
        "you may not do everything this plan needs; nothing was changed. Missing:\n{}",
        lines.join("\n")
    ))
    .id(id::FORBIDDEN)
    .hint("give the Role above to whom can create Roles: kubectl apply -f -")
    .hint(format!("or see everything a deployer needs: kubectl ku8 rbac {name} -n {home} --for deployer")))
}

fn told(right: &Right) -> String {
    if right.name.is_empty() { right.to_string() } else { format!("{right} ({})", right.name) }
}

fn subject_of(name: &str) -> RoleSubject {
    match name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
        Some((namespace, account)) => {
            RoleSubject { kind: "ServiceAccount".into(), name: format!("{namespace}/{account}") }
        }
        None => RoleSubject { kind: "User".into(), name: name.to_owned() },
    }
}
