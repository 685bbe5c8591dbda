//! A primary with replicas: losses, crashes, promotions, and what a lost primary brings back.
//! It never writes where no replica could follow, but for the one write that is meant to be lost.

use std::time::Instant;

use pods::{Stage, wait_for};
use template_sdk::testing::Case;
use template_sdk::{Value, json};

use super::{
    MEMBERS, PATIENCE, all_hold, ask, change, first_boot, holds, rendered, replicated, root, stage, start, tell, write,
};

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
