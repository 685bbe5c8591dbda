//! The objects of a server or of a primary with its replicas.
//! It never decides whether they may exist: the rules have spoken before.

use template_sdk::block::Block;
use template_sdk::build::{Meta, Pod, Service, config_map, pod_disruption_budget, volume};
use template_sdk::{Output, Quantity, Rendered, SecretIntent, Value};

use crate::config;
use crate::notes::notes;
use crate::server::{self, PORT};
use crate::values::{Promotion, TlsMode, Values};

/// Members the pods are spread for; their real number is not used, because another one would restart all of them.
const SPREAD: u32 = 3;

/// Renders everything.
pub(crate) fn render(block: &Block, values: &Values) -> Rendered {
    let name = block.name.as_str();
    let meta = block.meta("server");
    let config = config_map(&meta, &format!("{name}-config"), config::files(block, values));
    let scripts = scripts_name(block, values);
    let own_scripts = (!values.init_scripts.files.is_empty())
        .then(|| config_map(&meta, &format!("{name}-init-scripts"), values.init_scripts.files.clone()));
    let headless = format!("{name}-headless");
    let pod = pod(block, values, &meta, &config, scripts.as_deref());
    let members = values.members();
    // The primary may have any ordinal, and the others wait for it.
    let mut set = block.stateful_set(&meta, name, members, &headless, pod).parallel().claim(block.claim(&meta, "data"));
    if values.replicated() {
        // Replicas reconnect before the next member is restarted.
        set = set.min_ready(10);
    }
    let peers: &[u16] = if values.replicated() { &[PORT] } else { &[] };
    let mut rendered = Rendered::new()
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, config)
        .maybe("configmap/init-scripts", 0, own_scripts)
        .object("service/headless", 0, Service::headless(&meta, &headless).port("tcp-mysql", PORT).value())
        .object("service/primary", 0, primary_service(block, values, &meta))
        .maybe("networkpolicy/server", 0, block.network_policy(&meta, &[PORT], peers))
        .object("statefulset/server", 0, set.value())
        .maybe("podmonitor/server", 0, block.pod_monitor(&meta))
        .secret(block.auth_intent(&keys(block, values)))
        .output(output(block, values, "primary", name))
        .notes(notes(block, values));
    if let Some(secret) = certificate(values) {
        rendered = rendered.secret(SecretIntent::existing(secret, &CERTIFICATE));
    }
    if !values.replicated() {
        return rendered;
    }
    let read = format!("{name}-read");
    rendered
        .object("configmap/promotion", 0, promotion(block, values, &meta))
        .object("service/read", 0, block.client_service(&meta, &read).port("tcp-mysql", PORT).value())
        .maybe("poddisruptionbudget/server", 0, pod_disruption_budget(&meta, name, members))
        .output(output(block, values, "read", &read))
}

/// What a member that takes over looks up; in no checksum, so that changing it restarts nothing.
fn promotion(block: &Block, values: &Values, meta: &Meta) -> Value {
    let mode = match values.replication.promotion {
        Promotion::Wait => "wait",
        Promotion::Force => "force",
    };
    config_map(meta, &format!("{}-promotion", block.name), [("mode", mode)])
}

/// Keys of a Secret with a certificate.
const CERTIFICATE: [&str; 2] = ["tls.crt", "tls.key"];

/// The Secret with the certificate, where there is one.
fn certificate(values: &Values) -> Option<&str> {
    values.tls.secret_name.as_deref().filter(|_| values.tls.mode == TlsMode::SecretRef)
}

/// Keys of the Secret that must exist.
fn keys(block: &Block, values: &Values) -> Vec<&'static str> {
    let mut keys = vec!["root-password", "password"];
    if values.replicated() {
        keys.push("replication-password");
    }
    if values.replicated() || block.metrics_port().is_some() {
        keys.push("monitor-password");
    }
    keys
}

/// The ConfigMap that holds init scripts: ours, or the one named.
fn scripts_name(block: &Block, values: &Values) -> Option<String> {
    let scripts = &values.init_scripts;
    let own = (!scripts.files.is_empty()).then(|| format!("{}-init-scripts", block.name));
    own.or_else(|| scripts.config_map.clone())
}

fn primary_service(block: &Block, values: &Values, meta: &Meta) -> Value {
    let pod = format!("{}-{}", block.name, values.primary());
    block.client_service(meta, &block.name).pod(&pod).port("tcp-mysql", PORT).value()
}

fn pod(block: &Block, values: &Values, meta: &Meta, config: &Value, scripts: Option<&str>) -> Pod {
    let image = block.image_name();
    let mut pod = block
        .pod(meta, if values.replicated() { SPREAD } else { 1 })
        .checksum("config", config)
        // A fast shutdown still writes the dirty pages of the whole buffer pool.
        .grace_period(120)
        .init(server::init(block, values, &image, scripts.is_some()))
        .container(server::server(block, values, &image))
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::secret("auth", &block.auth_secret(), &keys(block, values)))
        .volume(volume::memory_dir("run", Quantity::from_mib(1)))
        .volume(volume::empty_dir("snippets", Quantity::from_mib(1)))
        .volume(volume::empty_dir("socket", Quantity::from_mib(16)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(1024)));
    if let Some(name) = scripts {
        pod = pod.volume(volume::config_map("init-scripts", name, 0o444));
    }
    if values.replicated() {
        pod = pod.volume(volume::config_map("promotion", &format!("{}-promotion", block.name), 0o444));
    }
    if let Some(name) = certificate(values) {
        pod = pod.volume(volume::secret("tls", name, &CERTIFICATE));
    }
    if let Some(exporter) = server::exporter(block) {
        pod = pod.init(exporter);
    }
    block.scraped(pod)
}

fn output(block: &Block, values: &Values, name: &str, service: &str) -> Output {
    let (database, host) = (&values.database, block.host(service));
    let (tls, mode) =
        if values.tls.mode == TlsMode::Auto { ("preferred", "PREFERRED") } else { ("required", "REQUIRED") };
    Output::new(name, "mysql", host.clone(), PORT)
        .password(&block.auth_secret(), "password")
        .uri(&format!("mysql://{{username}}:{{password}}@{host}:{PORT}/{database}"))
        .with("database", database.as_str())
        .with("username", values.username())
        .with("readOnly", name == "read")
        .with("tls", tls)
        .with("jdbc", format!("jdbc:mysql://{host}:{PORT}/{database}?sslMode={mode}"))
}
