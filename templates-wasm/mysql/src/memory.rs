//! Settings that follow from the memory limit.
//! It never rounds up: what it gives away must fit into the limit.

use template_sdk::Quantity;

const MIB: u64 = 1 << 20;
/// Granularity of the buffer pool.
const CHUNK_MIB: u64 = 128;
/// What the server takes before the first connection and the buffer pool.
const BASE_MIB: u64 = 512;
/// What one connection may take.
const CONNECTION_MIB: u64 = 2;

/// Memory the server needs beside the buffer pool.
pub(crate) fn reserve_mib(max_connections: u64) -> u64 {
    BASE_MIB + CONNECTION_MIB * max_connections
}

/// InnoDB's cache: 85 % of what the reserve leaves, in whole chunks, never less than one.
pub(crate) fn buffer_pool(limit: Quantity, max_connections: u64) -> Quantity {
    let free = limit.mib().saturating_sub(reserve_mib(max_connections)) * 85 / 100;
    Quantity::from_mib((free / CHUNK_MIB * CHUNK_MIB).max(CHUNK_MIB))
}

/// The redo log: half the buffer pool, from 100 MiB to 4 GiB.
pub(crate) fn redo_log(buffer_pool: Quantity) -> Quantity {
    let bytes = (buffer_pool.bytes() / 2).clamp(100 * MIB, 4096 * MIB);
    Quantity::from_bytes(bytes / MIB * MIB)
}

/// Whether the server observes itself: about 215 MiB, which a small pod needs more, unless someone looks.
pub(crate) fn performance_schema(limit: Quantity, metrics: bool) -> bool {
    metrics || limit >= Quantity::from_mib(1536)
}

/// Tables kept open: enough for the connections, few enough for a small pod.
pub(crate) fn table_open_cache(max_connections: u64) -> u64 {
    (max_connections * 8).clamp(400, 4000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_pool_follows_the_limit() {
        let pool = |limit: &str| buffer_pool(limit.parse().unwrap(), 151).to_string();
        assert_eq!(pool("1Gi"), "128Mi");
        assert_eq!(pool("2Gi"), "1Gi");
        assert_eq!(pool("4Gi"), "2688Mi");
        assert_eq!(pool("8Gi"), "6Gi");
        assert_eq!(pool("512Mi"), "128Mi");
    }

    #[test]
    fn the_redo_log_is_half_of_it_within_bounds() {
        let redo = |pool: &str| redo_log(pool.parse().unwrap()).to_string();
        assert_eq!(redo("128Mi"), "100Mi");
        assert_eq!(redo("1Gi"), "512Mi");
        assert_eq!(redo("27Gi"), "4Gi");
    }

    #[test]
    fn the_performance_schema_is_off_where_memory_is_short_and_nobody_looks() {
        assert!(!performance_schema(Quantity::from_mib(1024), false));
        assert!(performance_schema(Quantity::from_mib(1024), true));
        assert!(performance_schema(Quantity::from_mib(1536), false));
    }
}
