//! Classes of changed fields, as the older systems' users asked for: replicas, image, ports, resources, other.
//! It classifies by path alone and never by value.

use serde::Serialize;

use super::PathStep;

/// What sort of field changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldClass {
    /// How many pods.
    Replicas,
    /// Which image.
    Image,
    /// Which ports.
    Ports,
    /// How much cpu, memory or storage.
    Resources,
    /// Everything else.
    Other,
}

impl FieldClass {
    /// Classifies a path.
    pub(crate) fn of(path: &[PathStep]) -> Self {
        let is = |name: &str| path.iter().any(|step| matches!(step, PathStep::Field(field) if field == name));
        let last = path.iter().rev().find_map(|step| match step {
            PathStep::Field(field) => Some(field.as_str()),
            _ => None,
        });
        match last {
            Some("replicas" | "minReplicas" | "maxReplicas") => Self::Replicas,
            Some("image") => Self::Image,
            _ if is("data") || is("env") => Self::Other,
            _ if is("resources") => Self::Resources,
            _ if is("ports") => Self::Ports,
            _ => Self::Other,
        }
    }
}

/// Names of variables and keys whose plain values are not shown (plan-apply.md, section 3.6).
pub fn is_sensitive_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "private_key", "privatekey", "credential"]
        .iter()
        .any(|word| name.contains(word))
}
