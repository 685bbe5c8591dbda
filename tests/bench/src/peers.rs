//! What the peers work on: the chart for helm, the same objects in files for kubectl.
//! The chart is our own text and has the parts of the mysql template, so that both tools do comparable work.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::Error;
use crate::world::World;

const CHART: &[(&str, &str)] = &[
    ("Chart.yaml", include_str!("../chart/Chart.yaml")),
    ("values.yaml", include_str!("../chart/values.yaml")),
    ("templates/_helpers.tpl", include_str!("../chart/templates/_helpers.tpl")),
    ("templates/configmap.yaml", include_str!("../chart/templates/configmap.yaml")),
    ("templates/networkpolicy.yaml", include_str!("../chart/templates/networkpolicy.yaml")),
    ("templates/pdb.yaml", include_str!("../chart/templates/pdb.yaml")),
    ("templates/secret.yaml", include_str!("../chart/templates/secret.yaml")),
    ("templates/serviceaccount.yaml", include_str!("../chart/templates/serviceaccount.yaml")),
    ("templates/services.yaml", include_str!("../chart/templates/services.yaml")),
    ("templates/statefulset.yaml", include_str!("../chart/templates/statefulset.yaml")),
];

/// Writes the chart and returns its folder.
pub(crate) fn write_chart(world: &World) -> Result<PathBuf, Error> {
    for (name, text) in CHART {
        world.write(&format!("chart/{name}"), text)?;
    }
    Ok(world.path("chart"))
}

/// What a published definition put into the cluster, as a person would keep it in files: without what the server adds.
pub(crate) fn published_objects(world: &World, namespace: &str, name: &str) -> Result<Vec<Value>, Error> {
    const KINDS: &str = "statefulsets,services,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets";
    let owned = format!("ku8.dev/owner={name}");
    let text = world.cluster.kubectl(&["get", KINDS, "-n", namespace, "-l", &owned, "-o", "json"])?;
    let mut list: Value = serde_json::from_str(&text)?;
    let mut objects = Vec::new();
    for mut object in list["items"].as_array_mut().map(std::mem::take).unwrap_or_default() {
        if let Some(map) = object.as_object_mut() {
            map.remove("status");
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.retain(|key, _| ["name", "namespace", "labels", "annotations"].contains(&key.as_str()));
        }
        objects.push(object);
    }
    if objects.len() < 5 {
        return Err(format!("{name} has only {} objects in the cluster", objects.len()).into());
    }
    Ok(objects)
}

/// One file that kubectl reads.
pub(crate) fn as_list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

/// A ConfigMap of the growth measurements; `round` changes its content.
pub(crate) fn config_map(set: &str, number: usize, round: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("{set}-{number:05}"), "labels": {"app.kubernetes.io/name": "bench"}},
        "data": {"number": number.to_string(), "round": round.to_string(), "text": "some configuration\n".repeat(4)},
    })
}

/// Many ConfigMaps in one file, the first `changed` of them in another round than the rest.
pub(crate) fn config_maps(set: &str, count: usize, changed: usize, round: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let object = config_map(set, number, if number < changed { round } else { 0 });
        // JSON is YAML too.
        let _ = writeln!(text, "---\n{object}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_ones_change() {
        let (before, after) = (config_maps("a", 4, 0, 0), config_maps("a", 4, 1, 1));
        let differing = before.lines().zip(after.lines()).filter(|(left, right)| left != right).count();
        assert_eq!((differing, before.matches("---").count()), (1, 4));
    }
}
