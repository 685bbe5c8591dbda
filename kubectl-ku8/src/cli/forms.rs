//! kubectl's ways of writing flags, which clap rejects by default: `--yes=false`, `-v=6`, `-v 6`, a flag given twice.
//! It changes how a line is read and never what a flag means.

use std::ffi::{OsStr, OsString};

use clap::builder::{BoolishValueParser, OsStr as Name, Resettable};
use clap::{Arg, ArgAction, Command};

/// Makes a command read flags as kubectl does. `is_set` says whether a variable is set and not empty.
pub fn kubectl_forms(command: Command, is_set: &dyn Fn(&OsStr) -> bool) -> Command {
    relax(command.args_override_self(true), is_set)
}

fn relax(command: Command, is_set: &dyn Fn(&OsStr) -> bool) -> Command {
    command.mut_args(|arg| relax_arg(arg, is_set)).mut_subcommands(|inner| relax(inner, is_set))
}

fn relax_arg(arg: Arg, is_set: &dyn Fn(&OsStr) -> bool) -> Arg {
    // A variable that is set to nothing says nothing.
    let unset = arg.get_env().is_some_and(|name| !is_set(name));
    let arg = if unset { arg.env(Resettable::<Name>::Reset) } else { arg };
    match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .value_parser(BoolishValueParser::new()),
        _ => arg,
    }
}

/// Joins `-v 6` and `-v6` into `-v=6`, so that a `-v` alone never takes a name that follows it.
pub fn join_values(arguments: &[OsString]) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::with_capacity(arguments.len());
    let mut words = arguments.iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            joined.push(word.clone());
            joined.extend(words.cloned());
            break;
        }
        let attached = word.to_str().and_then(|word| word.strip_prefix("-v")).filter(|level| is_level(level));
        if let Some(level) = attached {
            joined.push(format!("-v={level}").into());
            continue;
        }
        let level = words.peek().and_then(|next| next.to_str()).filter(|next| is_level(next));
        match level {
            Some(level) if word == "-v" || word == "--v" => {
                joined.push(format!("-v={level}").into());
                words.next();
            }
            _ => joined.push(word.clone()),
        }
    }
    joined
}

fn is_level(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says whether a line asks for JSON or YAML, before it is known to be a good one.
pub fn asks_for_document(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let is_document = |form: &str| matches!(form, "json" | "yaml" | "kyaml");
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        match word.strip_prefix("--output").or_else(|| word.strip_prefix("-o")) {
            Some("") => is_document(next),
            Some(form) => is_document(form.strip_prefix('=').unwrap_or(form)),
            None => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_level_is_joined_and_a_name_is_not() {
        for (line, expected) in [
            ("list -v 6", "list -v=6"),
            ("list --v 8 x", "list -v=8 x"),
            ("list -v6", "list -v=6"),
            ("list -v=6", "list -v=6"),
            ("show -v orders-db", "show -v orders-db"),
            ("show -- -v 6", "show -- -v 6"),
            ("list -v", "list -v"),
        ] {
            assert_eq!(join_values(&words(line)), words(expected), "{line}");
        }
    }

    #[test]
    fn a_line_asks_for_a_document_in_every_form() {
        for line in ["list -o json", "list -ojson", "list -o=yaml", "list --output json", "list --output=kyaml"] {
            assert!(asks_for_document(&words(line)), "{line}");
        }
        for line in ["list", "list -o text", "list -o", "list -o jsonpath={.x}", "list -- -o json"] {
            assert!(!asks_for_document(&words(line)), "{line}");
        }
    }
}
