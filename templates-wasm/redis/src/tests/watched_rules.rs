//! Every rule about a watched set with values that obey it and values that break it.
//! It never compares messages: codes are what scripts rely on.

use template_sdk::{Value, json};

use super::{breaks, obeys, said, tells};

/// A watched set with these settings of its Sentinels.
fn sentinel(settings: Value) -> Value {
    json!({"topology": "sentinel", "sentinel": settings})
}

#[test]
fn r1_a_set_is_three_five_or_seven_and_a_server_is_one() {
    let code = "redis.replicas.topology";
    for count in [3, 5, 7] {
        obeys(&said(json!({"topology": "sentinel", "replicas": count})), code);
    }
    obeys(&said(json!({"topology": "sentinel"})), code);
    obeys(&said(json!({"replicas": 1})), code);
    for count in [1, 2, 4, 6, 9] {
        breaks(&said(json!({"topology": "sentinel", "replicas": count})), code);
    }
    breaks(&said(json!({"replicas": 3})), code);
}

#[test]
fn r2_a_quorum_is_a_majority_that_exists() {
    obeys(&said(sentinel(json!({}))), "redis.sentinel.quorum-minority");
    obeys(&said(sentinel(json!({"quorum": 3}))), "redis.sentinel.quorum-too-high");
    breaks(&said(sentinel(json!({"quorum": 4}))), "redis.sentinel.quorum-too-high");
    let five = json!({"topology": "sentinel", "replicas": 5, "sentinel": {"quorum": 2}});
    tells(&said(five), "redis.sentinel.quorum-minority");
}

#[test]
fn a_failover_outlasts_the_silence_that_starts_it() {
    let code = "redis.sentinel.timeout-short";
    obeys(&said(sentinel(json!({"downAfterMs": 20_000}))), code);
    obeys(&said(sentinel(json!({"downAfterMs": 5000, "failoverTimeoutMs": 10_000}))), code);
    breaks(&said(sentinel(json!({"downAfterMs": 5000, "failoverTimeoutMs": 9999}))), code);
    tells(&said(sentinel(json!({"failoverTimeoutMs": 60_001}))), "redis.sentinel.timeout-long");
    obeys(&said(sentinel(json!({"failoverTimeoutMs": 60_000}))), "redis.sentinel.timeout-long");
}

#[test]
fn r5_a_write_needs_fewer_replicas_than_there_are() {
    breaks(&said(sentinel(json!({"minReplicasToWrite": 3}))), "redis.sentinel.never-writes");
    let all = said(sentinel(json!({"minReplicasToWrite": 2})));
    tells(&all, "redis.sentinel.writes-stop");
    let one = said(sentinel(json!({"minReplicasToWrite": 1})));
    obeys(&one, "redis.sentinel.writes-stop");
    obeys(&one, "redis.sentinel.never-writes");
}

#[test]
fn the_proxy_is_for_sets() {
    breaks(&said(json!({"proxy": {"enabled": true}})), "redis.proxy.standalone");
    obeys(&said(json!({"topology": "sentinel", "proxy": {"enabled": true}})), "redis.proxy.standalone");
}

#[test]
fn commands_of_replication_stay() {
    let values = |topology: &str, command: &str| json!({"topology": topology, "disableCommands": [command]});
    for command in ["config|set", "replicaof", "publish", "ping"] {
        breaks(&said(values("sentinel", command)), "redis.disable-commands.needed");
    }
    obeys(&said(values("sentinel", "flushall")), "redis.disable-commands.needed");
    obeys(&said(values("standalone", "config|set")), "redis.disable-commands.needed");
}

#[test]
fn settings_of_a_set_are_not_extra() {
    let values = |topology: &str| json!({"topology": topology, "extraConfig": "replica-priority 10"});
    breaks(&said(values("sentinel")), "redis.extra-config.owned");
    obeys(&said(values("standalone")), "redis.extra-config.owned");
}

#[test]
fn sentinels_opened_to_the_outside_are_told() {
    let code = "redis.service.sentinel-inside";
    let outside =
        |proxy: bool| json!({"topology": "sentinel", "proxy": {"enabled": proxy}, "service": {"exposure": "nodePort"}});
    tells(&said(outside(false)), code);
    obeys(&said(outside(true)), code);
}
