//! The rules pods hold to: security, resources, and references to things that exist.
//! It never looks beyond what the same render returned.

use serde_json::Value;

use super::check::{Broken, list, place, text};
use crate::output::Rendered;

/// Checks one workload's pod template.
pub(super) fn check(workload: &Value, template: &Value, rendered: &Rendered, broken: &mut Broken) {
    let at = place(workload);
    let selector = &workload["spec"]["selector"]["matchLabels"];
    // The server gives a Job its selector; one of ours would have to be allowed by hand, and must at least fit.
    if text(workload, "/kind") != "Job" || !selector.is_null() {
        broken.unless(selects(selector, template), "selector", || format!("{at}: its selector misses its own pods"));
        let only = selector.as_object().is_some_and(|labels| labels.keys().all(|key| is_selecting(key)));
        broken.unless(only, "selector-labels", || format!("{at}: selects by more than name, instance, component"));
    }
    pod_security(&at, &template["spec"], broken);
    let account = text(template, "/spec/serviceAccountName");
    let known = account.is_empty() || rendered.find("ServiceAccount", account).is_some();
    broken.unless(known, "service-account", || format!("{at}: no ServiceAccount {account}"));
    for volume in list(template, "/spec/volumes") {
        references(&at, volume, rendered, broken);
    }
    for container in containers(template) {
        let at = format!("{at} container {}", text(container, "/name"));
        container_security(&at, container, broken);
        resources(&at, container, broken);
        mounts(&at, workload, template, container, broken);
        environment(&at, container, rendered, broken);
        probes(&at, template, container, broken);
    }
    service(workload, rendered, broken);
}

/// All pod templates of a render.
pub(super) fn templates(rendered: &Rendered) -> impl Iterator<Item = &Value> {
    rendered.objects.iter().filter_map(|object| object.manifest.pointer("/spec/template"))
}

/// True when every label of a selector is on the pods.
pub(super) fn selects(selector: &Value, template: &Value) -> bool {
    let labels = &template["metadata"]["labels"];
    let wanted = selector.as_object();
    wanted.is_some_and(|wanted| !wanted.is_empty() && wanted.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

/// True when a container of the pods has this port, by name or number.
pub(super) fn has_port(template: &Value, target: &Value) -> bool {
    let ports = containers(template).flat_map(|container| list(container, "/ports"));
    ports.into_iter().any(|port| &port["name"] == target || &port["containerPort"] == target)
}

/// True when an intent asks for this key of this Secret.
pub(super) fn has_key(rendered: &Rendered, secret: &str, key: &str) -> bool {
    rendered.secrets.iter().any(|intent| intent.name == secret && intent.keys.contains_key(key))
}

fn is_selecting(key: &str) -> bool {
    ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"].contains(&key)
}

fn containers(template: &Value) -> impl Iterator<Item = &Value> {
    list(template, "/spec/initContainers").chain(list(template, "/spec/containers"))
}

fn pod_security(at: &str, spec: &Value, broken: &mut Broken) {
    let security = &spec["securityContext"];
    broken.unless(security["runAsNonRoot"] == true, "security", || format!("{at}: runAsNonRoot is not true"));
    let user = security["runAsUser"].as_u64().unwrap_or(0);
    broken.unless(user > 0, "security", || format!("{at}: runAsUser is missing or root"));
    let profile = text(security, "/seccompProfile/type");
    broken.unless(profile == "RuntimeDefault", "security", || format!("{at}: seccompProfile is not RuntimeDefault"));
    let token = &spec["automountServiceAccountToken"];
    broken.unless(*token == false, "security", || format!("{at}: mounts a token"));
    let links = &spec["enableServiceLinks"];
    broken.unless(*links == false, "service-links", || format!("{at}: Services leak into the environment"));
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        broken.unless(spec.get(field).is_none(), "security", || format!("{at}: uses {field}"));
    }
}

fn container_security(at: &str, container: &Value, broken: &mut Broken) {
    let security = &container["securityContext"];
    let holds = security["allowPrivilegeEscalation"] == false
        && security["readOnlyRootFilesystem"] == true
        && security["capabilities"]["drop"][0] == "ALL";
    broken.unless(holds, "security", || format!("{at}: not within Pod Security restricted"));
    broken.unless(security.get("privileged").is_none(), "security", || format!("{at}: privileged"));
    for port in list(container, "/ports") {
        let number = port["containerPort"].as_u64().unwrap_or(0);
        broken.unless(number >= 1024, "port-number", || format!("{at}: port {number} is below 1024"));
    }
}

fn resources(at: &str, container: &Value, broken: &mut Broken) {
    for pointer in ["/resources/requests/cpu", "/resources/requests/memory", "/resources/limits/memory"] {
        broken.unless(!text(container, pointer).is_empty(), "resources", || format!("{at}: no {pointer}"));
    }
    let image = text(container, "/image");
    let (host, rest) = image.split_once('/').unwrap_or(("", image));
    let full = (host.contains('.') || host.contains(':')) && rest.contains(':');
    broken.unless(full, "image", || format!("{at}: {image} is not a full name with a tag"));
}

fn references(at: &str, volume: &Value, rendered: &Rendered, broken: &mut Broken) {
    let map = text(volume, "/configMap/name");
    if !map.is_empty() {
        let found = rendered.find("ConfigMap", map);
        broken.unless(found.is_some(), "config-map", || format!("{at}: no ConfigMap {map}"));
        for item in list(volume, "/configMap/items") {
            let key = text(item, "/key");
            let known = found.is_some_and(|found| found["data"].get(key).is_some());
            broken.unless(known, "config-map", || format!("{at}: no key {key} in ConfigMap {map}"));
        }
    }
    let secret = text(volume, "/secret/secretName");
    for item in list(volume, "/secret/items") {
        let key = text(item, "/key");
        broken.unless(has_key(rendered, secret, key), "secret", || format!("{at}: no intent {secret}/{key}"));
    }
    let known = secret.is_empty() || rendered.secrets.iter().any(|intent| intent.name == secret);
    broken.unless(known, "secret", || format!("{at}: no intent {secret}"));
    broken.unless(volume.get("hostPath").is_none(), "security", || format!("{at}: uses hostPath"));
}

fn mounts(at: &str, workload: &Value, template: &Value, container: &Value, broken: &mut Broken) {
    for mount in list(container, "/volumeMounts") {
        let name = text(mount, "/name");
        let volumes = list(template, "/spec/volumes").map(|volume| text(volume, "/name"));
        let claims = list(workload, "/spec/volumeClaimTemplates").map(|claim| text(claim, "/metadata/name"));
        let known = volumes.chain(claims).any(|volume| volume == name);
        broken.unless(known, "volume", || format!("{at}: no volume {name}"));
    }
}

fn environment(at: &str, container: &Value, rendered: &Rendered, broken: &mut Broken) {
    for variable in list(container, "/env") {
        let secret = text(variable, "/valueFrom/secretKeyRef/name");
        let key = text(variable, "/valueFrom/secretKeyRef/key");
        let known = secret.is_empty() || has_key(rendered, secret, key);
        broken.unless(known, "secret", || format!("{at}: no intent {secret}/{key}"));
        let map = text(variable, "/valueFrom/configMapKeyRef/name");
        let key = text(variable, "/valueFrom/configMapKeyRef/key");
        let held = |object: &Value| object["data"].get(key).is_some();
        let known = map.is_empty() || rendered.find("ConfigMap", map).is_some_and(held);
        broken.unless(known, "config-map", || format!("{at}: no ConfigMap {map} with {key}"));
    }
}

fn probes(at: &str, template: &Value, container: &Value, broken: &mut Broken) {
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        for handler in ["tcpSocket", "httpGet", "grpc"] {
            let Some(port) = container.pointer(&format!("/{probe}/{handler}/port")) else { continue };
            broken.unless(has_port(template, port), "port", || format!("{at}: {probe} asks unknown port {port}"));
        }
    }
}

fn service(workload: &Value, rendered: &Rendered, broken: &mut Broken) {
    let name = text(workload, "/spec/serviceName");
    let known = name.is_empty() || rendered.find("Service", name).is_some();
    broken.unless(known, "service-name", || format!("{}: no Service {name}", place(workload)));
}
