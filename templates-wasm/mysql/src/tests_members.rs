//! What the template must render and refuse where there are replicas, run natively.
//! It never starts the software: tests/pods does.

use template_sdk::testing::Case;
use template_sdk::{Findings, Rendered, Value, json};

use crate::MySql;
use crate::tests::{assert_refused, change, has_lines, my_cnf, pod, refused, rendered, with};

/// Values of a replicated server.
fn replicated(replication: Value) -> Value {
    let mut values = json!({"topology": "replication"});
    values["replication"] = replication;
    values
}

fn plus(mut values: Value, more: Value) -> Value {
    let Value::Object(more) = more else { return values };
    for (key, value) in more {
        values[key.as_str()] = value;
    }
    values
}

fn warned(from: Value, to: Value) -> Findings {
    change(from, to).unwrap().warnings
}

fn service(rendered: &Rendered, name: &str) -> Value {
    rendered.find("Service", name).unwrap()["spec"]["selector"].clone()
}

#[test]
fn one_set_holds_the_primary_and_its_replicas() {
    let rendered = rendered(replicated(json!({"primaryOrdinal": 1})));
    let set = rendered.find("StatefulSet", "demo").unwrap();
    assert_eq!(set["spec"]["replicas"], 3);
    assert_eq!(set["spec"]["podManagementPolicy"], "Parallel");
    assert_eq!(service(&rendered, "demo")["statefulset.kubernetes.io/pod-name"], "demo-1");
    assert!(service(&rendered, "demo-read").get("statefulset.kubernetes.io/pod-name").is_none());
    assert!(rendered.find("PodDisruptionBudget", "demo").is_some());
    let hosts: Vec<&Value> = rendered.outputs.iter().map(|output| &output.value()["host"]).collect();
    assert_eq!(hosts, ["demo.prod.svc", "demo-read.prod.svc"]);
    assert_eq!(rendered.outputs[1].value()["readOnly"], true);
    assert!(rendered.notes.contains("demo-1 takes writes") && rendered.notes.contains("Nothing fails over by itself"));
}

#[test]
fn accounts_of_members_are_keys_of_the_same_secret() {
    let rendered = rendered(replicated(json!({})));
    let keys: Vec<&str> = rendered.secrets[0].keys.keys().map(String::as_str).collect();
    assert_eq!(keys, ["monitor-password", "password", "replication-password", "root-password"]);
    let environment = pod(&rendered)["initContainers"][0]["env"].to_string();
    assert!(environment.contains("demo-headless.prod.svc.cluster.local") && environment.contains("KU8_PRIMARY"));
    assert!(!pod(&rendered)["containers"][0].to_string().contains("\"auth\""));
}

#[test]
fn a_single_server_is_not_touched_by_what_replicas_need() {
    let alone = rendered(json!({}));
    let files = alone.find("ConfigMap", "demo-config").unwrap()["data"].as_object().unwrap().clone();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["init.sh", "live.sh", "my.cnf", "ready.sh", "start.sh"]);
    assert!(files.values().all(|text| !text.as_str().unwrap().contains("replica")));
    assert!(files.values().all(|text| !text.as_str().unwrap().contains("#[")));
    assert!(pod(&alone).to_string().matches("KU8_P").count() == 0);
    let set = alone.find("StatefulSet", "demo").unwrap();
    assert!(set["spec"].get("minReadySeconds").is_none());
}

#[test]
fn more_replicas_and_a_waived_wait_restart_nothing() {
    let few = pod(&rendered(replicated(json!({"replicas": 1}))));
    for other in [json!({"replicas": 5}), json!({"replicas": 1, "promotion": "force"})] {
        assert_eq!(few, pod(&rendered(replicated(other))));
    }
    let annotations = |values: Value| {
        rendered(values).find("StatefulSet", "demo").unwrap()["spec"]["template"]["metadata"]["annotations"].clone()
    };
    let forced = replicated(json!({"promotion": "force"}));
    assert_eq!(annotations(replicated(json!({}))), annotations(forced.clone()));
    assert_eq!(rendered(forced).find("ConfigMap", "demo-promotion").unwrap()["data"]["mode"], "force");
}

#[test]
fn semi_sync_is_loaded_only_where_it_is_asked_for() {
    assert!(!my_cnf(replicated(json!({}))).contains("semisync"));
    let text = my_cnf(replicated(json!({"semiSync": true, "semiSyncTimeoutMs": 500})));
    has_lines(&text, &["plugin-load-add=semisync_source.so", "loose-rpl-semi-sync-source-timeout=500"]);
    assert_refused(&refused(json!({"replication": {"semiSync": true}})), "mysql.semi-sync.no-replica");
    assert_refused(&refused(replicated(json!({"semiSync": true, "replicas": 0}))), "mysql.semi-sync.no-replica");
    let warnings = |replication: Value| rendered(replicated(replication)).warnings;
    assert!(warnings(json!({"semiSync": true, "replicas": 1})).has("mysql.semi-sync.one-replica"));
    assert!(warnings(json!({"semiSync": true, "semiSyncTimeoutMs": 60_001})).has("mysql.semi-sync.stall"));
    assert!(warnings(json!({"semiSync": true})).is_empty());
    assert!(warnings(json!({"replicas": 1, "semiSyncTimeoutMs": 60_001})).is_empty());
}

#[test]
fn readers_are_taken_away_only_where_that_was_asked_for() {
    let probe = |values: Value| pod(&rendered(values))["containers"][0]["readinessProbe"].to_string();
    let require = json!({"readiness": {"requireReplication": true}});
    assert!(!probe(replicated(json!({}))).contains("require-replication"));
    assert!(probe(plus(replicated(json!({})), require.clone())).contains("require-replication"));
    assert!(!probe(require.clone()).contains("require-replication"));
    assert!(rendered(require).warnings.has("mysql.readiness.no-replica"));
}

#[test]
fn replicas_find_the_binary_logs_they_need() {
    let days = |days: Value| plus(replicated(json!({})), json!({"binlogExpireDays": days}));
    rendered(days(json!(1)));
    assert_refused(&refused(days(json!((0.5)))), "mysql.binlog.too-short");
    rendered(json!({"binlogExpireDays": (0.5)}));
    let relaxed = json!({"durability": "relaxed"});
    assert!(rendered(plus(replicated(json!({})), relaxed.clone())).warnings.has("mysql.replication.relaxed"));
    assert!(!rendered(relaxed).warnings.has("mysql.replication.relaxed"));
}

#[test]
fn the_primary_is_one_of_the_members() {
    rendered(replicated(json!({"primaryOrdinal": 2})));
    assert_refused(&refused(replicated(json!({"primaryOrdinal": 3}))), "mysql.replication.primary-missing");
    assert_refused(&refused(json!({"replication": {"primaryOrdinal": 1}})), "mysql.replication.primary-missing");
}

#[test]
fn settings_of_members_are_not_set_by_hand() {
    for line in ["super_read_only=OFF", "skip-replica-start", "replicate-do-db=a", "rpl_semi_sync_source_timeout=1"] {
        let values = plus(replicated(json!({})), json!({"extraConfig": line}));
        assert_refused(&refused(values), "mysql.extra-config.owned");
        rendered(json!({"extraConfig": line}));
    }
    let slow = json!({"slowQueryLogSeconds": 1, "extraConfig": "log_output=TABLE"});
    assert_refused(&refused(slow), "mysql.extra-config.owned");
    let tls = json!({"tls": {"mode": "require"}, "extraConfig": "require-secure-transport=OFF"});
    assert_refused(&refused(tls), "mysql.extra-config.owned");
}

#[test]
fn certificates_come_from_the_secret_that_is_named() {
    let rendered = rendered(json!({"tls": {"mode": "secretRef", "secretName": "db-tls"}}));
    assert_eq!(rendered.secrets[1].name, "db-tls");
    let text = rendered.find("ConfigMap", "demo-config").unwrap()["data"]["my.cnf"].as_str().unwrap().to_owned();
    has_lines(&text, &["require-secure-transport=ON", "ssl-cert=/ku8/tls/tls.crt", "ssl-key=/ku8/tls/tls.key"]);
    assert_eq!(rendered.outputs[0].value()["tls"], "required");
    assert!(rendered.outputs[0].value()["jdbc"].as_str().unwrap().ends_with("sslMode=REQUIRED"));
    assert!(!my_cnf(json!({})).contains("secure-transport"));
    assert_refused(&refused(json!({"tls": {"mode": "secretRef"}})), "mysql.tls.no-secret");
    assert_refused(&refused(json!({"tls": {"mode": "require", "secretName": "x"}})), "mysql.tls.unused-secret");
    assert!(warned(json!({}), json!({"tls": {"mode": "require"}})).has("mysql.tls.required"));
    assert!(
        !warned(json!({"tls": {"mode": "require"}}), json!({"tls": {"mode": "require"}})).has("mysql.tls.required")
    );
}

#[test]
fn slow_queries_go_to_the_log_of_the_container() {
    has_lines(&my_cnf(json!({"slowQueryLogSeconds": 2})), &["slow-query-log-file=/tmp/slow.log", "long-query-time=2"]);
    let start = |values: Value| {
        rendered(values).find("ConfigMap", "demo-config").unwrap()["data"]["start.sh"].as_str().unwrap().to_owned()
    };
    assert!(start(json!({"slowQueryLogSeconds": 2})).contains("tail"));
    assert!(!start(json!({})).contains("tail"));
}

#[test]
fn one_server_becomes_replicated_and_back() {
    let none = replicated(json!({"replicas": 0}));
    assert!(warned(json!({}), none.clone()).has("mysql.topology.to-replication"));
    assert_refused(&change(json!({}), replicated(json!({}))).unwrap_err(), "mysql.topology.alone-first");
    assert!(warned(none.clone(), replicated(json!({}))).has("mysql.scale.copies"));
    // The second step restarts nothing.
    assert_eq!(pod(&rendered(none)), pod(&rendered(replicated(json!({})))));
    let findings = change(json!({}), replicated(json!({"primaryOrdinal": 1}))).unwrap_err();
    assert_refused(&findings, "mysql.promotion.no-data");
    assert!(warned(replicated(json!({})), json!({})).has("mysql.scale.claims-stay"));
    let findings = change(replicated(json!({"primaryOrdinal": 1})), json!({})).unwrap_err();
    assert_refused(&findings, "mysql.promotion.primary-leaves");
}

#[test]
fn replicas_come_and_go() {
    let of = |replicas: u32| replicated(json!({"replicas": replicas}));
    assert!(warned(of(1), of(3)).has("mysql.scale.copies"));
    assert!(warned(of(3), of(1)).has("mysql.scale.claims-stay"));
    assert!(warned(of(2), of(2)).is_empty());
}

#[test]
fn a_promotion_is_told_and_goes_alone() {
    let at = |ordinal: u32| replicated(json!({"primaryOrdinal": ordinal}));
    let findings = warned(at(0), at(1));
    let told = findings.iter().find(|finding| finding.code == "mysql.promotion.guided").unwrap();
    assert!(told.message.contains("demo-1 becomes the primary instead of demo-0"));
    assert!(told.hint.as_deref().unwrap().contains("SHOW REPLICA STATUS"));
    assert!(warned(at(1), at(0)).has("mysql.promotion.guided"));

    let smaller = replicated(json!({"primaryOrdinal": 0, "replicas": 1}));
    assert_refused(&change(at(2), smaller.clone()).unwrap_err(), "mysql.promotion.primary-leaves");
    change(at(1), smaller).unwrap();
    let larger = replicated(json!({"primaryOrdinal": 3, "replicas": 3}));
    assert_refused(&change(at(0), larger).unwrap_err(), "mysql.promotion.no-data");
    let newer = plus(at(1), json!({"version": "9.7"}));
    assert_refused(&change(at(0), newer.clone()).unwrap_err(), "mysql.promotion.with-upgrade");
    assert!(warned(at(1), newer).has("mysql.version.primary-first"));
    assert!(!warned(at(0), plus(at(0), json!({"version": "9.7"}))).has("mysql.version.primary-first"));
}

#[test]
fn going_on_without_the_old_primary_is_said_aloud() {
    let forced = replicated(json!({"primaryOrdinal": 1, "promotion": "force"}));
    let findings = warned(replicated(json!({})), forced.clone());
    assert!(findings.has("mysql.promotion.forced") && !findings.has("mysql.promotion.force-stays"));
    assert!(warned(forced.clone(), forced.clone()).has("mysql.promotion.force-stays"));
    // An attempt that waits is not the current state: the change is judged from both.
    let waiting = replicated(json!({"primaryOrdinal": 1}));
    let case = Case::new(with(forced)).previous(with(replicated(json!({})))).attempted(with(waiting));
    assert!(case.render::<MySql>().unwrap().warnings.has("mysql.promotion.forced"));
}

#[test]
fn volumes_of_members_are_not_taken_for_one_server() {
    let over = |values: Value, claims: &[&str]| Case::new(with(values)).claims(claims).render::<MySql>();
    let claims = ["data-demo-0", "data-demo-2"];
    assert_refused(&over(json!({}), &claims).unwrap_err(), "mysql.volumes.of-members");
    over(replicated(json!({})), &claims).unwrap();
    over(json!({}), &["data-demo-0"]).unwrap();
}
