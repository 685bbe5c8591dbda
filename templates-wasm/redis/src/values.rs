//! The template's own values, read once into types, and what follows from them by arithmetic.
//! It never judges: `rules.rs` does.

use serde::Deserialize;
use template_sdk::Quantity;
use template_sdk::block::{AuthMode, Block, Exporter, Preset, Spec};

/// The template's own values; the defaults here are for earlier states that did not have a name yet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Values {
    pub(crate) topology: Topology,
    pub(crate) engine: Engine,
    /// As given; [`Values::replicas`] knows what it means.
    #[serde(rename = "replicas")]
    pub(crate) count: Option<u32>,
    pub(crate) sentinel: Sentinel,
    pub(crate) master_name: Option<String>,
    pub(crate) proxy: Proxy,
    pub(crate) persistence: Persistence,
    pub(crate) maxmemory_percent: Option<u64>,
    pub(crate) maxmemory_policy: Option<String>,
    pub(crate) appendfsync: Option<String>,
    pub(crate) save: Option<Vec<SavePoint>>,
    pub(crate) databases: Option<u32>,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) tcp_keepalive: Option<u32>,
    pub(crate) maxclients: Option<u32>,
    pub(crate) disable_commands: Vec<String>,
    pub(crate) modules: bool,
}

/// How many nodes play which part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Topology {
    #[default]
    Standalone,
    Sentinel,
}

/// How a failed master is noticed and replaced.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Sentinel {
    pub(crate) quorum: Option<u32>,
    pub(crate) down_after_ms: Option<u32>,
    pub(crate) failover_timeout_ms: Option<u32>,
    pub(crate) min_replicas_to_write: Option<u32>,
}

/// The address that leads to the master.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Proxy {
    pub(crate) enabled: bool,
}

/// Which program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    #[default]
    Redis,
    Valkey,
}

/// How data is kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Persistence {
    pub(crate) mode: Mode,
}

/// What is written to the volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    #[default]
    Aof,
    Rdb,
    Both,
    None,
}

/// A snapshot after this many seconds with this many changes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct SavePoint {
    pub(crate) seconds: u32,
    pub(crate) changes: u32,
}

impl Engine {
    /// What the shared block needs to know of the engine.
    pub(crate) fn spec(self) -> Spec {
        let (repository, tag) = match self {
            Self::Redis => ("docker.io/library/redis", "8.2"),
            Self::Valkey => ("docker.io/valkey/valkey", "8.1"),
        };
        Spec {
            template: "redis",
            repository,
            tag,
            user: 999,
            group: 999,
            presets: [
                Preset::new("100m", "256Mi", "1Gi"),
                Preset::new("250m", "1Gi", "4Gi"),
                Preset::new("500m", "4Gi", "16Gi"),
                Preset::new("1", "16Gi", "64Gi"),
            ],
            // 2.5 × 90 %, the highest maxmemoryPercent, rounded up.
            storage_per_memory: 3,
            stateful: true,
            auth: AuthMode::Optional(true),
            exporter: Some(Exporter { image: "docker.io/oliver006/redis_exporter:v1.74.0", port: 9121 }),
            extra_config: Some("lines of redis.conf"),
            major_downgrade: false,
        }
    }

    /// Name for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Valkey => "Valkey",
        }
    }

    /// The programs' common prefix.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
        }
    }
}

impl Mode {
    /// True when an append-only file is written.
    pub(crate) fn logs(self) -> bool {
        matches!(self, Self::Aof | Self::Both)
    }

    /// True when snapshots are written.
    pub(crate) fn snapshots(self) -> bool {
        matches!(self, Self::Rdb | Self::Both)
    }

    /// True when anything is written.
    pub(crate) fn persists(self) -> bool {
        self != Self::None
    }
}

impl Values {
    /// Share of the memory limit that data may take; the rest is for copies during a save, buffers and fragmentation.
    pub(crate) fn percent(&self) -> u64 {
        self.maxmemory_percent.unwrap_or(if self.persistence.mode.persists() { 65 } else { 80 })
    }

    /// How much data fits.
    pub(crate) fn maxmemory(&self, block: &Block) -> Quantity {
        block.resources.memory_limit.percent(self.percent())
    }

    /// What happens when it is full.
    pub(crate) fn policy(&self) -> &str {
        self.maxmemory_policy.as_deref().unwrap_or("noeviction")
    }

    /// Numbered databases.
    pub(crate) fn databases(&self) -> u32 {
        self.databases.unwrap_or(16)
    }

    /// Pods of the topology.
    pub(crate) fn replicas(&self) -> u32 {
        match self.topology {
            Topology::Standalone => 1,
            Topology::Sentinel => self.count.unwrap_or(3),
        }
    }

    /// True when Sentinels watch.
    pub(crate) fn watched(&self) -> bool {
        self.topology == Topology::Sentinel
    }

    /// True when an address leads to the master.
    pub(crate) fn proxied(&self) -> bool {
        self.watched() && self.proxy.enabled
    }

    /// The name Sentinels know the master by.
    pub(crate) fn master_name(&self) -> &str {
        self.master_name.as_deref().unwrap_or("mymaster")
    }

    /// Sentinels that must agree that the master is gone.
    pub(crate) fn quorum(&self) -> u32 {
        self.sentinel.quorum.unwrap_or(self.replicas() / 2 + 1)
    }

    /// Silence after which a master counts as gone.
    pub(crate) fn down_after_ms(&self) -> u32 {
        self.sentinel.down_after_ms.unwrap_or(5000)
    }

    /// How long one attempt to replace the master may take.
    pub(crate) fn failover_timeout_ms(&self) -> u32 {
        self.sentinel.failover_timeout_ms.unwrap_or(self.down_after_ms().saturating_mul(2).max(30_000))
    }

    /// Replicas that must have kept up for a write to be taken.
    pub(crate) fn min_replicas_to_write(&self) -> u32 {
        self.sentinel.min_replicas_to_write.unwrap_or(0)
    }
}
