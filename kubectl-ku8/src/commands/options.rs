//! `options`: the flags every command takes, as `kubectl options` lists kubectl's.
//! They are read from the command line itself, so that none can be missing.

use clap::Args;

use super::{Context, command_line};
use crate::error::{CommandError, exit};

/// List the flags every command takes
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  kubectl ku8 options")]
pub struct OptionsArgs {}

/// Lists.
///
/// # Errors
/// None.
pub fn run(context: &Context) -> Result<u8, CommandError> {
    let globals: Vec<clap::Arg> =
        command_line().get_arguments().filter(|arg| arg.is_global_set()).map(|arg| arg.clone().global(false)).collect();
    let mut command = clap::Command::new("options")
        .disable_help_flag(true)
        .max_term_width(100)
        .help_template("{options}")
        .args(globals);
    let text = command.render_long_help();
    let text = if context.ui.out.is_on() { text.ansi().to_string() } else { text.to_string() };
    context.ui.page(&format!("These flags can be given to every command:\n\n{text}"));
    Ok(exit::DONE)
}
