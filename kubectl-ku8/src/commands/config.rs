//! What a person set for all commands: `$XDG_CONFIG_HOME/ku8/config.yaml`.
//! It never guesses: a word it does not know is an error, because a misspelt protection would protect nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::environment::config_file;
use crate::definition::yaml;
use crate::error::{CommandError, id};

/// The file, read.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// Patterns of contexts in which a write needs the namespace typed; `*` stands for any text.
    #[serde(default)]
    protected: Vec<String>,
    /// How registries are reached.
    #[serde(default)]
    pub(super) registries: Registries,
}

/// What holds for OCI registries in every command.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Registries {
    /// `HOST[:PORT]` that are spoken to without TLS.
    #[serde(default)]
    pub(super) plain_http: Vec<String>,
    /// `HOST[/PREFIX]`, and the mirror that is asked before it.
    #[serde(default)]
    pub(super) mirrors: BTreeMap<String, String>,
    /// PEM file of authorities beside the system's.
    pub(super) certificate_authority: Option<PathBuf>,
    /// Registries, and the hosts beside themselves that may be sent their logins.
    #[serde(default)]
    pub(super) logins: BTreeMap<String, Vec<String>>,
}

impl Config {
    /// Reads the file; a missing one sets nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or says something else than it may.
    pub(super) fn load() -> Result<Self, CommandError> {
        let Some(path) = config_file().filter(|path| crate::files::exists(path)) else { return Ok(Self::default()) };
        let text = crate::files::read_text(&path)?;
        Self::read(&text).map_err(|why| {
            CommandError::new(format!("{}: {why}", path.display()))
                .id(id::CONFIG)
                .hint("it may hold `protected:`, a list of context patterns such as prod-*, and `registries:`, see docs/registries.md")
        })
    }

    fn read(text: &str) -> Result<Self, String> {
        let documents = yaml::documents(text).map_err(|error| format!("line {}: {}", error.line, error.message))?;
        match documents.as_slice() {
            [] => Ok(Self::default()),
            [one] => serde_json::from_value(one.clone()).map_err(|error| error.to_string()),
            _ => Err("more than one document".to_owned()),
        }
    }

    /// Says whether a context is protected.
    pub(super) fn protects(&self, context: &str) -> bool {
        self.protected.iter().any(|pattern| fits(pattern, context))
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(tail) = text.strip_prefix(start) else { return false };
    tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| fits(rest, &tail[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, text, expected) in [
            ("prod", "prod", true),
            ("prod", "prod-eu", false),
            ("prod-*", "prod-eu", true),
            ("*-live", "shop-live", true),
            ("*prod*", "eu-prod-1", true),
            ("*", "", true),
            ("a*b*c", "a-b-b", false),
            ("*产*", "生产环境", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_misspelt_word_is_an_error() {
        assert!(Config::read("protected: [prod-*]").unwrap().protects("prod-eu"));
        assert_eq!(Config::read("").unwrap(), Config::default());
        assert!(Config::read("protectd: [prod-*]").unwrap_err().contains("protectd"));
        assert!(Config::read("protected: prod").is_err());
        assert!(Config::read("registries: {plainHtp: [a]}").unwrap_err().contains("plainHtp"));
        let read = Config::read("registries: {mirrors: {ghcr.io/acme: mirror.corp/acme}, plainHttp: [mirror.corp]}");
        assert_eq!(read.unwrap().registries.mirrors["ghcr.io/acme"], "mirror.corp/acme");
    }
}
