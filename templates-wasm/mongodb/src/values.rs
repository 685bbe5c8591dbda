//! The values of this template as types, and the figures that follow from them.
//! It never judges them: that is `rules.rs`, and `transition.rs` for changes.

use serde::Deserialize;
use template_sdk::block::{AuthMode, Exporter, Preset, Spec};
use template_sdk::{Finding, Quantity, Request};

/// What the shared block needs to know of MongoDB 8.0.
pub(crate) const SPEC: Spec = Spec {
    template: "mongodb",
    repository: "docker.io/library/mongo",
    tag: "8.0",
    user: 999,
    group: 999,
    presets: [
        Preset::new("250m", "1Gi", "2Gi"),
        Preset::new("500m", "2Gi", "20Gi"),
        Preset::new("2", "8Gi", "100Gi"),
        Preset::new("4", "32Gi", "500Gi"),
    ],
    storage_per_memory: 10,
    stateful: true,
    auth: AuthMode::Required,
    exporter: Some(Exporter { image: "docker.io/percona/mongodb_exporter:0.47.1", port: 9216 }),
    extra_config: Some(
        "lines of mongod.conf with dotted names, one setting a line, such as setParameter.ttlMonitorSleepSecs: 30",
    ),
    major_downgrade: false,
};

/// What a person can say about a replica set, beyond the block every template shares.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    /// Members of the set; odd.
    pub(crate) members: u32,
    /// Series of the software.
    pub(crate) version: Version,
    /// Database of the application.
    pub(crate) database: String,
    /// User of the application.
    pub(crate) username: String,
    /// Name of the set.
    pub(crate) replica_set_name: String,
    /// Which members clients read from.
    pub(crate) read_preference: String,
    /// WiredTiger's cache; computed when absent.
    pub(crate) cache_size_mi_b: Option<u64>,
    /// Size of the oplog; the server's own when absent.
    pub(crate) oplog_size_mi_b: Option<u64>,
    /// Operations that take longer are logged.
    pub(crate) slow_op_threshold_ms: u32,
    /// Connections a member accepts.
    pub(crate) max_incoming_connections: u32,
    /// Milliseconds between journal syncs; the server's own when absent.
    pub(crate) journal_commit_interval_ms: Option<u32>,
}

/// Series of the software that this template knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Version {
    /// The older one.
    #[serde(rename = "7.0")]
    Seven,
    /// The default.
    #[serde(rename = "8.0")]
    Eight,
}

impl Version {
    /// The series as text, which is also the image's tag.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Seven => "7.0",
            Self::Eight => "8.0",
        }
    }

    /// The shared block's description of this series.
    pub(crate) fn spec(self) -> Spec {
        Spec { tag: self.text(), ..SPEC }
    }
}

impl Values {
    /// Reads the values of a request.
    pub(crate) fn read(request: &Request) -> Result<Self, Finding> {
        request.at("")
    }

    /// WiredTiger's cache in MiB.
    pub(crate) fn cache_mib(&self, limit: Quantity) -> u64 {
        self.cache_size_mi_b.unwrap_or_else(|| cache_mib(limit))
    }
}

/// WiredTiger's cache in MiB: half of what is left above 1Gi, because connections, sorts and the file system need the
/// rest.
pub(crate) fn cache_mib(limit: Quantity) -> u64 {
    (limit.mib().saturating_sub(1024) / 2).max(256)
}

/// Major and minor number of a tag such as `8.0.4-noble`; nothing for words.
pub(crate) fn series(tag: &str) -> Option<(u32, u32)> {
    let mut parts = tag.trim_start_matches('v').split(['.', '-']);
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_the_limit_at_every_preset() {
        for (mib, cache) in [(1024, 256), (2048, 512), (8192, 3584), (32_768, 15_872), (600, 256)] {
            assert_eq!(cache_mib(Quantity::from_mib(mib)), cache);
        }
    }

    #[test]
    fn a_series_is_read_from_a_tag() {
        assert_eq!(series("8.0"), Some((8, 0)));
        assert_eq!(series("8.2.1-noble"), Some((8, 2)));
        assert_eq!(series("7"), Some((7, 0)));
        assert_eq!(series("latest"), None);
    }
}
