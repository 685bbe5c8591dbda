//! ZooKeeper in static mode on real members: quorum, losses, and every step of scaling.
//! It never takes a member's word for the data: every member is asked for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pods::maven::{ZOOKEEPER, jars};
use pods::{Stage, skip, wait_for};
use serde_json::{Value, json};
use template_sdk::testing::Case;
use template_sdk::{Findings, Rendered};
use template_zookeeper::ZooKeeper;

/// Stands for the image's launcher: same variables, same configuration, the jars from Maven.
const LAUNCHER: &str = r#"#!/bin/bash
[ "$1" = start-foreground ] || exit 64
: "${ZK_SERVER_HEAP:?}" "${ZOO_LOG_DIR:?}"
exec java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$ZOOCFGDIR:/opt/zookeeper/lib/*" $SERVER_JVMFLAGS \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$ZOOCFGDIR/zoo.cfg"
"#;

/// The software's own shell, told what to do on standard input.
const SHELL: &str = r#"printf '%s\n' "$2" | exec java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -cp '/opt/zookeeper/lib/*' org.apache.zookeeper.ZooKeeperMain -server "$1:2181" 2>&1"#;

const CONTAINER: &str = "zookeeper";
const LIMIT: Duration = Duration::from_mins(2);

/// A stage with ZooKeeper's programs.
pub(crate) fn stage(name: &str) -> Option<Stage> {
    let jars = jars("zookeeper-3.9.4", &ZOOKEEPER).map_err(|why| skip(name, &why)).ok()?;
    let stage = Stage::new(name, &["java"])?;
    stage.bind(jars, "/opt/zookeeper/lib");
    stage.tool("zkServer.sh", LAUNCHER);
    Some(stage)
}

/// Runs lines of the software's own shell against a host.
pub(crate) fn shell(stage: &Stage, host: &str, lines: &str) -> String {
    stage.client(&["bash", "-c", SHELL, "-", host, lines]).text()
}

/// The name of a member.
pub(crate) fn member(pod: &str) -> String {
    format!("{pod}.zk-headless.prod.svc")
}

/// Waits until a host has this data at a path.
#[track_caller]
pub(crate) fn has(stage: &Stage, host: &str, path: &str, data: &str) {
    let text = shell(stage, host, &format!("sync /\nget {path}"));
    assert!(text.lines().any(|line| line == data), "{host} has no {data} at {path}: {text}");
}

/// Members that say they lead, asked twice where there are several: a change of leaders is no second leader.
pub(crate) fn leaders(stage: &Stage) -> Vec<String> {
    let leads = |pod: &String| stage.ask(&member(pod), 2181, "srvr").contains("Mode: leader");
    let all: Vec<String> = stage.pods().into_iter().filter(leads).collect();
    if all.len() < 2 { all } else { all.into_iter().filter(leads).collect() }
}

/// The one leader.
#[track_caller]
pub(crate) fn leader(stage: &Stage) -> String {
    wait_for("a leader", LIMIT, || leaders(stage).pop())
}

fn rendered(values: &Value, previous: &Value) -> Result<Rendered, Findings> {
    Case::new(values.clone()).name("zk").previous(previous.clone()).render::<ZooKeeper>()
}

fn fresh(values: &Value) -> Rendered {
    rendered(values, &Value::Null).expect("values that are accepted")
}

#[test]
fn three_members_survive_losses() {
    let Some(stage) = stage("ZooKeeper: losses") else { return };
    let pods = ["zk-0", "zk-1", "zk-2"];
    stage.deploy(&fresh(&json!({"replicas": 3})));
    stage.start("zk-0");
    wait_for("a member alone to live", LIMIT, || stage.probe("zk-0", CONTAINER, "livenessProbe").then_some(()));
    assert!(!stage.probe("zk-0", CONTAINER, "readinessProbe"), "a member without a quorum is not ready");
    stage.start_until("zk-1", "a volume", || stage.volume("zk-1", "data").join("lost+found").exists());
    stage.start_all(&["zk-1", "zk-2"]);
    stage.ready_all(&pods);
    assert_eq!(stage.exec("zk-0", CONTAINER, &["id", "-u"]).ok(), "1000");
    shell(&stage, "zk.prod.svc", "create /ku8 first");

    let old = leader(&stage);
    let begin = Instant::now();
    stage.power_off(&old);
    let new = wait_for("a new leader", LIMIT, || leaders(&stage).into_iter().find(|pod| *pod != old));
    println!("ZooKeeper: a new leader {:.1} s after the power cut of the old one", begin.elapsed().as_secs_f64());
    shell(&stage, "zk.prod.svc", "set /ku8 second");
    has(&stage, &member(&new), "/ku8", "second");
    // Its volume is as it was: the id stays, and what it missed is sent.
    stage.start(&old);
    stage.ready(&old);
    assert!(stage.logs(&old, "init").contains("volume as it was"));
    has(&stage, &member(&old), "/ku8", "second");

    let follower = pods.into_iter().find(|pod| *pod != leader(&stage)).expect("a follower");
    stage.kill(follower);
    stage.lose_volume(follower, "data");
    stage.start(follower);
    stage.ready(follower);
    has(&stage, &member(follower), "/ku8", "second");

    let old = leader(&stage);
    let begin = Instant::now();
    stage.kill(&old);
    wait_for("a new leader", LIMIT, || leaders(&stage).into_iter().find(|pod| *pod != old));
    println!("ZooKeeper: a new leader {:.1} s after the old one was killed", begin.elapsed().as_secs_f64());
    for pod in pods.into_iter().filter(|pod| *pod != old) {
        stage.stop(pod);
    }
    for pod in ["zk-2", "zk-1", "zk-0"] {
        stage.start(pod);
    }
    stage.ready_all(&pods);
    for pod in pods {
        has(&stage, &member(pod), "/ku8", "second");
        assert_eq!(stage.restarts(pod, CONTAINER), 0);
    }
    assert_eq!(leaders(&stage).len(), 1);
    let said = stage.logs("zk-0", CONTAINER);
    assert!(said.contains("[myid:") && !said.contains("DEBUG"), "logback.xml is in use, at INFO");
}

/// Publishes a step and lets the controllers follow, while somebody looks for a second leader.
fn step(stage: &Stage, before: &Value, after: &Value) {
    stage.deploy(&rendered(after, before).expect("a step that is allowed"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let leaders = leaders(stage);
                assert!(leaders.len() < 2, "{before} to {after}: two leaders: {leaders:?}");
                std::thread::sleep(Duration::from_millis(300));
            }
        });
        let settled = scope.spawn(|| stage.settle()).join();
        done.store(true, Ordering::SeqCst);
        assert!(settled.is_ok(), "{before} to {after}");
    });
}

/// Three members and some data; the one with this ordinal leads, or does not.
fn three(stage: &Stage, pod: &str, leads: bool) {
    stage.deploy(&fresh(&json!({"replicas": 3})));
    stage.settle();
    shell(stage, "zk.prod.svc", "create /ku8 0\ncreate /ku8/step-0 kept");
    let now = leader(stage);
    if (now == pod) != leads {
        // Of the other two the higher one follows, and this one comes back as a follower.
        stage.stop(&now);
        stage.start(&now);
        stage.ready(&now);
    }
    assert_eq!(leader(stage) == pod, leads);
}

/// What `zookeeper.scale.leader` warns of, and its way out.
#[test]
fn a_rollout_that_stopped_at_the_leader_goes_on() {
    let Some(stage) = stage("ZooKeeper: a rollout that stopped") else { return };
    three(&stage, "zk-2", true);
    let four = json!({"replicas": 5, "scaling": {"via": 4}});
    let step = rendered(&four, &json!({"replicas": 3})).expect("a step that is allowed");
    assert!(step.warnings.iter().any(|finding| finding.code == "zookeeper.scale.leader"), "{:?}", step.warnings);
    stage.deploy(&step);
    stage.start("zk-3");
    stage.ready("zk-3");
    stage.stop("zk-2");
    stage.start("zk-2");
    let now = wait_for("a leader by the old size", LIMIT, || leaders(&stage).into_iter().find(|pod| pod != "zk-3"));
    shell(&stage, &member(&now), "set /ku8 meanwhile");
    // One that still goes by the old size may lead next: then it is its turn, as it would be in the rollout.
    for pod in [now.as_str(), if now == "zk-0" { "zk-1" } else { "zk-0" }] {
        stage.stop(pod);
        stage.start(pod);
        leader(&stage);
    }
    stage.ready_all(&["zk-0", "zk-1", "zk-2", "zk-3"]);
    for pod in stage.pods() {
        has(&stage, &member(&pod), "/ku8", "meanwhile");
    }
    assert_eq!(leaders(&stage).len(), 1);
}

#[test]
fn an_ensemble_grows_by_one_and_shrinks_by_two() {
    let Some(stage) = stage("ZooKeeper: scaling") else { return };
    let sizes = [
        json!({"replicas": 3}),
        json!({"replicas": 5, "scaling": {"via": 4}}),
        json!({"replicas": 5}),
        json!({"replicas": 3}),
    ];
    three(&stage, "zk-2", false);
    for (number, pair) in sizes.windows(2).enumerate() {
        step(&stage, &pair[0], &pair[1]);
        shell(&stage, "zk.prod.svc", &format!("set /ku8 {0}\ncreate /ku8/step-{0} kept", number + 1));
        if number == 1 {
            assert_eq!(stage.pods().len(), 5);
        }
        for pod in stage.pods() {
            has(&stage, &member(&pod), "/ku8", &(number + 1).to_string());
        }
    }
    assert_eq!(stage.pods(), ["zk-0", "zk-1", "zk-2"]);
    for pod in stage.pods() {
        let text = shell(&stage, &member(&pod), "ls /ku8");
        assert!(text.contains("[step-0, step-1, step-2, step-3]"), "{pod}: {text}");
    }
    assert_eq!(leaders(&stage).len(), 1);
}

#[test]
fn steps_that_lose_data_are_refused() {
    for (old, new, code) in
        [(1, 3, "zookeeper.scale.odd-jump"), (3, 5, "zookeeper.scale.odd-jump"), (3, 1, "zookeeper.scale.shrink-jump")]
    {
        let refused = rendered(&json!({"replicas": new}), &json!({"replicas": old})).expect_err("a refusal");
        assert!(refused.iter().any(|finding| finding.code == code), "{old} to {new}: {refused:?}");
    }
}

#[test]
fn one_member_serves_alone_and_exports_metrics() {
    let Some(stage) = stage("ZooKeeper: one member") else { return };
    let values = json!({"replicas": 1, "storage": {"dataLog": {"enabled": true}}, "minSessionTimeout": 6000});
    stage.deploy(&fresh(&values));
    stage.start("zk-0");
    stage.ready("zk-0");
    shell(&stage, "zk.prod.svc", "create /ku8 alone");
    assert!(stage.volume("zk-0", "datalog").join("version-2").is_dir(), "the log is on its own volume");
    let metrics = stage.ask(&member("zk-0"), 7000, "GET /metrics HTTP/1.0\r\n\r\n");
    assert!(metrics.contains("znode_count"), "{metrics}");
    stage.stop("zk-0");
    stage.start("zk-0");
    stage.ready("zk-0");
    has(&stage, "zk.prod.svc", "/ku8", "alone");
}

#[test]
fn the_id_of_a_volume_is_never_changed() {
    let Some(stage) = stage("ZooKeeper: ids") else { return };
    stage.deploy(&fresh(&json!({"replicas": 3, "firstServerId": 5})));
    stage.start("zk-2");
    let id = stage.volume("zk-2", "data").join("myid");
    let read = || std::fs::read_to_string(&id).unwrap_or_default();
    assert_eq!(read(), "7\n");
    stage.kill("zk-2");
    std::fs::write(&id, "3\n").expect("another id");
    let refused = stage.try_start("zk-2").expect_err("a refusal");
    assert!(refused.contains("belongs to member 3"), "{refused}");
    assert_eq!(read(), "3\n");
}
