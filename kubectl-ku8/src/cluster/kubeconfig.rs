//! kubeconfig files as client-go reads them: which files count, whose entry wins, whose folder a path belongs to.
//! It never reads the environment, and never decides what a connection is made of.

use std::collections::BTreeMap;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{ClusterError, ConnectOptions};
use crate::files::read_text;

/// What of a kubeconfig is used; an empty text means "not set", as in client-go.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Kubeconfig {
    #[serde(deserialize_with = "nullable")]
    pub(super) current_context: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) contexts: Vec<NamedContext>,
    #[serde(deserialize_with = "nullable")]
    clusters: Vec<NamedCluster>,
    #[serde(deserialize_with = "nullable")]
    users: Vec<NamedUser>,
}

#[derive(Clone, Deserialize)]
pub(super) struct NamedContext {
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) context: ContextEntry,
}

#[derive(Clone, Deserialize)]
struct NamedCluster {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    cluster: ClusterEntry,
}

#[derive(Clone, Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    user: UserEntry,
}

/// Which cluster, as whom, in which namespace.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContextEntry {
    #[serde(deserialize_with = "nullable")]
    pub(super) cluster: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) user: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) namespace: String,
}

/// A server and how it proves that it is the one.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct ClusterEntry {
    #[serde(deserialize_with = "nullable")]
    pub(super) server: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) tls_server_name: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) insecure_skip_tls_verify: bool,
    #[serde(deserialize_with = "nullable")]
    pub(super) certificate_authority: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) certificate_authority_data: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) proxy_url: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) disable_compression: bool,
    #[serde(deserialize_with = "nullable")]
    pub(super) extensions: Vec<Extension>,
}

/// Something a tool keeps beside an entry; credential plugins are told one of them.
#[derive(Clone, Deserialize)]
pub(super) struct Extension {
    pub(super) name: String,
    #[serde(default)]
    pub(super) extension: Value,
}

/// How somebody proves who they are. It has no debug form: all of it may be secret.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct UserEntry {
    #[serde(deserialize_with = "nullable")]
    pub(super) token: String,
    #[serde(rename = "tokenFile", deserialize_with = "nullable")]
    pub(super) token_file: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) username: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) password: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) client_certificate: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) client_certificate_data: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) client_key: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) client_key_data: String,
    #[serde(rename = "as", deserialize_with = "nullable")]
    pub(super) as_user: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) as_uid: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) as_groups: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) as_user_extra: BTreeMap<String, Vec<String>>,
    pub(super) auth_provider: Option<AuthProvider>,
    pub(super) exec: Option<ExecEntry>,
}

/// A legacy way to log in, built into clients.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthProvider {
    #[serde(deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) config: BTreeMap<String, String>,
}

/// A credential plugin.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ExecEntry {
    #[serde(deserialize_with = "nullable")]
    pub(super) api_version: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) command: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) args: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    pub(super) env: Vec<ExecVariable>,
    #[serde(deserialize_with = "nullable")]
    pub(super) install_hint: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) interactive_mode: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) provide_cluster_info: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExecVariable {
    #[serde(deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) value: String,
}

/// `key: null` and a key without a value are keys that are not set.
fn nullable<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// The files that count, merged: the first to set an entry or the current context wins.
///
/// # Errors
/// A file that was named and is not there, or one that cannot be read.
pub(super) fn read(options: &ConnectOptions) -> Result<Kubeconfig, ClusterError> {
    let mut merged = Kubeconfig::default();
    for path in paths(options)? {
        merged.add(read_one(&path)?);
    }
    Ok(merged)
}

/// `--kubeconfig` alone; else the list without files that are not there; else the default file if it is there.
fn paths(options: &ConnectOptions) -> Result<Vec<PathBuf>, ClusterError> {
    if let Some(path) = &options.kubeconfig {
        if !path.exists() {
            return Err(ClusterError::Kubeconfig(format!("{} does not exist", path.display())));
        }
        return Ok(vec![path.clone()]);
    }
    Ok(looked_at(options).into_iter().filter(|path| path.exists()).collect())
}

/// Where a kubeconfig could have been, whether or not it is there.
pub(super) fn looked_at(options: &ConnectOptions) -> Vec<PathBuf> {
    let list = &options.kubeconfig_list;
    if list.is_empty() { options.default_kubeconfig.iter().cloned().collect() } else { list.clone() }
}

fn read_one(path: &Path) -> Result<Kubeconfig, ClusterError> {
    let wrong = |reason: &str| ClusterError::Kubeconfig(format!("{}: {reason}", path.display()));
    let text = read_text(path).map_err(|error| ClusterError::Kubeconfig(error.to_string()))?;
    let mut config = parse(&text).map_err(|reason| wrong(&reason))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for cluster in &mut config.clusters {
        resolve(folder, &mut cluster.cluster.certificate_authority);
    }
    for NamedUser { user, .. } in &mut config.users {
        resolve(folder, &mut user.client_certificate);
        resolve(folder, &mut user.client_key);
        resolve(folder, &mut user.token_file);
        // A bare name is looked for in $PATH.
        if let Some(exec) = user.exec.as_mut().filter(|exec| exec.command.contains(MAIN_SEPARATOR)) {
            resolve(folder, &mut exec.command);
        }
    }
    Ok(config)
}

/// One file's text. As in kubectl, the last of two equal keys wins, and only the first document counts.
fn parse(text: &str) -> Result<Kubeconfig, String> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins, with_snippet: false
    };
    let documents: Result<Vec<Option<Kubeconfig>>, _> = serde_saphyr::from_multiple_with_options(text, options);
    let documents = documents.map_err(|error| {
        let place = error.location().map(|place| format!("line {}, column {}: ", place.line(), place.column()));
        let words = error.without_snippet().to_string();
        // The place is told apart, and the text around it may hold a token.
        let words = words.lines().next().unwrap_or_default().split(" at line ").next().unwrap_or_default().to_owned();
        format!("{}{}", place.unwrap_or_default(), crate::object::printable(&words))
    })?;
    Ok(documents.into_iter().next().flatten().unwrap_or_default())
}

fn resolve(folder: &Path, path: &mut String) {
    if !path.is_empty() {
        *path = folder.join(path.as_str()).to_string_lossy().into_owned();
    }
}

impl Kubeconfig {
    /// Adds what a later file has and this one has not.
    fn add(&mut self, later: Self) {
        if self.current_context.is_empty() {
            self.current_context = later.current_context;
        }
        for entry in later.contexts {
            if self.context(&entry.name).is_none() {
                self.contexts.push(entry);
            }
        }
        for entry in later.clusters {
            if self.cluster(&entry.name).is_none() {
                self.clusters.push(entry);
            }
        }
        for entry in later.users {
            if self.user(&entry.name).is_none() {
                self.users.push(entry);
            }
        }
    }

    /// Whether it says nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.contexts.is_empty() && self.clusters.is_empty() && self.users.is_empty() && self.current_context.is_empty()
    }

    pub(super) fn context(&self, name: &str) -> Option<&ContextEntry> {
        self.contexts.iter().find(|entry| entry.name == name).map(|entry| &entry.context)
    }

    pub(super) fn cluster(&self, name: &str) -> Option<&ClusterEntry> {
        self.clusters.iter().find(|entry| entry.name == name).map(|entry| &entry.cluster)
    }

    pub(super) fn user(&self, name: &str) -> Option<&UserEntry> {
        self.users.iter().find(|entry| entry.name == name).map(|entry| &entry.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_to_say_something_wins() {
        let mut first = parse("current-context: ''\nusers: [{name: red, user: {token: one}}]\n").unwrap();
        first.add(
            parse("current-context: b\nusers: [{name: red, user: {token: two, username: x}}, {name: blue}]\n").unwrap(),
        );
        assert_eq!(first.current_context, "b");
        assert_eq!(first.user("red").unwrap().token, "one");
        assert_eq!(first.user("red").unwrap().username, "", "entries are never mixed");
        assert!(first.user("blue").is_some() && first.user("green").is_none());
    }

    #[test]
    fn what_kubectl_reads_is_read() {
        let text = "apiVersion: v1\nkind: Config\npreferences: {}\nclusters: null\ncurrent-context: null\n\
                    contexts: [{name: a, context: {user: u}}]\n\
                    users: [{name: u, user: {token: a, token: b, as-groups: null, exec: {args: null, env: null}}}]\n";
        let config = parse(text).unwrap();
        assert_eq!(config.user("u").unwrap().token, "b", "the last of two equal keys, as in kubectl");
        assert_eq!(config.context("a").unwrap().cluster, "");
        assert!(parse("").unwrap().is_empty() && parse("---\n").unwrap().is_empty());
    }

    #[test]
    fn a_fault_has_its_place_and_no_secret() {
        let fault = parse("users:\n- name: u\n  user: {token: [hidden-canary]}\n").err().unwrap();
        assert!(fault.starts_with("line 3, column "), "{fault}");
        assert!(!fault.contains("canary"), "{fault}");
    }

    #[test]
    fn paths_belong_to_the_folder_of_their_file() {
        let mut path = "ca.crt".to_owned();
        resolve(Path::new("/etc/kube"), &mut path);
        assert_eq!(path, "/etc/kube/ca.crt");
        resolve(Path::new("/elsewhere"), &mut path);
        assert_eq!(path, "/etc/kube/ca.crt");
        let mut none = String::new();
        resolve(Path::new("/etc/kube"), &mut none);
        assert_eq!(none, "");
    }
}
