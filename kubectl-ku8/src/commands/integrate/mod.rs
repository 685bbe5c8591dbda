//! `integrate`: makes definitions a view of other programs. Files of others are only added to, never rewritten.
//! It changes nothing in a cluster.

mod entries;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use entries::{Merged, add};

use super::Context;
use crate::error::{CommandError, exit, id};

/// What k9s reads from a folder of its own for each plugin.
const PLUGINS: &str = include_str!("../../../../integrations/k9s/plugins.yaml");

/// What k9s reads from one file each, which may hold entries of the user's: the file, the key all is under, ours.
const SHARED: &[(&str, &str, &str)] = &[
    ("aliases.yaml", "aliases", include_str!("../../../../integrations/k9s/aliases.yaml")),
    ("views.yaml", "views", include_str!("../../../../integrations/k9s/views.yaml")),
    ("hotkeys.yaml", "hotKeys", include_str!("../../../../integrations/k9s/hotkeys.yaml")),
];

/// Add definitions to another program: k9s
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  kubectl ku8 integrate k9s")]
pub struct IntegrateArgs {
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand, Debug)]
enum Program {
    K9s(K9sArgs),
}

/// Add a view of definitions and keys for plan, status, history and rollback to k9s
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 integrate k9s
  kubectl ku8 integrate k9s --dir ./k9s      # to look at it first

Entries of your own stay as they are, also those that have our names; each is told.
In k9s: :ku8 lists definitions; Shift-P plan, Shift-S status, Shift-H history, Shift-B rollback.")]
struct K9sArgs {
    /// Write everything below this folder instead of where k9s reads it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the settings.
///
/// # Errors
/// When a file cannot be read or written; the others are still done.
pub fn run(context: &Context, args: &IntegrateArgs) -> Result<u8, CommandError> {
    let Program::K9s(args) = &args.program;
    let folders = match &args.dir {
        Some(dir) => Some((dir.clone(), dir.join("plugins"))),
        None => context.k9s_folders(),
    };
    let (settings, plugins) = folders.ok_or_else(|| {
        CommandError::new("no home folder to find the settings of k9s in").hint("name one: --dir DIR")
    })?;
    // This file is ours alone.
    let file = plugins.join("ku8.yaml");
    crate::files::write_public(&file, PLUGINS.as_bytes())?;
    context.ui.print(&format!("{}: written", file.display()));
    let mut missed = 0;
    for (name, key, ours) in SHARED {
        let file = settings.join(name);
        match entry(&file, key, ours) {
            Ok(done) => context.ui.print(&format!("{}: {done}", file.display())),
            Err(error) => {
                missed += 1;
                context.ui.complain(&format!("{}: {error}", file.display()));
                context.ui.complain(&format!("add this to it by hand:\n{}", ours.trim_end()));
            }
        }
    }
    if missed > 0 {
        let files = if missed == 1 { "1 file was".to_owned() } else { format!("{missed} files were") };
        return Err(CommandError::new(format!("{files} left as they are")).id(id::FILE_WRITE));
    }
    context.ui.say("Start k9s and type :ku8");
    Ok(exit::DONE)
}

/// Adds what is missing in one file and says what was done.
fn entry(file: &Path, key: &str, ours: &str) -> Result<String, String> {
    let there = match crate::files::read_text(file) {
        Ok(text) => text,
        Err(_) if !file.exists() => String::new(),
        Err(error) => return Err(error.to_string()),
    };
    let Merged { text, added, kept } = add(&there, key, ours)?;
    if !added.is_empty() {
        crate::files::write_public(file, text.as_bytes()).map_err(|error| error.to_string())?;
    }
    let mut words = Vec::new();
    if !added.is_empty() {
        words.push(format!("added {}", added.join(", ")));
    }
    if !kept.is_empty() {
        words.push(format!("left as it is: {}", kept.join(", ")));
    }
    if words.is_empty() {
        words.push("nothing to add".to_owned());
    }
    Ok(words.join("; "))
}
