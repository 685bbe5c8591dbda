//! Signatures as cosign keeps them beside a manifest: the tag `sha256-<hex>.sig`, and referrers with sigstore bundles.
//! It judges none of them, reads few and small ones, and never takes an error for there being none.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{Registry, is_manifest_or_index};
use super::exchange::{Ask, Exchange};
use super::layout::{self, Descriptor, INDEX, MANIFEST, MAX_MANIFEST};
use super::token::Access;
use super::{Reference, RegistryError, digest, failure, json};
use crate::trust::Signature;

/// Most signatures of one manifest that are fetched.
const MOST: usize = 32;
/// Largest payload of the older form, and largest bundle.
const MAX_PAYLOAD: u64 = 64 * 1024;
const MAX_BUNDLE: u64 = 256 * 1024;

const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const BUNDLES: &str = "application/vnd.dev.sigstore.bundle";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";

impl Registry {
    /// Every signature stored beside a manifest, in the order they are listed; none of them judged.
    ///
    /// # Errors
    /// Whatever keeps them from being looked up: an error is not the same as none.
    pub async fn signatures(&self, reference: &Reference, manifest: &str) -> Result<Vec<Signature>, RegistryError> {
        let pinned = reference.with_digest(manifest)?;
        let mirrors = self.settings.candidates(&pinned).len() > 1;
        let ask = |place: Reference, until| async move {
            let exchange = self.exchange(place.host(), place.path(), Access::Pull, until);
            let mut found = exchange.simple(manifest).await?;
            exchange.bundles(manifest, &mut found).await?;
            // A mirror without signatures may only not have them: the registry itself has the last word.
            if mirrors && found.is_empty() && place.repository() != reference.repository() {
                return Err(RegistryError::NotFound {
                    host: place.host().to_owned(),
                    what: format!("signature of {manifest}"),
                });
            }
            Ok(found)
        };
        self.first(&pinned, ask).await
    }
}

impl Exchange<'_> {
    async fn simple(&self, manifest: &str) -> Result<Vec<Signature>, RegistryError> {
        let tag = format!("sha256-{}.sig", digest::hex(manifest));
        let Some((_, document)) = self.document(&format!("/manifests/{tag}"), "the signatures' manifest").await? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        self.simple_layers(&document, &mut found).await?;
        Ok(found)
    }

    async fn simple_layers(&self, document: &Value, found: &mut Vec<Signature>) -> Result<(), RegistryError> {
        for layer in document["layers"].as_array().into_iter().flatten() {
            if layer["mediaType"] != SIMPLE || found.len() >= MOST {
                continue;
            }
            // What cannot be one is no signature; what could be and does not come is an error.
            let Ok(wanted) = layout::descriptor(Some(layer), "signature") else { continue };
            let Some(signature) = wanted.annotations.get(SIGNATURE).filter(|_| wanted.size <= MAX_PAYLOAD) else {
                continue;
            };
            let payload = self.blob(&wanted, "a signature", None).await?;
            found.push(Signature::Simple { payload, signature: signature.clone() });
        }
        Ok(())
    }

    async fn bundles(&self, manifest: &str, found: &mut Vec<Signature>) -> Result<(), RegistryError> {
        let what = "the list of referrers";
        let list = match self.document(&format!("/referrers/{manifest}"), what).await? {
            Some(list) => Some(list),
            // Registries without that list keep it under a tag.
            None => self.document(&format!("/manifests/sha256-{}", digest::hex(manifest)), what).await?,
        };
        let Some((_, list)) = list else { return Ok(()) };
        for entry in list["manifests"].as_array().into_iter().flatten() {
            if found.len() >= MOST {
                break;
            }
            let kind = entry["artifactType"].as_str().unwrap_or_default();
            // Lists made by older registries do not say what an entry is.
            if !(kind.is_empty()
                || kind.starts_with(BUNDLES)
                || kind == SIMPLE
                || kind == EMPTY
                || kind == IMAGE_CONFIG)
            {
                continue;
            }
            let Ok(wanted) = layout::descriptor(Some(entry), "referrer") else { continue };
            if wanted.media_type != MANIFEST || wanted.size > MAX_PAYLOAD {
                continue;
            }
            self.bundle(manifest, &wanted, found).await?;
        }
        Ok(())
    }

    async fn bundle(
        &self,
        manifest: &str,
        wanted: &Descriptor,
        found: &mut Vec<Signature>,
    ) -> Result<(), RegistryError> {
        let Some((bytes, document)) = self.document(&format!("/manifests/{}", wanted.digest), "a referrer").await?
        else {
            return Ok(());
        };
        if digest::of(&bytes) != wanted.digest {
            return Err(RegistryError::Digest {
                what: format!("a signature's manifest from {}/{}", self.host, self.path),
                reason: format!("it should be {} and is {}", wanted.digest, digest::of(&bytes)),
            });
        }
        if document["subject"]["digest"] != manifest {
            return Ok(());
        }
        let [layer] = document["layers"].as_array().map_or(&[][..], Vec::as_slice) else { return Ok(()) };
        if layer["mediaType"] == SIMPLE {
            return self.simple_layers(&document, found).await;
        }
        let Ok(layer) = layout::descriptor(Some(layer), "bundle") else { return Ok(()) };
        if layer.media_type.starts_with(BUNDLES) && layer.size <= MAX_BUNDLE {
            found.push(Signature::Bundle(self.blob(&layer, "a signature", None).await?));
        }
        Ok(())
    }

    /// A manifest or index, or none.
    async fn document(&self, rest: &str, what: &str) -> Result<Option<(Vec<u8>, Value)>, RegistryError> {
        let ask = Ask {
            method: Method::GET,
            address: self.address(rest)?,
            accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
            content: None,
            longest: MAX_MANIFEST / 4,
            what,
            progress: None,
        };
        let answer = self.send(&ask).await?;
        match answer.status {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => {}
            _ => return Err(failure::of_status(self, what, &answer)),
        }
        let kind = layout::essence(answer.header("content-type").unwrap_or_default());
        if !is_manifest_or_index(&kind) {
            return Err(self.reply(&format!("{what} is neither a manifest nor an index")));
        }
        let document = json::parse(&answer.body).map_err(|reason| self.reply(&format!("{what}: {reason}")))?;
        Ok(Some((answer.body, document)))
    }
}

/// The signature a layer is, if it is one.
pub(super) fn of_layer(layer: &Descriptor, bytes: Vec<u8>) -> Option<Signature> {
    if layer.media_type == SIMPLE {
        let signature = layer.annotations.get(SIGNATURE)?.clone();
        return (layer.size <= MAX_PAYLOAD).then_some(Signature::Simple { payload: bytes, signature });
    }
    (layer.media_type.starts_with(BUNDLES) && layer.size <= MAX_BUNDLE).then_some(Signature::Bundle(bytes))
}

/// One thing to store beside a manifest.
pub(super) struct Item {
    /// Its tag, or none where its digest is its name.
    pub(super) tag: Option<String>,
    pub(super) kind: &'static str,
    pub(super) manifest: Vec<u8>,
    pub(super) blobs: Vec<Vec<u8>>,
}

/// Signatures as cosign would have stored them: they cover the manifest's digest, not the form they are kept in.
pub(super) fn items(manifest: &str, size: u64, signatures: &[Signature]) -> Vec<Item> {
    let hex = digest::hex(manifest);
    let mut items = Vec::new();
    let simple: Vec<(&Vec<u8>, &String)> = signatures
        .iter()
        .filter_map(|one| match one {
            Signature::Simple { payload, signature } => Some((payload, signature)),
            Signature::Bundle(_) => None,
        })
        .collect();
    if !simple.is_empty() {
        let layers: Vec<Value> = simple
            .iter()
            .map(|(payload, signature)| {
                let annotations = BTreeMap::from([(SIGNATURE, signature)]);
                json!({"mediaType": SIMPLE, "digest": digest::of(payload), "size": payload.len(), "annotations": annotations})
            })
            .collect();
        let ids: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
        let config = json!({"architecture": "", "os": "", "config": {}, "rootfs": {"type": "layers", "diff_ids": ids}});
        let config = config.to_string().into_bytes();
        let document = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": IMAGE_CONFIG, "digest": digest::of(&config), "size": config.len()},
            "layers": layers,
        });
        let blobs = std::iter::once(config).chain(simple.into_iter().map(|(payload, _)| payload.clone())).collect();
        items.push(Item {
            tag: Some(format!("sha256-{hex}.sig")),
            kind: MANIFEST,
            manifest: document.to_string().into_bytes(),
            blobs,
        });
    }
    let mut entries = Vec::new();
    for bundle in
        signatures.iter().filter_map(|one| if let Signature::Bundle(bundle) = one { Some(bundle) } else { None })
    {
        let empty = b"{}".to_vec();
        let document = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": {"mediaType": EMPTY, "digest": digest::of(&empty), "size": empty.len()},
            "layers": [{"mediaType": BUNDLE, "digest": digest::of(bundle), "size": bundle.len()}],
            "subject": {"mediaType": MANIFEST, "digest": manifest, "size": size},
        });
        let document = document.to_string().into_bytes();
        entries.push(json!({
            "mediaType": MANIFEST, "digest": digest::of(&document), "size": document.len(), "artifactType": BUNDLE,
        }));
        items.push(Item { tag: None, kind: MANIFEST, manifest: document, blobs: vec![empty, bundle.clone()] });
    }
    if !entries.is_empty() {
        // For registries that keep no list of referrers themselves.
        let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
        let manifest = list.to_string().into_bytes();
        items.push(Item { tag: Some(format!("sha256-{hex}")), kind: INDEX, manifest, blobs: Vec::new() });
    }
    items
}
