//! Services.
//! It never selects by more than name, instance and component (and one pod, where asked).

use crate::json;
use serde_json::Value;

use super::container::push;
use super::labels::Meta;

/// A Service over the pods of a component.
///
/// ```
/// use template_sdk::build::{Meta, Service};
/// let meta = Meta::new("redis", "cache", "server", "prod");
/// let service = Service::new(&meta, "cache").port("tcp-redis", 6379).value();
/// assert_eq!(service["spec"]["ports"][0]["targetPort"], "tcp-redis");
/// ```
#[derive(Clone, Debug)]
pub struct Service(Box<Value>);

impl Service {
    /// Returns a Service with a cluster address.
    pub fn new(meta: &Meta, name: &str) -> Self {
        let mut object = meta.object("v1", "Service", name);
        object["spec"] = json!({"type": "ClusterIP", "selector": meta.selector()});
        Self(Box::new(object))
    }

    /// Returns a Service without an address that gives every pod a name, also before it is ready.
    pub fn headless(meta: &Meta, name: &str) -> Self {
        Self::new(meta, name).set("clusterIP", json!("None")).publish_not_ready()
    }

    /// Lists pods that are not ready yet: members must find each other first.
    pub fn publish_not_ready(self) -> Self {
        self.set("publishNotReadyAddresses", json!(true))
    }

    /// Selects one pod of a StatefulSet only.
    pub fn pod(mut self, pod: &str) -> Self {
        self.0["spec"]["selector"]["statefulset.kubernetes.io/pod-name"] = json!(pod);
        self
    }

    /// Adds a port; its name is also the name of the container's port.
    pub fn port(mut self, name: &str, number: u16) -> Self {
        let port = json!({"name": name, "port": number, "targetPort": name, "protocol": "TCP"});
        push(&mut self.0["spec"], "ports", port);
        self
    }

    /// Sets the Service's type: `ClusterIP`, `NodePort` or `LoadBalancer`.
    pub fn kind(self, kind: &str) -> Self {
        self.set("type", json!(kind))
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
