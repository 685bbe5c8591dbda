//! `completion install`: the small program of two lines by which kubectl finds this one when it completes a line.
//! It never replaces a file that is not such a program, and never edits anybody's shell configuration.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{PROGRAM, WORD};
use crate::commands::Context;
use crate::commands::environment::{on_path, program};
use crate::error::{CommandError, exit, id};

/// Its second line; how one of ours is known again.
const MARK: &str = "# completion of kubectl ku8";

#[derive(Args, Debug)]
pub(super) struct InstallArgs {
    /// Folder to write it to, which must be on PATH; beside this program when not given
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the program and says what is left to do.
///
/// # Errors
/// When the folder cannot be written, or a file of another kind is in the way.
pub(super) fn run(context: &Context, args: &InstallArgs) -> Result<u8, CommandError> {
    let program = program()?;
    let beside = program.parent().map(Path::to_path_buf).unwrap_or_default();
    let folder = args.dir.clone().unwrap_or(beside);
    let path = folder.join(if cfg!(windows) { format!("{PROGRAM}.cmd") } else { PROGRAM.to_owned() });
    if crate::files::exists(&path) && !crate::files::read_text(&path).is_ok_and(|text| text.contains(MARK)) {
        return Err(CommandError::new(format!(
            "{} is there already and was not written by this command",
            path.display()
        ))
        .id(id::FILE_WRITE)
        .hint("move it away, or name another folder of PATH: --dir DIR"));
    }
    crate::files::write_program(&path, &shim(&program)).map_err(|error| {
        CommandError::from(error).hint("name a folder of PATH that you may write to: --dir ~/.local/bin")
    })?;
    let ui = &context.ui;
    ui.print(&format!("{} written", path.display()));
    if !on_path(&folder) {
        ui.warn(&format!("{} is not on PATH, so kubectl does not find it there yet", folder.display()));
    }
    ui.say(
        "\nkubectl completes `kubectl ku8` wherever it completes itself. Where it does not yet:\n\
         \u{20} bash        echo 'source <(kubectl completion bash)' >> ~/.bashrc    # needs bash-completion\n\
         \u{20} zsh         echo 'source <(kubectl completion zsh)' >> ~/.zshrc\n\
         \u{20} fish        kubectl completion fish > ~/.config/fish/completions/kubectl.fish\n\
         \u{20} powershell  kubectl completion powershell | Out-String | Invoke-Expression    # in $PROFILE\n\
         For `kubectl-ku8` typed as one word, in any of these and elvish: kubectl ku8 completion SHELL",
    );
    Ok(exit::DONE)
}

fn shim(program: &Path) -> String {
    let program = program.display().to_string();
    if cfg!(windows) {
        return format!("@rem {MARK}\r\n@\"{program}\" {WORD} %* <nul 2>nul\r\n");
    }
    // A credential plugin finds no terminal to ask on, and nothing it says lands in somebody's command line.
    format!("#!/bin/sh\n{MARK}\nexec '{}' {WORD} \"$@\" </dev/null 2>/dev/null\n", program.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_folder_with_a_quote_is_no_code() {
        let text = shim(Path::new("/home/o'neil/bin/kubectl-ku8"));
        assert!(text.contains("exec '/home/o'\\''neil/bin/kubectl-ku8' __complete \"$@\""), "{text}");
        assert!(text.contains(MARK));
    }
}
