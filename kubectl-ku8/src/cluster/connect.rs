//! Which server, as whom, in which namespace: kubectl's rules over kubeconfig files, flags and the pod we may run in.
//! It never runs a program, never sends anything, and never reads the environment itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::ClusterError;
use super::endpoint::Endpoint;
use super::exec_plugin::{Plugin, RawNotice};
use super::impersonate::Impersonation;
use super::kubeconfig::{self, ClusterEntry, ContextEntry, Kubeconfig};
use super::lock::Clock;
use super::login::{Login, NOTHING, Proof};
use super::proxy::ProxyVariables;
use crate::object::{nearest, printable};

/// Told what a person should know while they wait, such as another try.
pub type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// What the command line and the environment say about the connection.
#[derive(Clone)]
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
    /// `--server`.
    pub server: Option<String>,
    /// `--token`.
    pub token: Option<String>,
    /// `--as` and its companions.
    pub impersonate: Impersonation,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: Option<bool>,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--disable-compression`.
    pub disable_compression: Option<bool>,
    /// `--request-timeout`; zero means no limit.
    pub request_timeout: Option<Duration>,
    /// The pod this process runs in, if it does.
    pub pod: Option<Pod>,
    /// The proxy variables.
    pub proxies: ProxyVariables,
    /// Whether standard input is a terminal that nobody else reads.
    pub terminal: bool,
    /// The time.
    pub clock: Clock,
    /// Who is told about waiting.
    pub notice: Option<Notice>,
    /// Where a credential plugin's standard error goes.
    pub plugin_stderr: Option<RawNotice>,
}

/// What every pod is given.
#[derive(Clone, Debug)]
pub struct Pod {
    /// `KUBERNETES_SERVICE_HOST`.
    pub host: String,
    /// `KUBERNETES_SERVICE_PORT`.
    pub port: String,
    /// `POD_NAMESPACE`, if it is set.
    pub namespace: Option<String>,
    /// The folder of the service account's files.
    pub folder: PathBuf,
}

/// Everything a client is made of.
pub(crate) struct Link {
    pub(crate) endpoint: Endpoint,
    pub(crate) login: Login,
}

/// A resolved connection.
#[derive(Clone)]
pub struct Target {
    /// URL of the server, for messages.
    pub server: String,
    /// Context name, empty when there is none.
    pub context: String,
    /// Who we are to the server, for messages: the name acted as, or the user entry.
    pub user: String,
    /// Namespace: `-n`, then the context's, then `default`.
    pub namespace: String,
    /// Longest time one request may take.
    pub request_timeout: Duration,
    pub(crate) link: Arc<Link>,
    pub(crate) clock: Clock,
    /// Who is told about waiting.
    pub(crate) notice: Option<Notice>,
}

impl Target {
    /// Whether the first request runs a credential plugin, which may ask somebody to log in.
    pub fn runs_plugin(&self) -> bool {
        matches!(self.link.login.proof, Proof::Plugin(_))
    }
}

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// `--request-timeout 0`: no command lives longer.
const NO_TIMEOUT: Duration = Duration::from_hours(24);

/// Resolves server, credentials and namespace.
///
/// # Errors
/// No kubeconfig, no such context, or an entry that cannot be used.
pub fn connect_target(options: &ConnectOptions) -> Result<Target, ClusterError> {
    let config = kubeconfig::read(options)?;
    if config.is_empty() && options.server.is_none() {
        let named =
            [&options.context, &options.cluster, &options.user].into_iter().any(|name| given(name.as_ref()).is_some());
        return match &options.pod {
            // Whoever names something does not mean the pod's own cluster.
            Some(pod) if options.kubeconfig.is_none() && !named && pod.folder.join("token").exists() => {
                in_pod(pod, options)
            }
            _ => Err(nowhere(options)),
        };
    }
    let chosen = select(&config, options)?;
    let endpoint = Endpoint::new(&chosen.cluster_name, chosen.cluster, options)?;
    let entry = config.user(&chosen.user_name).cloned();
    let missing = entry.is_none() && !chosen.user_name.is_empty();
    let entry = entry.unwrap_or_default();
    let mut login = Login::new(&chosen.user_name, entry, options, endpoint.is_secure(), |entry| {
        let exec = entry.exec.as_ref().ok_or("it has no exec")?;
        let (tell, stderr) = (options.notice.clone(), options.plugin_stderr.clone());
        Plugin::new(exec, endpoint.for_plugins.clone(), options.terminal, tell, stderr)
    })?;
    // kubectl goes on as nobody; the server's refusal should not be a riddle.
    if missing && login.refused == NOTHING {
        login.refused = format!("{NOTHING}, since the kubeconfig has no user `{}`", printable(&chosen.user_name));
    }
    Ok(finish(Link { endpoint, login }, options, chosen.context, &chosen.namespace))
}

fn nowhere(options: &ConnectOptions) -> ClusterError {
    if let Some(path) = &options.kubeconfig {
        return ClusterError::Kubeconfig(format!("{} holds no cluster and no context", path.display()));
    }
    let looked: Vec<String> = kubeconfig::looked_at(options).iter().map(|path| path.display().to_string()).collect();
    ClusterError::NoKubeconfig(if looked.is_empty() { "no place at all".into() } else { looked.join(", ") })
}

fn in_pod(pod: &Pod, options: &ConnectOptions) -> Result<Target, ClusterError> {
    let endpoint = Endpoint::of_pod(&pod.host, &pod.port, &pod.folder, &options.proxies)?;
    let mut login = Login::of_pod(pod.folder.join("token"));
    if options.token.is_some() || options.impersonate.user.is_some() {
        let entry = kubeconfig::UserEntry {
            token_file: pod.folder.join("token").to_string_lossy().into_owned(),
            ..kubeconfig::UserEntry::default()
        };
        login = Login::new(&login.user, entry, options, true, |_| Err("it has no exec".into()))?;
    }
    let namespace = pod.namespace.clone().filter(|name| !name.is_empty());
    let namespace = namespace
        .or_else(|| crate::files::read_text(&pod.folder.join("namespace")).ok())
        .map(|name| name.trim().to_owned())
        .unwrap_or_default();
    Ok(finish(Link { endpoint, login }, options, String::new(), &namespace))
}

fn finish(link: Link, options: &ConnectOptions, context: String, namespace: &str) -> Target {
    let limit = options.request_timeout.unwrap_or(REQUEST_TIMEOUT);
    let namespace = given(options.namespace.as_ref()).unwrap_or(namespace);
    Target {
        server: link.endpoint.shown(),
        context,
        user: link.login.acts_as.clone().unwrap_or_else(|| link.login.user.clone()),
        namespace: if namespace.is_empty() { "default".to_owned() } else { namespace.to_owned() },
        request_timeout: if limit.is_zero() { NO_TIMEOUT } else { limit },
        link: Arc::new(link),
        clock: options.clock,
        notice: options.notice.clone(),
    }
}

fn given(name: Option<&String>) -> Option<&str> {
    name.map(String::as_str).filter(|name| !name.is_empty())
}

struct Selected {
    context: String,
    cluster_name: String,
    cluster: ClusterEntry,
    user_name: String,
    namespace: String,
}

fn select(config: &Kubeconfig, options: &ConnectOptions) -> Result<Selected, ClusterError> {
    let names = || config.contexts.iter().map(|entry| entry.name.as_str());
    let wanted = given(options.context.as_ref()).unwrap_or(&config.current_context);
    let context = if wanted.is_empty() {
        if given(options.cluster.as_ref()).is_none() && given(options.server.as_ref()).is_none() {
            let known = names().map(printable).collect::<Vec<_>>().join(", ");
            return Err(kubeconfig_error(&if known.is_empty() {
                "no context: name a server with --server, or a cluster with --cluster".to_owned()
            } else {
                format!("no current context: choose one of {known} with --context")
            }));
        }
        ContextEntry::default()
    } else {
        config.context(wanted).cloned().ok_or_else(|| ClusterError::Context {
            name: wanted.to_owned(),
            nearest: nearest(wanted, names()).map(str::to_owned),
        })?
    };
    let cluster_name = given(options.cluster.as_ref()).unwrap_or(&context.cluster).to_owned();
    let cluster = match config.cluster(&cluster_name) {
        Some(cluster) => cluster.clone(),
        // As in kubectl, a server that is named needs no entry, but an entry that is named must be there.
        None if given(options.server.as_ref()).is_some() && given(options.cluster.as_ref()).is_none() => {
            ClusterEntry::default()
        }
        None if cluster_name.is_empty() => {
            return Err(kubeconfig_error(&format!("context `{}` names no cluster", printable(wanted))));
        }
        None => return Err(kubeconfig_error(&format!("there is no cluster `{}`", printable(&cluster_name)))),
    };
    let user_name = given(options.user.as_ref()).unwrap_or(&context.user).to_owned();
    if given(options.user.as_ref()).is_some() && config.user(&user_name).is_none() {
        return Err(kubeconfig_error(&format!("there is no user `{}`", printable(&user_name))));
    }
    Ok(Selected { context: wanted.to_owned(), cluster_name, cluster, user_name, namespace: context.namespace })
}

fn kubeconfig_error(message: &str) -> ClusterError {
    ClusterError::Kubeconfig(message.to_owned())
}

/// The folder every pod finds its service account in.
pub fn service_account() -> PathBuf {
    Path::new("/var/run/secrets/kubernetes.io/serviceaccount").to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn options() -> ConnectOptions {
        ConnectOptions {
            kubeconfig: None,
            kubeconfig_list: Vec::new(),
            default_kubeconfig: None,
            context: None,
            cluster: None,
            user: None,
            namespace: None,
            server: None,
            token: None,
            impersonate: Impersonation::default(),
            certificate_authority: None,
            client_certificate: None,
            client_key: None,
            insecure_skip_tls_verify: None,
            tls_server_name: None,
            disable_compression: None,
            request_timeout: None,
            pod: None,
            proxies: ProxyVariables::default(),
            terminal: false,
            clock: || jiff::Timestamp::UNIX_EPOCH,
            notice: None,
            plugin_stderr: None,
        }
    }

    fn pod(folder: &Path) -> Pod {
        for (name, text) in [("token", "pod-token-canary\n"), ("namespace", "shop\n"), ("ca.crt", "no certificate")] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Pod { host: "fd00::1".into(), port: "443".into(), namespace: None, folder: folder.to_owned() }
    }

    #[test]
    fn a_pod_is_its_own_cluster_only_when_nothing_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let inside = ConnectOptions { pod: Some(pod(folder.path())), ..options() };
        let target = connect_target(&inside).ok().unwrap();
        assert_eq!((target.server.as_str(), target.namespace.as_str()), ("https://[fd00::1]:443", "shop"));
        assert_eq!(target.user, "the pod's service account");
        for named in [
            ConnectOptions { context: Some("x".into()), ..inside.clone() },
            ConnectOptions { cluster: Some("x".into()), ..inside.clone() },
            ConnectOptions { user: Some("x".into()), ..inside.clone() },
        ] {
            assert!(matches!(connect_target(&named), Err(ClusterError::NoKubeconfig(_))));
        }
        let file = folder.path().join("empty");
        std::fs::write(&file, "").unwrap();
        let named = ConnectOptions { kubeconfig: Some(file), ..inside.clone() };
        assert!(matches!(connect_target(&named), Err(ClusterError::Kubeconfig(_))));
        std::fs::remove_file(folder.path().join("token")).unwrap();
        assert!(matches!(connect_target(&inside), Err(ClusterError::NoKubeconfig(_))), "no pod without its token");
    }

    #[test]
    fn a_named_server_needs_no_kubeconfig() {
        let named = ConnectOptions { server: Some("https://a:1".into()), ..options() };
        let target = connect_target(&named).ok().unwrap();
        assert_eq!((target.server.as_str(), target.context.as_str()), ("https://a:1", ""));
        let none = ConnectOptions { request_timeout: Some(Duration::ZERO), ..named };
        assert_eq!(connect_target(&none).ok().unwrap().request_timeout, NO_TIMEOUT);
    }
}
