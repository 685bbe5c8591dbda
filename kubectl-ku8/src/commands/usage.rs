//! Reads the command line: kubectl's forms, our exit code for mistakes, and a pointer for flags of kubectl's we do not have.
//! It never runs anything.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _};

use super::{Line, environment};
use crate::cli::{Format, GlobalArgs, asks_for_document, join_values, kubectl_forms};
use crate::error::{CommandError, exit, id};
use crate::terminal::{Surroundings, Ui, print_usage};

/// Flags of kubectl that mean nothing here, and what to do instead.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "--username",
        "servers take no user names and passwords any more: put credentials into the kubeconfig, or pass --token",
    ),
    (
        "--password",
        "servers take no user names and passwords any more: put credentials into the kubeconfig, or pass --token",
    ),
    ("--match-server-version", "see both versions with: kubectl ku8 version"),
    ("--kuberc", "kubectl's preferences do not apply here; every flag has a variable: kubectl ku8 help environment"),
    ("--cache-dir", "compiled templates are kept in $XDG_CACHE_HOME/ku8; nothing of the server is"),
    ("--log-flush-frequency", "logs are written at once; choose how much with -v"),
    ("--profile", "it is about kubectl's own program"),
    ("--profile-output", "it is about kubectl's own program"),
    ("--field-manager", "it is always `ku8`: by that name the server tells our fields from those of others"),
    ("--server-side", "everything is applied by the server: kubectl ku8 publish NAME"),
    ("--dry-run", "kubectl ku8 plan NAME shows what would change, asked of the server, and changes nothing"),
    ("--kustomize", "pipe it: kustomize build . | kubectl ku8 plan NAME -f -"),
    ("-k", "pipe it: kustomize build . | kubectl ku8 plan NAME -f -"),
    ("--wait", "publish waits; --no-wait does not, --wait-timeout says how long"),
    ("--force", "there is a flag for each danger: kubectl ku8 publish --help"),
    ("--grace-period", "pods end as their templates say; see kubectl delete pod for a single one"),
];

/// A line that can be run.
pub(super) struct Parsed {
    pub(super) line: Line,
    /// Its commands, without names and values.
    pub(super) words: String,
    /// It asks for JSON or YAML.
    pub(super) document: bool,
}

/// clap ends usage errors with 2, which means "changes" here and in kubectl diff; ours is 1 (ecosystem.md, finding 8).
pub(super) fn parse(arguments: &[OsString]) -> Result<Parsed, u8> {
    let arguments = programming_language(join_values(arguments));
    let command = kubectl_forms(Line::command(), &environment::is_set);
    let found = command.try_get_matches_from(&arguments).and_then(|matches| {
        let line = Line::from_arg_matches(&matches).map_err(|error| error.with_cmd(&Line::command()))?;
        let mut words = Vec::new();
        let mut inner = &matches;
        while let Some((name, deeper)) = inner.subcommand() {
            words.push(name.to_owned());
            inner = deeper;
        }
        let form = inner.try_get_raw("output").ok().flatten().and_then(|mut values| values.next());
        // A form that is a command's own choice is for people, and so are its errors.
        let asked = matches!(inner.try_contains_id("output"), Ok(true))
            && inner.value_source("output") == Some(ValueSource::CommandLine);
        let document = asked && form.is_some_and(|form| form == "json" || form == "yaml" || form == "kyaml");
        Ok(Parsed { line, words: words.join(" "), document })
    });
    found.map_err(|error| refuse(&error, &arguments))
}

/// `--lang` is the language people read, in every command; a programming language behind `template new` is meant as
/// `--language`.
fn programming_language(mut arguments: Vec<OsString>) -> Vec<OsString> {
    const KNOWN: [&str; 5] = ["rust", "go", "javascript", "js", "python"];
    if !["template", "new"].iter().all(|word| arguments.iter().any(|argument| argument == word)) {
        return arguments;
    }
    for place in 0..arguments.len() {
        let next = arguments.get(place + 1).and_then(|next| next.to_str()).unwrap_or_default();
        let text = arguments[place].to_str().unwrap_or_default();
        if text == "--lang" && KNOWN.contains(&next) {
            arguments[place] = "--language".into();
        } else if let Some(value) = text.strip_prefix("--lang=").filter(|value| KNOWN.contains(value)) {
            arguments[place] = format!("--language={value}").into();
        }
    }
    arguments
}

fn refuse(error: &clap::Error, arguments: &[OsString]) -> u8 {
    let around = environment::surroundings(&GlobalArgs::default());
    let is_help = !error.use_stderr();
    // The plain command line says the same in the words of the help.
    let plain = Line::command().args_override_self(true).try_get_matches_from(arguments).err();
    let error = plain.as_ref().filter(|plain| plain.kind() == error.kind()).unwrap_or(error);
    let words = error.render();
    let around = Surroundings { document: asks_for_document(arguments), ..around };
    match own_words(error, arguments) {
        _ if is_help => {}
        Some(own) => {
            Ui::new(around).fail(&own);
            return exit::ERROR;
        }
        None if around.document => {
            let text = words.to_string();
            let message =
                text.split("\n\nUsage:").next().unwrap_or(&text).trim_start_matches("error: ").trim().to_owned();
            Ui::new(around).fail(&CommandError::new(message).id(id::COMMAND_LINE).hint("see the flags with --help"));
            return exit::ERROR;
        }
        None => {}
    }
    print_usage(&around, &words.ansi().to_string(), &words.to_string(), is_help);
    if is_help { exit::DONE } else { exit::ERROR }
}

/// What we know better than clap: flags of kubectl's, forms of `-o`, values that came from a variable.
fn own_words(error: &clap::Error, arguments: &[OsString]) -> Option<CommandError> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let flag = text(ContextKind::InvalidArg)?.split([' ', '=', '[']).next().unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let word = text(ContextKind::InvalidArg).unwrap_or_default();
            // As terraform and helm users type it: `size=dev`.
            if let Some((path, _)) = word.split_once('=').filter(|(path, _)| !path.is_empty() && !path.starts_with('-'))
            {
                // The value is not repeated: it may be one that nobody should read.
                let told = CommandError::new(format!("{path}=… stands alone")).id(id::COMMAND_LINE);
                return Some(told.hint(format!("a value is set with: --set {path}=…")));
            }
            let (_, why) = ELSEWHERE.iter().find(|(name, _)| *name == flag)?;
            Some(CommandError::new(format!("{flag} is not a flag here")).id(id::COMMAND_LINE).hint(*why))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            if let Some(variable) = variable_of(flag, arguments) {
                let value = text(ContextKind::InvalidValue).unwrap_or_default();
                return Some(
                    CommandError::new(format!("{variable} is set to `{value}`, which is no value for {flag}"))
                        .id(id::COMMAND_LINE)
                        .hint(format!("correct it, or: unset {variable}")),
                );
            }
            (flag == "--output").then(|| forms(error))
        }
        _ => None,
    }
}

/// The variable a value came from, when the line itself does not hold the flag.
fn variable_of(flag: &str, arguments: &[OsString]) -> Option<String> {
    let command = Line::command();
    let arg = command.get_arguments().find(|arg| arg.get_long().is_some_and(|long| flag == format!("--{long}")))?;
    let variable = arg.get_env().filter(|name| environment::is_set(name))?;
    let short = arg.get_short().map(|short| format!("-{short}"));
    let is_typed = arguments.iter().filter_map(|word| word.to_str()).any(|word| {
        word == flag
            || word.starts_with(&format!("{flag}="))
            || short.as_ref().is_some_and(|short| word.starts_with(short))
    });
    (!is_typed).then(|| variable.to_string_lossy().into_owned())
}

fn forms(error: &clap::Error) -> CommandError {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    let said = std::error::Error::source(error).map(ToString::to_string);
    let message = said.unwrap_or_else(|| {
        let allowed = match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(allowed)) => allowed.join(", "),
            _ => Format::ALLOWED.to_owned(),
        };
        format!("unable to match a printer suitable for the output format \"{value}\", allowed formats are: {allowed}")
    });
    CommandError::new(message).id(id::OUTPUT_FORM).hint("the forms of -o: kubectl ku8 help output")
}
