//! The host's side of the contract, generated from the WIT file that guests are built with.
//! It never holds a line written by hand.

wasmtime::component::bindgen!({ path: "../template-sdk/wit", world: "template" });
