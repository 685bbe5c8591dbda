//! Templates kept in the cluster, so that a colleague or a newer binary renders the same (decisions.md, 11).
//! They are found by full digest and believed only when their bytes have it.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Context;
use crate::cluster::{Cluster, ClusterError, PlanClient, RecordSummary};
use crate::definition::hex;
use crate::error::{CommandError, id};
use crate::files::MAX_INPUT;
use crate::object::{ObjectKey, labels};
use crate::release::MAX_REVISION_BYTES;
use crate::render::Template;

/// Removes templates of a namespace that no head and no revision refers to; errors only warn.
pub async fn sweep(context: &Context, cluster: &Cluster, namespace: &str) {
    if let Err(error) = try_sweep(cluster, namespace).await {
        context.ui.warn(&format!("templates nobody uses were not removed: {error}"));
    }
}

async fn try_sweep(cluster: &Cluster, namespace: &str) -> Result<(), ClusterError> {
    let kept = cluster.reader().record_summaries(namespace, &format!("{}=template", labels::KIND)).await?;
    if kept.is_empty() {
        return Ok(());
    }
    let users =
        cluster.reader().record_summaries(namespace, &format!("{} in (definition,revision)", labels::KIND)).await?;
    let unknown = |record: &RecordSummary| {
        record.label(labels::TEMPLATE_DIGEST).is_none() && record.label(labels::TEMPLATE) != Some("manifests")
    };
    // A record whose labels were tampered with may use any of them.
    if users.iter().any(unknown) {
        return Ok(());
    }
    let used: BTreeSet<&str> = users.iter().filter_map(|record| record.label(labels::TEMPLATE_DIGEST)).collect();
    for record in kept {
        let digest = record.name.strip_prefix("ku8.template.").unwrap_or_default();
        if !digest.is_empty() && !used.contains(digest) {
            let key = ObjectKey::new("", "ConfigMap", namespace, &record.name);
            cluster.delete(&PlanClient::config_maps(), &key, &record.seen()).await?;
        }
    }
    Ok(())
}

fn name_of(digest: &str) -> String {
    format!("ku8.template.{}", digest.chars().take(16).collect::<String>())
}

/// The component with this digest, if the namespace keeps it.
///
/// # Errors
/// When the cluster cannot be read; a damaged copy counts as absent.
pub async fn fetch(cluster: &PlanClient, namespace: &str, digest: &str) -> Result<Option<Vec<u8>>, CommandError> {
    let Some(live) = cluster.config_map(namespace, &name_of(digest)).await? else { return Ok(None) };
    let packed = live.value["binaryData"]["component"].as_str().unwrap_or_default();
    let Ok(packed) = STANDARD.decode(packed) else { return Ok(None) };
    let mut bytes = Vec::new();
    if GzDecoder::new(packed.as_slice()).take(MAX_INPUT).read_to_end(&mut bytes).is_err() {
        return Ok(None);
    }
    Ok((hex(&Sha256::digest(&bytes)) == digest).then_some(bytes))
}

/// Keeps a template beside the definition that uses it; one that is there already is left alone.
///
/// # Errors
/// When it is too large for a ConfigMap, or the write fails.
pub async fn keep(cluster: &Cluster, namespace: &str, template: &Template) -> Result<(), CommandError> {
    let name = name_of(template.digest());
    if cluster.reader().config_map(namespace, &name).await?.is_some() {
        return Ok(());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(template.bytes()).expect("writing to memory cannot fail");
    let packed = encoder.finish().expect("writing to memory cannot fail");
    if packed.len() > MAX_REVISION_BYTES {
        return Err(CommandError::new(format!(
            "template `{}` is too large to keep in the cluster",
            template.metadata().name
        ))
        .id(id::TEMPLATE_TOO_LARGE)
        .hint("push it to a registry and refer to it there"));
    }
    let metadata = template.metadata();
    let value = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "immutable": true,
        "metadata": {"name": name, "namespace": namespace,
            "labels": {labels::KIND: "template", labels::TEMPLATE: metadata.name, labels::MANAGED_BY: labels::MANAGED_BY_VALUE},
            "annotations": {labels::FORMAT: crate::release::FORMAT_VERSION.to_string()}},
        "data": {"metadata": serde_json::to_string(metadata).expect("metadata is plain data"), "digest": format!("sha256:{}", template.digest())},
        "binaryData": {"component": STANDARD.encode(packed)},
    });
    let key = ObjectKey::new("", "ConfigMap", namespace, name);
    match cluster.create(&PlanClient::config_maps(), &key, &value).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Ok(()),
        Err(error) => Err(error.into()),
    }
}
