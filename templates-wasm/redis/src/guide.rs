//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::values::Engine;

/// Every rule of the template's own.
const RULES: [(&str, &str); 16] = [
    ("redis.memory.too-small", "The memory limit is at least 128Mi."),
    (
        "redis.storage.below-rewrite",
        "With an append-only file the volume has at least 2.5 times maxmemory, so that a rewrite of the file fits.",
    ),
    ("redis.policy.evicts-stored", "Warned: a policy that drops keys although they are kept on disk."),
    ("redis.policy.cache-refuses", "Pointed out: a cache that refuses writes when it is full."),
    ("redis.disable-commands.needed", "Commands the probes and the shutdown need stay enabled."),
    ("redis.modules.unsupported", "Modules need the engine redis, version 8 or newer."),
    ("redis.modules.switched-off", "Warned: a server without modules does not start on data of module types."),
    ("redis.image.too-old", "Versions below 7.2 write their log in a form that is not handled."),
    ("redis.auth.charset", "Pointed out: which characters a password from an existing Secret may have."),
    ("redis.auth.off", "Warned: without a password everybody who can connect may do anything."),
    ("redis.metrics.pod-monitor", "Pointed out: what a PodMonitor needs in the cluster."),
    ("redis.engine.changed", "Data files do not move between Redis and Valkey."),
    ("redis.databases.fewer", "The number of databases does not fall while data is kept."),
    (
        "redis.persistence.aof-to-rdb",
        "From aof to rdb only by way of both: a server with snapshots only would start empty.",
    ),
    (
        "redis.persistence.switched",
        "Warned: data in memory is lost, or the volume is no longer used, when persistence is switched on or off.",
    ),
    (
        "redis.memory.shrinks",
        "Warned: less memory than before, because data that no longer fits keeps the pod from starting.",
    ),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    block::rules(&Engine::Redis.spec(), &RULES)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation::new(
        "Backup",
        "With `rdb` or `both` the volume holds a consistent `dump.rdb`; copy it with `kubectl cp NAMESPACE/NAME-0:/data/dump.rdb dump.rdb -c redis`. With `aof` ask for one first: `BGSAVE`, and wait for `rdb_bgsave_in_progress:0` in `INFO persistence`.",
    )]
}
