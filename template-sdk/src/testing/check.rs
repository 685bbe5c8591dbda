//! The rules every template's objects hold to, whatever the software.
//! It never stops at the first broken rule.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{pods, routes};
use crate::finding::{Finding, Findings};
use crate::output::{Metadata, Output, Rendered};

/// Returns every broken rule as an error with a code `check.…`.
///
/// ```
/// use template_sdk::prelude::*;
/// # let metadata = Metadata { name: "demo", version: "1.0.0", title: "t", description: "d", app_version: "1", produces: vec![] };
/// let meta = Meta::new("demo", "demo", "server", "prod").version("1");
/// let rendered = Rendered::new().object("service/a", 0, Service::new(&meta, "a").port("tcp", 80).value());
/// let broken = template_sdk::testing::check(&metadata, &rendered);
/// assert!(broken.has("check.produces") && broken.has("check.selector"));
/// ```
pub fn check(metadata: &Metadata, rendered: &Rendered) -> Findings {
    let mut broken = Broken::default();
    identities(metadata, rendered, &mut broken);
    for object in &rendered.objects {
        let manifest = &object.manifest;
        names(manifest, &mut broken);
        if let Some(template) = manifest.pointer("/spec/template") {
            pods::check(manifest, template, rendered, &mut broken);
        }
    }
    services(rendered, &mut broken);
    routes::check(rendered, &mut broken);
    outputs(rendered, &mut broken);
    broken.0
}

/// Collects broken rules.
#[derive(Default)]
pub(super) struct Broken(Findings);

impl Broken {
    /// Adds one, unless the rule holds.
    pub(super) fn unless(&mut self, holds: bool, rule: &str, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Finding::error("", format!("check.{rule}"), message()));
        }
    }
}

/// The text of a field, empty where it is missing.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// The entries of a list, none where it is missing.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// `Kind/name` of an object.
pub(super) fn place(manifest: &Value) -> String {
    format!("{}/{}", text(manifest, "/kind"), text(manifest, "/metadata/name"))
}

fn identities(metadata: &Metadata, rendered: &Rendered, broken: &mut Broken) {
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for object in &rendered.objects {
        let manifest = &object.manifest;
        broken.unless(ids.insert(&object.id), "unique", || format!("the id {} is used twice", object.id));
        broken.unless(places.insert(place(manifest)), "unique", || format!("{} is there twice", place(manifest)));
        let (group, kind) = (text(manifest, "/apiVersion"), text(manifest, "/kind"));
        let group = group.split_once('/').map_or("", |(group, _)| group);
        let declared = metadata.produces.iter().any(|known| known.group == group && known.kind == kind);
        broken.unless(declared, "produces", || format!("{group}/{kind} is not in metadata.produces"));
        broken.unless(kind != "Secret", "no-secret", || format!("{} is a Secret", place(manifest)));
    }
}

fn names(manifest: &Value, broken: &mut Broken) {
    let (name, at) = (text(manifest, "/metadata/name"), place(manifest));
    let longest = if matches!(text(manifest, "/kind"), "StatefulSet" | "CronJob") { 52 } else { 63 };
    broken.unless((1..=longest).contains(&name.len()), "name-length", || format!("{at}: longer than {longest}"));
    broken.unless(is_label(name), "name", || format!("{at}: not a DNS label"));
    broken.unless(!text(manifest, "/metadata/namespace").is_empty(), "namespace", || format!("{at}: no namespace"));
    for label in ["name", "instance", "component", "part-of", "managed-by", "version"] {
        let found = manifest["metadata"]["labels"].get(format!("app.kubernetes.io/{label}"));
        broken.unless(found.is_some(), "labels", || format!("{at}: no label app.kubernetes.io/{label}"));
    }
}

fn is_label(name: &str) -> bool {
    let inner = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    inner && !name.starts_with('-') && !name.ends_with('-')
}

/// Every selector finds pods, every target port is one of theirs.
fn services(rendered: &Rendered, broken: &mut Broken) {
    for object in &rendered.objects {
        let manifest = &object.manifest;
        let selector = match text(manifest, "/kind") {
            "Service" => "/spec/selector",
            "PodDisruptionBudget" | "PodMonitor" => "/spec/selector/matchLabels",
            "NetworkPolicy" => "/spec/podSelector/matchLabels",
            _ => continue,
        };
        let mut selector = manifest.pointer(selector).cloned().unwrap_or_default();
        if let Some(labels) = selector.as_object_mut() {
            labels.remove("statefulset.kubernetes.io/pod-name");
        }
        let pods: Vec<&Value> = pods::templates(rendered).filter(|pod| pods::selects(&selector, pod)).collect();
        broken.unless(!pods.is_empty(), "selector", || format!("{} selects no pods", place(manifest)));
        for port in list(manifest, "/spec/ports") {
            let target = port.get("targetPort").unwrap_or(&port["port"]);
            let served = pods.iter().any(|pod| pods::has_port(pod, target));
            broken.unless(served, "port", || format!("{}: no container has port {target}", place(manifest)));
        }
    }
}

/// Passwords of outputs are in a Secret the template asked for.
fn outputs(rendered: &Rendered, broken: &mut Broken) {
    for output in rendered.outputs.iter().map(Output::value) {
        let (secret, key) = (text(output, "/password/secret"), text(output, "/password/key"));
        let known = secret.is_empty() || pods::has_key(rendered, secret, key);
        broken.unless(known, "output-secret", || format!("output {}: no intent {secret}/{key}", output["name"]));
        let named = !text(output, "/name").is_empty() && !text(output, "/type").is_empty();
        broken.unless(named, "output", || format!("{output} has no name or type"));
    }
}
