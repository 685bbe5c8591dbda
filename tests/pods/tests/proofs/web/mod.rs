//! A web service on a real server program: rollouts and shutdowns under load, its environment, its migration.
//! It never relies on the program to stop well: the one that runs here drops everything when it is told to.

use std::time::Duration;

use pods::{Answer, Stage, wait_for};
use template_sdk::testing::Case;
use template_sdk::{Output, Rendered, Value, json};
use template_web::Web;

const SERVER: &str = include_str!("server.py");
const LOAD: &str = include_str!("load.py");
const URL: &str = "http://shop.prod.svc:8080";
const LONG: Duration = Duration::from_mins(2);

/// Values of a service that runs `server.py`, with others laid over them.
fn values(more: &Value) -> Value {
    let mut values = json!({
        "image": "docker.io/library/python:3.13-slim",
        "command": ["python3", "/app/server.py"],
        "configFiles": [{"path": "/app/server.py", "content": SERVER}],
        "shutdown": {"drainSeconds": 3, "graceSeconds": 20},
        "env": {"VERSION": "one"},
    });
    template_sdk::block::add(&mut values, more);
    values
}

fn shop(more: &Value) -> Rendered {
    Case::new(values(more)).name("shop").render::<Web>().expect("a web service")
}

fn stage(name: &str) -> Option<Stage> {
    Stage::new(name, &["python3"])
}

/// One request from a client's pod.
fn get(stage: &Stage, url: &str) -> Answer {
    let script = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=60).read().decode())";
    stage.client(&["python3", "-c", script, url])
}

fn up(stage: &Stage, pods: &[&str]) {
    stage.start_all(pods);
    for pod in pods {
        stage.ready(pod);
    }
    // The first command may be faster than the client's own root.
    let rooted = || stage.client(&["test", "-e", "/etc/.pod/hosts"]).succeeded().then_some(());
    wait_for("the client's pod", LONG, rooted);
}

#[test]
fn a_rollout_under_load_loses_no_request() {
    let Some(stage) = stage("web rolls under load") else { return };
    stage.deploy(&shop(&json!({})));
    up(&stage, &["shop-0", "shop-1"]);
    assert_eq!(get(&stage, URL).ok(), "one");
    let said = std::thread::scope(|scope| {
        let load = scope.spawn(|| stage.client(&["python3", "-c", LOAD, &format!("{URL}/slow"), "6"]).ok());
        wait_for("requests on both pods", LONG, || {
            ["shop-0", "shop-1"].iter().all(|pod| stage.logs(pod, "web").contains("begun")).then_some(())
        });
        stage.deploy(&shop(&json!({"env": {"VERSION": "two"}})));
        stage.settle();
        stage.client(&["touch", "/tmp/end"]).ok();
        load.join().expect("the load")
    });
    println!("web: while two pods were replaced: {said}");
    assert!(said.ends_with(", 0 not") && !said.starts_with("0 "), "{said}");
    assert_eq!(get(&stage, URL).ok(), "two");
    assert_eq!(stage.pods().iter().filter(|pod| pod.starts_with("shop-")).count(), 2);
}

/// Stops the only pod while a request is under way: the answer of that request, and of one sent to the pod's own
/// address when the Service already sent nobody there.
fn stopped(stage: &Stage, drain: u32) -> (Answer, Option<Answer>, Duration) {
    stage.deploy(&shop(&json!({"replicas": 1, "shutdown": {"drainSeconds": drain, "graceSeconds": 60}})));
    up(stage, &["shop-0"]);
    let address = stage.address("shop-0");
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| get(stage, &format!("{URL}/slow")));
        wait_for("the request to begin", LONG, || stage.logs("shop-0", "web").contains("begun").then_some(()));
        let stop = scope.spawn(|| stage.stop("shop-0"));
        let late = (drain > 0).then(|| {
            wait_for("the Service to send nobody", LONG, || (!get(stage, URL).succeeded()).then_some(()));
            get(stage, &format!("http://{address}:8080"))
        });
        let took = stop.join().expect("a stop");
        assert!(took >= Duration::from_secs(u64::from(drain)), "{took:?}");
        (slow.join().expect("a request"), late, took)
    })
}

#[test]
fn the_drain_is_what_saves_requests() {
    let Some(stage) = stage("web drains") else { return };
    let (slow, late, took) = stopped(&stage, 15);
    println!("web: stopped after {:.1} s with a drain of 15 s", took.as_secs_f64());
    assert_eq!(slow.ok(), "one", "begun before the stop");
    assert_eq!(late.expect("asked").ok(), "one", "from somebody who has not heard of the stop");
    let other = self::stage("web without a drain").expect("a second stage");
    let (slow, ..) = stopped(&other, 0);
    assert!(!slow.succeeded(), "without a drain the program drops what it is doing: {}", slow.text());
}

#[test]
fn environment_files_and_folders_are_as_rendered() {
    let Some(stage) = stage("web environment") else { return };
    let database = Output::new("primary", "mysql", "orders-db.prod.svc", 3306)
        .with("database", "orders")
        .with("username", "a$b")
        .password("orders-db-auth", "password")
        .uri("mysql://{username}:{password}@{host}:{port}/{database}");
    let more = json!({
        "env": {"GREETING": "$(DB_HOST) $(API_KEY) $(UNKNOWN)"},
        "secretEnv": {"API_KEY": {"secretRef": {"name": "shop-api", "key": "k"}}, "SESSION": {"generate": {"length": 32}}},
        "configFiles": [{"path": "/etc/shop.conf", "content": "currency = EUR\n"}],
    });
    let rendered = Case::new(values(&more)).name("shop").bind("db", database.value().clone()).render::<Web>();
    stage.set_secret("orders-db-auth", "password", "dbpass24");
    stage.set_secret("shop-api", "k", "apikey24");
    stage.deploy(&rendered.expect("a web service"));
    up(&stage, &["shop-0"]);
    let run = |script: &str| stage.exec("shop-0", "web", &["sh", "-c", script]);
    assert_eq!(run("echo $DB_HOST:$DB_PORT $DB_USERNAME").ok(), "orders-db.prod.svc:3306 a$b");
    assert_eq!(run("echo $DB_URL").ok(), "mysql://a$b:dbpass24@orders-db.prod.svc:3306/orders");
    assert_eq!(run("echo \"$GREETING\"").ok(), "orders-db.prod.svc apikey24 $(UNKNOWN)");
    assert_eq!(run("printf %s $SESSION").ok(), stage.secret("shop-auth", "SESSION"));
    assert_eq!(run("cat /etc/shop.conf; test -f /etc/passwd && echo beside").ok(), "currency = EUR\nbeside");
    assert_eq!(run("id -u; touch /tmp/a && echo written").ok(), "10001\nwritten");
    assert!(!run("touch /app/a").succeeded() && !run("echo >> /etc/shop.conf").succeeded(), "read-only");
}

/// A ledger, and a shop bound to it: both as one render.
fn bound(more: &Value) -> Rendered {
    let ledger = Case::new(values(&json!({"replicas": 1}))).name("ledger").render::<Web>().expect("a ledger");
    let shop = Case::new(values(more)).name("shop").bind("ledger", ledger.outputs[0].value().clone());
    let mut both = shop.render::<Web>().expect("a shop");
    both.objects.extend(ledger.objects);
    both
}

#[test]
fn a_migration_runs_before_the_version_that_needs_it() {
    let Some(stage) = stage("web migrates") else { return };
    let script =
        "import os, urllib.request as u; u.urlopen(os.environ['LEDGER_URL'] + '/schema', b'2', 5); print('moved')";
    stage.deploy(&bound(&json!({"replicas": 1})));
    up(&stage, &["shop-0"]);
    stage.deploy(&bound(&json!({
        "replicas": 1,
        "env": {"VERSION": "two", "NEEDS": "2"},
        "migration": {"command": ["python3", "-c", script], "retries": 1},
    })));
    let failed = stage.run_job("shop-migrate");
    assert!(!failed.succeeded(), "the ledger is not there yet: {}", failed.text());
    assert_eq!(get(&stage, URL).ok(), "one", "a migration that failed changes no pod");
    up(&stage, &["ledger-0"]);
    stage.start("shop-1");
    assert!(!stage.probe("shop-1", "web", "readinessProbe"), "the new version needs the migration");
    assert_eq!(stage.run_job("shop-migrate").ok(), "moved");
    assert_eq!(get(&stage, URL).ok(), "one", "and the old one goes on while it runs");
    stage.ready("shop-1");
    stage.settle();
    assert_eq!(get(&stage, URL).ok(), "two");
}
