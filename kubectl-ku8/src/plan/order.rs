//! The order of apply: stage, then kind phase, then name; deletions in reverse.
//! It orders keys and never looks inside an object.

use crate::object::ObjectKey;

/// Kind phases of plan-apply.md, section 3.9.
pub fn phase(key: &ObjectKey) -> u8 {
    match (key.group.as_str(), key.kind.as_str()) {
        ("", "Namespace") => 0,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => 1,
        ("scheduling.k8s.io" | "storage.k8s.io", _)
        | ("", "ResourceQuota" | "LimitRange")
        | ("networking.k8s.io", "NetworkPolicy") => 2,
        ("", "ServiceAccount") | ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => 3,
        ("rbac.authorization.k8s.io", _) => 4,
        ("", "Secret" | "ConfigMap" | "PersistentVolumeClaim" | "PersistentVolume") => 5,
        ("", "Service") => 6,
        ("", "Pod" | "ReplicationController") | ("apps" | "batch", _) => 7,
        ("policy" | "autoscaling" | "networking.k8s.io", _) => 8,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_come_before_the_pods_that_read_their_names() {
        let of = |group: &str, kind: &str| phase(&ObjectKey::new(group, kind, "n", "x"));
        assert!(of("", "Service") < of("apps", "StatefulSet"));
        assert!(of("", "ConfigMap") < of("", "Service"));
        assert!(of("apps", "Deployment") < of("policy", "PodDisruptionBudget"));
        assert!(of("apiextensions.k8s.io", "CustomResourceDefinition") < of("example.com", "Thing"));
    }
}
