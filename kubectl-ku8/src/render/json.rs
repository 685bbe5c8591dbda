//! Reads one JSON value from a template.
//! It never accepts what another parser could read differently; the rules are `object::strict_json`'s.

use serde_json::Value;

use super::limits::readable;
use crate::object::strict_json;

/// Parses one value; the error is a sentence fragment that is safe to print.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    strict_json(text).map_err(|error| format!("not one JSON value: {}", readable(&error.to_string())))
}
