//! The pods of brokers: the init container that prepares a start, and the broker.
//! They never get a password by argument or environment, only as files.

use template_sdk::block::Block;
use template_sdk::build::{Container, Meta, Pod, Probe, Resources, env, volume};
use template_sdk::{Quantity, Value};

use crate::config::{self, CLIENT_PORT, CONTROLLER_PORT, EXTERNAL_PORT, INTERNAL_PORT};
use crate::values::{Mode, Values};

/// Where the ConfigMap is mounted.
const CONF: &str = "/ku8/conf";
/// Where the Secret with the cluster id is mounted, in the init container only.
const CLUSTER: &str = "/ku8/cluster";
/// What init leaves for the broker; memory, so that it goes with the pod.
const RUN: &str = "/ku8/run";
const VOLUME: &str = "/var/lib/kafka/data";
/// Kafka's programs.
pub(crate) const BIN: &str = "/opt/kafka/bin";

/// Returns the brokers' pod.
pub(crate) fn broker(block: &Block, values: &Values, meta: &Meta, config: &Value) -> Pod {
    let image = block.image_name();
    block
        .pod(meta, values.brokers())
        .checksum("config", config)
        // Partitions are handed over one by one before a broker goes.
        .grace_period(120)
        .init(init(block, values, &image))
        .container(server(block, values, &image))
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::secret("cluster", &cluster_secret(block, values), &cluster_keys(block)))
        .volume(volume::memory_dir("run", Quantity::from_mib(1)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(512)))
}

/// Name of the Secret with the cluster id and the brokers' own password.
pub(crate) fn cluster_secret(block: &Block, values: &Values) -> String {
    values.cluster_secret.clone().unwrap_or_else(|| format!("{}-cluster", block.name))
}

/// Its keys.
pub(crate) fn cluster_keys(block: &Block) -> Vec<&'static str> {
    if block.auth.enabled { vec!["cluster-id", "internal-password"] } else { vec!["cluster-id"] }
}

/// The environment all of Kafka's programs run in: a log on the console, scratch space where the root is read-only.
pub(crate) fn environment(container: Container, heap: u64, log4j: &str) -> Container {
    container
        .env(env::value("KAFKA_HEAP_OPTS", format!("-Xms{heap}m -Xmx{heap}m")))
        .env(env::value("KAFKA_LOG4J_OPTS", format!("-Dlog4j2.configurationFile={log4j}")))
        .env(env::value("LOG_DIR", "/tmp/kafka"))
        .mount("tmp", "/tmp")
}

/// Formats a new volume with a JVM of its own, so it may take what a broker of the smallest size takes.
fn init(block: &Block, values: &Values, image: &str) -> Container {
    let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(512));
    let container = block
        .container("init", image, resources)
        .command(["sh", "/ku8/conf/init.sh"])
        .env(env::field("KU8_POD", "metadata.name"))
        .env(env::value("KU8_DOMAIN", block.fqdn(&config::headless(block))))
        .env(env::value("KU8_CONTROLLERS", values.controllers.to_string()))
        .env(env::value("KU8_NODE_ID_BASE", values.node_id_base.to_string()))
        .env(env::value("KU8_AUTH", block.auth.enabled.to_string()))
        .read_only("config", CONF)
        .read_only("cluster", CLUSTER)
        .mount("run", RUN)
        .mount("data", VOLUME);
    environment(container, 128, "/ku8/conf/log4j2.properties")
}

fn server(block: &Block, values: &Values, image: &str) -> Container {
    let listening = || Probe::tcp("tcp-client");
    let container = block
        .container("kafka", image, block.resources)
        .command([format!("{BIN}/kafka-server-start.sh"), format!("{RUN}/server.properties")])
        // Without the log of the garbage collector, which would fill scratch space.
        .env(env::value("EXTRA_ARGS", "-name kafkaServer"))
        // The process is the container: when memory runs out it must end, not limp on without a thread it needs.
        .env(env::value("KAFKA_OPTS", "-XX:+ExitOnOutOfMemoryError"))
        .port("tcp-client", CLIENT_PORT)
        .port("tcp-control", CONTROLLER_PORT)
        .port("tcp-internal", INTERNAL_PORT)
        .read_only("config", CONF)
        .read_only("run", RUN)
        .mount("data", VOLUME)
        // The port opens when the broker has caught up with the metadata and recovered its logs, which after a crash
        // may take long: an hour, then something is wrong.
        .startup(listening().period(5).failures(720))
        .liveness(listening().period(10).timeout(5).failures(6))
        .readiness(listening().period(10).timeout(5).failures(3));
    let container =
        environment(container, values.heap_mib(block.resources.memory_limit), "/ku8/conf/log4j2.properties");
    if values.external_access.mode == Mode::None {
        return container;
    }
    container.port("tcp-external", EXTERNAL_PORT)
}
