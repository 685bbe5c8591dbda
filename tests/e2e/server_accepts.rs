//! What the templates render, against the real server: every object is accepted strictly, every pod is admitted under
//! the `restricted` Pod Security standard, and rendering twice gives the same bytes.

use serde_json::{Value, json};

use crate::stage::{Space, text, yaml};

/// Values that between them make each template render everything it can.
const CASES: &[(&str, &str, &str)] = &[
    ("mysql", "least", r#"{"database": "orders"}"#),
    ("mysql", "dev", r#"{"database": "orders", "size": "dev", "username": "app", "metrics": {"enabled": true}}"#),
    (
        "mysql",
        "rich",
        r#"{"database": "or_ders", "size": "large", "version": "9.7", "metrics": {"enabled": true, "monitor": "podMonitor"},
            "scheduling": {"spread": "requireZones", "priorityClassName": "system-cluster-critical"},
            "service": {"exposure": "nodePort"}, "networkPolicy": {"mode": "labelled"}, "slowQueryLogSeconds": 2,
            "initScripts": {"files": {"01-seed.sql": "SELECT 1;\n"}}, "extraConfig": "back_log=100\n"}"#,
    ),
    (
        "mysql",
        "custom",
        r#"{"database": "orders", "size": "custom", "resources": {"limits": {"memory": "3Gi"}, "requests": {"cpu": "1"}},
            "storage": {"size": "30Gi", "className": "standard"}, "networkPolicy": {"mode": "off"}}"#,
    ),
    ("redis", "least", "{}"),
    (
        "redis",
        "cache",
        r#"{"size": "dev", "persistence": {"mode": "none"}, "maxmemoryPolicy": "allkeys-lru", "auth": {"enabled": false}}"#,
    ),
    (
        "redis",
        "valkey",
        r#"{"engine": "valkey", "persistence": {"mode": "both"}, "metrics": {"enabled": true, "monitor": "podMonitor"}}"#,
    ),
    (
        "redis",
        "rich",
        r#"{"size": "large", "service": {"exposure": "loadBalancer"}, "metrics": {"enabled": true, "monitor": "annotations"},
            "scheduling": {"spread": "requireNodes"}, "appendfsync": "always", "databases": 4, "networkPolicy": {"mode": "labelled"}}"#,
    ),
    ("zookeeper", "least", "{}"),
    (
        "zookeeper",
        "one",
        r#"{"replicas": 1, "size": "dev", "networkPolicy": {"mode": "off"}, "metrics": {"enabled": false}}"#,
    ),
    (
        "zookeeper",
        "five",
        r#"{"replicas": 5, "size": "large", "storage": {"className": "standard", "dataLog": {"enabled": true, "size": "16Gi"}},
            "scheduling": {"spread": "requireNodes"}, "metrics": {"monitor": "podMonitor"}, "chroot": "/shop",
            "adminServer": {"enabled": false}, "logLevel": "DEBUG"}"#,
    ),
    ("zookeeper", "seven", r#"{"replicas": 7, "firstServerId": 11, "networkPolicy": {"mode": "labelled"}}"#),
];

/// What the server of the playground does not know.
fn is_known(object: &Value) -> bool {
    !text(&object["apiVersion"]).starts_with("monitoring.coreos.com/")
}

fn render(space: &Space, template: &str, file: &str) -> (String, Vec<Value>) {
    let ran = space.ku8(&["template", "render", template, "-f", file, "-n", &space.namespace, "-o", "json"]).ok();
    let items = ran.json()["items"].as_array().expect("items").clone();
    (ran.stdout, items)
}

/// A Pod as the StatefulSet's controller would make it.
fn pod_of(set: &Value) -> Value {
    let template = &set["spec"]["template"];
    let mut spec = template["spec"].clone();
    let claims = set["spec"]["volumeClaimTemplates"].as_array().cloned().unwrap_or_default();
    let volumes = claims.iter().map(|claim| {
        let name = &claim["metadata"]["name"];
        json!({"name": name, "persistentVolumeClaim": {"claimName": format!("{}-0", text(name))}})
    });
    let volumes: Vec<Value> = volumes.chain(spec["volumes"].as_array().cloned().unwrap_or_default()).collect();
    spec["volumes"] = json!(volumes);
    json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "metadata": {
        "name": format!("{}-0", text(&set["metadata"]["name"])), "labels": template["metadata"]["labels"],
        "annotations": template["metadata"]["annotations"]}})
}

#[test]
fn every_object_is_accepted_strictly_every_pod_admitted_and_two_renders_are_equal() {
    let Some(space) = Space::new("accepts") else { return };
    space.kubectl(&["label", "namespace", "accepts", "pod-security.kubernetes.io/enforce=restricted"]);
    space.kubectl(&["create", "serviceaccount", "echo"]);
    for (template, case, values) in CASES {
        let file = space.file(&format!("{template}-{case}.yaml"), values);
        let (bytes, objects) = render(&space, template, &file);
        assert_eq!(render(&space, template, &file).0, bytes, "{template} {case}: two renders");
        let known: Vec<Value> = objects.into_iter().filter(is_known).collect();
        assert!(known.len() >= 4, "{template} {case}");
        let sets: Vec<&Value> = known.iter().filter(|object| object["kind"] == "StatefulSet").collect();
        assert!(!sets.is_empty(), "{template} {case}");
        let mut all = known.clone();
        for set in sets {
            let mut pod = pod_of(set);
            // Its own account is only made for good when it is published.
            pod["spec"]["serviceAccountName"] = json!("default");
            all.push(pod);
        }
        let file = space.file(&format!("{template}-{case}.objects.yaml"), yaml(&all));
        let created =
            space.try_kubectl(&["create", "--dry-run=server", "--validate=strict", "-o", "name", "-f", &file]);
        let created = created.unwrap_or_else(|error| panic!("{template} {case}: {error}"));
        assert_eq!(created.lines().count(), all.len(), "{template} {case}: {created}");
    }
}

#[test]
fn published_pods_run_where_the_restricted_standard_is_enforced() {
    let Some(space) = Space::new("restricted") else { return };
    for mode in ["enforce", "warn"] {
        let label = format!("pod-security.kubernetes.io/{mode}=restricted");
        space.kubectl(&["label", "namespace", "restricted", &label]);
    }
    space.run("define db -t mysql --set database=orders --set metrics.enabled=true").ok();
    space.run("define cache -t redis --set metrics.enabled=true").ok();
    space.run("define zk -t zookeeper").ok();
    let published = space.run("publish --all --yes").ok();
    assert!(!published.stderr.contains("violate") && !published.stdout.contains("violate"), "{published:?}");
    assert_eq!(space.list("pod", "").len(), 5);
    // What is not restricted is foreseen nowhere but refused by the server, and told.
    let bad = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root"}, "spec": {"hostNetwork": true,
        "containers": [{"name": "main", "image": "busybox:1"}]}});
    let refused = space.feed(&yaml(&[bad]), &["plan", "root", "-f", "-"]).exits(1);
    refused.says(&["root", "restricted"]);
}
