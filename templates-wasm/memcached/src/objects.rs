//! The objects of a pool, and what to tell the person who published it.
//! It never decides whether they may exist: the rules have spoken before.

use std::fmt::Write as _;

use template_sdk::block::{Block, NetworkMode};
use template_sdk::build::{Container, Meta, Pod, Probe, Resources, Service, pod_disruption_budget};
use template_sdk::{Output, Quantity, Rendered, Value, json};

use crate::values::Values;

/// Port clients connect to.
pub(crate) const PORT: u16 = 11211;
/// Name of that port.
const PORT_NAME: &str = "tcp-memcached";

/// Renders everything.
pub(crate) fn render(block: &Block, values: &Values) -> Rendered {
    let (name, meta) = (block.name.as_str(), block.meta("server"));
    let headless = format!("{name}-headless");
    let set = block
        .stateful_set(&meta, name, values.replicas, &headless, pod(block, values, &meta))
        .parallel()
        // One node after the other goes cold, with time to be filled again in between.
        .min_ready(30);
    let client = || block.client_service(&meta, name).port(PORT_NAME, PORT).value();
    Rendered::new()
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("service/headless", 0, Service::headless(&meta, &headless).port(PORT_NAME, PORT).value())
        .maybe("service/client", 0, (values.replicas == 1).then(client))
        .maybe("networkpolicy/server", 0, block.network_policy(&meta, &[PORT], &[]))
        .maybe("poddisruptionbudget/server", 0, pod_disruption_budget(&meta, name, values.replicas))
        .object("statefulset/server", 0, set.value())
        .maybe("podmonitor/server", 0, block.pod_monitor(&meta))
        .output(output(block, values))
        .notes(notes(block, values))
}

fn pod(block: &Block, values: &Values, meta: &Meta) -> Pod {
    let pod = block.pod(meta, values.replicas).grace_period(30);
    block.scraped(exporter(block, pod).container(server(block, values)))
}

fn server(block: &Block, values: &Values) -> Container {
    let probe = || Probe::tcp(PORT_NAME).timeout(3);
    block
        .container("memcached", &block.image_name(), block.resources)
        .command(["memcached"])
        .args(args(block, values))
        .port(PORT_NAME, PORT)
        .startup(probe().period(2).failures(30))
        .liveness(probe().period(10).failures(3))
        .readiness(probe().period(5).failures(3))
        // Clients are given time to notice that the node leaves.
        .set("lifecycle", json!({"preStop": {"sleep": {"seconds": 5}}}))
}

fn args(block: &Block, values: &Values) -> Vec<String> {
    let mut args = vec![];
    let mut flag = |name: &str, value: String| args.extend([name.to_owned(), value]);
    flag("-m", values.cache(&block.resources).to_string());
    flag("-c", values.max_connections.to_string());
    flag("-t", values.threads(&block.resources).to_string());
    flag("-I", values.max_item_size.bytes().to_string());
    let mut options = vec![];
    options.extend(values.chunk().map(|chunk| format!("slab_chunk_max={chunk}")));
    if values.idle_timeout > 0 {
        options.push(format!("idle_timeout={}", values.idle_timeout));
    }
    if !values.extended_options.is_empty() {
        options.push(values.extended_options.clone());
    }
    if !options.is_empty() {
        flag("-o", options.join(","));
    }
    args.extend(values.verbosity.flag().map(str::to_owned));
    args
}

/// The metrics exporter as a native sidecar.
fn exporter(block: &Block, pod: Pod) -> Pod {
    let Some(exporter) = block.spec.exporter.filter(|_| block.metrics.enabled) else { return pod };
    let resources = Resources::new(Quantity::from_millis(10), Quantity::from_mib(64));
    let container = Container::new("exporter", &block.mapped(exporter.image), resources)
        .args([format!("--memcached.address=localhost:{PORT}"), format!("--web.listen-address=:{}", exporter.port)])
        .port("http-metrics", exporter.port)
        .sidecar();
    pod.init(container)
}

/// Every node by its own name: a client needs the whole list, in this order.
fn servers(block: &Block, values: &Values) -> Vec<String> {
    let name = &block.name;
    let host = |ordinal: u32| format!("{}:{PORT}", block.host(&format!("{name}-{ordinal}.{name}-headless")));
    (0..values.replicas).map(host).collect()
}

fn output(block: &Block, values: &Values) -> Output {
    let servers = servers(block, values);
    let output = if values.replicas == 1 {
        let host = block.host(&block.name);
        Output::new("primary", "memcached", host.clone(), PORT).uri(&format!("memcached://{host}:{PORT}"))
    } else {
        Output::list("primary", "memcached")
    };
    let joined = servers.join(",");
    output.with("servers", Value::from(servers)).with("hosts", joined)
}

fn notes(block: &Block, values: &Values) -> String {
    let (nodes, cache) = (u64::from(values.replicas), values.cache(&block.resources));
    let mut text = if nodes == 1 {
        format!("Memcached with one node of {cache} MiB.\n\nConnect to `{}:{PORT}`.\n", block.host(&block.name))
    } else {
        format!(
            "Memcached with {nodes} nodes of {cache} MiB, {} MiB in all.\n\nGive clients the whole list, in this order, \
             and let them hash by ketama:\n`{}`\n",
            nodes * cache,
            servers(block, values).join(",")
        )
    };
    text.push_str("\nThere is no password: the network policy decides who may connect.\n");
    // Writing to a String cannot fail.
    if block.network == NetworkMode::Labelled {
        let _ = writeln!(text, "Only pods labelled `{}: \"true\"` may.", block.client_label());
    }
    text.push_str(
        "\nA node that restarts comes back empty. Changing `replicas` moves keys, so the cache is partly cold.\n",
    );
    text
}
