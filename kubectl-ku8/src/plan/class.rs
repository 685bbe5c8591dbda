//! Classes of changed fields, as the older systems' users asked for: replicas, image, ports, resources, other.
//! It classifies by path alone and never by value.

pub use crate::object::is_sensitive_name;
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
