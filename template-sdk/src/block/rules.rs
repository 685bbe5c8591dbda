//! The rules that come with the shared parameters, as sentences for a template's page.
//! It never judges: `read.rs` and `transition.rs` do, with these codes.

use super::spec::{AuthMode, Spec};
use crate::guide::Rule;

/// Returns the shared rules that apply to a template of this kind, followed by its own.
///
/// A template returns this from [`crate::Template::rules`].
///
/// ```
/// use template_sdk::prelude::*;
/// const SPEC: Spec = Spec::new("web", "docker.io/library/nginx", "1.29");
/// let rules = block::rules(&SPEC, &[("web.port.low", "Ports are 1024 or higher.")]);
/// assert!(rules.iter().any(|rule| rule.code == "web.image.moving-tag"));
/// ```
pub fn rules(spec: &Spec, own: &[(&str, &str)]) -> Vec<Rule> {
    let mut all: Vec<Rule> = own.iter().map(|(code, text)| Rule::new(code, text)).collect();
    let mut add = |code: &str, text: &str| all.push(Rule::new(&format!("{}.{code}", spec.template), text));
    add("memory.request-over-limit", "Reserved memory is at most the memory limit.");
    if spec.stateful {
        add("storage.too-small", "A volume has at least 1Gi.");
        add("storage.class-empty", "An empty storage class would never provide a volume.");
        add("storage.shrink", "Volumes never shrink; copy the data to a new definition instead.");
        add("storage.grow", "Pointed out: volumes grow in place where the StorageClass allows it.");
        add("storage.class-changed", "Volumes stay with their storage class.");
    }
    if !spec.repository.is_empty() {
        add("image.moving-tag", "Warned: a tag such as latest may be another version tomorrow.");
        add("image.major-up", "Warned: a newer major version, because the data cannot go back.");
    }
    if !spec.major_downgrade {
        add("image.major-down", "Data of a newer major version is never given to an older one.");
    }
    if let AuthMode::Optional(_) = spec.auth {
        add("auth.switched-on", "Warned: clients without a password are refused from then on.");
        add("auth.switched-off", "Warned: everybody who can connect may do anything from then on.");
    }
    if spec.extra_config.is_some() {
        add("extra-config.owned", "extraConfig does not set what the template sets itself.");
    }
    add("pod-labels.reserved", "podLabels does not set the labels that select the pods.");
    add("service.policy-shuts-out", "Warned: a Service opened to the outside whose network policy lets only pods in.");
    all
}
