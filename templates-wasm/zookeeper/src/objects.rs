//! The objects of an ensemble, and what to tell the person who published it.
//! It never decides whether they may exist: the rules have spoken before.

use std::fmt::Write as _;

use template_sdk::block::Block;
use template_sdk::build::{Meta, Pod, Probe, Resources, Service, config_map, env, pod_disruption_budget, volume};
use template_sdk::{Output, Quantity, Rendered, Value, json};

use crate::config::{self, ADMIN_PORT, CLIENT_PORT, ELECTION_PORT, METRICS_PORT, QUORUM_PORT};
use crate::values::{Values, heap_mib};

/// Where the ConfigMap is mounted.
const CONF: &str = "/ku8/conf";

/// Renders everything.
pub(crate) fn render(block: &Block, values: &Values) -> Rendered {
    let (name, members) = (block.name.as_str(), values.members());
    let meta = block.meta("server");
    let config = config_map(&meta, &format!("{name}-config"), config::files(block, values));
    let pod = pod(block, values, &meta, &config);
    let headless = format!("{name}-headless");
    let mut set = block
        .stateful_set(&meta, name, members, &headless, pod)
        .parallel()
        .min_ready(10)
        .quorum()
        .claim(block.claim(&meta, "data"));
    if let Some(size) = values.data_log() {
        set = set.claim(volume::claim(&meta, "datalog", size, block.storage.class_name.as_deref()));
    }
    let policy = block.network_policy(&meta, &[CLIENT_PORT], &[QUORUM_PORT, ELECTION_PORT]);
    Rendered::new()
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, config)
        .object("service/headless", 0, headless_service(&meta, &headless))
        .object("service/client", 0, block.client_service(&meta, name).port("tcp-client", CLIENT_PORT).value())
        .maybe("networkpolicy/server", 0, policy)
        .maybe("poddisruptionbudget/server", 0, pod_disruption_budget(&meta, name, members))
        .object("statefulset/server", 0, set.value())
        .maybe("podmonitor/server", 0, block.pod_monitor(&meta))
        .output(output(block, values))
        .notes(notes(block, values))
}

fn headless_service(meta: &Meta, name: &str) -> Value {
    Service::headless(meta, name)
        .port("tcp-client", CLIENT_PORT)
        .port("tcp-quorum", QUORUM_PORT)
        .port("tcp-election", ELECTION_PORT)
        .value()
}

fn pod(block: &Block, values: &Values, meta: &Meta, config: &Value) -> Pod {
    let image = block.image_name();
    let first = values.first_server_id.to_string();
    let init = block
        .container("init", &image, Resources::new(Quantity::from_millis(10), Quantity::from_mib(64)))
        .command(["bash", "/ku8/conf/init.sh", "/data", &first])
        .read_only("config", CONF)
        .mount("data", "/data");
    let pod = block
        .pod(meta, values.members())
        .checksum("config", config)
        .grace_period(60)
        .init(init)
        .container(server(block, values, &image))
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::empty_dir("logs", Quantity::from_mib(256)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(256)));
    block.scraped(pod)
}

fn server(block: &Block, values: &Values, image: &str) -> template_sdk::build::Container {
    let heap = values.heap_mi_b.unwrap_or_else(|| heap_mib(block.resources.memory_limit));
    // The process is the container: when memory runs out it must end, not limp on without a thread it needs.
    let mut flags = "-XX:+ExitOnOutOfMemoryError".to_owned();
    if let Some(bytes) = values.jute.maxbuffer_bytes {
        flags = format!("{flags} -Djute.maxbuffer={bytes}");
    }
    let port = CLIENT_PORT.to_string();
    let probe = |script: &str| Probe::exec(["bash", script, "127.0.0.1", &port]);
    let mut server = block
        .container("zookeeper", image, block.resources)
        .command(["zkServer.sh", "start-foreground"])
        .env(env::value("ZOOCFGDIR", CONF))
        .env(env::value("ZOO_LOG_DIR", "/logs"))
        .env(env::value("ZK_SERVER_HEAP", heap.to_string()))
        .env(env::value("SERVER_JVMFLAGS", flags))
        .env(env::value("JMXDISABLE", "true"))
        .port("tcp-client", CLIENT_PORT)
        .port("tcp-quorum", QUORUM_PORT)
        .port("tcp-election", ELECTION_PORT)
        .read_only("config", CONF)
        .mount("data", "/data")
        .mount("logs", "/logs")
        .mount("tmp", "/tmp")
        .startup(Probe::tcp("tcp-client").period(5).failures(60))
        .liveness(probe("/ku8/conf/live.sh").period(10).timeout(5).failures(6))
        .readiness(probe("/ku8/conf/ready.sh").period(10).timeout(5).failures(3));
    if values.data_log().is_some() {
        server = server.mount("datalog", "/datalog");
    }
    if values.admin_server.enabled {
        server = server.port("http-admin", ADMIN_PORT);
    }
    match block.metrics_port() {
        Some(_) => server.port("http-metrics", METRICS_PORT),
        None => server,
    }
}

/// Addresses of all members: a client that knows one member only loses its session with that member.
fn hosts(block: &Block, values: &Values) -> String {
    let name = &block.name;
    let host = |ordinal: u32| format!("{}:{CLIENT_PORT}", block.host(&format!("{name}-{ordinal}.{name}-headless")));
    (0..values.members()).map(host).collect::<Vec<_>>().join(",")
}

fn output(block: &Block, values: &Values) -> Output {
    let hosts = hosts(block, values);
    Output::new("primary", "zookeeper", block.host(&block.name), CLIENT_PORT)
        .uri(&format!("{hosts}{}", values.chroot))
        .with("hosts", json!(hosts))
        .with("chroot", json!(values.chroot))
}

fn notes(block: &Block, values: &Values) -> String {
    let members = values.members();
    let survives = match (members - 1) / 2 {
        0 => "none".to_owned(),
        number => number.to_string(),
    };
    let mut text = format!(
        "ZooKeeper with {members} member{s}; {survives} may be missing.\n\nConnect to `{hosts}{chroot}`.\n",
        s = if members == 1 { "" } else { "s" },
        hosts = hosts(block, values),
        chroot = values.chroot,
    );
    // Writing to a String cannot fail.
    if block.network == template_sdk::block::NetworkMode::Labelled {
        let label = block.client_label();
        let _ = write!(text, "\nOnly pods labelled `{label}: \"true\"` may connect.\n");
    }
    if let Some(bytes) = values.jute.maxbuffer_bytes {
        let _ = write!(text, "\nGive clients `-Djute.maxbuffer={bytes}` as well.\n");
    }
    text
}
