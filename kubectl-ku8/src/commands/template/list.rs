//! `template list`: the templates that are built in, or the versions of one that a registry has.
//! It never loads one of a registry: tags, digests and the author's own words are all it shows.

use serde_json::json;

use crate::cli::ListingArgs;
use crate::commands::new::titles;
use crate::commands::resolve::{Fetcher, Reach, load_by_name};
use crate::commands::{Context, print_listing};
use crate::error::{CommandError, id};
use crate::object::printable;
use crate::registry::{Reference, RegistryError};
use crate::render::builtin;
use crate::terminal::{Listing, Row};

/// Most tags whose manifests are looked at; the others are named without a digest.
const LOOKED_AT: usize = 50;

/// Lists the built-in templates.
///
/// # Errors
/// When this machine cannot run templates.
pub(super) fn built_in(context: &Context, form: &ListingArgs) -> Result<(), CommandError> {
    let mut listing = Listing::new(&["NAME", "VERSION", "SOFTWARE", "TITLE"], &["DIGEST"]);
    let mut items = Vec::new();
    for entry in builtin::all() {
        let template = load_by_name(context, entry.name)?;
        let metadata = template.metadata();
        let software = metadata.app_version.clone().unwrap_or_else(|| "-".into());
        let digest = format!("sha256:{}", entry.sha256);
        let cells = vec![entry.name.to_owned(), metadata.version.clone(), software, titles(context, &template).title];
        let name = format!("template/{}", entry.name);
        listing.row(Row { name, cells, wide: vec![digest.clone()], ..Row::default() });
        items.push(json!({"metadata": metadata, "digest": digest}));
    }
    let document = json!({"apiVersion": "ku8.dev/v1", "kind": "TemplateList", "items": items});
    print_listing(context, &listing, &document, form)?;
    if form.output.is_table() {
        context.ui.say(&context.ui.err.dim("parameters of one: kubectl ku8 template show NAME"));
    }
    Ok(())
}

/// Lists the versions of a template.
///
/// # Errors
/// A reference that names a tag, or a registry that does not answer.
pub(super) async fn remote(context: &Context, repository: &str, form: &ListingArgs) -> Result<(), CommandError> {
    let repository = Reference::parse(repository)?;
    if repository.tag().is_some() || repository.digest().is_some() {
        return Err(CommandError::new(format!("{repository} is one version already"))
            .id(id::USAGE)
            .hint(format!("look at it: kubectl ku8 template show {repository}")));
    }
    let fetcher = Fetcher::new(context, Reach::Network)?;
    let registry = fetcher.registry(&repository)?;
    let tags = newest_first(registry.tags(&repository).await?);
    let mut listing = Listing::new(&["TAG", "VERSION", "DIGEST"], &["DESCRIPTION"]);
    let mut items = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let reference = repository.with_tag(tag)?;
        let found = if index < LOOKED_AT { Some(registry.resolve(&reference).await) } else { None };
        let (version, digest, description) = match found {
            Some(Ok(found)) => {
                let word = |name: &str| found.annotations.get(name).map(|text| printable(text));
                let version = word("org.opencontainers.image.version").unwrap_or_default();
                (version, found.digest, word("org.opencontainers.image.description").unwrap_or_default())
            }
            // Images and charts may lie beside templates.
            Some(Err(RegistryError::NotATemplate { .. })) => continue,
            Some(Err(error)) => return Err(error.into()),
            None => Default::default(),
        };
        let shown = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        listing.row(Row {
            name: format!("template/{tag}"),
            cells: vec![tag.clone(), shown(&version), shown(&digest)],
            wide: vec![shown(&description)],
            ..Row::default()
        });
        let mut item = json!({"tag": tag, "reference": reference.to_string()});
        for (field, text) in [("version", version), ("manifestDigest", digest), ("description", description)] {
            if !text.is_empty() {
                item[field] = text.into();
            }
        }
        items.push(item);
    }
    let document = json!({
        "apiVersion": "ku8.dev/v1", "kind": "TemplateTagList", "repository": repository.to_string(), "items": items,
    });
    print_listing(context, &listing, &document, form)?;
    if form.output.is_table() && listing.is_empty() {
        context.ui.say(&format!("{repository} has no templates"));
    }
    Ok(())
}

/// Versions from the newest, then other tags by name; signatures lie under tags that are no versions of anything.
fn newest_first(tags: Vec<String>) -> Vec<String> {
    let mut tags: Vec<String> = tags.into_iter().filter(|tag| !is_of_another(tag)).collect();
    tags.sort_by(|left, right| match (version(left), version(right)) {
        (Some(left), Some(right)) => right.cmp(&left),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => left.cmp(right),
    });
    tags
}

/// The version a tag stands for: `1.2.3`, `v1.2.3`, and `_` for the `+` no tag may hold.
pub(super) fn version(tag: &str) -> Option<semver::Version> {
    semver::Version::parse(&tag.strip_prefix('v').unwrap_or(tag).replace('_', "+")).ok()
}

/// `sha256-<digest>` and what is behind it belongs to the manifest with that digest.
fn is_of_another(tag: &str) -> bool {
    tag.strip_prefix("sha256-")
        .is_some_and(|rest| rest.len() >= 64 && rest.as_bytes()[..64].iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_first_and_signatures_not_at_all() {
        let signature = format!("sha256-{}.sig", "a".repeat(64));
        let tags = ["latest", "1.9.0", "v1.10.0", "1.10.0-rc.1", &signature, "beta"].map(str::to_owned).to_vec();
        assert_eq!(newest_first(tags), ["v1.10.0", "1.10.0-rc.1", "1.9.0", "beta", "latest"]);
        assert!(!is_of_another("sha256-notes"));
    }
}
