//! Horizontal autoscalers.
//! It never sets a replica count anywhere: the workload it scales must leave its own out.

use serde_json::{Value, json};

use super::labels::Meta;

/// Returns an autoscaler that keeps the pods of a Deployment at a share of the CPU they request.
///
/// ```
/// use template_sdk::build::{Meta, horizontal_pod_autoscaler};
/// let meta = Meta::new("web", "shop", "server", "prod");
/// let scaler = horizontal_pod_autoscaler(&meta, "shop", 2..=10, 70);
/// assert_eq!(scaler["spec"]["scaleTargetRef"]["name"], "shop");
/// assert_eq!(scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
/// ```
pub fn horizontal_pod_autoscaler(
    meta: &Meta,
    deployment: &str,
    replicas: std::ops::RangeInclusive<u32>,
    cpu_percent: u32,
) -> Value {
    let mut object = meta.object("autoscaling/v2", "HorizontalPodAutoscaler", deployment);
    let target = json!({"type": "Utilization", "averageUtilization": cpu_percent});
    object["spec"] = json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
        "minReplicas": replicas.start(),
        "maxReplicas": replicas.end(),
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    });
    object
}
