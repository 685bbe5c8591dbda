//! Who vouches for a template: the operator's policy, and signatures judged offline against it.
//! It never asks a network, a clock or a file: bytes and keys in, a verdict out.

mod base64;
mod bundle;
mod document;
mod error;
mod judge;
mod key;
mod policy;
mod repository;
mod signature;
mod simple;
mod tier;

pub use error::TrustError;
pub use judge::SignedBy;
pub use key::PublicKey;
pub use policy::{Examination, Policy, Verdict};
pub use signature::{Examined, MAX_SIGNATURE_BYTES, MAX_SIGNATURES, Signature};
pub use tier::Tier;
