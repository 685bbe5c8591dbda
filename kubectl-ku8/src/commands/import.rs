//! `import`: definition files, of a folder or one by one, stored as they are; all are checked before one is written.
//! It never publishes, and never removes a definition that no file holds.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::define::{agree_on_namespace, check_template_change, validate};
use super::resolve::{Moved, Pin, pin_template, read_head};
use super::save::save;
use crate::definition::{Definition, Sources, parse};
use crate::error::{CommandError, exit, id};
use crate::release::Head;

/// Store definition files, of a folder or one by one
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 import prod -n prod                # every *.yaml of the folder
  kubectl ku8 import orders-db.yaml cache.yaml
  kubectl ku8 plan --all                         # what publishing them would do")]
pub struct ImportArgs {
    /// Files or folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Let a file change the template of a stored definition
    #[arg(long)]
    replace: bool,
    /// Take what a registry's tag names now, although it named something else before
    #[arg(long)]
    accept_moved_tag: bool,
}

/// One file, checked.
struct Checked {
    namespace: String,
    head: Option<Head>,
    definition: Definition,
}

/// Imports.
///
/// # Errors
/// When one of the files is wrong; nothing was written then. Or when a write fails; those before it stand.
pub async fn run(context: &Context, args: ImportArgs) -> Result<u8, CommandError> {
    let mut texts = Vec::new();
    for path in &args.paths {
        for file in crate::files::documents_in(path)? {
            texts.push((file.display().to_string(), crate::files::read_text(&file)?));
        }
    }
    if texts.is_empty() {
        return Err(CommandError::new("there is no YAML file in what was named")
            .id(id::NOTHING_NAMED)
            .hint("export some first: kubectl ku8 export --dir DIR"));
    }
    let mut parsed: Vec<(Definition, Sources, String)> = Vec::new();
    for (source, text) in texts {
        let definition = parse(&source, &text)?;
        if let Some((_, _, other)) = parsed.iter().find(|(known, _, _)| known.name() == definition.name()) {
            let message = format!("`{}` is defined twice: in {other} and in {source}", definition.name());
            return Err(CommandError::new(message).id(id::CONTRADICTION).hint("remove one of the files"));
        }
        let mut sources = Sources::default();
        sources.definition(&source, &text);
        parsed.push((definition, sources, source));
    }
    let default = context.namespace()?;
    let cluster = context.cluster()?;
    let mut checked = Vec::new();
    for (mut definition, sources, source) in parsed {
        let namespace = agree_on_namespace(context, &definition, &default)?;
        definition.metadata.namespace = Some(namespace.clone());
        let head = read_head(cluster.reader(), &namespace, definition.name()).await?;
        check_template_change(&definition, head.as_ref(), args.replace)?;
        let place = Some((cluster.reader(), namespace.as_str()));
        let stored = head.as_ref().and_then(|head| head.definition.spec.template.as_ref());
        let pin = Pin { stored, moved: Moved::of(args.accept_moved_tag), ..Pin::default() };
        let loaded =
            pin_template(context, &mut definition, pin, place).await.map_err(|error| in_file(error, &source))?;
        let template = loaded.as_ref().map(|loaded| &loaded.template);
        validate(context, &definition, template).map_err(|error| error.pointing_into(&sources))?;
        checked.push(Checked { namespace, head, definition });
    }
    for one in checked {
        save(context, cluster, &one.namespace, one.head, one.definition).await?;
    }
    Ok(exit::DONE)
}

fn in_file(error: CommandError, source: &str) -> CommandError {
    CommandError { message: format!("{source}: {}", error.message), ..error }
}
