//! MySQL on real servers: one alone, and a primary with replicas through losses, crashes and promotions.
//! It never takes MariaDB for MySQL: the servers are of Debian unstable, or the proof is skipped.

use std::io::Write as _;
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
    tell(what, started);
}

/// Says how long something took, past the capture of test output.
fn tell(what: &str, since: Instant) {
    // A closed stderr is no reason to fail a test.
    let _ = writeln!(std::io::stderr(), "MySQL: {what}, {:.1} s", since.elapsed().as_secs_f32());
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

fn all_hold(stage: &Stage, rows: u32) {
    for pod in MEMBERS {
        holds(stage, pod, rows);
    }
}

fn start(stage: &Stage, pods: &[&str]) {
    stage.start_all(pods);
    for pod in pods {
        stage.ready(pod);
    }
}

/// A primary and two replicas, with a table that holds one row.
fn first_boot(stage: &Stage, more: Value) -> Value {
    let values = replicated(0, more);
    stage.deploy(&rendered(&Case::new(values.clone())));
    let started = Instant::now();
    start(stage, &MEMBERS);
    tell("a primary and two replicas, copied at once", started);
    ask(stage, "db.prod.svc", "CREATE TABLE kept (id INT PRIMARY KEY)").ok();
    write(stage, 1);
    all_hold(stage, 1);
    values
}

#[test]
fn replicas_follow_and_come_back() {
    let Some(stage) = stage("MySQL replication") else { return };
    let at_0 = first_boot(&stage, json!({"semiSync": true, "semiSyncTimeoutMs": 500}));
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
    tell("writes again when the primary's pod came back", killed);
    all_hold(&stage, 4);
    lost_for_good(&stage, &at_0);
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
    all_hold(&stage, 2);
    assert_eq!(root(&stage, "db-0", "SELECT @@super_read_only"), "1");
    assert_eq!(root(&stage, "db-1", "SELECT @@super_read_only"), "0");

    // Everything stops, and comes back from the highest ordinal.
    for pod in MEMBERS {
        stage.stop(pod);
    }
    let cold = Instant::now();
    start(&stage, &["db-2", "db-1", "db-0"]);
    write(&stage, 3);
    tell("writes again from a cold start", cold);
    all_hold(&stage, 3);

    // Back to a lower ordinal: the old primary restarts first and waits read-only.
    change(&stage, "db-0 is the primary again", &at_1, &at_0);
    write(&stage, 4);
    all_hold(&stage, 4);
}

/// A primary with a write nobody else has is lost, replaced by force, and held back when it returns.
fn lost_for_good(stage: &Stage, at_0: &Value) {
    // The write does not leave the primary: the replicas are cut off.
    stage.cut("db-1");
    stage.cut("db-2");
    write(stage, 5);
    stage.power_off("db-0");
    stage.mend("db-1");
    stage.mend("db-2");

    let waiting = replicated(1, json!({}));
    stage.deploy(&rendered(&Case::new(waiting.clone()).previous(at_0.clone())));
    stage.stop("db-1");
    stage.start_until("db-1", "db-1 waits for the old primary", || {
        stage.logs("db-1", "init").contains("publish replication.promotion: force")
    });

    let forced = replicated(1, json!({"promotion": "force"}));
    let warned = rendered(&Case::new(forced.clone()).previous(at_0.clone()));
    assert!(warned.warnings.has("mysql.promotion.forced"));
    stage.deploy(&warned);
    let started = Instant::now();
    start(stage, &["db-1"]);
    tell("promotion by force", started);
    stage.stop("db-2");
    start(stage, &["db-2"]);
    write(stage, 6);
    holds(stage, "db-2", 5);

    stage.start("db-0");
    wait_for("db-0 is held back", PATIENCE, || {
        let probe = stage.exec("db-0", "mysql", &["bash", "/ku8/conf/ready.sh", "/ku8/run/probe.cnf"]);
        (probe.text().contains("does not have") && stage.probe("db-0", "mysql", "livenessProbe")).then_some(())
    });
    assert!(!stage.is_ready("db-0"));
    assert_eq!(root(stage, "db-0", "SELECT GROUP_CONCAT(id) FROM orders.kept"), "1,2,3,4,5");
    assert_eq!(root(stage, "db-0", "SELECT @@super_read_only"), "1");
    stage.kill("db-0");
    stage.lose_volume("db-0", "data");
    start(stage, &["db-0"]);
    assert_eq!(root(stage, "db-0", "SELECT GROUP_CONCAT(id) FROM orders.kept"), "1,2,3,4,6");
}

#[test]
fn crashes_in_the_middle_are_survived_and_an_empty_primary_is_refused() {
    let Some(stage) = stage("MySQL crashes") else { return };
    stage.deploy(&rendered(&Case::new(replicated(0, json!({"replicas": 1})))));
    stage.start_until("db-0", "half a data directory", || {
        stage.logs("db-0", "init").contains("InnoDB initialization has ended")
    });
    assert!(!stage.volume("db-0", "data").join(".ready").exists());
    start(&stage, &["db-0"]);
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

/// One server: the configuration is good, the volume is made once, a rotation is followed, slow queries are told.
#[test]
fn one_server_keeps_its_data_and_its_accounts() {
    let Some(stage) = stage("MySQL alone") else { return };
    let seed = "CREATE TABLE seeded (id INT PRIMARY KEY);\nINSERT INTO seeded VALUES (42);\n";
    let alone = values(json!({
        "metrics": {"enabled": true}, "slowQueryLogSeconds": 1, "tls": {"mode": "require"},
        "initScripts": {"files": {"01-seed.sql": seed}},
    }));
    stage.deploy(&rendered(&Case::new(alone.clone())));
    // Passwords with everything that could end a literal early.
    stage.set_secret("db-auth", "root-password", "R'o\"o\\t#1");
    stage.set_secret("db-auth", "password", "A'p\"p\\1 x");
    start(&stage, &["db-0"]);
    stage.exec("db-0", "mysql", &["mysqld", "--defaults-file=/ku8/conf/my.cnf", "--validate-config"]).ok();
    assert_eq!(ask(&stage, "db.prod.svc", "SELECT CURRENT_USER(), id FROM seeded").ok(), "orders@%\t42");
    assert!(ask(&stage, "db.prod.svc", "CREATE DATABASE more").text().contains("ERROR 1044"));
    assert_eq!(
        root(&stage, "db-0", "SELECT @@gtid_executed, @@server_id"),
        "100",
        "nothing of init is in a replica's way"
    );
    let plain = "MYSQL_PWD=$1 exec mysql --ssl-mode=DISABLED -h db.prod.svc -u orders -e 'SELECT 1'";
    let refused = stage.client(&["sh", "-c", plain, "-", &stage.secret("db-auth", "password")]);
    assert!(refused.text().contains("ERROR 3159"), "{}", refused.text());
    let watch = ["mysql", "--defaults-extra-file=/ku8/run/monitor.cnf", "-Nse"];
    let watched = |sql: &str| stage.exec("db-0", "mysql", &[&watch[..], &[sql]].concat()).text();
    assert_eq!(watched("SELECT CURRENT_USER()"), "ku8monitor@localhost");
    assert!(watched("SELECT id FROM orders.seeded").contains("ERROR 1142"));
    ask(&stage, "db.prod.svc", "SELECT SLEEP(1.1)").ok();
    let told = || stage.logs("db-0", "mysql").contains("SELECT SLEEP(1.1)").then_some(());
    wait_for("the slow query in the log", PATIENCE, told);

    // The host changes the Secret and counts up.
    stage.stop("db-0");
    stage.set_secret("db-auth", "password", "Rotated123");
    let mut again = rendered(&Case::new(alone));
    for object in &mut again.objects {
        if object.manifest["kind"] == "StatefulSet" {
            object.manifest["spec"]["template"]["metadata"]["annotations"]["ku8.dev/secret-revision"] = json!("1");
        }
    }
    stage.deploy(&again);
    start(&stage, &["db-0"]);
    assert!(stage.logs("db-0", "init").contains("applying the accounts again"));
    assert_eq!(ask(&stage, "db.prod.svc", "SELECT id FROM seeded").ok(), "42");
    stage.kill("db-0");
    start(&stage, &["db-0"]);
    assert!(stage.logs("db-0", "init").contains("nothing to do"));
    grows_a_replica(&stage);
}

/// One server gets the account replicas copy it with, then a replica; its volume stays.
fn grows_a_replica(stage: &Stage) {
    let step = |replicas: u32| replicated(0, json!({"replicas": replicas}));
    change(stage, "one server has the accounts of members", &values(json!({})), &step(0));
    change(stage, "its first replica holds all it holds", &step(0), &step(1));
    assert!(stage.logs("db-1", "init").contains("copying the data of db-0"));
    assert_eq!(root(stage, "db-1", "SELECT id FROM orders.seeded"), "42");
    assert_eq!(
        stage.logs("db-0", "init").matches("ready as the primary").count(),
        1,
        "the second step restarts nothing"
    );
}

/// A Secret without a password, and data of others: nothing is made, nothing is touched.
#[test]
fn init_refuses_before_it_changes_anything() {
    let Some(stage) = Stage::new("MySQL init", &[]) else { return };
    stage.deploy(&rendered(&Case::new(values(json!({})))));
    stage.set_secret("db-auth", "password", "");
    let refused = stage.try_start("db-0").expect_err("a Secret without a password");
    assert!(refused.contains("no value for the key 'password'"), "{refused}");
    let volume = stage.volume("db-0", "data");
    assert!(!volume.join("data").exists());
    stage.set_secret("db-auth", "password", "Password1");
    std::fs::create_dir(volume.join("data")).expect("a folder");
    std::fs::write(volume.join("data/ibdata1"), "others").expect("a file");
    let refused = stage.try_start("db-0").expect_err("data of another installation");
    assert!(refused.contains("did not make"), "{refused}");
    assert!(volume.join("data/ibdata1").exists());
}
