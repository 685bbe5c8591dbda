//! The flags and settings files of each server: the one place to look when a server should behave differently.
//! It starts nothing and waits for nothing.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::certificates::{ACCOUNTS_KEY, ACCOUNTS_PUBLIC, CA, SERVERS, SERVING_CERT, SERVING_KEY};
use crate::error::Error;

/// The audit log's name in the cluster's folder.
pub(crate) const AUDIT_LOG: &str = "audit.log";
/// The objects created first.
pub(crate) const OBJECTS: &str = "objects.yaml";

const AUDIT_POLICY: &str = "audit-policy.yaml";
const STAGES: &str = "stages.yaml";
const POD_LOG: &str = "pod.log";
/// In the format container runtimes write.
const LOG_LINE: &str = "2026-01-01T00:00:00.000000000Z stdout F no process runs behind a pod of the playground\n";

/// Where the servers of one cluster listen and what they read.
pub(crate) struct Settings {
    folder: PathBuf,
    etcd: u16,
    etcd_peer: u16,
    apiserver: u16,
    kubelet: u16,
}

impl Settings {
    /// Finds free ports and writes the settings files.
    pub(crate) fn create(folder: &Path) -> Result<Self, Error> {
        let stages = [
            include_str!("../stages/node.yaml"),
            include_str!("../stages/pod.yaml"),
            include_str!("../stages/failing.yaml"),
            include_str!("../stages/volume.yaml"),
            include_str!("../stages/logs.yaml"),
        ]
        .join("\n---\n")
        .replace("POD_LOG", &folder.join(POD_LOG).to_string_lossy());
        for (name, text) in [
            (STAGES, stages.as_str()),
            (AUDIT_POLICY, include_str!("../objects/audit-policy.yaml")),
            (OBJECTS, include_str!("../objects/cluster.yaml")),
            (POD_LOG, LOG_LINE),
        ] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::file("write", &path))?;
        }
        let [etcd, etcd_peer, apiserver, kubelet] = free_ports()?;
        Ok(Self { folder: folder.to_owned(), etcd, etcd_peer, apiserver, kubelet })
    }

    /// Returns the API server's address.
    pub(crate) fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.apiserver)
    }

    pub(crate) fn etcd(&self) -> Vec<OsString> {
        let client = format!("http://127.0.0.1:{}", self.etcd);
        let peer = format!("http://127.0.0.1:{}", self.etcd_peer);
        Flags::default()
            .path("data-dir", &self.folder.join("etcd"))
            .flag("listen-client-urls", &client)
            .flag("advertise-client-urls", &client)
            .flag("listen-peer-urls", &peer)
            .flag("initial-advertise-peer-urls", &peer)
            .flag("initial-cluster", &format!("default={peer}"))
            // Nothing here outlives a crash of the machine, and tests write a lot.
            .flag("unsafe-no-fsync", "true")
            .flag("log-level", "warn")
            .0
    }

    pub(crate) fn apiserver(&self) -> Vec<OsString> {
        Flags::default()
            .flag("etcd-servers", &format!("http://127.0.0.1:{}", self.etcd))
            .flag("bind-address", "127.0.0.1")
            .flag("advertise-address", "127.0.0.1")
            .flag("secure-port", &self.apiserver.to_string())
            .flag("service-cluster-ip-range", "10.0.0.0/16")
            .flag("authorization-mode", "RBAC")
            // One server that is not a pod: nobody needs its endpoints.
            .flag("endpoint-reconciler-type", "none")
            // Nodes are names that no resolver knows.
            .flag("kubelet-preferred-address-types", "InternalIP")
            .path("client-ca-file", &self.folder.join(CA))
            .path("tls-cert-file", &self.folder.join(SERVING_CERT))
            .path("tls-private-key-file", &self.folder.join(SERVING_KEY))
            .flag("service-account-issuer", "https://kubernetes.default.svc")
            .path("service-account-key-file", &self.folder.join(ACCOUNTS_PUBLIC))
            .path("service-account-signing-key-file", &self.folder.join(ACCOUNTS_KEY))
            .path("audit-policy-file", &self.folder.join(AUDIT_POLICY))
            .path("audit-log-path", &self.folder.join(AUDIT_LOG))
            // A test reads the log right after its request was answered.
            .flag("audit-log-mode", "blocking-strict")
            .0
    }

    pub(crate) fn controller_manager(&self) -> Vec<OsString> {
        self.client_flags()
            .flag("use-service-account-credentials", "true")
            .path("service-account-private-key-file", &self.folder.join(ACCOUNTS_KEY))
            .path("root-ca-file", &self.folder.join(CA))
            // On a loaded machine kwok's heartbeats come late; a node that goes NotReady would fail tests at random.
            .flag("node-monitor-grace-period", "10m")
            .flag("kube-api-qps", "200")
            .flag("kube-api-burst", "400")
            .0
    }

    pub(crate) fn scheduler(&self) -> Vec<OsString> {
        self.client_flags().0
    }

    pub(crate) fn kwok(&self) -> Vec<OsString> {
        Flags::default()
            .path("kubeconfig", &self.kubeconfig())
            .path("config", &self.folder.join(STAGES))
            .flag("manage-all-nodes", "true")
            .flag("node-lease-duration-seconds", "600")
            // The kubelet's side of `kubectl logs`.
            .flag("node-ip", "127.0.0.1")
            .flag("node-port", &self.kubelet.to_string())
            .flag("server-address", &format!("127.0.0.1:{}", self.kubelet))
            .path("tls-cert-file", &self.folder.join(SERVING_CERT))
            .path("tls-private-key-file", &self.folder.join(SERVING_KEY))
            .0
    }

    fn client_flags(&self) -> Flags {
        Flags::default()
            .path("kubeconfig", &self.kubeconfig())
            .path("authentication-kubeconfig", &self.kubeconfig())
            .path("authorization-kubeconfig", &self.kubeconfig())
            .flag("leader-elect", "false")
            // No metrics, no health port: the process being there is what is checked.
            .flag("secure-port", "0")
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.join(format!("{SERVERS}.kubeconfig"))
    }
}

/// Command-line flags in the form every one of these programs reads: `--name=value`.
#[derive(Default)]
struct Flags(Vec<OsString>);

impl Flags {
    fn flag(mut self, name: &str, value: &str) -> Self {
        self.0.push(format!("--{name}={value}").into());
        self
    }

    fn path(mut self, name: &str, value: &Path) -> Self {
        let mut flag = OsString::from(format!("--{name}="));
        flag.push(value);
        self.0.push(flag);
        self
    }
}

/// Returns ports nobody listens on. They are held together, so that they differ, and let go just before they are used.
fn free_ports<const N: usize>() -> Result<[u16; N], Error> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(Error::Port)?;
        *port = listener.local_addr().map_err(Error::Port)?.port();
        held.push(listener);
    }
    Ok(ports)
}
