//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 19] = [
    ("mysql.names.reserved-database", "The database is not one of the server's own."),
    ("mysql.names.reserved-user", "The account is not one of the server's or the template's own."),
    ("mysql.names.user-too-long", "An account name has at most 32 characters."),
    ("mysql.names.user-immutable", "The account keeps its name; further ones are made with SQL."),
    ("mysql.names.database-immutable", "The database keeps its name; further ones are made with SQL."),
    ("mysql.names.case-immutable", "lowerCaseTableNames is decided when the data directory is made."),
    ("mysql.memory.too-small", "The memory limit is at least 1Gi: a server without data takes about 500 MiB."),
    ("mysql.memory.buffer-pool", "The buffer pool is at most four fifths of the memory limit."),
    (
        "mysql.memory.over-committed",
        "Buffer pool, connections and the server itself fit into the memory limit together.",
    ),
    ("mysql.storage.too-small", "The volume holds the redo log four times, and 2Gi."),
    ("mysql.charset.pair", "The collation belongs to the character set."),
    ("mysql.charset.changed", "Warned: existing tables keep the character set they were made with."),
    ("mysql.init-scripts.two-sources", "Init scripts come from files or from a ConfigMap, not from both."),
    ("mysql.init-scripts.spent", "Pointed out: init scripts run once, when the volume is new."),
    ("mysql.storage.scale-down-delete", "Volumes are not deleted on scale-down: pausing scales to zero."),
    ("mysql.server-id.immutable", "serverIdBase does not change: replicas would take the server for another one."),
    ("mysql.version.down", "Data of a newer version is never given to an older one."),
    ("mysql.version.up", "Warned: the data directory is upgraded and cannot go back."),
    ("mysql.version.innovation", "Warned: innovation releases are supported only until the next one."),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    block::rules(&SPEC, &RULES)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation::new(
        "Backup",
        "`mysqldump --single-transaction --all-databases` over the client Service writes a consistent dump of InnoDB tables. Volume snapshots are consistent too: InnoDB recovers from them as from a crash.",
    )]
}
