//! The template's own values as a type, and what follows from them by arithmetic.
//! It never judges them: `rules.rs` does.

use template_sdk::prelude::*;

/// What a person can say beyond the shared parameters; the host has filled the schema's defaults in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    /// Nodes of the cluster: 1, 3 or 5.
    pub(crate) replicas: u32,
    /// Ordinals of nodes that have left the cluster and may be taken away.
    #[serde(default)]
    pub(crate) forgotten: Vec<u32>,
    /// The first user.
    pub(crate) username: String,
    /// Share of the memory limit at which publishers are held back.
    pub(crate) memory_percent: u64,
    /// Whether the web interface is served.
    pub(crate) management: bool,
}

impl Values {
    /// Memory at which publishers are held back.
    pub(crate) fn watermark(&self, block: &Block) -> Quantity {
        block.resources.memory_limit.percent(self.memory_percent)
    }

    /// Size of the log in memory before it is written into segments: an eighth of the limit, which leaves room for the
    /// four of them that quorum queues may need, and never more than the software's own 512 MiB.
    pub(crate) fn log_size(&self, block: &Block) -> Quantity {
        block.resources.memory_limit.times(1, 8).min(Quantity::from_mib(512))
    }

    /// Name of the headless Service, which is part of every node's name.
    pub(crate) fn headless(block: &Block) -> String {
        format!("{}-headless", block.name)
    }

    /// The whole host name of a node; nodes know each other by it.
    pub(crate) fn host(block: &Block, ordinal: u32) -> String {
        block.fqdn(&format!("{}-{ordinal}.{}", block.name, Self::headless(block)))
    }
}
