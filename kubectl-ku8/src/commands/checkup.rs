//! What `doctor` looks at: the server, the locks, the records and what they say is there.
//! It only reads, and one thing that cannot be looked at never hides the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::StreamExt as _;
use serde::Serialize;
use serde_json::Value;

use super::Context;
use super::version::{OLDEST, minor_version};
use crate::cluster::person;
use crate::cluster::{ClusterError, PlanClient, RecordSummary};
use crate::error::CommandError;
use crate::files::read_text;
use crate::object::{LiveObject, ObjectKey, labels};
use crate::release::{Head, Phase, RecordError, RevisionRecord, head_name, revision_number, revision_selector};
use crate::terminal::age;
use crate::transform::secrets_used;

/// Objects read at once.
const CONCURRENCY: usize = 8;

/// One thing that needs attention, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Finding {
    /// What it is about: `server`, `definition orders-db`, `ConfigMap/ku8.orders-db.r3`.
    pub(super) subject: String,
    /// What is wrong.
    pub(super) problem: String,
    /// A command to run, or what to do.
    pub(super) repair: String,
}

fn finding(subject: impl Into<String>, problem: impl Into<String>, repair: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), problem: problem.into(), repair: repair.into() }
}

/// What is said of a `kuberc` that limits credential plugins: only kubectl keeps to it.
pub(super) fn plugin_policy(kuberc: &Path) -> Option<String> {
    let text = read_text(kuberc).ok()?;
    let documents = crate::definition::yaml::documents(&text).ok()?;
    let policy = documents.iter().find_map(|document| document["credentialPluginPolicy"].as_str())?;
    (!policy.is_empty() && policy != "AllowAll").then(|| {
        format!(
            "{}: kuberc policy is not enforced by this tool: with credentialPluginPolicy {policy}, a kubeconfig still runs any credential plugin here",
            kuberc.display()
        )
    })
}

/// Looks at the server itself.
///
/// # Errors
/// When it does not answer at all.
pub(super) async fn server(cluster: &PlanClient) -> Result<Vec<Finding>, CommandError> {
    let mut found = Vec::new();
    let (minor, full) = cluster.version().await?;
    if is_too_old(&minor) {
        let problem = format!("Kubernetes {full} is older than {}.{}", OLDEST.0, OLDEST.1);
        found.push(finding("server", problem, "update the cluster; what is read is right, what is planned may not be"));
    }
    for (group, reason) in cluster.broken_groups().await? {
        let repair = format!("look at its server: kubectl get apiservice {}", service_name(&group));
        found.push(finding(format!("API group {group}"), format!("it does not answer: {reason}"), repair));
    }
    Ok(found)
}

/// An APIService is named `v1.group`.
fn service_name(group: &str) -> String {
    group.split_once('/').map_or_else(|| group.to_owned(), |(name, version)| format!("{version}.{name}"))
}

fn is_too_old(minor: &str) -> bool {
    minor_version(minor) < OLDEST
}

/// Looks at the records of a namespace that no definition accounts for.
///
/// # Errors
/// When they may not be listed.
pub(super) async fn strays(cluster: &PlanClient, namespace: &str) -> Result<Vec<Finding>, CommandError> {
    let kinds = format!("{} in (definition,revision,template)", labels::KIND);
    let records = cluster.record_summaries(namespace, &kinds).await?;
    let of = |kind: &'static str| records.iter().filter(move |record| record.label(labels::KIND) == Some(kind));
    let heads: BTreeSet<&str> = of("definition").map(|record| record.name.as_str()).collect();
    let mut found = Vec::new();
    let mut orphans: BTreeMap<&str, Vec<&RecordSummary>> = BTreeMap::new();
    for record in of("revision") {
        let name = record.label(labels::NAME).unwrap_or_default();
        if !heads.contains(head_name(name).as_str()) {
            orphans.entry(name).or_default().push(record);
        }
    }
    for (name, records) in orphans {
        let newest = records.iter().max_by_key(|record| revision_number(name, &record.name).unwrap_or(0));
        let newest = newest.map(|record| record.name.clone()).unwrap_or_default();
        let problem =
            format!("{} without their definition; the newest is ConfigMap/{newest}", revisions(records.len()));
        let repair = format!(
            "kubectl get configmap {newest} -n {namespace} -o jsonpath={{.data.definition}} | kubectl ku8 define -f - -n {namespace}, or drop them: kubectl ku8 forget {name} -n {namespace}"
        );
        found.push(finding(format!("history of {name}"), problem, repair));
    }
    let used: BTreeSet<&str> = records.iter().filter_map(|record| record.label(labels::TEMPLATE_DIGEST)).collect();
    for record in of("template") {
        if !used.contains(record.name.strip_prefix("ku8.template.").unwrap_or_default()) {
            let repair = format!("kubectl delete configmap {} -n {namespace}", record.name);
            found.push(finding(
                format!("ConfigMap/{}", record.name),
                "a stored template that no definition uses",
                repair,
            ));
        }
    }
    Ok(found)
}

fn revisions(count: usize) -> String {
    if count == 1 { "1 revision is there".to_owned() } else { format!("{count} revisions are there") }
}

/// Looks at one definition.
///
/// # Errors
/// When the cluster cannot be read.
pub(super) async fn definition(
    context: &Context,
    cluster: &PlanClient,
    namespace: &str,
    name: &str,
) -> Result<Vec<Finding>, CommandError> {
    let subject = format!("definition {name}");
    let Some(live) = cluster.config_map(namespace, &head_name(name)).await? else {
        return Ok(vec![finding(subject, "it does not exist", "see what is there: kubectl ku8 list")]);
    };
    let mut found = lock(context, cluster, namespace, name, &live).await?;
    let head = match Head::from_config_map(&live.value) {
        Ok(head) => head,
        Err(error) => {
            found.push(record_finding(&subject, &error, namespace, name));
            return Ok(found);
        }
    };
    found.extend(history(cluster, namespace, &head).await?);
    found.extend(objects(cluster, namespace, &head).await?);
    Ok(found)
}

fn record_finding(subject: &str, error: &RecordError, namespace: &str, name: &str) -> Finding {
    let repair = match error {
        RecordError::Newer { .. } => "update kubectl-ku8; this version does not write it".to_owned(),
        _ => format!(
            "see what it was: kubectl get configmap -n {namespace} -l ku8.dev/name={name}; forget it with: kubectl ku8 forget {name} -n {namespace}; define it again, then: kubectl ku8 repair {name} -n {namespace}"
        ),
    };
    finding(subject, error.to_string(), repair)
}

async fn lock(
    context: &Context,
    cluster: &PlanClient,
    namespace: &str,
    name: &str,
    live: &LiveObject,
) -> Result<Vec<Finding>, CommandError> {
    let claim = context.claim();
    let held = match cluster.held_lock(namespace, name, claim.clock).await {
        Err(ClusterError::Forbidden { .. }) => return Ok(Vec::new()),
        other => other?,
    };
    let subject = format!("definition {name}");
    let publishing = live.label(labels::STATUS) == Some("Publishing");
    Ok(match held {
        Some(lock) if lock.live && !(claim.is_gone)(&lock.holder) => Vec::new(),
        Some(lock) => {
            let problem =
                format!("its lock is {}'s, who is gone: not renewed for {}", person(&lock.holder), age(lock.renewed));
            vec![finding(subject, problem, format!("kubectl ku8 unlock {name} -n {namespace}"))]
        }
        None if publishing => {
            let problem = "an operation was cut off and nobody is at it";
            vec![finding(subject, problem, format!("go on with it: kubectl ku8 publish {name} -n {namespace}"))]
        }
        None => Vec::new(),
    })
}

async fn history(cluster: &PlanClient, namespace: &str, head: &Head) -> Result<Vec<Finding>, CommandError> {
    let name = head.definition.name();
    let mut found = Vec::new();
    let mut numbers = BTreeSet::new();
    for record in cluster.record_summaries(namespace, &revision_selector(name)).await? {
        let Some(number) = revision_number(name, &record.name) else { continue };
        numbers.insert(number);
        let Some(live) = cluster.config_map(namespace, &record.name).await? else { continue };
        if let Err(error) = RevisionRecord::from_config_map(&live.value) {
            let repair = format!("kubectl delete configmap {} -n {namespace}", record.name);
            found.push(finding(format!("ConfigMap/{}", record.name), error.to_string(), repair));
        }
    }
    let current = head.state.current;
    if current > 0 && !numbers.contains(&current) {
        let problem = format!("its current revision {current} has no record, so nothing can be rolled back to it");
        found.push(finding(
            format!("definition {name}"),
            problem,
            format!("publishing makes a new one: kubectl ku8 publish {name} -n {namespace}"),
        ));
    }
    Ok(found)
}

async fn objects(cluster: &PlanClient, namespace: &str, head: &Head) -> Result<Vec<Finding>, CommandError> {
    let name = head.definition.name();
    let subject = format!("definition {name}");
    let entries = head.state.inventory.entries();
    let reads = entries.iter().map(|entry| async move {
        let key = entry.key();
        let live = match cluster.readable(&key.group_kind(), Some(&entry.version)).await {
            Ok(resource) => cluster.read(&resource, &key).await?,
            Err(ClusterError::UnknownKind { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok::<_, ClusterError>((key, live))
    });
    let seen: Vec<Result<_, ClusterError>> = futures::stream::iter(reads).buffered(CONCURRENCY).collect().await;
    let seen = match seen.into_iter().collect::<Result<Vec<_>, _>>() {
        Err(error @ ClusterError::Forbidden { .. }) => {
            return Ok(vec![finding(
                subject,
                format!("its objects cannot be looked at: {error}"),
                "ask for the right to read them",
            )]);
        }
        other => other?,
    };
    let home = format!("{namespace}/{name}/");
    let (mut gone, mut stale, mut used) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (key, live) in &seen {
        match live {
            None => gone.push(key.to_string()),
            Some(live) => {
                if is_stale(live, &home, &head.uid) {
                    stale.push(key.to_string());
                }
                used.extend(secrets_used(&live.value));
            }
        }
    }
    let mut found = Vec::new();
    if !gone.is_empty() && head.state.phase != Phase::Publishing {
        let problem = format!("{} in the cluster any more: {}", are_not(gone.len()), some(&gone));
        found.push(finding(&subject, problem, format!("make them again: kubectl ku8 publish {name} -n {namespace}")));
    }
    if !stale.is_empty() {
        let problem = format!("objects carry the mark of an earlier record, as after a restore: {}", some(&stale));
        found.push(finding(&subject, problem, format!("kubectl ku8 repair {name} -n {namespace}")));
    }
    for secret in used {
        let key = ObjectKey::new("", "Secret", namespace, &secret);
        // Who may not read Secrets is not told about them.
        if let Ok(None) = cluster.read(&PlanClient::core("Secret"), &key).await {
            let repair = format!(
                "restore it from a backup; if the data may be lost: kubectl ku8 publish {name} -n {namespace} --new-credentials"
            );
            found.push(finding(
                format!("Secret/{secret}"),
                format!("pods of {name} use it, and it does not exist"),
                repair,
            ));
        }
    }
    Ok(found)
}

/// Ours by name, but marked by a head that is not there any more.
pub(super) fn is_stale(live: &LiveObject, home: &str, uid: &str) -> bool {
    live.owner_id().and_then(|id| id.strip_prefix(home)).is_some_and(|owner| owner != uid)
}

fn are_not(count: usize) -> String {
    if count == 1 { "1 object is not".to_owned() } else { format!("{count} objects are not") }
}

fn some(names: &[String]) -> String {
    let shown = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
}

/// The findings as a document.
pub(super) fn document(found: &[Finding]) -> Value {
    serde_json::json!({"apiVersion": "ku8.dev/v1", "kind": "Checkup", "healthy": found.is_empty(), "items": found})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_told_from_a_new_one() {
        assert!(
            is_too_old("1.29")
                && is_too_old("0.40")
                && !is_too_old("1.30")
                && !is_too_old("1.36")
                && !is_too_old("2.0")
        );
        assert_eq!(service_name("metrics.k8s.io/v1beta1"), "v1beta1.metrics.k8s.io");
    }
}
