//! MySQL on real servers: one alone, and a primary with replicas through losses, crashes and promotions.
//! It never takes MariaDB for MySQL: the servers are of Debian unstable, or the proof is skipped.

use std::time::{Duration, Instant};

use pods::{Answer, Stage, debian, skip, wait_for};
use template_mysql::MySql;
use template_sdk::testing::Case;
use template_sdk::{Rendered, Value, json};

const PATIENCE: Duration = Duration::from_mins(2);
const MEMBERS: [&str; 3] = ["db-0", "db-1", "db-2"];

fn stage(name: &str) -> Option<Stage> {
    let packages = ["mysql-server-core", "mysql-client-core"];
    let root = debian::sid("sid-mysql", &packages).map_err(|why| skip(name, &why)).ok()?;
    let stage = Stage::new(name, &[])?;
    stage.root(root);
    stage.leave_out("exporter");
    Some(stage)
}

fn values(more: Value) -> Value {
    let mut values = json!({"database": "orders", "version": "9.7", "size": "dev"});
    let more = more.as_object().cloned().unwrap_or_default();
    values.as_object_mut().expect("an object").extend(more);
    values
}

fn replicated(primary: u32, more: Value) -> Value {
    let mut replication = json!({"primaryOrdinal": primary});
    replication.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    values(json!({"topology": "replication", "replication": replication}))
}

fn rendered(case: &Case) -> Rendered {
    case.clone().name("db").render::<MySql>().expect("the values are good")
}

/// Publishes a change and does what the controllers would do; prints how long that takes.
fn change(stage: &Stage, what: &str, from: &Value, to: &Value) {
    let started = Instant::now();
    stage.deploy(&rendered(&Case::new(to.clone()).previous(from.clone())));
    stage.settle();
    println!("MySQL: {what} after {:.1} s", started.elapsed().as_secs_f32());
}

/// What an application gets at an address.
fn ask(stage: &Stage, host: &str, sql: &str) -> Answer {
    let words = "MYSQL_PWD=$1 exec mysql --connect-timeout=10 -h \"$2\" -u orders -Nse \"$3\" orders";
    stage.client(&["sh", "-c", words, "-", &stage.secret("db-auth", "password"), host, sql])
}

/// What the administrator gets inside a pod.
fn root(stage: &Stage, pod: &str, sql: &str) -> String {
    let words = "MYSQL_PWD=$1 exec mysql -S /var/run/mysqld/mysqld.sock -uroot -Nse \"$2\"";
    stage.exec(pod, "mysql", &["sh", "-c", words, "-", &stage.secret("db-auth", "root-password"), sql]).ok()
}

fn write(stage: &Stage, id: u32) {
    ask(stage, "db.prod.svc", &format!("INSERT INTO kept VALUES ({id})")).ok();
}

/// Waits until a member holds so many rows.
fn holds(stage: &Stage, pod: &str, rows: u32) {
    let rows = rows.to_string();
    wait_for(&format!("{rows} rows on {pod}"), PATIENCE, || {
        (root(stage, pod, "SELECT COUNT(*) FROM orders.kept") == rows).then_some(())
    });
}

fn start(stage: &Stage, pods: &[&str]) {
    stage.start_all(pods);
    pods.iter().for_each(|pod| stage.ready(pod));
}

/// A primary and two replicas, with a table that holds one row.
fn first_boot(stage: &Stage, more: Value) -> Value {
    let values = replicated(0, more);
    stage.deploy(&rendered(&Case::new(values.clone())));
    let started = Instant::now();
    start(stage, &MEMBERS);
    println!("MySQL: a primary and two replicas, copied at once, after {:.1} s", started.elapsed().as_secs_f32());
    wait_for("the client", PATIENCE, || stage.client(&["mysql", "--version"]).succeeded().then_some(()));
    ask(stage, "db.prod.svc", "CREATE TABLE kept (id INT PRIMARY KEY)").ok();
    write(stage, 1);
    MEMBERS.iter().for_each(|pod| holds(stage, pod, 1));
    values
}

#[test]
fn replicas_follow_and_come_back() {
    let Some(stage) = stage("MySQL replication") else { return };
    first_boot(&stage, json!({"semiSync": true}));
    assert_eq!(stage.exec("db-0", "mysql", &["id", "-u"]).ok(), "999");
    for replica in ["db-1", "db-2"] {
        let refused =
            ask(&stage, &format!("{replica}.db-headless.prod.svc.cluster.local"), "INSERT INTO kept VALUES (9)");
        assert!(refused.text().contains("ERROR 1290"), "{}", refused.text());
        assert!(stage.logs(replica, "init").contains("copying the data of db-0"));
    }
    assert!(ask(&stage, "db-read.prod.svc", "SELECT id FROM kept").ok() == "1");
    assert_eq!(root(&stage, "db-0", "SELECT @@rpl_semi_sync_source_enabled"), "1");
    assert_eq!(root(&stage, "db-1", "SELECT @@super_read_only"), "1");
    no_password_is_told(&stage);

    // A second boot copies nothing.
    stage.stop("db-1");
    start(&stage, &["db-1"]);
    assert!(!stage.logs("db-1", "init").rsplit("ready as the").next().unwrap_or_default().contains("copying"));
    write(&stage, 2);
    holds(&stage, "db-1", 2);

    stage.kill("db-2");
    stage.lose_volume("db-2", "data");
    write(&stage, 3);
    start(&stage, &["db-2"]);
    holds(&stage, "db-2", 3);

    stage.kill("db-0");
    assert!(!ask(&stage, "db.prod.svc", "SELECT 1").succeeded(), "nothing fails over by itself");
    assert!(ask(&stage, "db-read.prod.svc", "SELECT COUNT(*) FROM kept").ok() == "3");
    let killed = Instant::now();
    start(&stage, &["db-0"]);
    write(&stage, 4);
    println!("MySQL: writes again {:.1} s after the primary's pod came back", killed.elapsed().as_secs_f32());
    MEMBERS.iter().for_each(|pod| holds(&stage, pod, 4));
}

/// No log and no process shows a password.
fn no_password_is_told(stage: &Stage) {
    for key in ["root-password", "password", "replication-password", "monitor-password"] {
        let secret = stage.secret("db-auth", key);
        for pod in MEMBERS {
            let told = [stage.logs(pod, "init"), stage.logs(pod, "mysql")].concat();
            assert!(!told.contains(&secret), "{key} in a log of {pod}");
        }
        let lines = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null";
        assert!(!stage.exec("db-0", "mysql", &["sh", "-c", lines]).text().contains(&secret), "{key} in a process");
    }
}

#[test]
fn the_role_of_the_primary_moves_with_all_data() {
    let Some(stage) = stage("MySQL promotion") else { return };
    let at_0 = first_boot(&stage, json!({}));
    let at_1 = replicated(1, json!({}));
    let codes = |from: &Value, to: &Value| rendered(&Case::new(to.clone()).previous(from.clone())).warnings;
    assert!(codes(&at_0, &at_1).has("mysql.promotion.guided"));

    change(&stage, "db-1 is the primary and all members restarted", &at_0, &at_1);
    assert!(stage.logs("db-1", "init").contains("making db-0 read-only"));
    write(&stage, 2);
    MEMBERS.iter().for_each(|pod| holds(&stage, pod, 2));
    assert_eq!(root(&stage, "db-0", "SELECT @@super_read_only"), "1");
    assert_eq!(root(&stage, "db-1", "SELECT @@super_read_only"), "0");

    // Everything stops, and comes back from the highest ordinal.
    for pod in MEMBERS {
        stage.stop(pod);
    }
    let cold = Instant::now();
    start(&stage, &["db-2", "db-1", "db-0"]);
    write(&stage, 3);
    println!("MySQL: writes {:.1} s after a cold start", cold.elapsed().as_secs_f32());
    MEMBERS.iter().for_each(|pod| holds(&stage, pod, 3));

    // Back to a lower ordinal: the old primary restarts first and waits read-only.
    change(&stage, "db-0 is the primary again", &at_1, &at_0);
    write(&stage, 4);
    MEMBERS.iter().for_each(|pod| holds(&stage, pod, 4));
}

#[test]
fn a_lost_primary_is_replaced_only_by_force_and_held_back_when_it_returns() {
    let Some(stage) = stage("MySQL lost primary") else { return };
    let at_0 = first_boot(&stage, json!({}));
    // The last write does not leave the primary: the replicas are cut off.
    stage.cut("db-1");
    stage.cut("db-2");
    write(&stage, 2);
    stage.power_off("db-0");
    stage.mend("db-1");
    stage.mend("db-2");

    let waiting = replicated(1, json!({}));
    stage.deploy(&rendered(&Case::new(waiting.clone()).previous(at_0)));
    stage.stop("db-1");
    stage.start_until("db-1", "db-1 waits for the old primary", || {
        stage.logs("db-1", "init").contains("publish replication.promotion: force")
    });

    let forced = replicated(1, json!({"promotion": "force"}));
    stage.deploy(&rendered(&Case::new(forced).previous(waiting)));
    let started = Instant::now();
    start(&stage, &["db-1"]);
    println!("MySQL: promotion by force after {:.1} s", started.elapsed().as_secs_f32());
    stage.stop("db-2");
    start(&stage, &["db-2"]);
    write(&stage, 3);
    holds(&stage, "db-2", 2);

    // The old primary returns with a write that nobody else has.
    stage.start("db-0");
    wait_for("db-0 is held back", PATIENCE, || {
        let probe = stage.exec("db-0", "mysql", &["bash", "/ku8/conf/ready.sh", "/ku8/run/probe.cnf"]);
        probe.text().contains("does not have").then_some(())
    });
    assert!(!stage.is_ready("db-0"));
    assert_eq!(root(&stage, "db-0", "SELECT GROUP_CONCAT(id) FROM orders.kept"), "1,2");
    assert_eq!(root(&stage, "db-0", "SELECT @@super_read_only"), "1");
    stage.kill("db-0");
    stage.lose_volume("db-0", "data");
    start(&stage, &["db-0"]);
    assert_eq!(root(&stage, "db-0", "SELECT GROUP_CONCAT(id) FROM orders.kept"), "1,3");
}

#[test]
fn crashes_in_the_middle_are_survived_and_an_empty_primary_is_refused() {
    let Some(stage) = stage("MySQL crashes") else { return };
    stage.deploy(&rendered(&Case::new(replicated(0, json!({"replicas": 1})))));
    let volume = stage.volume("db-0", "data");
    stage.start_until("db-0", "half a data directory", || volume.join("data/mysql.ibd").exists());
    assert!(!volume.join(".ready").exists());
    start(&stage, &["db-0"]);
    wait_for("the client", PATIENCE, || stage.client(&["mysql", "--version"]).succeeded().then_some(()));
    ask(&stage, "db.prod.svc", "CREATE TABLE kept (id INT PRIMARY KEY)").ok();
    write(&stage, 1);
    stage.start_until("db-1", "half a copy", || stage.logs("db-1", "init").contains("copying the data"));
    start(&stage, &["db-1"]);
    holds(&stage, "db-1", 1);

    // A primary without its volume would be an empty database for every client.
    stage.kill("db-0");
    stage.lose_volume("db-0", "data");
    let refused = stage.try_start("db-0").expect_err("an empty primary beside a member with data");
    assert!(refused.contains("db-1 holds data") && refused.contains("primaryOrdinal: 1"), "{refused}");
    assert!(!stage.volume("db-0", "data").join(".ready").exists());
    holds(&stage, "db-1", 1);
}
