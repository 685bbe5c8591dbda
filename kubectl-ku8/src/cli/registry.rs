//! The flags that say how OCI registries are reached.
//! They allow nothing by default, and take no password: logins come from docker's configuration.

use std::path::PathBuf;

use clap::Args;

/// How registries are reached; the configuration file may say the same for good.
#[derive(Args, Clone, Debug, Default)]
pub struct RegistryArgs {
    /// Registry that is spoken to without TLS, such as 127.0.0.1:5000; may be given more than once
    #[arg(
        long,
        global = true,
        value_name = "HOST",
        value_delimiter = ',',
        env = "KU8_PLAIN_HTTP",
        hide_env = true,
        hide_short_help = true
    )]
    pub plain_http: Vec<String>,
    /// Mirror that is asked first, such as ghcr.io/acme=mirror.corp/acme; may be given more than once
    #[arg(
        long,
        global = true,
        value_name = "FROM=TO",
        value_delimiter = ',',
        value_parser = pair,
        env = "KU8_REGISTRY_MIRROR",
        hide_env = true,
        hide_short_help = true
    )]
    pub registry_mirror: Vec<(String, String)>,
    /// PEM file of authorities that registries are trusted by, beside the system's
    #[arg(long, global = true, value_name = "FILE", env = "KU8_REGISTRY_CA", hide_env = true, hide_short_help = true)]
    pub registry_ca: Option<PathBuf>,
}

/// Reads `FROM=TO`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err("not of the form HOST[/PREFIX]=HOST[/PREFIX]".to_owned()),
    }
}
