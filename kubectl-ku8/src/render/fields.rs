//! Passes an object through its Kubernetes type and back, and names every field that did not survive.
//! It never fills in a default and never changes what the template wrote.

use k8s_openapi::api::{apps, autoscaling, batch, core, networking, policy, rbac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Problem;
use crate::object::{Manifest, printable};
use crate::schema::dotted;

/// Judges the fields of one object; kinds without a type here are left to the cluster's own schema.
pub(super) fn check(id: &str, manifest: &Manifest, problems: &mut Vec<Problem>) {
    let Some(pass) = type_of(manifest) else { return };
    let value = manifest.value();
    match pass(value) {
        Ok(kept) => {
            let mut lost = Vec::new();
            compare(value, &kept, &mut String::new(), &mut lost);
            // An empty list of a required field is not written back; a wrong type in its place tells it from a typo.
            lost.truncate(LOSSES);
            lost.retain(|loss| !(loss.empty && is_known(pass, value, &loss.pointer)));
            problems.extend(lost.into_iter().map(|loss| Problem::new(id, loss.message)));
        }
        Err(reason) => {
            let place = culprit(pass, value);
            let place = if place.is_empty() { String::new() } else { format!("field {}: ", dotted(&place)) };
            problems.push(Problem::new(id, format!("{place}{}", printable(&reason))));
        }
    }
}

/// Losses reported of one object.
const LOSSES: usize = 50;
/// Members of one level that are tried to find where an object does not have its type.
const TRIES: usize = 200;
/// Bytes of an object that is searched for that place.
const SEARCHED_BYTES: usize = 32 * 1024;

type Pass = fn(&Value) -> Result<Value, String>;

fn pass<T: Serialize + DeserializeOwned>(value: &Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    serde_json::to_value(typed).map_err(|error| error.to_string())
}

fn type_of(manifest: &Manifest) -> Option<Pass> {
    let pass: Pass = match (manifest.api_version(), manifest.key().kind.as_str()) {
        ("v1", "ConfigMap") => pass::<core::v1::ConfigMap>,
        ("v1", "PersistentVolumeClaim") => pass::<core::v1::PersistentVolumeClaim>,
        ("v1", "Service") => pass::<core::v1::Service>,
        ("v1", "ServiceAccount") => pass::<core::v1::ServiceAccount>,
        ("apps/v1", "Deployment") => pass::<apps::v1::Deployment>,
        ("apps/v1", "StatefulSet") => pass::<apps::v1::StatefulSet>,
        ("autoscaling/v2", "HorizontalPodAutoscaler") => pass::<autoscaling::v2::HorizontalPodAutoscaler>,
        ("batch/v1", "CronJob") => pass::<batch::v1::CronJob>,
        ("batch/v1", "Job") => pass::<batch::v1::Job>,
        ("networking.k8s.io/v1", "Ingress") => pass::<networking::v1::Ingress>,
        ("networking.k8s.io/v1", "NetworkPolicy") => pass::<networking::v1::NetworkPolicy>,
        ("policy/v1", "PodDisruptionBudget") => pass::<policy::v1::PodDisruptionBudget>,
        // Kinds people allow with --allow-kind.
        ("v1", "Pod") => pass::<core::v1::Pod>,
        ("apps/v1", "DaemonSet") => pass::<apps::v1::DaemonSet>,
        ("rbac.authorization.k8s.io/v1", "Role") => pass::<rbac::v1::Role>,
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => pass::<rbac::v1::RoleBinding>,
        ("rbac.authorization.k8s.io/v1", "ClusterRole") => pass::<rbac::v1::ClusterRole>,
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => pass::<rbac::v1::ClusterRoleBinding>,
        _ => return None,
    };
    Some(pass)
}

struct Loss {
    pointer: String,
    message: String,
    empty: bool,
}

fn compare(written: &Value, kept: &Value, pointer: &mut String, lost: &mut Vec<Loss>) {
    let length = pointer.len();
    match (written, kept) {
        (Value::Object(written), Value::Object(kept)) => {
            for (name, value) in written.iter().filter(|(_, value)| !value.is_null()) {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                match kept.get(name) {
                    Some(kept) => compare(value, kept, pointer, lost),
                    None => lost.push(Loss {
                        message: format!("field {} is unknown to Kubernetes", dotted(pointer)),
                        pointer: pointer.clone(),
                        empty: is_empty(value),
                    }),
                }
                pointer.truncate(length);
            }
        }
        (Value::Array(written), Value::Array(kept)) if written.len() == kept.len() => {
            for (index, (written, kept)) in written.iter().zip(kept).enumerate() {
                pointer.push('/');
                pointer.push_str(&index.to_string());
                compare(written, kept, pointer, lost);
                pointer.truncate(length);
            }
        }
        _ if same(written, kept) => {}
        _ => lost.push(Loss {
            message: format!("field {} would be stored as another value", dotted(pointer)),
            pointer: pointer.clone(),
            empty: false,
        }),
    }
}

fn same(written: &Value, kept: &Value) -> bool {
    written == kept || written.as_f64().is_some_and(|number| Some(number) == kept.as_f64())
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn is_known(pass: Pass, value: &Value, pointer: &str) -> bool {
    let mut probe = value.clone();
    match probe.pointer_mut(pointer) {
        Some(place) => *place = Value::Bool(true),
        None => return false,
    }
    pass(&probe).is_err()
}

/// The innermost field without which the object would have its type; the parser itself does not say where it failed.
fn culprit(pass: Pass, value: &Value) -> String {
    let mut place = String::new();
    if value.to_string().len() > SEARCHED_BYTES {
        return place;
    }
    loop {
        let children: Vec<String> = match value.pointer(&place) {
            Some(Value::Object(fields)) => {
                fields.keys().map(|name| name.replace('~', "~0").replace('/', "~1")).collect()
            }
            Some(Value::Array(elements)) => (0..elements.len()).map(|index| index.to_string()).collect(),
            _ => return place,
        };
        let heals = |child: &String| {
            let mut probe = value.clone();
            if let Some(field) = probe.pointer_mut(&format!("{place}/{child}")) {
                // Null is absent for a field; an element needs a value, and every element type is an object or text.
                *field =
                    if child.parse::<usize>().is_ok() { Value::Object(serde_json::Map::new()) } else { Value::Null };
            }
            pass(&probe).is_ok()
        };
        match children.iter().take(TRIES).find(|child| heals(child)) {
            Some(child) => place = format!("{place}/{child}"),
            None => return place,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(value: Value) -> Vec<String> {
        let mut problems = Vec::new();
        check("x", &Manifest::new(value).unwrap(), &mut problems);
        problems.into_iter().map(|problem| problem.message).collect()
    }

    fn workload(pod: &Value) -> Vec<String> {
        judge(json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {
            "serviceName": "db", "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": pod}}}))
    }

    #[test]
    fn what_kubernetes_knows_survives() {
        let pod = json!({
            "containers": [{"name": "db", "resources": {"limits": {"cpu": "500m"}, "requests": {}},
                "readinessProbe": {"tcpSocket": {"port": "sql"}}, "ports": [{"containerPort": 3306}],
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}],
            "volumes": [{"name": "a", "emptyDir": {}}, {"name": "c", "configMap": {"name": "c", "defaultMode": 420}}],
            "affinity": null, "tolerations": []
        });
        assert_eq!(workload(&pod), Vec::<String>::new());
        assert_eq!(
            judge(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "n"},
                "spec": {"podSelector": {}, "ingress": [], "policyTypes": ["Ingress"]}})),
            Vec::<String>::new()
        );
        assert_eq!(workload(&json!({"containers": []})), Vec::<String>::new());
    }

    #[test]
    fn misspelt_fields_are_named_with_their_path() {
        assert_eq!(
            workload(&json!({"containers": [{"name": "db", "imagePullpolicy": "Always"}]})),
            ["field spec.template.spec.containers[0].imagePullpolicy is unknown to Kubernetes"]
        );
        assert_eq!(
            workload(&json!({"containers": [], "volumes": [{"name": "a", "emptydir": {}}]})),
            ["field spec.template.spec.volumes[0].emptydir is unknown to Kubernetes"]
        );
    }

    #[test]
    fn wrong_types_say_what_was_expected() {
        let problems = workload(&json!({"containers": "none"}));
        assert!(problems[0].starts_with("field spec.template.spec.containers: invalid type"), "{problems:?}");
        let problems =
            workload(&json!({"containers": [{"name": "a"}, {"name": "b", "resources": {"limits": {"cpu": 1}}}]}));
        assert!(problems[0].starts_with("field spec.template.spec.containers[1].resources.limits"), "{problems:?}");
    }

    #[test]
    fn custom_kinds_are_left_to_the_cluster() {
        let monitor = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": {"name": "m"}, "spec": {"x": 1}});
        assert_eq!(judge(monitor), Vec::<String>::new());
    }
}
