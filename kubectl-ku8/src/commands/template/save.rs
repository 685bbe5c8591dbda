//! `template save`: templates of registries with their signatures in one archive, for places without a network.
//! The archive is an OCI image layout, which other tools read too; it never holds compiled code or a login.

use std::path::PathBuf;

use clap::Args;

use crate::commands::Context;
use crate::commands::resolve::{Fetcher, Moved, Reach};
use crate::error::{CommandError, exit};
use crate::object::printable;
use crate::registry::{Reference, archive};
use crate::terminal::Progress;

/// Save templates of registries into one archive, for places without a network
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template save oci://registry.example.com/team/kafka:1.0.0 -o templates.tar

Several references go into one archive. There: kubectl ku8 template load templates.tar")]
pub(super) struct SaveArgs {
    /// Templates: oci://HOST/REPOSITORY:TAG, or @sha256:DIGEST
    #[arg(value_name = "REFERENCE", required = true)]
    references: Vec<String>,
    /// The archive
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    file: PathBuf,
    /// Take what a tag names now, although it named something else before
    #[arg(long)]
    accept_moved_tag: bool,
}

/// Runs `template save`.
///
/// # Errors
/// A template that cannot be fetched or is refused by the policy, or a file that cannot be written; nothing is written
/// then.
pub(super) async fn run(context: &Context, args: &SaveArgs) -> Result<u8, CommandError> {
    let references: Vec<Reference> =
        args.references.iter().map(|text| Reference::parse(text)).collect::<Result<_, _>>()?;
    let fetcher = Fetcher::new(context, Reach::Network)?;
    let mut progress = Progress::new(&context.ui, "saving", references.len());
    let mut all = Vec::new();
    for reference in &references {
        let pinned = fetcher.pin(reference, None, Moved::of(args.accept_moved_tag)).await?;
        all.push(fetcher.whole(&pinned).await?);
        if reference.digest().is_none() {
            fetcher.remember(&pinned);
        }
        progress.step(&printable(&pinned.to_string()));
    }
    progress.finish();
    crate::files::write_public(&args.file, &archive::write(&all))?;
    let words = if all.len() == 1 { "1 template".to_owned() } else { format!("{} templates", all.len()) };
    context.ui.print(&format!("{words} written to {}", printable(&args.file.display().to_string())));
    for one in &all {
        let count = one.signatures.len();
        let signed = if count == 1 { "1 signature".to_owned() } else { format!("{count} signatures") };
        context.ui.print(&format!("  {}, {signed}", one.artifact.resolved.reference));
    }
    Ok(exit::DONE)
}
