//! What a definition has in the cluster now: workloads, volumes, Secrets, and what was published before.
//! It only reads; the plan room judges.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::pipeline::PlanOptions;
use crate::cluster::{Ask, ClusterError, PlanClient, Resource};
use crate::error::CommandError;
use crate::object::{GroupKind, LiveObject, Manifest, ObjectKey, Observed, labels};
use crate::plan::{Offers, Policy, SecretObservation, growth, needs_classes, needs_nodes};
use crate::release::{Head, Inventory, InventoryEntry, RevisionRecord, revision_name};
use crate::render::SecretIntent;
use crate::transform::Desired;

/// Workloads and volumes a definition has in the cluster now.
pub(super) struct Owned {
    /// Live replicas by workload name.
    pub(super) replicas: BTreeMap<String, u64>,
    /// Claims that belong to its StatefulSets.
    pub(super) volumes: Vec<LiveObject>,
}

pub(super) async fn observe_owned(
    cluster: &PlanClient,
    name: &str,
    namespace: &str,
    inventory: &Inventory,
) -> Result<Owned, CommandError> {
    let workloads: Vec<&InventoryEntry> = inventory
        .entries()
        .iter()
        .filter(|entry| entry.group == "apps" && matches!(entry.kind.as_str(), "StatefulSet" | "Deployment"))
        .collect();
    let asked = workloads.iter().map(|entry| (entry.key(), Some(entry.version.clone()))).collect();
    let mut replicas = BTreeMap::new();
    let mut sets: BTreeSet<String> = BTreeSet::from([name.to_owned()]);
    let mut selectors: BTreeSet<String> = BTreeSet::from([format!("{}={name}", labels::INSTANCE)]);
    for (key, seen) in cluster.read_all(asked).await? {
        let Some(live) = seen.live else { continue };
        replicas.insert(key.name.clone(), live.value["spec"]["replicas"].as_u64().unwrap_or(1));
        if key.kind == "StatefulSet" {
            sets.insert(key.name.clone());
            selectors.extend(crate::wait::pods::match_labels(&live.value));
        }
    }
    let mut volumes: BTreeMap<String, LiveObject> = BTreeMap::new();
    let claims = PlanClient::core("PersistentVolumeClaim");
    let lists = selectors.iter().map(|selector| cluster.list(&claims, namespace, selector));
    for list in futures::future::try_join_all(lists).await? {
        for claim in list {
            let claim_name = claim.value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if sets.iter().any(|set| is_claim_of(&claim_name, set)) {
                volumes.insert(claim_name, claim);
            }
        }
    }
    Ok(Owned { replicas, volumes: volumes.into_values().collect() })
}

/// Asks the server what each object would become, and reads what is no longer wanted.
pub(super) async fn observe(
    cluster: &PlanClient,
    desired: &Desired,
    inventory: &Inventory,
    volumes: &[LiveObject],
    policy: &Policy,
) -> Result<Observed, CommandError> {
    let mut asks: Vec<Ask> =
        desired.objects.iter().map(|object| Ask::Apply(Box::new(object.manifest.clone()))).collect();
    let gone = inventory.minus(&desired.keys());
    asks.extend(gone.into_iter().map(|entry| Ask::Read(entry.key(), Some(entry.version.clone()))));
    asks.extend(growth(desired, volumes).into_iter().map(|one| {
        let patch = one.patch();
        Ask::Merge(one.key, Box::new(one.live), patch)
    }));
    Ok(cluster.observe(asks, policy).await?)
}

/// Asks what decides whether new volumes and pods find a place, where they need it. Who may not look is not told.
pub(super) async fn observe_offers(
    cluster: &PlanClient,
    desired: &Desired,
    claims: &[LiveObject],
) -> Result<Offers, CommandError> {
    let list = async |wanted: bool, kind: GroupKind| {
        if !wanted {
            return Ok(None);
        }
        let resource = Resource::built_in(&kind).expect("only kinds of the built-in table are asked for");
        match cluster.list(&resource, "", "").await {
            Ok(found) => Ok(Some(found)),
            Err(ClusterError::Forbidden { .. }) => Ok(None),
            Err(error) => Err(CommandError::from(error)),
        }
    };
    let (classes, nodes) = tokio::try_join!(
        list(needs_classes(desired, claims), GroupKind::new("storage.k8s.io", "StorageClass")),
        list(needs_nodes(desired), GroupKind::new("", "Node"))
    )?;
    Ok(Offers { classes, nodes })
}

/// StatefulSet claims are named `<template>-<set>-<ordinal>`.
fn is_claim_of(claim: &str, set: &str) -> bool {
    claim.rsplit_once('-').is_some_and(|(rest, ordinal)| {
        !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit()) && rest.ends_with(&format!("-{set}"))
    })
}

/// A revision's record; `None` when there is none, or when it does not read any more.
pub(super) async fn revision(
    cluster: &PlanClient,
    head: Option<&Head>,
    namespace: &str,
    number: u32,
) -> Result<Option<RevisionRecord>, CommandError> {
    let Some(head) = head.filter(|_| number > 0) else { return Ok(None) };
    let live = cluster.config_map(namespace, &revision_name(head.definition.name(), number)).await?;
    Ok(live.and_then(|live| RevisionRecord::from_config_map(&live.value).ok()))
}

/// The objects a revision published, by identity.
pub(super) fn published(record: Option<&RevisionRecord>) -> BTreeMap<ObjectKey, Value> {
    let render = record.map_or(&[][..], |record| &record.render);
    let manifests = render.iter().filter_map(|value| Manifest::new(value.clone()).ok());
    manifests.map(|manifest| (manifest.key().clone(), manifest.value().clone())).collect()
}

/// What the template is told of before: null only when nothing was published and no volume remains (decisions.md, 3).
pub(super) fn previous(current: Option<&RevisionRecord>, attempted: Option<&RevisionRecord>, owned: &Owned) -> Value {
    let state = |record: Option<&RevisionRecord>| match record {
        Some(record) if !record.effective["template"].is_null() => {
            json!({"templateVersion": record.effective["template"]["version"], "values": record.effective["values"],
                   "outputs": record.effective["outputs"]})
        }
        _ => Value::Null,
    };
    let (current, attempted) = (state(current), state(attempted));
    if current.is_null() && attempted.is_null() && owned.volumes.is_empty() {
        return Value::Null;
    }
    let names: Vec<&str> = owned.volumes.iter().filter_map(|claim| claim.value["metadata"]["name"].as_str()).collect();
    json!({"current": current, "attempted": attempted, "observed": {"replicas": owned.replicas, "pvcs": names}})
}

pub(super) async fn observe_secrets(
    cluster: &PlanClient,
    namespace: &str,
    intents: &[SecretIntent],
    owner_id: &str,
    home: &str,
) -> Result<BTreeMap<String, SecretObservation>, CommandError> {
    let mut seen = BTreeMap::new();
    for intent in intents {
        let key = ObjectKey::new("", "Secret", namespace, &intent.name);
        let live = match cluster.read(&PlanClient::core("Secret"), &key).await {
            Err(ClusterError::Forbidden { .. }) => {
                let unreadable = SecretObservation { unreadable: true, ..SecretObservation::default() };
                seen.insert(intent.name.clone(), unreadable);
                continue;
            }
            other => other?,
        };
        let by_id = live.as_ref().is_some_and(|live| live.owner_id() == Some(owner_id));
        let retained = live.as_ref().is_some_and(|live| live.annotation(labels::RETAINED_FROM) == Some(home));
        seen.insert(
            intent.name.clone(),
            SecretObservation { live, ours: by_id || retained, stale_owner: retained, unreadable: false },
        );
    }
    Ok(seen)
}

/// Generated Secrets that are ours and that nothing asks for.
pub(super) async fn stray_secrets(
    cluster: &PlanClient,
    namespace: &str,
    desired: &Desired,
    options: &PlanOptions,
    owner_id: &str,
) -> Result<Vec<LiveObject>, CommandError> {
    if !options.deleting {
        return Ok(Vec::new());
    }
    let selector = format!("{}=true", labels::GENERATED);
    let found = cluster.list(&PlanClient::core("Secret"), namespace, &selector).await?;
    let wanted: BTreeSet<&str> = desired.secrets.iter().map(|intent| intent.name.as_str()).collect();
    Ok(found
        .into_iter()
        .map(with_kind)
        .filter(|live| live.owner_id() == Some(owner_id))
        .filter(|live| !wanted.contains(live.value["metadata"]["name"].as_str().unwrap_or_default()))
        .collect())
}

/// Items of a list come without their kind.
fn with_kind(mut live: LiveObject) -> LiveObject {
    if let Some(object) = live.value.as_object_mut() {
        object.entry("kind").or_insert_with(|| "Secret".into());
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_recognised_by_its_set_and_ordinal() {
        assert!(is_claim_of("data-orders-db-0", "orders-db") && is_claim_of("datalog-zk-12", "zk"));
        for foreign in ["data-orders-db", "data-other-0", "data-orders-db-x", "orders-db-0", "data-my-orders-0"] {
            assert!(!is_claim_of(foreign, "orders-db"), "{foreign}");
        }
    }
}
