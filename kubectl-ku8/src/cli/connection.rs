//! The flags that choose a server and say as whom: kubectl's, with its names and forms.
//! It never reads a kubeconfig and never decides which flag wins.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// kubectl's connection flags (`ConfigFlags` of cli-runtime).
#[derive(Args, Clone, Default)]
pub struct ConnectionArgs {
    /// Context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", env = "KU8_CONTEXT", hide_env = true)]
    pub context: Option<String>,
    /// Kubeconfig file instead of $KUBECONFIG
    #[arg(long, global = true, value_name = "FILE", env = "KU8_KUBECONFIG", hide_env = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Cluster entry of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", env = "KU8_CLUSTER", hide_env = true, hide_short_help = true)]
    pub cluster: Option<String>,
    /// User entry of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", env = "KU8_USER", hide_env = true, hide_short_help = true)]
    pub user: Option<String>,
    /// Address of the API server
    #[arg(
        short = 's',
        long,
        global = true,
        value_name = "URL",
        env = "KU8_SERVER",
        hide_env = true,
        hide_short_help = true
    )]
    pub server: Option<String>,
    /// Bearer token; other users can read it in the process list, a file in the kubeconfig is safer
    #[arg(long, global = true, value_name = "TOKEN", env = "KU8_TOKEN", hide_env = true, hide_short_help = true)]
    pub token: Option<String>,
    /// User to act as (impersonation)
    #[arg(long = "as", global = true, value_name = "USER", env = "KU8_AS", hide_env = true, hide_short_help = true)]
    pub as_user: Option<String>,
    /// Group to act as; may be given more than once
    #[arg(
        long = "as-group",
        global = true,
        value_name = "GROUP",
        env = "KU8_AS_GROUP",
        hide_env = true,
        hide_short_help = true
    )]
    pub as_groups: Vec<String>,
    /// UID to act as
    #[arg(long, global = true, value_name = "UID", env = "KU8_AS_UID", hide_env = true, hide_short_help = true)]
    pub as_uid: Option<String>,
    /// Extra of the user to act as, KEY=VALUE; may be given more than once
    #[arg(
        long = "as-user-extra",
        global = true,
        value_name = "KEY=VALUE",
        env = "KU8_AS_USER_EXTRA",
        hide_env = true,
        hide_short_help = true,
        value_parser = parse_pair
    )]
    pub as_user_extra: Vec<(String, String)>,
    /// File with the server's certificate authority
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KU8_CERTIFICATE_AUTHORITY",
        hide_env = true,
        hide_short_help = true
    )]
    pub certificate_authority: Option<PathBuf>,
    /// File with the client's certificate
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KU8_CLIENT_CERTIFICATE",
        hide_env = true,
        hide_short_help = true
    )]
    pub client_certificate: Option<PathBuf>,
    /// File with the key of the client's certificate
    #[arg(long, global = true, value_name = "FILE", env = "KU8_CLIENT_KEY", hide_env = true, hide_short_help = true)]
    pub client_key: Option<PathBuf>,
    /// Accept any server certificate: whoever is in between reads everything
    #[arg(
        long,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        env = "KU8_INSECURE_SKIP_TLS_VERIFY",
        hide_env = true,
        hide_short_help = true
    )]
    pub insecure_skip_tls_verify: Option<bool>,
    /// Name the server's certificate is checked for, instead of the address
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "KU8_TLS_SERVER_NAME",
        hide_env = true,
        hide_short_help = true
    )]
    pub tls_server_name: Option<String>,
    /// Longest time one request may take, such as 30s; 0 for no limit
    #[arg(
        long,
        global = true,
        value_name = "TIME",
        value_parser = parse_timeout,
        env = "KU8_REQUEST_TIMEOUT",
        hide_env = true,
        hide_short_help = true
    )]
    pub request_timeout: Option<Duration>,
    /// Do not ask for compressed answers
    #[arg(
        long,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        env = "KU8_DISABLE_COMPRESSION",
        hide_env = true,
        hide_short_help = true
    )]
    pub disable_compression: Option<bool>,
}

/// Without what proves who somebody is: this may end in a log.
impl std::fmt::Debug for ConnectionArgs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("ConnectionArgs");
        shown.field("context", &self.context).field("kubeconfig", &self.kubeconfig).finish_non_exhaustive()
    }
}

/// Reads a time as Go does (`1m30s`, `500ms`, `1.5h`), or plain seconds.
///
/// # Errors
/// A message that shows the form.
fn parse_timeout(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 7] =
        [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let wrong = || format!("`{text}` is not a time such as 30s, 1m30s or 0");
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit_end = rest[end..].find(|letter: char| letter.is_ascii_digit() || letter == '.');
        let unit = unit_end.map_or(&rest[end..], |length| &rest[end..end + length]);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        seconds += number * factor;
        rest = &rest[end + unit.len()..];
    }
    if text.is_empty() { Err(wrong()) } else { Duration::try_from_secs_f64(seconds).map_err(|_| wrong()) }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_go_reads_them() {
        let read = |text: &str| parse_timeout(text).map(|time| time.as_millis());
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("90"), Ok(90_000));
        assert_eq!(read("1m30s"), Ok(90_000));
        assert_eq!(read("500ms"), Ok(500));
        assert_eq!(read("1.5h"), Ok(5_400_000));
        for wrong in ["", "soon", "5x", "s", "-5s", "1m30", "."] {
            assert!(parse_timeout(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_extra_has_a_key() {
        assert_eq!(parse_pair("scopes=a=b"), Ok(("scopes".into(), "a=b".into())));
        assert!(parse_pair("=x").is_err() && parse_pair("x").is_err());
    }
}
