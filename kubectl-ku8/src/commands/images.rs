//! Where images come from: one setting for every definition, for places that reach a mirror and no public registry.
//! It never decides what an image is called otherwise, and what it changes is said in the plan.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::{CommandError, id};
use crate::render::{Diagnostic, Severity};

/// `KU8_IMAGE_REGISTRY`.
pub(super) const REGISTRY: &str = "KU8_IMAGE_REGISTRY";
/// `KU8_IMAGE_PULL_SECRETS`.
pub(super) const PULL_SECRETS: &str = "KU8_IMAGE_PULL_SECRETS";

/// Registries a single mirror stands in for.
const PUBLIC: [&str; 4] = ["docker.io", "ghcr.io", "quay.io", "registry.k8s.io"];

/// What templates are told about images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    /// Prefix of an image name to what stands there instead.
    registry_map: BTreeMap<String, String>,
    /// Secrets of type `kubernetes.io/dockerconfigjson`, by name.
    pull_secrets: Vec<String>,
}

impl Images {
    /// Reads both settings: `mirror.corp/hub` for every public registry, or `docker.io=mirror.corp/hub,quay.io=…`;
    /// names of Secrets, with commas between.
    ///
    /// # Errors
    /// Something that cannot be the beginning of an image name, or the name of a Secret.
    pub fn parse(registry: &str, pull_secrets: &str) -> Result<Self, CommandError> {
        let mut registry_map = BTreeMap::new();
        for word in words(registry) {
            if let Some((from, to)) = word.split_once('=') {
                registry_map.insert(prefix(from)?, prefix(to)?);
            } else {
                let to = prefix(word)?;
                registry_map.extend(PUBLIC.map(|from| (from.to_owned(), to.clone())));
            }
        }
        let pull_secrets = words(pull_secrets).map(str::to_owned).collect::<Vec<_>>();
        if let Some(name) = pull_secrets.iter().find(|name| !crate::object::is_dns_label(name)) {
            return Err(CommandError::new(format!("{PULL_SECRETS}: `{name}` cannot be the name of a Secret"))
                .id(id::SETTING)
                .hint("for example: mirror-login"));
        }
        Ok(Self { registry_map, pull_secrets })
    }

    /// As a template's request has it (wit/request.schema.json).
    pub fn to_request(&self) -> Value {
        json!({"registryMap": self.registry_map, "pullSecrets": self.pull_secrets})
    }

    /// Leaves its mark in what a revision keeps, unless it says nothing.
    pub(super) fn keep_in(&self, effective: &mut Value) {
        if *self != Self::default() {
            effective["images"] = self.to_request();
        }
    }

    /// Says in a plan that images are renamed, and by which setting; and that they were not when it was published.
    pub(super) fn note(&self, published: Option<&Value>) -> Option<Diagnostic> {
        let before = published.map(|effective| &effective["images"]);
        let before =
            before.filter(|images| images.is_object()).map_or_else(|| Self::default().to_request(), Clone::clone);
        let told = |severity, message, hint| {
            Some(Diagnostic { severity, path: "/images".into(), code: "images.registry".into(), message, hint })
        };
        let changed = published.is_some() && before != self.to_request();
        match (self.registry_map.is_empty(), changed) {
            (true, false) => None,
            (true, true) => told(
                Severity::Warning,
                "the published revision takes its images from a mirror, and this plan from the public registries"
                    .into(),
                Some(format!("set {REGISTRY} as it was: {}", written(&before["registryMap"]))),
            ),
            (false, _) => told(
                if changed { Severity::Warning } else { Severity::Info },
                format!("{} ({REGISTRY})", written(&json!(self.registry_map))),
                None,
            ),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// `docker.io=mirror.corp/hub`, as it would be set.
fn written(map: &Value) -> String {
    let pairs = map.as_object().into_iter().flatten();
    let pairs: Vec<String> = pairs.map(|(from, to)| format!("{from}={}", to.as_str().unwrap_or_default())).collect();
    crate::object::printable(&pairs.join(","))
}

/// The beginning of an image name: a host, a port, path segments; no scheme.
fn prefix(text: &str) -> Result<String, CommandError> {
    let text = text.trim().trim_end_matches('/');
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/:".contains(c);
    if !text.is_empty() && !text.contains("://") && !text.contains("//") && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    let shown = crate::object::printable(text);
    Err(CommandError::new(format!("{REGISTRY}: `{shown}` cannot be the beginning of an image name"))
        .id(id::SETTING)
        .hint(format!(
            "for example: {REGISTRY}=mirror.corp/hub, or {REGISTRY}=docker.io=mirror.corp/hub,quay.io=mirror.corp/quay"
        )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mirror_stands_for_all_public_registries_and_a_map_for_those_it_names() {
        let one = Images::parse("mirror.corp:5000/hub/", "").unwrap();
        assert_eq!(one.registry_map["docker.io"], "mirror.corp:5000/hub");
        assert_eq!(one.registry_map.len(), 4);
        let map = Images::parse(" docker.io=m.corp/hub , quay.io=m.corp/quay,", "login,").unwrap();
        let expected =
            json!({"registryMap": {"docker.io": "m.corp/hub", "quay.io": "m.corp/quay"}, "pullSecrets": ["login"]});
        assert_eq!(map.to_request(), expected);
        for wrong in ["https://m.corp", "M.corp", "a b", "docker.io=", "=m.corp"] {
            assert!(Images::parse(wrong, "").is_err(), "{wrong}");
        }
        assert!(Images::parse("", "Not A Secret").is_err());
    }

    #[test]
    fn a_plan_says_where_images_come_from_and_when_that_changes() {
        let (none, mirror) = (Images::default(), Images::parse("docker.io=m.corp", "").unwrap());
        let published = |images: &Images| json!({"images": images.to_request()});
        assert_eq!(none.note(None), None);
        assert_eq!(none.note(Some(&json!({}))), None, "a revision of before the setting existed");
        assert_eq!(mirror.note(None).unwrap().severity, Severity::Info);
        assert_eq!(mirror.note(Some(&published(&mirror))).unwrap().severity, Severity::Info);
        assert_eq!(mirror.note(Some(&published(&none))).unwrap().severity, Severity::Warning);
        let lost = none.note(Some(&published(&mirror))).unwrap();
        assert!(lost.hint.unwrap().contains("docker.io=m.corp"), "{}", lost.message);
    }
}
