//! The objects and files of a replica set.
//! It never judges values: `rules.rs` and `change.rs` do.

use std::collections::BTreeMap;

use template_sdk::testing::Case;
use template_sdk::{Value, json};

use super::{conf, file, rendered};
use crate::MongoDb;

/// Settings of mongod.conf as the manual of 8.0 names them, as far as the template writes them.
const KNOWN: [&str; 13] = [
    "net.bindIpAll",
    "net.maxIncomingConnections",
    "net.port",
    "operationProfiling.slowOpThresholdMs",
    "replication.oplogSizeMB",
    "replication.replSetName",
    "security.authorization",
    "security.keyFile",
    "setParameter.ttlMonitorSleepSecs",
    "storage.dbPath",
    "storage.journal.commitIntervalMs",
    "storage.wiredTiger.engineConfig.cacheSizeGB",
    "storage.wiredTiger.engineConfig.directoryForIndexes",
];

/// Every setting of a parsed file, by its dotted name.
fn settings(text: &str) -> BTreeMap<String, Value> {
    fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(name, value)| {
                walk(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, into);
            }),
            value => drop(into.insert(path.to_owned(), value.clone())),
        }
    }
    let parsed: Value = serde_saphyr::from_str(text).unwrap();
    let mut all = BTreeMap::new();
    walk("", &parsed, &mut all);
    all
}

#[test]
fn mongod_conf_is_yaml_of_known_settings() {
    let text = conf(json!({
        "oplogSizeMiB": 2048, "journalCommitIntervalMs": 50,
        "extraConfig": "setParameter.ttlMonitorSleepSecs: 30\nstorage.wiredTiger.engineConfig.directoryForIndexes: true\n",
    }));
    let found = settings(&text);
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, KNOWN, "{text}");
    assert_eq!(found["storage.wiredTiger.engineConfig.cacheSizeGB"], json!(0.5));
    assert_eq!(found["storage.dbPath"], "/data/db");
    assert_eq!(found["security.keyFile"], "/ku8/keyfile/keyfile");
    assert_eq!(found["security.authorization"], "enabled");
    assert_eq!(found["replication.oplogSizeMB"], 2048);
    assert_eq!(found["setParameter.ttlMonitorSleepSecs"], 30);
}

#[test]
fn optional_settings_appear_only_when_given() {
    let found = settings(&conf(json!({})));
    assert!(!found.contains_key("replication.oplogSizeMB") && !found.contains_key("storage.journal.commitIntervalMs"));
    assert_eq!(found["net.maxIncomingConnections"], 5000);
}

#[test]
fn the_cache_follows_the_size_unless_given() {
    let cache = |values: Value| settings(&conf(values))["storage.wiredTiger.engineConfig.cacheSizeGB"].clone();
    assert_eq!(cache(json!({"size": "dev"})), json!(0.25));
    assert_eq!(cache(json!({"size": "medium"})), json!(3.5));
    assert_eq!(cache(json!({"size": "large"})), json!(15.5));
    assert_eq!(cache(json!({"cacheSizeMiB": 700})), json!(0.683));
}

#[test]
fn the_workload_is_a_quorum_that_starts_together() {
    let rendered = rendered(json!({}));
    let set = rendered.find("StatefulSet", "demo").unwrap();
    assert_eq!(set["metadata"]["annotations"]["ku8.dev/quorum"], "true");
    assert_eq!(set["spec"]["podManagementPolicy"], "Parallel");
    assert_eq!(set["spec"]["serviceName"], "demo-headless");
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["terminationGracePeriodSeconds"], 120);
    let (server, init) = (&pod["containers"][0], &pod["initContainers"]);
    assert_eq!(server["command"], json!(["mongod", "--config", "/ku8/conf/mongod.conf"]));
    assert!(server["lifecycle"]["preStop"]["exec"]["command"][2] == "stop.js");
    assert_eq!(server["startupProbe"]["failureThreshold"], 120);
    assert_eq!((&init[0]["name"], &init[1]["name"]), (&json!("init"), &json!("bootstrap")));
    assert_eq!(init[1]["restartPolicy"], "Always");
    assert!(init[1]["readinessProbe"].is_object() && init[1]["livenessProbe"].is_object());
    let headless = rendered.find("Service", "demo-headless").unwrap();
    assert_eq!(headless["spec"]["publishNotReadyAddresses"], true);
    assert_eq!(headless["spec"]["ports"][0]["name"], "mongodb");
    assert!(rendered.find("PodDisruptionBudget", "demo").is_some());
}

#[test]
fn the_claim_is_mounted_where_the_image_declares_a_volume() {
    let rendered = rendered(json!({}));
    let set = rendered.find("StatefulSet", "demo").unwrap();
    let mounts = set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"].as_array().unwrap().clone();
    assert!(mounts.iter().any(|mount| mount["name"] == "data" && mount["mountPath"] == "/data/db"));
}

#[test]
fn no_password_is_in_an_argument_or_a_variable_of_the_shell() {
    let rendered = rendered(json!({"metrics": {"enabled": true}}));
    let set = rendered.find("StatefulSet", "demo").unwrap();
    let pod = &set["spec"]["template"]["spec"];
    let text = set.to_string();
    assert!(!text.contains("MONGO_INITDB"), "the entrypoint would make users on every member");
    for container in pod["containers"].as_array().unwrap().iter().chain(pod["initContainers"].as_array().unwrap()) {
        let secret =
            container["env"].as_array().into_iter().flatten().find(|one| one["valueFrom"]["secretKeyRef"].is_object());
        // The exporter reads no files; its user may only look.
        assert!(secret.is_none() || container["name"] == "exporter", "{container}");
    }
    let intent = rendered.secrets[0].keys.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(intent, ["keyfile", "metrics-password", "password", "root-password"]);
    let keyfile = json!(rendered.secrets[0].keys["keyfile"]);
    assert_eq!(keyfile, json!({"generate": {"length": 756, "alphabet": "base64"}}));
}

#[test]
fn another_number_of_members_restarts_nobody() {
    let template = |members: u32| {
        let rendered = rendered(json!({"members": members, "scheduling": {"spread": "none"}}));
        rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"].clone()
    };
    assert_eq!(template(3), template(5));
    assert_eq!(file(&rendered(json!({"members": 5})), "demo-members", "members"), "5");
}

#[test]
fn members_leave_by_a_job_before_the_pods_go() {
    let claims = ["data-demo-0", "data-demo-1", "data-demo-2", "data-demo-3", "data-demo-4"];
    let case = |members: u32, before: u32| {
        Case::new(json!({"members": members, "networkPolicy": {"mode": "labelled"}}))
            .previous(json!({"members": before}))
            .observed("demo", before)
            .claims(&claims)
            .render::<MongoDb>()
            .unwrap()
    };
    let shrinking = case(3, 5);
    let job = shrinking.objects.iter().find(|object| object.id == "job/leave").unwrap();
    let set = shrinking.objects.iter().find(|object| object.id == "statefulset/server").unwrap();
    assert!(job.stage < set.stage);
    let pod = &job.manifest["spec"]["template"];
    assert_eq!(pod["metadata"]["labels"]["demo-client"], "true");
    let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    assert!(env.contains(&json!({"name": "KU8_KEEP", "value": "3"})));
    assert!(env.contains(&json!({"name": "KU8_HIGHEST", "value": "5"})));
    // Published again, nothing changes: the volumes are still there, and so is the finished Job.
    assert_eq!(case(3, 3).objects, shrinking.objects);
    assert!(case(5, 3).objects.iter().all(|object| object.id != "job/leave"));
}

#[test]
fn the_longest_name_still_fits() {
    let name = "a".repeat(50);
    let claim = format!("data-{name}-4");
    let case = Case::new(json!({"members": 3})).name(&name).previous(json!({"members": 5})).claims(&[&claim]);
    case.render::<MongoDb>().unwrap();
}

#[test]
fn clients_get_every_member_in_both_forms() {
    let rendered = rendered(json!({"database": "orders", "username": "shop", "readPreference": "nearest"}));
    let output = rendered.outputs[0].value();
    let hosts =
        "demo-0.demo-headless.prod.svc:27017,demo-1.demo-headless.prod.svc:27017,demo-2.demo-headless.prod.svc:27017";
    let options = "replicaSet=rs0&authSource=orders&readPreference=nearest";
    assert_eq!(output["uri"], format!("mongodb://{{username}}:{{password}}@{hosts}/orders?{options}"));
    let srv = "mongodb+srv://{username}:{password}@demo-headless.prod.svc.cluster.local/orders";
    assert_eq!(output["srv"], format!("{srv}?{options}&tls=false"));
    assert_eq!((&output["username"], &output["password"]["key"]), (&json!("shop"), &json!("password")));
}

#[test]
fn the_series_decides_the_image_unless_a_tag_does() {
    let image = |values: Value| {
        let rendered = rendered(values);
        let set = rendered.find("StatefulSet", "demo").unwrap();
        set["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
    };
    assert_eq!(image(json!({})), "docker.io/library/mongo:8.0");
    assert_eq!(image(json!({"version": "7.0"})), "docker.io/library/mongo:7.0");
    assert_eq!(image(json!({"image": {"tag": "8.0.4"}})), "docker.io/library/mongo:8.0.4");
}

#[test]
fn notes_say_what_is_needed_and_what_is_next() {
    let notes = rendered(json!({})).notes;
    assert!(notes.contains("AVX") && notes.contains("mongodump") && notes.contains("root-password"), "{notes}");
    assert!(!notes.contains("one copy"));
    assert!(rendered(json!({"members": 1})).notes.contains("one copy"));
}

#[test]
fn the_exporter_comes_only_with_metrics() {
    let names = |values: Value| {
        let rendered = rendered(values);
        let set = rendered.find("StatefulSet", "demo").unwrap();
        set["spec"]["template"]["spec"]["initContainers"].as_array().unwrap().len()
    };
    assert_eq!((names(json!({})), names(json!({"metrics": {"enabled": true}}))), (2, 3));
}
