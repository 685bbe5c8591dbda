//! One server that becomes a watched set, sets that grow and shrink, and the way back.
//! It never takes a step the template refuses.

use template_redis::Redis;
use template_sdk::testing::Case;
use template_sdk::{Value, json};

use super::{PODS, Set, watched};

const FIVE: [&str; 5] = ["cache-0", "cache-1", "cache-2", "cache-3", "cache-4"];

/// Publishes values over earlier ones.
fn publish(set: &Set, before: &Value, now: &Value) {
    let claims: Vec<String> = set.stage.pods().iter().map(|pod| format!("data-{pod}")).collect();
    let claims: Vec<&str> = claims.iter().map(String::as_str).collect();
    let live = u32::try_from(set.stage.pods().len()).unwrap_or(0);
    let case = Case::new(now.clone()).name("cache").previous(before.clone()).claims(&claims).observed("cache", live);
    set.stage.deploy(&case.render::<Redis>().expect("a step that is allowed"));
    set.stage.settle();
}

#[test]
fn one_server_becomes_a_set_and_one_server_again() {
    let (one, three) = (json!({"size": "dev"}), watched(json!({})));
    let Some(set) = Set::new("Redis from one server to three", &one) else { return };
    set.start(&["cache-0"]);
    set.until_written("cache.prod.svc", "alone");
    set.stage.kill("cache-0");
    set.start(&["cache-0"]);
    assert_eq!(set.client("cache.prod.svc", &["get", "alone"]).ok(), "1", "after a crash");

    publish(&set, &one, &three);
    let master = set.settled(&PODS);
    println!("Redis: {master} is the master after one server became three");
    set.all_hold(&PODS, &["alone"]);
    set.until_written(&format!("{master}.prod.svc"), "together");
    set.all_hold(&PODS, &["together"]);

    let told = set.stage.exec("cache-0", "redis", &["sh", "/scripts/promote.sh"]);
    assert_eq!(told.code, 0, "{}", told.text());
    assert_eq!(set.settled(&PODS), "cache-0");
    let refused = Case::new(one.clone()).name("cache").previous(three.clone()).observed("cache", 3).render::<Redis>();
    assert!(refused.is_err_and(|findings| findings.has("redis.topology.sentinel-to-standalone")));
    set.stage.stop("cache-2");
    set.stage.stop("cache-1");
    publish(&set, &three, &one);
    assert_eq!(set.client("cache.prod.svc", &["get", "alone"]).ok(), "1");
    assert_eq!(set.client("cache.prod.svc", &["get", "together"]).ok(), "1");
}

#[test]
fn a_set_grows_and_shrinks() {
    let (three, five) = (watched(json!({})), watched(json!({"replicas": 5})));
    let Some(set) = Set::watched("Redis from three servers to five and back", json!({})) else { return };
    assert_eq!(set.settled(&PODS), "cache-0");
    set.until_written("cache-0.prod.svc", "three");
    publish(&set, &three, &five);
    let master = set.settled(&FIVE);
    set.all_hold(&FIVE, &["three"]);
    set.until_written(&format!("{master}.prod.svc"), "five");
    set.all_hold(&FIVE, &["five"]);

    // The master is among those that leave.
    let told = set.stage.exec("cache-4", "redis", &["sh", "/scripts/promote.sh"]);
    assert_eq!(told.code, 0, "{}", told.text());
    assert_eq!(set.settled(&FIVE), "cache-4");
    publish(&set, &five, &three);
    let master = set.settled(&PODS);
    set.all_hold(&PODS, &["three", "five"]);
    let known = set.sentinel("cache-0", &["sentinel", "master", "mymaster"]);
    assert!(known.contains("num-other-sentinels\n2"), "those that left are forgotten: {known}");
    set.until_written(&format!("{master}.prod.svc"), "back");
    let refused = Case::new(three).name("cache").previous(watched(json!({"replicas": 7}))).render::<Redis>();
    assert!(refused.is_err_and(|findings| findings.has("redis.scale.shrink-jump")));
}
