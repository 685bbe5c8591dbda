//! The values of this template as types, and the figures that follow from them.
//! It never judges them: that is `rules.rs`, and `transition.rs` for changes.

use serde::Deserialize;
use template_sdk::block::{AuthMode, Block, Preset, Spec};
use template_sdk::{Finding, Quantity, Request};

/// What the shared block needs to know of FastDFS. Its makers publish no image: the name here is never rendered, because
/// `rules.rs` refuses values that name none.
pub(crate) const SPEC: Spec = Spec {
    template: "fastdfs",
    repository: "example.invalid/fastdfs",
    tag: "",
    user: 10_001,
    group: 10_001,
    presets: [
        Preset::new("100m", "256Mi", "2Gi"),
        Preset::new("250m", "512Mi", "50Gi"),
        Preset::new("1", "2Gi", "500Gi"),
        Preset::new("2", "4Gi", "2Ti"),
    ],
    storage_per_memory: 100,
    stateful: true,
    auth: AuthMode::None,
    exporter: None,
    extra_config: None,
    major_downgrade: false,
};

/// KiB of the buffer of one connection, as storage.conf says.
const BUFFER_KIB: u64 = 256;

/// What a person can say about a file store, beyond the block every template shares.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    /// Trackers.
    pub(crate) trackers: u32,
    /// Size of a tracker's volume.
    pub(crate) tracker_storage_size: Quantity,
    /// Groups of storages, in the order of their numbers.
    pub(crate) groups: Vec<Group>,
    /// Space that stays free on every storage.
    pub(crate) reserved_storage_space: String,
    /// How a group is chosen for a new file.
    pub(crate) store_lookup: u32,
    /// The group, where one is named.
    pub(crate) store_group: Option<String>,
    /// Directories on each of the two levels of a store path.
    pub(crate) subdir_count_per_path: u32,
    /// Whether small files share one.
    pub(crate) use_trunk_file: bool,
    /// Connections of a server; computed when absent.
    pub(crate) max_connections: Option<u64>,
    /// Threads for the network.
    pub(crate) work_threads: u32,
    /// Threads that read and that write a disk.
    pub(crate) disk_threads: u32,
    /// Addresses that may connect.
    pub(crate) allow_hosts: Vec<String>,
}

/// Storages that hold the same files.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    /// Its name, which is in every file's id.
    pub(crate) name: String,
    /// Copies of each file.
    #[serde(default = "two")]
    pub(crate) replicas: u32,
    /// Size of each volume; the shared one when absent.
    pub(crate) storage_size: Option<Quantity>,
}

const fn two() -> u32 {
    2
}

impl Values {
    /// Reads the values of a request.
    pub(crate) fn read(request: &Request) -> Result<Self, Finding> {
        request.at("")
    }

    /// Connections a server takes.
    pub(crate) fn connections(&self, limit: Quantity) -> u64 {
        self.max_connections.unwrap_or_else(|| max_connections(limit))
    }
}

impl Group {
    /// Size of each volume.
    pub(crate) fn size(&self, block: &Block) -> Quantity {
        self.storage_size.unwrap_or(block.storage_size)
    }
}

/// Connections whose buffers take half of the memory limit.
pub(crate) fn max_connections(limit: Quantity) -> u64 {
    (limit.mib() * 1024 / 2 / BUFFER_KIB).clamp(64, 10_240)
}

/// MiB the buffers of so many connections take.
pub(crate) fn buffers_mib(connections: u64) -> u64 {
    connections * BUFFER_KIB / 1024
}

/// The number of a storage: groups are a thousand apart, so that each can grow.
pub(crate) fn server_id(group: usize, ordinal: u32) -> u32 {
    100_001 + 1000 * u32::try_from(group).unwrap_or(u32::MAX / 2000) + ordinal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_follow_the_limit_at_every_preset() {
        for (mib, connections) in [(256, 512), (512, 1024), (2048, 4096), (4096, 8192), (16, 64), (65_536, 10_240)] {
            assert_eq!(max_connections(Quantity::from_mib(mib)), connections);
        }
        assert_eq!(buffers_mib(1024), 256);
    }

    #[test]
    fn numbers_of_groups_never_meet() {
        assert_eq!(server_id(0, 0), 100_001);
        assert_eq!(server_id(1, 2), 101_003);
    }
}
