//! Which template a name or a pinned reference stands for: built in, a file, kept in the cluster, of a registry.
//! Bytes with another digest than pinned are never taken for it.

use std::path::Path;

use futures::FutureExt as _;

use super::{Fetcher, Kept, Loaded, Moved, Reach};
use crate::cluster::PlanClient;
use crate::commands::{Context, template_store};
use crate::definition::{Definition, TemplateRef};
use crate::error::{CommandError, id};
use crate::object::{nearest, printable};
use crate::registry::Reference;
use crate::render::{Origin, Template, builtin};

/// Loads a template: a built-in name, a file, or what a pinned digest names.
///
/// # Errors
/// An unknown name, a file that cannot be read or is no template, bytes with another digest than pinned, a registry that
/// does not answer, or a policy that refuses.
pub(in crate::commands) async fn load(
    context: &Context,
    reference: &TemplateRef,
    cluster: Option<(&PlanClient, &str)>,
    reach: Reach,
) -> Result<Loaded, CommandError> {
    load_moved(context, reference, cluster, reach, Moved::Refuse).await
}

/// As [`load`], of a document nobody has pinned yet.
///
/// # Errors
/// As [`load`], and a tag that was moved and not accepted.
pub(in crate::commands) async fn load_unpinned(
    context: &Context,
    reference: &TemplateRef,
    moved: Moved,
) -> Result<Template, CommandError> {
    Ok(load_moved(context, reference, None, Reach::Network, moved).await?.template)
}

async fn load_moved(
    context: &Context,
    reference: &TemplateRef,
    cluster: Option<(&PlanClient, &str)>,
    reach: Reach,
    moved: Moved,
) -> Result<Loaded, CommandError> {
    let runtime = context.runtime()?;
    let pinned = reference.digest.as_deref().map(|digest| digest.trim_start_matches("sha256:"));
    if let Some(entry) = builtin::all().iter().find(|entry| Some(entry.sha256) == pinned) {
        return Ok(Loaded::plain(runtime.load_embedded(entry)?));
    }
    if Reference::is_meant(&reference.name) {
        let fetcher = Fetcher::new(context, reach)?;
        let asked = Reference::parse(&reference.name)?;
        let found = fetcher.pin(&asked, None, moved).await?;
        return fetched(&fetcher, &asked, &found, reference.digest.as_deref(), cluster).await;
    }
    if let (Some(digest), Some((cluster, namespace))) = (pinned, cluster)
        && let Some(bytes) = template_store::fetch(cluster, namespace, digest).await?.bytes
    {
        return Ok(Loaded::plain(runtime.load(bytes, Origin::Cluster)?));
    }
    let loaded = load_plain(context, &reference.name)?;
    match pinned {
        Some(digest) if loaded.template.digest() != digest => Err(CommandError::new(format!(
            "template `{}` is pinned to sha256:{}…, and what is here has sha256:{}…",
            reference.name,
            &digest[..digest.len().min(12)],
            &loaded.template.digest()[..12]
        ))
        .id(id::OTHER_DIGEST)
        .hint(format!("to move to this version: kubectl ku8 define NAME -t {}", reference.name))),
        _ => Ok(loaded),
    }
}

/// As [`load`], where only the template matters.
///
/// # Errors
/// As [`load`].
pub(in crate::commands) async fn load_template(
    context: &Context,
    reference: &TemplateRef,
    cluster: Option<(&PlanClient, &str)>,
) -> Result<Template, CommandError> {
    Ok(load(context, reference, cluster, Reach::Network).await?.template)
}

/// As [`load_template`], where somebody waits at the keyboard: no registry is asked.
///
/// # Errors
/// As [`load`]; also when only a registry has it.
pub(in crate::commands) async fn load_here(
    context: &Context,
    reference: &TemplateRef,
    cluster: Option<(&PlanClient, &str)>,
) -> Result<Template, CommandError> {
    Ok(load(context, reference, cluster, Reach::Here).await?.template)
}

/// Loads a template by what the user wrote, from a registry too.
///
/// # Errors
/// As [`load`], and a tag that was moved and not accepted.
pub(in crate::commands) async fn find(context: &Context, name: &str, moved: Moved) -> Result<Loaded, CommandError> {
    if !Reference::is_meant(name) {
        return load_plain(context, name);
    }
    let fetcher = Fetcher::new(context, Reach::Network)?;
    let asked = Reference::parse(name)?;
    let pinned = fetcher.pin(&asked, None, moved).await?;
    fetched(&fetcher, &asked, &pinned, None, None).await
}

/// Loads a template by what the user wrote, without asking a registry: what was pulled before is found by its tag.
///
/// # Errors
/// As [`load`].
pub(in crate::commands) fn load_by_name(context: &Context, name: &str) -> Result<Template, CommandError> {
    if !Reference::is_meant(name) {
        return Ok(load_plain(context, name)?.template);
    }
    let found = async {
        let fetcher = Fetcher::new(context, Reach::Here)?;
        let asked = Reference::parse(name)?;
        let pinned = fetcher.pin(&asked, None, Moved::Refuse).await?;
        Ok(fetcher.load(&pinned, None, Kept::default()).await?.template)
    };
    found.now_or_never().unwrap_or_else(|| Err(CommandError::new(format!("{name} is not on this machine"))))
}

/// Says whether a template's name is a path: with a slash, or a component's file (decisions.md, 9). References of
/// registries have slashes too; who may meet one asks for those first.
pub(in crate::commands) fn is_path(name: &str) -> bool {
    name.contains('/') || Path::new(name).extension().is_some_and(|ending| ending == "wasm")
}

/// A registry's template as other tools write it, without the scheme: `ghcr.io/acme/kafka:1.0.0`.
pub(in crate::commands) fn of_registry(name: &str) -> Option<String> {
    let (host, _) = name.split_once('/')?;
    let is_host = host == "localhost" || host.trim_matches('.').contains(['.', ':']);
    let written = format!("oci://{name}");
    (is_host && Reference::parse(&written).is_ok_and(|read| read.tag().is_some())).then_some(written)
}

/// A built-in template or a file.
fn load_plain(context: &Context, name: &str) -> Result<Loaded, CommandError> {
    let runtime = context.runtime()?;
    if is_path(name) {
        let bytes = crate::files::read_bytes(Path::new(name)).map_err(|error| {
            let failed = CommandError::from(error);
            match of_registry(name) {
                Some(reference) => failed.hint(format!("a template of a registry is written {reference}")),
                None => failed,
            }
        })?;
        let template = runtime.load(bytes, Origin::File(name.to_owned())).map_err(|error| {
            let failed = CommandError::from(error);
            CommandError { message: format!("{}: {}", printable(name), failed.message), ..failed }
        })?;
        return Ok(Loaded::plain(template));
    }
    if let Some(template) = runtime.load_builtin(name) {
        return Ok(Loaded::plain(template?));
    }
    let failed = CommandError::new(format!("no template `{name}`")).id(id::NO_TEMPLATE);
    Err(match nearest(name, builtin::all().iter().map(|entry| entry.name)) {
        Some(near) => failed.hint(format!("did you mean `{near}`?")),
        None => failed.hint("see them with: kubectl ku8 template list"),
    })
}

/// A template of a registry; its tag is remembered once it was good for something.
async fn fetched(
    fetcher: &Fetcher<'_>,
    asked: &Reference,
    pinned: &Reference,
    component: Option<&str>,
    cluster: Option<(&PlanClient, &str)>,
) -> Result<Loaded, CommandError> {
    let kept = match (component, cluster) {
        (Some(component), Some((cluster, namespace))) if !fetcher.is_here(pinned, component) => {
            template_store::fetch(cluster, namespace, component.trim_start_matches("sha256:")).await?
        }
        _ => Kept::default(),
    };
    let loaded = fetcher.load(pinned, component, kept).await?;
    if asked.digest().is_none() {
        fetcher.remember(pinned);
    }
    Ok(loaded)
}

/// How a definition's template is pinned.
#[derive(Clone, Copy, Default)]
pub(in crate::commands) struct Pin<'a> {
    /// What the definition is stored with.
    pub(in crate::commands) stored: Option<&'a TemplateRef>,
    /// `define -t`: what is stored is no answer, only something to compare with.
    pub(in crate::commands) renew: bool,
    /// What to do with a tag that names something else than before.
    pub(in crate::commands) moved: Moved,
}

/// Loads a definition's template and pins it: a stored pin stays unless `-t` was given, and a registry's tag becomes the
/// digest it names now.
///
/// # Errors
/// As [`load`], and a tag that was moved and not accepted.
pub(in crate::commands) async fn pin_template(
    context: &Context,
    definition: &mut Definition,
    pin: Pin<'_>,
    cluster: Option<(&PlanClient, &str)>,
) -> Result<Option<Loaded>, CommandError> {
    let Some(reference) = &mut definition.spec.template else { return Ok(None) };
    let stored = pin.stored.filter(|stored| !pin.renew && reference.digest.is_none() && is_same(stored, reference));
    if let Some(stored) = stored {
        *reference = stored.clone();
    }
    let loaded = if Reference::is_meant(&reference.name) {
        let fetcher = Fetcher::new(context, Reach::Network)?;
        let asked = Reference::parse(&reference.name)?;
        let before = pin.stored.and_then(|stored| Reference::parse(&stored.name).ok());
        let pinned = fetcher.pin(&asked, before.as_ref(), pin.moved).await?;
        reference.name = pinned.to_string();
        fetched(&fetcher, &asked, &pinned, reference.digest.as_deref(), cluster).await?
    } else if reference.digest.is_some() {
        load(context, reference, cluster, Reach::Network).await?
    } else {
        load_plain(context, &reference.name)?
    };
    reference.version = Some(loaded.template.metadata().version.clone());
    reference.digest = Some(format!("sha256:{}", loaded.template.digest()));
    Ok(Some(loaded))
}

/// The same name; of a registry, the same tag whether pinned or not.
fn is_same(stored: &TemplateRef, asked: &TemplateRef) -> bool {
    let unpinned = |name: &str| Reference::parse(name).ok().map(|read| read.without_digest());
    stored.name == asked.name
        || Reference::parse(&asked.name)
            .is_ok_and(|read| read.digest().is_none() && unpinned(&stored.name).as_ref() == Some(&read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_its_scheme_is_known_by_its_host_and_tag() {
        for (name, written) in [
            ("ghcr.io/acme/kafka:1.0.0", Some("oci://ghcr.io/acme/kafka:1.0.0")),
            ("127.0.0.1:5000/kafka:1.0.0", Some("oci://127.0.0.1:5000/kafka:1.0.0")),
            ("localhost/kafka:1.0.0", Some("oci://localhost/kafka:1.0.0")),
            ("./build/mine.wasm", None),
            ("../mine.wasm", None),
            ("build/mine.wasm", None),
            ("v1.0/mine.wasm", None),
            ("/srv/mine.wasm", None),
            ("kafka", None),
        ] {
            assert_eq!(of_registry(name).as_deref(), written, "{name}");
        }
    }
}
