//! How others reach the pods: Service, network policy, Ingress, route; and what they are told about it.
//! It never opens a port to more than its way in needs.

use std::fmt::Write as _;

use template_sdk::block::{Exposure, NetworkMode};
use template_sdk::build::{Ingress, Meta, NetworkPolicy, http_route};
use template_sdk::{Output, Value, json};

use crate::Given;
use crate::values::{HealthKind, Values};

/// The annotation cert-manager reads.
const ISSUER: &str = "cert-manager.io/cluster-issuer";

/// The Service.
pub(crate) fn service(given: &Given<'_>, meta: &Meta) -> Value {
    let mut service = given.block.client_service(meta, &given.block.name);
    for (name, _, number) in given.values.ports() {
        service = service.port(name, number);
    }
    let mut service = service.value();
    if let Some(protocol) = &given.values.service.app_protocol {
        service["spec"]["ports"][0]["appProtocol"] = json!(protocol);
    }
    service
}

/// The Ingress, where a host is given.
pub(crate) fn ingress(given: &Given<'_>, meta: &Meta) -> Option<Value> {
    let wanted = given.values.ingress.as_ref()?;
    let (port, ..) = given.values.port_called(wanted.port.as_deref())?;
    let name = &given.block.name;
    let mut ingress = Ingress::new(meta, name, &wanted.host, &wanted.path, (name, port));
    if let Some(class) = &wanted.class_name {
        ingress = ingress.class(class);
    }
    if let Some(secret) = wanted.certificate(name) {
        ingress = ingress.tls(&secret);
    }
    let mut annotations = wanted.annotations.clone();
    if let Some(issuer) = &wanted.tls.cluster_issuer {
        annotations.insert(ISSUER.to_owned(), json!(issuer));
    }
    Some(if annotations.is_empty() { ingress } else { ingress.annotations(&annotations) }.value())
}

/// The HTTPRoute, where a Gateway is given.
pub(crate) fn route(given: &Given<'_>, meta: &Meta) -> Option<Value> {
    let wanted = given.values.gateway.as_ref()?;
    let (_, _, port) = given.values.port_called(wanted.port.as_deref())?;
    let mut parent = json!({"name": wanted.name});
    if let Some(namespace) = &wanted.namespace {
        parent["namespace"] = json!(namespace);
    }
    if let Some(section) = &wanted.section_name {
        parent["sectionName"] = json!(section);
    }
    let name = &given.block.name;
    Some(http_route(meta, name, &parent, (&wanted.host, &wanted.path), (name, port)))
}

/// Ports that must be open to everybody: what stands before the pods has no namespace anybody named.
pub(crate) fn open_ports(values: &Values, exposure: Exposure) -> Vec<u16> {
    if exposure != Exposure::Cluster {
        return values.ports().into_iter().map(|(_, port, _)| port).collect();
    }
    let ingress = values.ingress.as_ref().map(|wanted| wanted.port.as_deref());
    let gateway = values.gateway.as_ref().map(|wanted| wanted.port.as_deref());
    let ways = [ingress, gateway].into_iter().flatten().filter(|_| values.network_policy.namespaces.is_empty());
    let mut open: Vec<u16> = ways.filter_map(|name| values.port_called(name)).map(|(_, port, _)| port).collect();
    open.dedup();
    open
}

/// The network policy: clients by mode, namespaces by name, and what a way in from outside needs.
pub(crate) fn network_policy(given: &Given<'_>, meta: &Meta) -> Option<Value> {
    let (values, block) = (&given.values, &given.block);
    let clients = match block.network {
        NetworkMode::Off => return None,
        NetworkMode::SameNamespace => json!({"podSelector": {}}),
        NetworkMode::Labelled => json!({"podSelector": {"matchLabels": {block.client_label(): "true"}}}),
    };
    let mut from = vec![clients];
    for namespace in &values.network_policy.namespaces {
        from.push(json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}));
    }
    let ports: Vec<u16> = values.ports().into_iter().map(|(_, port, _)| port).collect();
    let policy = NetworkPolicy::new(meta, &block.name).allow(&from, &ports);
    let open = open_ports(values, block.exposure);
    Some(if open.is_empty() { policy } else { policy.open(&open) }.value())
}

/// How others connect: inside the cluster, and from outside where there is a way in.
pub(crate) fn outputs(given: &Given<'_>) -> Vec<Output> {
    let (host, port) = (given.block.host(&given.block.name), given.values.service_port());
    let uri = format!("http://{host}:{port}");
    let mut outputs = vec![Output::new("primary", "http", host, port).uri(&uri)];
    if let Some((host, port, url)) = external(given) {
        outputs.push(Output::new("external", "http", host, port).uri(&url));
    }
    outputs
}

/// Host, port and address behind an Ingress; a name with `*` is no address, and a Gateway's listener alone knows its own.
fn external(given: &Given<'_>) -> Option<(String, u16, String)> {
    let ingress = given.values.ingress.as_ref().filter(|ingress| !ingress.host.contains('*'))?;
    let (scheme, port) = if ingress.certificate("").is_some() { ("https", 443) } else { ("http", 80) };
    let url = format!("{scheme}://{}{}", ingress.host, ingress.path);
    Some((ingress.host.clone(), port, url))
}

/// What to know next.
pub(crate) fn notes(given: &Given<'_>) -> String {
    let (values, block) = (&given.values, &given.block);
    let mut notes = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(notes, "Inside the cluster it is `http://{}:{}`.", block.host(&block.name), values.service_port());
    if let Some((_, _, url)) = external(given) {
        let _ = writeln!(notes, "From outside it is `{url}`, once the name leads to the controller.");
    }
    if let Some(gateway) = &values.gateway {
        let _ = writeln!(
            notes,
            "The Gateway `{}` leads `{}` here, if one of its listeners takes it.",
            gateway.name, gateway.host
        );
    }
    let (port, path) = (values.health_port().1, &values.health.path);
    let _ = match values.health.kind {
        HealthKind::Http => writeln!(notes, "A pod is ready when `GET {path}` on port {port} answers 200 to 399."),
        HealthKind::Tcp => writeln!(notes, "A pod is ready when port {port} takes connections."),
        HealthKind::Grpc => writeln!(notes, "A pod is ready when the gRPC health service on port {port} says SERVING."),
        HealthKind::None => writeln!(notes, "A pod counts as ready as soon as its program has started."),
    };
    if block.network == NetworkMode::Labelled {
        let _ = writeln!(notes, "Clients need the label `{}: \"true\"` on their pods.", block.client_label());
    }
    if values.migration.is_some() {
        let _ = writeln!(notes, "The migration runs before the pods change, beside those of the version before.");
    }
    notes
}
