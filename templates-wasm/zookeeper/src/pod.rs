//! The pods of the members: what runs before them, the server, its volumes.
//! It never puts a password where another program could read it: only a folder in memory has them.

use template_sdk::block::Block;
use template_sdk::build::{Container, Meta, Pod, Probe, Resources, env, volume};
use template_sdk::{Quantity, Value};

use crate::config::{CLIENT_PORT, ELECTION_PORT, METRICS_PORT, QUORUM_PORT, member_domain};
use crate::values::{Values, heap_mib};

/// Where the ConfigMap is mounted.
pub(crate) const CONF: &str = "/ku8/conf";
/// Where the Secret is mounted, for the scripts alone.
pub(crate) const AUTH: &str = "/ku8/auth";
/// Where the files with passwords are written, in memory.
const RUN: &str = "/ku8/run";

/// The pod template of the members.
pub(crate) fn pod(block: &Block, values: &Values, meta: &Meta, config: &Value) -> Pod {
    let image = block.image_name();
    let first = values.first_server_id.to_string();
    let small = Resources::new(Quantity::from_millis(10), Quantity::from_mib(64));
    let init = block
        .container("init", &image, small)
        .command(["bash", "/ku8/conf/init.sh", "/data", &first])
        .read_only("config", CONF)
        .mount("data", "/data");
    // Scheduling differs between one member and several; where members come and go, nobody is to restart for it.
    let apart = if values.reconfigures() { 3 } else { values.members() };
    let mut pod = block
        .pod(meta, apart)
        .checksum("config", config)
        .grace_period(60)
        .init(init)
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::empty_dir("logs", Quantity::from_mib(256)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(256)));
    let passwords = values.passwords();
    if !passwords.is_empty() {
        let secrets = block
            .container("secrets", &image, small)
            .command(["bash", "/ku8/conf/secrets.sh", AUTH, RUN, &values.auth.username])
            .read_only("config", CONF)
            .read_only("auth", AUTH)
            .mount("run", RUN);
        pod = pod
            .init(secrets)
            .volume(volume::secret("auth", &block.auth_secret(), &passwords))
            .volume(volume::memory_dir("run", Quantity::from_mib(1)));
    }
    if values.reconfigures() {
        pod = pod.volume(volume::config_map("members", &format!("{}-members", block.name), 0o444));
    }
    block.scraped(pod.container(server(block, values, &image)))
}

fn server(block: &Block, values: &Values, image: &str) -> Container {
    let port = CLIENT_PORT.to_string();
    let probe = |script: &str| Probe::exec(["bash", script, "127.0.0.1", &port]);
    let mut server = block
        .container("zookeeper", image, block.resources)
        .command(command(block, values))
        .env(env::value("ZOOCFGDIR", CONF))
        .env(env::value("ZOO_LOG_DIR", "/logs"))
        .env(env::value("ZK_SERVER_HEAP", heap(block, values).to_string()))
        .env(env::value("SERVER_JVMFLAGS", flags(values)))
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
    if !values.passwords().is_empty() {
        server = server.read_only("run", RUN);
    }
    if values.reconfigures() {
        server = server.read_only("members", "/ku8/members");
    }
    match block.metrics_port() {
        Some(_) => server.port("http-metrics", METRICS_PORT),
        None => server,
    }
}

/// What becomes the container's only process.
fn command(block: &Block, values: &Values) -> Vec<String> {
    if !values.reconfigures() {
        return vec!["zkServer.sh".to_owned(), "start-foreground".to_owned()];
    }
    let (first, initial) = (values.first_server_id.to_string(), values.scaling.initial_replicas.to_string());
    vec!["bash".to_owned(), "/ku8/conf/start.sh".to_owned(), block.name.clone(), member_domain(block), first, initial]
}

fn heap(block: &Block, values: &Values) -> u64 {
    values.heap_mi_b.unwrap_or_else(|| heap_mib(block.resources.memory_limit))
}

fn flags(values: &Values) -> String {
    // The process is the container: when memory runs out it must end, not limp on without a thread it needs.
    // A pod has another address after each start; a JVM that keeps the old one for 30 seconds keeps a restarted leader
    // from being found, and its followers give up and elect again.
    let mut flags = "-XX:+ExitOnOutOfMemoryError -Dsun.net.inetaddr.ttl=1".to_owned();
    if let Some(bytes) = values.jute.maxbuffer_bytes {
        flags = format!("{flags} -Djute.maxbuffer={bytes}");
    }
    if !values.passwords().is_empty() {
        flags = format!("{flags} @{RUN}/jvm.options");
    }
    flags
}
