//! The objects of a server, and what to tell the person who published it.
//! It never decides whether they may exist: the rules have spoken before.

use std::fmt::Write as _;

use template_sdk::block::{Block, NetworkMode};
use template_sdk::build::{Meta, Pod, Service, config_map, volume};
use template_sdk::{Output, Quantity, Rendered, Value};

use crate::config;
use crate::server::{self, PORT};
use crate::values::Values;

/// One server; replication will have more.
const REPLICAS: u32 = 1;

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
    // With one pod the order is no question now; replication, whose primary may have any ordinal, needs Parallel.
    let set = block.stateful_set(&meta, name, REPLICAS, &headless, pod).parallel().claim(block.claim(&meta, "data"));
    Rendered::new()
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, config)
        .maybe("configmap/init-scripts", 0, own_scripts)
        .object("service/headless", 0, Service::headless(&meta, &headless).port("tcp-mysql", PORT).value())
        .object("service/primary", 0, primary_service(block, &meta))
        .maybe("networkpolicy/server", 0, block.network_policy(&meta, &[PORT], &[]))
        .object("statefulset/server", 0, set.value())
        .maybe("podmonitor/server", 0, block.pod_monitor(&meta))
        .secret(block.auth_intent(&keys(block)))
        .output(output(block, values))
        .notes(notes(block, values))
}

/// Keys of the Secret that must exist.
fn keys(block: &Block) -> Vec<&'static str> {
    let mut keys = vec!["root-password", "password"];
    if block.metrics_port().is_some() {
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

fn primary_service(block: &Block, meta: &Meta) -> Value {
    block.client_service(meta, &block.name).pod(&format!("{}-0", block.name)).port("tcp-mysql", PORT).value()
}

fn pod(block: &Block, values: &Values, meta: &Meta, config: &Value, scripts: Option<&str>) -> Pod {
    let image = block.image_name();
    let mut pod = block
        .pod(meta, REPLICAS)
        .checksum("config", config)
        // A fast shutdown still writes the dirty pages of the whole buffer pool.
        .grace_period(120)
        .init(server::init(block, values, &image, scripts.is_some()))
        .container(server::server(block, &image))
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::secret("auth", &block.auth_secret(), &keys(block)))
        .volume(volume::memory_dir("run", Quantity::from_mib(1)))
        .volume(volume::empty_dir("snippets", Quantity::from_mib(1)))
        .volume(volume::empty_dir("socket", Quantity::from_mib(16)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(1024)));
    if let Some(name) = scripts {
        pod = pod.volume(volume::config_map("init-scripts", name, 0o444));
    }
    if let Some(exporter) = server::exporter(block) {
        pod = pod.init(exporter);
    }
    block.scraped(pod)
}

fn output(block: &Block, values: &Values) -> Output {
    let (database, host) = (&values.database, block.host(&block.name));
    Output::new("primary", "mysql", host.clone(), PORT)
        .password(&block.auth_secret(), "password")
        .uri(&format!("mysql://{{username}}:{{password}}@{host}:{PORT}/{database}"))
        .with("database", database.as_str())
        .with("username", values.username())
        .with("readOnly", false)
        .with("jdbc", format!("jdbc:mysql://{host}:{PORT}/{database}?sslMode=PREFERRED"))
}

fn notes(block: &Block, values: &Values) -> String {
    let (name, secret) = (&block.name, block.auth_secret());
    let mut text = format!(
        "MySQL {tag} with the database `{database}`.\n\nConnect to `{host}:{PORT}` as `{user}`; the password is the key \
         `password` of the Secret `{secret}`.\n\n`root` may log in from inside the pod only:\n\n    \
         kubectl -n {namespace} exec -it {name}-0 -c mysql -- mysql --socket=/var/run/mysqld/mysqld.sock -uroot -p\n",
        tag = block.tag(),
        database = values.database,
        host = block.host(name),
        user = values.username(),
        namespace = block.namespace,
    );
    // Writing to a String cannot fail.
    if block.network == NetworkMode::Labelled {
        let label = block.client_label();
        let _ = write!(text, "\nOnly pods labelled `{label}: \"true\"` may connect.\n");
    }
    text
}
