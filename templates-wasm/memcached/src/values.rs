//! The values of this template as types, and the two figures that follow from the resources.
//! It never judges them: that is `rules.rs`.

use serde::Deserialize;
use template_sdk::build::Resources;
use template_sdk::{Finding, Quantity, Request};

/// What a process needs besides the cache: with a full cache of 64 MiB it was seen to use 71.
pub(crate) const BESIDE_MIB: u64 = 64;

/// Largest piece the software cuts items into, by itself.
pub(crate) const CHUNK_BYTES: u64 = 512 << 10;

/// What a person can say about a pool, beyond the block every template shares.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values {
    /// Nodes of the pool.
    pub(crate) replicas: u32,
    /// Memory for items in MiB; computed when absent.
    pub(crate) cache_mi_b: Option<u64>,
    /// Largest item.
    pub(crate) max_item_size: Quantity,
    /// Connections a node accepts.
    pub(crate) max_connections: u32,
    /// Threads of a node; computed when absent.
    pub(crate) threads: Option<u64>,
    /// Seconds after which a silent connection is closed; 0 never.
    pub(crate) idle_timeout: u32,
    /// How much a node logs.
    pub(crate) verbosity: Verbosity,
    /// Further entries of `-o`.
    pub(crate) extended_options: String,
}

/// How much a node logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verbosity {
    /// Nothing.
    Quiet,
    /// Errors and warnings.
    Warnings,
    /// Every command of every client.
    Commands,
    /// What goes on inside as well.
    Debug,
}

impl Verbosity {
    /// The flag, where there is one.
    pub(crate) const fn flag(self) -> Option<&'static str> {
        match self {
            Self::Quiet => None,
            Self::Warnings => Some("-v"),
            Self::Commands => Some("-vv"),
            Self::Debug => Some("-vvv"),
        }
    }
}

impl Values {
    /// Reads the values of a request.
    pub(crate) fn read(request: &Request) -> Result<Self, Finding> {
        request.at("")
    }

    /// Memory for items: what was given, or what follows from the limit.
    pub(crate) fn cache(&self, resources: &Resources) -> u64 {
        self.cache_mi_b.unwrap_or_else(|| cache_mib(resources.memory_limit))
    }

    /// Largest piece items are cut into, where the software's own of 512 KiB would not divide the largest item.
    pub(crate) fn chunk(&self) -> Option<u64> {
        Some(self.max_item_size.bytes()).filter(|item| *item < CHUNK_BYTES)
    }

    /// Threads: what was given, or four, fewer where fewer cores may be used.
    pub(crate) fn threads(&self, resources: &Resources) -> u64 {
        self.threads.unwrap_or_else(|| cores(resources).map_or(4, |cores| cores.clamp(1, 4)))
    }
}

/// Memory for items: four fifths of the limit, and always at least 64 MiB less than it.
pub(crate) fn cache_mib(limit: Quantity) -> u64 {
    let mib = limit.mib();
    (mib * 4 / 5).min(mib.saturating_sub(BESIDE_MIB))
}

/// Whole cores a node may use, where that is limited.
pub(crate) fn cores(resources: &Resources) -> Option<u64> {
    resources.cpu_limit.map(|limit| limit.millis().div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_the_limit_at_every_preset() {
        let cache = |text: &str| cache_mib(text.parse().unwrap());
        let presets = crate::SPEC.presets.map(|preset| cache(preset.memory));
        assert_eq!(presets, [64, 409, 1638, 6553]);
        assert_eq!((cache("64Mi"), cache("320Mi")), (0, 256));
    }

    #[test]
    fn threads_follow_the_cores_that_may_be_used() {
        let mut resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(512));
        assert_eq!(cores(&resources), None);
        for (millis, expected) in [(500, 1), (1000, 1), (1500, 2), (8000, 8)] {
            resources.cpu_limit = Some(Quantity::from_millis(millis));
            assert_eq!(cores(&resources), Some(expected));
        }
    }
}
