//! The values of this template as types, and the figures that follow from them.
//! It never judges them: that is `rules.rs`, `topics.rs`, and `transition.rs` for changes.

use serde::Deserialize;
use template_sdk::{Finding, Map, Quantity, Request, State, Value};

/// What a person can say about a cluster, beyond the block every template shares.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    /// Nodes that decide about metadata: 1 or 3. They are brokers too.
    pub(crate) controllers: u32,
    /// All brokers, the controllers among them; as many as controllers when absent.
    brokers: Option<u32>,
    /// How brokers leave.
    #[serde(default)]
    pub(crate) scaling: Scaling,
    /// Id of the broker with ordinal 0.
    pub(crate) node_id_base: u32,
    /// Heap in MiB; computed when absent.
    pub(crate) heap_mi_b: Option<u64>,
    /// Partitions of a topic that does not say how many.
    pub(crate) default_partitions: u32,
    /// Copies of a partition; computed when absent.
    replication_factor: Option<u32>,
    /// Copies that must confirm a write; computed when absent.
    min_insync_replicas: Option<u32>,
    /// Hours until records are deleted; -1 never.
    pub(crate) retention_hours: i64,
    /// Bytes of a partition beyond which its oldest records are deleted; -1 is no limit.
    pub(crate) retention_bytes: i64,
    /// Whether a topic is made when somebody first writes to it.
    pub(crate) auto_create_topics: bool,
    /// Largest batch of records.
    pub(crate) message_max_bytes: u64,
    /// Topics that must exist.
    #[serde(default)]
    pub(crate) topics: Vec<Topic>,
    /// Who may connect, as far as this template adds to it.
    pub(crate) auth: Auth,
    /// How clients outside the cluster connect.
    pub(crate) external_access: External,
    /// Level of the broker's own log.
    pub(crate) log_level: String,
    /// A Secret with the cluster id of volumes that are taken over.
    pub(crate) cluster_secret: Option<String>,
}

/// How brokers leave.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scaling {
    /// From this ordinal on somebody has moved every partition away.
    pub(crate) drained_from: Option<u32>,
}

/// A topic that must exist.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Topic {
    /// Its name.
    pub(crate) name: String,
    /// Its partitions; the default when absent.
    pub(crate) partitions: Option<u32>,
    /// Copies of each; the default when absent.
    pub(crate) replication_factor: Option<u32>,
    /// Its settings.
    #[serde(default)]
    pub(crate) config: Map<String, Value>,
}

/// Who may connect, as far as this template adds to it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Auth {
    /// Name the application connects as.
    pub(crate) username: String,
}

/// How clients outside the cluster connect.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct External {
    /// None, nodePort or loadBalancer.
    pub(crate) mode: Mode,
    /// Address of each broker as clients outside see it.
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
    /// Node port of the broker with ordinal 0.
    pub(crate) first_node_port: u16,
}

/// How clients outside the cluster connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mode {
    /// Not at all.
    None,
    /// Through a port of the nodes, one for each broker.
    NodePort,
    /// Through a load balancer for each broker.
    LoadBalancer,
}

impl Values {
    /// Reads the values of a request.
    pub(crate) fn read(request: &Request) -> Result<Self, Finding> {
        request.at("")
    }

    /// All brokers, the controllers among them.
    pub(crate) fn brokers(&self) -> u32 {
        self.brokers.unwrap_or(self.controllers)
    }

    /// True when somebody said that this broker and all after it hold nothing.
    pub(crate) fn is_drained(&self, ordinal: u32) -> bool {
        self.scaling.drained_from.is_some_and(|from| ordinal >= from)
    }

    /// Copies of each partition: three where there are as many brokers.
    pub(crate) fn replication_factor(&self) -> u32 {
        self.replication_factor.unwrap_or_else(|| self.brokers().min(3))
    }

    /// Copies that must confirm a write: all but one, so that one broker may be missing.
    pub(crate) fn min_insync_replicas(&self) -> u32 {
        self.min_insync_replicas.unwrap_or_else(|| self.replication_factor().saturating_sub(1).max(1))
    }

    /// Heap in MiB, given or computed.
    pub(crate) fn heap_mib(&self, limit: Quantity) -> u64 {
        self.heap_mi_b.unwrap_or_else(|| heap_mib(limit))
    }

    /// Partitions of a topic.
    pub(crate) fn partitions_of(&self, topic: &Topic) -> u32 {
        topic.partitions.unwrap_or(self.default_partitions)
    }

    /// Copies of each partition of a topic.
    pub(crate) fn replicas_of(&self, topic: &Topic) -> u32 {
        topic.replication_factor.unwrap_or_else(|| self.replication_factor())
    }
}

/// The values of an earlier state; an older template may have had others.
pub(crate) fn earlier(state: &State) -> Option<Values> {
    state.at("")
}

/// Memory the JVM's heap may take: half of the limit and at most 8 GiB, because the rest is the page cache that
/// consumers read from.
pub(crate) fn heap_mib(limit: Quantity) -> u64 {
    (limit.mib() / 2).min(8192)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_is_half_of_the_limit_up_to_eight_gigabytes() {
        for (limit, heap) in [(1024, 512), (2048, 1024), (6144, 3072), (16 * 1024, 8192), (64 * 1024, 8192)] {
            assert_eq!(heap_mib(Quantity::from_mib(limit)), heap);
        }
    }
}
