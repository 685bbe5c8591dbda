//! ZooKeeper in mode reconfig, and its passwords, on real members: growth, losses, who is let in.
//! It never takes a shortcut past the rendered Job: each publish is run in the order of its stages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pods::maven::{ZOOKEEPER, jars};
use pods::{Answer, Stage, skip, wait_for};
use template_sdk::testing::Case;
use template_sdk::{Value, json};
use template_zookeeper::ZooKeeper;

const SERVER: &str = r#"#!/bin/bash
[ "$1" = start-foreground ] || exit 64
: "${ZK_SERVER_HEAP:?}" "${ZOO_LOG_DIR:?}"
exec java -Xmx160m -cp "$ZOOCFGDIR:/opt/zookeeper/lib/*" $SERVER_JVMFLAGS \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$ZOOCFGDIR/zoo.cfg"
"#;

const CLIENT: &str = r#"#!/bin/bash
exec java -Xmx64m -XX:TieredStopAtLevel=1 -cp "${ZOOCFGDIR:-/none}:/opt/zookeeper/lib/*" $CLIENT_JVMFLAGS org.apache.zookeeper.ZooKeeperMain "$@"
"#;

const CONTAINER: &str = "zookeeper";
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

/// One ensemble at a time: a small machine with a dozen JVMs proves nothing but patience.
pub(crate) static TURN: Mutex<()> = Mutex::new(());

pub(crate) fn stage(name: &str) -> Option<Stage> {
    let jars = jars("zookeeper-3.9.4", &ZOOKEEPER).map_err(|why| skip(name, &why)).ok()?;
    let stage = Stage::new(name, &["java"])?;
    stage.bind(jars, "/opt/zookeeper/lib");
    stage.tool("zkServer.sh", SERVER);
    stage.tool("zkCli.sh", CLIENT);
    Some(stage)
}

/// Values of a reconfig ensemble; metrics are off, because every JVM counts on a small machine.
pub(crate) fn values(replicas: u32, initial: u32, auth: &Value) -> Value {
    let scaling = json!({"mode": "reconfig", "initialReplicas": initial});
    json!({"replicas": replicas, "scaling": scaling, "auth": auth, "metrics": {"enabled": false}, "tickTime": 1000})
}

/// What a publish does: the Job of stage 0, the pods, the Job of stage 2.
pub(crate) fn publish(stage: &Stage, before: Option<&Value>, now: &Value) {
    let mut case = Case::new(now.clone()).name("zk");
    if let Some(before) = before {
        case = case.previous(before.clone());
    }
    stage.deploy(&case.render::<ZooKeeper>().expect("a change that passes"));
    stage.run_job("zk-rm-").ok();
    stage.settle();
    stage.run_job("zk-add-").ok();
}

pub(crate) fn host(ordinal: u32) -> String {
    format!("zk-{ordinal}.zk-headless.prod.svc")
}

fn said(stage: &Stage, ordinal: u32, word: &str) -> String {
    let pods = stage.pods();
    if pods.iter().any(|pod| *pod == format!("zk-{ordinal}")) {
        stage.ask(&host(ordinal), 2181, word)
    } else {
        String::new()
    }
}

pub(crate) fn leaders(stage: &Stage) -> Vec<u32> {
    (0..5).filter(|ordinal| said(stage, *ordinal, "srvr").contains("Mode: leader")).collect()
}

/// The ids a member has on its list.
pub(crate) fn list(stage: &Stage, ordinal: u32) -> Vec<u32> {
    let text = said(stage, ordinal, "conf");
    let id = |line: &str| line.strip_prefix("server.")?.split_once('=')?.0.parse().ok();
    text.lines().filter_map(id).collect()
}

/// Runs one command of ZooKeeper's shell against a member, logged in where a password is given.
pub(crate) fn shell(stage: &Stage, ordinal: u32, password: Option<&str>, command: &str) -> Answer {
    let script = r#"if [ -n "$3" ]; then
  printf 'Client { org.apache.zookeeper.server.auth.DigestLoginModule required username="shop" password="%s"; };\n' "$3" >/tmp/jaas
  export CLIENT_JVMFLAGS="-Djava.security.auth.login.config=/tmp/jaas -Dzookeeper.fips-mode=false"
fi
timeout 60 zkCli.sh -server "$1:2181" $2"#;
    stage.client(&["bash", "-c", script, "-", &host(ordinal), command, password.unwrap_or_default()])
}

#[track_caller]
fn holds(stage: &Stage, ordinal: u32, password: Option<&str>, path: &str, value: &str) {
    let answer = shell(stage, ordinal, password, &format!("get {path}"));
    assert!(answer.text().lines().any(|line| line == value), "member {ordinal}: {}", answer.text());
}

/// Does something while another thread looks for a second leader; returns how often it looked.
fn one_leader_while(stage: &Stage, what: impl FnOnce()) -> usize {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut looks = 0;
            while !over.load(Ordering::Relaxed) {
                let found = leaders(stage);
                assert!(found.len() < 2, "two leaders: {found:?}");
                looks += 1;
            }
            looks
        });
        what();
        over.store(true, Ordering::Relaxed);
        watch.join().expect("never two leaders")
    })
}

#[test]
fn one_member_becomes_three_with_its_data() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(stage) = stage("ZooKeeper from 1 to 3") else { return };
    let (one, three) = (values(1, 1, &json!({})), values(3, 1, &json!({})));
    publish(&stage, None, &one);
    assert_eq!(list(&stage, 0), [1]);
    shell(&stage, 0, None, "create /ku8 alone").ok();

    let address = stage.address("zk-0");
    let began = Instant::now();
    let looks = one_leader_while(&stage, || publish(&stage, Some(&one), &three));
    println!("1 to 3 members in {:.1} s, one leader in {looks} looks", began.elapsed().as_secs_f32());
    for ordinal in 0..3 {
        assert_eq!(list(&stage, ordinal), [1, 2, 3]);
        holds(&stage, ordinal, None, "/ku8", "alone");
    }
    assert_eq!((stage.address("zk-0"), stage.restarts("zk-0", CONTAINER)), (address, 0), "nobody restarted");
    let stranger = shell(&stage, 0, None, "reconfig -remove 3");
    assert!(stranger.text().contains("Insufficient permission"), "{}", stranger.text());
    assert_eq!(list(&stage, 0), [1, 2, 3]);

    // The first member loses its volume: it may not begin another ensemble, but finds the others.
    stage.kill("zk-0");
    wait_for("a leader among the others", LIMIT, || (leaders(&stage).len() == 1).then_some(()));
    stage.lose_volume("zk-0", "data");
    stage.start("zk-0");
    stage.ready("zk-0");
    assert_eq!((list(&stage, 0), leaders(&stage).len()), (vec![1, 2, 3], 1));
    holds(&stage, 0, None, "/ku8", "alone");

    // Everything stops, and begins again in the other order.
    for pod in ["zk-0", "zk-1", "zk-2"] {
        stage.stop(pod);
    }
    for pod in ["zk-2", "zk-1", "zk-0"] {
        stage.start(pod);
    }
    for pod in ["zk-2", "zk-1", "zk-0"] {
        stage.ready(pod);
    }
    holds(&stage, 2, None, "/ku8", "alone");
    let log = stage.run_job("zk-add-").ok();
    assert!(log.contains("as wanted, 3 in all"), "a Job that runs again changes nothing: {log}");
}

#[test]
fn three_become_five_behind_passwords() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(stage) = stage("ZooKeeper from 3 to 5, with SASL") else { return };
    let auth = json!({"client": true, "quorum": true, "username": "shop"});
    let (three, five) = (values(3, 3, &auth), values(5, 3, &auth));
    publish(&stage, None, &three);
    let password = stage.secret("zk-auth", "client-password");
    let known = Some(password.as_str());
    shell(&stage, 0, known, "create /ku8 before").ok();
    for ordinal in 0..3 {
        holds(&stage, ordinal, known, "/ku8", "before");
    }
    for wrong in [None, Some("wrong-password")] {
        let answer = shell(&stage, 1, wrong, "get /ku8");
        assert!(!answer.text().lines().any(|line| line == "before"), "let in: {}", answer.text());
        let answer = shell(&stage, 1, wrong, "set /ku8 stranger");
        println!("a client with {wrong:?}: {}", answer.text().lines().last().unwrap_or_default());
    }
    holds(&stage, 2, known, "/ku8", "before");

    let began = Instant::now();
    let looks = one_leader_while(&stage, || publish(&stage, Some(&three), &five));
    println!("3 to 5 members in {:.1} s, one leader in {looks} looks", began.elapsed().as_secs_f32());
    for ordinal in 0..5 {
        assert_eq!(list(&stage, ordinal), [1, 2, 3, 4, 5]);
    }
    for ordinal in [3, 4] {
        holds(&stage, ordinal, known, "/ku8", "before");
    }
    let leader = leaders(&stage)[0];
    stage.kill(&format!("zk-{leader}"));
    let began = Instant::now();
    wait_for("a new leader", LIMIT, || (leaders(&stage).len() == 1).then_some(()));
    println!("new leader of five after {:.1} s", began.elapsed().as_secs_f32());
    shell(&stage, (leader + 1) % 5, known, "set /ku8 after").ok();
    stage.settle();
    holds(&stage, leader, known, "/ku8", "after");

    let mut logs = stage.run_job("zk-add-").ok();
    for ordinal in 0..5 {
        let pod = format!("zk-{ordinal}");
        logs += &(stage.logs(&pod, CONTAINER) + &stage.logs(&pod, "secrets"));
    }
    for key in ["client-password", "quorum-password", "super-password"] {
        assert!(!logs.contains(&stage.secret("zk-auth", key)), "{key} in a log");
    }
}

#[test]
fn a_member_with_another_password_is_not_let_in() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(stage) = stage("ZooKeeper with a password between members") else { return };
    let values = json!({"replicas": 3, "auth": {"quorum": true}, "metrics": {"enabled": false}, "tickTime": 1000});
    stage.deploy(&Case::new(values).name("zk").render::<ZooKeeper>().expect("three members"));
    stage.settle();
    shell(&stage, 0, None, "create /ku8 quorum").ok();
    let right = stage.secret("zk-auth", "quorum-password");
    stage.stop("zk-2");
    stage.set_secret("zk-auth", "quorum-password", "another");
    stage.start("zk-2");
    let refused =
        |ordinal: u32| stage.logs(&format!("zk-{ordinal}"), CONTAINER).contains("Failed to authenticate using SASL");
    wait_for("a refusal", LIMIT, || (refused(0) || refused(1) || refused(2)).then_some(()));
    assert!(!stage.is_ready("zk-2"), "a member with another password serves");
    stage.stop("zk-2");
    stage.set_secret("zk-auth", "quorum-password", &right);
    stage.start("zk-2");
    stage.ready("zk-2");
    holds(&stage, 2, None, "/ku8", "quorum");
}
