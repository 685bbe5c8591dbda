//! One server: its accounts, its log, and how it becomes a replicated one.
//! It never needs a second server before the first one has the account replicas copy it with.

use pods::{Stage, wait_for};
use template_sdk::json;
use template_sdk::testing::Case;

use super::{PATIENCE, ask, change, rendered, replicated, root, stage, start, values};

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
