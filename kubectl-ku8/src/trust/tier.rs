//! The tier of trust of a template, as every plan's header names it.
//! It never says more than was checked.

use std::fmt;

use serde::Serialize;

/// Who vouches for a template. Of a registry's it is what [`super::Verdict::admit`] gives, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "tier", rename_all = "kebab-case")]
pub enum Tier {
    /// Part of this program.
    BuiltIn,
    /// Signed by keys of the operator's policy.
    Signed {
        /// Owners of the keys, as the policy names them.
        by: String,
    },
    /// From a registry, by its digest; nobody's signature was asked for.
    Pinned,
    /// A file on this machine.
    Local,
    /// Kept in the cluster beside the definition.
    Cluster,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Signed { by } => write!(f, "signed by {by}"),
            Self::Pinned => f.write_str("pinned by digest, no signature checked"),
            Self::Local => f.write_str("local file"),
            Self::Cluster => f.write_str("kept in the cluster"),
        }
    }
}
