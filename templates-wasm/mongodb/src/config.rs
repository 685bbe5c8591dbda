//! mongod.conf from the values, and the scripts beside it.
//! It never holds a secret; everything here goes into ConfigMaps.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use template_sdk::block::Block;
use template_sdk::{Finding, Findings};

use crate::values::Values;

/// Port of a member.
pub(crate) const PORT: u16 = 27017;
/// Where the keyfile is, after init has copied it.
pub(crate) const KEYFILE: &str = "/ku8/keyfile/keyfile";

/// Settings the template owns, with all below them.
const OWNED: [&str; 19] = [
    "net.bindIp",
    "net.bindIpAll",
    "net.maxIncomingConnections",
    "net.port",
    "net.ssl",
    "net.tls",
    "operationProfiling.slowOpThresholdMs",
    "replication.oplogSizeMB",
    "replication.replSetName",
    "security.authorization",
    "security.clusterAuthMode",
    "security.keyFile",
    "setParameter.enableLocalhostAuthBypass",
    "storage.dbPath",
    "storage.engine",
    "storage.journal",
    "storage.wiredTiger.engineConfig.cacheSizeGB",
    "systemLog.destination",
    "systemLog.path",
];

/// Sections of mongod.conf that `extraConfig` may add to.
const SECTIONS: [&str; 7] =
    ["net", "operationProfiling", "replication", "security", "setParameter", "storage", "systemLog"];

/// Every script, by name.
pub(crate) const SCRIPTS: [(&str, &str); 7] = [
    ("bootstrap.js", include_str!("files/bootstrap.js")),
    ("init.sh", include_str!("files/init.sh")),
    ("ku8.js", include_str!("files/ku8.js")),
    ("probe.sh", include_str!("files/probe.sh")),
    ("remove.js", include_str!("files/remove.js")),
    ("shell.sh", include_str!("files/shell.sh")),
    ("stop.js", include_str!("files/stop.js")),
];

/// Returns mongod.conf.
pub(crate) fn mongod_conf(values: &Values, block: &Block) -> String {
    let cache = values.cache_mib(block.resources.memory_limit);
    let mut settings: BTreeMap<String, String> = BTreeMap::new();
    let mut set = |path: &str, value: String| drop(settings.insert(path.to_owned(), value));
    set("net.bindIpAll", "true".to_owned());
    set("net.maxIncomingConnections", values.max_incoming_connections.to_string());
    set("net.port", PORT.to_string());
    set("operationProfiling.slowOpThresholdMs", values.slow_op_threshold_ms.to_string());
    set("replication.replSetName", values.replica_set_name.clone());
    set("security.authorization", "enabled".to_owned());
    set("security.keyFile", KEYFILE.to_owned());
    set("storage.dbPath", "/data/db".to_owned());
    set("storage.wiredTiger.engineConfig.cacheSizeGB", gib(cache));
    if let Some(size) = values.oplog_size_mi_b {
        set("replication.oplogSizeMB", size.to_string());
    }
    if let Some(interval) = values.journal_commit_interval_ms {
        set("storage.journal.commitIntervalMs", interval.to_string());
    }
    for (path, value) in extra(&block.extra_config).filter_map(Result::ok) {
        set(path, value.to_owned());
    }
    nested(&settings)
}

/// Refuses lines of `extraConfig` that are not settings, and settings the template owns.
pub(crate) fn judge_extra(text: &str) -> Findings {
    let mut findings = Findings::new();
    for line in extra(text) {
        let finding = match line {
            Err(line) => {
                let message = format!("`{line}` is not a setting of mongod.conf in one line");
                Finding::error("/extraConfig", "mongodb.extra-config.shape", message).hint(
                    "write dotted names of a known section and a plain value: setParameter.ttlMonitorSleepSecs: 30",
                )
            }
            Ok((path, _)) if owned(path) => {
                let message = format!("`{path}` is set by the template");
                Finding::error("/extraConfig", "mongodb.extra-config.owned", message)
                    .hint("use the template's own parameter for it")
            }
            Ok(_) => continue,
        };
        findings.push(finding);
    }
    findings
}

/// Each setting as path and value, or the line that is none.
fn extra(text: &str) -> impl Iterator<Item = Result<(&str, &str), &str>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| setting(line).ok_or(line))
}

fn setting(line: &str) -> Option<(&str, &str)> {
    let (path, value) = line.split_once(": ")?;
    let value = value.trim();
    let mut names = path.split('.');
    let known = names.next().is_some_and(|section| SECTIONS.contains(&section));
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let deep = path.contains('.') && names.all(plain);
    let scalar = !value.is_empty() && !value.starts_with(['{', '[', '&', '*', '|', '>', '!', '%', '@', '`']);
    (known && deep && scalar).then_some((path, value))
}

/// True for a setting of the template, one below it, and one it is below.
fn owned(path: &str) -> bool {
    let below = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    OWNED.iter().any(|owned| path == *owned || below(path, owned) || below(owned, path))
}

/// Writes dotted names as nested sections; sorted names keep a section together.
fn nested(settings: &BTreeMap<String, String>) -> String {
    let mut text = "# Rendered from the definition's values; do not edit in the cluster.\n".to_owned();
    let mut open: Vec<&str> = Vec::new();
    for (path, value) in settings {
        let mut names: Vec<&str> = path.split('.').collect();
        let last = names.pop().unwrap_or_default();
        let shared = open.iter().zip(&names).take_while(|(one, other)| one == other).count();
        open.truncate(shared);
        for name in &names[shared..] {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:width$}{name}:", "", width = 2 * open.len());
            open.push(name);
        }
        let _ = writeln!(text, "{:width$}{last}: {value}", "", width = 2 * open.len());
    }
    text
}

/// MiB in GiB with three decimals, rounded down; no floating point, which would cost more than it says.
fn gib(mib: u64) -> String {
    format!("{}.{:03}", mib / 1024, mib % 1024 * 1000 / 1024)
}
