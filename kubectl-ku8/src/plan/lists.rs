//! Which lists of built-in kinds are maps in disguise, and by which keys their items match.
//! Lists it does not know are compared by position; it never guesses from content.

use serde_json::{Map, Value};

/// Keys of list items, by the list's field name (Kubernetes API reference, `x-kubernetes-list-map-keys` and
/// `patchMergeKey`; plan-apply.md, section 2.5).
pub(crate) fn merge_keys(field: &str, items: &[&Value]) -> Option<&'static [&'static str]> {
    let all_have = |key: &str| items.iter().all(|item| item.get(key).is_some());
    Some(match field {
        "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "imagePullSecrets" => &["name"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "ports" if all_have("containerPort") => &["containerPort", "protocol"],
        "ports" if all_have("port") && items.iter().any(|item| item.get("targetPort").is_some()) => {
            &["port", "protocol"]
        }
        "hostAliases" => &["ip"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "ownerReferences" => &["uid"],
        "conditions" => &["type"],
        "items" if all_have("key") && all_have("path") => &["key"],
        "volumeClaimTemplates" => &["metadata/name"],
        _ => return None,
    })
}

/// The key of one item, in the order of `keys`; a missing protocol is TCP.
pub(crate) fn key_of(item: &Value, keys: &[&str]) -> Option<Map<String, Value>> {
    let mut key = Map::new();
    for name in keys {
        let value = match *name {
            "metadata/name" => item.pointer("/metadata/name").cloned(),
            "protocol" => Some(item.get("protocol").cloned().unwrap_or_else(|| "TCP".into())),
            other => item.get(other).cloned(),
        }?;
        key.insert(name.rsplit('/').next().unwrap_or(name).to_owned(), value);
    }
    Some(key)
}
