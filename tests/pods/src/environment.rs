//! A container's environment and command, as the kubelet makes them of its spec.
//! It never adds Services: templates switch that off.

use serde_json::Value;

use crate::manifest::{find, text};
use crate::state::{Info, State};

/// What Debian-based images search for programs, with the stage's own tools first.
const PATH: &str = "/.tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables in order; later ones win.
pub(crate) fn variables(state: &State, info: &Info, container: &Value) -> Vec<(String, String)> {
    let mut all = vec![
        ("PATH".to_owned(), PATH.to_owned()),
        ("HOSTNAME".to_owned(), info.plan.name.clone()),
        ("HOME".to_owned(), "/".to_owned()),
    ];
    for source in container["envFrom"].as_array().into_iter().flatten() {
        let prefix = text(&source["prefix"]);
        let name = text(&source["secretRef"]["name"]);
        for (key, value) in state.secrets.keys(&name).into_iter().flatten() {
            all.push((format!("{prefix}{key}"), value.clone()));
        }
        let map = find(&state.objects, "ConfigMap", &text(&source["configMapRef"]["name"]));
        for (key, value) in map.and_then(|map| map["data"].as_object()).into_iter().flatten() {
            all.push((format!("{prefix}{key}"), text(value)));
        }
    }
    for variable in container["env"].as_array().into_iter().flatten() {
        let value = match variable["value"].as_str() {
            Some(value) => Some(expand(value, &all)),
            None => referred(state, info, &variable["valueFrom"]),
        };
        if let Some(value) = value {
            all.push((text(&variable["name"]), value));
        }
    }
    all
}

fn referred(state: &State, info: &Info, source: &Value) -> Option<String> {
    if let Some(path) = source["fieldRef"]["fieldPath"].as_str() {
        return Some(field(info, path));
    }
    if let Some(key) = source["secretKeyRef"]["key"].as_str() {
        let name = text(&source["secretKeyRef"]["name"]);
        let value = state.secrets.get(&name, key);
        assert!(value.is_some() || source["secretKeyRef"]["optional"] == true, "no key {key} in Secret {name}");
        return value.map(str::to_owned);
    }
    let (name, key) = (text(&source["configMapKeyRef"]["name"]), text(&source["configMapKeyRef"]["key"]));
    find(&state.objects, "ConfigMap", &name).and_then(|map| map["data"][&key].as_str()).map(str::to_owned)
}

/// A field of the pod, as the downward API has it.
pub(crate) fn field(info: &Info, path: &str) -> String {
    let plan = &info.plan;
    let annotations = &plan.template["metadata"]["annotations"];
    let keyed = |prefix: &str| path.strip_prefix(prefix).and_then(|rest| rest.strip_suffix("']"));
    match path {
        "metadata.name" => plan.name.clone(),
        "metadata.namespace" => plan.namespace.clone(),
        "metadata.uid" => format!("{}-{}", plan.name, info.generation),
        "status.podIP" | "status.podIPs" => info.address.clone(),
        "status.hostIP" => crate::node::GATEWAY.to_owned(),
        "spec.nodeName" => "node".to_owned(),
        "spec.serviceAccountName" => text(&plan.spec()["serviceAccountName"]),
        _ => keyed("metadata.annotations['")
            .map(|key| text(&annotations[key]))
            .or_else(|| keyed("metadata.labels['").map(|key| plan.labels.get(key).map(text).unwrap_or_default()))
            .unwrap_or_default(),
    }
}

/// Replaces `$(NAME)` by variables that came before; `$$(` stands for `$(`, unknown names stay.
pub(crate) fn expand(text: &str, variables: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest.strip_prefix("$(").and_then(|inner| inner.split_once(')')).map(|(name, _)| name);
        if rest.starts_with("$$") {
            out.push('$');
            rest = &rest[2..];
        } else if let Some(name) = name {
            let found = variables.iter().rev().find(|(known, _)| known == name);
            let whole = &rest[..name.len() + 3];
            out.push_str(found.map_or(whole, |(_, value)| value));
            rest = &rest[whole.len()..];
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn variables_are_replaced_as_the_kubelet_does() {
        let known = [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "$(A)".to_owned())];
        for (text, expected) in
            [("x$(A)y", "x1y"), ("$$(A)", "$(A)"), ("$(C)", "$(C)"), ("$A $(", "$A $("), ("$(B)", "$(A)"), ("a$", "a$")]
        {
            assert_eq!(expand(text, &known), expected, "{text}");
        }
    }
}
