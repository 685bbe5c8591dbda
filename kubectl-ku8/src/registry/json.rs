//! One JSON document of a registry: bytes to a value, or a reason that can be shown. Pure.
//! It never accepts what another reader could understand differently.

use serde_json::Value;

use crate::object::{printable, strict_json};

/// Reads one document; the error is a sentence fragment that is safe to print.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())?;
    strict_json(text).map_err(|error| format!("it is not one JSON document: {}", printable(&error.to_string())))
}
