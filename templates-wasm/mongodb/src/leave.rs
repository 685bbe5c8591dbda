//! The Job that takes members out of the set before their pods go.
//! It never runs where nobody has to leave: without it a smaller set would count the missing ones for ever.

use template_sdk::block::{Block, NetworkMode};
use template_sdk::build::{Job, Pod, env, volume};
use template_sdk::{Map, Quantity, Value};

use crate::objects;
use crate::values::Values;

/// Seconds the script tries before its pod has failed.
const PATIENCE: u32 = 300;

/// Returns the Job; `was` is how many members there are to be seen.
pub(crate) fn job(block: &Block, values: &Values, was: u32) -> Value {
    let meta = block.meta("leave");
    let container = block.container("leave", &block.image_name(), objects::shell_resources());
    let container = objects::shell(block, values, container)
        .command(["sh", "/ku8/scripts/shell.sh", "remove.js"])
        .env(env::value("KU8_KEEP", values.members.to_string()))
        .env(env::value("KU8_HIGHEST", was.to_string()))
        .env(env::value("KU8_PATIENCE", PATIENCE.to_string()))
        .mount("shell", "/tmp");
    let mut labels = Map::new();
    if block.network == NetworkMode::Labelled {
        labels.insert(block.client_label(), Value::from("true"));
    }
    let pod: Pod = block
        .pod(&meta, 1)
        .labels(&labels)
        .container(container)
        .volume(volume::config_map("scripts", &format!("{}-scripts", block.name), 0o444))
        .volume(volume::secret("auth", &block.auth_secret(), &["root-password"]))
        .volume(volume::empty_dir("shell", Quantity::from_mib(64)));
    Job::new(&meta, &format!("{}-out", block.name), pod).retries(1).deadline(2 * PATIENCE + 60).value()
}
