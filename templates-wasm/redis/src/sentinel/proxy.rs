//! The address that leads to the master: two HAProxy pods that ask every server whether it is the one.
//! It never holds the password: HAProxy reads it from its environment, which comes from the Secret.

use std::fmt::Write as _;

use template_sdk::block::Block;
use template_sdk::build::{Deployment, Meta, Pod, Probe, Resources, config_map, env, pod_disruption_budget, volume};
use template_sdk::{Quantity, Rendered, Value};

use crate::objects::PORT;
use crate::values::Values;

const IMAGE: &str = "docker.io/library/haproxy:3.0";
const HEALTH_PORT: u16 = 8404;
const PODS: u32 = 2;

/// User and group of the image.
const USER: u32 = 99;

/// Metadata of the proxies.
pub(crate) fn meta(server: &Meta) -> Meta {
    server.component("proxy").version("3.0")
}

/// Adds the proxies' objects; the client Service is the caller's.
pub(crate) fn render(rendered: Rendered, values: &Values, block: &Block, server: &Meta) -> Rendered {
    let (meta, name) = (meta(server), format!("{}-proxy", block.name));
    let config = config_map(&meta, &name, [("haproxy.cfg", config(values, block))]);
    let policy = block.network_policy(&meta, &[PORT], &[]).map(|mut policy| {
        policy["metadata"]["name"] = Value::from(name.as_str());
        // The exporter runs beside the servers only.
        if let Some(rules) = policy["spec"]["ingress"].as_array_mut() {
            rules.truncate(1);
        }
        policy
    });
    let deployment = Deployment::new(&meta, &name, PODS, pod(block, &meta, &config, &name)).value();
    rendered
        .object("configmap/proxy", 0, config)
        .maybe("networkpolicy/proxy", 0, policy)
        .object("deployment/proxy", 0, deployment)
        .maybe("poddisruptionbudget/proxy", 0, pod_disruption_budget(&meta, &name, PODS))
}

fn pod(block: &Block, meta: &Meta, config: &Value, name: &str) -> Pod {
    let mut own = block.clone();
    (own.spec.user, own.spec.group) = (USER, USER);
    let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(256));
    let mut container = block
        .container("haproxy", &block.mapped(IMAGE), resources)
        .command(["haproxy", "-db", "-f", "/config/haproxy.cfg"])
        .port("tcp-redis", PORT)
        .port("http-health", HEALTH_PORT)
        .read_only("config", "/config")
        .liveness(Probe::http("http-health", "/live").period(10).timeout(5).failures(3))
        .readiness(Probe::http("http-health", "/ready").period(2).timeout(2).failures(3))
        // Time for the Service to leave this pod out, before HAProxy takes no more connections.
        .pre_stop(["sleep", "5"]);
    if block.auth.enabled {
        container = container.env(env::secret("KU8_PASSWORD", &block.auth_secret(), "password"));
    }
    own.pod(meta, PODS)
        .checksum("config", config)
        .grace_period(30)
        .volume(volume::config_map("config", name, 0o444))
        .container(container)
}

/// Returns haproxy.cfg: a server is up while it says that it is the master.
fn config(values: &Values, block: &Block) -> String {
    let mut text = include_str!("../files/haproxy.cfg").to_owned();
    let mut line = |line: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "    {line}");
    };
    if block.auth.enabled {
        line("tcp-check send \"AUTH ${KU8_PASSWORD}\\r\\n\"");
        line("tcp-check expect string +OK");
    }
    line("tcp-check send \"INFO replication\\r\\n\"");
    line("tcp-check expect string role:master");
    line("tcp-check send QUIT\\r\\n");
    line("tcp-check expect string +OK");
    line("default-server inter 1s fastinter 250ms fall 2 rise 1 on-marked-down shutdown-sessions");
    for ordinal in 0..values.replicas() {
        let pod = format!("{}-{ordinal}", block.name);
        line(&format!("server {pod} {}:{PORT} check", block.fqdn(&pod)));
    }
    text
}
