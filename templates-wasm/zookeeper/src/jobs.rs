//! The two Jobs that change the member list of a running ensemble: one before the pods change, one after.
//! They never run twice for the same wish: their names follow from what they do.

use template_sdk::block::Block;
use template_sdk::build::{Job, Resources, env, volume};
use template_sdk::{Quantity, Request, Value, json};

use crate::config::member_domain;
use crate::pod::{AUTH, CONF};
use crate::values::{Values, members_of};

/// Renders the Job that takes members off the list (`rm`) or puts them on it (`add`).
pub(crate) fn job(block: &Block, values: &Values, request: &Request, mode: &str) -> Value {
    let meta = block.meta("members");
    let (first, count) = (values.first_server_id.to_string(), values.members().to_string());
    let (domain, service) = (member_domain(block), block.fqdn(&block.name));
    let script = "/ku8/conf/members.sh";
    let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(256));
    let mut container = block
        .container("members", &block.image_name(), resources)
        .command(["bash", script, mode, &block.name, &domain, &first, &count, &service])
        .env(env::value("ZOOCFGDIR", CONF))
        .env(env::value("ZOO_LOG_DIR", "/tmp"))
        .env(env::value("ZK_CLIENT_HEAP", "96"));
    if values.auth.client {
        container = container.env(env::value("CLIENT_USERNAME", values.auth.username.clone()));
    }
    // A publish that broke off may have changed the list after the Jobs of the size before it had run.
    let broken_off = request.previous.as_ref().and_then(|previous| previous.attempted.as_ref()).and_then(members_of);
    if let Some(other) = broken_off.filter(|other| *other != values.members()) {
        container = container.env(env::value("AFTER", other.to_string()));
    }
    let container = container.read_only("config", CONF).read_only("auth", AUTH).mount("tmp", "/tmp");
    let labels = json!({block.client_label(): "true"});
    let pod = block
        .pod(&meta, 1)
        .labels(labels.as_object().unwrap_or(&template_sdk::Map::new()))
        .volume(volume::config_map("config", &format!("{}-config", block.name), 0o444))
        .volume(volume::secret("auth", &block.auth_secret(), &values.passwords()))
        .volume(volume::memory_dir("tmp", Quantity::from_mib(16)))
        .container(container);
    Job::new(&meta, &format!("{}-{mode}", block.name), pod).value()
}
