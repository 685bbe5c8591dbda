//! `template build`: runs the language's own tool in a project and packs what it made into `build/NAME.wasm`.
//! It never installs anything outside of the project, and says exactly what to install when a tool is missing.

mod go;
mod javascript;
mod kit;
mod python;
mod rust;
mod tools;

use std::path::{Path, PathBuf};

use clap::Args;

use super::component::{self, shown};
use super::new::Language;
use crate::cli::Output;
use crate::commands::Context;
use crate::error::{CommandError, exit, id};
use crate::terminal::Work;

/// Build the template project in a folder
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template build
  kubectl ku8 template build ./greeter -o json")]
pub(super) struct BuildArgs {
    /// Folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Output: text or json
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// What a language's tool made.
struct Module {
    /// A core module or a component.
    bytes: Vec<u8>,
    /// First parts of Rust paths whose names stay, for traps to name.
    own: Vec<String>,
}

/// Builds.
///
/// # Errors
/// When there is no project, its tool is missing or fails, or it makes no template.
pub(super) async fn run(context: &Context, args: &BuildArgs) -> Result<u8, CommandError> {
    let language = language_of(&args.folder)?;
    let folder = std::path::absolute(&args.folder)
        .map_err(|error| CommandError::new(format!("{}: {error}", args.folder.display())).id(id::FILE_READ))?;
    let module = {
        let _work = Work::new(&context.ui, &format!("building with {}", tool(language)));
        match language {
            Language::Rust => rust::build(context, &folder).await?,
            Language::Go => go::build(&folder).await?,
            Language::Javascript => javascript::build(context, &folder).await?,
            Language::Python => python::build(context, &folder).await?,
        }
    };
    let own: Vec<&str> = module.own.iter().map(String::as_str).collect();
    let source = format!("what {} built", tool(language));
    let built = component::write(context, &module.bytes, &source, &own, |template| {
        args.folder.join("build").join(format!("{}.wasm", template.metadata().name))
    })?;
    let there = if args.folder == Path::new(".") { String::new() } else { format!(" {}", shown(&args.folder)) };
    built.tell(
        context,
        Some(&language.title().to_lowercase()),
        args.output,
        &format!("kubectl ku8 template lint{there}"),
    );
    Ok(exit::DONE)
}

/// The program people know a language's build by.
fn tool(language: Language) -> &'static str {
    match language {
        Language::Rust => "cargo",
        Language::Go => "go",
        Language::Javascript => "componentize-js",
        Language::Python => "componentize-py",
    }
}

/// The language of a project, by its manifest.
fn language_of(folder: &Path) -> Result<Language, CommandError> {
    let here: Vec<Language> =
        Language::ALL.into_iter().filter(|language| crate::files::exists(&folder.join(language.manifest()))).collect();
    let place = shown(folder);
    match here[..] {
        [language] => Ok(language),
        [] => {
            let known: Vec<&str> = Language::ALL.into_iter().map(Language::manifest).collect();
            Err(CommandError::new(format!("{place} is no template project: there is no {}", known.join(", no ")))
                .id(id::NO_PROJECT)
                .hint("begin one with: kubectl ku8 template new NAME")
                .hint("a module of another compiler: kubectl ku8 template pack CORE.wasm"))
        }
        _ => {
            let found: Vec<&str> = here.iter().map(|language| language.manifest()).collect();
            Err(CommandError::new(format!("{place} is the project of several languages: {}", found.join(", ")))
                .id(id::NO_PROJECT)
                .hint("keep each template in a folder of its own"))
        }
    }
}
