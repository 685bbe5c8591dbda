//! The files the server runs with: my.cnf and the scripts.
//! It never holds a secret; everything here goes into a ConfigMap.

use std::fmt::Write as _;

use template_sdk::block::Block;

use crate::memory::{buffer_pool, performance_schema, redo_log, table_open_cache};
use crate::values::{Durability, Values};

const MY_CNF: &str = include_str!("files/my.cnf");

/// Every file, by name.
pub(crate) fn files(block: &Block, values: &Values) -> [(&'static str, String); 5] {
    [
        ("my.cnf", my_cnf(block, values)),
        ("init.sh", include_str!("files/init.sh").to_owned()),
        ("start.sh", include_str!("files/start.sh").to_owned()),
        ("ready.sh", include_str!("files/ready.sh").to_owned()),
        ("live.sh", include_str!("files/live.sh").to_owned()),
    ]
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
    // A file beside the data: the server refuses the container's own output, which is a pipe.
    if let Some(seconds) = values.slow_query_log_seconds {
        let _ = writeln!(text, "slow-query-log=ON\nslow-query-log-file=slow.log\nlong-query-time={seconds}");
    }
    if !block.extra_config.is_empty() {
        let _ = writeln!(text, "\n# From extraConfig.\n{}", block.extra_config.trim_end());
    }
    // What differs per pod is written by init.sh.
    text.push_str("\n!includedir /etc/mysql/ku8.d/\n");
    text
}
