//! Objects and parts of objects that follow from the shared parameters alone.
//! It never adds what a template did not ask for: each method is one thing.

use crate::json;
use serde_json::Value;

use super::read::{Block, Exposure, Monitor, NetworkMode, Spread};
use crate::build::{Container, Meta, NetworkPolicy, Pod, Resources, Service, StatefulSet, service_account, volume};
use crate::finding::Finding;
use crate::output::SecretIntent;

impl Block {
    /// Metadata of a component, with the version label.
    pub fn meta(&self, component: &str) -> Meta {
        Meta::new(self.spec.template, &self.name, component, &self.namespace).version(self.tag())
    }

    /// The tag in use.
    pub fn tag(&self) -> &str {
        self.image.tag.as_deref().unwrap_or(self.spec.tag)
    }

    /// The software's image: repository, tag or digest, and the registry map, applied.
    pub fn image_name(&self) -> String {
        self.image_name_or(self.spec.repository, self.spec.tag)
    }

    /// The same with another default, for templates with several engines.
    pub fn image_name_or(&self, repository: &str, tag: &str) -> String {
        let repository = self.image.repository.as_deref().unwrap_or(repository);
        let tag = self.image.tag.as_deref().unwrap_or(tag);
        match &self.image.digest {
            Some(digest) => self.mapped(&format!("{repository}:{tag}@{digest}")),
            None => self.mapped(&format!("{repository}:{tag}")),
        }
    }

    /// Any full image name with the registry map applied; the longest prefix wins.
    pub fn mapped(&self, image: &str) -> String {
        let matches = |prefix: &str| {
            let rest = image.strip_prefix(prefix.trim_end_matches('/'))?;
            rest.starts_with('/').then_some(rest)
        };
        let map = self.images.registry_map.iter();
        let found = map.filter_map(|(from, to)| Some((from.len(), to.as_str()?, matches(from)?)));
        match found.max_by_key(|(length, ..)| *length) {
            Some((_, to, rest)) => format!("{}{rest}", to.trim_end_matches('/')),
            None => image.to_owned(),
        }
    }

    /// A container of the software's image with the given share of resources.
    pub fn container(&self, name: &str, image: &str, resources: Resources) -> Container {
        let container = Container::new(name, image, resources);
        match &self.image.pull_policy {
            Some(policy) => container.pull_policy(policy),
            None => container,
        }
    }

    /// A pod template: user, labels, annotations, pull secrets, service account, scheduling.
    pub fn pod(&self, meta: &Meta, replicas: u32) -> Pod {
        let mut pod = Pod::new(meta, self.spec.user, self.spec.group)
            .labels(&self.pod_labels)
            .annotations(&self.pod_annotations)
            .set("serviceAccountName", json!(self.name));
        if !self.images.pull_secrets.is_empty() {
            let names: Vec<Value> = self.images.pull_secrets.iter().map(|name| json!({"name": name})).collect();
            pod = pod.set("imagePullSecrets", json!(names));
        }
        self.scheduled(self.spread(pod, meta, replicas))
    }

    fn scheduled(&self, mut pod: Pod) -> Pod {
        let scheduling = &self.scheduling;
        if !scheduling.node_selector.is_empty() {
            pod = pod.set("nodeSelector", Value::Object(scheduling.node_selector.clone()));
        }
        if !scheduling.tolerations.is_empty() {
            pod = pod.set("tolerations", json!(scheduling.tolerations));
        }
        match &scheduling.priority_class_name {
            Some(class) => pod.set("priorityClassName", json!(class)),
            None => pod,
        }
    }

    fn spread(&self, pod: Pod, meta: &Meta, replicas: u32) -> Pod {
        const HOST: &str = "kubernetes.io/hostname";
        const ZONE: &str = "topology.kubernetes.io/zone";
        let over = |key: &str, when: &str| {
            json!({"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when,
                "labelSelector": {"matchLabels": meta.selector()}})
        };
        if replicas < 2 {
            return pod;
        }
        let constraints = match self.scheduling.spread {
            Spread::None => return pod,
            Spread::RequireNodes => {
                let term = json!({"topologyKey": HOST, "labelSelector": {"matchLabels": meta.selector()}});
                let rule = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
                return pod.set("affinity", rule);
            }
            Spread::PreferNodes if replicas < 3 => vec![over(HOST, "ScheduleAnyway")],
            Spread::PreferNodes | Spread::PreferZones => {
                vec![over(HOST, "ScheduleAnyway"), over(ZONE, "ScheduleAnyway")]
            }
            Spread::RequireZones => vec![over(HOST, "ScheduleAnyway"), over(ZONE, "DoNotSchedule")],
        };
        pod.set("topologySpreadConstraints", json!(constraints))
    }

    /// The service account all pods of the definition run as.
    pub fn service_account(&self, meta: &Meta) -> Value {
        service_account(meta, &self.name)
    }

    /// A StatefulSet with the retention the storage parameters ask for.
    pub fn stateful_set(&self, meta: &Meta, name: &str, replicas: u32, service: &str, pod: Pod) -> StatefulSet {
        let word = |given: &Option<String>| if given.as_deref() == Some("delete") { "Delete" } else { "Retain" };
        let retention =
            json!({"whenDeleted": word(&self.storage.on_delete), "whenScaled": word(&self.storage.on_scale_down)});
        StatefulSet::new(meta, name, replicas, service, pod).set("persistentVolumeClaimRetentionPolicy", retention)
    }

    /// The claim of the software's data.
    pub fn claim(&self, meta: &Meta, name: &str) -> Value {
        volume::claim(meta, name, self.storage_size, self.storage.class_name.as_deref())
    }

    /// A client Service, exposed as asked.
    pub fn client_service(&self, meta: &Meta, name: &str) -> Service {
        let service = Service::new(meta, name);
        match self.exposure {
            Exposure::Cluster => service,
            Exposure::NodePort => service.kind("NodePort"),
            Exposure::LoadBalancer => service.kind("LoadBalancer"),
        }
    }

    /// The label a client pod carries under `networkPolicy.mode: labelled`; its value is `true`.
    pub fn client_label(&self) -> String {
        format!("{}-client", self.name)
    }

    /// The network policy: clients by mode, peers among themselves, monitoring; nothing when switched off.
    pub fn network_policy(&self, meta: &Meta, client_ports: &[u16], peer_ports: &[u16]) -> Option<Value> {
        let clients = match self.network {
            NetworkMode::Off => return None,
            NetworkMode::SameNamespace => json!({"podSelector": {}}),
            NetworkMode::Labelled => json!({"podSelector": {"matchLabels": {self.client_label(): "true"}}}),
        };
        let own = json!({"podSelector": {"matchLabels": meta.selector()}});
        let mut policy = NetworkPolicy::new(meta, &self.name).allow(&[clients], client_ports);
        if !peer_ports.is_empty() {
            policy = policy.allow(&[own], peer_ports);
        }
        if let Some(port) = self.metrics_port() {
            let scrapers = json!({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
                "namespaceSelector": {}});
            policy = policy.allow(&[scrapers], &[port]);
        }
        Some(policy.value())
    }

    /// The metrics port, where metrics are exported.
    pub fn metrics_port(&self) -> Option<u16> {
        self.spec.exporter.filter(|_| self.metrics.enabled).map(|exporter| exporter.port)
    }

    /// A PodMonitor over the port named `http-metrics`, where one is asked for.
    pub fn pod_monitor(&self, meta: &Meta) -> Option<Value> {
        let wanted = self.metrics_port().is_some() && self.metrics.monitor == Monitor::PodMonitor;
        let mut object = meta.object("monitoring.coreos.com/v1", "PodMonitor", &self.name);
        object["spec"] = json!({
            "selector": {"matchLabels": meta.selector()},
            "podMetricsEndpoints": [{"port": "http-metrics"}],
        });
        wanted.then_some(object)
    }

    /// The pod with the annotations scrapers read, where they are asked for.
    pub fn scraped(&self, pod: Pod) -> Pod {
        let wanted = self.metrics.monitor == Monitor::Annotations;
        match self.metrics_port().filter(|_| wanted) {
            Some(port) => {
                let annotations = json!({"prometheus.io/scrape": "true", "prometheus.io/port": port.to_string()});
                pod.annotations(annotations.as_object().unwrap_or(&serde_json::Map::new()))
            }
            None => pod,
        }
    }

    /// Name of the Secret with the passwords: the existing one, or `<definition>-auth`.
    pub fn auth_secret(&self) -> String {
        self.auth.existing_secret.clone().unwrap_or_else(|| format!("{}-auth", self.name))
    }

    /// The intent for these passwords: generated once, or expected in the existing Secret.
    pub fn auth_intent(&self, keys: &[&str]) -> SecretIntent {
        match &self.auth.existing_secret {
            Some(name) => SecretIntent::existing(name.clone(), keys),
            None => SecretIntent::generate(self.auth_secret(), keys),
        }
    }

    /// Refuses settings of `extraConfig` the template owns; the first word of each line is the setting.
    pub fn owned_settings(&self, owned: &[&str]) -> Vec<Finding> {
        let first =
            |line: &str| line.trim_start().split([' ', '\t', '=', ':']).next().unwrap_or("").to_ascii_lowercase();
        let settings = self.extra_config.lines().map(first);
        let clashes = settings.filter(|setting| owned.contains(&setting.as_str()));
        let code = format!("{}.extra-config.owned", self.spec.template);
        let refuse = |setting: String| {
            let message = format!("`{setting}` is set by the template");
            Finding::error("/extraConfig", code.clone(), message).hint("use the template's own parameter for it")
        };
        clashes.map(refuse).collect()
    }

    /// The client address: `<service>.<namespace>.svc`.
    pub fn host(&self, service: &str) -> String {
        format!("{service}.{}.svc", self.namespace)
    }

    /// The whole name of a host, for configuration that compares names.
    pub fn fqdn(&self, service: &str) -> String {
        format!("{service}.{}.svc.{}", self.namespace, self.cluster_domain)
    }
}
