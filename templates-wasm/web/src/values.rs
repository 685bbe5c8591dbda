//! The template's own values, and what follows from them.
//! It never judges: `rules` does.

use template_sdk::{Map, Quantity, Value};

/// Name of the port everything else is served on; it never changes, so that old and new pods answer while a rollout
/// moves the number.
pub(crate) const HTTP: &str = "http";
/// Name of a port that is only asked by probes.
pub(crate) const HEALTH: &str = "health";

/// The template's own values, made by `read`.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    pub(crate) image: String,
    pub(crate) pull_policy: Option<String>,
    pub(crate) port: u16,
    pub(crate) replicas: Option<u32>,
    pub(crate) autoscale: Option<Autoscale>,
    pub(crate) env: Map<String, Value>,
    pub(crate) secret_env: Map<String, Value>,
    pub(crate) config_files: Vec<ConfigFile>,
    pub(crate) ingress: Option<Ingress>,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) health: Health,
    pub(crate) shutdown: Shutdown,
    pub(crate) command: Vec<String>,
    pub(crate) args: Vec<String>,
    pub(crate) writable_paths: Vec<String>,
    pub(crate) writable_size: Option<Quantity>,
    pub(crate) run_as_user: u32,
    pub(crate) rollout: Rollout,
    pub(crate) extra_ports: Vec<ExtraPort>,
    pub(crate) service: Service,
    pub(crate) network_policy: NetworkPolicy,
    pub(crate) migration: Option<Migration>,
}

/// Between how many pods the autoscaler may choose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Autoscale {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) cpu_percent: u32,
}

/// One file laid over the image.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFile {
    pub(crate) path: String,
    pub(crate) content: String,
}

/// A way in through an Ingress controller.
#[derive(Clone, Debug)]
pub(crate) struct Ingress {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) port: Option<String>,
    pub(crate) class_name: Option<String>,
    pub(crate) tls: Tls,
    pub(crate) annotations: Map<String, Value>,
}

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    pub(crate) secret: Option<String>,
    pub(crate) cluster_issuer: Option<String>,
}

/// A way in through a Gateway.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) port: Option<String>,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) section_name: Option<String>,
}

/// How Kubernetes asks whether a pod can serve.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) kind: HealthKind,
    pub(crate) path: String,
    pub(crate) liveness_path: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) startup_seconds: u32,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HealthKind {
    Http,
    Tcp,
    Grpc,
    None,
}

/// How a pod stops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shutdown {
    pub(crate) drain_seconds: u32,
    pub(crate) grace_seconds: u32,
}

/// How a new version replaces the old one.
#[derive(Clone, Debug)]
pub(crate) struct Rollout {
    pub(crate) max_surge: Value,
    pub(crate) max_unavailable: Value,
}

/// A further port.
#[derive(Clone, Debug)]
pub(crate) struct ExtraPort {
    pub(crate) name: String,
    pub(crate) port: u16,
}

/// What the template adds to the shared `service`.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) port: Option<u16>,
    pub(crate) app_protocol: Option<String>,
}

/// What the template adds to the shared `networkPolicy`.
#[derive(Clone, Debug)]
pub(crate) struct NetworkPolicy {
    pub(crate) namespaces: Vec<String>,
}

/// What runs once before a new version.
#[derive(Clone, Debug)]
pub(crate) struct Migration {
    pub(crate) command: Vec<String>,
    pub(crate) args: Vec<String>,
    pub(crate) timeout_seconds: u32,
    pub(crate) retries: u32,
}

impl Values {
    /// Pods without an autoscaler.
    pub(crate) fn replicas(&self) -> u32 {
        self.replicas.unwrap_or(2)
    }

    /// Pods there are at least, whoever counts them.
    pub(crate) fn fewest(&self) -> u32 {
        self.autoscale.map_or(self.replicas(), |autoscale| autoscale.min)
    }

    /// Port of the Service.
    pub(crate) fn service_port(&self) -> u16 {
        self.service.port.unwrap_or(self.port)
    }

    /// Every port others reach: name, number in the pod, number of the Service.
    pub(crate) fn ports(&self) -> Vec<(&str, u16, u16)> {
        let first = (HTTP, self.port, self.service_port());
        let extra = self.extra_ports.iter().map(|extra| (extra.name.as_str(), extra.port, extra.port));
        std::iter::once(first).chain(extra).collect()
    }

    /// The port of this name, the first where none is named.
    pub(crate) fn port_called(&self, name: Option<&str>) -> Option<(&str, u16, u16)> {
        let name = name.unwrap_or(HTTP);
        self.ports().into_iter().find(|(known, ..)| *known == name)
    }

    /// Name and number of the port probes ask.
    pub(crate) fn health_port(&self) -> (&str, u16) {
        let number = self.health.port.unwrap_or(self.port);
        let known = self.ports().into_iter().find(|(_, port, _)| *port == number);
        known.map_or((HEALTH, number), |(name, port, _)| (name, port))
    }

    /// Size of each writable folder.
    pub(crate) fn writable_size(&self) -> Quantity {
        self.writable_size.unwrap_or_else(|| Quantity::from_mib(256))
    }
}

impl Ingress {
    /// The Secret with the certificate, where HTTPS is served.
    pub(crate) fn certificate(&self, name: &str) -> Option<String> {
        let given = self.tls.secret.clone();
        given.or_else(|| self.tls.cluster_issuer.as_ref().map(|_| format!("{name}-tls")))
    }
}
