//! What the environment says, looked up by name: folders, programs, language, colours, the time.
//! With `context.rs` the only file that reads the clock and the environment; it never acts on them.

use std::path::PathBuf;

use crate::cli::{GlobalArgs, Lang};
use crate::cluster::ProxyVariables;
use crate::error::CommandError;
use crate::terminal::Surroundings;

/// What the environment and the flags say about output.
pub(super) fn surroundings(globals: &GlobalArgs) -> Surroundings {
    let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let is_on = |name: &str| value(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"));
    Surroundings {
        color: globals.color,
        no_color: value("NO_COLOR").is_some(),
        force_color: is_on("CLICOLOR_FORCE"),
        clicolor_off: value("CLICOLOR").is_some_and(|value| value == "0"),
        dumb: value("TERM").is_some_and(|term| term == "dumb"),
        ascii: globals.ascii,
        quiet: globals.quiet,
        no_input: globals.no_input.unwrap_or_else(|| is_on("CI")),
        pager: if globals.no_pager { None } else { pager() },
        plain_less: value("LESS").is_none(),
        time: Some(|| now().strftime("%H:%M:%S").to_string()),
        lang: globals.lang.unwrap_or_else(locale),
        ..Surroundings::default()
    }
}

/// `$KU8_PAGER`, `$PAGER`, or `less` where there is one; one that is set to nothing, or to `cat`, is none.
fn pager() -> Option<String> {
    let named = std::env::var("KU8_PAGER").or_else(|_| std::env::var("PAGER")).ok();
    let pager = named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).any(|folder| folder.join("less").exists()).then(|| "less -FRX".to_owned())
    });
    pager.filter(|pager| !matches!(pager.trim(), "" | "cat"))
}

/// `KU8_FAULT` makes a fault of our own, so that tests see how one ends.
///
/// # Panics
/// When it is set.
pub(super) fn fail_for_tests() {
    let fault = std::env::var("KU8_FAULT").unwrap_or_default();
    assert!(fault.is_empty(), "{fault}");
}

/// Says whether a variable is set and not empty.
pub(super) fn is_set(name: &std::ffi::OsStr) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// This program as it is found on PATH: what a package manager put there stays when the program is updated.
///
/// # Errors
/// When the system cannot say what runs here.
pub(super) fn program() -> Result<PathBuf, CommandError> {
    let own = std::env::current_exe()
        .map_err(|error| CommandError::new(format!("cannot find this program's own file: {error}")))?;
    let name = own.file_name().map(PathBuf::from).unwrap_or_default();
    let same = |path: &PathBuf| path.canonicalize().is_ok_and(|path| Some(path) == own.canonicalize().ok());
    Ok(path_folders().into_iter().map(|folder| folder.join(&name)).find(same).unwrap_or(own))
}

/// Says whether programs are found in a folder.
pub(super) fn on_path(folder: &std::path::Path) -> bool {
    let wanted = folder.canonicalize().ok();
    path_folders().iter().any(|known| known == folder || (wanted.is_some() && known.canonicalize().ok() == wanted))
}

pub(super) fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// `$XDG_CACHE_HOME/ku8`, or `~/.cache/ku8`; compiled templates live below it.
pub(super) fn cache_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    base.or_else(|| home().map(|home| home.join(".cache"))).map(|base| base.join("ku8"))
}

/// Files of registry logins in docker's form: the one `REGISTRY_AUTH_FILE` names, then docker's own.
pub(super) fn login_files() -> Vec<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let docker = named("DOCKER_CONFIG").or_else(|| home().map(|home| home.join(".docker")));
    let docker = docker.map(|folder| folder.join("config.json"));
    named("REGISTRY_AUTH_FILE").into_iter().chain(docker).collect()
}

/// The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set says the language, as for every program.
fn locale() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    set.into_iter().find(|value| !value.is_empty()).map(|value| Lang::of_locale(&value)).unwrap_or_default()
}

/// `$XDG_CONFIG_HOME/ku8/config.yaml`, or `~/.config/ku8/config.yaml`.
pub(super) fn config_file() -> Option<PathBuf> {
    config_dir().map(|folder| folder.join("config.yaml"))
}

/// `$XDG_CONFIG_HOME/ku8/policy.yaml`, or `~/.config/ku8/policy.yaml`.
pub(super) fn policy_file() -> Option<PathBuf> {
    config_dir().map(|folder| folder.join("policy.yaml"))
}

fn config_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    base.or_else(|| home().map(|home| home.join(".config"))).map(|base| base.join("ku8"))
}

/// Upper case before lower case, as Go reads them. In a CGI program `HTTP_PROXY` is a client's header.
pub(super) fn proxies() -> ProxyVariables {
    let first = |names: [&str; 2]| {
        names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty())).unwrap_or_default()
    };
    let http =
        if std::env::var_os("REQUEST_METHOD").is_some() { String::new() } else { first(["HTTP_PROXY", "http_proxy"]) };
    ProxyVariables { https: first(["HTTPS_PROXY", "https_proxy"]), http, none: first(["NO_PROXY", "no_proxy"]) }
}

pub(super) fn home() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    named("HOME").or_else(|| named("USERPROFILE").filter(|_| cfg!(windows)))
}

/// The time; a test may have this machine's clock go wrong.
pub(super) fn now() -> jiff::Timestamp {
    let offset = std::env::var("KU8_CLOCK_OFFSET_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    jiff::Timestamp::now() + jiff::SignedDuration::from_secs(offset)
}
