//! How this command reaches registries: flags first, then the configuration file, and what the environment says.
//! It opens no connection.

use crate::cli::RegistryArgs;
use crate::commands::Context;
use crate::commands::config::Config;
use crate::commands::environment::{cache_dir, login_files, proxies};
use crate::error::CommandError;
use crate::files::ComponentStore;
use crate::registry::Settings;

/// What flags, variables and the configuration say about registries.
///
/// # Errors
/// A configuration that does not read, or a setting that cannot be.
pub(in crate::commands) fn settings(context: &Context) -> Result<Settings, CommandError> {
    let settings = merged(&context.globals.registries, Config::load()?);
    settings.check()?;
    Ok(settings)
}

fn merged(flags: &RegistryArgs, config: Config) -> Settings {
    let config = config.registries;
    let proxies = proxies();
    let logins = config.logins.into_iter();
    Settings {
        plain_http: flags.plain_http.iter().cloned().chain(config.plain_http).collect(),
        mirrors: flags.registry_mirror.iter().cloned().chain(config.mirrors).collect(),
        ca_file: flags.registry_ca.clone().or(config.certificate_authority),
        auth_files: login_files(),
        realms: logins.flat_map(|(host, realms)| realms.into_iter().map(move |realm| (host.clone(), realm))).collect(),
        https_proxy: proxies.https,
        no_proxy: proxies.none,
        ..Settings::default()
    }
}

/// Where components of registries are kept on this machine: `$XDG_CACHE_HOME/ku8/components`.
pub(in crate::commands) fn store() -> Option<ComponentStore> {
    cache_dir().map(|folder| ComponentStore::new(folder.join("components")))
}
