//! Kafka on real brokers: topics, a lost leader, lost volumes, growth, a cold start, passwords.
//! It never runs the image's own scripts: one line of Java each stands for them.
#![expect(clippy::print_stdout, reason = "figures are what a proof is read for")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use pods::maven::jars;
use pods::{Stage, skip, wait_for};
use template_kafka::Kafka;
use template_sdk::testing::Case;
use template_sdk::{Findings, Rendered, Value, json};

const JARS: [(&str, &str, &str); 4] = [
    ("org.apache.kafka", "kafka_2.13", "4.1.0"),
    ("org.apache.kafka", "kafka-tools", "4.1.0"),
    ("org.apache.logging.log4j", "log4j-core", "2.24.3"),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),
];

/// Programs of the image, and the class each of them runs.
const PROGRAMS: [(&str, &str); 8] = [
    ("kafka-server-start", "kafka.Kafka"),
    ("kafka-storage", "kafka.tools.StorageTool"),
    ("kafka-configs", "kafka.admin.ConfigCommand"),
    ("kafka-topics", "org.apache.kafka.tools.TopicCommand"),
    ("kafka-metadata-quorum", "org.apache.kafka.tools.MetadataQuorumCommand"),
    ("kafka-console-producer", "org.apache.kafka.tools.ConsoleProducer"),
    ("kafka-console-consumer", "org.apache.kafka.tools.consumer.ConsoleConsumer"),
    ("kafka-producer-perf-test", "org.apache.kafka.tools.ProducerPerformance"),
];

const MINUTES: Duration = Duration::from_mins(2);
const SERVERS: &str = "events.prod.svc:9092";

/// A stage with Kafka's programs; the folder of programs has to outlive it.
fn stage(name: &str) -> Option<(Stage, tempfile::TempDir)> {
    let jars = jars("kafka-4.1.0", &JARS).map_err(|why| skip(name, &why)).ok()?;
    let stage = Stage::new(name, &["java"])?;
    let bin = tempfile::tempdir().expect("a folder");
    fs::set_permissions(bin.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    for (program, class) in PROGRAMS {
        // Short lives are not worth an optimising compiler.
        let text = format!(
            "#!/bin/bash\nset -eu\n[ -z \"${{LOG_DIR:-}}\" ] || mkdir -p \"$LOG_DIR\"\n\
             exec java ${{KAFKA_HEAP_OPTS:--Xmx128m}} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${{KAFKA_LOG4J_OPTS:-}} \
             -cp '/opt/kafka/libs/*' ${{KAFKA_OPTS:-}} {class} \"$@\"\n"
        );
        let file = bin.path().join(format!("{program}.sh"));
        fs::write(&file, text).expect("a program");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    stage.bind(jars, "/opt/kafka/libs");
    stage.bind(bin.path(), "/opt/kafka/bin");
    let program = "/opt/kafka/bin/kafka-topics.sh";
    wait_for("a client with its programs", MINUTES, || {
        stage.client(&["test", "-x", program]).succeeded().then_some(())
    });
    Some((stage, bin))
}

/// The smallest brokers there may be, with few partitions for offsets.
fn values(more: &Value) -> Value {
    let mut values = json!({
        "size": "custom",
        "resources": {"limits": {"memory": "768Mi"}},
        "storage": {"size": "5Gi"},
        "extraConfig": "offsets.topic.num.partitions=3",
        "topics": [{"name": "orders", "partitions": 3, "config": {"cleanup.policy": "delete", "retention.ms": "-1"}}],
    });
    template_sdk::block::add(&mut values, more);
    values
}

fn render(values: &Value) -> Rendered {
    Case::new(values.clone()).name("events").render::<Kafka>().expect("a cluster")
}

fn change(from: &Value, to: &Value) -> Result<Rendered, Findings> {
    Case::new(to.clone()).previous(from.clone()).name("events").render::<Kafka>()
}

fn start(stage: &Stage, pods: &[&str]) {
    stage.start_all(pods);
    for pod in pods {
        stage.ready(pod);
    }
}

/// One of Kafka's programs as a client runs it.
fn run(stage: &Stage, program: &str, arguments: &str) -> pods::Answer {
    stage.client(&["bash", "-c", &format!("/opt/kafka/bin/{program}.sh {arguments}")])
}

fn produce(stage: &Stage, first: u32, last: u32) {
    let arguments = format!("--bootstrap-server {SERVERS} --topic orders --producer-property acks=all");
    let script = format!("seq {first} {last} | /opt/kafka/bin/kafka-console-producer.sh {arguments}");
    stage.client(&["bash", "-c", &script]).ok();
}

/// The records of the topic, as many as asked for where there are so many.
fn consume(stage: &Stage, server: &str, enough: usize) -> Vec<String> {
    let arguments = format!(
        "--bootstrap-server {server} --topic orders --from-beginning --timeout-ms 60000 --max-messages {enough}"
    );
    run(stage, "kafka-console-consumer", &arguments).ok().lines().map(str::to_owned).collect()
}

/// Ordinal of the broker that leads the metadata.
fn leader(stage: &Stage) -> usize {
    let status = run(stage, "kafka-metadata-quorum", &format!("--bootstrap-server {SERVERS} describe --status")).ok();
    let line = status.lines().find(|line| line.starts_with("LeaderId:")).expect("a leader").to_owned();
    line.trim_start_matches("LeaderId:").trim().parse().expect("an id")
}

fn describe(stage: &Stage, topic: &str) -> String {
    run(stage, "kafka-topics", &format!("--bootstrap-server {SERVERS} --describe --topic '{topic}'")).ok()
}

/// True when every replica of every partition is in sync.
fn in_sync(description: &str) -> bool {
    let count = |line: &str, word: &str| Some(line.split_once(word)?.1.split('\t').next()?.split(',').count());
    let all = description.lines().filter_map(|line| Some((count(line, "Replicas: ")?, count(line, "Isr: ")?)));
    let all: Vec<(usize, usize)> = all.collect();
    !all.is_empty() && all.iter().all(|(replicas, isr)| replicas == isr)
}

fn wait_in_sync(stage: &Stage, topics: &str) {
    wait_for("all replicas in sync", MINUTES, || in_sync(&describe(stage, topics)).then_some(()));
}

/// How often a pod became the active controller.
fn activations(stage: &Stage, pod: &str) -> usize {
    stage.logs(pod, "kafka").matches("Completed transition to Leader").count()
}

#[test]
fn a_cluster_survives_and_grows() {
    let Some((stage, _bin)) = stage("Kafka") else { return };
    let three = values(&json!({}));
    stage.deploy(&render(&three));
    let pods = ["events-0", "events-1", "events-2"];
    let begin = Instant::now();
    start(&stage, &pods);
    println!("three brokers are ready after {:.1} s", begin.elapsed().as_secs_f32());
    let said = stage.run_job("events-job").ok();
    assert!(said.contains("Created topic orders"), "{said}");
    produce(&stage, 1, 100);
    lost_leader(&stage, &pods);
    grown(&stage, &three);
    cold_start(&stage);
}

/// The active controller is lost, with its volume, while a client writes; it comes back empty and copies everything.
fn lost_leader(stage: &Stage, pods: &[&str; 3]) {
    let at = leader(stage);
    let before: usize = pods.iter().map(|pod| activations(stage, pod)).sum();
    let volume = stage.volume(pods[(at + 1) % 3], "data").join("kafka");
    let written = || (0..3).map(|partition| size(&volume.join(format!("orders-{partition}")))).sum::<u64>();
    let written_before = written();
    let arguments = format!(
        "--topic orders --num-records 1500 --record-size 50 --throughput 150 --producer-props acks=all \
         bootstrap.servers={SERVERS} request.timeout.ms=10000 linger.ms=0 batch.size=1"
    );
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| run(stage, "kafka-producer-perf-test", &arguments).ok());
        wait_for("a client that writes", MINUTES, || (written() > written_before + 4096).then_some(()));
        let begin = Instant::now();
        stage.power_off(pods[at]);
        wait_for("another active controller", MINUTES, || {
            (pods.iter().map(|pod| activations(stage, pod)).sum::<usize>() > before).then_some(())
        });
        println!("another controller is active {:.1} s after the loss", begin.elapsed().as_secs_f32());
        let said = writer.join().expect("a client");
        assert!(said.contains("1500 records sent"), "{said}");
        let latency = said.lines().last().and_then(|line| line.split("avg latency, ").nth(1)).unwrap_or_default();
        println!("a client that went on writing waited at most {}", latency.split(',').next().unwrap_or_default());
    });
    stage.lose_volume(pods[at], "data");
    start(stage, &[pods[at]]);
    assert_eq!(stage.logs(pods[at], "init").matches("new volume").count(), 2);
    wait_in_sync(stage, "orders");
    let copied = stage.volume(pods[at], "data").join("kafka");
    assert!((0..3).any(|partition| size(&copied.join(format!("orders-{partition}"))) > 0));
}

/// Bytes of the records of one partition.
fn size(partition: &std::path::Path) -> u64 {
    fs::metadata(partition.join("00000000000000000000.log")).map_or(0, |found| found.len())
}

/// From three brokers over four to five, with a crash in the middle of a format.
fn grown(stage: &Stage, three: &Value) {
    let four = values(&json!({"brokers": 4}));
    let rendered = change(three, &four).expect("growth");
    assert!(rendered.warnings.has("kafka.brokers.grow"));
    stage.deploy(&rendered);
    let there = || stage.pods().iter().any(|pod| pod == "events-3");
    stage.start_until("events-3", "a format that begins", || {
        there() && stage.volume("events-3", "data").join("kafka").is_dir()
    });
    start(stage, &["events-3"]);
    let mut five = values(&json!({"brokers": 5}));
    five["topics"][0]["partitions"] = json!(4);
    five["topics"][0]["config"]["segment.bytes"] = json!("1048576");
    template_sdk::block::add(
        &mut five,
        &json!({"topics": [{"name": "wide", "partitions": 5, "replicationFactor": 5}]}),
    );
    stage.deploy(&change(&four, &five).expect("growth"));
    start(stage, &["events-4"]);
    let said = stage.run_job("events-job").ok();
    assert!(said.contains("Created topic wide") && !said.contains("Created topic orders"), "{said}");
    assert!(said.contains("topic orders: 3 partitions became 4"), "{said}");
    wait_in_sync(stage, "orders|wide");
    let orders = describe(stage, "orders");
    assert!(orders.contains("PartitionCount: 4") && orders.contains("segment.bytes=1048576"), "{orders}");
    let roles = fs::read_to_string(stage.volume("events-4", "data").join("kafka/meta.properties")).expect("an id");
    assert!(roles.contains("node.id=4"), "{roles}");
    assert!(change(&five, three).expect_err("a shrink").has("kafka.brokers.shrink"));
}

/// Everything stops, and starts again from the last to the first; a volume is never given to another cluster.
fn cold_start(stage: &Stage) {
    let mut pods = ["events-0", "events-1", "events-2", "events-3", "events-4"];
    std::thread::scope(|scope| {
        for pod in pods {
            scope.spawn(move || stage.stop(pod));
        }
    });
    let id = stage.secret("events-cluster", "cluster-id");
    stage.set_secret("events-cluster", "cluster-id", "aaaaaaaaaaaaaaaaaaaaa");
    let why = stage.try_start("events-4").expect_err("another cluster");
    assert!(why.contains(&format!("belongs to the cluster {id}A")), "{why}");
    stage.set_secret("events-cluster", "cluster-id", &id);
    pods.reverse();
    let begin = Instant::now();
    for pod in pods {
        stage.start(pod);
    }
    for pod in pods {
        stage.ready(pod);
    }
    println!("five brokers are ready after a cold start in {:.1} s", begin.elapsed().as_secs_f32());
    assert!(stage.logs("events-0", "init").contains("volume as it was"));
    let records = consume(stage, "events-4.events-headless.prod.svc:9092", 1600);
    let numbers: BTreeSet<u32> = records.iter().filter_map(|record| record.parse().ok()).collect();
    assert_eq!((records.len(), numbers), (1600, (1..=100).collect()));
}

#[test]
fn passwords_are_asked_for_everywhere() {
    let Some((stage, _bin)) = stage("Kafka with passwords") else { return };
    // Load balancers are not here; the names stand for their addresses, and lead to the listener for outside.
    let hosts: Vec<String> = (0..2).map(|ordinal| format!("events-{ordinal}.events-headless.prod.svc")).collect();
    let values = values(&json!({
        "controllers": 1, "brokers": 2, "auth": {"enabled": true, "username": "shop"},
        "externalAccess": {"mode": "loadBalancer", "hosts": hosts},
    }));
    stage.deploy(&render(&values));
    start(&stage, &["events-0", "events-1"]);
    stage.run_job("events-job").ok();
    let password = stage.secret("events-auth", "password");
    let list = |server: &str, mechanism: &str, user: &str, password: &str| {
        let module = if mechanism == "PLAIN" { "plain.PlainLoginModule" } else { "scram.ScramLoginModule" };
        let script = format!(
            "printf '%s\\n' security.protocol=SASL_PLAINTEXT sasl.mechanism={mechanism} \
             'sasl.jaas.config=org.apache.kafka.common.security.{module} required username=\"{user}\" password=\"{password}\";' \
             default.api.timeout.ms=20000 request.timeout.ms=15000 >/tmp/client && \
             /opt/kafka/bin/kafka-topics.sh --bootstrap-server {server} --command-config /tmp/client --describe"
        );
        stage.client(&["bash", "-c", &script])
    };
    for server in [SERVERS.to_owned(), format!("{}:9095", hosts[1])] {
        let found = list(&server, "SCRAM-SHA-512", "shop", &password).ok();
        assert!(in_sync(&found) && found.contains("ReplicationFactor: 2"), "{found}");
    }
    let refused = list(SERVERS, "SCRAM-SHA-512", "shop", "wrong");
    assert!(!refused.succeeded() && refused.text().contains("invalid credentials"), "{}", refused.text());
    // Among brokers and to the controller neither a client's password opens the door, nor none.
    for port in ["9093", "9094"] {
        let refused = list(&format!("events-0.events-headless.prod.svc:{port}"), "PLAIN", "internal", "wrong");
        assert!(!refused.succeeded() && refused.text().contains("Authentication failed"), "{}", refused.text());
    }
    let arguments =
        format!("--bootstrap-server {SERVERS} --describe --command-config <(echo default.api.timeout.ms=8000)");
    assert!(!run(&stage, "kafka-topics", &arguments).succeeded());
    // No password is in what anybody can read: neither in the log nor in the list of processes.
    let internal = stage.secret("events-cluster", "internal-password");
    let processes = stage.exec("events-0", "kafka", &["ps", "-eo", "args"]).ok();
    let said = stage.logs("events-0", "kafka") + &stage.logs("events-0", "init") + &processes;
    assert!(![internal, password].iter().any(|secret| said.contains(secret)));
}
