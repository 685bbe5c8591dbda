//! `man DIR`: one manual page for each command, for whoever packages this program.
//! It says what the help says and nothing else.

use std::path::PathBuf;

use clap::{Args, Command};

use super::Context;
use crate::error::{CommandError, exit};

/// Write the manual pages into a folder
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Folder; made when it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(context: &Context, args: &ManArgs, mut command: Command) -> Result<u8, CommandError> {
    command.build();
    let mut pages = Vec::new();
    collect(&command, "kubectl-ku8", &mut pages);
    for (name, page) in &pages {
        crate::files::write_public(&args.folder.join(format!("{name}.1")), page)?;
    }
    context.ui.say(&format!("{} pages in {}", pages.len(), args.folder.display()));
    Ok(exit::DONE)
}

fn collect(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone().display_name(name))
        .title(name.to_uppercase())
        .section("1")
        // A date would make two builds of one commit differ.
        .date("")
        .source(concat!("kubectl-ku8 ", env!("CARGO_PKG_VERSION")))
        .manual("kubectl ku8");
    man.render(&mut page).expect("memory");
    pages.push((name.to_owned(), page));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        collect(below, &format!("{name}-{}", below.get_name()), pages);
    }
}
