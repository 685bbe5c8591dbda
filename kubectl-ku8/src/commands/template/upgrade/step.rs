//! From which version of a template to which: found out, compared, and refused where that cannot be meant.
//! It loads nothing and changes nothing.

use semver::Version;
use serde_json::{Value, json};

use super::{CommandError, Template, TemplateRef, id};
use crate::commands::resolve::is_path;
use crate::commands::template::push::tag_of;
use crate::object::printable;
use crate::registry::Reference;
use crate::render::{Origin, builtin};

/// The way between two versions.
#[derive(Debug)]
pub(super) struct Step {
    name: String,
    from: Version,
    from_digest: String,
    to: Version,
    to_digest: String,
    origin: String,
    reference: String,
}

/// What to load: the reference `--to` means for a definition with this template.
///
/// # Errors
/// When a version cannot be turned into a place.
pub(super) fn target(stored: &TemplateRef, to: Option<&str>) -> Result<String, CommandError> {
    let is_registry = Reference::is_meant(&stored.name);
    let is_file = is_path(&stored.name);
    let Some(to) = to else {
        if is_registry {
            return Err(nothing_to_move("a registry has many versions of a template, and none was named"));
        }
        return Ok(stored.name.clone());
    };
    if is_path(to) {
        return Ok(to.to_owned());
    }
    if Version::parse(to).is_err() {
        return Err(nothing_to_move(&format!(
            "--to {} is neither a version, nor a file, nor a reference",
            printable(to)
        ))
        .hint("for example: --to 2.0.0, --to ./mine-2.0.0.wasm, --to oci://registry.example/team/mine:2.0.0"));
    }
    if is_registry {
        return Ok(with_tag(&stored.name, &tag_of(to)));
    }
    if is_file {
        return Err(nothing_to_move(&format!("{} came from a file, and {to} names none", printable(&stored.name)))
            .hint("name the file of the new version: --to ./FILE.wasm"));
    }
    Ok(stored.name.clone())
}

/// `oci://host/repo:OLD@sha256:…` with another tag.
fn with_tag(reference: &str, tag: &str) -> String {
    let bare = reference.split('@').next().unwrap_or(reference);
    let (place, last) = bare.rsplit_once('/').unwrap_or(("", bare));
    let repository = last.split(':').next().unwrap_or(last);
    format!("{place}/{repository}:{tag}")
}

impl Step {
    /// The way from what is stored to what was loaded.
    ///
    /// # Errors
    /// When the loaded one is another template, not the version asked for, or older without `back`.
    pub(super) fn between(
        stored: &TemplateRef,
        old: Option<&Template>,
        new: &Template,
        to: Option<&str>,
        back: bool,
    ) -> Result<Self, CommandError> {
        let name = new.metadata().name.clone();
        // Where the old one cannot be loaded any more, its values still meet the new schema.
        let other = old.map(|old| old.metadata().name.as_str()).filter(|old| *old != name);
        if let Some(other) = other {
            return Err(nothing_to_move(&format!("this is template {name}, and the definition has {other}"))
                .hint("to start from nothing with another template: kubectl ku8 define NAME -t TEMPLATE --replace"));
        }
        let recorded = old.map(|old| old.metadata().version.clone()).or_else(|| stored.version.clone());
        let from = recorded.as_deref().and_then(|text| Version::parse(text).ok()).ok_or_else(|| {
            nothing_to_move("the version the definition has is not known")
                .hint("pin it first: kubectl ku8 define NAME -t TEMPLATE")
        })?;
        let version = &new.metadata().version;
        let found = Version::parse(version)
            .map_err(|_| nothing_to_move(&format!("template {name} calls its version {}", printable(version))))?;
        if let Some(wanted) = to.and_then(|to| Version::parse(to).ok()).filter(|wanted| *wanted != found) {
            let error = nothing_to_move(&format!("there is no {name} {wanted} here; this is {found}"));
            return Err(match (new.origin(), builtin::find(&name)) {
                (Origin::BuiltIn, Some(_)) => error.hint("built-in templates come with kubectl ku8: upgrade it"),
                _ => error,
            });
        }
        if found < from && !back {
            return Err(CommandError::new(format!("{name} {found} is older than {from}, which the definition has"))
                .id(id::DOWNGRADE)
                .hint("if you mean to go back: --downgrade")
                .hint("to undo what was published: kubectl ku8 rollback NAME"));
        }
        let digest = |reference: Option<&str>| reference.unwrap_or_default().trim_start_matches("sha256:").to_owned();
        let from_digest = old.map_or_else(|| digest(stored.digest.as_deref()), |old| old.digest().to_owned());
        Ok(Self {
            name,
            from,
            from_digest,
            to: found,
            to_digest: new.digest().to_owned(),
            origin: new.origin().to_string(),
            reference: match new.origin() {
                Origin::File(path) => printable(path),
                Origin::Registry(reference) => printable(reference),
                Origin::BuiltIn | Origin::Cluster => new.metadata().name.clone(),
            },
        })
    }

    /// Same bytes: there is no step.
    pub(super) fn is_none_at_all(&self) -> bool {
        self.from_digest == self.to_digest
    }

    /// Older than what there is.
    pub(super) fn is_back(&self) -> bool {
        self.to < self.from
    }

    /// The version values come from.
    pub(super) fn old_version(&self) -> String {
        self.from.to_string()
    }

    /// What the new version is asked for by.
    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    pub(super) fn old_words(&self) -> String {
        format!("{} {}", self.name, self.from)
    }

    pub(super) fn new_words(&self) -> String {
        format!("{} {}", self.name, self.to)
    }

    /// `motd 1.0.0 → 2.0.0 (file ./motd.wasm)`.
    pub(super) fn words(&self) -> String {
        let note = match self.to.cmp(&self.from) {
            std::cmp::Ordering::Less => "downgrade, ",
            std::cmp::Ordering::Equal => "other bytes of the same version, ",
            std::cmp::Ordering::Greater => "",
        };
        format!("{} {} → {} ({note}{})", self.name, self.from, self.to, self.origin)
    }

    pub(super) fn before(&self) -> Value {
        json!({"name": self.name, "version": self.from.to_string(), "digest": format!("sha256:{}", self.from_digest)})
    }

    pub(super) fn after(&self) -> Value {
        json!({"name": self.name, "version": self.to.to_string(), "digest": format!("sha256:{}", self.to_digest)})
    }
}

/// There is no way; the definition stays as it is.
pub(super) fn nothing_to_move(reason: &str) -> CommandError {
    CommandError::new(format!("nothing to upgrade to: {reason}")).id(id::NO_UPGRADE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str) -> TemplateRef {
        TemplateRef { name: name.into(), version: Some("1.0.0".into()), digest: None }
    }

    #[test]
    fn a_version_means_a_place_by_where_the_template_is_from() {
        let found = |name: &str, to: Option<&str>| target(&stored(name), to).map_err(|error| error.message);
        assert_eq!(found("mysql", None), Ok("mysql".into()));
        assert_eq!(found("mysql", Some("2.0.0")), Ok("mysql".into()));
        assert_eq!(found("./a.wasm", None), Ok("./a.wasm".into()));
        assert_eq!(found("./a.wasm", Some("b.wasm")), Ok("b.wasm".into()));
        let pinned = "oci://registry.example:5000/team/kafka:1.2.0@sha256:00";
        assert_eq!(found(pinned, Some("2.0.0")), Ok("oci://registry.example:5000/team/kafka:2.0.0".into()));
        let built = "oci://registry.example:5000/team/kafka:2.0.0_arm";
        assert_eq!(found(pinned, Some("2.0.0+arm")), Ok(built.into()), "as it was pushed");
        assert_eq!(found("mysql", Some("oci://r/t:1")), Ok("oci://r/t:1".into()));
        for (name, to, words) in [
            (pinned, None, "none was named"),
            ("./a.wasm", Some("2.0.0"), "came from a file"),
            ("mysql", Some("newest"), "neither a version"),
        ] {
            assert!(found(name, to).unwrap_err().contains(words), "{name} {to:?}");
        }
    }
}
