//! The Job that brings a running cluster to what the definition says: defaults, users, topics.
//! It never deletes anything: what the definition no longer names stays.

use template_sdk::block::Block;
use template_sdk::build::{Job, Meta, Resources, config_map, env, volume};
use template_sdk::{Quantity, Value};

use crate::config::{self, INTERNAL_PORT};
use crate::pods;
use crate::values::Values;

const CONF: &str = "/ku8/setup";

/// Name of the ConfigMap.
fn config_name(block: &Block) -> String {
    format!("{}-setup", block.name)
}

/// Users and the keys of their passwords.
fn users(block: &Block, values: &Values) -> Vec<(String, &'static str)> {
    let mut users = vec![("admin".to_owned(), "admin-password"), (values.auth.username.clone(), "password")];
    if block.metrics.enabled {
        users.push(("monitor".to_owned(), "monitor-password"));
    }
    users
}

/// Keys of the Secret with the users' passwords.
pub(crate) fn auth_keys(block: &Block, values: &Values) -> Vec<&'static str> {
    users(block, values).into_iter().map(|(_, key)| key).collect()
}

/// What the Job reads: the topics, the users, the script.
pub(crate) fn config(block: &Block, values: &Values, meta: &Meta) -> Value {
    let mut topics = String::new();
    let mut files = vec![("setup.sh".to_owned(), include_str!("files/setup.sh").to_owned())];
    files.push(("log4j2.properties".to_owned(), config::logging("WARN", "SYSTEM_ERR")));
    for topic in &values.topics {
        let line = format!("{} {} {}\n", topic.name, values.partitions_of(topic), values.replicas_of(topic));
        topics.push_str(&line);
        let settings =
            topic.config.iter().map(|(key, value)| format!("{key}={}\n", value.as_str().unwrap_or_default()));
        let settings: String = settings.collect();
        if !settings.is_empty() {
            files.push((format!("topic-{}", topic.name), settings));
        }
    }
    files.push(("topics".to_owned(), topics));
    if block.auth.enabled {
        let lines = users(block, values).into_iter().map(|(name, key)| format!("{name} {key}\n"));
        files.push(("users".to_owned(), lines.collect()));
    }
    config_map(meta, &config_name(block), files)
}

/// The Job.
pub(crate) fn job(block: &Block, values: &Values, meta: &Meta, config: &Value) -> Value {
    let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(512));
    let container = block
        .container("setup", &block.image_name(), resources)
        .command(["sh", "/ku8/setup/setup.sh"])
        .env(env::value("KU8_BOOTSTRAP", config::bootstrap(block, values, INTERNAL_PORT)))
        .env(env::value("KU8_MIN_ISR", values.min_insync_replicas().to_string()))
        .env(env::value("KU8_AUTH", block.auth.enabled.to_string()))
        .read_only("setup", CONF)
        .mount("run", "/ku8/run");
    let mut container = pods::environment(container, 128, "/ku8/setup/log4j2.properties");
    let mut pod = block
        .pod(meta, 1)
        .checksum("setup", config)
        .volume(volume::config_map("setup", &config_name(block), 0o444))
        .volume(volume::memory_dir("run", Quantity::from_mib(4)))
        .volume(volume::empty_dir("tmp", Quantity::from_mib(64)));
    if block.auth.enabled {
        container = container.read_only("cluster", "/ku8/cluster").read_only("auth", "/ku8/auth");
        let cluster = volume::secret("cluster", &pods::cluster_secret(block, values), &["internal-password"]);
        let auth = volume::secret("auth", &block.auth_secret(), &auth_keys(block, values));
        pod = pod.volume(cluster).volume(auth);
    }
    // A short name: with the longest name of a definition and the digest it still has to be a label.
    Job::new(meta, &format!("{}-job", block.name), pod.container(container)).deadline(1800).value()
}
