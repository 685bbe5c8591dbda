//! The one engine configuration: deterministic, bounded, no host features.
//! It never depends on the machine it runs on beyond its instruction set.

use std::num::NonZeroUsize;

use wasmtime::{Config, Engine, Strategy};

use super::RenderError;
use super::limits::STACK_BYTES;

/// Builds the engine every template is compiled and run with.
///
/// # Errors
/// When this machine has no supported compiler backend.
pub(super) fn engine() -> Result<Engine, RenderError> {
    Engine::new(&config()).map_err(|error| RenderError::Engine(error.to_string()))
}

fn config() -> Config {
    let mut config = Config::new();
    // Cranelift, because Winch charges one unit for a bulk memory operation of any length (decisions.md, 5).
    config.strategy(Strategy::Cranelift).consume_fuel(true).max_wasm_stack(STACK_BYTES);
    config.cranelift_nan_canonicalization(true);
    // Off: what depends on the machine, and what only widens the ground to defend.
    config.wasm_relaxed_simd(false).wasm_memory64(false).wasm_multi_memory(false).wasm_custom_page_sizes(false);
    config.concurrency_support(false);
    // No reservation of gigabytes per memory: the child runs under an address space limit, and a render is short.
    config.memory_reservation(0).memory_reservation_for_growth(16 * 1024 * 1024).memory_guard_size(64 * 1024);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(16));
    // A trap is told by its function, and nothing unwinds through a guest: a third of the compiled code is not kept.
    config.generate_address_map(false).native_unwind_info(cfg!(windows));
    config
}
