//! Ways in from outside the cluster: an Ingress, or a route of a Gateway.
//! It never opens anything by itself: a controller that serves the class or the Gateway does.

use serde_json::{Map, Value, json};

use super::labels::{Meta, merge};

/// An Ingress for one host.
///
/// ```
/// use template_sdk::build::{Ingress, Meta};
/// let meta = Meta::new("web", "shop", "server", "prod");
/// let ingress = Ingress::new(&meta, "shop", "shop.example.com", "/", ("shop", "http")).tls("shop-tls").value();
/// assert_eq!(ingress["spec"]["tls"][0]["hosts"][0], "shop.example.com");
/// ```
#[derive(Clone, Debug)]
pub struct Ingress {
    object: Value,
    host: String,
}

impl Ingress {
    /// Returns an Ingress that sends every path from `path` on to a named port of a Service.
    pub fn new(meta: &Meta, name: &str, host: &str, path: &str, (service, port): (&str, &str)) -> Self {
        let mut object = meta.object("networking.k8s.io/v1", "Ingress", name);
        let backend = json!({"service": {"name": service, "port": {"name": port}}});
        let paths = json!([{"path": path, "pathType": "Prefix", "backend": backend}]);
        object["spec"] = json!({"rules": [{"host": host, "http": {"paths": paths}}]});
        Self { object, host: host.to_owned() }
    }

    /// Sets the class: which controller serves it.
    pub fn class(mut self, name: &str) -> Self {
        self.object["spec"]["ingressClassName"] = json!(name);
        self
    }

    /// Serves HTTPS with the certificate in a Secret.
    pub fn tls(mut self, secret: &str) -> Self {
        self.object["spec"]["tls"] = json!([{"hosts": [self.host], "secretName": secret}]);
        self
    }

    /// Adds annotations of the object, which controllers read.
    pub fn annotations(mut self, annotations: &Map<String, Value>) -> Self {
        merge(&mut self.object["metadata"]["annotations"], annotations);
        self
    }

    /// Returns the object as JSON.
    pub fn value(self) -> Value {
        self.object
    }
}

/// Returns an HTTPRoute of a Gateway for one host, from a path on, to a port of a Service. The host renders its kind only
/// where `gateway.networking.k8s.io/HTTPRoute` was allowed.
///
/// ```
/// use template_sdk::{build::{Meta, http_route}, json};
/// let meta = Meta::new("web", "shop", "server", "prod");
/// let route = http_route(&meta, "shop", &json!({"name": "public"}), ("shop.example.com", "/"), ("shop", 80));
/// assert_eq!(route["spec"]["rules"][0]["backendRefs"][0]["port"], 80);
/// ```
pub fn http_route(
    meta: &Meta,
    name: &str,
    gateway: &Value,
    (host, path): (&str, &str),
    (service, port): (&str, u16),
) -> Value {
    let mut object = meta.object("gateway.networking.k8s.io/v1", "HTTPRoute", name);
    let matches = json!([{"path": {"type": "PathPrefix", "value": path}}]);
    object["spec"] = json!({
        "parentRefs": [gateway],
        "hostnames": [host],
        "rules": [{"matches": matches, "backendRefs": [{"name": service, "port": port}]}],
    });
    object
}
