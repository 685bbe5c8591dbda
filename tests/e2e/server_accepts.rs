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
    let group = text(&object["apiVersion"]).split('/').next().unwrap_or_default();
    !matches!(group, "monitoring.coreos.com" | "gateway.networking.k8s.io")
}

fn render(space: &Space, words: &[&str]) -> (String, Vec<Value>) {
    let ran = space.ku8(&[&["template", "render", "-n", &space.namespace, "-o", "json"], words].concat()).ok();
    let items = ran.json()["items"].as_array().expect("items").clone();
    (ran.stdout, items)
}

/// The definitions of all golden cases that render, with what to call them.
fn golden(space: &Space) -> Vec<(String, String)> {
    let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates-wasm");
    let mut found = Vec::new();
    for template in std::fs::read_dir(templates).expect("the templates").flatten() {
        for case in std::fs::read_dir(template.path().join("tests")).into_iter().flatten().flatten() {
            if !case.path().join("expected.yaml").is_file() {
                continue;
            }
            let text = std::fs::read_to_string(case.path().join("definition.yaml")).expect("a definition");
            let mut definition = kubectl_ku8::definition::parse("definition.yaml", &text).expect("a definition");
            definition.metadata.namespace = Some(space.namespace.clone());
            let name = format!("{}-{}", template.file_name().display(), case.file_name().display());
            let file =
                space.file(&format!("{name}.definition.yaml"), kubectl_ku8::definition::document(&definition, None));
            found.push((name, file));
        }
    }
    found.sort();
    assert!(found.len() > 20, "{found:?}");
    found
}

/// A Pod as the workload's controller would make it.
fn pod_of(set: &Value) -> Value {
    let job = &set["spec"]["jobTemplate"]["spec"]["template"];
    let template = if job.is_object() { job } else { &set["spec"]["template"] };
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
        accepted(&space, &format!("{template}-{case}"), &[template, "-f", &file]);
    }
    for (name, file) in golden(&space) {
        accepted(&space, &name, &["-f", &file]);
    }
}

fn accepted(space: &Space, name: &str, words: &[&str]) {
    let (bytes, objects) = render(space, words);
    assert_eq!(render(space, words).0, bytes, "{name}: two renders");
    let known: Vec<Value> = objects.into_iter().filter(is_known).collect();
    let with_pods = ["StatefulSet", "Deployment", "Job", "CronJob"];
    let workloads: Vec<&Value> = known.iter().filter(|object| with_pods.contains(&text(&object["kind"]))).collect();
    assert!(!workloads.is_empty(), "{name}");
    let mut all = known.clone();
    for workload in workloads {
        let mut pod = pod_of(workload);
        // Its own account is only made for good when it is published.
        pod["spec"]["serviceAccountName"] = json!("default");
        all.push(pod);
    }
    let file = space.file(&format!("{name}.objects.yaml"), yaml(&all));
    let created = space.try_kubectl(&["create", "--dry-run=server", "--validate=strict", "-o", "name", "-f", &file]);
    let count = created.as_ref().map_or(0, |created| created.lines().count());
    assert_eq!(count, all.len(), "{name}: {created:?}");
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
