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

/// How many nodes play which part; sentinel is to join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Topology {
    #[default]
    Standalone,
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
        }
    }
}
