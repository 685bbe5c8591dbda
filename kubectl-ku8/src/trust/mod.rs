//! Who vouches for a template: the operator's policy, and signatures judged offline against it.
//! It never asks a network, a clock or a file: bytes and keys in, a verdict out.

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
