//! The objects of both topologies; what only a watched set has is in `sentinel`.
//! It never decides about values: they are judged before it is called.

use template_sdk::block::Block;
use template_sdk::build::{
    Container, Meta, Pod, Probe, Resources, Service, config_map, env, pod_disruption_budget, volume,
};
use template_sdk::{Quantity, Rendered, Value};

use crate::config;
use crate::sentinel::{self, SENTINEL_PORT, proxy};
use crate::values::Values;

/// Client port.
pub(crate) const PORT: u16 = 6379;

const COMPONENT: &str = "server";
/// Where the configuration with the password is.
pub(crate) const CONF: &str = "/conf";

/// Renders every object.
pub(crate) fn render(values: &Values, block: &Block) -> Rendered {
    let meta = block.meta(COMPONENT);
    let files = Files::new(values, block, &meta);
    let headless = format!("{}-headless", block.name);
    let set = stateful_set(values, block, &meta, &headless, &files);
    let mut nodes = Service::headless(&meta, &headless).port("tcp-redis", PORT);
    let mut policy = block.network_policy(&meta, &[PORT], &[]);
    if values.watched() {
        nodes = nodes.port("tcp-sentinel", SENTINEL_PORT);
        policy = sentinel::network_policy(values, block, &meta);
    }
    let mut rendered = Rendered::new()
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, files.config)
        .object("configmap/scripts", 0, files.scripts)
        .maybe("networkpolicy/server", 0, policy)
        .object("service/headless", 0, nodes.value())
        .object("service/client", 0, client_service(values, block, &meta));
    if values.watched() {
        rendered = sentinel::services(rendered, values, block, &meta);
    }
    if values.proxied() {
        rendered = proxy::render(rendered, values, block, &meta);
    }
    rendered
        .object("statefulset/server", 0, set)
        .maybe("poddisruptionbudget/server", 0, pod_disruption_budget(&meta, &block.name, values.replicas()))
        .maybe("podmonitor/server", 0, block.pod_monitor(&meta))
}

/// The Service of the definition's name: the server, the proxies, or the Sentinels; never a replica by chance.
fn client_service(values: &Values, block: &Block, meta: &Meta) -> Value {
    let (meta, name, port) = match (values.watched(), values.proxied()) {
        (true, true) => (&proxy::meta(meta), "tcp-redis", PORT),
        (true, false) => (meta, "tcp-sentinel", SENTINEL_PORT),
        (false, _) => (meta, "tcp-redis", PORT),
    };
    block.client_service(meta, &block.name).port(name, port).value()
}

/// The two ConfigMaps: what is configured, and what is run.
struct Files {
    config: Value,
    scripts: Value,
}

impl Files {
    fn new(values: &Values, block: &Block, meta: &Meta) -> Self {
        let mut config = vec![("redis.conf", config::redis_conf(values, block))];
        if let Some(rules) = config::acl(values).filter(|_| block.auth.enabled) {
            config.push(("acl", rules));
        }
        let mut scripts =
            vec![("init.sh", include_str!("files/init.sh")), ("probe.sh", include_str!("files/probe.sh"))];
        if values.watched() {
            config.push(("sentinel.conf", sentinel::sentinel_conf(values)));
            scripts.extend(sentinel::SCRIPTS);
        }
        Self {
            config: config_map(meta, &format!("{}-config", block.name), config),
            scripts: config_map(meta, &format!("{}-scripts", block.name), scripts),
        }
    }

    fn name(map: &Value) -> &str {
        map["metadata"]["name"].as_str().unwrap_or_default()
    }
}

fn stateful_set(values: &Values, block: &Block, meta: &Meta, headless: &str, files: &Files) -> Value {
    let persists = values.persistence.mode.persists();
    let mut pod = block
        .pod(meta, values.replicas())
        .checksum("config", &files.config)
        .checksum("scripts", &files.scripts)
        // Handing the master's part over takes up to half a minute, a clean stop twenty seconds.
        .grace_period(if values.watched() { 60 } else { 45 })
        .volume(volume::config_map("config", Files::name(&files.config), 0o444))
        .volume(volume::config_map("scripts", Files::name(&files.scripts), 0o555))
        .volume(volume::memory_dir("conf", Quantity::from_mib(1)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(16)));
    if block.auth.enabled {
        pod = pod.volume(volume::secret("auth", &block.auth_secret(), &["password"]));
    }
    if !persists {
        pod = pod.volume(volume::empty_dir("data", block.resources.memory_limit));
    }
    let mut pod = pod.init(init(values, block));
    if values.watched() {
        pod = pod.init(sentinel::sentinel(values, block, &image(values, block)));
    }
    let pod = exporter(block, pod).container(server(values, block));
    let mut set = block.stateful_set(meta, &block.name, values.replicas(), headless, block.scraped(pod));
    if values.watched() {
        // In turn, the first pod would wait for others that are not there yet.
        set = set.parallel().min_ready(10).quorum();
    }
    if persists { set.claim(block.claim(meta, "data")).value() } else { set.value() }
}

fn image(values: &Values, block: &Block) -> String {
    let spec = values.engine.spec();
    block.image_name_or(spec.repository, spec.tag)
}

/// Writes the configuration with the password, and prepares the data for the chosen persistence.
fn init(values: &Values, block: &Block) -> Container {
    let resources = Resources::new(Quantity::from_millis(50), Quantity::from_mib(64));
    let script = if values.watched() { "/scripts/seed.sh" } else { "/scripts/init.sh" };
    let mut container = block
        .container("init", &image(values, block), resources)
        .command(["sh", script])
        .read_only("config", "/config")
        .read_only("scripts", "/scripts")
        .mount("conf", CONF)
        .mount("data", "/data")
        .mount("tmp", "/tmp");
    if values.watched() {
        let cli = env::value("KU8_CLI", format!("{}-cli", values.engine.program()));
        container = sentinel::environment(container.env(cli), values, block);
    }
    with_auth(block, container)
}

fn server(values: &Values, block: &Block) -> Container {
    let program = values.engine.program();
    let run = [format!("{program}-server"), format!("{CONF}/redis.conf")];
    let container = block.container(program, &image(values, block), block.resources);
    // The image's entrypoint loads every module it finds; without modules it is left out.
    let container = if values.modules { container.args(run) } else { container.command(run) };
    let probe = |kind: &str| Probe::exec(["sh", "/scripts/probe.sh", kind]).timeout(5);
    let container = container
        .env(env::value("KU8_CLI", format!("{program}-cli")))
        .port("tcp-redis", PORT)
        .read_only("scripts", "/scripts");
    // Sentinels have the server write down what they changed.
    let container = if values.watched() { container.mount("conf", CONF) } else { container.read_only("conf", CONF) };
    let container = container
        .mount("data", "/data")
        .mount("tmp", "/tmp")
        .startup(probe("startup").period(5).failures(180))
        .liveness(probe("liveness").period(10).failures(3))
        .readiness(probe("readiness").period(5).failures(3));
    let container = if values.watched() { sentinel::server(container, values, block) } else { container };
    with_auth(block, container)
}

/// Mounts the Secret, where there is one.
pub(crate) fn with_auth(block: &Block, container: Container) -> Container {
    if block.auth.enabled { container.read_only("auth", "/auth") } else { container }
}

/// The metrics exporter as a native sidecar: up before the server, there until it is gone.
fn exporter(block: &Block, pod: Pod) -> Pod {
    let Some(exporter) = block.spec.exporter.filter(|_| block.metrics.enabled) else { return pod };
    let resources = Resources::new(Quantity::from_millis(20), Quantity::from_mib(64));
    let mut container = Container::new("exporter", &block.mapped(exporter.image), resources)
        .env(env::value("REDIS_ADDR", format!("redis://localhost:{PORT}")))
        .port("http-metrics", exporter.port)
        .read_only("conf", CONF)
        .sidecar();
    if block.auth.enabled {
        container = container.env(env::value("REDIS_PASSWORD_FILE", format!("{CONF}/exporter.json")));
    }
    pod.init(container)
}
