//! `help`: the help of a command, or a topic: variables, exit codes, forms of output, an error by its id.
//! Topics are made from what the program does, so that they cannot say anything else.

use clap::Args;

use super::{Context, command_line};
use crate::error::{CommandError, exit, id, page};
use crate::object::nearest;
use crate::terminal::Table;

/// Show the help of a command, or of a topic: environment, exit-codes, output, or the id of an error
#[derive(Args, Debug)]
#[command(
    after_help = "Topics:\n  environment   variables that are read\n  exit-codes    what a command ends with\n  output        the forms of -o\n  KU8-…         an error by its id\n\nExamples:\n  kubectl ku8 help plan\n  kubectl ku8 help template render\n  kubectl ku8 help exit-codes"
)]
pub struct HelpArgs {
    /// Command or topic
    #[arg(value_name = "TOPIC")]
    topic: Vec<String>,
}

/// Variables beside those of flags.
pub const VARIABLES: &[(&str, &str)] = &[
    ("KUBECONFIG", "kubeconfig files, separated by `:`; ~/.kube/config without it"),
    ("KU8_PAGER, PAGER", "program that shows long plans page by page; empty for none"),
    ("LESS", "options of less; FRX without it"),
    ("NO_COLOR", "no colours"),
    ("CLICOLOR, CLICOLOR_FORCE", "CLICOLOR=0: no colours; CLICOLOR_FORCE=1: colours on a pipe too"),
    ("TERM", "TERM=dumb: no colours, no pager, nothing redrawn"),
    ("CI", "never ask, as --no-input"),
    ("KUBE_EDITOR, VISUAL, EDITOR", "editor of `edit`; vi without them"),
    ("LC_ALL, LC_MESSAGES, LANG", "language of questions and templates: zh_CN and the like; English otherwise"),
    ("KU8_IMAGE_REGISTRY", "mirror of images: mirror.corp/hub, or docker.io=mirror.corp/hub,quay.io=…"),
    ("KU8_IMAGE_PULL_SECRETS", "Secrets that pods pull images with, separated by commas"),
    ("DOCKER_CONFIG", "folder of docker's config.json, with the logins of registries; ~/.docker without it"),
    ("REGISTRY_AUTH_FILE", "a file of logins in docker's form that is asked first, as podman has it"),
    ("XDG_CONFIG_HOME", "where ku8/config.yaml is; ~/.config without it"),
    ("XDG_CONFIG_HOME", "where ku8/config.yaml and ku8/policy.yaml are; ~/.config without it"),
    ("HTTPS_PROXY, HTTP_PROXY", "proxy to the server, as kubectl reads it; https_proxy and http_proxy too"),
    ("NO_PROXY, no_proxy", "hosts, networks and domains that are reached without a proxy"),
    ("REQUEST_METHOD", "in a CGI program HTTP_PROXY is not read"),
    ("LC_ALL, LC_MESSAGES, LANG", "language of questions and parameters; KU8_LANG before them"),
    ("XDG_CACHE_HOME", "where compiled templates are kept, and those of registries; ~/.cache without it"),
    ("XDG_CONFIG_HOME", "where our settings are, and those of k9s; ~/.config without it"),
    ("XDG_DATA_HOME, K9S_CONFIG_DIR", "where k9s has its plugins and settings"),
    ("KREW_ROOT, CARGO_HOME", "where krew and cargo keep programs, to tell how this one is upgraded"),
    ("KUBERC", "kubectl's preferences: looked at by `doctor` alone"),
    ("HOME, USERPROFILE, PATH", "where files and programs are looked for"),
    ("USER, LOGNAME, USERNAME", "who is written down as having changed a definition"),
    ("HOSTNAME, COMPUTERNAME", "on which machine"),
    (
        "KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT",
        "in a pod: its service account is used when there is no kubeconfig",
    ),
    ("POD_NAMESPACE", "in a pod: its namespace, where the service account's is not to be had"),
];

/// What the exit codes mean.
pub const CODES: &[(u8, &str)] = &[
    (exit::DONE, "done; for plan: also when there are changes"),
    (
        exit::ERROR,
        "an error before anything was written or at the first write, a wrong command line, a declined question",
    ),
    (exit::CHANGES, "plan --detailed-exitcode: there are changes"),
    (exit::STALE, "the plan is stale: the cluster or the definition changed since; plan again"),
    (exit::LOCKED, "another operation holds the lock of the definition, or took it over"),
    (exit::NOT_READY, "written, but not ready in time, or only in part"),
    (exit::OWNERSHIP, "somebody else owns an object or a field; nothing was written"),
    (exit::INTERRUPTED, "Ctrl-C"),
];

/// Shows.
///
/// # Errors
/// When there is neither a command nor a topic of that name.
pub fn run(context: &Context, args: &HelpArgs) -> Result<u8, CommandError> {
    let text = match args.topic.as_slice() {
        [topic] if topic == "environment" => environment(),
        [topic] if topic == "exit-codes" => codes(),
        [topic] if topic == "output" => forms(),
        [id] if id.to_ascii_uppercase().starts_with("KU8-") => of_error(id)?.to_owned(),
        words => {
            context.ui.page(&of_command(context, words)?);
            return Ok(exit::DONE);
        }
    };
    context.ui.page(&text);
    Ok(exit::DONE)
}

fn of_command(context: &Context, words: &[String]) -> Result<String, CommandError> {
    let mut command = command_line();
    command.build();
    let mut here = &mut command;
    for (index, word) in words.iter().enumerate() {
        if here.find_subcommand(word).is_none() {
            return Err(unknown(here, &words[..=index]));
        }
        here = here.find_subcommand_mut(word).expect("it was found");
    }
    let text = here.render_long_help();
    Ok(if context.ui.out.is_on() { text.ansi().to_string() } else { text.to_string() })
}

fn of_error(typed: &str) -> Result<&'static str, CommandError> {
    page(&typed.to_ascii_uppercase()).ok_or_else(|| {
        CommandError::new(format!("there is no error with the id `{typed}`"))
            .id(id::NO_TOPIC)
            .hint("an id stands in brackets at the end of an error's first line")
    })
}

fn unknown(command: &clap::Command, words: &[String]) -> CommandError {
    let word = words.last().map_or("", String::as_str);
    let mut known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    if words.len() == 1 {
        known.extend(["environment", "exit-codes", "output"]);
    }
    let error = CommandError::new(format!("there is no command or topic `{}`", words.join(" "))).id(id::NO_TOPIC);
    match nearest(word, known) {
        Some(near) => error.hint(format!("did you mean: kubectl ku8 help {near}")),
        None => error.hint("see all commands with: kubectl ku8 --help"),
    }
}

fn environment() -> String {
    let mut flags = Table::headless();
    let command = command_line();
    for arg in command.get_arguments() {
        let Some(variable) = arg.get_env() else { continue };
        let what = arg.get_help().map(ToString::to_string).unwrap_or_default();
        flags.row(&[format!("  {}", variable.to_string_lossy()), what]);
    }
    let mut others = Table::headless();
    for (names, what) in VARIABLES {
        others.row(&[format!("  {names}"), (*what).to_owned()]);
    }
    format!(
        "Every flag that all commands take has a variable, KU8_ and its name. The flag wins over it, one that is\n\
         set to nothing is not set, and switches take true or false.\n\n{}\n\nOther variables:\n\n{}",
        flags.render(),
        others.render()
    )
}

fn codes() -> String {
    let mut table = Table::headless();
    for (code, what) in CODES {
        table.row(&[format!("  {code}"), (*what).to_owned()]);
    }
    format!(
        "What a command ends with:\n\n{}\n\nWith -o json the error on standard error carries the code and a word for it.\n\
         On Windows kubectl turns every code into 1; call kubectl-ku8.exe itself in scripts there.",
        table.render()
    )
}

fn forms() -> String {
    let mut table = Table::headless();
    for (form, what) in [
        ("text", "a table, for people"),
        ("wide", "a table with more columns"),
        ("name", "kind/name, one a line"),
        ("json, yaml, kyaml", "one document; its shape: kubectl ku8 schema"),
        ("custom-columns=HEAD:PATH,…", "a table of your own, such as custom-columns=NAME:.name,BY:.updatedBy"),
        ("jsonpath=TEMPLATE", "text of your own, such as jsonpath='{range .items[*]}{.name}{\"\\n\"}{end}'"),
    ] {
        table.row(&[format!("  {form}"), what.to_owned()]);
    }
    format!(
        "Lists are printed in all of these, with --no-headers where there are heads:\n\n{}\n\n\
         Everything else is printed as text, json or yaml, and plans as markdown too.\n\
         Standard output is data, standard error is talk. With json or yaml an error is one line of JSON on standard error,\n\
         the last one; --quiet leaves out the talk before it.",
        table.render()
    )
}
