//! `template verify`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Show who vouches for a template, and what the policy says
#[derive(Args, Debug)]
pub struct VerifyArgs {}

/// Runs `template verify`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &VerifyArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
