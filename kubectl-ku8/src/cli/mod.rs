//! Global flags and the words they take; kubectl's where kubectl has one.
//! It never acts: commands turn flags into meaning.

mod connection;
mod format;
mod forms;
mod registry;

use std::time::Duration;

use clap::{Args, ValueEnum};

pub use connection::ConnectionArgs;
pub use format::{Format, ListingArgs};
pub use forms::{asks_for_document, join_values, kubectl_forms};
pub use registry::RegistryArgs;

/// Flags every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct GlobalArgs {
    /// Namespace; the context's when not given
    #[arg(short = 'n', long, global = true, value_name = "NAME", env = "KU8_NAMESPACE", hide_env = true)]
    pub namespace: Option<String>,
    /// Which server, as whom.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How templates are fetched.
    #[command(flatten)]
    pub registries: RegistryArgs,
    /// Colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        hide_possible_values = true,
        env = "KU8_COLOR",
        hide_env = true,
        hide_short_help = true
    )]
    pub color: Option<Color>,
    /// Plain letters instead of arrows and signs, for terminals that cannot show them
    #[arg(long, global = true, env = "KU8_ASCII", hide_env = true, hide_short_help = true)]
    pub ascii: bool,
    /// Do not show long plans page by page
    #[arg(long, global = true, env = "KU8_NO_PAGER", hide_env = true, hide_short_help = true)]
    pub no_pager: bool,
    /// Say only what was asked for and errors
    #[arg(short = 'q', long, global = true, env = "KU8_QUIET", hide_env = true)]
    pub quiet: bool,
    /// Never ask; a missing answer is an error
    #[arg(
        long,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        env = "KU8_NO_INPUT",
        hide_env = true,
        hide_short_help = true
    )]
    pub no_input: Option<bool>,
    /// End with an error when the server or a template warned; nothing is written then
    #[arg(long, global = true, env = "KU8_WARNINGS_AS_ERRORS", hide_env = true, hide_short_help = true)]
    pub warnings_as_errors: bool,
    /// Language of questions and templates: en or zh; the locale's when not given
    #[arg(long, global = true, value_name = "LANG", value_parser = Lang::read, env = "KU8_LANG", hide_env = true, hide_short_help = true)]
    pub lang: Option<Lang>,
    /// With --yes in a protected context: the namespace it is meant for
    #[arg(
        long,
        global = true,
        value_name = "NAMESPACE",
        env = "KU8_PROTECTED_OK",
        hide_env = true,
        hide_short_help = true
    )]
    pub protected_ok: Option<String>,
    /// Trust policy instead of ~/.config/ku8/policy.yaml
    #[arg(long, global = true, value_name = "FILE", env = "KU8_POLICY", hide_env = true, hide_short_help = true)]
    pub policy: Option<std::path::PathBuf>,
    /// Log requests: -v=6 one line each, -v=8 more
    #[arg(
        short = 'v',
        long = "v",
        global = true,
        value_name = "LEVEL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "6",
        default_value_t = 0,
        hide_default_value = true,
        env = "KU8_V",
        hide_env = true,
        hide_short_help = true
    )]
    pub verbosity: u8,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// As the terminal and the environment say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Languages that questions and templates are there in; each has every text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// What a locale such as `zh_CN.UTF-8` asks for; English when there is nothing better.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Zh } else { Self::En }
    }

    /// Reads `en`, `zh`, or a locale of either.
    ///
    /// # Errors
    /// A language there is not.
    pub fn read(text: &str) -> Result<Self, String> {
        match (Self::of_locale(text), text.get(..2)) {
            (Self::Zh, _) => Ok(Self::Zh),
            (Self::En, Some(start)) if start.eq_ignore_ascii_case("en") => Ok(Self::En),
            _ => Err(format!("`{text}` is not a language of this program: en, zh")),
        }
    }

    /// The key of its texts in a schema's `x-ku8-i18n`; none for English, which stands in the schema itself.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::En => None,
            Self::Zh => Some("zh"),
        }
    }
}

/// Output forms most commands share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
}

/// Reads `30s`, `5m`, `1h`, or plain seconds.
///
/// # Errors
/// A message that shows the form.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, factor) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3600),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let seconds: u64 = number.parse().map_err(|_| format!("`{text}` is not a time such as 30s, 5m or 1h"))?;
    Ok(Duration::from_secs(seconds.saturating_mul(factor)))
}

/// Reads an address that stays one inside Markdown.
///
/// # Errors
/// A message that shows the form.
pub fn parse_link(text: &str) -> Result<String, String> {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(letter);
    if (text.starts_with("https://") || text.starts_with("http://")) && text.chars().all(safe) && text.len() <= 500 {
        Ok(text.to_owned())
    } else {
        Err("not an address such as https://ci.example.com/runs/7".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language() {
        for (locale, lang) in [("zh_CN.UTF-8", Lang::Zh), ("zh", Lang::Zh), ("C.UTF-8", Lang::En), ("", Lang::En)] {
            assert_eq!(Lang::of_locale(locale), lang, "{locale}");
        }
        assert!(Lang::read("fr").is_err() && Lang::read("").is_err());
        assert_eq!((Lang::read("en"), Lang::read("zh-CN")), (Ok(Lang::En), Ok(Lang::Zh)));
    }

    #[test]
    fn times_read_as_people_write_them() {
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_mins(5)));
        assert!(parse_duration("soon").is_err());
    }
}
