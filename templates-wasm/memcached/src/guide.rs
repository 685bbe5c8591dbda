//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 14] = [
    ("memcached.memory.too-small", "The memory limit is at least 128Mi."),
    ("memcached.cache.too-large", "The cache leaves at least 64 MiB of the memory limit to the process."),
    ("memcached.item.bounds", "The largest item is between 1Ki and 128Mi."),
    ("memcached.item.too-large", "The largest item is at most half of the cache."),
    ("memcached.item.step", "The largest item is a power of two up to 512Ki, or a multiple of 512Ki."),
    ("memcached.item.large", "Warned: items above 1Mi make the cache waste memory."),
    ("memcached.threads.over-limit", "Warned: more threads than CPU limit are held back in turns."),
    ("memcached.options.owned", "extendedOptions does not set what has a parameter of its own."),
    ("memcached.options.file", "extendedOptions does not name files: the pod has none."),
    ("memcached.service.pool", "A pool has no common address: each key lives on one node."),
    ("memcached.service.open", "Warned: a Service opened to the outside asks nobody for a password."),
    ("memcached.network.open", "Warned: without a network policy every pod of the cluster reads and writes."),
    ("memcached.scale.remaps", "Warned: another number of nodes moves keys, and moved keys are missed."),
    ("memcached.scale.address", "Warned: from one node to a pool, or back, clients get another address."),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    block::rules(&SPEC, &RULES)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "Connecting",
            "One node is reached by its Service. A pool is reached by the names of its nodes, which stay the same when a \
             pod moves: give every client the whole list in the same order (`servers` and `hosts` of the output) and let \
             it hash consistently (ketama), so that all clients look for a key on the same node.",
        ),
        Operation::new(
            "Scaling",
            "Nodes do not know of each other. With ketama a pool that grows from n to n + 1 moves one key in n + 1; with \
             modulo hashing nearly all of them. Moved keys are missed until they are written again, so change `replicas` \
             when the load is low, and give the clients the new list.",
        ),
        Operation::new(
            "Restarts",
            "A node that restarts comes back empty; there is nothing to back up. A changed setting restarts one node after \
             the other, each ready for 30 seconds before the next.",
        ),
    ]
}
