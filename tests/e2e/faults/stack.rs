//! Definitions that are worth cutting off: many objects, a generated Secret, a change that creates, updates and prunes.
//! Says what a namespace holds of one, without what differs between two runs that went equally well.

use serde_json::{Value, json};

use super::api::Api;
use crate::stage::{Space, config_map, service, stateful_set, text, yaml};

/// A definition in two versions.
#[derive(Clone, Copy)]
pub(super) struct Stack {
    pub(super) title: &'static str,
    documents: fn(&str, u8) -> String,
    /// What the plan names before it replaces anything.
    replaces: &'static [&'static str],
}

/// Sixteen plain objects, none of which takes time to become ready.
pub(super) const PLAIN: Stack = Stack { title: "plain manifests", documents: plain, replaces: &[] };

/// A template of ours with everything it brings: Secret, volume, pod, and a rolling restart.
pub(super) const MYSQL: Stack = Stack { title: "mysql template", documents: mysql, replaces: &[] };

/// Objects that cannot change in place: they are deleted and made again, while the pod and its volume stay.
pub(super) const REPLACED: Stack =
    Stack { title: "replacements", documents: replaced, replaces: &["Service", "StatefulSet"] };

fn plain(name: &str, version: u8) -> String {
    let named = |part: &str| format!("{name}-{part}");
    let mut objects = vec![service(&named("web"), 79 + u16::from(version))];
    let mut set = stateful_set(&named("web"), &json!({}));
    set["spec"]["replicas"] = json!(0);
    objects.push(set);
    let account = |part: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": named(part)}});
    objects.push(account("runner"));
    for number in 0..10 {
        let changed = if number < 4 { version } else { 1 };
        objects.push(config_map(&named(&format!("conf-{number}")), &changed.to_string()));
    }
    // What only one of the versions has: three objects go, three come.
    for part in ["a", "b"] {
        objects.push(config_map(&named(&format!("only-v{version}-{part}")), "1"));
    }
    objects.push(account(&format!("only-v{version}")));
    yaml(&objects)
}

fn mysql(name: &str, version: u8) -> String {
    let mut values = json!({"database": "orders", "size": "dev"});
    if version == 1 {
        values["initScripts"] = json!({"files": {"01.sql": "CREATE TABLE t (id INT);"}});
    } else {
        values["maxConnections"] = json!(40);
        values["metrics"] = json!({"enabled": true});
    }
    json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": name},
           "spec": {"template": {"name": "mysql"}, "values": values}})
    .to_string()
}

fn replaced(name: &str, version: u8) -> String {
    let web = format!("{name}-web");
    let (mut service, mut set) = (service(&web, 80), stateful_set(&web, &json!({})));
    if version == 2 {
        service["spec"]["clusterIP"] = json!("None");
    }
    set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": format!("{version}Gi")}}}}]);
    yaml(&[service, set, config_map(&format!("{name}-conf"), &version.to_string())])
}

impl Stack {
    /// The command that publishes it.
    pub(super) fn publish(&self, name: &str) -> String {
        let allow = self.replaces.iter().map(|kind| format!(" --allow-replace {kind}/{name}-web"));
        format!("publish {name} --yes{}", allow.collect::<String>())
    }

    /// Uids of what may not be lost: its volumes, and the pods of a workload that is replaced around them.
    pub(super) fn precious(&self, api: &Api, space: &Space, name: &str) -> Vec<String> {
        let kinds = if self.replaces.is_empty() {
            &["persistentvolumeclaims"][..]
        } else {
            &["persistentvolumeclaims", "pods"]
        };
        let lists = kinds.iter().map(|kind| api.get(&format!("/api/v1/namespaces/{}/{kind}", space.namespace)));
        let items: Vec<Value> = lists.flat_map(|list| list["items"].as_array().cloned().unwrap_or_default()).collect();
        let ours = items.iter().filter(|item| text(&item["metadata"]["name"]).contains(name));
        ours.map(|item| text(&item["metadata"]["uid"]).to_owned()).collect()
    }

    /// Stores one of its versions under a name.
    #[track_caller]
    pub(super) fn define(&self, space: &Space, name: &str, version: u8) {
        let document = (self.documents)(name, version);
        if document.contains("kind\":\"Definition") {
            space.feed(&document, &["define", "-f", "-"]).ok();
        } else {
            space.feed(&document, &["define", name, "-f", "-"]).ok();
        }
    }
}

impl Stack {
    /// Stores it, so that the next publish is its first one, or an update to its second version.
    #[track_caller]
    pub(super) fn prepare(&self, space: &Space, name: &str, update: bool) {
        self.define(space, name, 1);
        if update {
            space.run(&format!("publish {name} --yes")).ok();
            if !self.replaces.is_empty() {
                // Only a bound volume can grow.
                let claim = format!("pvc/data-{name}-web-0");
                space.until("a bound claim", || (space.get(&claim)["status"]["phase"] == "Bound").then_some(()));
            }
            self.define(space, name, 2);
        }
    }

    /// Takes it away, so that the next one finds a small cluster.
    pub(super) fn remove(space: &Space, name: &str) {
        let _ = space.run(&format!("delete {name} --yes --purge-data --purge-secrets"));
    }
}

/// Where the kinds live that a stack may be made of, and our records.
const KINDS: &[(&str, &str)] = &[
    ("ConfigMap", "/api/v1/namespaces/{}/configmaps"),
    ("Secret", "/api/v1/namespaces/{}/secrets"),
    ("Service", "/api/v1/namespaces/{}/services"),
    ("ServiceAccount", "/api/v1/namespaces/{}/serviceaccounts"),
    ("StatefulSet", "/apis/apps/v1/namespaces/{}/statefulsets"),
    ("PersistentVolumeClaim", "/api/v1/namespaces/{}/persistentvolumeclaims"),
    ("NetworkPolicy", "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"),
    ("PodDisruptionBudget", "/apis/policy/v1/namespaces/{}/poddisruptionbudgets"),
];

/// Everything the namespace holds that goes by the name of this definition, without what two equal runs differ in:
/// who and when, numbers the server gives, values that were drawn. An orphan would be in it.
pub(super) fn state(api: &Api, space: &Space, name: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for (kind, path) in KINDS {
        let list = api.get(&path.replace("{}", &space.namespace));
        for mut item in list["items"].as_array().cloned().unwrap_or_default() {
            item["kind"] = json!(kind);
            let own = text(&item["metadata"]["name"]).to_owned();
            let ours = [name.to_owned(), format!("ku8.{name}")];
            if ours.contains(&own)
                || ours.iter().any(|ours| own.starts_with(&format!("{ours}-")))
                || own.starts_with(&format!("ku8.{name}.r"))
                || *kind == "PersistentVolumeClaim" && own.contains(&format!("-{name}-"))
            {
                let item = normal(item).to_string().replace(name, "NAME");
                found.push(serde_json::from_str(&item).expect("JSON"));
            }
        }
    }
    found
}

/// A state without the numbers of revisions, and without the revisions themselves.
pub(super) fn numberless(state: &[Value]) -> Vec<Value> {
    let mut state = state.to_vec();
    state.retain(|item| !text(&item["metadata"]["name"]).starts_with("ku8.NAME.r"));
    for item in &mut state {
        if item["data"]["state"].is_object() {
            for field in ["current", "lastGood"] {
                item["data"]["state"][field] = Value::Null;
            }
            item["metadata"]["annotations"]["ku8.dev/revision"] = Value::Null;
        }
    }
    state
}

fn normal(mut item: Value) -> Value {
    let name = text(&item["metadata"]["name"]).to_owned();
    let annotations = item["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    let kept: Value = annotations
        .into_iter()
        .filter(|(key, _)| {
            !key.ends_with("/updated-at")
                && !key.ends_with("/updated-by")
                && !key.ends_with("-digest")
                && !key.ends_with("/outcomes")
        })
        .map(|(key, value)| if key == "ku8.dev/owner-id" { (key, head_less(&value)) } else { (key, value) })
        .collect::<serde_json::Map<_, _>>()
        .into();
    item["metadata"] = json!({"name": name, "labels": item["metadata"]["labels"], "annotations": kept,
                              "going": item["metadata"]["deletionTimestamp"].is_string()});
    item["status"] = Value::Null;
    match text(&item["kind"]) {
        "PersistentVolumeClaim" => {
            // Which volume and node it was given, and when, is the cluster's.
            item["spec"] = json!({"resources": item["spec"]["resources"]});
            item["metadata"]["annotations"] = Value::Null;
        }
        "Secret" => {
            for value in item["data"].as_object_mut().into_iter().flat_map(|data| data.values_mut()) {
                *value = json!(text(value).len());
            }
        }
        "Service" => {
            for field in ["clusterIP", "clusterIPs"] {
                item["spec"][field] = json!(item["spec"][field] == "None" || item["spec"][field] == json!(["None"]));
            }
        }
        "ConfigMap" if name.starts_with("ku8.") => record(&mut item),
        _ => {}
    }
    item
}

/// `namespace/name/uid` of a head, without its uid.
fn head_less(owner: &Value) -> Value {
    json!(text(owner).rsplit_once('/').map(|(rest, uid)| (rest, uid.len())))
}

fn record(item: &mut Value) {
    let parsed = |field: &Value| serde_json::from_str::<Value>(text(field)).unwrap_or(Value::Null);
    let data = item["data"].clone();
    item["binaryData"] = Value::Null;
    if data["state"].is_string() {
        let mut state = parsed(&data["state"]);
        state["publishedDigest"] = json!(text(&state["publishedDigest"]).len());
        for entry in state["inventory"].as_array_mut().into_iter().flatten() {
            entry["uid"] = Value::Null;
        }
        item["data"] = json!({"definition": data["definition"], "state": state});
    } else {
        item["data"] = json!({"definition": data["definition"], "inventory": parsed(&data["inventory"])});
    }
}

/// The lines in which two states differ.
pub(super) fn difference(expected: &[Value], found: &[Value]) -> String {
    let words = |state: &[Value]| serde_json::to_string_pretty(state).expect("JSON");
    let (expected, found) = (words(expected), words(found));
    let diff = similar::TextDiff::from_lines(&expected, &found);
    let unified = diff.unified_diff().context_radius(4).to_string();
    unified.lines().take(60).collect::<Vec<_>>().join("\n")
}
