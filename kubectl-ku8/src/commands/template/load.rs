//! `template load`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Load an archive that was saved
#[derive(Args, Debug)]
pub struct LoadArgs {}

/// Runs `template load`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &LoadArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
