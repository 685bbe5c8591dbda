//! Rules about ways in from outside, and about clients that lose theirs.
//! It never asks a cluster: whether a class, an issuer or a Gateway exists shows when it is applied.

use template_sdk::block::{Block, NetworkMode};
use template_sdk::{Finding, Findings};

use crate::outside::open_ports;
use crate::values::Values;

/// Judges Ingress, Gateway and network policy.
pub(super) fn judge(values: &Values, block: &Block, findings: &mut Findings) {
    // W1
    let ingress = values.ingress.as_ref().and_then(|wanted| wanted.port.as_deref());
    let gateway = values.gateway.as_ref().and_then(|wanted| wanted.port.as_deref());
    for (pointer, name) in [("/ingress/port", ingress), ("/gateway/port", gateway)] {
        if name.is_some() && values.port_called(name).is_none() {
            let known: Vec<&str> = values.ports().into_iter().map(|(name, ..)| name).collect();
            let message = format!("there is no port `{}`", name.unwrap_or_default());
            let finding = Finding::error(pointer, "web.ingress.unknown-port", message);
            findings.push(finding.hint(format!("use one of {}, or add it under extraPorts", known.join(", "))));
        }
    }
    if let Some(ingress) = &values.ingress {
        let tls = &ingress.tls;
        if tls.secret.is_some() && tls.cluster_issuer.is_some() {
            let message = "a certificate is either there already or made by an issuer, which would replace it";
            let finding = Finding::error("/ingress/tls", "web.ingress.two-certificates", message);
            findings.push(finding.hint("keep ingress.tls.secret or ingress.tls.clusterIssuer"));
        }
        if tls.secret.is_none() && tls.cluster_issuer.is_none() {
            let message = format!("{} is served without HTTPS, unless the controller adds it", ingress.host);
            let finding = Finding::info("/ingress/tls", "web.ingress.plain-http", message);
            findings.push(finding.hint("set ingress.tls.secret or ingress.tls.clusterIssuer"));
        }
    }
    if values.gateway.is_some() {
        let message =
            "a route needs the Gateway API in the cluster and --allow-kind gateway.networking.k8s.io/HTTPRoute";
        findings.push(Finding::info("/gateway", "web.gateway.allow-kind", message));
    }
    let open = open_ports(values, block.exposure);
    if block.network != NetworkMode::Off && !open.is_empty() {
        let ports: Vec<String> = open.iter().map(ToString::to_string).collect();
        let message =
            format!("the network policy lets everybody reach port {}: it is open to the outside", ports.join(", "));
        let finding = Finding::info("/networkPolicy/namespaces", "web.network.open-port", message);
        findings.push(finding.hint("behind an Ingress controller or a Gateway, name the namespace of its pods"));
    }
}

/// Judges the way from one earlier state: a port of the Service is what clients have written down.
pub(super) fn change(before: &Values, now: &Values, findings: &mut Findings) {
    let offered: Vec<u16> = now.ports().into_iter().map(|(_, _, number)| number).collect();
    let lost = before.ports().into_iter().find(|(_, _, number)| !offered.contains(number));
    if let Some((name, _, number)) = lost {
        let message = format!("clients that use port {number} (`{name}`) of the Service lose their connection");
        let finding = Finding::warning("/service/port", "web.port.changed", message);
        findings.push(finding.hint(if name == crate::values::HTTP {
            format!("set service.port to {number}: the program's own port can change without it")
        } else {
            "move the clients first".to_owned()
        }));
    }
}
