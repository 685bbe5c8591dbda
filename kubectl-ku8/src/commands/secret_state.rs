//! The Secrets of a definition as they are now, and the count of rotations on the pods that use them.
//! It reads names, keys and marks; values are masked before they come here.

use std::collections::BTreeMap;

use super::owned::observe_secrets;
use crate::cluster::{ClusterError, PlanClient};
use crate::error::CommandError;
use crate::object::{LiveObject, labels};
use crate::plan::SecretObservation;
use crate::transform::{Desired, secrets_used, stamp_secret_revisions};

/// Reads the Secrets a template asks for, and marks the workloads that use a rotated one. `planned` are counts that are
/// about to be written.
///
/// # Errors
/// When the cluster cannot be read; who may not read Secrets is told less.
pub(super) async fn observe_and_stamp(
    cluster: &PlanClient,
    (namespace, definition): (&str, &str),
    desired: &mut Desired,
    owner_id: &str,
    planned: &BTreeMap<String, u64>,
) -> Result<BTreeMap<String, SecretObservation>, CommandError> {
    let home = format!("{namespace}/{definition}");
    let secrets = observe_secrets(cluster, namespace, &desired.secrets, owner_id, &home).await?;
    let mut revisions: BTreeMap<String, u64> = BTreeMap::new();
    for (name, seen) in &secrets {
        revisions.extend(seen.live.as_ref().map(|live| (name.clone(), revision_of(live))));
    }
    let uses_others = desired
        .objects
        .iter()
        .any(|object| secrets_used(object.manifest.value()).iter().any(|name| !secrets.contains_key(name)));
    if uses_others {
        for live in own_secrets(cluster, namespace, definition).await? {
            revisions.entry(name_of(&live).to_owned()).or_insert_with(|| revision_of(&live));
        }
    }
    revisions.extend(planned.iter().map(|(name, count)| (name.clone(), *count)));
    stamp_secret_revisions(desired, &revisions);
    Ok(secrets)
}

/// The Secrets that carry a definition's label; none for whom may not list them.
///
/// # Errors
/// When the cluster cannot be read.
pub(super) async fn own_secrets(
    cluster: &PlanClient,
    namespace: &str,
    definition: &str,
) -> Result<Vec<LiveObject>, CommandError> {
    let selector = format!("{}={definition}", labels::OWNER);
    match cluster.list(&PlanClient::core("Secret"), namespace, &selector).await {
        Err(ClusterError::Forbidden { .. }) => Ok(Vec::new()),
        other => Ok(other?),
    }
}

/// How often a Secret's values were rotated.
pub(super) fn revision_of(live: &LiveObject) -> u64 {
    live.annotation(labels::SECRET_REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// `metadata.name`.
pub(super) fn name_of(live: &LiveObject) -> &str {
    live.value["metadata"]["name"].as_str().unwrap_or_default()
}
