//! Whether another template renders what a definition publishes, and whether that is an older one. Pure.
//! It never judges whom a template comes from; it says what was and what will be.

use serde::Serialize;

/// A template as a revision or a plan names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateVersion {
    /// Plain name.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// `sha256:` and 64 hex digits of the component.
    pub digest: String,
    /// Registry and repository, or file; empty for what is built in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// Another template than the published one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateChange {
    /// What rendered the published revision.
    pub from: TemplateVersion,
    /// What renders this plan.
    pub to: TemplateVersion,
    /// The version goes down.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub downgrade: bool,
}

impl TemplateChange {
    /// The change between two templates; none when the same bytes come from the same place.
    pub fn between(from: TemplateVersion, to: TemplateVersion) -> Option<Self> {
        if from.digest == to.digest && from.source == to.source {
            return None;
        }
        let downgrade = match (semver::Version::parse(&from.version), semver::Version::parse(&to.version)) {
            (Ok(from), Ok(to)) => to.cmp_precedence(&from).is_lt(),
            _ => false,
        };
        Some(Self { from, to, downgrade })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: &str, digest: &str, source: &str) -> TemplateVersion {
        let [name, version, digest, source] = ["kafka", version, digest, source].map(str::to_owned);
        TemplateVersion { name, version, digest, source }
    }

    #[test]
    fn only_other_bytes_or_another_place_are_a_change() {
        let old = version("1.2.0", "sha256:a", "ghcr.io/acme/kafka");
        assert_eq!(TemplateChange::between(old.clone(), old.clone()), None);
        let moved = version("1.2.0", "sha256:a", "evil.example/kafka");
        assert!(TemplateChange::between(old.clone(), moved).is_some_and(|change| !change.downgrade));
        for (to, downgrade) in [
            ("1.10.0", false),
            ("1.2.0", false),
            ("1.1.9", true),
            ("1.2.0-rc.1", true),
            ("1.2.0+2", false),
            ("?", false),
        ] {
            let change = TemplateChange::between(old.clone(), version(to, "sha256:b", "ghcr.io/acme/kafka")).unwrap();
            assert_eq!(change.downgrade, downgrade, "{to}");
        }
    }
}
