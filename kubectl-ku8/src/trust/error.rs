//! Why a template is not trusted, or a policy not understood.
//! It never carries a key or a payload: names and fingerprints alone.

use thiserror::Error;

/// Why a template is not trusted, or a policy not understood. Texts of others in it are not made printable yet.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TrustError {
    /// The policy is not one.
    #[error("{place}: {reason}")]
    Policy {
        /// The policy's file, with line and column where they are known.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A public key that cannot be used.
    #[error("key `{name}`: {reason}")]
    Key {
        /// Its owner or its file.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The policy refuses the repository, whoever signed.
    #[error("{repository}: the policy allows no template from there\npolicy: {policy}")]
    Refused {
        /// Host and path.
        repository: String,
        /// The policy's file and its rule.
        policy: String,
    },
    /// A name or digest that no policy can be asked about.
    #[error("{what}: {reason}")]
    Unclear {
        /// The name or the digest.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A signature is required and there is none.
    #[error(
        "{repository}@{digest}: not signed, and the policy requires it\npolicy: {policy}\nlooked for: the tag {}.sig and referrers of the manifest, in {repository}\nkeys that would do: {keys}",
        digest.replace(':', "-")
    )]
    Unsigned {
        /// Host and path.
        repository: String,
        /// The manifest's digest.
        digest: String,
        /// The policy's file and its rule.
        policy: String,
        /// Names and fingerprints of the keys that were asked for.
        keys: String,
    },
    /// There are signatures, and they are not those the policy requires.
    #[error("{repository}@{digest}: not signed as the policy requires\npolicy: {policy}\n{}", lines.join("\n"))]
    WronglySigned {
        /// Host and path.
        repository: String,
        /// The manifest's digest.
        digest: String,
        /// The policy's file and its rule.
        policy: String,
        /// What each signature is, and what is missing.
        lines: Vec<String>,
    },
    /// An older version than the policy allows.
    #[error("{repository}: version {version} is older than the policy allows: {minimum}\npolicy: {policy}")]
    TooOld {
        /// Host and path.
        repository: String,
        /// The template's own version.
        version: String,
        /// The oldest that is allowed.
        minimum: String,
        /// The policy's file and its rule.
        policy: String,
    },
}
