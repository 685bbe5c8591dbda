//! The artifact a template is: a manifest, a small config, and one layer that is the component itself. Pure.
//! It follows the CNCF's Wasm artifact layout and never takes an image, an index, an archive or a compressed layer for one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{RegistryError, digest, json};
use crate::object::printable;

/// Largest manifest.
pub(super) const MAX_MANIFEST: u64 = 4 * 1024 * 1024;
/// Largest config.
pub(super) const MAX_CONFIG: u64 = 1024 * 1024;
/// Largest component; nothing larger is ever compiled.
pub const MAX_COMPONENT: u64 = 32 * 1024 * 1024;

/// An image manifest, which an artifact's is.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// A list of manifests.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Configs of templates made with other tools: the older Wasm layout, and `oras push` without one.
const OTHER_CONFIGS: &[&str] = &["application/vnd.wasm.config.v1+json", "application/vnd.oci.empty.v1+json"];
const LAYER: &str = "application/wasm";
const OTHER_LAYER: &str = "application/vnd.wasm.content.layer.v1+wasm";
const ARTIFACT: &str = "application/vnd.ku8.template.v1";

/// The annotation that names the contract a component exports.
pub const ABI: &str = "dev.ku8.template.abi";
/// The annotation that says when a component was made.
pub const CREATED: &str = "org.opencontainers.image.created";
const TITLE: &str = "org.opencontainers.image.title";
/// What is exported where no annotation says it.
const PROVIDER: &str = "ku8:template/provider@1.0.0";
/// Pushing the same bytes again gives the same digest, so nothing of ours reads a clock.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// What one descriptor says: a media type, a digest, a size in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
    pub(super) annotations: BTreeMap<String, String>,
}

/// A template's manifest, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) config: Descriptor,
    pub(super) layer: Descriptor,
    pub(super) annotations: BTreeMap<String, String>,
}

/// What is written to a registry for one component.
pub(super) struct Built {
    pub(super) manifest: Vec<u8>,
    pub(super) config: Vec<u8>,
}

/// Builds manifest and config of a component. The same component and annotations give the same bytes.
pub(super) fn build(component: &[u8], annotations: &BTreeMap<String, String>) -> Built {
    let layer = digest::of(component);
    let created = annotations.get(CREATED).map_or(EPOCH, String::as_str);
    let exports: Vec<&str> = annotations.get(ABI).map_or(PROVIDER, String::as_str).split(',').map(str::trim).collect();
    let config = json!({
        "created": created,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [layer],
        "component": {"exports": exports, "imports": []},
    });
    let config = config.to_string().into_bytes();
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": ARTIFACT,
        "config": {"mediaType": CONFIG, "digest": digest::of(&config), "size": config.len()},
        // Without a name, oras pulls nothing.
        "layers": [{
            "mediaType": LAYER, "digest": layer, "size": component.len(), "annotations": {TITLE: "template.wasm"},
        }],
    });
    if !annotations.is_empty() {
        manifest["annotations"] = json!(annotations);
    }
    Built { manifest: manifest.to_string().into_bytes(), config }
}

/// Judges a manifest. `content_type` is what the registry called it, if there was a registry.
///
/// # Errors
/// What it is instead of a template's.
pub(super) fn judge(reference: &str, content_type: Option<&str>, bytes: &[u8]) -> Result<Layout, RegistryError> {
    read(content_type, bytes).map_err(|reason| RegistryError::NotATemplate { reference: reference.to_owned(), reason })
}

fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Layout, String> {
    let called = content_type.map(essence);
    if let Some(called) = called.as_deref().filter(|called| *called != MANIFEST) {
        return Err(other_manifest(called));
    }
    let document = json::parse(bytes)?;
    let fields = document.as_object().ok_or("its manifest is no JSON object")?;
    if let Some(named) = fields.get("mediaType") {
        let named = named.as_str().ok_or("its manifest's mediaType is no text")?;
        if named != MANIFEST {
            return Err(other_manifest(named));
        }
    }
    if fields.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
        return Err("its manifest has another schemaVersion than 2".into());
    }
    // A document that is both is read as one by some and as the other by others.
    for key in ["manifests", "fsLayers", "history", "signatures", "blobs"] {
        if fields.contains_key(key) {
            return Err(if fields.contains_key("layers") {
                format!("its manifest is two things at once: it has `layers` and `{key}`")
            } else if key == "manifests" {
                other_manifest(INDEX)
            } else {
                format!("its manifest has `{key}`, which none of this format has")
            });
        }
    }
    let config = descriptor(fields.get("config"), "config")?;
    let layers = fields.get("layers").and_then(Value::as_array).ok_or("its manifest has no layers")?;
    let [layer] = layers.as_slice() else {
        return Err(format!("it has {} layers, and a template is exactly one", layers.len()));
    };
    let layer = descriptor(Some(layer), "layer")?;
    check_layer_type(&layer.media_type)?;
    if config.media_type != CONFIG && !OTHER_CONFIGS.contains(&config.media_type.as_str()) {
        return Err(format!("its config is `{}`, and a Wasm component's is `{CONFIG}`", shown(&config.media_type)));
    }
    if layer.size > MAX_COMPONENT {
        return Err(format!("its component has {} bytes, and none larger than 32 MiB is run", layer.size));
    }
    if config.size > MAX_CONFIG {
        return Err(format!("its config has {} bytes, more than 1 MiB", config.size));
    }
    Ok(Layout { config, layer, annotations: annotations(fields)? })
}

/// A media type without its parameters.
pub(super) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn other_manifest(kind: &str) -> String {
    match kind {
        INDEX | "application/vnd.docker.distribution.manifest.list.v2+json" => {
            "it is an index of images for several machines, and a template is one artifact for all".into()
        }
        "application/vnd.docker.distribution.manifest.v2+json" => {
            "it is a container image in docker's format: use it in a template, not as one".into()
        }
        "" => format!("the registry does not say what its manifest is; a template's is `{MANIFEST}`"),
        other => format!("its manifest is `{}`, and a template's is `{MANIFEST}`", shown(other)),
    }
}

fn check_layer_type(kind: &str) -> Result<(), String> {
    if kind == LAYER || kind == OTHER_LAYER {
        return Ok(());
    }
    let packed = ["gzip", "zstd", "bzip2", "xz"].into_iter().find(|method| kind.contains(method));
    Err(if kind.contains("tar") || kind.contains("rootfs") || kind.contains("image.layer") {
        "its layer is a tar archive, as a container image's is; a template's is the component itself".into()
    } else if let Some(method) = packed {
        format!("its layer is compressed with {method}; a template's is the component as it is")
    } else if kind.contains("helm") {
        "it is a Helm chart".into()
    } else {
        format!("its layer is `{}`, and a component's is `{LAYER}`", shown(kind))
    })
}

/// Reads a descriptor; `what` names it in messages.
pub(super) fn descriptor(value: Option<&Value>, what: &str) -> Result<Descriptor, String> {
    let fields = value.and_then(Value::as_object).ok_or_else(|| format!("its manifest has no {what}"))?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let digest = text("digest");
    if !digest::is(&digest) {
        return Err(format!("its {what} has the digest `{}`, and only sha256 digests are taken", shown(&digest)));
    }
    let size = fields.get("size").and_then(Value::as_u64).ok_or_else(|| format!("its {what} has no size"))?;
    if fields.get("urls").and_then(Value::as_array).is_some_and(|urls| !urls.is_empty()) {
        return Err(format!("its {what} lies outside the registry"));
    }
    Ok(Descriptor { media_type: text("mediaType"), digest, size, annotations: annotations(fields)? })
}

fn annotations(fields: &Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let Some(found) = fields.get("annotations").filter(|found| !found.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let found = found.as_object().ok_or("its annotations are no map")?;
    found
        .iter()
        .map(|(name, value)| match value.as_str() {
            Some(text) => Ok((name.clone(), text.to_owned())),
            None => Err(format!("its annotation `{}` is no text", shown(name))),
        })
        .collect()
}

/// Whether a config that speaks of its layers speaks of this one.
pub(super) fn config_fits(config: &[u8], layout: &Layout) -> Result<(), String> {
    let document = json::parse(config).map_err(|reason| format!("its config cannot be read: {reason}"))?;
    match document.get("layerDigests") {
        Some(listed) if *listed != json!([layout.layer.digest]) => Err("its config speaks of other layers".into()),
        _ => Ok(()),
    }
}

fn shown(text: &str) -> String {
    let safe = printable(text);
    if safe.chars().count() <= 100 { safe } else { safe.chars().take(100).chain(['…']).collect() }
}
