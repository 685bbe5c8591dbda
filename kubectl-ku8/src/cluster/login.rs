//! How somebody proves who they are, from a kubeconfig's user and the flags: client-go's rules and refusals.
//! It never sends anything, and nothing here has a debug form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::http::{HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::exec_plugin::Plugin;
use super::impersonate::headers;
use super::kubeconfig::{AuthProvider, UserEntry};
use super::{ClusterError, ConnectOptions};
use crate::files::read_text;
use crate::object::printable;
use crate::secrets::redact;

/// What is sent to prove it.
#[derive(Clone, Default)]
pub(super) struct Credential {
    pub(super) authorization: Authorization,
    /// Certificate and key, both PEM.
    pub(super) certificate: Option<(String, String)>,
}

/// The `Authorization` header of each request.
#[derive(Clone, Default, PartialEq)]
pub(super) enum Authorization {
    #[default]
    None,
    Bearer(String),
    Basic(String, String),
    /// The client makes it from an id token, and refreshes that.
    Oidc(BTreeMap<String, String>),
}

/// Where the credential comes from.
pub(super) enum Proof {
    /// Known from the start.
    Fixed(Credential),
    /// A file that others keep fresh.
    TokenFile { path: PathBuf, certificate: Option<(String, String)> },
    /// A program that makes one.
    Plugin(Plugin),
}

/// One user's way to log in.
pub(crate) struct Login {
    /// Name of the user entry, which may be empty.
    pub(super) user: String,
    pub(super) proof: Proof,
    /// Whom to act as, as headers.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// The name the server sees when we act as somebody else.
    pub(super) acts_as: Option<String>,
    /// What to say of it when it is refused: `the token of the kubeconfig is not accepted`.
    pub(super) refused: String,
}

impl Login {
    /// Reads a user's entry and the flags that go over it. `secure`: over plain HTTP nothing that proves who somebody
    /// is leaves this machine, as in kubectl.
    ///
    /// # Errors
    /// What client-go refuses, and files that cannot be read.
    pub(super) fn new(
        name: &str,
        mut entry: UserEntry,
        options: &ConnectOptions,
        secure: bool,
        plugin: impl FnOnce(&UserEntry) -> Result<Plugin, String>,
    ) -> Result<Self, ClusterError> {
        override_with(&mut entry, options);
        let wrong = |reason: &str| ClusterError::Kubeconfig(format!("user `{}`: {reason}", printable(name)));
        learn(&entry);
        check(&entry).map_err(|reason| wrong(&reason))?;
        let acting = headers(&entry).map_err(|reason| wrong(&reason))?;
        let acts_as = Some(entry.as_user.clone()).filter(|user| !user.is_empty());
        let (proof, refused) = if secure {
            let certificate = certificate(&entry).map_err(|reason| wrong(&reason))?;
            proof(name, &entry, options, certificate, plugin)?
        } else {
            (Proof::Fixed(Credential::default()), "no credentials are sent over plain http".to_owned())
        };
        Ok(Self { user: name.to_owned(), proof, headers: acting, acts_as, refused })
    }

    /// The service account of the pod we run in.
    pub(super) fn of_pod(token: PathBuf) -> Self {
        let refused = format!("the token file {} is not accepted", token.display());
        let proof = Proof::TokenFile { path: token, certificate: None };
        Self { user: "the pod's service account".into(), proof, headers: Vec::new(), acts_as: None, refused }
    }

    /// What somebody can do when the server does not accept it.
    pub(super) fn again(&self) -> String {
        match &self.proof {
            Proof::Plugin(plugin) => plugin.again(),
            Proof::TokenFile { path, .. } => format!("write a fresh token to {}", path.display()),
            Proof::Fixed(_) if self.refused.starts_with(NOTHING) => {
                "name a user with --user, or log in with the tool that wrote the kubeconfig".into()
            }
            Proof::Fixed(_) => {
                "log in again with the tool that wrote the kubeconfig, then try: kubectl auth whoami".into()
            }
        }
    }
}

pub(super) const NOTHING: &str = "no credentials were sent";

/// Flags replace what the kubeconfig says, and what would contradict them.
fn override_with(entry: &mut UserEntry, options: &ConnectOptions) {
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    if let Some(token) = given(options.token.as_ref()) {
        entry.token.clone_from(token);
        entry.token_file = String::new();
    }
    if let Some(path) = &options.client_certificate {
        entry.client_certificate = text(path);
        entry.client_certificate_data = String::new();
    }
    if let Some(path) = &options.client_key {
        entry.client_key = text(path);
        entry.client_key_data = String::new();
    }
    options.impersonate.go_over(entry);
}

fn given(text: Option<&String>) -> Option<&String> {
    text.filter(|text| !text.is_empty())
}

/// What proves who we are is never said, whatever a library or a proxy makes of it in its messages.
fn learn(entry: &UserEntry) {
    for text in [&entry.token, &entry.password, &entry.client_key_data] {
        redact::learn(text);
    }
    if let Ok(pem) = STANDARD.decode(entry.client_key_data.trim()) {
        redact::learn(&String::from_utf8_lossy(&pem));
    }
    for (key, value) in entry.auth_provider.iter().flat_map(|provider| &provider.config) {
        if key.ends_with("token") || key.ends_with("secret") {
            redact::learn(value);
        }
    }
    let variables = entry.exec.iter().flat_map(|exec| &exec.env);
    for variable in variables {
        let name = variable.name.to_ascii_uppercase();
        if ["TOKEN", "SECRET", "PASSWORD", "KEY"].iter().any(|word| name.contains(word)) {
            redact::learn(&variable.value);
        }
    }
}

/// client-go's `validateAuthInfo`.
fn check(entry: &UserEntry) -> Result<(), String> {
    let both = |one: &str, two: &str| !one.is_empty() && !two.is_empty();
    let has_name = !entry.username.is_empty() || !entry.password.is_empty();
    if !entry.token.is_empty() && has_name {
        return Err("it has a token and a user name: only one of them can be sent; take one out".into());
    }
    for (file, data, what) in [
        (&entry.client_certificate, &entry.client_certificate_data, "client-certificate"),
        (&entry.client_key, &entry.client_key_data, "client-key"),
    ] {
        if both(file, data) {
            return Err(format!("it has {what} and {what}-data: take one out"));
        }
    }
    let has_certificate = !(entry.client_certificate.is_empty() && entry.client_certificate_data.is_empty());
    if has_certificate && entry.client_key.is_empty() && entry.client_key_data.is_empty() {
        return Err("it has a client certificate and no client-key".into());
    }
    if entry.exec.is_some() && entry.auth_provider.is_some() {
        return Err("it has exec and auth-provider: take one out".into());
    }
    let others = !(entry.as_uid.is_empty() && entry.as_groups.is_empty() && entry.as_user_extra.is_empty());
    if entry.as_user.is_empty() && others {
        return Err("a group, uid or extra to act as needs a user to act as: --as USER".into());
    }
    Ok(())
}

fn certificate(entry: &UserEntry) -> Result<Option<(String, String)>, String> {
    let read = |file: &str, data: &str, what: &str| {
        if data.is_empty() {
            return read_text(Path::new(file)).map_err(|error| format!("{what} {error}"));
        }
        let bytes = STANDARD.decode(data.trim()).map_err(|_| format!("{what}-data is not base64"))?;
        String::from_utf8(bytes).map_err(|_| format!("{what}-data is not PEM"))
    };
    if entry.client_certificate.is_empty() && entry.client_certificate_data.is_empty() {
        return Ok(None);
    }
    let certificate = read(&entry.client_certificate, &entry.client_certificate_data, "client-certificate")?;
    let key = read(&entry.client_key, &entry.client_key_data, "client-key")?;
    redact::learn(&key);
    Ok(Some((certificate, key)))
}

fn proof(
    name: &str,
    entry: &UserEntry,
    options: &ConnectOptions,
    certificate: Option<(String, String)>,
    plugin: impl FnOnce(&UserEntry) -> Result<Plugin, String>,
) -> Result<(Proof, String), ClusterError> {
    let wrong = |reason: &str| ClusterError::Kubeconfig(format!("user `{}`: {reason}", printable(name)));
    let fixed = |authorization: Authorization, what: &str| {
        let credential = Credential { authorization, certificate: certificate.clone() };
        Ok((
            Proof::Fixed(credential),
            if what == NOTHING { what.to_owned() } else { format!("{what} is not accepted") },
        ))
    };
    // A readable token file goes before a token, and is read again while we run.
    if !entry.token_file.is_empty() {
        let path = PathBuf::from(&entry.token_file);
        match (read_token(&path), entry.token.is_empty()) {
            (Ok(_), _) => {
                let refused = format!("the token file {} is not accepted", path.display());
                return Ok((Proof::TokenFile { path, certificate }, refused));
            }
            (Err(reason), true) => return Err(wrong(&reason)),
            (Err(_), false) => {}
        }
    }
    if !entry.token.is_empty() {
        let token = entry.token.clone();
        bearer(&token).map_err(|reason| wrong(&reason))?;
        let from = if given(options.token.as_ref()).is_some() { "--token" } else { "the token of the kubeconfig" };
        return fixed(Authorization::Bearer(token), from);
    }
    if !(entry.username.is_empty() && entry.password.is_empty()) {
        let basic = Authorization::Basic(entry.username.clone(), entry.password.clone());
        return fixed(basic, "the user name and password of the kubeconfig");
    }
    if let Some(provider) = &entry.auth_provider {
        let config = legacy(name, provider)?;
        return fixed(Authorization::Oidc(config), "the auth-provider oidc of the kubeconfig");
    }
    if certificate.is_some() {
        return fixed(Authorization::None, "the client certificate of the kubeconfig");
    }
    if entry.exec.is_some() {
        let plugin = plugin(entry).map_err(|reason| wrong(&reason))?;
        let refused = format!("what the credential plugin {} gave is not accepted", printable(&plugin.command));
        return Ok((Proof::Plugin(plugin), refused));
    }
    fixed(Authorization::None, NOTHING)
}

/// OIDC alone is left of what client-go once had built in.
fn legacy(name: &str, provider: &AuthProvider) -> Result<BTreeMap<String, String>, ClusterError> {
    let credentials = |reason: String, next: &str| ClusterError::Credentials {
        user: name.to_owned(),
        reason,
        next: Some(next.to_owned()),
    };
    let gone = |next: &str| {
        let reason = format!("it logs in with auth-provider {}, which Kubernetes dropped in 1.26", provider.name);
        Err(credentials(reason, next))
    };
    match provider.name.as_str() {
        "oidc" => Ok(provider.config.clone()),
        "gcp" => gone(
            "install gke-gcloud-auth-plugin, then write the entry anew: gcloud container clusters get-credentials CLUSTER",
        ),
        "azure" => gone("install kubelogin, then change the entry: kubelogin convert-kubeconfig"),
        other => Err(credentials(
            format!("there is no auth-provider `{}`", printable(other)),
            "use an exec credential plugin; kubectl knows only oidc",
        )),
    }
}

/// A token as it stands in a file; line breaks around it do not belong to it.
///
/// # Errors
/// When there is none.
pub(super) fn read_token(path: &Path) -> Result<String, String> {
    let text = read_text(path).map_err(|error| format!("tokenFile {error}"))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(format!("tokenFile {} is empty", path.display()));
    }
    redact::learn(token);
    bearer(token)?;
    Ok(token.to_owned())
}

/// A token that cannot be a header would end the client's own builder.
pub(super) fn bearer(token: &str) -> Result<(), String> {
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    value.map(drop).map_err(|_| "its token holds a line break or another character that cannot be sent".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_contradict_themselves_are_refused() {
        let check_of = |change: &dyn Fn(&mut UserEntry)| {
            let mut entry = UserEntry::default();
            change(&mut entry);
            check(&entry)
        };
        assert!(check_of(&|_| {}).is_ok());
        assert!(check_of(&|entry| entry.token = "t".into()).is_ok());
        assert!(check_of(&|entry| (entry.token, entry.username) = ("t".into(), "u".into())).is_err());
        assert!(check_of(&|entry| entry.client_certificate = "c".into()).is_err());
        assert!(check_of(&|entry| entry.as_groups = vec!["g".into()]).is_err());
        let both = check_of(&|entry| (entry.client_key, entry.client_key_data) = ("a".into(), "b".into()));
        assert_eq!(both, Err("it has client-key and client-key-data: take one out".to_owned()));
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_no_panic() {
        assert!(bearer("abc.def").is_ok());
        assert!(bearer("abc\ndef").is_err() && bearer("\0").is_err());
    }
}
