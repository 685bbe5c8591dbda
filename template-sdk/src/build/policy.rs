//! Disruption budgets and network policies.
//! It never makes a budget that blocks a drain for ever, nor a rule about egress.

use crate::json;
use serde_json::Value;

use super::container::push;
use super::labels::Meta;

/// Returns a budget of one missing pod, or nothing for a single replica: that would block every drain.
///
/// ```
/// use template_sdk::build::{Meta, pod_disruption_budget};
/// let meta = Meta::new("redis", "cache", "server", "prod");
/// assert!(pod_disruption_budget(&meta, "cache", 1).is_none());
/// assert!(pod_disruption_budget(&meta, "cache", 3).is_some());
/// ```
pub fn pod_disruption_budget(meta: &Meta, name: &str, replicas: u32) -> Option<Value> {
    let mut object = meta.object("policy/v1", "PodDisruptionBudget", name);
    object["spec"] = json!({
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": meta.selector()},
    });
    (replicas >= 2).then_some(object)
}

/// Who may connect to a component's pods; what no rule allows is refused.
#[derive(Clone, Debug)]
pub struct NetworkPolicy(Box<Value>);

impl NetworkPolicy {
    /// Returns a policy that allows nothing yet.
    pub fn new(meta: &Meta, name: &str) -> Self {
        let mut object = meta.object("networking.k8s.io/v1", "NetworkPolicy", name);
        object["spec"] = json!({"podSelector": {"matchLabels": meta.selector()}, "policyTypes": ["Ingress"]});
        Self(Box::new(object))
    }

    /// Allows peers (each a NetworkPolicyPeer) to reach ports, by the container ports' numbers.
    pub fn allow(mut self, from: &[Value], ports: &[u16]) -> Self {
        push(&mut self.0["spec"], "ingress", json!({"from": from, "ports": policy_ports(ports)}));
        self
    }

    /// Allows everybody, also from outside the cluster, to reach ports.
    ///
    /// ```
    /// use template_sdk::build::{Meta, NetworkPolicy};
    /// let meta = Meta::new("web", "shop", "server", "prod");
    /// let policy = NetworkPolicy::new(&meta, "shop").open(&[8080]).value();
    /// assert!(policy["spec"]["ingress"][0].get("from").is_none());
    /// ```
    pub fn open(mut self, ports: &[u16]) -> Self {
        push(&mut self.0["spec"], "ingress", json!({"ports": policy_ports(ports)}));
        self
    }

    /// Returns the object as JSON.
    pub fn value(self) -> Value {
        *self.0
    }
}

fn policy_ports(ports: &[u16]) -> Vec<Value> {
    ports.iter().map(|port| json!({"protocol": "TCP", "port": port})).collect()
}
