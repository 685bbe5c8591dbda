//! The objects of trackers and storages.
//! It never decides whether they may exist: the rules have spoken before.

use template_sdk::block::{Block, NetworkMode};
use template_sdk::build::{
    Container, Meta, NetworkPolicy, Pod, Probe, Service, config_map, env, pod_disruption_budget, volume,
};
use template_sdk::{Quantity, Rendered, Value, json};

use crate::config::{self, STORAGE_PORT, TRACKER_PORT};
use crate::values::{Group, Values, server_id};

/// Trackers restart before storages: a storage whose number they do not know is sent away.
const TRACKER_STAGE: u32 = 1;
const STORAGE_STAGE: u32 = 2;
const CONF: &str = "/ku8/conf";

/// One kind of server.
struct Server<'a> {
    name: String,
    meta: Meta,
    port_name: &'a str,
    port: u16,
    replicas: u32,
    command: Vec<String>,
    claim: Value,
}

/// Renders everything.
pub(crate) fn render(block: &Block, values: &Values) -> Rendered {
    let meta = block.meta("tracker");
    let config = config_map(&meta, &format!("{}-config", block.name), config::files(block, values));
    let tracker = tracker(block, values, &meta);
    let mut rendered = Rendered::new()
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, config.clone())
        .object("service/client", 0, client(block, &meta));
    rendered = server(rendered, block, &tracker, &config, "tracker", TRACKER_STAGE);
    for (index, group) in values.groups.iter().enumerate() {
        let storage = storage(block, index, group);
        rendered = server(rendered, block, &storage, &config, &group.name, STORAGE_STAGE);
    }
    rendered
}

/// One address for all trackers; clients that know each of them do better.
fn client(block: &Block, meta: &Meta) -> Value {
    block.client_service(meta, &block.name).port("tcp-tracker", TRACKER_PORT).value()
}

fn tracker<'a>(block: &Block, values: &Values, meta: &Meta) -> Server<'a> {
    let class = block.storage.class_name.as_deref();
    Server {
        name: config::tracker_name(block),
        meta: meta.clone(),
        port_name: "tcp-tracker",
        port: TRACKER_PORT,
        replicas: values.trackers,
        command: command("fdfs_trackerd", "tracker.conf", "trackerd.log"),
        claim: volume::claim(meta, "data", values.tracker_storage_size, class),
    }
}

fn storage<'a>(block: &Block, index: usize, group: &Group) -> Server<'a> {
    let meta = block.meta(&format!("storage-{}", group.name));
    let mut command = command("fdfs_storaged", &format!("storage-{}.conf", group.name), "storaged.log");
    command.push(server_id(index, 0).to_string());
    let claim = volume::claim(&meta, "data", group.size(block), block.storage.class_name.as_deref());
    Server {
        name: config::group_name(block, group),
        meta,
        port_name: "tcp-storage",
        port: STORAGE_PORT,
        replicas: group.replicas,
        command,
        claim,
    }
}

fn command(program: &str, config: &str, log: &str) -> Vec<String> {
    let config = format!("{CONF}/{config}");
    ["sh", "/ku8/conf/run.sh", program, &config, "/data/base", log].map(ToOwned::to_owned).to_vec()
}

/// The objects of one kind of server; every pod has a Service of its own, whose address outlives it.
fn server(
    mut rendered: Rendered,
    block: &Block,
    server: &Server<'_>,
    config: &Value,
    id: &str,
    stage: u32,
) -> Rendered {
    let (meta, name) = (&server.meta, &server.name);
    let headless = Service::headless(meta, name).port(server.port_name, server.port).value();
    rendered = rendered.object(format!("service/{id}"), 0, headless);
    for ordinal in 0..server.replicas {
        let pod = format!("{name}-{ordinal}");
        let own = Service::new(meta, &pod).pod(&pod).publish_not_ready().port(server.port_name, server.port).value();
        rendered = rendered.object(format!("service/{id}-{ordinal}"), 0, own);
    }
    let set = block
        .stateful_set(meta, name, server.replicas, name, pod(block, server, config))
        .parallel()
        .min_ready(10)
        .quorum()
        .claim(server.claim.clone());
    rendered
        .maybe(format!("networkpolicy/{id}"), 0, policy(block, server))
        .object(format!("statefulset/{id}"), stage, set.value())
        .maybe(format!("poddisruptionbudget/{id}"), stage, pod_disruption_budget(meta, name, server.replicas))
}

fn pod(block: &Block, server: &Server<'_>, config: &Value) -> Pod {
    block
        .pod(&server.meta, server.replicas)
        .checksum("config", config)
        .grace_period(60)
        .container(container(block, server))
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::memory_dir("run", Quantity::from_mib(1)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(64)))
}

fn container(block: &Block, server: &Server<'_>) -> Container {
    block
        .container("fastdfs", &block.image_name(), block.resources)
        .command(server.command.clone())
        .env(env::field("KU8_POD", "metadata.name"))
        .env(env::value("HOME", "/tmp"))
        .port(server.port_name, server.port)
        .read_only("config", CONF)
        .mount("data", "/data")
        .mount("run", "/ku8/run")
        .mount("tmp", "/tmp")
        .startup(Probe::tcp(server.port_name).period(5).failures(120))
        .liveness(Probe::tcp(server.port_name).period(10).timeout(5).failures(6))
        .readiness(Probe::tcp(server.port_name).period(5).timeout(5).failures(3))
}

/// Clients by mode, and the definition's own servers, which all talk to each other.
fn policy(block: &Block, server: &Server<'_>) -> Option<Value> {
    let clients = match block.network {
        NetworkMode::Off => return None,
        NetworkMode::SameNamespace => json!({"podSelector": {}}),
        NetworkMode::Labelled => json!({"podSelector": {"matchLabels": {block.client_label(): "true"}}}),
    };
    let own = json!({"podSelector": {"matchLabels": {
        "app.kubernetes.io/name": block.spec.template,
        "app.kubernetes.io/instance": block.name,
    }}});
    let policy = NetworkPolicy::new(&server.meta, &server.name);
    Some(policy.allow(&[clients], &[server.port]).allow(&[own], &[server.port]).value())
}
