//! Manifests in the form the server stores, so that equal values never look different and never conflict.
//! It rewrites spelling only (amounts, protocols, nulls), never meaning, and leaves custom resources alone.

use serde_json::{Map, Value};

use crate::object::{Manifest, ObjectKey, Quantity};

/// Fields whose values are maps of amounts, wherever they stand in built-in kinds.
const AMOUNTS: &[&str] = &[
    "limits",
    "requests",
    "hard",
    "capacity",
    "overhead",
    "max",
    "min",
    "default",
    "defaultRequest",
    "maxLimitRequestRatio",
];
/// Fields that are one amount.
const AMOUNT: &[&str] = &["sizeLimit", "averageValue", "divisor"];
/// Below these, keys and values are the user's own.
const OPAQUE: &[&str] =
    &["data", "binaryData", "stringData", "annotations", "labels", "matchLabels", "selector", "nodeSelector"];

/// Rewrites a manifest of a built-in kind (plan-apply.md, 0.4 and 2.1).
pub fn normalise(manifest: Manifest) -> Manifest {
    if !is_built_in(manifest.key()) {
        return manifest;
    }
    manifest.map(|value| rewrite(value, "")).expect("the identity is untouched")
}

fn is_built_in(key: &ObjectKey) -> bool {
    let group = key.group.as_str();
    matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy") || group.ends_with(".k8s.io")
}

fn rewrite(value: &mut Value, name: &str) {
    match value {
        Value::Object(fields) => object(fields, name),
        Value::Array(items) => {
            for item in items.iter_mut() {
                rewrite(item, name);
                if name == "ports" {
                    protocol(item);
                }
            }
        }
        _ => {}
    }
}

fn object(fields: &mut Map<String, Value>, name: &str) {
    fields.retain(|_, value| !value.is_null());
    let amounts = AMOUNTS.contains(&name);
    for (field, value) in fields.iter_mut() {
        if amounts || AMOUNT.contains(&field.as_str()) {
            canonical(value);
        } else if !OPAQUE.contains(&field.as_str()) {
            rewrite(value, field);
        }
    }
}

fn canonical(value: &mut Value) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    // What is no amount is left for the server to refuse in its own words.
    if let Ok(amount) = text.parse::<Quantity>() {
        *value = amount.canonical().into();
    }
}

/// Ports of containers and Services are TCP unless they say otherwise; the protocol is part of their key.
fn protocol(item: &mut Value) {
    let Some(port) = item.as_object_mut() else { return };
    if port.contains_key("containerPort") || port.contains_key("targetPort") || port.contains_key("port") {
        port.entry("protocol").or_insert_with(|| "TCP".into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn normal(value: Value) -> Value {
        normalise(Manifest::new(value).unwrap()).value().clone()
    }

    #[test]
    fn amounts_protocols_and_nulls_take_the_servers_form() {
        let pod = |cpu: Value, disk: &str| {
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "annotations": {"limits": "1000m"}}, "spec": {
                "replicas": null, "template": {"spec": {
                    "containers": [{"name": "db", "resources": {"limits": {"cpu": cpu, "memory": "1024Mi"}}, "ports": [{"containerPort": 3306}]}],
                    "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1024Mi"}}]}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": disk}}}}]}})
        };
        let value = normal(pod(json!("1000m"), "10240Mi"));
        let container = &value["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["resources"]["limits"], json!({"cpu": "1", "memory": "1Gi"}));
        assert_eq!(container["ports"], json!([{"containerPort": 3306, "protocol": "TCP"}]));
        assert_eq!(value["spec"]["template"]["spec"]["volumes"][0]["emptyDir"]["sizeLimit"], "1Gi");
        assert_eq!(value["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"], "10Gi");
        assert_eq!(value["metadata"]["annotations"]["limits"], "1000m");
        assert!(value["spec"].get("replicas").is_none());
        assert_eq!(
            normal(pod(json!(2), "1Gi"))["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"],
            "2"
        );
        assert_eq!(
            normal(pod(json!("lots"), "1Gi"))["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"],
            "lots"
        );
    }

    #[test]
    fn custom_resources_keep_their_words() {
        let own = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"limits": {"a": "1000m"}, "b": null}});
        assert_eq!(normal(own.clone()), own);
    }
}
