//! `template test`: not written yet.
//! It never does anything.

use clap::Args;

use crate::commands::Context;
use crate::error::CommandError;

/// Render the golden cases of a template project and compare
#[derive(Args, Debug)]
pub struct TestArgs {}

/// Runs `template test`.
///
/// # Errors
/// Always, for now.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn run(_: &Context, _: &TestArgs) -> Result<u8, CommandError> {
    Err(CommandError::new("not written yet"))
}
