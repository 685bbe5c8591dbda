//! `template pull`: fetches a template of a registry, checks it as every use of it does, and keeps it on this machine.
//! It never writes a file of a template that the policy refuses.

use std::path::PathBuf;

use clap::Args;

use crate::commands::Context;
use crate::commands::resolve::{Moved, find, of_registry};
use crate::error::{CommandError, exit, id};
use crate::object::printable;
use crate::registry::Reference;

/// Fetch a template of an OCI registry: onto this machine, or into a file
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template pull oci://registry.example.com/team/kafka:1.0.0              # kept, and found again without a network
  kubectl ku8 template pull oci://registry.example.com/team/kafka:1.0.0 -o kafka.wasm")]
pub(super) struct PullArgs {
    /// Template: oci://HOST/REPOSITORY:TAG, or @sha256:DIGEST
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// Write the component to this file too
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Take what the tag names now, although it named something else before
    #[arg(long)]
    accept_moved_tag: bool,
}

/// Runs `template pull`.
///
/// # Errors
/// A registry that does not give it, a policy that refuses it, or a file that cannot be written.
pub(super) async fn run(context: &Context, args: &PullArgs) -> Result<u8, CommandError> {
    if !Reference::is_meant(&args.reference) {
        let written = of_registry(&args.reference);
        let meant = written.as_deref().unwrap_or("oci://registry.example.com/team/kafka:1.0.0");
        let lead = if written.is_some() { "with its scheme" } else { "for example" };
        return Err(CommandError::new(format!("`{}` is no template of a registry", printable(&args.reference)))
            .id(id::USAGE)
            .hint(format!("{lead}: kubectl ku8 template pull {meant}")));
    }
    let loaded = find(context, &args.reference, Moved::of(args.accept_moved_tag)).await?;
    if let Some(file) = &args.file {
        crate::files::write_public(file, loaded.template.bytes())?;
    }
    let metadata = loaded.template.metadata();
    let pinned = loaded.proof.as_ref().map(|proof| proof.pinned.to_string()).unwrap_or_default();
    let words = format!("template {} {}: {pinned}, {}", metadata.name, metadata.version, loaded.trust);
    context.ui.print(&printable(&words));
    if let Some(file) = &args.file {
        context.ui.print(&format!("written to {}", printable(&file.display().to_string())));
    }
    let ui = &context.ui;
    ui.say(&ui.err.dim(&format!("parameters: kubectl ku8 template show {}", args.reference)));
    Ok(exit::DONE)
}
