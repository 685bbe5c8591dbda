//! `template pack`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Turn a core WebAssembly module into a template component
#[derive(Args, Debug)]
pub struct PackArgs {}

/// Runs `template pack`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &PackArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
