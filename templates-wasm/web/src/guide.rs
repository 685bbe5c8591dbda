//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::spec;

/// Every rule of the template's own.
const RULES: [(&str, &str); 26] = [
    ("web.image.invalid", "The image is a whole reference: registry/name:tag."),
    ("web.image.moving-tag", "Warned: an image without a version, or with latest, may be another one tomorrow."),
    ("web.image.short-name", "Pointed out: what a name without a registry means."),
    ("web.replicas.with-autoscale", "The number of pods is either written or left to the autoscaler."),
    ("web.autoscale.min-over-max", "The autoscaler's lower bound is at most its upper bound."),
    ("web.autoscale.needs-cpu-request", "The autoscaler needs reserved CPU to measure against."),
    ("web.user.root", "Pods do not run as root."),
    ("web.rollout.stuck", "A rollout may add a pod or miss one."),
    ("web.health.none", "Warned: without a probe pods get requests before they can serve them."),
    ("web.health.path", "Paths begin with a slash."),
    ("web.health.liveness-needs-http", "A liveness path needs health.type http."),
    (
        "web.health.liveness-shared",
        "The liveness path is not the health path: busy pods would be restarted all at once.",
    ),
    ("web.shutdown.too-short", "shutdown.graceSeconds is at least five more than shutdown.drainSeconds."),
    ("web.shutdown.needs-sleep", "Warned: before Kubernetes 1.30 the drain needs the program sleep in the image."),
    (
        "web.scheduling.rollout-needs-node",
        "Warned: before Kubernetes 1.31 a rollout with requireNodes needs a node more than there are pods.",
    ),
    ("web.port.privileged", "Programs that are not root listen on port 1024 or higher."),
    ("web.ports.duplicate", "Ports have names and numbers of their own; http and health are taken."),
    ("web.port.changed", "Warned: a port of the Service that clients use goes away."),
    ("web.paths.reserved", "Files and folders are not laid over what belongs to the system or to the image."),
    ("web.paths.duplicate", "Each path is named once, and no path is below a file."),
    ("web.config.too-large", "The configuration files fit into one ConfigMap."),
    ("web.env.duplicate", "Each variable comes from one place: a binding, secretEnv or env."),
    ("web.env.plain-secret", "Warned: a variable that looks like a password in plain text."),
    ("web.secret-env.too-many", "At most 16 Secrets are used, and 32 keys of each."),
    ("web.ingress.unknown-port", "An Ingress or a Gateway leads to a port that exists."),
    ("web.ingress.two-certificates", "A certificate comes from a Secret or from an issuer."),
];

/// What is only pointed out.
const NOTICES: [(&str, &str); 3] = [
    ("web.ingress.plain-http", "Pointed out: an Ingress without a certificate."),
    ("web.gateway.allow-kind", "Pointed out: what a route of a Gateway needs."),
    ("web.network.open-port", "Pointed out: which port the network policy leaves open to the outside, and why."),
];

/// Returns the template's own rules and those of the shared parameters that apply.
pub(crate) fn rules() -> Vec<Rule> {
    let all: Vec<(&str, &str)> = RULES.into_iter().chain(NOTICES).collect();
    let mut rules = block::rules(&spec(1), &all);
    // The template opens what a way in from outside needs.
    rules.retain(|rule| rule.code != "web.service.policy-shuts-out");
    rules
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "A new version",
            "`kubectl ku8 define NAME --set image=ghcr.io/acme/shop:1.4.3`, then `plan` and `publish`. The migration, if there is \
             one, runs first; then new pods come up beside the old ones, and an old one stops only when a new one is \
             ready. A version that never gets ready leaves the old pods running: `kubectl ku8 rollback NAME`.",
        ),
        Operation::new(
            "Scaling",
            "`define NAME --set replicas=5` scales without restarting a pod. `define NAME --set replicas=null --set autoscale.max=10` hands \
             the number over to an autoscaler; the pods that run stay until it decides. It needs the metrics server.",
        ),
        Operation::new(
            "Migration",
            "The Job keeps its name as long as image, command, environment, files and resources are the same, and does not \
             run again. While it runs the version before still answers, so a change of tables must suit both versions. \
             When it fails, the pods are left as they are; read its log with `kubectl logs job/NAME-migrate-…`, mend the \
             cause, delete the Job and publish again, or publish another image. A rollback runs the migration of the version \
             it goes back to; what the newer one changed in the database stays.",
        ),
        Operation::new(
            "An image that wants root or a low port",
            "Pods run as user 10001 with a read-only root, and low ports are refused. Name the user the image was made for \
             with `runAsUser`, folders it writes to with `writablePaths`, and let it listen on 8080 while clients use \
             `service.port: 80`. There is no way around Pod Security restricted.",
        ),
    ]
}
