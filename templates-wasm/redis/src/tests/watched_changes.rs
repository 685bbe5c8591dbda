//! Every rule about the way to a watched set, within one, and back, obeyed and broken.
//! It never compares messages: codes are what scripts rely on.

use template_sdk::testing::Case;
use template_sdk::{Findings, Value, json};

use super::{breaks, obeys, said, said_of, tells};

fn set(replicas: u32) -> Value {
    json!({"topology": "sentinel", "replicas": replicas})
}

fn moved(before: Value, now: Value) -> Findings {
    said_of(&Case::new(now).previous(before).claims(&["data-demo-0"]))
}

#[test]
fn r6_one_server_becomes_a_set() {
    tells(&moved(json!({}), set(3)), "redis.topology.standalone-to-sentinel");
    obeys(&moved(set(3), set(3)), "redis.topology.standalone-to-sentinel");
}

#[test]
fn r6_a_set_becomes_one_server_when_only_the_first_pod_is_left() {
    let code = "redis.topology.sentinel-to-standalone";
    breaks(&moved(set(3), json!({})), code);
    breaks(&said_of(&Case::new(json!({})).previous(set(3)).observed("demo", 3)), code);
    tells(&said_of(&Case::new(json!({})).previous(set(3)).observed("demo", 1)), code);
    breaks(&said_of(&Case::new(json!({})).previous(json!({})).attempted(set(3))), code);
    obeys(&moved(json!({}), json!({})), code);
    let cache = |topology: &str| json!({"topology": topology, "persistence": {"mode": "none"}});
    tells(&moved(cache("sentinel"), cache("standalone")), "redis.topology.starts-empty");
    obeys(&moved(cache("standalone"), cache("standalone")), "redis.topology.starts-empty");
}

#[test]
fn volumes_of_an_earlier_set_do_not_join_a_new_one() {
    let code = "redis.topology.leftover-volumes";
    let left = ["data-demo-0", "data-demo-1", "data-other-2"];
    breaks(&said_of(&Case::new(set(3)).previous(json!({})).claims(&left)), code);
    obeys(&said_of(&Case::new(set(3)).previous(json!({})).claims(&["data-demo-0", "data-other-2"])), code);
    // The attempt made them.
    obeys(&said_of(&Case::new(set(3)).previous(json!({})).attempted(set(3)).claims(&left)), code);
    obeys(&said_of(&Case::new(set(3)).previous(set(3)).claims(&left)), code);
    // Nothing is known but the volumes.
    obeys(&said_of(&Case::new(set(3)).claims(&left)), code);
    tells(&said_of(&Case::new(json!({})).claims(&left)), code);
    obeys(&said_of(&Case::new(json!({})).previous(json!({})).claims(&left)), code);
}

#[test]
fn sets_grow_freely_and_shrink_by_steps() {
    let code = "redis.scale.shrink-jump";
    for (old, new) in [(3, 5), (3, 7), (5, 7), (3, 3)] {
        let findings = moved(set(old), set(new));
        obeys(&findings, code);
        obeys(&findings, "redis.scale.shrink");
    }
    for (old, new) in [(5, 3), (7, 5)] {
        tells(&moved(set(old), set(new)), "redis.scale.shrink");
    }
    breaks(&moved(set(7), set(3)), code);
}

#[test]
fn the_masters_name_stays() {
    let named = |name: &str| json!({"topology": "sentinel", "masterName": name});
    breaks(&moved(named("mymaster"), named("orders")), "redis.master-name.changed");
    obeys(&moved(named("orders"), named("orders")), "redis.master-name.changed");
    // One server has no use for it yet.
    obeys(&moved(json!({}), named("orders")), "redis.master-name.changed");
}

#[test]
fn the_password_is_not_switched_where_servers_copy_from_each_other() {
    let code = "redis.auth.switch-watched";
    let auth = |topology: &str, on: bool| json!({"topology": topology, "auth": {"enabled": on}});
    breaks(&moved(auth("sentinel", true), auth("sentinel", false)), code);
    breaks(&moved(auth("standalone", false), auth("sentinel", true)), code);
    obeys(&moved(auth("standalone", false), auth("standalone", true)), code);
    obeys(&moved(auth("sentinel", false), auth("sentinel", false)), code);
    let secret = |name: &str| json!({"topology": "sentinel", "auth": {"existingSecret": name}});
    tells(&moved(secret("one"), secret("two")), "redis.auth.secret-watched");
    obeys(&moved(secret("one"), secret("one")), "redis.auth.secret-watched");
}

#[test]
fn the_engine_of_a_set_stays_even_without_volumes() {
    let engine = |engine: &str| json!({"topology": "sentinel", "engine": engine, "persistence": {"mode": "none"}});
    breaks(&moved(engine("redis"), engine("valkey")), "redis.engine.changed");
    obeys(&moved(engine("valkey"), engine("valkey")), "redis.engine.changed");
}

#[test]
fn a_set_without_volumes_gets_them_and_keeps_its_data() {
    let mode = |mode: &str| json!({"topology": "sentinel", "persistence": {"mode": mode}});
    obeys(&moved(mode("none"), mode("aof")), "redis.persistence.switched");
}

#[test]
fn an_address_that_leads_nowhere_any_more_is_told() {
    let code = "redis.service.address-changes";
    let proxied = |on: bool| json!({"topology": "sentinel", "proxy": {"enabled": on}});
    tells(&moved(json!({}), proxied(false)), code);
    obeys(&moved(json!({}), proxied(true)), code);
    tells(&moved(proxied(true), proxied(false)), code);
    obeys(&moved(proxied(false), proxied(true)), code);
    obeys(&said(proxied(false)), code);
    let open = json!({"topology": "sentinel", "networkPolicy": {"mode": "off"}});
    tells(&moved(json!({}), open), "redis.sentinel.reachable");
    obeys(&moved(json!({}), proxied(true)), "redis.sentinel.reachable");
}
