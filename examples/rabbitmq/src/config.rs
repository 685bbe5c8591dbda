//! The text of rabbitmq.conf and the list of plugins, from the values.
//! It never contains a password: the init script adds it in the pod.

use template_sdk::prelude::*;

use crate::objects::{AMQP, MANAGEMENT, METRICS};
use crate::values::Values;

/// Settings `extraConfig` may not touch.
pub(crate) const OWNED: [&str; 14] = [
    "cluster_formation.discovery_retry_limit",
    "cluster_formation.peer_discovery_backend",
    "cluster_formation.target_cluster_size_hint",
    "cluster_name",
    "default_pass",
    "default_user",
    "disk_free_limit.absolute",
    "disk_free_limit.relative",
    "listeners.tcp.default",
    "log.console",
    "log.file",
    "raft.wal_max_size_bytes",
    "vm_memory_high_watermark.absolute",
    "vm_memory_high_watermark.relative",
];

/// Returns every file of the ConfigMap by name.
pub(crate) fn files(values: &Values, block: &Block) -> Vec<(&'static str, String)> {
    vec![
        ("rabbitmq.conf", rabbitmq_conf(values, block)),
        ("enabled_plugins", plugins(values, block)),
        ("init.sh", include_str!("files/init.sh").to_owned()),
        ("leave.sh", include_str!("files/leave.sh").to_owned()),
        ("stop.sh", include_str!("files/stop.sh").to_owned()),
    ]
}

fn rabbitmq_conf(values: &Values, block: &Block) -> String {
    let (limit, count) = (block.resources.memory_limit, values.replicas);
    let mut lines = vec![
        "# Written by the template rabbitmq; change the definition's values instead.".to_owned(),
        "log.console = true".to_owned(),
        "log.file = false".to_owned(),
        format!("listeners.tcp.default = {AMQP}"),
        format!("cluster_name = {}", block.name),
        format!("default_user = {}", values.username),
        "default_queue_type = quorum".to_owned(),
        // A new member of the cluster gets members of the queues by itself. It is looked for when a node comes; should
        // that be missed, because a queue is busy with the old one, it is not looked for again for an hour by default.
        "quorum_queue.continuous_membership_reconciliation.enabled = true".to_owned(),
        "quorum_queue.continuous_membership_reconciliation.interval = 300000".to_owned(),
        format!("quorum_queue.continuous_membership_reconciliation.target_group_size = {count}"),
        format!("total_memory_available_override_value = {}", limit.bytes()),
        format!("vm_memory_high_watermark.absolute = {}", values.watermark(block).bytes()),
        format!("disk_free_limit.absolute = {}", limit.bytes()),
        format!("raft.wal_max_size_bytes = {}", values.log_size(block).bytes()),
        // Whom an empty node joins is written by the init script; looking for it never ends in a cluster of its own.
        "cluster_formation.peer_discovery_backend = classic_config".to_owned(),
        "cluster_formation.discovery_retry_limit = 1000000".to_owned(),
        format!("cluster_formation.target_cluster_size_hint = {count}"),
    ];
    if values.management {
        lines.push(format!("management.tcp.port = {MANAGEMENT}"));
    }
    if block.metrics.enabled {
        lines.push(format!("prometheus.tcp.port = {METRICS}"));
    }
    if !block.extra_config.trim().is_empty() {
        lines.push(format!("# extraConfig\n{}", block.extra_config.trim_end()));
    }
    lines.join("\n") + "\n"
}

fn plugins(values: &Values, block: &Block) -> String {
    let mut plugins = Vec::new();
    if values.management {
        plugins.push("rabbitmq_management");
    }
    if block.metrics.enabled {
        plugins.push("rabbitmq_prometheus");
    }
    format!("[{}].\n", plugins.join(","))
}
