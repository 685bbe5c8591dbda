//! MySQL on real servers: one alone, and a primary with replicas through losses, crashes and promotions.
//! It never takes MariaDB for MySQL: the servers are of Debian unstable, or the proof is skipped.

mod alone;
mod members;

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

/// Values with further ones, which win.
fn plus(mut values: Value, more: Value) -> Value {
    let Value::Object(more) = more else { return values };
    for (key, value) in more {
        values[key] = value;
    }
    values
}

fn values(more: Value) -> Value {
    plus(json!({"database": "orders", "version": "9.7", "size": "dev"}), more)
}

fn replicated(primary: u32, more: Value) -> Value {
    let mut all = values(json!({"topology": "replication"}));
    all["replication"] = plus(json!({"primaryOrdinal": primary}), more);
    all
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
