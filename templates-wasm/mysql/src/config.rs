//! The files the server runs with: my.cnf and the scripts.
//! It never holds a secret; everything here goes into a ConfigMap.

use std::fmt::Write as _;

use template_sdk::block::Block;

use crate::memory::{buffer_pool, performance_schema, redo_log, table_open_cache};
use crate::server::TLS;
use crate::values::{Durability, TlsMode, Values};

const MY_CNF: &str = include_str!("files/my.cnf");
/// Settings of every member of a replicated server; what differs between members is written by replication.sh.
const REPLICATION: &str = "
# Replication.
replica-net-timeout=20
replica-parallel-workers=4
replica-preserve-commit-order=ON
";

/// Every file, by name.
pub(crate) fn files(block: &Block, values: &Values) -> Vec<(&'static str, String)> {
    let replicated = values.replicated();
    let mut files = vec![
        ("my.cnf", my_cnf(block, values)),
        ("init.sh", sections(include_str!("files/init.sh"), replicated)),
        ("start.sh", sections(include_str!("files/start.sh"), values.slow_query_log_seconds.is_some())),
        ("ready.sh", sections(include_str!("files/ready.sh"), replicated)),
        ("live.sh", include_str!("files/live.sh").to_owned()),
    ];
    if replicated {
        files.push(("replication.sh", include_str!("files/replication.sh").to_owned()));
        files.push(("promotion.sh", include_str!("files/promotion.sh").to_owned()));
    }
    files
}

/// A script with the lines between `#[` and `#]`, or without them: a server that does not need them does not
/// restart because they changed.
fn sections(text: &str, kept: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("#[") || line == "#]" {
            inside = line != "#]";
        } else if kept || !inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn my_cnf(block: &Block, values: &Values) -> String {
    let limit = block.resources.memory_limit;
    let pool = values.buffer_pool.unwrap_or_else(|| buffer_pool(limit, values.max_connections));
    let (flush, sync) = match values.durability {
        Durability::Full => ("1", "1"),
        Durability::Relaxed => ("2", "1000"),
    };
    let observes = if performance_schema(limit, block.metrics.enabled) { "ON" } else { "OFF" };
    let settings = [
        ("@CHARSET@", values.charset.clone()),
        ("@COLLATION@", values.collation.clone()),
        ("@LOWER_CASE@", values.lower_case_table_names.to_string()),
        ("@TIME_ZONE@", values.time_zone.clone()),
        ("@MAX_CONNECTIONS@", values.max_connections.to_string()),
        ("@TABLE_OPEN_CACHE@", table_open_cache(values.max_connections).to_string()),
        ("@BUFFER_POOL@", pool.bytes().to_string()),
        ("@REDO_LOG@", redo_log(pool).bytes().to_string()),
        ("@PERFORMANCE_SCHEMA@", observes.to_owned()),
        ("@FLUSH_AT_COMMIT@", flush.to_owned()),
        ("@SYNC_BINLOG@", sync.to_owned()),
        ("@BINLOG_SECONDS@", values.binlog_seconds().to_string()),
    ];
    let mut text = settings.iter().fold(MY_CNF.to_owned(), |text, (mark, value)| text.replace(mark, value));
    // Writing to a String cannot fail.
    if let Some(mode) = &values.sql_mode {
        let _ = writeln!(text, "sql-mode={mode}");
    }
    // start.sh passes the file on to the container's output and keeps it small.
    if let Some(seconds) = values.slow_query_log_seconds {
        let seconds = template_sdk::decimal(seconds);
        let _ = writeln!(text, "slow-query-log=ON\nslow-query-log-file=/tmp/slow.log\nlong-query-time={seconds}");
    }
    if values.tls.mode != TlsMode::Auto {
        text.push_str("require-secure-transport=ON\n");
    }
    if values.tls.mode == TlsMode::SecretRef {
        let _ = writeln!(text, "ssl-cert={TLS}/tls.crt\nssl-key={TLS}/tls.key");
    }
    if values.replicated() {
        text.push_str(REPLICATION);
    }
    if values.semi_sync() {
        let timeout = values.replication.semi_sync_timeout_ms;
        text.push_str("plugin-load-add=semisync_source.so\nplugin-load-add=semisync_replica.so\n");
        let _ = writeln!(text, "loose-rpl-semi-sync-source-timeout={timeout}");
    }
    if !block.extra_config.is_empty() {
        let _ = writeln!(text, "\n# From extraConfig.\n{}", block.extra_config.trim_end());
    }
    // What differs per pod is written by init.sh.
    text.push_str("\n!includedir /etc/mysql/ku8.d/\n");
    text
}
