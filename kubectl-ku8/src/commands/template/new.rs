//! `template new`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Write a small complete template project
#[derive(Args, Debug)]
pub struct NewArgs {}

/// Runs `template new`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &NewArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
