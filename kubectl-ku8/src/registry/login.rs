//! Logins as docker, podman and oras keep them: files with `auths`, and helper programs that answer for one host.
//! It never shows what a file holds or a helper prints, and asks a helper about no other host than the one spoken to.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::{RegistryError, Settings};
use crate::secrets::redact;

/// Longest answer of a helper.
const LONGEST: u64 = 64 * 1024;
/// Longest time a helper takes; some open a keychain that asks somebody.
const HELPER: Duration = Duration::from_secs(30);
/// The name docker keeps its own registry under.
const DOCKER: &str = "https://index.docker.io/v1/";
/// The user that stands for an identity token.
const TOKEN_USER: &str = "<token>";

/// Who somebody is to one registry.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// User and password.
    Password { user: String, password: String },
    /// A token that is exchanged for others.
    Identity(String),
}

impl Login {
    fn of(user: &str, password: &str) -> Option<Self> {
        redact::learn(password);
        match (user, password) {
            (_, "") => None,
            (TOKEN_USER, token) => Some(Self::Identity(token.to_owned())),
            _ => Some(Self::Password { user: user.to_owned(), password: password.to_owned() }),
        }
    }

    /// How messages call it: by the user, never by what proves it.
    pub(super) fn called(&self) -> String {
        match self {
            Self::Password { user, .. } => format!("user `{}`", crate::object::printable(user)),
            Self::Identity(_) => "a stored token".into(),
        }
    }

    /// The value of `Authorization` for HTTP Basic; a token has none.
    pub(super) fn basic(&self) -> Option<String> {
        let Self::Password { user, password } = self else { return None };
        let value = STANDARD.encode(format!("{user}:{password}"));
        redact::learn(&value);
        Some(format!("Basic {value}"))
    }
}

/// Finds the login for a repository: the first file that has one. None is no error: much is public.
///
/// # Errors
/// A file that cannot be read, or a helper that fails.
pub(super) async fn find(settings: &Settings, host: &str, path: &str) -> Result<Option<Login>, RegistryError> {
    for file in &settings.auth_files {
        if !crate::files::exists(file) {
            continue;
        }
        if let Some(login) = in_file(file, host, path).await? {
            return Ok(Some(login));
        }
    }
    Ok(None)
}

async fn in_file(file: &Path, host: &str, path: &str) -> Result<Option<Login>, RegistryError> {
    let wrong =
        |reason: &str| RegistryError::Login { host: host.to_owned(), reason: format!("{} {reason}", file.display()) };
    let text = crate::files::read_bytes(file)
        .map_err(|error| RegistryError::Login { host: host.to_owned(), reason: error.to_string() })?;
    // serde_json's own words would repeat part of the file.
    let config: Value = serde_json::from_slice(&text).map_err(|_| wrong("is no JSON document"))?;
    let keys = keys(host, path);
    let named = keys.iter().find_map(|key| config["credHelpers"][key].as_str().map(|helper| (helper, key)));
    let general = config["credsStore"].as_str().filter(|helper| !helper.is_empty());
    let asked = if host == "docker.io" || host == "index.docker.io" { DOCKER } else { host };
    let helper = named.map(|(helper, _)| helper).or(general);
    if let Some(helper) = helper.filter(|helper| !helper.is_empty()) {
        match ask(helper, asked).await {
            Ok(Some(login)) => return Ok(Some(login)),
            Ok(None) => {}
            Err(reason) => return Err(RegistryError::Login { host: host.to_owned(), reason }),
        }
    }
    let Some(entry) = keys.iter().find_map(|key| config["auths"].get(key)) else { return Ok(None) };
    if let Some(token) = entry["identitytoken"].as_str().filter(|token| !token.is_empty()) {
        return Ok(Login::of(TOKEN_USER, token));
    }
    let Some(encoded) = entry["auth"].as_str().filter(|auth| !auth.is_empty()) else {
        let (user, password) = (entry["username"].as_str(), entry["password"].as_str());
        return Ok(user.zip(password).and_then(|(user, password)| Login::of(user, password)));
    };
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(|| wrong("has an `auth` that is not Base64 of user:password"))?;
    // Some writers end it with a zero byte.
    let (user, password) = decoded
        .trim_end_matches('\0')
        .split_once(':')
        .ok_or_else(|| wrong("has an `auth` that is not Base64 of user:password"))?;
    if user.chars().chain(password.chars()).any(char::is_control) {
        return Err(wrong("has a login with control characters"));
    }
    Ok(Login::of(user, password))
}

/// The names a login can be kept under, the most special first: podman's may have a repository's beginning.
fn keys(host: &str, path: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut name = format!("{host}/{path}");
    while let Some((shorter, _)) = name.rsplit_once('/').map(|(shorter, last)| (shorter.to_owned(), last.to_owned())) {
        keys.push(std::mem::replace(&mut name, shorter));
    }
    keys.push(host.to_owned());
    keys.extend([format!("https://{host}"), format!("https://{host}/"), format!("http://{host}")]);
    keys.extend([format!("https://{host}/v1/"), format!("https://{host}/v2/")]);
    if host == "docker.io" || host == "index.docker.io" {
        keys.extend([DOCKER.to_owned(), "docker.io".into(), "index.docker.io".into()]);
    }
    keys
}

/// Runs `docker-credential-NAME get` with the host on its standard input.
async fn ask(helper: &str, host: &str) -> Result<Option<Login>, String> {
    let named = helper.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !named {
        return Err(format!("`{}` cannot be the name of a credential helper", crate::object::printable(helper)));
    }
    answer(&format!("docker-credential-{helper}"), host).await
}

async fn answer(program: &str, host: &str) -> Result<Option<Login>, String> {
    let answer = tokio::time::timeout(HELPER, run(program, host)).await;
    let answer = answer.map_err(|_| format!("{program} did not answer within {} s", HELPER.as_secs()))?;
    let (succeeded, output) = answer.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{program} is not installed"),
        _ => format!("{program} cannot be run: {error}"),
    })?;
    if !succeeded {
        // The protocol's own words for "nothing stored"; everything else it printed stays unread.
        let none = output.windows(21).any(|part| part == b"credentials not found");
        return if none {
            Ok(None)
        } else {
            Err(format!("{program} failed; run it by hand: echo {host} | {program} get"))
        };
    }
    let answer: Value = serde_json::from_slice(&output).map_err(|_| format!("{program} prints no login"))?;
    let text = |key: &str| answer[key].as_str().unwrap_or_default();
    Ok(Login::of(text("Username"), text("Secret")))
}

async fn run(program: &str, host: &str) -> std::io::Result<(bool, Vec<u8>)> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read is judged by what it answers.
        let _ = stdin.write_all(host.as_bytes()).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LONGEST).read_to_end(&mut output).await?;
    }
    Ok((child.wait().await?.success(), output))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &Path, text: &str) -> Settings {
        let file = folder.join("config.json");
        std::fs::write(&file, text).unwrap();
        Settings { auth_files: vec![folder.join("none.json"), file], ..Settings::default() }
    }

    fn password(user: &str, password: &str) -> Login {
        Login::Password { user: user.into(), password: password.into() }
    }

    #[tokio::test]
    async fn logins_are_found_where_docker_podman_and_oras_keep_them() {
        let folder = tempfile::tempdir().unwrap();
        let b64 = |text: &str| STANDARD.encode(text);
        let text = format!(
            r#"{{"auths": {{
                "r.corp:5000": {{"auth": "{}"}},
                "r.corp:5000/team": {{"auth": "{}"}},
                "https://old.corp/v1/": {{"auth": "{}"}},
                "https://index.docker.io/v1/": {{"auth": "{}"}},
                "token.corp": {{"auth": "{}", "identitytoken": "long-lived-token"}},
                "plain.corp": {{"username": "me", "password": "plain-password"}},
                "empty.corp": {{}}
            }}}}"#,
            b64("me:host-password"),
            b64("team:pass:with:colons"),
            b64("me:old-password"),
            b64("hub:hub-password"),
            b64("<token>:"),
        );
        let settings = settings(folder.path(), &text);
        for (host, path, wanted) in [
            ("r.corp:5000", "x", Some(password("me", "host-password"))),
            ("r.corp:5000", "team/x/y", Some(password("team", "pass:with:colons"))),
            ("r.corp:5000", "team-evil/x", Some(password("me", "host-password"))),
            ("r.corp", "x", None),
            ("old.corp", "x", Some(password("me", "old-password"))),
            ("docker.io", "acme/x", Some(password("hub", "hub-password"))),
            ("token.corp", "x", Some(Login::Identity("long-lived-token".into()))),
            ("plain.corp", "x", Some(password("me", "plain-password"))),
            ("empty.corp", "x", None),
        ] {
            let found = find(&settings, host, path).await.ok().unwrap();
            assert!(found == wanted, "{host}/{path}: another login");
        }
    }

    #[tokio::test]
    async fn a_damaged_file_is_named_and_never_quoted() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "{\"auths\": {\"r.corp\": canary-4711",
            r#"{"auths": {"r.corp": {"auth": "canary-4711!"}}}"#,
            &format!(r#"{{"auths": {{"r.corp": {{"auth": "{}"}}}}}}"#, STANDARD.encode("no colon canary-4711")),
            &format!(r#"{{"auths": {{"r.corp": {{"auth": "{}"}}}}}}"#, STANDARD.encode("me:canary-4711\r\nX: y")),
            r#"{"credHelpers": {"r.corp": "../canary-4711"}}"#,
            r#"{"credsStore": "no-such-helper-4711"}"#,
        ] {
            let settings = settings(folder.path(), text);
            let told = find(&settings, "r.corp", "x").await.err().unwrap().to_string();
            assert!(!told.contains("canary-4711") || text.contains("../canary"), "{told}");
            assert!(told.starts_with("the login for r.corp cannot be used"), "{told}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn helpers_answer_for_one_host_and_nothing_they_print_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker-credential-demo");
        let canary = "canary-Helper-4713";
        let json = |user: &str| format!(r#"echo '{{"ServerURL":"x","Username":"{user}","Secret":"{canary}"}}'"#);
        for (script, wanted) in [
            (
                format!("[ \"$1\" = get ] && [ \"$(cat)\" = r.corp:5000 ] && {}", json("me")),
                Ok(Some(password("me", canary))),
            ),
            (json("<token>"), Ok(Some(Login::Identity(canary.into())))),
            ("echo credentials not found in native keychain; exit 1".into(), Ok(None)),
            (format!("echo {canary}; echo {canary} >&2; exit 1"), Err("failed; run it by hand")),
            (format!("echo {canary}"), Err("prints no login")),
            (format!("while echo {canary}; do :; done"), Err("docker-credential-demo")),
            (r#"echo '{"Username":"me","Secret":""}'"#.into(), Ok(None)),
        ] {
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            let found = answer(program.to_str().unwrap(), "r.corp:5000").await;
            match (found, wanted) {
                (Ok(found), Ok(wanted)) => assert!(found == wanted, "{script}: another login"),
                (Err(told), Err(words)) => assert!(told.contains(words) && !told.contains(canary), "{script}: {told}"),
                (found, _) => panic!("{script}: {}", found.err().unwrap_or_else(|| "taken".into())),
            }
        }
        let missing = folder.path().join("docker-credential-none");
        let told = answer(missing.to_str().unwrap(), "r.corp").await.err().unwrap();
        assert!(told.contains("is not installed"), "{told}");
    }
}
