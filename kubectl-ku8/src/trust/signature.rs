//! Signatures as they come from a registry, and what each of them says and who made it.
//! It never believes a word of one before a key was found that made it.

use std::collections::BTreeMap;

use super::{PublicKey, bundle, simple};

/// Most signatures of one artifact that are looked at.
pub const MAX_SIGNATURES: usize = 32;
/// Most bytes of a payload or a bundle.
pub const MAX_SIGNATURE_BYTES: usize = 64 * 1024;

/// One signature, as a registry keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// cosign's older form: the layer of the tag `sha256-<hex>.sig`, and its annotation
    /// `dev.cosignproject.cosign/signature`.
    Simple {
        /// The layer.
        payload: Vec<u8>,
        /// The annotation: Base64.
        signature: String,
    },
    /// A sigstore bundle (v0.3, JSON), the layer of a referrer.
    Bundle(Vec<u8>),
}

impl Signature {
    /// What people call its form.
    pub fn form(&self) -> &'static str {
        match self {
            Self::Simple { .. } => "signature tag",
            Self::Bundle(_) => "bundle",
        }
    }

    pub(super) fn unseal(&self) -> Result<Sealed<'_>, String> {
        let (Self::Simple { payload: bytes, .. } | Self::Bundle(bytes)) = self;
        if bytes.len() > MAX_SIGNATURE_BYTES {
            return Err(format!("larger than {} KiB", MAX_SIGNATURE_BYTES / 1024));
        }
        match self {
            Self::Simple { payload, signature } => simple::unseal(payload, signature),
            Self::Bundle(bytes) => bundle::unseal(bytes),
        }
    }
}

/// A signature taken apart: nothing in it is believed yet.
pub(super) struct Sealed<'a> {
    /// The bytes that were signed.
    pub signed: std::borrow::Cow<'a, [u8]>,
    /// The signature of these bytes.
    pub signature: Vec<u8>,
    /// The part of them that says what was signed.
    pub payload: std::borrow::Cow<'a, [u8]>,
    /// Reads that part.
    pub read: fn(&[u8]) -> Result<Claim, String>,
}

impl Sealed<'_> {
    /// Says whether a key made it.
    pub(super) fn made_by(&self, key: &PublicKey) -> bool {
        key.made(&self.signature, &self.signed)
    }

    /// What it says. To be asked after a key was found that made it.
    pub(super) fn claim(&self) -> Result<Claim, String> {
        (self.read)(&self.payload)
    }
}

/// What a signer said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Claim {
    /// Digest of the manifest that was signed: `sha256:…`.
    pub digest: String,
    /// The repository it was signed in; bundles do not say.
    pub repository: Option<String>,
    /// Further words of the signer.
    pub annotations: BTreeMap<String, String>,
}

/// One signature, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// As [`Signature::form`].
    pub form: &'static str,
    /// Owner and fingerprint of the keys that made it, of those the policy names.
    pub made_by: Vec<super::SignedBy>,
    /// The repository it was made for, when it says so. Only of a signature with a known key.
    pub repository: Option<String>,
    /// What the signer added to it. Only of a signature with a known key.
    pub annotations: BTreeMap<String, String>,
    /// Why it does not count; `None` when it does.
    pub problem: Option<String>,
}
