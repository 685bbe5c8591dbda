//! Tests of what is rendered: configuration, workloads, Services, secrets, outputs.
//! They never look at findings.

use template_sdk::block::rules;
use template_sdk::testing::Case;
use template_sdk::{Rendered, Template as _, Value, json};

use super::rendered;
use crate::{Kafka, SPEC};

fn file(rendered: &Rendered, map: &str, name: &str) -> String {
    rendered.find("ConfigMap", map).unwrap()["data"][name].as_str().unwrap_or_default().to_owned()
}

fn properties(values: Value) -> String {
    file(&rendered(values), "demo-config", "server.properties")
}

fn has_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line} is missing in:\n{text}");
    }
}

/// The Job, whatever its digest.
fn job(rendered: &Rendered) -> &Value {
    &rendered.objects.iter().find(|object| object.id == "job/setup").unwrap().manifest
}

fn variable(container: &Value, name: &str) -> Value {
    let all = container["env"].as_array().unwrap();
    all.iter().find(|variable| variable["name"] == name).map(|variable| variable["value"].clone()).unwrap_or_default()
}

fn broker(rendered: &Rendered) -> Value {
    rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"].clone()
}

#[test]
fn three_controllers_vote_and_topics_have_three_replicas() {
    let text = properties(json!({}));
    has_lines(
        &text,
        &[
            "controller.quorum.voters=0@demo-0.demo-headless.prod.svc.cluster.local:9093,\
             1@demo-1.demo-headless.prod.svc.cluster.local:9093,2@demo-2.demo-headless.prod.svc.cluster.local:9093",
            "listener.security.protocol.map=CLIENT:PLAINTEXT,EXTERNAL:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "default.replication.factor=3",
            "min.insync.replicas=2",
            "offsets.topic.replication.factor=3",
            "transaction.state.log.min.isr=2",
            "auto.create.topics.enable=false",
            "unclean.leader.election.enable=false",
            "log.retention.ms=604800000",
            "log.retention.bytes=-1",
            "message.max.bytes=1048588",
        ],
    );
    assert!(!text.contains('@') || text.matches('@').count() == 3, "{text}");
}

#[test]
fn one_broker_has_what_one_broker_can() {
    let text = properties(json!({"controllers": 1, "retentionHours": -1, "nodeIdBase": 7}));
    let voter = "controller.quorum.voters=7@demo-0.demo-headless.prod.svc.cluster.local:9093";
    has_lines(&text, &[voter, "default.replication.factor=1", "min.insync.replicas=1", "log.retention.ms=-1"]);
    assert!(rendered(json!({"controllers": 1})).find("PodDisruptionBudget", "demo").is_none());
}

#[test]
fn more_brokers_change_neither_voters_nor_the_pods_that_run() {
    let (three, five) = (rendered(json!({})), rendered(json!({"brokers": 5})));
    assert_eq!(five.find("StatefulSet", "demo").unwrap()["spec"]["replicas"], 5);
    let pod = |rendered: &Rendered| rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"].clone();
    assert_eq!(pod(&three), pod(&five));
    assert_eq!(job(&three), job(&five));
    assert_eq!(three.outputs, five.outputs);
}

#[test]
fn the_workload_is_a_quorum_that_starts_together_and_rolls_slowly() {
    let rendered = rendered(json!({}));
    let set = rendered.find("StatefulSet", "demo").unwrap();
    assert_eq!(set["metadata"]["annotations"]["ku8.dev/quorum"], "true");
    assert_eq!(set["spec"]["podManagementPolicy"], "Parallel");
    assert_eq!(set["spec"]["minReadySeconds"], 20);
    assert_eq!(set["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 120);
    assert_eq!(rendered.find("PodDisruptionBudget", "demo").unwrap()["spec"]["maxUnavailable"], 1);
    assert_eq!(rendered.find("Service", "demo-headless").unwrap()["spec"]["publishNotReadyAddresses"], true);
}

#[test]
fn the_heap_comes_from_the_limit_unless_given() {
    let heap = |values: Value| variable(&broker(&rendered(values))["containers"][0], "KAFKA_HEAP_OPTS");
    assert_eq!(heap(json!({"size": "dev"})), "-Xms512m -Xmx512m");
    assert_eq!(heap(json!({})), "-Xms1024m -Xmx1024m");
    assert_eq!(heap(json!({"size": "medium"})), "-Xms3072m -Xmx3072m");
    assert_eq!(heap(json!({"size": "large"})), "-Xms8192m -Xmx8192m");
    assert_eq!(heap(json!({"heapMiB": 384})), "-Xms384m -Xmx384m");
}

#[test]
fn the_cluster_id_is_made_once_and_is_not_with_the_passwords() {
    let plain = rendered(json!({}));
    let intents = json!(plain.secrets);
    assert_eq!(intents[0]["name"], "demo-cluster");
    assert_eq!(intents[0]["keys"], json!({"cluster-id": {"generate": {"length": 21, "alphabet": "alphanumeric"}}}));
    assert_eq!(plain.secrets.len(), 1);
    let intents = json!(rendered(json!({"auth": {"enabled": true}})).secrets);
    assert_eq!(intents[0]["keys"]["internal-password"]["generate"]["length"], 24);
    assert_eq!(intents[1]["name"], "demo-auth");
    let keys: Vec<&String> = intents[1]["keys"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["admin-password", "password"]);
    let taken = json!(rendered(json!({"clusterSecret": "old-cluster"})).secrets);
    assert_eq!(taken[0]["keys"]["cluster-id"]["secretRef"]["name"], "old-cluster");
}

#[test]
fn the_job_knows_topics_users_and_nothing_secret() {
    let rendered = rendered(json!({
        "auth": {"enabled": true, "username": "shop"},
        "topics": [{"name": "orders", "partitions": 6, "config": {"cleanup.policy": "compact,delete"}}, {"name": "a.b"}],
    }));
    assert_eq!(file(&rendered, "demo-setup", "topics"), "orders 6 3\na.b 3 3\n");
    assert_eq!(file(&rendered, "demo-setup", "topic-orders"), "cleanup.policy=compact,delete\n");
    assert_eq!(file(&rendered, "demo-setup", "users"), "admin admin-password\nshop password\n");
    let pod = &job(&rendered)["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert!(variable(container, "KU8_BOOTSTRAP").as_str().unwrap().starts_with("demo-0.demo-headless.prod.svc:9094,"));
    assert_eq!(variable(container, "KU8_MIN_ISR"), "2");
    assert_eq!(rendered.objects.iter().find(|object| object.id == "job/setup").unwrap().stage, 1);
}

#[test]
fn the_job_runs_again_when_what_it_sets_changes() {
    let name = |values: Value| job(&rendered(values))["metadata"]["name"].as_str().unwrap().to_owned();
    let plain = name(json!({}));
    assert_eq!(plain, name(json!({"retentionHours": 2})));
    assert_ne!(plain, name(json!({"topics": [{"name": "orders"}]})));
    assert_ne!(plain, name(json!({"minInsyncReplicas": 1})));
    let longest = "a".repeat(50);
    let rendered = Case::new(json!({})).name(&longest).render::<Kafka>().unwrap();
    assert_eq!(job(&rendered)["metadata"]["name"].as_str().unwrap().len(), 63);
}

#[test]
fn clients_get_the_brokers_that_always_exist() {
    let rendered = rendered(json!({"brokers": 5, "auth": {"enabled": true}}));
    let output = rendered.outputs[0].value();
    let hosts =
        "demo-0.demo-headless.prod.svc:9092,demo-1.demo-headless.prod.svc:9092,demo-2.demo-headless.prod.svc:9092";
    assert_eq!(output["bootstrap"], hosts);
    assert_eq!(output["uri"], hosts);
    assert_eq!(output["securityProtocol"], "SASL_PLAINTEXT");
    assert_eq!(output["saslMechanism"], "SCRAM-SHA-512");
    assert_eq!(output["username"], "app");
    assert_eq!(output["password"], json!({"secret": "demo-auth", "key": "password"}));
    let plain = super::rendered(json!({}));
    assert_eq!(plain.outputs[0].value()["securityProtocol"], "PLAINTEXT");
    assert!(plain.outputs[0].value().get("password").is_none());
}

#[test]
fn access_from_outside_is_one_service_and_one_address_for_each_broker() {
    let hosts = json!(["node-a.example.com", "node-b.example.com", "node-c.example.com"]);
    let access = json!({"mode": "nodePort", "hosts": hosts, "firstNodePort": 31000});
    let rendered = rendered(json!({"externalAccess": access}));
    let service = &rendered.find("Service", "demo-external-2").unwrap()["spec"];
    assert_eq!(service["type"], "NodePort");
    assert_eq!(service["ports"][0]["nodePort"], 31002);
    assert_eq!(service["selector"]["statefulset.kubernetes.io/pod-name"], "demo-2");
    let lines = "node-a.example.com:31000\nnode-b.example.com:31001\nnode-c.example.com:31002\n";
    assert_eq!(file(&rendered, "demo-config", "external"), lines);
    assert_eq!(rendered.outputs[1].value()["bootstrap"], lines.trim().replace('\n', ","));
    let policy = rendered.find("NetworkPolicy", "demo").unwrap()["spec"]["ingress"].clone();
    assert_eq!(policy[3], json!({"from": [], "ports": [{"protocol": "TCP", "port": 9095}]}));

    let access = json!({"mode": "loadBalancer", "hosts": hosts});
    let rendered = super::rendered(json!({"externalAccess": access}));
    assert_eq!(rendered.find("Service", "demo-external-0").unwrap()["spec"]["type"], "LoadBalancer");
    assert!(file(&rendered, "demo-config", "external").starts_with("node-a.example.com:9095\n"));
}

#[test]
fn only_brokers_reach_controllers_and_only_the_job_beside_them_the_inner_port() {
    let rendered = rendered(json!({"networkPolicy": {"mode": "labelled"}, "metrics": {"enabled": true}}));
    let rules = rendered.find("NetworkPolicy", "demo").unwrap()["spec"]["ingress"].clone();
    let from = |rule: usize| {
        let component = |peer: &Value| peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"].clone();
        rules[rule]["from"].as_array().unwrap().iter().map(component).collect::<Vec<_>>()
    };
    assert_eq!(from(0), [Value::Null, json!("exporter")]);
    assert_eq!(from(1), ["broker", "setup"]);
    assert_eq!(rules[1]["ports"][0]["port"], 9094);
    assert_eq!(from(2), ["broker"]);
    assert_eq!(rules[2]["ports"][0]["port"], 9093);
    assert!(super::rendered(json!({"networkPolicy": {"mode": "off"}})).find("NetworkPolicy", "demo").is_none());
}

#[test]
fn metrics_come_from_one_exporter_with_a_user_of_its_own() {
    assert!(rendered(json!({})).find("Deployment", "demo-exporter").is_none());
    let values = json!({"metrics": {"enabled": true, "monitor": "podMonitor"}, "auth": {"enabled": true}});
    let rendered = rendered(values);
    let container = &rendered.find("Deployment", "demo-exporter").unwrap()["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["env"][0]["valueFrom"]["secretKeyRef"]["key"], "monitor-password");
    assert!(rendered.find("PodMonitor", "demo").is_some());
    assert!(file(&rendered, "demo-setup", "users").contains("monitor monitor-password\n"));
}

#[test]
fn every_rule_has_one_sentence() {
    let mut codes: Vec<String> = Kafka::rules().into_iter().map(|rule| rule.code).collect();
    assert!(codes.len() > rules(&SPEC, &[]).len());
    let all = codes.len();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), all);
}
