//! The objects of a cluster, and what to tell the person who published it.
//! It never decides whether they may exist: the rules have spoken before.

use std::fmt::Write as _;

use template_sdk::block::{Block, NetworkMode};
use template_sdk::build::{
    Container, Deployment, Meta, NetworkPolicy, Probe, Resources, Service, config_map, env, pod_disruption_budget,
};
use template_sdk::{Generate, block::Exporter};
use template_sdk::{Output, Quantity, Rendered, SecretIntent, SecretValue, Value, json};

use crate::config::{self, CLIENT_PORT, CONTROLLER_PORT, EXTERNAL_PORT, INTERNAL_PORT};
use crate::values::{Mode, Values};
use crate::{pods, setup};

/// Renders everything.
pub(crate) fn render(block: &Block, values: &Values) -> Rendered {
    let (name, brokers) = (block.name.as_str(), values.brokers());
    let (meta, once) = (block.meta("broker"), block.meta("setup"));
    let config = config_map(&meta, &format!("{name}-config"), config::files(block, values));
    let steps = setup::config(block, values, &once);
    let job = setup::job(block, values, &once, &steps);
    let headless = config::headless(block);
    // One StatefulSet: growing is a change of replicas alone, and one budget covers controllers and brokers.
    let set = block
        .stateful_set(&meta, name, brokers, &headless, pods::broker(block, values, &meta, &config))
        .parallel()
        .min_ready(20)
        .quorum()
        .claim(block.claim(&meta, "data"));
    let client = Service::new(&meta, name).port("tcp-client", CLIENT_PORT).value();
    let mut rendered = Rendered::new()
        .object("serviceaccount/broker", 0, block.service_account(&meta))
        .object("configmap/config", 0, config)
        .object("service/headless", 0, headless_service(&meta, &headless))
        .object("service/client", 0, client)
        .maybe("networkpolicy/broker", 0, policy(block, values, &meta))
        .maybe("poddisruptionbudget/broker", 0, pod_disruption_budget(&meta, name, brokers))
        .object("statefulset/broker", 0, set.value())
        .object("configmap/setup", 0, steps)
        .object("job/setup", 1, job)
        .secret(cluster_intent(block, values))
        .output(output(block, values))
        .notes(notes(block, values));
    if values.external_access.mode != Mode::None {
        for ordinal in 0..brokers {
            rendered =
                rendered.object(format!("service/external-{ordinal}"), 0, outside(block, values, &meta, ordinal));
        }
        rendered = rendered.output(external_output(block, values));
    }
    if block.auth.enabled {
        rendered = rendered.secret(block.auth_intent(&setup::auth_keys(block, values)));
    }
    match block.spec.exporter.filter(|_| block.metrics.enabled) {
        Some(found) => exporter(rendered, block, values, found),
        None => rendered,
    }
}

/// What every volume of the cluster carries, and what brokers tell each other: in a Secret of its own, so that the
/// passwords of clients can change without them.
fn cluster_intent(block: &Block, values: &Values) -> SecretIntent {
    let (secret, keys) = (pods::cluster_secret(block, values), pods::cluster_keys(block));
    if values.cluster_secret.is_some() {
        return SecretIntent::existing(secret, &keys);
    }
    let id = Generate { length: 21, ..Generate::default() };
    SecretIntent::generate(secret, &keys).key("cluster-id", SecretValue::Generate(id))
}

fn headless_service(meta: &Meta, name: &str) -> Value {
    Service::headless(meta, name)
        .port("tcp-client", CLIENT_PORT)
        .port("tcp-control", CONTROLLER_PORT)
        .port("tcp-internal", INTERNAL_PORT)
        .value()
}

/// The Service through which clients outside reach one broker.
fn outside(block: &Block, values: &Values, meta: &Meta, ordinal: u32) -> Value {
    let name = &block.name;
    let service = Service::new(meta, &format!("{name}-external-{ordinal}"))
        .pod(&format!("{name}-{ordinal}"))
        .port("tcp-external", EXTERNAL_PORT);
    if values.external_access.mode == Mode::LoadBalancer {
        return service.kind("LoadBalancer").value();
    }
    let mut service = service.kind("NodePort").value();
    service["spec"]["ports"][0]["nodePort"] = json!(config::node_port(values, ordinal as usize));
    service
}

/// Clients by mode; brokers, the Job and the exporter always; anybody where there is access from outside.
fn policy(block: &Block, values: &Values, meta: &Meta) -> Option<Value> {
    let clients = match block.network {
        NetworkMode::Off => return None,
        NetworkMode::SameNamespace => json!({"podSelector": {}}),
        NetworkMode::Labelled => json!({"podSelector": {"matchLabels": {block.client_label(): "true"}}}),
    };
    let pods = |component: &str| json!({"podSelector": {"matchLabels": meta.component(component).selector()}});
    let mut from = vec![clients];
    if block.metrics.enabled && block.network == NetworkMode::Labelled {
        from.push(pods("exporter"));
    }
    let mut policy = NetworkPolicy::new(meta, &block.name)
        .allow(&from, &[CLIENT_PORT])
        .allow(&[pods("broker"), pods("setup")], &[INTERNAL_PORT])
        .allow(&[pods("broker")], &[CONTROLLER_PORT]);
    if values.external_access.mode != Mode::None {
        policy = policy.allow(&[], &[EXTERNAL_PORT]);
    }
    Some(policy.value())
}

/// The metrics exporter: one for the cluster, because it asks the cluster, not a broker.
fn exporter(rendered: Rendered, block: &Block, values: &Values, exporter: Exporter) -> Rendered {
    let meta = block.meta("exporter");
    let name = format!("{}-exporter", block.name);
    let servers = config::bootstrap(block, values, CLIENT_PORT);
    let mut args: Vec<String> = servers.split(',').map(|server| format!("--kafka.server={server}")).collect();
    args.push("--kafka.version=3.0.0".to_owned());
    if block.auth.enabled {
        args.extend(["--sasl.enabled", "--sasl.mechanism=scram-sha512", "--sasl.username=monitor"].map(str::to_owned));
    }
    let resources = Resources::new(Quantity::from_millis(20), Quantity::from_mib(128));
    let healthy = || Probe::http("http-metrics", "/healthz").period(10).timeout(5);
    let mut container = Container::new("exporter", &block.mapped(exporter.image), resources)
        .args(args)
        .port("http-metrics", exporter.port)
        .liveness(healthy().failures(6))
        .readiness(healthy().failures(3));
    if block.auth.enabled {
        // It reads no file for this.
        container = container.env(env::secret("SASL_USER_PASSWORD", &block.auth_secret(), "monitor-password"));
    }
    let pod = block.scraped(block.pod(&meta, 1).container(container));
    let scrapers = json!({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
        "namespaceSelector": {}});
    let policy = NetworkPolicy::new(&meta, &name).allow(&[scrapers], &[exporter.port]).value();
    rendered
        .maybe("networkpolicy/exporter", 2, (block.network != NetworkMode::Off).then_some(policy))
        .object("deployment/exporter", 2, Deployment::new(&meta, &name, 1, pod).value())
        .maybe("podmonitor/exporter", 2, block.pod_monitor(&meta))
}

/// An output with what clients need to know of the listener.
fn described(block: &Block, values: &Values, output: Output, bootstrap: &str) -> Output {
    let output = output.uri(bootstrap).with("bootstrap", bootstrap).with("securityProtocol", config::protocol(block));
    if !block.auth.enabled {
        return output;
    }
    output
        .with("saslMechanism", "SCRAM-SHA-512")
        .with("username", values.auth.username.as_str())
        .password(&block.auth_secret(), "password")
}

fn output(block: &Block, values: &Values) -> Output {
    let output = Output::new("primary", "kafka", block.host(&block.name), CLIENT_PORT);
    described(block, values, output, &config::bootstrap(block, values, CLIENT_PORT))
}

fn external_output(block: &Block, values: &Values) -> Output {
    let hosts = config::external(values);
    let (host, port) = hosts.first().and_then(|first| first.rsplit_once(':')).unwrap_or_default();
    let output = Output::new("external", "kafka", host, port.parse().unwrap_or(EXTERNAL_PORT));
    described(block, values, output, &hosts.join(","))
}

fn notes(block: &Block, values: &Values) -> String {
    let (controllers, brokers) = (values.controllers, values.brokers());
    let mut text = format!(
        "Kafka {tag} with {brokers} broker{s}, {controllers} of them controller{c}; topics have {rf} replica{r} and \
         need {isr} to confirm a write.\n\nConnect to `{bootstrap}`.\n",
        tag = block.tag(),
        s = if brokers == 1 { "" } else { "s" },
        c = if controllers == 1 { "" } else { "s" },
        rf = values.replication_factor(),
        r = if values.replication_factor() == 1 { "" } else { "s" },
        isr = values.min_insync_replicas(),
        bootstrap = config::bootstrap(block, values, CLIENT_PORT),
    );
    // Writing to a String cannot fail.
    if block.auth.enabled {
        let _ = write!(
            text,
            "\nClients log in with SCRAM-SHA-512 over SASL_PLAINTEXT as `{user}`; the password is the key `password` of \
             the Secret `{secret}`. `admin` (key `admin-password`) may do everything, also once ACLs exist.\n",
            user = values.auth.username,
            secret = block.auth_secret(),
        );
    }
    if block.network == NetworkMode::Labelled {
        let _ = write!(text, "\nOnly pods labelled `{}: \"true\"` may connect.\n", block.client_label());
    }
    if values.external_access.mode != Mode::None {
        let _ = write!(text, "\nFrom outside the cluster: `{}`.\n", config::external(values).join(","));
    }
    let _ = write!(
        text,
        "\nKeep the Secret `{}`: its cluster id is written on every volume.\n",
        pods::cluster_secret(block, values)
    );
    text
}
