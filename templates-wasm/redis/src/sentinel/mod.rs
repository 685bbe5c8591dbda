//! What a watched set has beyond a single server: Sentinels, a Service for each pod, scripts that know the master.
//! It never decides which pod that is: the Sentinels do, and `files/start.sh` asks them.

pub(crate) mod proxy;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod transition;

use template_sdk::block::{Block, NetworkMode};
use template_sdk::build::{Container, Meta, Probe, Resources, Service, env};
use template_sdk::{Quantity, Rendered, Value, json};

use crate::objects::{CONF, PORT, with_auth};
use crate::values::Values;

/// Port of the Sentinels.
pub(crate) const SENTINEL_PORT: u16 = 26379;

/// The scripts a watched set has beside those every server has.
pub(crate) const SCRIPTS: [(&str, &str); 6] = [
    ("promote.sh", include_str!("../files/promote.sh")),
    ("ready.sh", include_str!("../files/ready.sh")),
    ("seed.sh", include_str!("../files/seed.sh")),
    ("sentinels.sh", include_str!("../files/sentinels.sh")),
    ("start.sh", include_str!("../files/start.sh")),
    ("stop.sh", include_str!("../files/stop.sh")),
];

/// Returns the Sentinel's file; seed.sh fills in who it is, who the master is, and what it remembers.
pub(crate) fn sentinel_conf(values: &Values) -> String {
    let name = values.master_name();
    format!(
        "{}sentinel monitor {name} @MASTER@ {PORT} {}\nsentinel down-after-milliseconds {name} {}\n\
         sentinel failover-timeout {name} {}\nsentinel parallel-syncs {name} 1\n",
        include_str!("../files/sentinel.conf"),
        values.quorum(),
        values.down_after_ms(),
        values.failover_timeout_ms(),
    )
}

/// Returns the lines of redis.conf a watched server has beside the others.
pub(crate) fn redis_conf(values: &Values) -> Vec<String> {
    match values.min_replicas_to_write() {
        0 => Vec::new(),
        count => vec![format!("min-replicas-to-write {count}"), "min-replicas-max-lag 10".to_owned()],
    }
}

/// Tells a container's scripts which set its pod belongs to.
pub(crate) fn environment(container: Container, values: &Values, block: &Block) -> Container {
    container
        .env(env::field("KU8_POD", "metadata.name"))
        .env(env::value("KU8_DOMAIN", block.fqdn("").trim_start_matches('.')))
        .env(env::value("KU8_REPLICAS", values.replicas().to_string()))
        .env(env::value("KU8_MASTER", values.master_name()))
}

/// The Sentinel of a pod: a native sidecar, there before the server asks it and until the server has handed over.
pub(crate) fn sentinel(values: &Values, block: &Block, image: &str) -> Container {
    let program = values.engine.program();
    let probe = |kind: &str| Probe::exec(["sh", "/scripts/probe.sh", kind]).timeout(5);
    let resources = Resources::new(Quantity::from_millis(50), Quantity::from_mib(64));
    let container = block
        .container("sentinel", image, resources)
        .command([&format!("{program}-server"), "/data/sentinel/sentinel.conf", "--sentinel"])
        .env(env::value("KU8_CLI", format!("{program}-cli")))
        .env(env::value("KU8_PORT", SENTINEL_PORT.to_string()))
        .port("tcp-sentinel", SENTINEL_PORT)
        .read_only("scripts", "/scripts")
        .mount("data", "/data")
        .mount("tmp", "/tmp")
        .startup(probe("startup").period(1).failures(60))
        .liveness(probe("liveness").period(10).failures(3))
        .sidecar();
    with_auth(block, container)
}

/// Makes the server a watched one: it finds its part each time it starts, and hands it over before it stops.
pub(crate) fn server(container: Container, values: &Values, block: &Block) -> Container {
    let program = format!("{}-server", values.engine.program());
    let file = format!("{CONF}/server.conf");
    let mut run = vec!["sh", "/scripts/start.sh"];
    // The image's entrypoint loads every module it finds.
    if values.modules {
        run.push("docker-entrypoint.sh");
    }
    run.extend([program.as_str(), &file]);
    let keeps = if values.persistence.mode.persists() { "yes" } else { "no" };
    environment(container.command(run), values, block)
        .env(env::value("KU8_KEEPS", keeps))
        .readiness(Probe::exec(["sh", "/scripts/ready.sh"]).timeout(10).period(5).failures(3))
        .pre_stop(["sh", "/scripts/stop.sh"])
}

/// Adds the Services: one for each pod, whose name and address stay while the pod is gone, and one for reading.
pub(crate) fn services(rendered: Rendered, values: &Values, block: &Block, meta: &Meta) -> Rendered {
    let mut rendered = rendered;
    for ordinal in 0..values.replicas() {
        let pod = format!("{}-{ordinal}", block.name);
        let service = Service::new(meta, &pod).pod(&pod).publish_not_ready();
        let service = service.port("tcp-redis", PORT).port("tcp-sentinel", SENTINEL_PORT).value();
        rendered = rendered.object(format!("service/pod-{ordinal}"), 0, service);
    }
    let read = Service::new(meta, &format!("{}-read", block.name)).port("tcp-redis", PORT).value();
    rendered.object("service/read", 0, read)
}

/// The network policy: clients, the pods among themselves, and the proxies.
pub(crate) fn network_policy(values: &Values, block: &Block, meta: &Meta) -> Option<Value> {
    let ports = [PORT, SENTINEL_PORT];
    let mut policy = block.network_policy(meta, &ports, &ports)?;
    if values.proxied() && block.network == NetworkMode::Labelled {
        let from = json!([{"podSelector": {"matchLabels": proxy::meta(meta).selector()}}]);
        let rule = json!({"from": from, "ports": [{"protocol": "TCP", "port": PORT}]});
        if let Some(rules) = policy["spec"]["ingress"].as_array_mut() {
            rules.push(rule);
        }
    }
    Some(policy)
}
