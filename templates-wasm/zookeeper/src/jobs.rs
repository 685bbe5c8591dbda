//! The Job that puts new members on the member list of a running ensemble, once their pods are ready.
//! It never runs twice for the same wish: its name follows from what it does.

use template_sdk::block::Block;
use template_sdk::build::{Job, Resources, env, volume};
use template_sdk::{Quantity, Value, json};

use crate::config::member_domain;
use crate::pod::{AUTH, CONF};
use crate::values::Values;

/// Renders the Job.
pub(crate) fn job(block: &Block, values: &Values) -> Value {
    let meta = block.meta("members");
    let (first, count) = (values.first_server_id.to_string(), values.members().to_string());
    let domain = member_domain(block);
    let script = "/ku8/conf/members.sh";
    let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(256));
    let mut container = block
        .container("members", &block.image_name(), resources)
        .command(["bash", script, &block.name, &domain, &first, &count])
        .env(env::value("ZOOCFGDIR", CONF))
        .env(env::value("ZOO_LOG_DIR", "/tmp"))
        .env(env::value("ZK_CLIENT_HEAP", "96"));
    if values.auth.client {
        container = container.env(env::value("CLIENT_USERNAME", values.auth.username.clone()));
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
    Job::new(&meta, &format!("{}-add", block.name), pod).value()
}
