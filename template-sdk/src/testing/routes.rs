//! The rules for what points at workloads and Services by name: autoscalers, Ingresses, routes.
//! It never looks beyond what the same render returned.

use serde_json::Value;

use super::check::{Broken, list, place, text};
use crate::output::Rendered;

/// Checks that every name leads to an object of the same render.
pub(super) fn check(rendered: &Rendered, broken: &mut Broken) {
    for object in &rendered.objects {
        let manifest = &object.manifest;
        match text(manifest, "/kind") {
            "HorizontalPodAutoscaler" => scaled(manifest, rendered, broken),
            "Ingress" => {
                let paths = list(manifest, "/spec/rules").flat_map(|rule| list(rule, "/http/paths"));
                for backend in paths.map(|path| &path["backend"]["service"]) {
                    served(manifest, backend, &backend["port"]["name"], "/name", rendered, broken);
                }
            }
            "HTTPRoute" => {
                for backend in list(manifest, "/spec/rules").flat_map(|rule| list(rule, "/backendRefs")) {
                    served(manifest, backend, &backend["port"], "/port", rendered, broken);
                }
            }
            _ => {}
        }
    }
}

/// The workload is there and leaves its replicas to the autoscaler.
fn scaled(manifest: &Value, rendered: &Rendered, broken: &mut Broken) {
    let target = &manifest["spec"]["scaleTargetRef"];
    let (kind, name) = (text(target, "/kind"), text(target, "/name"));
    let found = rendered.find(kind, name);
    broken.unless(found.is_some(), "scale-target", || format!("{}: no {kind} {name}", place(manifest)));
    let fights = found.is_some_and(|found| found["spec"].get("replicas").is_some());
    broken.unless(!fights, "scale-target", || format!("{}: {kind} {name} has replicas of its own", place(manifest)));
}

fn served(from: &Value, backend: &Value, port: &Value, field: &str, rendered: &Rendered, broken: &mut Broken) {
    let name = text(backend, "/name");
    let service = rendered.find("Service", name);
    let known = service.is_some_and(|found| list(found, "/spec/ports").any(|known| known.pointer(field) == Some(port)));
    broken.unless(known, "backend", || format!("{}: no Service {name} with port {port}", place(from)));
}
