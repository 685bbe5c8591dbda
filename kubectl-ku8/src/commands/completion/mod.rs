//! `completion`: what a shell may offer next, through kubectl and without it.
//! It never prints an error where a shell would show it, never asks, and never waits long.

mod install;
mod scripts;
mod sources;
mod typed;

use std::ffi::{OsStr, OsString};

use clap::{Args, Subcommand};
use clap_complete::engine::{CompletionCandidate, complete};

use super::Context;
use crate::error::{CommandError, exit};
use crate::object::printable;
use scripts::Shell;
use typed::Typed;

/// The word shells and kubectl ask with, before the words of the line.
const WORD: &str = "__complete";
/// The name kubectl looks for on PATH to complete `kubectl ku8` (kubectl 1.26 and newer).
const PROGRAM: &str = "kubectl_complete-ku8";

/// What the shell is to do with what is offered, in cobra's numbers.
mod directive {
    /// Files may follow.
    pub(super) const FILES: u8 = 0;
    /// No space after what is taken: more of the word follows.
    pub(super) const NO_SPACE: u8 = 2;
    /// Nothing but what is offered.
    pub(super) const ONLY: u8 = 4;
}

/// Set up completion of commands, names, templates and parameters in your shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 completion install              # then `kubectl ku8 plan <TAB>` works where kubectl completes
  kubectl ku8 completion install --dir ~/bin
  kubectl ku8 completion bash >> ~/.bashrc    # for the plugin typed as one word, without kubectl")]
pub struct CompletionArgs {
    #[command(subcommand)]
    command: CompletionCommand,
}

#[derive(Subcommand, Debug)]
enum CompletionCommand {
    /// Write the small program by which kubectl completes `kubectl ku8`
    #[command(
        after_help = "Examples:\n  kubectl ku8 completion install\n  kubectl ku8 completion install --dir ~/.local/bin"
    )]
    Install(install::InstallArgs),
    /// Print the script for bash
    #[command(after_help = "Examples:\n  kubectl ku8 completion bash >> ~/.bashrc")]
    Bash,
    /// Print the script for zsh
    #[command(after_help = "Examples:\n  kubectl ku8 completion zsh >> ~/.zshrc")]
    Zsh,
    /// Print the script for fish
    #[command(after_help = "Examples:\n  kubectl ku8 completion fish > ku8.fish   # in ~/.config/fish/conf.d")]
    Fish,
    /// Print the script for PowerShell
    #[command(after_help = "Examples:\n  kubectl ku8 completion powershell > ku8.ps1   # and name it in $PROFILE")]
    Powershell,
    /// Print the script for elvish
    #[command(
        after_help = "Examples:\n  kubectl ku8 completion elvish > ku8.elv   # and in rc.elv: eval (slurp < ku8.elv)"
    )]
    Elvish,
}

/// Prints a script or installs.
///
/// # Errors
/// When the program cannot be written.
pub fn run(context: &Context, args: &CompletionArgs) -> Result<u8, CommandError> {
    let shell = match &args.command {
        CompletionCommand::Install(args) => return install::run(context, args),
        CompletionCommand::Bash => Shell::Bash,
        CompletionCommand::Zsh => Shell::Zsh,
        CompletionCommand::Fish => Shell::Fish,
        CompletionCommand::Powershell => Shell::Powershell,
        CompletionCommand::Elvish => Shell::Elvish,
    };
    context.ui.print(shell.script());
    Ok(exit::DONE)
}

/// The words to complete, if that is what this process was started for: by its other name, or by the hidden word.
pub(super) fn asked(arguments: &[OsString]) -> Option<&[OsString]> {
    let (program, words) = arguments.split_first()?;
    let name = std::path::Path::new(program).file_stem().unwrap_or_default();
    if name == PROGRAM {
        return Some(words);
    }
    words.split_first().filter(|(word, _)| *word == WORD).map(|(_, words)| words)
}

/// What may stand in the place of the last word: one `value<TAB>help` a line, then what the shell is to do with it.
/// Nothing is offered when anything goes wrong.
pub(super) fn answer(command: clap::Command, words: &[OsString]) -> String {
    let mut line = vec![OsString::from("kubectl-ku8")];
    line.extend(words.iter().cloned());
    if words.is_empty() {
        line.push(OsString::new());
    }
    // An older PowerShell cannot pass an empty word.
    if let Some(last) = line.last_mut().filter(|last| *last == "\"\"") {
        last.clear();
    }
    let index = line.len() - 1;
    let word = line[index].clone();
    let typed = Typed::read(&command, &line[..index]);
    let mut command = sources::attach(command, &typed);
    let found = complete(&mut command, line, index, None).unwrap_or_default();
    write(&found, &word)
}

fn write(found: &[CompletionCandidate], word: &OsStr) -> String {
    let files = found.iter().any(|candidate| candidate.get_value().to_string_lossy().ends_with(sources::FILES));
    // Flags are offered to who asks for them.
    let flags = word.to_string_lossy().starts_with('-');
    let mut text = String::new();
    let mut open = false;
    for candidate in found {
        let value = candidate.get_value().to_string_lossy();
        if value.ends_with(sources::FILES) || value.contains(['\t', '\n']) || (value.starts_with('-') && !flags) {
            continue;
        }
        open |= value.ends_with('=');
        text.push_str(&printable(&value));
        let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        if let Some(help) = help.lines().next().filter(|help| !help.is_empty()) {
            text.push('\t');
            text.push_str(&printable(&help.replace('\t', " ")));
        }
        text.push('\n');
    }
    let files = if files { directive::FILES } else { directive::ONLY };
    let space = if open { directive::NO_SPACE } else { 0 };
    text + &format!(":{}\n", files | space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn offers(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        answer(crate::commands::Line::command(), &words)
    }

    fn values(line: &str) -> Vec<String> {
        offers(line).lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn both_names_and_the_hidden_word_ask() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(asked(&words("/x/kubectl_complete-ku8 plan o")).unwrap(), &words("plan o")[..]);
        assert_eq!(asked(&words("kubectl_complete-ku8.exe plan")).unwrap(), &words("plan")[..]);
        assert_eq!(asked(&words("kubectl-ku8 __complete plan o")).unwrap(), &words("plan o")[..]);
        assert!(asked(&words("kubectl-ku8 plan __complete")).is_none() && asked(&[]).is_none());
    }

    #[test]
    fn commands_and_flags_are_offered_where_they_fit() {
        assert_eq!(values("publ"), ["publish", ":4"]);
        let flags = values("plan --all");
        assert!(flags.iter().any(|flag| flag == "--all") && !flags.iter().any(|flag| flag == "plan"), "{flags:?}");
        let commands = values("");
        assert!(commands.iter().any(|word| word == "new") && !commands.iter().any(|word| word.starts_with('-')));
        assert_eq!(values("nothing-like-this x"), [":4"]);
    }

    #[test]
    fn templates_and_their_parameters_are_offered_without_a_cluster() {
        assert!(offers("define db -t my").contains("mysql\t"), "{}", offers("define db -t my"));
        let found = values("define db -t mysql --set ");
        assert!(
            found.iter().any(|path| path == "size=") && found.iter().any(|path| path == "storage.size="),
            "{found:?}"
        );
        assert_eq!(found.last().unwrap(), ":6", "more of the word follows");
        assert_eq!(values("define db -t mysql --set size=s"), ["size=small", ":4"]);
        assert_eq!(values("template render redis --set persistence.mode=a"), ["persistence.mode=aof", ":4"]);
        assert_eq!(values("plan -f "), [":0"], "files are the shell's own");
    }

    #[test]
    fn every_row_of_the_table_names_an_argument() {
        let mut ids = std::collections::BTreeSet::new();
        let mut open = vec![crate::commands::Line::command()];
        while let Some(command) = open.pop() {
            ids.extend(command.get_arguments().map(|argument| argument.get_id().to_string()));
            open.extend(command.get_subcommands().cloned());
        }
        for id in sources::ids() {
            assert!(ids.contains(id), "no command has an argument `{id}` any more");
        }
    }
}
