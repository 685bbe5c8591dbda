//! Pod templates within Pod Security "restricted".
//! It never mounts a token nor lets the cluster's Services into the environment.

use crate::json;
use serde_json::{Map, Value};

use super::container::{Container, push};
use super::labels::{Meta, merge};

/// A pod template.
///
/// ```
/// use template_sdk::{Quantity, build::{Container, Meta, Pod, Resources}};
/// let meta = Meta::new("redis", "cache", "server", "prod");
/// let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(256));
/// let pod = Pod::new(&meta, 999, 999).container(Container::new("redis", "docker.io/library/redis:8.2", resources)).value();
/// assert_eq!(pod["spec"]["securityContext"]["runAsNonRoot"], true);
/// ```
#[derive(Clone, Debug)]
pub struct Pod(Box<Value>);

impl Pod {
    /// Returns a pod template that runs as this user and group, with the component's labels.
    pub fn new(meta: &Meta, user: u32, group: u32) -> Self {
        Self(Box::new(json!({
            "metadata": {"labels": meta.labels()},
            "spec": {
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "securityContext": {
                    "runAsNonRoot": true,
                    "runAsUser": user,
                    "runAsGroup": group,
                    "fsGroup": group,
                    "fsGroupChangePolicy": "OnRootMismatch",
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [],
            },
        })))
    }

    /// Adds a container.
    pub fn container(self, container: Container) -> Self {
        self.push("containers", container.value())
    }

    /// Adds an init container (or a native sidecar, see [`Container::sidecar`]).
    pub fn init(self, container: Container) -> Self {
        self.push("initContainers", container.value())
    }

    /// Adds a volume made by [`super::volume`].
    pub fn volume(self, volume: Value) -> Self {
        self.push("volumes", volume)
    }

    /// Adds labels; those of the component win.
    pub fn labels(mut self, labels: &Map<String, Value>) -> Self {
        let own = self.0["metadata"]["labels"].take();
        self.0["metadata"]["labels"] = Value::Object(labels.clone());
        if let Value::Object(own) = own {
            merge(&mut self.0["metadata"]["labels"], &own);
        }
        self
    }

    /// Adds annotations.
    pub fn annotations(mut self, annotations: &Map<String, Value>) -> Self {
        for (key, value) in annotations {
            self.0["metadata"]["annotations"][key] = value.clone();
        }
        self
    }

    /// Rolls the pods when this ConfigMap's data changes.
    pub fn checksum(mut self, topic: &str, config_map: &Value) -> Self {
        self.0["metadata"]["annotations"][format!("checksum/{topic}")] = json!(super::checksum(config_map));
        self
    }

    /// Spreads the pods of each revision of a Deployment among themselves: while it rolls, the old pods do not push the new
    /// ones together, nor keep them from a node. A required rule knows revisions from Kubernetes 1.31 on: `affinity`.
    ///
    /// ```
    /// use template_sdk::{build::{Meta, Pod}, json};
    /// let meta = Meta::new("web", "shop", "server", "prod");
    /// let pod = Pod::new(&meta, 1000, 1000).set("topologySpreadConstraints", json!([{"maxSkew": 1}]));
    /// let pod = pod.spread_by_revision(true).value();
    /// assert_eq!(pod["spec"]["topologySpreadConstraints"][0]["matchLabelKeys"][0], "pod-template-hash");
    /// ```
    pub fn spread_by_revision(mut self, affinity: bool) -> Self {
        const TERMS: &str = "/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution";
        let spec = &mut self.0["spec"];
        for (pointer, wanted) in [("/topologySpreadConstraints", true), (TERMS, affinity)] {
            let rules = spec.pointer_mut(pointer).filter(|_| wanted).and_then(Value::as_array_mut);
            for rule in rules.into_iter().flatten() {
                rule["matchLabelKeys"] = json!(["pod-template-hash"]);
            }
        }
        self
    }

    /// Sets the seconds the containers have between being told to stop and being killed.
    pub fn grace_period(self, seconds: u32) -> Self {
        self.set("terminationGracePeriodSeconds", json!(seconds))
    }

    /// Sets any other field of the spec.
    pub fn set(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        self
    }

    /// Returns the pod template as JSON.
    pub fn value(self) -> Value {
        *self.0
    }

    fn push(mut self, field: &str, entry: Value) -> Self {
        push(&mut self.0["spec"], field, entry);
        self
    }
}
