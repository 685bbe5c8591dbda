//! How clients connect, and what to tell the person who published.
//! It never holds a password: addresses say `{password}` where it belongs.

use std::fmt::Write as _;

use template_sdk::block::{Block, NetworkMode};
use template_sdk::{Output, json};

use crate::config::PORT;
use crate::values::Values;

/// The connection of the application's user.
pub(crate) fn output(block: &Block, values: &Values) -> Output {
    let name = &block.name;
    let seed = |ordinal: u32| format!("{}:{PORT}", block.host(&format!("{name}-{ordinal}.{name}-headless")));
    let hosts = (0..values.members).map(seed).collect::<Vec<_>>().join(",");
    let options = options(values);
    let database = &values.database;
    // Drivers take the members of an SRV record only where they share the name's domain, so this one is whole.
    let domain = block.fqdn(&format!("{name}-headless"));
    let srv = format!("mongodb+srv://{{username}}:{{password}}@{domain}/{database}?{options}&tls=false");
    Output::new("primary", "mongodb", block.host(name), PORT)
        .uri(&format!("mongodb://{{username}}:{{password}}@{hosts}/{database}?{options}"))
        .password(&block.auth_secret(), "password")
        .with("username", json!(values.username))
        .with("database", json!(database))
        .with("hosts", json!(hosts))
        .with("replicaSet", json!(values.replica_set_name))
        .with("authSource", json!(database))
        .with("srv", json!(srv))
        .with("tls", "disabled")
        .with("readOnly", false)
}

fn options(values: &Values) -> String {
    let mut options = format!("replicaSet={}&authSource={}", values.replica_set_name, values.database);
    if values.read_preference != "primary" {
        options = format!("{options}&readPreference={}", values.read_preference);
    }
    options
}

/// What to do next.
pub(crate) fn notes(block: &Block, values: &Values) -> String {
    let (name, members, secret) = (&block.name, values.members, block.auth_secret());
    let survives = match (members - 1) / 2 {
        0 => "none".to_owned(),
        number => number.to_string(),
    };
    let mut text = format!(
        "MongoDB {tag}: the set `{set}` with {members} member{s}; {survives} may be missing.\n\n\
         The user `{user}` of the database `{database}` has the password in the key `password` of the Secret `{secret}`; \
         `root` has `root-password`. Give drivers the whole list of members:\n\n    \
         mongodb://{user}:PASSWORD@{first}:{PORT}{more}/{database}?{options}\n\n\
         Each member keeps a cache of {cache} MiB.\n",
        tag = block.tag(),
        set = values.replica_set_name,
        s = if members == 1 { "" } else { "s" },
        user = values.username,
        database = values.database,
        first = block.host(&format!("{name}-0.{name}-headless")),
        more = if members == 1 { "" } else { ",…" },
        options = options(values),
        cache = values.cache_mib(block.resources.memory_limit),
    );
    // Writing to a String cannot fail.
    if members == 1 {
        text.push_str("\nThere is one copy of the data; members: 3 keeps it through the loss of a node.\n");
    }
    if block.network == NetworkMode::Labelled {
        let label = block.client_label();
        let _ = write!(text, "\nOnly pods labelled `{label}: \"true\"` may connect.\n");
    }
    text.push_str(
        "\nMongoDB needs a processor with AVX: on one without, mongod ends at once with SIGILL (exit code 132).\n\
         \nBack up with `mongodump --oplog` against a secondary, or with snapshots of the volumes of one member.\n",
    );
    text
}
