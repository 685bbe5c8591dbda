//! A set that is stopped altogether and started again, and volumes that are lost.
//! It never relies on who starts first.

use pods::wait_for;
use template_sdk::json;

use super::{MINUTES, PODS, Set};

#[test]
fn a_cold_start_finds_the_data_and_its_master() {
    let Some(set) = Set::watched("Redis stopped and started", json!({})) else { return };
    assert_eq!(set.settled(&PODS), "cache-0");
    let password = set.password();
    set.until_written("cache-0.prod.svc", "first");
    set.all_hold(&PODS, &["first"]);

    for pod in PODS.iter().rev() {
        set.stage.stop(pod);
    }
    for pod in PODS {
        set.stage.start(pod);
    }
    for pod in PODS {
        set.stage.ready(pod);
    }
    let master = set.settled(&PODS);
    println!("Redis: {master} is the master after an orderly stop in reverse order");
    set.until_written(&format!("{master}.prod.svc"), "second");
    set.all_hold(&PODS, &["first", "second"]);

    // The master is chosen, then everything fails at once, and the first pod is there first.
    let told = set.stage.exec("cache-2", "redis", &["sh", "/scripts/promote.sh"]);
    assert_eq!(told.code, 0, "{}", told.text());
    assert_eq!(set.settled(&PODS), "cache-2");
    set.until_written("cache-2.prod.svc", "third");
    set.all_hold(&PODS, &["third"]);
    for pod in PODS {
        set.stage.kill(pod);
    }
    for pod in PODS {
        set.stage.start(pod);
    }
    for pod in PODS {
        set.stage.ready(pod);
    }
    println!("Redis: {} is the master after everything failed; it was cache-2", set.settled(&PODS));
    set.all_hold(&PODS, &["first", "second", "third"]);
    assert_eq!(set.password(), password, "the password is kept");
    another_password(&set);
}

/// One by one, pods with another password would lose touch: the first one is not ready, and all at once they are.
fn another_password(set: &Set) {
    set.stage.set_secret("cache-auth", "password", "Another-1");
    let before = set.stage.logs("cache-1", "redis").len();
    set.stage.stop("cache-1");
    set.stage.start("cache-1");
    wait_for("Sentinels that do not answer", MINUTES, || {
        set.stage.logs("cache-1", "redis").get(before..)?.contains("1 of 3 Sentinels answer").then_some(())
    });
    assert!(!set.stage.is_ready("cache-1"));
    for pod in PODS {
        set.stage.kill(pod);
    }
    set.start(&PODS);
    set.settled(&PODS);
    set.all_hold(&PODS, &["first", "second", "third"]);
}

#[test]
fn a_lost_volume_is_filled_again() {
    let values = super::watched(json!({"persistence": {"mode": "both"}}));
    let Some(set) = Set::new("Redis with lost volumes", &values) else { return };
    killed_during_init(&set);
    set.start(&PODS);
    assert_eq!(set.settled(&PODS), "cache-0");
    set.until_written("cache-0.prod.svc", "kept");
    set.all_hold(&PODS, &["kept"]);

    set.stage.stop("cache-2");
    set.stage.lose_volume("cache-2", "data");
    set.start(&["cache-2"]);
    set.all_hold(&["cache-2"], &["kept"]);
    set.stage.stop("cache-1");
    killed_during_init(&set);
    set.start(&["cache-1"]);
    assert_eq!(set.promotable(&PODS), "cache-0");

    // It is back, and empty, before anybody noticed that it was gone.
    set.stage.kill("cache-0");
    set.stage.lose_volume("cache-0", "data");
    set.start(&["cache-0"]);
    assert!(set.stage.logs("cache-0", "redis").contains("will be made the master"), "it waited for another master");
    assert_ne!(set.settled(&PODS), "cache-0");
    set.all_hold(&PODS, &["kept"]);
}

/// Ends a pod while its files are being prepared.
fn killed_during_init(set: &Set) {
    let begun = || {
        let here = set.stage.pods().iter().any(|pod| pod == "cache-1");
        here && set.stage.volume("cache-1", "conf").join("redis.conf").exists()
    };
    set.stage.start_until("cache-1", "the configuration", begun);
}

#[test]
fn without_volumes_a_master_that_crashed_does_not_empty_the_others() {
    let values =
        json!({"persistence": {"mode": "none"}, "disableCommands": ["flushall"], "maxmemoryPolicy": "allkeys-lfu"});
    let Some(set) = Set::watched("Redis without volumes", values) else { return };
    assert_eq!(set.promotable(&PODS), "cache-0");
    set.until_written("cache-0.prod.svc", "kept");
    set.all_hold(&PODS, &["kept"]);
    assert!(set.here("cache-1", &["flushall"]).contains("NOPERM"));

    set.stage.crash("cache-0", "redis");
    let master = set.settled(&PODS);
    assert_ne!(master, "cache-0", "it had nothing left");
    set.all_hold(&PODS, &["kept"]);
}
