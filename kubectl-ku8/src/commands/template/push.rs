//! `template push`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Push a component to an OCI registry
#[derive(Args, Debug)]
pub struct PushArgs {}

/// Runs `template push`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &PushArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
