//! The objects of a broker, how others connect to it, and what to tell the person who published it.
//! It never decides whether they may exist: the rules have spoken before.

use template_sdk::prelude::*;

use crate::config;
use crate::values::Values;

/// Port clients connect to.
pub(crate) const AMQP: u16 = 5672;
/// Port of the web interface.
pub(crate) const MANAGEMENT: u16 = 15672;
/// Port of the metrics.
pub(crate) const METRICS: u16 = 15692;
/// Where nodes find each other: the port mapper, and the connections between nodes.
const PEERS: [u16; 2] = [4369, 25672];
/// Keys of the Secret: the user's password, and what nodes know each other by.
const KEYS: [&str; 2] = ["password", "erlang-cookie"];
/// Scratch space in memory with everything that holds a secret; the software's home.
const HOME: &str = "/run/rabbitmq";

/// Renders everything.
pub(crate) fn render(values: &Values, block: &Block) -> Rendered {
    let (name, meta) = (block.name.as_str(), block.meta("server"));
    let files = config_map(&meta, &format!("{name}-config"), config::files(values, block));
    let headless = Values::headless(block);
    let peers = Service::headless(&meta, &headless).port("tcp-amqp", AMQP);
    let mut client = block.client_service(&meta, name).port("tcp-amqp", AMQP);
    let mut ports = vec![AMQP];
    if values.management {
        client = client.port("http-management", MANAGEMENT);
        ports.push(MANAGEMENT);
    }
    // All at once: nodes that restart together wait for each other.
    let mut set = block
        .stateful_set(&meta, name, values.replicas, &headless, pod(values, block, &meta, &files))
        .parallel()
        .min_ready(10)
        .claim(block.claim(&meta, "data"));
    if values.replicas > 1 {
        set = set.quorum();
    }
    Rendered::new()
        .secret(block.auth_intent(&KEYS))
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, files)
        .object("service/headless", 0, peers.value())
        .object("service/client", 0, client.value())
        .maybe("networkpolicy/server", 0, block.network_policy(&meta, &ports, &PEERS))
        .maybe("poddisruptionbudget/server", 0, pod_disruption_budget(&meta, name, values.replicas))
        .object("statefulset/server", 0, set.value())
        .maybe("podmonitor/server", 0, block.pod_monitor(&meta))
        .output(output(values, block))
        .notes(notes(values, block))
}

fn pod(values: &Values, block: &Block, meta: &Meta, files: &Value) -> Pod {
    let pod = block
        .pod(meta, values.replicas)
        .checksum("config", files)
        // Longer than stop.sh takes, which waits until the others can do without this node.
        .grace_period(120)
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::secret("auth", &block.auth_secret(), &KEYS))
        .volume(volume::memory_dir("home", Quantity::from_mib(16)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(64)));
    block.scraped(pod.init(init(values, block)).container(server(values, block)))
}

/// Writes down what is secret, and holds an empty node back until it may start.
fn init(values: &Values, block: &Block) -> Container {
    let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(256));
    let container = block
        .container("init", &block.image_name(), resources)
        .command(["sh", "/config/init.sh"])
        .read_only("auth", "/auth");
    common(container, values, block)
}

fn server(values: &Values, block: &Block) -> Container {
    let ping = || Probe::exec(["rabbitmq-diagnostics", "-q", "ping"]).timeout(20);
    let mut container = block
        .container("rabbitmq", &block.image_name(), block.resources)
        .command(["rabbitmq-server"])
        .port("tcp-amqp", AMQP)
        .startup(ping().period(10).failures(60))
        // Each try starts a virtual machine of its own: not too often.
        .liveness(ping().period(60).failures(3))
        // It listens when it has booted, as a member, and not while it is drained.
        .readiness(Probe::tcp("tcp-amqp").timeout(5).period(5))
        .pre_stop(["sh", "/config/stop.sh"]);
    if values.management {
        container = container.port("http-management", MANAGEMENT);
    }
    if block.metrics.enabled {
        container = container.port("http-metrics", METRICS);
    }
    common(container, values, block)
}

/// What the server and its tools must agree on: names, folders, files.
fn common(container: Container, values: &Values, block: &Block) -> Container {
    let hosts: Vec<String> = (0..values.replicas).map(|ordinal| Values::host(block, ordinal)).collect();
    let domain = block.fqdn(&Values::headless(block));
    container
        .env(env::field("POD", "metadata.name"))
        .env(env::value("KU8_HOST", format!("$(POD).{domain}")))
        .env(env::value("KU8_HOSTS", hosts.join(" ")))
        .env(env::value("RABBITMQ_NODENAME", format!("rabbit@$(POD).{domain}")))
        .env(env::value("RABBITMQ_USE_LONGNAME", "true"))
        .env(env::value("RABBITMQ_MNESIA_BASE", "/var/lib/rabbitmq/nodes"))
        .env(env::value("RABBITMQ_CONFIG_FILE", format!("{HOME}/rabbitmq.conf")))
        .env(env::value("RABBITMQ_ENABLED_PLUGINS_FILE", "/config/enabled_plugins"))
        .env(env::value("RABBITMQ_LOGS", "-"))
        .env(env::value("HOME", HOME))
        .read_only("config", "/config")
        .mount("home", HOME)
        .mount("data", "/var/lib/rabbitmq")
        .mount("tmp", "/tmp")
}

fn output(values: &Values, block: &Block) -> Output {
    let (host, user) = (block.host(&block.name), values.username.as_str());
    Output::new("primary", "rabbitmq", host.clone(), AMQP)
        .with("username", user)
        .password(&block.auth_secret(), "password")
        .uri(&format!("amqp://{{username}}:{{password}}@{host}:{AMQP}"))
}

fn notes(values: &Values, block: &Block) -> String {
    let (host, secret) = (block.host(&block.name), block.auth_secret());
    let mut notes = format!(
        "RabbitMQ is at `{host}:{AMQP}`; the user is `{}`, the password the key `password` of the Secret `{secret}`.\n",
        values.username
    );
    if values.management {
        notes.push_str(&format!("Web interface: `kubectl port-forward service/{} {MANAGEMENT}`.\n", block.name));
    }
    if block.network == NetworkMode::Labelled {
        notes.push_str(&format!("Clients need the label `{}: \"true\"` on their pods.\n", block.client_label()));
    }
    notes.push_str(&format!(
        "Publishers are held back when a node uses {} MiB of memory.\n",
        values.watermark(block).mib()
    ));
    notes
}
