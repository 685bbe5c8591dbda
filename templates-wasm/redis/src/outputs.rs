//! How others connect, and what to tell the person who published.
//! It never holds a password, only where it is.

use std::fmt::Write as _;

use template_sdk::block::{Block, NetworkMode};
use template_sdk::{Output, Rendered, Value, json};

use crate::objects::PORT;
use crate::sentinel::SENTINEL_PORT;
use crate::values::Values;

/// Adds the outputs.
pub(crate) fn add(rendered: Rendered, values: &Values, block: &Block) -> Rendered {
    if !values.watched() {
        return rendered.output(server(block, "primary", &block.name, false));
    }
    let primary =
        if values.proxied() { server(block, "primary", &block.name, false) } else { sentinels(values, block) };
    let list: Vec<Value> = addresses(values, block).into_iter().map(Value::String).collect();
    let mut primary = primary.with("sentinels", list).with("masterName", values.master_name());
    if block.auth.enabled {
        primary = primary.with("sentinelPassword", json!({"secret": block.auth_secret(), "key": "password"}));
    }
    rendered.output(primary).output(server(block, "read", &format!("{}-read", block.name), true))
}

/// A plain address.
fn server(block: &Block, name: &str, service: &str, read_only: bool) -> Output {
    let host = block.host(service);
    let output = Output::new(name, "redis", host.clone(), PORT).with("readOnly", read_only);
    if block.auth.enabled {
        let uri = format!("redis://:{{password}}@{host}:{PORT}/0");
        output.password(&block.auth_secret(), "password").uri(&uri)
    } else {
        output.uri(&format!("redis://{host}:{PORT}/0"))
    }
}

/// The Sentinels, who know the master's address.
fn sentinels(values: &Values, block: &Block) -> Output {
    let (hosts, master) = (addresses(values, block).join(","), values.master_name());
    let output =
        Output::new("primary", "redis-sentinel", block.host(&block.name), SENTINEL_PORT).with("readOnly", false);
    if block.auth.enabled {
        let uri = format!("redis-sentinel://:{{password}}@{hosts}/0#{master}");
        output.password(&block.auth_secret(), "password").uri(&uri)
    } else {
        output.uri(&format!("redis-sentinel://{hosts}/0#{master}"))
    }
}

fn addresses(values: &Values, block: &Block) -> Vec<String> {
    let host = |ordinal: u32| format!("{}:{SENTINEL_PORT}", block.host(&format!("{}-{ordinal}", block.name)));
    (0..values.replicas()).map(host).collect()
}

/// Returns the notes.
pub(crate) fn notes(values: &Values, block: &Block) -> String {
    let (title, name) = (values.engine.title(), block.host(&block.name));
    let mut notes = match (values.watched(), values.proxied()) {
        (false, _) => format!("{title} is at `{name}:{PORT}`.\n"),
        (true, true) => format!("{title}: `{name}:{PORT}` leads to the present master.\n"),
        (true, false) => format!(
            "{title}: ask the Sentinels at `{}` for the master `{}`.\n",
            addresses(values, block).join(","),
            values.master_name()
        ),
    };
    // Writing to a String cannot fail.
    if values.watched() {
        let _ = writeln!(
            notes,
            "For reading only, and possibly a moment behind: `{}:{PORT}`.",
            block.host(&format!("{}-read", block.name))
        );
    }
    if block.auth.enabled {
        let secret = block.auth_secret();
        let also = if values.watched() { ", for servers and Sentinels alike" } else { "" };
        let _ = writeln!(notes, "The password is the key `password` of the Secret `{secret}`{also}.");
    }
    if block.network == NetworkMode::Labelled {
        let _ = writeln!(notes, "Clients need the label `{}: \"true\"` on their pods.", block.client_label());
    }
    let _ = writeln!(
        notes,
        "It keeps at most {} MiB of data ({} % of {}).",
        values.maxmemory(block).mib(),
        values.percent(),
        block.resources.memory_limit
    );
    if values.watched() {
        let _ = writeln!(
            notes,
            "When the master is lost, another server takes over after about {} seconds; {} of {} pods may be missing.",
            values.down_after_ms().div_ceil(1000) + 2,
            values.replicas() - values.replicas() / 2 - 1,
            values.replicas()
        );
    }
    notes
}
