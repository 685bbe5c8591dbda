//! What a registry gave: a manifest that was resolved, and a template that was pulled. Pure values.
//! Each of them exists only after its digests were checked.

use std::collections::BTreeMap;

use super::layout::{self, Layout};
use super::{Reference, RegistryError, digest};
use crate::trust::Signature;

/// A reference that was looked up: what its tag or digest stands for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The reference that was asked for, pinned to what was found.
    pub reference: Reference,
    /// The manifest's digest.
    pub digest: String,
    /// The manifest, byte for byte.
    pub manifest: Vec<u8>,
    /// The component's digest: what a definition stores, and the key of every cache.
    pub layer_digest: String,
    /// The component's size in bytes.
    pub layer_size: u64,
    /// The manifest's annotations. They are the author's words: make them harmless before they are printed.
    pub annotations: BTreeMap<String, String>,
    pub(super) layout: Layout,
}

impl Resolved {
    /// Judges a manifest that a reference stands for.
    ///
    /// # Errors
    /// The pin is another one, or it is no template's manifest.
    pub fn of(reference: &Reference, content_type: Option<&str>, manifest: Vec<u8>) -> Result<Self, RegistryError> {
        let found = digest::of(&manifest);
        if let Some(pinned) = reference.digest().filter(|pinned| *pinned != found) {
            return Err(RegistryError::Digest {
                what: format!("the manifest of {reference}"),
                reason: format!("it should be {pinned} and is {found}"),
            });
        }
        let layout = layout::judge(&reference.to_string(), content_type, &manifest)?;
        Ok(Self {
            reference: reference.with_digest(&found)?,
            digest: found,
            manifest,
            layer_digest: layout.layer.digest.clone(),
            layer_size: layout.layer.size,
            annotations: layout.annotations.clone(),
            layout,
        })
    }
}

/// A template that was pulled or read from an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What it was resolved from.
    pub resolved: Resolved,
    /// The config, byte for byte.
    pub config: Vec<u8>,
    /// The component: its digest is `resolved.layer_digest`.
    pub component: Vec<u8>,
}

impl Artifact {
    /// Checks the bytes against the manifest.
    ///
    /// # Errors
    /// Bytes that are not what their digests say.
    pub(super) fn of(resolved: Resolved, config: Vec<u8>, component: Vec<u8>) -> Result<Self, RegistryError> {
        for (what, wanted, bytes) in
            [("config", &resolved.layout.config, &config), ("component", &resolved.layout.layer, &component)]
        {
            let found = digest::of(bytes);
            if found != wanted.digest {
                return Err(RegistryError::Digest {
                    what: format!("the {what} of {}", resolved.reference),
                    reason: format!("it should be {} and is {found}", wanted.digest),
                });
            }
        }
        layout::config_fits(&config, &resolved.layout)
            .map_err(|reason| RegistryError::NotATemplate { reference: resolved.reference.to_string(), reason })?;
        Ok(Self { resolved, config, component })
    }
}

/// A template with all that belongs to it, as an archive carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The template.
    pub artifact: Artifact,
    /// Its signatures, not judged.
    pub signatures: Vec<Signature>,
}
