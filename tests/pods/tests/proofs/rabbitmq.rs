//! RabbitMQ, the template of docs/authoring.md, on real nodes: a cluster through losses, empty volumes and a cold start.
//! It never takes one node's word for the messages: they are taken out of the queue.

use std::time::{Duration, Instant};

use pods::{Stage, debian, skip, wait_for};
use template_rabbitmq::RabbitMq;
use template_sdk::testing::Case;
use template_sdk::{Value, json};

const NODES: [&str; 3] = ["mq-0", "mq-1", "mq-2"];
const LIMIT: Duration = Duration::from_mins(3);
const SERVER: &str = "rabbitmq";
/// Queues look for new members every two seconds, not after ten and then every five minutes: the proof waits for it often.
const SOON: &str = "quorum_queue.continuous_membership_reconciliation.trigger_interval = 1000
quorum_queue.continuous_membership_reconciliation.interval = 2000";

/// The stage of a proof that only runs where there is time for it.
fn full_stage(name: &str) -> Option<Stage> {
    if std::env::var_os("KU8_FULL").is_none_or(|value| value.is_empty()) {
        skip(name, "one proof with three nodes is enough for most days; tests/run --full runs all");
        return None;
    }
    stage(name)
}

/// A stage with the software of Debian unstable under the image's paths.
fn stage(name: &str) -> Option<Stage> {
    let root = debian::sid("sid-rabbitmq", &["rabbitmq-server"]).map_err(|why| skip(name, &why)).ok()?;
    let stage = Stage::new(name, &[])?;
    stage.root(root);
    // Debian's own wrappers take no other user than theirs.
    for tool in ["rabbitmq-server", "rabbitmqctl", "rabbitmq-diagnostics", "rabbitmq-queues", "rabbitmq-upgrade"] {
        stage.tool(tool, &format!("#!/bin/sh\nexec /usr/lib/rabbitmq/bin/{tool} \"$@\"\n"));
    }
    Some(stage)
}

fn deploy(stage: &Stage, mut values: Value, before: Option<Value>) {
    values["extraConfig"] = SOON.into();
    let case = Case::new(values).name("mq").previous(before.unwrap_or(Value::Null));
    stage.deploy(&case.render::<RabbitMq>().expect("values that are accepted"));
}

/// One request to the management API behind the Service, as an application would make it.
fn api(stage: &Stage, method: &str, path: &str, body: &str) -> String {
    api_of(stage, "mq.prod.svc", method, path, body)
}

/// One request to the management API of a host.
fn api_of(stage: &Stage, host: &str, method: &str, path: &str, body: &str) -> String {
    let login =
        stage.client(&["sh", "-c", "printf 'app:%s' \"$1\" | base64 -w0", "-", &stage.secret("mq-auth", "password")]);
    let request = format!(
        "{method} /api{path} HTTP/1.0\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        login.ok(),
        body.len()
    );
    stage.ask(host, 15672, &request)
}

/// What a node answers itself; nothing while it cannot. It costs no virtual machine, as the tools do.
fn told(stage: &Stage, pod: &str, path: &str) -> Value {
    let answer = api_of(stage, &format!("{pod}.mq-headless.prod.svc"), "GET", path, "");
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    serde_json::from_str(body).unwrap_or_default()
}

fn publish(stage: &Stage, text: &str) {
    let body = json!({"properties": {"delivery_mode": 2}, "routing_key": "orders", "payload": text, "payload_encoding": "string"});
    let answer = wait_for("a message to be taken", LIMIT, || {
        let answer = api(stage, "POST", "/exchanges/%2F/amq.default/publish", &body.to_string());
        answer.contains("{\"routed\":true}").then_some(answer)
    });
    assert!(answer.contains(" 200 "), "{answer}");
}

/// Every message that is in the queue, left there.
fn messages(stage: &Stage) -> String {
    let body = json!({"count": 100, "ackmode": "ack_requeue_true", "encoding": "auto"}).to_string();
    let answer = wait_for("the queue to answer", LIMIT, || {
        let answer = api(stage, "POST", "/queues/%2F/orders/get", &body);
        answer.contains("\r\n\r\n[").then_some(answer)
    });
    let list = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let list: Value = serde_json::from_str(list).expect("a list of messages");
    let mut texts: Vec<&str> =
        list.as_array().into_iter().flatten().filter_map(|one| one["payload"].as_str()).collect();
    texts.sort_unstable();
    texts.join(" ")
}

/// Waits until this many nodes of the cluster run and none is down, as one of them sees it.
fn running(stage: &Stage, pod: &str, count: usize) {
    wait_for(&format!("{count} nodes that run, as {pod} sees it"), LIMIT, || {
        let nodes = told(stage, pod, "/nodes");
        let nodes = nodes.as_array().map_or(&[][..], Vec::as_slice);
        (nodes.len() == count && nodes.iter().all(|node| node["running"] == true)).then_some(())
    });
}

/// Waits until the queue has this many members that run, as one node sees it, and each is on its node's disk.
fn members(stage: &Stage, pod: &str, count: usize) {
    wait_for(&format!("{count} members of the queue"), LIMIT, || {
        let status = told(stage, pod, "/queues/quorum/%2F/orders/status");
        let members = status.as_array().map_or(&[][..], Vec::as_slice);
        let role = |member: &&Value| ["leader", "follower"].iter().any(|role| member["Raft State"] == *role);
        (members.len() == count && members.iter().filter(role).count() == count).then_some(())
    });
    wait_for("members on disk", LIMIT, || NODES[..count].iter().all(|pod| is_on_disk(stage, pod)).then_some(()));
}

/// RabbitMQ writes the names of a node's members half a second after it made them: what dies before begins with an empty
/// one, and so do the messages when all die.
fn is_on_disk(stage: &Stage, pod: &str) -> bool {
    let node = format!("rabbit@{pod}.mq-headless.prod.svc.cluster.local");
    let names = stage.volume(pod, "data").join("nodes").join(&node).join("quorum").join(&node).join("names.dets");
    std::fs::read(names).is_ok_and(|bytes| bytes.windows(6).any(|part| part == b"orders"))
}

/// Three empty nodes, a queue on all of them, and a message; says how long the cluster took.
fn first_start(stage: &Stage) -> Duration {
    let begin = Instant::now();
    deploy(stage, json!({"replicas": 3, "size": "dev"}), None);
    stage.start_all(&NODES);
    stage.ready_all(&NODES);
    let took = begin.elapsed();
    assert!(stage.logs("mq-0", "init").contains("all nodes are empty"));
    for pod in NODES {
        assert!(!stage.logs(pod, SERVER).contains("proceeding as a standalone node"), "{pod} gave up the others");
    }
    running(stage, "mq-2", 3);
    let queue =
        api(stage, "PUT", "/queues/%2F/orders", r#"{"durable": true, "arguments": {"x-queue-type": "quorum"}}"#);
    assert!(queue.contains(" 201 "), "{queue}");
    members(stage, "mq-0", 3);
    publish(stage, "a");
    took
}

#[test]
fn a_cluster_keeps_its_messages() {
    let Some(stage) = full_stage("RabbitMQ cluster") else { return };
    let took = first_start(&stage);
    println!("RabbitMQ: three empty nodes are a cluster after {:.1} s", took.as_secs_f64());
    let password = stage.secret("mq-auth", "password");
    let cookie = stage.secret("mq-auth", "erlang-cookie");

    // One of three is killed: the others go on, and it comes back.
    let begin = Instant::now();
    stage.kill("mq-0");
    publish(&stage, "b");
    println!("RabbitMQ: takes messages {:.1} s after a node was killed", begin.elapsed().as_secs_f64());
    assert_eq!(messages(&stage), "a b");
    stage.start("mq-0");
    stage.ready("mq-0");
    assert!(stage.logs("mq-0", "init").contains("has its data"));

    // One after the other comes back empty, also the one that founded the cluster.
    for (pod, other) in [("mq-1", "mq-2"), ("mq-0", "mq-2")] {
        stage.kill(pod);
        stage.lose_volume(pod, "data");
        stage.start(pod);
        stage.ready(pod);
        assert!(stage.logs(pod, "init").contains("was forgotten"), "{}", stage.logs(pod, "init"));
        running(&stage, pod, 3);
        running(&stage, other, 3);
        members(&stage, other, 3);
    }
    assert_eq!(messages(&stage), "a b");

    // A power cut of everything, and a start from the highest.
    for pod in NODES {
        stage.kill(pod);
    }
    let begin = Instant::now();
    stage.start_all(&["mq-2", "mq-1", "mq-0"]);
    stage.ready_all(&NODES);
    publish(&stage, "c");
    println!("RabbitMQ: takes messages {:.1} s after a cold start", begin.elapsed().as_secs_f64());
    assert_eq!(messages(&stage), "a b c");

    for pod in NODES {
        for secret in [&password, &cookie] {
            let told = stage.logs(pod, SERVER) + &stage.logs(pod, "init");
            assert!(!told.contains(secret.as_str()), "a secret in the log of {pod}");
            let lines = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null";
            let seen = stage.exec(pod, SERVER, &["sh", "-c", lines]).text();
            assert!(!seen.contains(secret.as_str()), "a secret in a process of {pod}");
        }
        assert!(stage.probe(pod, SERVER, "livenessProbe"));
    }
}

#[test]
fn an_empty_first_node_never_founds_a_second_cluster() {
    let Some(stage) = stage("RabbitMQ founding") else { return };
    first_start(&stage);
    for pod in NODES {
        stage.kill(pod);
    }
    stage.lose_volume("mq-0", "data");
    // Its first start has said so before.
    let waits = || stage.logs("mq-0", "init").matches("waits for one that runs").count();
    let before = waits();
    stage.start_until("mq-0", "it waits", || waits() > before);
    stage.start_all(&["mq-2", "mq-1", "mq-0"]);
    stage.ready_all(&NODES);
    running(&stage, "mq-0", 3);
    assert_eq!(messages(&stage), "a");
}

#[test]
fn a_cluster_rolls_shrinks_and_grows() {
    let Some(stage) = full_stage("RabbitMQ sizes") else { return };
    first_start(&stage);
    let three = json!({"replicas": 3, "size": "dev"});

    let begin = Instant::now();
    let slower = json!({"replicas": 3, "size": "dev", "memoryPercent": 50});
    deploy(&stage, slower.clone(), Some(three));
    stage.settle();
    println!("RabbitMQ: another setting restarted three nodes in {:.1} s", begin.elapsed().as_secs_f64());
    assert_eq!(messages(&stage), "a");

    for pod in ["mq-2", "mq-1"] {
        let answer = stage.exec(pod, SERVER, &["sh", "/config/leave.sh"]);
        assert!(answer.text().contains("has left"), "{}", answer.text());
    }
    let one = json!({"replicas": 1, "size": "dev", "forgotten": [1, 2]});
    deploy(&stage, one.clone(), Some(slower));
    stage.settle();
    assert_eq!(stage.pods(), ["mq-0"]);
    running(&stage, "mq-0", 1);
    assert_eq!(messages(&stage), "a");
    publish(&stage, "b");

    deploy(&stage, json!({"replicas": 3, "size": "dev"}), Some(one));
    stage.settle();
    running(&stage, "mq-1", 3);
    members(&stage, "mq-0", 3);
    stage.kill("mq-0");
    assert_eq!(messages(&stage), "a b");
}
