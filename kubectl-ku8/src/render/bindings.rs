//! The host's side of the contract, generated from the WIT file that guests are built with.
//! It never holds a line written by hand.

/// What every template exports.
pub(super) mod provider {
    wasmtime::component::bindgen!({ path: "../template-sdk/wit", world: "template" });
}

/// The optional judgement of live objects.
pub(super) mod status {
    wasmtime::component::bindgen!({ path: "../template-sdk/wit", world: "status-only" });
}

/// The optional way between versions.
pub(super) mod upgrade {
    wasmtime::component::bindgen!({ path: "../template-sdk/wit", world: "upgrade-only" });
}
