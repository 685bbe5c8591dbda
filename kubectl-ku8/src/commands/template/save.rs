//! `template save`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Save templates into one archive, for places without a network
#[derive(Args, Debug)]
pub struct SaveArgs {}

/// Runs `template save`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &SaveArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
