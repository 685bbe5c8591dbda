//! Global flags and the words they take; kubectl's where kubectl has one.
//! It never acts: commands turn flags into meaning.

mod connection;

use std::time::Duration;

use clap::{Args, ValueEnum};

pub use connection::ConnectionArgs;

/// Flags every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct GlobalArgs {
    /// Namespace; the context's when not given
    #[arg(short = 'n', long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Which server, as whom.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub color: Color,
    /// Say only what was asked for and errors
    #[arg(short = 'q', long, global = true)]
    pub quiet: bool,
    /// Never ask; a missing answer is an error
    #[arg(long, global = true, hide_short_help = true)]
    pub no_input: bool,
    /// Log requests: -v 6 lines, -v 8 more
    #[arg(
        short = 'v',
        long = "v",
        global = true,
        value_name = "LEVEL",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub verbosity: u8,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_mins(5)));
        assert!(parse_duration("soon").is_err());
    }
}
