//! `export`: definitions as files to keep in Git: sorted, without defaults, state or namespace.
//! It reads and never writes to the cluster; two exports of the same are equal, byte for byte.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::definition_file::write_definition;
use super::resolve::{load_here, require_head};
use super::{Context, print_document, select};
use crate::cli::Output;
use crate::definition::{Definition, document, tidy};
use crate::error::{CommandError, exit, id};

/// Write definitions as files, one or a whole namespace
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 export orders-db > orders-db.yaml
  kubectl ku8 export -n prod --dir prod          # one file each, with a schema for editors
  kubectl ku8 export orders-db | kubectl ku8 define -f - -n staging
  kubectl ku8 import prod -n prod                # and back")]
pub struct ExportArgs {
    /// Definitions; all of the namespace when none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Write one file for each into this folder, instead of printing
    #[arg(short = 'd', long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Output: yaml or json
    #[arg(short = 'o', long, value_enum, default_value_t = Output::Yaml, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Exports.
///
/// # Errors
/// When a definition does not exist or does not read, or a file cannot be written.
pub async fn run(context: &Context, args: ExportArgs) -> Result<u8, CommandError> {
    let namespace = context.namespace()?;
    let reader = context.cluster()?.reader();
    let whole = args.names.is_empty();
    let mut definitions: Vec<Definition> = Vec::new();
    let mut damaged = 0;
    for name in select(context, &args.names, whole).await? {
        match require_head(reader, &namespace, &name).await {
            Ok(head) => definitions.push(head.definition),
            // One damaged record does not hide the others.
            Err(error) if whole && error.id == id::RECORD_DAMAGED => {
                context.ui.warn(&error.message);
                damaged += 1;
            }
            Err(error) => return Err(error),
        }
    }
    match &args.dir {
        Some(folder) => {
            for definition in &definitions {
                let template = match &definition.spec.template {
                    Some(reference) => load_here(context, reference, Some((reader, &namespace))).await.ok(),
                    None => None,
                };
                let path = folder.join(format!("{}.yaml", definition.name()));
                write_definition(&path, definition, template.as_ref())?;
                context.ui.print(&path.display().to_string());
            }
        }
        None if args.output == Output::Json => {
            let items: Vec<Value> = definitions.iter().map(tidy).collect();
            let value = match <[Value; 1]>::try_from(items) {
                Ok([one]) if !whole => one,
                Ok(one) => json!({"apiVersion": "ku8.dev/v1", "kind": "DefinitionList", "items": one}),
                Err(many) => json!({"apiVersion": "ku8.dev/v1", "kind": "DefinitionList", "items": many}),
            };
            print_document(context, &value, Output::Json);
        }
        None => {
            let texts: Vec<String> = definitions.iter().map(|definition| document(definition, None)).collect();
            context.ui.print(&crate::object::printable(&texts.join("---\n")));
        }
    }
    if damaged == 0 {
        return Ok(exit::DONE);
    }
    let records = if damaged == 1 { "1 record does" } else { "some records do" };
    Err(CommandError::new(format!("{records} not read and were left out"))
        .id(id::RECORD_DAMAGED)
        .hint("look at them with: kubectl ku8 doctor"))
}
