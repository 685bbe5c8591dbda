//! What must hold for any object and not only for the ones somebody thought of: a plan of what was just applied is
//! empty, and what a plan says about a change is, field by field, what the server then holds.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use serde_json::{Map, Value, json};

use crate::stage::{Space, full, text, yaml};

/// A small generator with a seed, so that a failure can be had again.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

fn container(chance: &mut Chance) -> Value {
    let mut one = json!({"name": "main", "image": format!("docker.io/library/busybox:1.{}", chance.below(9))});
    if chance.yes() {
        let count = chance.below(4);
        let mut env: Vec<Value> =
            (0..count).map(|n| json!({"name": format!("V{n}"), "value": chance.below(5).to_string()})).collect();
        if chance.yes() {
            env.reverse();
        }
        one["env"] = json!(env);
    }
    if chance.yes() {
        one["ports"] = json!([{"name": "main", "containerPort": 8000 + chance.below(3)}, {"name": "side", "containerPort": 9000, "protocol": "TCP"}]);
    }
    if chance.yes() {
        let memory = chance.one(&["64Mi", "65536Ki", "0.25Gi", "128Mi"]);
        one["resources"] =
            json!({"requests": {"cpu": chance.one(&["100m", "0.1", "1", "1000m", "1.5"]), "memory": memory}});
    }
    if chance.yes() {
        one["livenessProbe"] = json!({"tcpSocket": {"port": 8000}, "periodSeconds": 1 + chance.below(20)});
    }
    if chance.yes() {
        one["command"] = json!(["sleep", chance.below(100).to_string()]);
    }
    if chance.yes() {
        one["securityContext"] = json!({"runAsNonRoot": chance.yes(), "capabilities": {"drop": ["ALL"]}});
    }
    if chance.yes() {
        one["volumeMounts"] = json!([{"name": "tmp", "mountPath": "/tmp"}]);
    }
    one
}

fn pod(chance: &mut Chance, restart: Option<&str>) -> Value {
    let mut containers = vec![container(chance)];
    if chance.yes() {
        containers.push(json!({"name": "side", "image": "docker.io/library/busybox:1"}));
    }
    let mut spec = json!({"containers": containers, "volumes": [{"name": "tmp", "emptyDir": {}}]});
    if chance.yes() {
        spec["volumes"][0]["emptyDir"] = json!({"sizeLimit": chance.one(&["1Gi", "1024Mi", "100Mi"])});
    }
    if chance.yes() {
        spec["terminationGracePeriodSeconds"] = json!(chance.below(60));
    }
    if chance.yes() {
        spec["nodeSelector"] = json!({"disk": chance.one(&["ssd", "hdd"])});
    }
    if chance.yes() {
        spec["topologySpreadConstraints"] =
            json!([{"maxSkew": 1 + chance.below(3), "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]);
    }
    if let Some(restart) = restart {
        spec["restartPolicy"] = json!(restart);
    }
    let mut template = json!({"metadata": {"labels": {"app": "x"}}, "spec": spec});
    if chance.yes() {
        template["metadata"]["annotations"] = json!({"note": chance.below(3).to_string()});
    }
    template
}

const KINDS: u64 = 14;

/// An object of one of the kinds the templates render, with fields that come and go.
fn object(kind: u64, name: &str, chance: &mut Chance) -> Value {
    let made = |api: &str, kind: &str, body: Value| {
        let mut value = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}});
        for (field, part) in body.as_object().unwrap() {
            value[field] = part.clone();
        }
        value
    };
    let selector = json!({"matchLabels": {"app": "x"}});
    let mut value = match kind {
        0 => {
            let mut spec = json!({"replicas": chance.below(3), "selector": selector, "template": pod(chance, None)});
            if chance.yes() {
                spec["strategy"] = json!({"type": chance.one(&["Recreate", "RollingUpdate"])});
            }
            if chance.yes() {
                spec["minReadySeconds"] = json!(chance.below(9));
            }
            made("apps/v1", "Deployment", json!({"spec": spec}))
        }
        1 => made(
            "apps/v1",
            "StatefulSet",
            json!({"spec": {"replicas": chance.below(2), "serviceName": "x", "selector": selector, "template": pod(chance, None),
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}}]}}),
        ),
        2 => made("apps/v1", "DaemonSet", json!({"spec": {"selector": selector, "template": pod(chance, None)}})),
        3 => made(
            "batch/v1",
            "CronJob",
            json!({"spec": {"schedule": chance.one(&["0 0 1 1 *", "5 0 1 1 *"]), "suspend": true, "jobTemplate": {"spec": {"template": pod(chance, Some("Never"))}}}}),
        ),
        4 | 5 => {
            let mut spec = json!({"selector": {"app": chance.one(&["x", "y"])}, "ports": [{"name": "main", "port": 80 + chance.below(3)}]});
            if chance.yes() {
                spec["ports"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"name": "more", "port": 443, "targetPort": chance.one(&["https", "tls"])}));
            }
            if chance.yes() {
                spec["sessionAffinity"] = json!(chance.one(&["ClientIP", "None"]));
            }
            if kind == 5 {
                spec["clusterIP"] = json!("None");
                spec["publishNotReadyAddresses"] = json!(chance.yes());
            }
            made("v1", "Service", json!({"spec": spec}))
        }
        6 => {
            let data: Map<String, Value> = (0..=chance.below(3))
                .map(|n| (format!("k{n}.conf"), json!(format!("a = {}\nb\n", chance.below(4)))))
                .collect();
            made("v1", "ConfigMap", json!({"data": data}))
        }
        7 => made("v1", "ServiceAccount", json!({"automountServiceAccountToken": chance.yes()})),
        8 => made(
            "policy/v1",
            "PodDisruptionBudget",
            json!({"spec": {"selector": selector, "maxUnavailable": 1 + chance.below(2)}}),
        ),
        9 => made(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            json!({"spec": {"podSelector": selector, "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": 3306 + chance.below(2), "protocol": "TCP"}], "from": [{"podSelector": {"matchLabels": {"role": chance.one(&["a", "b"])}}}]}]}}),
        ),
        10 => made(
            "networking.k8s.io/v1",
            "Ingress",
            json!({"spec": {"rules": [{"host": format!("h{}.example.com", chance.below(3)), "http": {"paths": [
            {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "x", "port": {"number": 80}}}}]}}]}}),
        ),
        11 => made(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            json!({"spec": {"minReplicas": 1 + chance.below(2), "maxReplicas": 5 + chance.below(3),
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": chance.one(&["1000m", "1", "500m"])}}}]}}),
        ),
        12 => made(
            "rbac.authorization.k8s.io/v1",
            "Role",
            json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": [chance.one(&["get", "list"])]}]}),
        ),
        _ => made(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": format!("u{}", chance.below(3))}]}),
        ),
    };
    if chance.yes() {
        value["metadata"]["labels"] = json!({"tier": chance.one(&["a", "b"])});
    }
    if chance.yes() {
        value["metadata"]["annotations"] = json!({"example.com/note": chance.below(3).to_string()});
    }
    value
}

fn objects(count: u64, chance: &mut Chance) -> Vec<Value> {
    (0..count).map(|n| object(n % KINDS, &format!("o{n}"), chance)).collect()
}

/// Does to an object what a plan says of its fields.
fn carry_out(object: &mut Value, fields: &[Value]) {
    for field in fields.iter().filter(|field| field["op"] != "reorder") {
        let path = field["path"].as_array().unwrap();
        let after = (field["op"] != "remove").then(|| field["after"].clone());
        put(object, path, after.as_ref());
    }
}

fn put(at: &mut Value, path: &[Value], after: Option<&Value>) {
    let [step, rest @ ..] = path else { return };
    match step {
        Value::String(name) => {
            if rest.is_empty() {
                match after {
                    Some(after) => at[name] = after.clone(),
                    None => drop(at.as_object_mut().map(|object| object.remove(name))),
                }
                return;
            }
            if at[name].is_null() && after.is_some() {
                at[name] = if rest[0].is_object() { json!([]) } else { json!({}) };
            }
            put(&mut at[name], rest, after);
            let emptied =
                at[name].as_object().is_some_and(Map::is_empty) || at[name].as_array().is_some_and(Vec::is_empty);
            if emptied && after.is_none() {
                at.as_object_mut().unwrap().remove(name);
            }
        }
        Value::Object(key) => {
            let Some(items) = at.as_array_mut() else { return };
            let is = |item: &Value| {
                key.iter().all(|(name, value)| {
                    item[name] == *value
                        || (name == "protocol" && item[name].is_null())
                        || item["metadata"][name] == *value
                })
            };
            if after.is_none() {
                // An item goes with its key; what is told of its other fields goes with it.
                let Some(place) = items.iter().position(is) else { return };
                if rest.len() == 1 && rest[0].as_str().is_some_and(|name| key.contains_key(name)) {
                    items.remove(place);
                } else {
                    put(&mut items[place], rest, None);
                }
                return;
            }
            let place = items.iter().position(is).unwrap_or_else(|| {
                items.push(Value::Object(key.clone()));
                items.len() - 1
            });
            put(&mut items[place], rest, after);
        }
        _ => panic!("a step of a kind nobody makes: {step}"),
    }
}

/// Without what the server keeps for itself; items of keyed lists in one order, since the plan says when order changes.
fn settled(object: &Value) -> Value {
    let mut value = object.clone();
    value.as_object_mut().unwrap().remove("status");
    let metadata = value["metadata"].as_object_mut().unwrap();
    metadata.retain(|field, _| matches!(field.as_str(), "name" | "namespace" | "labels" | "annotations"));
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("deployment.kubernetes.io/revision");
        annotations.remove("deprecated.daemonset.template.generation");
    }
    sorted(&mut value);
    value
}

fn sorted(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(sorted);
            // Set to nothing is not set.
            fields.retain(|_, value| {
                !(value.is_null()
                    || value.as_object().is_some_and(Map::is_empty)
                    || value.as_array().is_some_and(Vec::is_empty))
            });
        }
        Value::Array(items) => {
            items.iter_mut().for_each(sorted);
            if items.iter().all(Value::is_object) {
                items.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
}

fn seen(space: &Space, objects: &[Value]) -> Vec<Value> {
    objects
        .iter()
        .map(|one| {
            settled(&space.get(&format!("{}/{}", text(&one["kind"]).to_lowercase(), text(&one["metadata"]["name"]))))
        })
        .collect()
}

#[test]
fn a_plan_of_what_was_just_applied_is_empty_and_a_plan_of_a_change_is_what_happens() {
    let Some(space) = Space::new("properties") else { return };
    let rounds = if full() { 12 } else { 4 };
    let (mut empty, mut told, mut fields_told) = (0, 0, 0);
    for round in 0..rounds {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ (round + 1));
        let first = objects(28, &mut chance);
        space.feed(&yaml(&first), &["define", "web", "-f", "-"]).ok();
        space.run("publish web --yes --no-wait").ok();
        let planned = space.run("plan web --detailed-exitcode");
        assert_eq!(planned.code, 0, "seed {round}: {}{}", planned.stdout, planned.stderr);
        empty += first.len();
        let second = objects(28, &mut chance);
        space.feed(&yaml(&second), &["define", "web", "-f", "-"]).ok();
        let mut wanted = seen(&space, &first);
        let plan = space.run("plan web -o json").ok().json();
        for (object, wanted) in second.iter().zip(&mut wanted) {
            let change = plan["changes"]
                .as_array()
                .unwrap()
                .iter()
                .find(|change| change["kind"] == object["kind"] && change["name"] == object["metadata"]["name"]);
            let fields = change.unwrap()["fields"].as_array().unwrap();
            fields_told += fields.len();
            carry_out(wanted, fields);
            sorted(wanted);
        }
        space.run("publish web --yes --no-wait").ok();
        for (wanted, found) in wanted.iter().zip(seen(&space, &second)) {
            assert_eq!(*wanted, found, "seed {round}: what was told is not what is there");
            told += 1;
        }
        let again = space.run("plan web --detailed-exitcode");
        assert_eq!(again.code, 0, "seed {round}: {}{}", again.stdout, again.stderr);
        space.run("delete web --yes --purge-data").ok();
        // Volumes and pods go in their own time; their names come back in the next round.
        space.until("an empty namespace", || {
            space.list("pod,persistentvolumeclaim,statefulset,deployment", "").is_empty().then_some(())
        });
    }
    println!(
        "properties: {empty} objects just applied, 0 planned again; {told} changes of {fields_told} fields, all as told"
    );
}
