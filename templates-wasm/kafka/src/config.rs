//! The files brokers run with, and the names they are known by.
//! It never holds a secret; everything here goes into a ConfigMap.

use template_sdk::block::Block;

use crate::values::{Mode, Values};

/// Port of clients inside the cluster.
pub(crate) const CLIENT_PORT: u16 = 9092;
/// Port of the controllers.
pub(crate) const CONTROLLER_PORT: u16 = 9093;
/// Port of brokers among themselves.
pub(crate) const INTERNAL_PORT: u16 = 9094;
/// Port of clients outside the cluster.
pub(crate) const EXTERNAL_PORT: u16 = 9095;

const SERVER: &str = include_str!("files/server.properties");
const LOG4J: &str = include_str!("files/log4j2.properties");

/// Every file, by name.
pub(crate) fn files(block: &Block, values: &Values) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("server.properties", server(block, values)),
        ("log4j2.properties", logging(&values.log_level, "SYSTEM_OUT")),
        ("init.sh", include_str!("files/init.sh").to_owned()),
    ];
    if values.external_access.mode != Mode::None {
        files.push(("external", external(values).join("\n") + "\n"));
    }
    files
}

/// Logging of a level to one of the two streams: what a tool answers must not be mixed with what it logs.
pub(crate) fn logging(level: &str, stream: &str) -> String {
    LOG4J.replace("@LEVEL@", level).replace("@TARGET@", stream)
}

/// Name of the headless Service.
pub(crate) fn headless(block: &Block) -> String {
    format!("{}-headless", block.name)
}

/// The first brokers with a port, as clients write them: those that always exist, so that the list never changes.
pub(crate) fn bootstrap(block: &Block, values: &Values, port: u16) -> String {
    let service = headless(block);
    let host = |ordinal: u32| format!("{}:{port}", block.host(&format!("{}-{ordinal}.{service}", block.name)));
    (0..values.controllers).map(host).collect::<Vec<_>>().join(",")
}

/// Addresses of the brokers as clients outside see them, by ordinal.
pub(crate) fn external(values: &Values) -> Vec<String> {
    let access = &values.external_access;
    let port = |ordinal: usize| match access.mode {
        Mode::NodePort => node_port(values, ordinal),
        _ => u32::from(EXTERNAL_PORT),
    };
    access.hosts.iter().enumerate().map(|(ordinal, host)| format!("{host}:{}", port(ordinal))).collect()
}

/// Node port of a broker.
pub(crate) fn node_port(values: &Values, ordinal: usize) -> u32 {
    u32::from(values.external_access.first_node_port).saturating_add(u32::try_from(ordinal).unwrap_or(u32::MAX))
}

/// Protocol of the listeners.
pub(crate) fn protocol(block: &Block) -> &'static str {
    if block.auth.enabled { "SASL_PLAINTEXT" } else { "PLAINTEXT" }
}

fn voters(block: &Block, values: &Values) -> String {
    let service = headless(block);
    let voter = |ordinal: u32| {
        let host = block.fqdn(&format!("{}-{ordinal}.{service}", block.name));
        format!("{}@{host}:{CONTROLLER_PORT}", values.node_id_base + ordinal)
    };
    (0..values.controllers).map(voter).collect::<Vec<_>>().join(",")
}

fn server(block: &Block, values: &Values) -> String {
    let retention = if values.retention_hours < 0 { -1 } else { values.retention_hours * 3_600_000 };
    let settings = [
        ("@VOTERS@", voters(block, values)),
        ("@PROTOCOL@", protocol(block).to_owned()),
        ("@AUTO_CREATE@", values.auto_create_topics.to_string()),
        ("@REPLICATION@", values.replication_factor().to_string()),
        ("@MIN_ISR@", values.min_insync_replicas().to_string()),
        ("@PARTITIONS@", values.default_partitions.to_string()),
        ("@RETENTION_MS@", retention.to_string()),
        ("@RETENTION_BYTES@", values.retention_bytes.to_string()),
        ("@MESSAGE_MAX@", values.message_max_bytes.to_string()),
        ("@FETCH_MAX@", values.message_max_bytes.max(1_048_576).to_string()),
    ];
    let mut text = settings.iter().fold(SERVER.to_owned(), |text, (mark, value)| text.replace(mark, value));
    if !block.extra_config.is_empty() {
        text.push_str("\n# From extraConfig.\n");
        text.push_str(block.extra_config.trim_end());
        text.push('\n');
    }
    text
}
