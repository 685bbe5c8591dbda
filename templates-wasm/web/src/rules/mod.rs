//! Rules between values, and between values and what was there before.
//! It never stops at the first: all findings are told at once.

mod names;
mod reach;

use template_sdk::block::{Block, Spread};
use template_sdk::{Finding, Findings, Quantity, Request, Value};

use crate::image::Image;
use crate::read::read;
use crate::values::{HealthKind, Values};

/// Finds everything about the values and the way to them, except whether the image is one.
pub(crate) fn judge(values: &Values, block: &Block, request: &Request, findings: &mut Findings) {
    pods(values, block, findings);
    health(values, findings);
    stopping(values, block, request, findings);
    names::judge(values, findings);
    reach::judge(values, block, findings);
    for state in request.states() {
        // What an earlier template wrote otherwise is not the fault of these values.
        let before = read(&state.values, &mut Findings::new());
        reach::change(&before, values, findings);
    }
    notices(values, findings);
}

/// Reads the image.
pub(crate) fn image(values: &Values) -> Result<Image, Finding> {
    Image::parse(&values.image).ok_or_else(|| {
        let message = format!("`{}` is not a reference to an image", values.image);
        let finding = Finding::error("/image", "web.image.invalid", message);
        finding.hint("write registry/name:tag, such as ghcr.io/acme/shop:1.4.2")
    })
}

fn pods(values: &Values, block: &Block, findings: &mut Findings) {
    // W3
    if let Some(autoscale) = values.autoscale {
        if autoscale.min > autoscale.max {
            let message = format!("at least {} pods is more than at most {}", autoscale.min, autoscale.max);
            let finding = Finding::error("/autoscale/min", "web.autoscale.min-over-max", message);
            findings.push(finding.hint("raise autoscale.max or lower autoscale.min"));
        }
        if block.resources.cpu == Quantity::from_millis(0) {
            let message = "the autoscaler measures against the reserved CPU, and none is reserved";
            let finding = Finding::error("/resources/requests/cpu", "web.autoscale.needs-cpu-request", message);
            findings.push(finding.hint("reserve 50m or more, or leave resources.requests.cpu to the size"));
        }
        if let Some(replicas) = values.replicas {
            let message = format!("{replicas} replicas are asked for, and an autoscaler that chooses their number");
            let finding = Finding::error("/replicas", "web.replicas.with-autoscale", message);
            findings.push(finding.hint("take one of them back: --set replicas=null or --set autoscale=null"));
        }
    }
    // W7
    if values.run_as_user == 0 {
        let message = "pods may not run as root: Pod Security restricted forbids it";
        let finding = Finding::error("/runAsUser", "web.user.root", message);
        findings.push(finding.hint("name another user; if the image needs root, look for its unprivileged variant"));
    }
    if none(&values.rollout.max_surge) && none(&values.rollout.max_unavailable) {
        let message = "no pod may be added and none may be missing: a rollout could never begin";
        let finding = Finding::error("/rollout/maxSurge", "web.rollout.stuck", message);
        findings.push(finding.hint("set rollout.maxSurge to 1 or more"));
    }
}

fn none(amount: &Value) -> bool {
    matches!(amount.as_str(), Some("0" | "0%")) || amount.as_u64() == Some(0)
}

fn health(values: &Values, findings: &mut Findings) {
    let health = &values.health;
    if health.kind == HealthKind::None {
        let message = "without a probe a pod gets requests as soon as its program starts, and keeps them when it hangs";
        let finding = Finding::warning("/health/type", "web.health.none", message);
        findings.push(finding.hint("tcp at least waits until the port is open"));
    }
    if health.kind != HealthKind::Http {
        if health.liveness_path.is_some() {
            let finding = Finding::error(
                "/health/livenessPath",
                "web.health.liveness-needs-http",
                "a path can only be asked over HTTP",
            );
            findings.push(finding.hint("leave livenessPath out, or set health.type to http"));
        }
        return;
    }
    // W6
    for (pointer, path) in
        [("/health/path", Some(&health.path)), ("/health/livenessPath", health.liveness_path.as_ref())]
    {
        if let Some(path) = path.filter(|path| !path.starts_with('/')) {
            let finding =
                Finding::error(pointer, "web.health.path", format!("`{path}` is not a path: it does not begin with /"));
            findings.push(finding.hint(format!("write /{path}")));
        }
    }
    if health.liveness_path.as_ref() == Some(&health.path) {
        let message = "pods that are only busy, or wait for a database, would be restarted all at once";
        let finding = Finding::error("/health/livenessPath", "web.health.liveness-shared", message);
        findings.push(finding.hint("leave it out, or name a path that answers whatever others do"));
    }
}

fn stopping(values: &Values, block: &Block, request: &Request, findings: &mut Findings) {
    // W2
    let (drain, grace) = (values.shutdown.drain_seconds, values.shutdown.grace_seconds);
    if grace < drain.saturating_add(5) {
        let message = format!("of {grace} seconds {drain} pass before the program is told to stop: too few are left");
        let finding = Finding::error("/shutdown/graceSeconds", "web.shutdown.too-short", message);
        findings.push(finding.hint(format!("set shutdown.graceSeconds to {} or more", drain.saturating_add(5))));
    }
    if drain > 0 && !request.cluster_at_least(1, 30) {
        let message = format!(
            "Kubernetes {} cannot wait by itself: the program `sleep` of the image is run, if it has one",
            request.cluster.version
        );
        let finding = Finding::warning("/shutdown/drainSeconds", "web.shutdown.needs-sleep", message);
        findings.push(finding.hint("use 1.30 or newer, or an image with a shell"));
    }
    let alone = block.scheduling.spread == Spread::RequireNodes && none(&values.rollout.max_unavailable);
    if alone && !request.cluster_at_least(1, 31) {
        let message = "old and new pods keep each other from nodes: a rollout needs one node more than there are pods";
        let finding = Finding::warning("/scheduling/spread", "web.scheduling.rollout-needs-node", message);
        findings.push(finding.hint("use preferNodes, Kubernetes 1.31 or newer, or rollout.maxUnavailable 1"));
    }
}

/// What works and is worth knowing: W4, short names, secrets in plain text.
fn notices(values: &Values, findings: &mut Findings) {
    if let Ok(image) = image(values) {
        if image.moves() {
            let message = format!("`{}` may be another version tomorrow, and another one on each node", values.image);
            let finding = Finding::warning("/image", "web.image.moving-tag", message);
            findings.push(finding.hint("name a version or a digest"));
        }
        if image.short {
            let message = format!("`{}` names no registry; it is {}", values.image, image.full());
            findings.push(Finding::info("/image", "web.image.short-name", message));
        }
    }
    for (name, text) in &values.env {
        if !is_secret(name, text.as_str().unwrap_or_default()) {
            continue;
        }
        let message = format!("`{name}` looks like a secret, and everybody who can read the definition can read it");
        let finding = Finding::warning(format!("/env/{name}"), "web.env.plain-secret", message);
        findings.push(finding.hint(format!("put it into a Secret and name it under secretEnv.{name}")));
    }
}

/// Whether a variable seems to hold a password: by its name, or because an address with one is in it.
fn is_secret(name: &str, text: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let named = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY"];
    let user = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()?.rsplit_once('@'));
    let inside = user.and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    let plain = |text: &str| !text.is_empty() && !text.starts_with("$(");
    (named.iter().any(|end| name.ends_with(end)) && plain(text)) || inside.is_some_and(plain)
}
