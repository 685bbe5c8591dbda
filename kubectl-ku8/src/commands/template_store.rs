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
use super::resolve::{Kept, Loaded, signatures_from_json, signatures_to_json};
use crate::cluster::{Cluster, ClusterError, PlanClient, RecordSummary};
use crate::definition::hex;
use crate::error::{CommandError, id};
use crate::files::MAX_INPUT;
use crate::object::{ObjectKey, labels};
use crate::release::MAX_REVISION_BYTES;
use crate::render::{Origin, Template};

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

/// What the namespace keeps of the component with this digest; nothing when it keeps none.
///
/// # Errors
/// When the cluster cannot be read; a damaged copy counts as absent.
pub(super) async fn fetch(cluster: &PlanClient, namespace: &str, digest: &str) -> Result<Kept, CommandError> {
    let Some(live) = cluster.config_map(namespace, &name_of(digest)).await? else { return Ok(Kept::default()) };
    let entry = |name: &str| STANDARD.decode(live.value["binaryData"][name].as_str()?).ok();
    let mut bytes = Vec::new();
    let packed = entry("component").unwrap_or_default();
    let whole = GzDecoder::new(packed.as_slice()).take(MAX_INPUT).read_to_end(&mut bytes).is_ok();
    let sound = whole && hex(&Sha256::digest(&bytes)) == digest;
    let signatures = entry("signatures").map(|bytes| signatures_from_json(&bytes)).unwrap_or_default();
    Ok(Kept { bytes: sound.then_some(bytes), manifest: entry("manifest"), signatures })
}

/// Keeps a template beside the definition that uses it, with what a registry's is proved by; one that is there already
/// is left alone. `false` when it is too large and a registry has it.
///
/// # Errors
/// When it is too large for a ConfigMap and nobody else has it, or the write fails.
pub(super) async fn keep(cluster: &Cluster, namespace: &str, loaded: &Loaded) -> Result<bool, CommandError> {
    let template = &loaded.template;
    let name = name_of(template.digest());
    if cluster.reader().config_map(namespace, &name).await?.is_some() {
        return Ok(true);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(template.bytes()).expect("writing to memory cannot fail");
    let packed = encoder.finish().expect("writing to memory cannot fail");
    let mut binary = json!({"component": STANDARD.encode(&packed)});
    let mut size = packed.len();
    if let Some(proof) = &loaded.proof {
        let signatures = signatures_to_json(&proof.signatures);
        size += proof.manifest.len() + signatures.len();
        binary["manifest"] = STANDARD.encode(&proof.manifest).into();
        binary["signatures"] = STANDARD.encode(&signatures).into();
    }
    if size > MAX_REVISION_BYTES {
        if loaded.proof.is_some() {
            return Ok(false);
        }
        return Err(too_large(template, size));
    }
    let metadata = template.metadata();
    let value = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "immutable": true,
        "metadata": {"name": name, "namespace": namespace,
            "labels": {labels::KIND: "template", labels::TEMPLATE: metadata.name, labels::MANAGED_BY: labels::MANAGED_BY_VALUE},
            "annotations": {labels::FORMAT: crate::release::FORMAT_VERSION.to_string()}},
        "data": {"metadata": serde_json::to_string(metadata).expect("metadata is plain data"), "digest": format!("sha256:{}", template.digest())},
        "binaryData": binary,
    });
    let key = ObjectKey::new("", "ConfigMap", namespace, name);
    match cluster.create(&PlanClient::config_maps(), &key, &value).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn too_large(template: &Template, size: usize) -> CommandError {
    let name = &template.metadata().name;
    let file = match template.origin() {
        Origin::File(path) => path.as_str(),
        _ => "FILE.wasm",
    };
    CommandError::new(format!(
        "template `{name}` is too large to keep in the cluster: {} KiB packed, and {} fit",
        size / 1024,
        MAX_REVISION_BYTES / 1024
    ))
    .id(id::TEMPLATE_TOO_LARGE)
    .hint(format!("push it to a registry: kubectl ku8 template push {file} oci://HOST/{name}"))
    .hint(format!("then name it there: kubectl ku8 define NAME -t oci://HOST/{name}:{}", template.metadata().version))
}
