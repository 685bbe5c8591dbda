//! Which server, as whom, in which namespace: kubectl's rules over kubeconfig files.
//! It never runs a program a kubeconfig names under auth-provider, and never reads the environment itself.

use std::path::PathBuf;
use std::time::Duration;

use ::http::Uri;
use base64::Engine as _;
use kube::config::{Cluster as ClusterEntry, Kubeconfig};

use super::ClusterError;
use super::wire::root_cause;
use crate::object::nearest;
use crate::secrets::redact;

/// Told what a person should know while they wait, such as another try.
pub type Notice = std::sync::Arc<dyn Fn(&str) + Send + Sync>;

/// What the command line and the environment say about the connection.
#[derive(Clone, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`: exactly this file, which must exist.
    pub kubeconfig: Option<PathBuf>,
    /// The `KUBECONFIG` list; missing files in it are skipped, as kubectl does.
    pub kubeconfig_list: Vec<PathBuf>,
    /// `~/.kube/config`.
    pub default_kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `-n`.
    pub namespace: Option<String>,
    /// `--request-timeout`.
    pub request_timeout: Option<Duration>,
    /// Whether the process runs inside a pod.
    pub in_cluster: bool,
    /// Who is told about waiting.
    pub notice: Option<Notice>,
}

/// A resolved connection.
#[derive(Clone)]
pub struct Target {
    /// The client's configuration; retries are ours (plan-apply.md, 0.7).
    pub(crate) config: kube::Config,
    /// URL of the server, for messages.
    pub server: String,
    /// Context name, empty inside a cluster.
    pub context: String,
    /// User entry, for messages.
    pub user: String,
    /// Namespace: `-n`, then the context's, then `default`.
    pub namespace: String,
    /// Longest time one request may take.
    pub request_timeout: Duration,
    /// Who is told about waiting.
    pub(crate) notice: Option<Notice>,
}

/// A connection attempt that takes longer than this is a failure (issue: unreachable server within 10 s).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Resolves server, credentials and namespace.
///
/// # Errors
/// No kubeconfig, no such context, or an entry that cannot be used.
pub fn connect_target(options: &ConnectOptions) -> Result<Target, ClusterError> {
    let Some(kubeconfig) = read(options)? else {
        if options.in_cluster {
            return in_cluster(options);
        }
        if let Some(path) = &options.kubeconfig {
            return Err(kubeconfig_error(&format!("{} holds no cluster and no context", path.display())));
        }
        let mut looked = options.kubeconfig_list.clone();
        if looked.is_empty() {
            looked.extend(options.default_kubeconfig.clone());
        }
        let looked: Vec<String> = looked.iter().map(|path| path.display().to_string()).collect();
        return Err(ClusterError::NoKubeconfig(if looked.is_empty() {
            "no place at all".into()
        } else {
            looked.join(", ")
        }));
    };
    let entry = select(&kubeconfig, options)?;
    let server = entry.cluster.server.clone().filter(|server| !server.is_empty());
    let server = server.ok_or_else(|| kubeconfig_error(&format!("cluster `{}` has no server", entry.cluster_name)))?;
    // client-go takes a server without a scheme as plain http.
    let server = if server.contains("://") { server } else { format!("http://{server}") };
    let uri: Uri =
        server.parse().map_err(|error| kubeconfig_error(&format!("server `{server}` is not a URL: {error}")))?;
    let mut config = kube::Config::new(uri);
    config.root_cert = root_certificates(&entry.cluster)?;
    config.accept_invalid_certs = entry.cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.tls_server_name.clone_from(&entry.cluster.tls_server_name);
    if let Some(proxy) = &entry.cluster.proxy_url {
        return Err(kubeconfig_error(&format!(
            "cluster `{}` asks for proxy {proxy}, which is not supported yet",
            entry.cluster_name
        )));
    }
    if let Some(auth) = entry.auth {
        if auth.auth_provider.as_ref().is_some_and(|provider| provider.config.contains_key("cmd-path")) {
            return Err(kubeconfig_error(&format!(
                "user `{}` uses auth-provider with cmd-path, which kubectl dropped: use an exec credential plugin",
                entry.user_name
            )));
        }
        learn_credentials(&auth);
        config.auth_info = auth;
    }
    Ok(finish(config, options, server, entry.context, entry.user_name, entry.namespace))
}

/// What proves who we are is never said, whatever a library or a proxy makes of it in its messages.
fn learn_credentials(auth: &kube::config::AuthInfo) {
    let value = serde_json::to_value(auth).unwrap_or_default();
    for field in ["token", "password", "client-key-data"] {
        let text = value[field].as_str().unwrap_or_default();
        redact::learn(text);
        if let Ok(pem) = base64::engine::general_purpose::STANDARD.decode(text.trim()) {
            redact::learn(&String::from_utf8_lossy(&pem));
        }
    }
    for file in [&auth.token_file, &auth.client_key].into_iter().flatten() {
        // One that cannot be read is the client's error to report.
        redact::learn(&crate::files::read_text(std::path::Path::new(file)).unwrap_or_default());
    }
}

/// A credential plugin's output may be the credential: its failure is told without it (security.md, F20).
pub(super) fn credential_failure(error: &kube::Error) -> Option<String> {
    use kube::client::AuthError;
    match error {
        kube::Error::Auth(AuthError::AuthExecRun { cmd, out }) => {
            Some(format!("its credential plugin {} ended with {}", crate::object::printable(cmd), out.status))
        }
        kube::Error::Auth(AuthError::AuthExecParse(_)) => {
            Some("its credential plugin wrote something that is no ExecCredential".into())
        }
        kube::Error::Auth(_) => Some(root_cause(error)),
        _ => None,
    }
}

fn finish(
    mut config: kube::Config,
    options: &ConnectOptions,
    server: String,
    context: String,
    user: String,
    namespace: Option<String>,
) -> Target {
    let request_timeout = options.request_timeout.unwrap_or(REQUEST_TIMEOUT);
    config.connect_timeout = Some(CONNECT_TIMEOUT.min(request_timeout));
    config.read_timeout = Some(request_timeout);
    config.reset_reader_on_write = true;
    config.default_retry = false;
    let namespace = options.namespace.clone().or(namespace).filter(|name| !name.is_empty());
    let namespace = namespace.unwrap_or_else(|| "default".to_owned());
    config.default_namespace.clone_from(&namespace);
    let notice = options.notice.clone();
    Target { config, server, context, user, namespace, request_timeout, notice }
}

fn in_cluster(options: &ConnectOptions) -> Result<Target, ClusterError> {
    let config = kube::Config::incluster().map_err(|error| ClusterError::Kubeconfig(root_cause(&error)))?;
    learn_credentials(&config.auth_info);
    let server = config.cluster_url.to_string();
    let namespace = Some(config.default_namespace.clone());
    Ok(finish(config, options, server, String::new(), "the pod's service account".into(), namespace))
}

fn read(options: &ConnectOptions) -> Result<Option<Kubeconfig>, ClusterError> {
    let paths: Vec<PathBuf> = if let Some(path) = &options.kubeconfig {
        if !path.exists() {
            return Err(kubeconfig_error(&format!("{} does not exist", path.display())));
        }
        vec![path.clone()]
    } else if options.kubeconfig_list.is_empty() {
        options.default_kubeconfig.iter().filter(|path| path.exists()).cloned().collect()
    } else {
        options.kubeconfig_list.iter().filter(|path| path.exists()).cloned().collect()
    };
    let mut merged: Option<Kubeconfig> = None;
    for path in paths {
        let next = Kubeconfig::read_from(&path).map_err(|error| {
            let cause = root_cause(&error);
            kubeconfig_error(&format!("{}: {}", path.display(), cause.lines().next().unwrap_or_default()))
        })?;
        merged = Some(match merged {
            None => next,
            Some(first) => first.merge(next).map_err(|error| kubeconfig_error(&root_cause(&error)))?,
        });
    }
    Ok(merged.filter(|config| !config.clusters.is_empty() || !config.contexts.is_empty()))
}

struct Selected {
    context: String,
    cluster_name: String,
    user_name: String,
    namespace: Option<String>,
    cluster: ClusterEntry,
    auth: Option<kube::config::AuthInfo>,
}

fn select(config: &Kubeconfig, options: &ConnectOptions) -> Result<Selected, ClusterError> {
    let wanted = options.context.clone().or_else(|| config.current_context.clone()).filter(|name| !name.is_empty());
    let context = match &wanted {
        Some(name) => {
            let found = config.contexts.iter().find(|entry| &entry.name == name);
            let found = found.and_then(|entry| entry.context.clone());
            Some(found.ok_or_else(|| ClusterError::Context {
                name: name.clone(),
                nearest: nearest(name, config.contexts.iter().map(|entry| entry.name.as_str())).map(str::to_owned),
            })?)
        }
        None if options.cluster.is_some() => None,
        None => {
            let known: Vec<&str> = config.contexts.iter().map(|entry| entry.name.as_str()).collect();
            return Err(kubeconfig_error(&format!(
                "no current context: choose one of {} with --context",
                known.join(", ")
            )));
        }
    };
    let cluster_name = options.cluster.clone().or_else(|| context.as_ref().map(|found| found.cluster.clone()));
    let cluster_name = cluster_name.unwrap_or_default();
    let cluster =
        config.clusters.iter().find(|entry| entry.name == cluster_name).and_then(|entry| entry.cluster.clone());
    let cluster = cluster.ok_or_else(|| kubeconfig_error(&format!("there is no cluster `{cluster_name}`")))?;
    let user_name =
        options.user.clone().or_else(|| context.as_ref().and_then(|found| found.user.clone())).unwrap_or_default();
    let auth = config.auth_infos.iter().find(|entry| entry.name == user_name).and_then(|entry| entry.auth_info.clone());
    if auth.is_none() && !user_name.is_empty() {
        return Err(kubeconfig_error(&format!("there is no user `{user_name}`")));
    }
    let namespace = context.and_then(|found| found.namespace);
    Ok(Selected { context: wanted.unwrap_or_default(), cluster_name, user_name, namespace, cluster, auth })
}

fn root_certificates(cluster: &ClusterEntry) -> Result<Option<Vec<Vec<u8>>>, ClusterError> {
    let pem = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) => {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(data.trim())
                .map_err(|error| kubeconfig_error(&format!("certificate-authority-data is not base64: {error}")))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        (None, Some(path)) => crate::files::read_text(std::path::Path::new(path))
            .map_err(|error| kubeconfig_error(&format!("certificate-authority {error}")))?,
        (None, None) => return Ok(None),
    };
    let certificates = pem_blocks(&pem).ok_or_else(|| kubeconfig_error("certificate-authority is not PEM"))?;
    if certificates.is_empty() {
        return Err(kubeconfig_error("certificate-authority holds no certificate"));
    }
    Ok(Some(certificates))
}

/// DER bytes of every CERTIFICATE block (RFC 7468).
fn pem_blocks(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut blocks = Vec::new();
    for part in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let (body, _) = part.split_once("-----END CERTIFICATE-----")?;
        let compact: String = body.chars().filter(|character| !character.is_whitespace()).collect();
        blocks.push(base64::engine::general_purpose::STANDARD.decode(compact).ok()?);
    }
    Some(blocks)
}

fn kubeconfig_error(message: &str) -> ClusterError {
    ClusterError::Kubeconfig(message.to_owned())
}
