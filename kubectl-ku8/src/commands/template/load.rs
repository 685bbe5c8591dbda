//! `template load`: templates of an archive onto this machine, where pinned definitions find them, or into a mirror.
//! Everything in an archive is judged as if a registry had sent it: digests, the policy, and whether it is a template.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use crate::commands::Context;
use crate::commands::resolve::{Fetcher, Moved, Reach};
use crate::error::{CommandError, exit};
use crate::object::printable;
use crate::registry::{Reference, archive};

/// Load an archive that was saved, so that its templates need no network
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template load templates.tar
  kubectl ku8 template load templates.tar --to oci://mirror.example.com/hub      # then: --registry-mirror registry.example.com=mirror.example.com/hub")]
pub(super) struct LoadArgs {
    /// Archive that template save wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Push everything to this mirror too, each below its own repository
    #[arg(long, value_name = "REFERENCE")]
    to: Option<String>,
    /// Take what a tag names in the archive, although it named something else before
    #[arg(long)]
    accept_moved_tag: bool,
}

/// Runs `template load`.
///
/// # Errors
/// An archive that is damaged or none, a template that the policy refuses, a tag that was moved, or a mirror that does
/// not take it; what came before it in the archive is loaded then.
pub(super) async fn run(context: &Context, args: &LoadArgs) -> Result<u8, CommandError> {
    let name = args.file.display().to_string();
    let bytes = crate::files::read_archive(&args.file)?;
    let all = archive::read(&name, &bytes)?;
    let reach = if args.to.is_some() { Reach::Network } else { Reach::Here };
    let fetcher = Fetcher::new(context, reach)?;
    // All are judged before the first is kept.
    let mut checked = Vec::new();
    for one in &all {
        checked.push(fetcher.admit(one, Moved::of(args.accept_moved_tag))?);
    }
    for (one, loaded) in all.iter().zip(&checked) {
        fetcher.adopt(one)?;
        let metadata = loaded.template.metadata();
        let reference = &one.artifact.resolved.reference;
        let words = format!("template {} {}: {reference}, {}", metadata.name, metadata.version, loaded.trust);
        context.ui.print(&printable(&words));
        if let Some(mirror) = &args.to {
            let target = below(mirror, reference)?;
            fetcher.registry(&target)?.push_stored(&target, one, None).await?;
            context.ui.print(&format!("  pushed to {target}"));
        }
    }
    if let Some(mirror) = &args.to {
        let hosts: BTreeSet<&str> = all.iter().map(|one| one.artifact.resolved.reference.host()).collect();
        let mirror = mirror.trim_start_matches("oci://").trim_end_matches('/');
        for host in hosts.into_iter().filter(|host| *host != mirror) {
            let words = format!("ask it in the place of {host}: --registry-mirror {host}={mirror}");
            context.ui.say(&context.ui.err.dim(&printable(&words)));
        }
    }
    Ok(exit::DONE)
}

/// The place of a template in a mirror: its own repository below the mirror's.
fn below(mirror: &str, reference: &Reference) -> Result<Reference, CommandError> {
    let mirror = mirror.trim_end_matches('/');
    let place = Reference::parse(&format!("{mirror}/{}", reference.path()))?;
    Ok(match reference.tag() {
        Some(tag) => place.with_tag(tag)?,
        None => place,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_each_repository_below_its_own() {
        let reference = Reference::parse("oci://ghcr.io/acme/kafka:1.0.0").unwrap();
        for (mirror, expected) in [
            ("oci://mirror.corp/hub", "oci://mirror.corp/hub/acme/kafka:1.0.0"),
            ("oci://mirror.corp:5000/", "oci://mirror.corp:5000/acme/kafka:1.0.0"),
        ] {
            assert_eq!(below(mirror, &reference).unwrap().to_string(), expected);
        }
        assert!(below("mirror.corp", &reference).is_err());
    }
}
