//! The text of redis.conf and of the access rule, from the values.
//! It never contains a password: the init script adds it in the pod.

use std::fmt::Write as _;

use template_sdk::block::Block;

use crate::sentinel;
use crate::values::{Mode, SavePoint, Values};

const BASE: &str = include_str!("files/redis.conf");

/// Settings `extraConfig` may not touch.
pub(crate) const OWNED: [&str; 25] = [
    "aclfile",
    "appendfsync",
    "appendonly",
    "bind",
    "daemonize",
    "databases",
    "dir",
    "include",
    "loadmodule",
    "masterauth",
    "maxclients",
    "maxmemory",
    "maxmemory-policy",
    "port",
    "protected-mode",
    "rename-command",
    "replicaof",
    "requirepass",
    "save",
    "shutdown-on-sigterm",
    "shutdown-timeout",
    "tcp-keepalive",
    "timeout",
    "unixsocket",
    "user",
];

/// Settings it may not touch either where Sentinels watch.
pub(crate) const OWNED_WATCHED: [&str; 10] = [
    "min-replicas-max-lag",
    "min-replicas-to-write",
    "min-slaves-max-lag",
    "min-slaves-to-write",
    "masteruser",
    "replica-announce-ip",
    "replica-announce-port",
    "replica-priority",
    "slave-priority",
    "slaveof",
];

/// Returns redis.conf without the password.
pub(crate) fn redis_conf(values: &Values, block: &Block) -> String {
    let mode = values.persistence.mode;
    let fsync = values.appendfsync.as_deref().unwrap_or("everysec");
    let mut lines = vec![
        format!("databases {}", values.databases()),
        format!("timeout {}", values.timeout_seconds.unwrap_or(0)),
        format!("tcp-keepalive {}", values.tcp_keepalive.unwrap_or(60)),
        format!("maxclients {}", values.maxclients.unwrap_or(10_000)),
        format!("maxmemory {}", values.maxmemory(block).bytes()),
        format!("maxmemory-policy {}", values.policy()),
        format!("appendonly {}", if mode.logs() { "yes" } else { "no" }),
        format!("appendfsync {fsync}"),
        format!("save {}", save(mode, values.save.as_deref().unwrap_or_default())),
    ];
    if mode.snapshots() {
        lines.push("shutdown-on-sigterm save".to_owned());
    }
    if values.watched() {
        lines.extend(sentinel::redis_conf(values));
    }
    let mut text = format!("{BASE}{}\n", lines.join("\n"));
    if !block.extra_config.trim().is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, "# extraConfig\n{}\n", block.extra_config.trim_end());
    }
    if let Some(rules) = acl(values).filter(|_| !block.auth.enabled) {
        let _ = writeln!(text, "user default on nopass {rules}");
    }
    text
}

/// Returns the access rule of the default user, where commands are disabled.
pub(crate) fn acl(values: &Values) -> Option<String> {
    let denied: Vec<String> = values.disable_commands.iter().map(|command| format!("-{command}")).collect();
    (!denied.is_empty()).then(|| format!("~* &* +@all {}", denied.join(" ")))
}

fn save(mode: Mode, points: &[SavePoint]) -> String {
    if !mode.snapshots() {
        return "\"\"".to_owned();
    }
    let points: Vec<String> = points.iter().map(|point| format!("{} {}", point.seconds, point.changes)).collect();
    if points.is_empty() { "3600 1 300 100 60 10000".to_owned() } else { points.join(" ") }
}
