//! Reads the shared parameters of a request into one [`Block`], with presets and the registry map applied.
//! It never renders: `objects.rs` does, from what is read here.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::parts;
use super::spec::Spec;
use crate::build::Resources;
use crate::finding::{Finding, Findings};
use crate::input::Request;
use crate::pick::Pick;
use crate::quantity::Quantity;

/// The size preset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Size {
    Dev,
    #[default]
    Small,
    Medium,
    Large,
    Custom,
}

/// How replicas are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Spread {
    None,
    #[default]
    PreferNodes,
    RequireNodes,
    PreferZones,
    RequireZones,
}

/// Who may connect over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum NetworkMode {
    Off,
    #[default]
    SameNamespace,
    Labelled,
}

/// From where the client Service can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Exposure {
    #[default]
    Cluster,
    NodePort,
    LoadBalancer,
}

/// How Prometheus finds the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Monitor {
    #[default]
    None,
    PodMonitor,
    Annotations,
}

/// Which image the pods run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// Full name without tag; absent means the template's.
    pub repository: Option<String>,
    /// Tag; absent means the template's.
    pub tag: Option<String>,
    /// Digest; wins over the tag.
    pub digest: Option<String>,
    /// When nodes fetch it.
    pub pull_policy: Option<String>,
}

/// Where the data lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Storage {
    /// Volume size; [`Block::storage_size`] knows the preset too.
    pub size: Option<Quantity>,
    /// StorageClass.
    pub class_name: Option<String>,
    /// `retain` or `delete`.
    pub on_delete: Option<String>,
    /// `retain` or `delete`.
    pub on_scale_down: Option<String>,
}

/// Where the pods may run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Scheduling {
    /// How replicas are kept apart.
    pub spread: Spread,
    /// Labels of the nodes to use.
    pub node_selector: Map<String, Value>,
    /// Taints the pods accept.
    pub tolerations: Vec<Value>,
    /// Name of a PriorityClass.
    pub priority_class_name: Option<String>,
}

/// Figures for monitoring.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// Whether they are exported.
    pub enabled: bool,
    /// How they are found.
    pub monitor: Monitor,
}

/// Who may connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    /// Whether a password is asked for.
    pub enabled: bool,
    /// A Secret somebody else made.
    pub existing_secret: Option<String>,
}

/// The shared parameters of one request.
#[derive(Clone, Debug)]
pub struct Block {
    /// What the template said of its software.
    pub spec: Spec,
    /// The definition's name.
    pub name: String,
    /// The partition.
    pub namespace: String,
    /// The chosen preset.
    pub size: Size,
    /// What each pod of the software gets.
    pub resources: Resources,
    /// Volume size, from the values, the preset or the memory; never absent.
    pub storage_size: Quantity,
    /// The other storage parameters.
    pub storage: Storage,
    /// The image parameters.
    pub image: Image,
    /// Where the pods may run.
    pub scheduling: Scheduling,
    /// Who may connect over the network.
    pub network: NetworkMode,
    /// Figures for monitoring.
    pub metrics: Metrics,
    /// Who may connect.
    pub auth: Auth,
    /// From where it can be reached.
    pub exposure: Exposure,
    /// Further labels of the pods.
    pub pod_labels: Map<String, Value>,
    /// Further annotations of the pods.
    pub pod_annotations: Map<String, Value>,
    /// The DNS domain of the cluster.
    pub cluster_domain: String,
    /// Further configuration in the software's own syntax.
    pub extra_config: String,
    pub(super) images: crate::input::Images,
}

impl Block {
    /// Reads the shared parameters; every problem is told at once.
    pub fn read(spec: &Spec, request: &Request) -> Result<Self, Findings> {
        let mut findings = Findings::new();
        let values = &request.values;
        let (resources, storage_size) = sizes(spec, values, &mut findings);
        let mut pick = Pick::new(values, &mut findings);
        let block = Self {
            spec: *spec,
            name: request.name.clone(),
            namespace: request.namespace.clone(),
            size: parts::size(&mut pick),
            resources,
            storage_size,
            storage: parts::storage(&mut pick),
            image: parts::image(spec, &mut pick),
            scheduling: parts::scheduling(&mut pick),
            network: parts::network(&mut pick),
            metrics: parts::metrics(&mut pick),
            auth: parts::auth(spec, &mut pick),
            exposure: parts::exposure(&mut pick),
            pod_labels: pick.members("/podLabels"),
            pod_annotations: pick.members("/podAnnotations"),
            cluster_domain: pick.text("/clusterDomain").unwrap_or_else(|| "cluster.local".to_owned()),
            extra_config: pick.text("/extraConfig").unwrap_or_default(),
            images: request.images.clone(),
        };
        block.check(&mut findings);
        findings.refuse().map(|_| block)
    }

    fn check(&self, findings: &mut Findings) {
        let code = |rest: &str| format!("{}.{rest}", self.spec.template);
        if self.resources.memory > self.resources.memory_limit {
            let message =
                format!("{} reserved is more than the limit {}", self.resources.memory, self.resources.memory_limit);
            let finding = Finding::error("/resources/requests/memory", code("memory.request-over-limit"), message);
            findings.push(finding.hint("raise resources.limits.memory or leave the request out"));
        }
        if self.storage.class_name.as_deref() == Some("") {
            let message = "an empty class means that no volume is ever provisioned";
            let finding = Finding::error("/storage/className", code("storage.class-empty"), message);
            findings.push(finding.hint("leave it out to use the cluster's default class"));
        }
        if self.spec.stateful && self.storage_size < Quantity::from_mib(1024) {
            let message = format!("{} is less than 1Gi", self.storage_size);
            findings
                .push(Finding::error("/storage/size", code("storage.too-small"), message).hint("ask for 1Gi or more"));
        }
        for key in self.pod_labels.keys() {
            if key.starts_with("app.kubernetes.io/") || key.starts_with("ku8.dev/") {
                let message = format!("the label `{key}` is set by the template");
                let finding = Finding::error("/podLabels", code("pod-labels.reserved"), message);
                findings.push(finding.hint("choose another key"));
            }
        }
    }
}

/// Reads the size of the volumes and of the pods out of any values, current or earlier.
pub(super) fn sizes(spec: &Spec, values: &Value, findings: &mut Findings) -> (Resources, Quantity) {
    let mut pick = Pick::new(values, findings);
    let size = parts::size(&mut pick);
    let preset = spec.presets[match size {
        Size::Dev => 0,
        Size::Small | Size::Custom => 1,
        Size::Medium => 2,
        Size::Large => 3,
    }];
    let limit = pick.quantity("/resources/limits/memory").unwrap_or_else(|| known(preset.memory));
    let resources = Resources {
        cpu: pick.quantity("/resources/requests/cpu").unwrap_or_else(|| known(preset.cpu)),
        cpu_limit: pick.quantity("/resources/limits/cpu"),
        memory: pick.quantity("/resources/requests/memory").unwrap_or(limit),
        memory_limit: limit,
    };
    let derived = match size {
        Size::Custom => limit.times(spec.storage_per_memory, 1).ceil_gib(),
        _ => known(preset.storage),
    };
    let storage = pick.quantity("/storage/size").unwrap_or(derived);
    (resources, storage)
}

/// Reads a preset, which `testing` proves readable.
fn known(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|_| Quantity::from_bytes(0))
}
