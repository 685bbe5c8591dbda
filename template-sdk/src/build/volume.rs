//! Volumes of pods and claims of StatefulSets.
//! It never mounts from the node: only ConfigMaps, Secrets, scratch space and claims exist here.

use crate::json;
use serde_json::Value;

use super::Meta;
use crate::quantity::Quantity;

/// Returns a volume of a ConfigMap's files; `mode` is what an octal such as `0o444` says.
///
/// ```
/// let volume = template_sdk::build::volume::config_map("scripts", "cache-scripts", 0o555);
/// assert_eq!(volume["configMap"]["name"], "cache-scripts");
/// ```
pub fn config_map(volume: &str, name: &str, mode: u32) -> Value {
    json!({"name": volume, "configMap": {"name": name, "defaultMode": mode}})
}

/// Returns a volume of some keys of a Secret, each a file of the key's name, readable by the pod's group.
///
/// ```
/// let volume = template_sdk::build::volume::secret("auth", "cache-auth", &["password"]);
/// assert_eq!(volume["secret"]["items"][0]["path"], "password");
/// ```
pub fn secret(volume: &str, name: &str, keys: &[&str]) -> Value {
    let items: Vec<Value> = keys.iter().map(|key| json!({"key": key, "path": key})).collect();
    json!({"name": volume, "secret": {"secretName": name, "defaultMode": 0o440, "items": items}})
}

/// Returns scratch space; the limit keeps it from filling the node.
///
/// ```
/// use template_sdk::{Quantity, build::volume};
/// assert_eq!(volume::empty_dir("tmp", Quantity::from_mib(16))["emptyDir"]["sizeLimit"], "16Mi");
/// ```
pub fn empty_dir(volume: &str, limit: Quantity) -> Value {
    json!({"name": volume, "emptyDir": {"sizeLimit": limit}})
}

/// Returns scratch space in memory, which counts against the container's limit.
///
/// ```
/// use template_sdk::{Quantity, build::volume};
/// assert_eq!(volume::memory_dir("conf", Quantity::from_mib(1))["emptyDir"]["medium"], "Memory");
/// ```
pub fn memory_dir(volume: &str, limit: Quantity) -> Value {
    json!({"name": volume, "emptyDir": {"medium": "Memory", "sizeLimit": limit}})
}

/// Returns a volumeClaimTemplate; its labels are those that never change, because the field cannot.
///
/// ```
/// use template_sdk::{Quantity, build::{Meta, volume}};
/// let claim = volume::claim(&Meta::new("redis", "cache", "server", "prod"), "data", Quantity::from_mib(1024), Some("ssd"));
/// assert_eq!(claim["spec"]["storageClassName"], "ssd");
/// ```
pub fn claim(meta: &Meta, name: &str, size: Quantity, class: Option<&str>) -> Value {
    let mut spec = json!({
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
    });
    if let Some(class) = class {
        spec["storageClassName"] = json!(class);
    }
    json!({"metadata": {"name": name, "labels": meta.selector()}, "spec": spec})
}

/// Returns a mount.
///
/// ```
/// assert_eq!(template_sdk::build::volume::mount("data", "/data")["mountPath"], "/data");
/// ```
pub fn mount(volume: &str, path: &str) -> Value {
    json!({"name": volume, "mountPath": path})
}
