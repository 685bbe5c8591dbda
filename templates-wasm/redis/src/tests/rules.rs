//! Every rule with values that obey it and values that break it.
//! It never compares messages: codes are what scripts rely on.

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Severity, Value, json};

use crate::Redis;

fn refusals(values: Value) -> Findings {
    render::<Redis>(values).err().unwrap_or_default()
}

fn moved(before: Value, now: Value) -> Findings {
    match Case::new(now).previous(before).claims(&["data-demo-0"]).render::<Redis>() {
        Ok(rendered) => rendered.warnings,
        Err(findings) => findings,
    }
}

/// Asserts that these values are refused with this code, and that every refusal names a way out.
fn breaks(findings: &Findings, code: &str) {
    assert!(findings.has(code) && findings.has_errors(), "no {code} in {findings:?}");
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        assert!(finding.hint.is_some(), "{} has no hint", finding.code);
    }
}

fn obeys(findings: &Findings, code: &str) {
    assert!(!findings.has(code) && !findings.has_errors(), "{findings:?}");
}

#[test]
fn r3_the_volume_holds_a_log_rewrite() {
    let values = |size: &str| json!({"size": "medium", "storage": {"size": size}});
    obeys(&refusals(values("7Gi")), "redis.storage.below-rewrite");
    breaks(&refusals(values("6Gi")), "redis.storage.below-rewrite");
    let snapshots = json!({"size": "medium", "storage": {"size": "6Gi"}, "persistence": {"mode": "rdb"}});
    obeys(&refusals(snapshots), "redis.storage.below-rewrite");
}

#[test]
fn r4_a_store_that_evicts_is_told() {
    let warns = |values: Value| render::<Redis>(values).unwrap().warnings.has("redis.policy.evicts-stored");
    assert!(warns(json!({"maxmemoryPolicy": "allkeys-lru"})));
    assert!(!warns(json!({"maxmemoryPolicy": "allkeys-lru", "persistence": {"mode": "none"}})));
    assert!(!warns(json!({})));
}

#[test]
fn memory_is_at_least_128_mib() {
    let values = |memory: &str| json!({"size": "custom", "resources": {"limits": {"memory": memory}}});
    obeys(&refusals(values("128Mi")), "redis.memory.too-small");
    breaks(&refusals(values("127Mi")), "redis.memory.too-small");
}

#[test]
fn commands_the_probes_need_stay() {
    obeys(&refusals(json!({"disableCommands": ["flushall", "config|set"]})), "redis.disable-commands.needed");
    breaks(&refusals(json!({"disableCommands": ["info"]})), "redis.disable-commands.needed");
}

#[test]
fn settings_of_the_template_are_not_extra() {
    obeys(&refusals(json!({"extraConfig": "hz 20\nslowlog-max-len 10"})), "redis.extra-config.owned");
    breaks(&refusals(json!({"extraConfig": "hz 20\n  MaxMemory 1gb"})), "redis.extra-config.owned");
}

#[test]
fn modules_need_redis_8() {
    obeys(&refusals(json!({"modules": true})), "redis.modules.unsupported");
    breaks(&refusals(json!({"modules": true, "image": {"tag": "7.4"}})), "redis.modules.unsupported");
    breaks(&refusals(json!({"modules": true, "engine": "valkey"})), "redis.modules.unsupported");
    breaks(&refusals(json!({"image": {"tag": "6.2"}})), "redis.image.too-old");
}

#[test]
fn volumes_grow_and_never_shrink() {
    breaks(&moved(json!({"size": "medium"}), json!({"size": "small"})), "redis.storage.shrink");
    let grown = moved(json!({"size": "small"}), json!({"size": "medium"}));
    obeys(&grown, "redis.storage.shrink");
    assert!(grown.has("redis.storage.grow"));
    let cache = |size: &str| json!({"size": size, "persistence": {"mode": "none"}});
    obeys(&moved(cache("medium"), cache("small")), "redis.storage.shrink");
}

#[test]
fn the_storage_class_stays() {
    let class = |name: &str| json!({"storage": {"className": name}});
    obeys(&moved(class("fast"), class("fast")), "redis.storage.class-changed");
    breaks(&moved(class("fast"), class("slow")), "redis.storage.class-changed");
    breaks(&moved(class("fast"), json!({})), "redis.storage.class-changed");
    breaks(&refusals(class("")), "redis.storage.class-empty");
}

#[test]
fn an_attempt_that_failed_counts_too() {
    let case = Case::new(json!({})).previous(json!({})).attempted(json!({"storage": {"size": "9Gi"}}));
    breaks(&case.render::<Redis>().unwrap_err(), "redis.storage.shrink");
}

#[test]
fn the_engine_stays_while_data_is_kept() {
    let engine = |engine: &str, mode: &str| json!({"engine": engine, "persistence": {"mode": mode}});
    breaks(&moved(engine("redis", "aof"), engine("valkey", "aof")), "redis.engine.changed");
    obeys(&moved(engine("redis", "none"), engine("valkey", "none")), "redis.engine.changed");
}

#[test]
fn versions_go_up_with_a_warning_and_never_down() {
    let tag = |tag: &str| json!({"image": {"tag": tag}});
    breaks(&moved(tag("8.2"), tag("7.4")), "redis.image.major-down");
    let up = moved(tag("7.4"), tag("8.2"));
    obeys(&up, "redis.image.major-down");
    assert!(up.has("redis.image.major-up"));
    assert!(render::<Redis>(tag("latest")).unwrap().warnings.has("redis.image.moving-tag"));
}

#[test]
fn databases_are_never_taken_away() {
    breaks(&moved(json!({"databases": 16}), json!({"databases": 4})), "redis.databases.fewer");
    obeys(&moved(json!({"databases": 4}), json!({"databases": 16})), "redis.databases.fewer");
}

#[test]
fn persistence_changes_only_where_the_data_comes_along() {
    let mode = |mode: &str| json!({"persistence": {"mode": mode}});
    breaks(&moved(mode("aof"), mode("rdb")), "redis.persistence.aof-to-rdb");
    for (before, now) in [("aof", "both"), ("both", "rdb"), ("rdb", "aof")] {
        obeys(&moved(mode(before), mode(now)), "redis.persistence.aof-to-rdb");
    }
    assert!(moved(mode("aof"), mode("none")).has("redis.persistence.switched"));
}

#[test]
fn switching_the_password_is_told() {
    let auth = |on: bool| json!({"auth": {"enabled": on}});
    assert!(moved(auth(false), auth(true)).has("redis.auth.switched-on"));
    assert!(moved(auth(true), auth(false)).has("redis.auth.switched-off"));
    obeys(&moved(auth(true), auth(true)), "redis.auth.switched-on");
}

#[test]
fn less_memory_is_told() {
    let memory = |memory: &str| json!({"resources": {"limits": {"memory": memory}}});
    assert!(moved(memory("1Gi"), memory("512Mi")).has("redis.memory.shrinks"));
    assert!(!moved(memory("512Mi"), memory("1Gi")).has("redis.memory.shrinks"));
}
