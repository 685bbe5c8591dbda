//! `template push`: puts a component into a registry under its version, after it was loaded as every template is.
//! It never pushes what is no template, and never gives a released tag another content unless it is told to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::Output;
use crate::commands::resolve::{Fetcher, Reach, load_by_name};
use crate::commands::{Context, print_document};
use crate::definition::hex;
use crate::error::{CommandError, exit, id};
use crate::object::printable;
use crate::registry::{Reference, RegistryError};
use crate::render::Template;
use crate::terminal::Transfer;

/// Push a component to an OCI registry
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 template push ./build/mine.wasm oci://registry.example.com/team/mine         # the tag is its version
  kubectl ku8 template push ./build/mine.wasm oci://registry.example.com/team/edge:1.0.0 --annotation org.opencontainers.image.source=https://git.example.com/mine

Logins are those of docker: docker login registry.example.com. Sign what was pushed with cosign; the command says how.")]
pub(super) struct PushArgs {
    /// Component file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to: oci://HOST/REPOSITORY, with :TAG or without
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// Annotation of the manifest, KEY=VALUE; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    annotation: Vec<String>,
    /// Give a tag that is there already another content
    #[arg(long)]
    force: bool,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Runs `template push`.
///
/// # Errors
/// A file that is no template, a tag that is taken, or what a registry may refuse.
pub(super) async fn run(context: &Context, args: &PushArgs) -> Result<u8, CommandError> {
    let asked = Reference::parse(&args.reference)?;
    if asked.digest().is_some() {
        return Err(CommandError::new(format!("{asked}: a digest follows from what is pushed"))
            .id(id::USAGE)
            .hint(format!("push to {}", asked.without_digest())));
    }
    let name = args.file.display().to_string();
    // A bare name would be a built-in template.
    let path = if name.contains('/') { name } else { format!("./{name}") };
    let template = load_by_name(context, &path)?;
    let version = &template.metadata().version;
    let target = match asked.tag() {
        Some(_) => asked,
        None => asked.with_tag(&tag_of(version))?,
    };
    if target.tag().is_some_and(|tag| semver::Version::parse(tag).is_ok() && tag != tag_of(version)) {
        context.ui.warn(&format!("{target} will hold version {version}, which is not what its tag says"));
    }
    let annotations = annotations(&template, &args.annotation)?;
    let fetcher = Fetcher::new(context, Reach::Network)?;
    let registry = fetcher.registry(&target)?;
    let there = match registry.resolve(&target).await {
        Ok(there) => Some((there.digest, there.layer_digest, there.annotations)),
        Err(RegistryError::NotFound { .. }) => None,
        // Whatever it is, it is not what is pushed.
        Err(RegistryError::NotATemplate { .. }) => Some(Default::default()),
        Err(error) => return Err(error.into()),
    };
    let component = format!("sha256:{}", hex(&Sha256::digest(template.bytes())));
    let same = there.as_ref().is_some_and(|(_, layer, noted)| *layer == component && *noted == annotations);
    if there.is_some() && !same && !args.force {
        return Err(taken(&target, &template));
    }
    let digest = match there {
        Some((digest, ..)) if same => digest,
        _ => {
            let shown = Transfer::new(
                &context.ui,
                &format!("pushing {target}"),
                u64::try_from(template.bytes().len()).unwrap_or(u64::MAX),
            );
            registry.push(&target, template.bytes(), &annotations, Some(&|bytes, _| shown.at(bytes))).await?
        }
    };
    let pinned = target.with_digest(&digest)?;
    fetcher.remember(&pinned);
    tell(context, args, &template, &pinned, same);
    Ok(exit::DONE)
}

fn tell(context: &Context, args: &PushArgs, template: &Template, pinned: &Reference, same: bool) {
    let ui = &context.ui;
    let metadata = template.metadata();
    if args.output != Output::Text {
        let document = json!({
            "apiVersion": "ku8.dev/v1", "kind": "TemplatePush", "name": metadata.name, "version": metadata.version,
            "reference": pinned.to_string(), "manifestDigest": pinned.digest(),
            "digest": format!("sha256:{}", template.digest()), "pushed": !same,
        });
        print_document(context, &document, args.output);
        return;
    }
    let words = if same { "is there already" } else { "pushed" };
    ui.print(&format!("template {} {} {words}: {pinned}", printable(&metadata.name), printable(&metadata.version)));
    let digest = pinned.digest().unwrap_or_default();
    ui.say(&ui.err.dim(&format!("sign it: cosign sign --key cosign.key {}@{digest}", pinned.repository())));
    ui.say(&ui.err.dim(&format!("use it:  kubectl ku8 define NAME -t {}", pinned.without_digest())));
}

/// A version as a tag: `+` is no letter of one, and `_` is what others write for it.
pub(super) fn tag_of(version: &str) -> String {
    version.replace('+', "_")
}

/// What the manifest says of the template: its own words, then those of the command line.
fn annotations(template: &Template, given: &[String]) -> Result<BTreeMap<String, String>, CommandError> {
    const IMAGE: &str = "org.opencontainers.image";
    let metadata = template.metadata();
    let schema = serde_json::to_vec(template.schema().document()).expect("JSON serialises");
    let mut found = BTreeMap::from([
        (format!("{IMAGE}.title"), metadata.name.clone()),
        (format!("{IMAGE}.version"), metadata.version.clone()),
        (format!("{IMAGE}.description"), metadata.description.clone()),
        (crate::registry::ABI.to_owned(), "ku8:template/provider@1.0.0".to_owned()),
        ("dev.ku8.template.schema-digest".to_owned(), format!("sha256:{}", hex(&Sha256::digest(schema)))),
    ]);
    for one in given {
        let (key, value) = one.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            CommandError::new(format!("annotation `{}` is not of the form KEY=VALUE", printable(one))).id(id::USAGE)
        })?;
        found.insert(key.to_owned(), value.to_owned());
    }
    Ok(found)
}

fn taken(target: &Reference, template: &Template) -> CommandError {
    let version = &template.metadata().version;
    CommandError::new(format!("{target} is there already, with another content; nothing was pushed"))
        .id(id::TAG_TAKEN)
        .hint(format!("raise the template's version, which is {version}, and push it under the new one"))
        .hint("whoever used the tag is told that it was moved, and has to accept it; to do that all the same: --force")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_with_build_metadata_is_a_tag_too() {
        assert_eq!(tag_of("1.2.3-rc.1+20260101"), "1.2.3-rc.1_20260101");
        assert!(Reference::parse("oci://a.b/c").unwrap().with_tag(&tag_of("1.0.0+x")).is_ok());
    }
}
