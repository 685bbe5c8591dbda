//! Every rule with values that obey it and values that break it.
//! It never compares messages: codes are what scripts rely on.

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Severity, Value, json};

use crate::Web;

/// The least values, with others laid over them.
fn with(more: &Value) -> Value {
    let mut values = json!({"image": "ghcr.io/acme/shop:1.4.2"});
    template_sdk::block::add(&mut values, more);
    values
}

fn findings(case: &Case) -> Findings {
    match case.render::<Web>() {
        Ok(rendered) => rendered.warnings,
        Err(findings) => findings,
    }
}

fn of(values: &Value) -> Findings {
    findings(&Case::new(with(values)))
}

/// Asserts that these values are refused at this place with this code, and that every refusal names a way out.
fn breaks(values: &Value, path: &str, code: &str) {
    let findings = render::<Web>(with(values)).err().unwrap_or_default();
    let found = findings.iter().any(|finding| finding.code == code && finding.path == path);
    assert!(found, "no {code} at {path} in {findings:?}");
    let unhelpful = findings.iter().find(|finding| finding.severity == Severity::Error && finding.hint.is_none());
    assert!(unhelpful.is_none(), "{unhelpful:?}");
}

fn obeys(values: &Value, code: &str) {
    let findings = of(values);
    assert!(!findings.has(code) && !findings.has_errors(), "{findings:?}");
}

fn warns(values: &Value, code: &str, severity: Severity) {
    let findings = of(values);
    let found = findings.iter().any(|finding| finding.code == code && finding.severity == severity);
    assert!(found && !findings.has_errors(), "no {code} in {findings:?}");
}

#[test]
fn the_image_alone_is_enough_and_nothing_is_wrong_with_it() {
    assert_eq!(of(&json!({})), Findings::new());
}

#[test]
fn w1_ways_in_lead_to_ports_that_exist() {
    let ingress = |port: &str| json!({"ingress": {"host": "a.example.com", "port": port}, "extraPorts": [{"name": "admin", "port": 9000}]});
    obeys(&ingress("http"), "web.ingress.unknown-port");
    obeys(&ingress("admin"), "web.ingress.unknown-port");
    breaks(&ingress("metrics"), "/ingress/port", "web.ingress.unknown-port");
    let gateway = json!({"gateway": {"host": "a.example.com", "name": "public", "port": "metrics"}});
    breaks(&gateway, "/gateway/port", "web.ingress.unknown-port");
}

#[test]
fn w2_the_program_has_time_to_stop_after_the_drain() {
    let shutdown = |drain: u32, grace: u32| json!({"shutdown": {"drainSeconds": drain, "graceSeconds": grace}});
    obeys(&shutdown(30, 35), "web.shutdown.too-short");
    breaks(&shutdown(30, 34), "/shutdown/graceSeconds", "web.shutdown.too-short");
    breaks(&shutdown(3600, 45), "/shutdown/graceSeconds", "web.shutdown.too-short");
}

#[test]
fn w3_the_autoscaler_has_room_and_a_measure() {
    obeys(&json!({"autoscale": {"min": 3, "max": 3}}), "web.autoscale.min-over-max");
    breaks(&json!({"autoscale": {"min": 4, "max": 3}}), "/autoscale/min", "web.autoscale.min-over-max");
    let cpu = |cpu: &str| json!({"autoscale": {"max": 3}, "resources": {"requests": {"cpu": cpu}}});
    obeys(&cpu("10m"), "web.autoscale.needs-cpu-request");
    breaks(&cpu("0"), "/resources/requests/cpu", "web.autoscale.needs-cpu-request");
    obeys(&json!({"resources": {"requests": {"cpu": "0"}}}), "web.autoscale.needs-cpu-request");
}

#[test]
fn replicas_and_an_autoscaler_exclude_each_other() {
    obeys(&json!({"replicas": 3}), "web.replicas.with-autoscale");
    breaks(&json!({"replicas": 3, "autoscale": {"max": 5}}), "/replicas", "web.replicas.with-autoscale");
}

#[test]
fn w4_a_moving_image_is_told() {
    let digest = format!("ghcr.io/acme/shop@sha256:{}", "a".repeat(64));
    for image in ["ghcr.io/acme/shop:1.4.2", "ghcr.io/acme/shop:a1b2c3d", digest.as_str()] {
        obeys(&json!({"image": image}), "web.image.moving-tag");
    }
    for image in ["ghcr.io/acme/shop", "registry.example.com:5000/shop", "ghcr.io/acme/shop:latest"] {
        warns(&json!({"image": image}), "web.image.moving-tag", Severity::Warning);
    }
}

#[test]
fn an_image_is_a_whole_reference() {
    for image in ["", "ghcr.io/Acme/shop:1", "ghcr.io/acme/shop:", "ghcr.io/acme/shop@sha256:12", "a b", "shop/"] {
        breaks(&json!({"image": image}), "/image", "web.image.invalid");
    }
    warns(&json!({"image": "nginx:1.29"}), "web.image.short-name", Severity::Info);
    obeys(&json!({"image": "docker.io/library/nginx:1.29"}), "web.image.short-name");
}

#[test]
fn w6_paths_begin_with_a_slash() {
    obeys(&json!({"health": {"path": "/", "livenessPath": "/live"}}), "web.health.path");
    breaks(&json!({"health": {"path": "healthz"}}), "/health/path", "web.health.path");
    breaks(&json!({"health": {"livenessPath": "live"}}), "/health/livenessPath", "web.health.path");
    obeys(&json!({"health": {"type": "tcp", "path": "healthz"}}), "web.health.path");
}

#[test]
fn liveness_has_a_path_of_its_own() {
    let shared = json!({"health": {"path": "/up", "livenessPath": "/up"}});
    breaks(&shared, "/health/livenessPath", "web.health.liveness-shared");
    obeys(&json!({"health": {"path": "/up", "livenessPath": "/live"}}), "web.health.liveness-shared");
    let tcp = json!({"health": {"type": "tcp", "livenessPath": "/live"}});
    breaks(&tcp, "/health/livenessPath", "web.health.liveness-needs-http");
    warns(&json!({"health": {"type": "none"}}), "web.health.none", Severity::Warning);
    obeys(&json!({"health": {"type": "grpc"}}), "web.health.none");
}

#[test]
fn w7_pods_do_not_run_as_root() {
    obeys(&json!({"runAsUser": 101}), "web.user.root");
    breaks(&json!({"runAsUser": 0}), "/runAsUser", "web.user.root");
}

#[test]
fn a_rollout_can_begin() {
    let rollout = |surge: Value, missing: Value| json!({"rollout": {"maxSurge": surge, "maxUnavailable": missing}});
    obeys(&rollout(json!(0), json!(1)), "web.rollout.stuck");
    obeys(&rollout(json!("25%"), json!(0)), "web.rollout.stuck");
    breaks(&rollout(json!("0%"), json!(0)), "/rollout/maxSurge", "web.rollout.stuck");
}

#[test]
fn old_clusters_are_told_what_they_lack() {
    let on = |version: &str, values: &Value| findings(&Case::new(with(values)).cluster(version));
    assert!(on("1.29", &json!({})).has("web.shutdown.needs-sleep"));
    assert!(!on("1.30", &json!({})).has("web.shutdown.needs-sleep"));
    assert!(!on("1.29", &json!({"shutdown": {"drainSeconds": 0}})).has("web.shutdown.needs-sleep"));
    let apart = json!({"scheduling": {"spread": "requireNodes"}});
    assert!(on("1.30", &apart).has("web.scheduling.rollout-needs-node"));
    assert!(!on("1.31", &apart).has("web.scheduling.rollout-needs-node"));
    let missing = json!({"scheduling": {"spread": "requireNodes"}, "rollout": {"maxUnavailable": 1}});
    assert!(!on("1.30", &missing).has("web.scheduling.rollout-needs-node"));
}

#[test]
fn low_ports_are_root_s() {
    let code = "web.port.privileged";
    obeys(&json!({"port": 1024, "service": {"port": 80}}), code);
    breaks(&json!({"port": 80}), "/port", code);
    breaks(&json!({"extraPorts": [{"name": "a", "port": 443}]}), "/extraPorts/0/port", code);
    breaks(&json!({"health": {"port": 81}}), "/health/port", code);
}

#[test]
fn ports_are_there_once() {
    let code = "web.ports.duplicate";
    let extra = |name: &str, port: u16| json!({"extraPorts": [{"name": name, "port": port}]});
    obeys(&extra("admin", 9000), code);
    breaks(&extra("admin", 8080), "/extraPorts/0/port", code);
    breaks(&extra("http", 9000), "/extraPorts/0/name", code);
    obeys(&extra("health", 9000), code);
    let probed = json!({"extraPorts": [{"name": "health", "port": 9000}], "health": {"port": 9001}});
    breaks(&probed, "/extraPorts/0/name", code);
    let twice = json!({"extraPorts": [{"name": "a", "port": 9000}, {"name": "a", "port": 9000}]});
    breaks(&twice, "/extraPorts/1/name", code);
    breaks(&twice, "/extraPorts/1/port", code);
    let service = json!({"extraPorts": [{"name": "a", "port": 9000}], "service": {"port": 9000}});
    breaks(&service, "/service/port", code);
    obeys(&json!({"service": {"port": 8080}, "health": {"port": 8080}}), code);
}

#[test]
fn a_port_clients_use_is_not_taken_away_in_silence() {
    let moved = |before: &Value, now: &Value| findings(&Case::new(with(now)).previous(with(before)));
    let code = "web.port.changed";
    assert!(moved(&json!({}), &json!({"port": 9090})).has(code));
    assert!(!moved(&json!({}), &json!({"port": 9090, "service": {"port": 8080}})).has(code));
    assert!(!moved(&json!({}), &json!({})).has(code));
    assert!(moved(&json!({"extraPorts": [{"name": "a", "port": 9000}]}), &json!({})).has(code));
    let attempt = Case::new(with(&json!({}))).previous(with(&json!({}))).attempted(with(&json!({"port": 9090})));
    assert!(findings(&attempt).has(code), "what was attempted may be there");
}

#[test]
fn paths_of_the_system_stay_its_own() {
    let code = "web.paths.reserved";
    let file = |path: &str| json!({"configFiles": [{"path": path, "content": "a"}]});
    obeys(&file("/etc/app.yaml"), code);
    obeys(&json!({"writablePaths": ["/tmp", "/var/cache/nginx"]}), code);
    for path in ["/etc/hosts", "/proc/a", "/dev/shm/a", "/var/run/secrets/kubernetes.io/a", "/a/../b", "a", "/"] {
        breaks(&file(path), "/configFiles/0/path", code);
    }
    for path in ["/etc", "/usr/lib", "/", "/sys"] {
        breaks(&json!({"writablePaths": [path]}), "/writablePaths/0", code);
    }
}

#[test]
fn paths_are_there_once() {
    let code = "web.paths.duplicate";
    let files = |paths: [&str; 2]| json!({"configFiles": paths.map(|path| json!({"path": path, "content": "a"}))});
    obeys(&files(["/a/b", "/a/c"]), code);
    breaks(&files(["/a/b", "/a/b"]), "/configFiles/1/path", code);
    breaks(&files(["/a/b", "/a_b"]), "/configFiles/1/path", code);
    breaks(&files(["/a", "/a/b"]), "/configFiles/0/path", code);
    breaks(&json!({"writablePaths": ["/tmp", "/tmp"]}), "/writablePaths/1", code);
    let both = json!({"writablePaths": ["/a"], "configFiles": [{"path": "/a", "content": ""}]});
    breaks(&both, "/configFiles/0/path", code);
    let inside = json!({"writablePaths": ["/a"], "configFiles": [{"path": "/a/b", "content": ""}]});
    obeys(&inside, code);
}

#[test]
fn configuration_fits_into_its_map() {
    let file = |bytes: usize| json!({"configFiles": [{"path": "/a", "content": "a".repeat(bytes)}]});
    obeys(&file(999_998), "web.config.too-large");
    breaks(&file(999_999), "/configFiles", "web.config.too-large");
}

#[test]
fn certificates_come_from_one_place() {
    let tls = |tls: Value| json!({"ingress": {"host": "a.example.com", "tls": tls}});
    obeys(&tls(json!({"secret": "a"})), "web.ingress.two-certificates");
    obeys(&tls(json!({"clusterIssuer": "a"})), "web.ingress.plain-http");
    let both = tls(json!({"clusterIssuer": "a", "secret": "b"}));
    breaks(&both, "/ingress/tls", "web.ingress.two-certificates");
    warns(&tls(json!({})), "web.ingress.plain-http", Severity::Info);
}

#[test]
fn a_gateway_says_what_it_needs() {
    let gateway = json!({"gateway": {"host": "a.example.com", "name": "public"}});
    warns(&gateway, "web.gateway.allow-kind", Severity::Info);
    obeys(&json!({}), "web.gateway.allow-kind");
}

#[test]
fn what_is_open_to_the_outside_is_told() {
    let ingress = json!({"ingress": {"host": "a.example.com"}});
    warns(&ingress, "web.network.open-port", Severity::Info);
    warns(&json!({"service": {"exposure": "nodePort"}}), "web.network.open-port", Severity::Info);
    let named = json!({"ingress": {"host": "a.example.com"}, "networkPolicy": {"namespaces": ["ingress-nginx"]}});
    obeys(&named, "web.network.open-port");
    let off = json!({"ingress": {"host": "a.example.com"}, "networkPolicy": {"mode": "off"}});
    obeys(&off, "web.network.open-port");
}
