//! What rendered objects ask of a cluster: pods, processor, memory and disk, in one short line.
//! It never prices anything and never counts what only runs for a moment, such as jobs.

use std::fmt;

use serde_json::Value;

use crate::object::Quantity;

/// Pods that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pods {
    count: u64,
    cpu: Option<Quantity>,
    memory: Option<Quantity>,
    disk: Option<Quantity>,
}

/// What all objects together ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::commands) struct Cost(Vec<Pods>);

impl Cost {
    /// Adds up requests, or limits where nothing is requested, and the volumes of each pod.
    pub(in crate::commands) fn of<'a>(objects: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut found: Vec<Pods> = Vec::new();
        for pods in objects.into_iter().filter_map(pods) {
            let alike = |known: &&mut Pods| (known.cpu, known.memory, known.disk) == (pods.cpu, pods.memory, pods.disk);
            match found.iter_mut().find(alike) {
                Some(known) => known.count += pods.count,
                None => found.push(pods),
            }
        }
        found.retain(|pods| pods.count > 0);
        Self(found)
    }
}

impl fmt::Display for Cost {
    /// `3 × 2 cpu, 8Gi memory, 100Gi disk`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pods) in self.0.iter().enumerate() {
            let parts = [(pods.cpu, "cpu"), (pods.memory, "memory"), (pods.disk, "disk")];
            let parts = parts.iter().filter_map(|(amount, what)| Some(format!("{} {what}", (*amount)?)));
            let parts: Vec<String> = parts.collect();
            let parts = if parts.is_empty() { "no reservation".to_owned() } else { parts.join(", ") };
            write!(f, "{}{} × {parts}", if index == 0 { "" } else { " + " }, pods.count)?;
        }
        Ok(())
    }
}

fn pods(object: &Value) -> Option<Pods> {
    let spec = &object["spec"];
    if !matches!(object["kind"].as_str()?, "StatefulSet" | "Deployment" | "ReplicaSet") {
        return None;
    }
    let pod = &spec["template"]["spec"];
    let every = |list: &'_ Value| list.as_array().cloned().unwrap_or_default();
    // Processor is reserved, memory is what may be used: that is what a node must have.
    let sum = |resource: &str, first: &str, second: &str| {
        let of = |container: &Value| {
            let resources = &container["resources"];
            amount(&resources[first][resource]).or_else(|| amount(&resources[second][resource]))
        };
        let running = total(every(&pod["containers"]).iter().filter_map(of));
        // One init container runs at a time, and before the others.
        every(&pod["initContainers"]).iter().filter_map(of).chain(running).max_by_key(|amount| amount.nano())
    };
    let claims = every(&spec["volumeClaimTemplates"]);
    let disk = total(claims.iter().filter_map(|claim| amount(&claim["spec"]["resources"]["requests"]["storage"])));
    Some(Pods {
        count: spec["replicas"].as_u64().unwrap_or(1),
        cpu: sum("cpu", "requests", "limits"),
        memory: sum("memory", "limits", "requests"),
        disk,
    })
}

fn total(amounts: impl Iterator<Item = Quantity>) -> Option<Quantity> {
    amounts.reduce(Quantity::plus)
}

fn amount(value: &Value) -> Option<Quantity> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workload(kind: &str, replicas: u64, memory: &str) -> Value {
        let container = |cpu: &str, memory: &str| {
            json!({"resources":
            {"requests": {"cpu": cpu, "memory": "1Mi"}, "limits": {"memory": memory}}})
        };
        json!({"kind": kind, "spec": {"replicas": replicas,
            "template": {"spec": {"containers": [container("500m", memory), container("1", "512Mi")],
                "initContainers": [container("100m", "64Mi")]}},
            "volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "100Gi"}}}}]}})
    }

    #[test]
    fn requests_and_volumes_add_up_per_pod() {
        let one = workload("StatefulSet", 3, "512Mi");
        assert_eq!(Cost::of([&one]).to_string(), "3 × 1500m cpu, 1Gi memory, 100Gi disk");
        let two = workload("Deployment", 2, "1536Mi");
        let job = workload("Job", 1, "1Gi");
        assert_eq!(
            Cost::of([&one, &two, &one, &job]).to_string(),
            "6 × 1500m cpu, 1Gi memory, 100Gi disk + 2 × 1500m cpu, 2Gi memory, 100Gi disk"
        );
        assert_eq!(Cost::of([&json!({"kind": "Deployment", "spec": {}})]).to_string(), "1 × no reservation");
        assert_eq!(Cost::default().to_string(), "");
    }
}
