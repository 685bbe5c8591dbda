//! `template new`: writes a small complete project, which builds, lints and passes its own tests at once.
//! It never touches a folder with anything in it, and fetches nothing.

mod language;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::commands::Context;
use crate::error::{CommandError, exit, id};
use crate::terminal::{Answer, Asker, Item, Question};

pub(super) use language::Language;

/// The longest name a template may have.
const LONGEST: usize = 40;

/// Words a Rust crate cannot be called by, and names its tools keep to themselves.
const TAKEN: &[&str] = &[
    "alloc",
    "as",
    "async",
    "await",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "main",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "template-sdk",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Write a small complete template project
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template new hello --lang rust
  kubectl ku8 template new greeter --lang go ./templates/greeter")]
pub(super) struct NewArgs {
    /// Name of the template: lower-case letters, digits and -
    name: String,
    /// Programming language; asked for in a terminal. Written as --lang it is understood too
    #[arg(long, value_enum)]
    language: Option<Language>,
    /// Folder to make; named as the template when left out
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Writes the project.
///
/// # Errors
/// A name that cannot be one, a folder that is in use, or nobody to ask for the language.
#[expect(clippy::unused_async, reason = "the other commands of templates wait")]
pub(super) async fn run(context: &Context, args: &NewArgs) -> Result<u8, CommandError> {
    check_name(&args.name)?;
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if !crate::files::is_free(&folder)? {
        return Err(CommandError::new(format!(
            "{} is not empty; a new project wants a folder of its own",
            folder.display()
        ))
        .id(id::FOLDER_IN_USE)
        .hint(format!("name another one: kubectl ku8 template new {} DIR", args.name)));
    }
    let language = match args.language {
        Some(language) => language,
        None => ask(context)?,
    };
    if language == Language::Rust && TAKEN.contains(&args.name.as_str()) {
        return Err(CommandError::new(format!("a Rust crate cannot be called `{}`", args.name))
            .id(id::TEMPLATE_NAME)
            .hint(format!("for example: {}-server", args.name)));
    }
    let files = language.files(&args.name);
    for (path, text) in &files {
        crate::files::write_text(&folder.join(path), text)?;
    }
    let ui = &context.ui;
    ui.print(&format!("{}: a {} project of {} files in {}", args.name, language.title(), files.len(), shown(&folder)));
    ui.say(&format!("next: {}kubectl ku8 template build", enter(&folder)));
    Ok(exit::DONE)
}

fn check_name(name: &str) -> Result<(), CommandError> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let sound = name.len() <= LONGEST
        && name.bytes().all(letters)
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-');
    if sound {
        return Ok(());
    }
    let name = crate::object::printable(name);
    Err(CommandError::new(format!(
        "`{name}` cannot be a template's name: lower-case letters, digits and `-`, a letter first, at most {LONGEST} characters"
    ))
    .id(id::TEMPLATE_NAME)
    .hint("for example: orders-queue"))
}

fn ask(context: &Context) -> Result<Language, CommandError> {
    let missing = |_| {
        let words: Vec<String> = Language::ALL.iter().map(|language| language.title().to_lowercase()).collect();
        CommandError::new("which language? nobody can be asked here")
            .id(id::ANSWER_MISSING)
            .hint(format!("add --lang: {}", words.join(", ")))
    };
    let asker = Asker::new(&context.ui).map_err(missing)?;
    let question = Question { title: "Language".to_owned(), ..Question::default() };
    let item = |language: &Language| Item { word: language.title().to_owned(), note: language.note().to_owned() };
    let items: Vec<Item> = Language::ALL.iter().map(item).collect();
    match asker.choice(&question, &items, 0, &|_| None)? {
        Answer::Given(place) => Ok(Language::ALL[place.min(Language::ALL.len() - 1)]),
        Answer::Back => Ok(Language::Rust),
    }
}

fn shown(folder: &Path) -> String {
    crate::object::printable(&folder.display().to_string())
}

/// How to get there from here; nothing where one is there.
fn enter(folder: &Path) -> String {
    if folder == Path::new(".") { String::new() } else { format!("cd {} && ", shown(folder)) }
}
