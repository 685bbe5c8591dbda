//! The objects of a replica set.
//! It never decides whether they may exist: the rules have spoken before.

use template_sdk::block::Block;
use template_sdk::build::{
    Container, Meta, Pod, Probe, Resources, Service, config_map, env, pod_disruption_budget, volume,
};
use template_sdk::{Alphabet, Generate, Quantity, Rendered, SecretIntent, SecretValue};

use crate::config::{self, PORT};
use crate::leave;
use crate::values::Values;

/// Where the scripts are mounted.
pub(crate) const SCRIPTS: &str = "/ku8/scripts";
/// Where the passwords are mounted.
pub(crate) const AUTH: &str = "/auth";
/// Stage of the Job that takes members out; the pods follow one later.
pub(crate) const LEAVE_STAGE: u32 = 1;
const SET_STAGE: u32 = 2;
/// The port's name is also the service in the SRV records that `mongodb+srv` asks for.
const PORT_NAME: &str = "mongodb";

/// Renders everything; `was` is how many members there are to be seen, where there are more than wanted.
pub(crate) fn render(block: &Block, values: &Values, was: u32) -> Rendered {
    let (name, members) = (block.name.as_str(), values.members);
    let meta = block.meta("server");
    let conf = config_map(&meta, &format!("{name}-config"), [("mongod.conf", config::mongod_conf(values, block))]);
    let scripts = config_map(&meta, &format!("{name}-scripts"), config::SCRIPTS);
    // Apart, so that another number of members does not restart those that are there.
    let count = config_map(&meta, &format!("{name}-members"), [("members", members.to_string())]);
    let headless = format!("{name}-headless");
    let pod = pod(block, values, &meta).checksum("config", &conf).checksum("scripts", &scripts);
    let set = block
        .stateful_set(&meta, name, members, &headless, block.scraped(pod))
        .parallel()
        .min_ready(10)
        .quorum()
        .claim(block.claim(&meta, "data"));
    Rendered::new()
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, conf)
        .object("configmap/scripts", 0, scripts)
        .object("configmap/members", 0, count)
        .object("service/headless", 0, Service::headless(&meta, &headless).port(PORT_NAME, PORT).value())
        .object("service/client", 0, block.client_service(&meta, name).port(PORT_NAME, PORT).value())
        .maybe("networkpolicy/server", 0, block.network_policy(&meta, &[PORT], &[PORT]))
        .maybe("job/leave", LEAVE_STAGE, (was > members).then(|| leave::job(block, values, was)))
        .object("statefulset/server", SET_STAGE, set.value())
        .maybe("poddisruptionbudget/server", SET_STAGE, pod_disruption_budget(&meta, name, members))
        .maybe("podmonitor/server", SET_STAGE, block.pod_monitor(&meta))
        .secret(secret(block))
}

/// Passwords and the key the members know each other by: made once, or expected in the existing Secret.
fn secret(block: &Block) -> SecretIntent {
    let keys: &[&str] = if block.metrics.enabled {
        &["root-password", "password", "metrics-password"]
    } else {
        &["root-password", "password"]
    };
    if let Some(name) = &block.auth.existing_secret {
        let mut keys = keys.to_vec();
        keys.push("keyfile");
        return SecretIntent::existing(name.clone(), &keys);
    }
    let keyfile = Generate { length: 756, alphabet: Alphabet::Base64 };
    block.auth_intent(keys).key("keyfile", SecretValue::Generate(keyfile))
}

fn pod(block: &Block, values: &Values, meta: &Meta) -> Pod {
    let image = block.image_name();
    let name = &block.name;
    let mut keys = vec!["root-password", "password", "keyfile"];
    if block.metrics.enabled {
        keys.push("metrics-password");
    }
    let pod = block
        .pod(meta, values.members)
        .grace_period(120)
        .init(init(block, &image))
        .init(bootstrap(block, values, &image))
        .volume(volume::config_map("config", &format!("{name}-config"), 0o444))
        .volume(volume::config_map("scripts", &format!("{name}-scripts"), 0o444))
        .volume(volume::config_map("members", &format!("{name}-members"), 0o444))
        .volume(volume::secret("auth", &block.auth_secret(), &keys))
        .volume(volume::memory_dir("keyfile", Quantity::from_mib(1)))
        .volume(volume::memory_dir("status", Quantity::from_mib(1)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(256)))
        .volume(volume::empty_dir("shell", Quantity::from_mib(64)))
        .container(server(block, values, &image));
    exporter(block, pod)
}

fn init(block: &Block, image: &str) -> Container {
    block
        .container("init", image, Resources::new(Quantity::from_millis(10), Quantity::from_mib(32)))
        .command(["sh", "/ku8/scripts/init.sh"])
        .read_only("scripts", SCRIPTS)
        .read_only("auth", AUTH)
        .mount("keyfile", "/ku8/keyfile")
}

/// The loop beside mongod: it shares the pod's localhost, from where the first user may be made.
fn bootstrap(block: &Block, values: &Values, image: &str) -> Container {
    let probe = |kind: &str| Probe::exec(["sh", "/ku8/scripts/probe.sh", kind]).timeout(5);
    shell(block, values, block.container("bootstrap", image, shell_resources()))
        .command(["sh", "/ku8/scripts/shell.sh", "bootstrap.js"])
        .env(env::field("KU8_POD", "metadata.name"))
        .env(env::value("KU8_MEMBERS_FILE", "/ku8/members/members"))
        .env(env::value("KU8_STATUS", "/status"))
        .read_only("members", "/ku8/members")
        .mount("status", "/status")
        .mount("shell", "/tmp")
        .readiness(probe("ready").period(10).failures(3))
        .liveness(probe("live").delay(120).period(30).failures(4))
        .sidecar()
}

/// What a mongosh of 130 MiB needs beside a few connections.
pub(crate) fn shell_resources() -> Resources {
    Resources::new(Quantity::from_millis(50), Quantity::from_mib(256))
}

/// What every script needs to know; passwords are files.
pub(crate) fn shell(block: &Block, values: &Values, container: Container) -> Container {
    container
        .env(env::value("HOME", "/tmp"))
        .env(env::value("KU8_SCRIPTS", SCRIPTS))
        .env(env::value("KU8_AUTH", AUTH))
        .env(env::value("KU8_NAME", block.name.as_str()))
        .env(env::value("KU8_DOMAIN", block.fqdn(&format!("{}-headless", block.name))))
        .env(env::value("KU8_SET", values.replica_set_name.as_str()))
        .env(env::value("KU8_DATABASE", values.database.as_str()))
        .env(env::value("KU8_USERNAME", values.username.as_str()))
        .env(env::value("KU8_METRICS", block.metrics.enabled.to_string()))
        .read_only("scripts", SCRIPTS)
        .read_only("auth", AUTH)
}

fn server(block: &Block, values: &Values, image: &str) -> Container {
    shell(block, values, block.container("mongod", image, block.resources))
        .command(["mongod", "--config", "/ku8/conf/mongod.conf"])
        // What the image sets too: with it, the allocator of 8.0 keeps a cache for each processor.
        .env(env::value("GLIBC_TUNABLES", "glibc.pthread.rseq=0"))
        .port(PORT_NAME, PORT)
        .read_only("config", "/ku8/conf")
        .read_only("keyfile", "/ku8/keyfile")
        // The image declares this very path a volume: mounted anywhere above it, the data would not be on the claim.
        .mount("data", "/data/db")
        .mount("tmp", "/tmp")
        .startup(Probe::tcp(PORT_NAME).period(10).failures(120))
        .liveness(Probe::tcp(PORT_NAME).period(10).timeout(5).failures(6))
        .pre_stop(["sh", "/ku8/scripts/shell.sh", "stop.js"])
}

/// The metrics exporter as a native sidecar, with a user that may only look.
fn exporter(block: &Block, pod: Pod) -> Pod {
    let Some(exporter) = block.spec.exporter.filter(|_| block.metrics.enabled) else { return pod };
    let resources = Resources::new(Quantity::from_millis(20), Quantity::from_mib(128));
    let container = Container::new("exporter", &block.mapped(exporter.image), resources)
        .args(["--collector.diagnosticdata", "--collector.replicasetstatus", "--collector.dbstats"])
        .env(env::value("MONGODB_URI", format!("mongodb://127.0.0.1:{PORT}/?directConnection=true")))
        .env(env::value("MONGODB_USER", "metrics"))
        .env(env::secret("MONGODB_PASSWORD", &block.auth_secret(), "metrics-password"))
        .port("http-metrics", exporter.port)
        .sidecar();
    pod.init(container)
}
