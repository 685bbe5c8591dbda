//! StatefulSets and Deployments with the defaults templates.md asks of all of them.
//! It never sets a field that cannot be changed later without saying so in its doc.

use crate::json;
use serde_json::Value;

use super::container::push;
use super::labels::Meta;
use super::pod::Pod;

/// A StatefulSet that keeps its claims.
#[derive(Clone, Debug)]
pub struct StatefulSet(Box<Value>);

impl StatefulSet {
    /// Returns a StatefulSet; `service` is its headless Service, which cannot change later.
    pub fn new(meta: &Meta, name: &str, replicas: u32, service: &str, pod: Pod) -> Self {
        let mut object = meta.object("apps/v1", "StatefulSet", name);
        object["spec"] = json!({
            "replicas": replicas,
            "serviceName": service,
            "selector": {"matchLabels": meta.selector()},
            "template": pod.value(),
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate"},
            "revisionHistoryLimit": 5,
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        });
        Self(Box::new(object))
    }

    /// Starts and stops all pods at once; cannot change later.
    pub fn parallel(self) -> Self {
        self.set("podManagementPolicy", json!("Parallel"))
    }

    /// Adds a claim made by [`super::volume::claim`]; cannot change later.
    pub fn claim(mut self, claim: Value) -> Self {
        push(&mut self.0["spec"], "volumeClaimTemplates", claim);
        self
    }

    /// Sets how long a pod must be ready before the next one is touched.
    pub fn min_ready(self, seconds: u32) -> Self {
        self.set("minReadySeconds", json!(seconds))
    }

    /// Marks the workload as a quorum: the host never changes its replica count without its template.
    pub fn quorum(self) -> Self {
        self.annotation("ku8.dev/quorum", "true")
    }

    /// Sets an annotation of the object itself.
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["annotations"][key] = json!(value);
        self
    }

    /// Sets any other field of the spec.
    pub fn set(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        self
    }

    /// Returns the object as JSON.
    pub fn value(self) -> Value {
        *self.0
    }
}

/// A Deployment.
#[derive(Clone, Debug)]
pub struct Deployment(Box<Value>);

impl Deployment {
    /// Returns a Deployment that never has fewer pods than asked for while it rolls.
    pub fn new(meta: &Meta, name: &str, replicas: u32, pod: Pod) -> Self {
        let mut object = meta.object("apps/v1", "Deployment", name);
        object["spec"] = json!({
            "replicas": replicas,
            "selector": {"matchLabels": meta.selector()},
            "template": pod.value(),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "revisionHistoryLimit": 5,
        });
        Self(Box::new(object))
    }

    /// Leaves the replica count to an autoscaler: whoever applies a number would fight it.
    ///
    /// ```
    /// use template_sdk::build::{Deployment, Meta, Pod};
    /// let meta = Meta::new("web", "shop", "server", "prod");
    /// let deployment = Deployment::new(&meta, "shop", 2, Pod::new(&meta, 1000, 1000)).autoscaled().value();
    /// assert!(deployment["spec"].get("replicas").is_none());
    /// ```
    pub fn autoscaled(mut self) -> Self {
        if let Some(spec) = self.0["spec"].as_object_mut() {
            spec.remove("replicas");
        }
        self
    }

    /// Sets any other field of the spec.
    pub fn set(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        self
    }

    /// Returns the object as JSON.
    pub fn value(self) -> Value {
        *self.0
    }
}
