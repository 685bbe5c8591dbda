//! A template that was loaded, with where it came from, how it is trusted, and what proves it.
//! It is made where templates are resolved and nowhere else.

use sha2::{Digest, Sha256};

use crate::definition::hex;
use crate::registry::Reference;
use crate::render::{Origin, Template};
use crate::trust::{Signature, Tier};

/// A template, and how far it is trusted.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Loaded {
    /// The template.
    pub(in crate::commands) template: Template,
    /// Who vouches for it.
    pub(in crate::commands) trust: Tier,
    /// What a registry's template is proved by.
    pub(in crate::commands) proof: Option<Proof>,
}

/// What a component's reference is proved by: kept beside it, so that nobody has to ask the registry again.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Proof {
    /// The reference with its digest.
    pub(in crate::commands) pinned: Reference,
    /// The manifest, byte for byte.
    pub(in crate::commands) manifest: Vec<u8>,
    /// Its signatures, as far as they were looked at.
    pub(in crate::commands) signatures: Vec<Signature>,
}

/// What the cluster keeps of a component; nothing of it is believed before its digest was computed.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Kept {
    /// The component.
    pub(in crate::commands) bytes: Option<Vec<u8>>,
    /// The manifest it was published from.
    pub(in crate::commands) manifest: Option<Vec<u8>>,
    /// Signatures of that.
    pub(in crate::commands) signatures: Vec<Signature>,
}

impl Kept {
    /// The component, if it is the one with this digest.
    pub(super) fn component(&self, digest: &str) -> Option<Vec<u8>> {
        let bytes = self.bytes.as_ref()?;
        (format!("sha256:{}", hex(&Sha256::digest(bytes))) == digest).then(|| bytes.clone())
    }
}

impl Loaded {
    /// A template that needs no registry's proof: its origin says how it is trusted.
    pub(super) fn plain(template: Template) -> Self {
        let trust = match template.origin() {
            Origin::BuiltIn => Tier::BuiltIn,
            Origin::File(_) => Tier::Local,
            Origin::Cluster => Tier::Cluster,
            Origin::Registry(_) => Tier::Pinned,
        };
        Self { template, trust, proof: None }
    }

    /// Where it came from, for people: a reference without its digest, a file; empty for what is built in or kept in
    /// the cluster.
    pub(in crate::commands) fn source(&self) -> String {
        match self.template.origin() {
            Origin::BuiltIn | Origin::Cluster => String::new(),
            Origin::File(path) => path.clone(),
            Origin::Registry(reference) => reference.trim_start_matches("oci://").to_owned(),
        }
    }
}
