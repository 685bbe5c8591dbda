//! Every rule about one set of values: one that obeys it, one that breaks it.
//! It never looks at earlier values: `change.rs` does.

use template_sdk::{Value, json};

use super::{breaks, refused, rendered};

#[test]
fn g1_the_set_is_odd() {
    for members in [1, 3, 5, 7] {
        rendered(json!({"members": members}));
    }
    for members in [0, 2, 4, 9] {
        breaks(&refused(json!({"members": members})), "mongodb.members.even");
    }
}

#[test]
fn g2_memory_is_enough_for_the_smallest_cache() {
    let limit = |memory: &str| json!({"resources": {"limits": {"memory": memory}}});
    rendered(limit("1Gi"));
    breaks(&refused(limit("1023Mi")), "mongodb.memory.too-small");
}

#[test]
fn the_cache_leaves_a_quarter_of_the_limit() {
    rendered(json!({"cacheSizeMiB": 1536}));
    breaks(&refused(json!({"cacheSizeMiB": 1537})), "mongodb.cache.too-large");
}

#[test]
fn the_volume_has_room_beside_the_oplog() {
    rendered(json!({"storage": {"size": "2Gi"}}));
    breaks(&refused(json!({"storage": {"size": "2047Mi"}})), "mongodb.storage.below-oplog");
    rendered(json!({"storage": {"size": "10Gi"}, "oplogSizeMiB": 5120}));
    breaks(&refused(json!({"storage": {"size": "10Gi"}, "oplogSizeMiB": 5121})), "mongodb.oplog.too-large");
}

#[test]
fn volumes_do_not_go_with_a_pause() {
    rendered(json!({"storage": {"onScaleDown": "retain"}}));
    breaks(&refused(json!({"storage": {"onScaleDown": "delete"}})), "mongodb.storage.scale-down-delete");
}

#[test]
fn the_servers_own_databases_are_not_the_applications() {
    rendered(json!({"database": "orders"}));
    for database in ["admin", "config", "local"] {
        breaks(&refused(json!({"database": database})), "mongodb.database.reserved");
    }
}

#[test]
fn a_tag_is_of_its_series() {
    let values = |version: &str, tag: &str| json!({"version": version, "image": {"tag": tag}});
    rendered(values("7.0", "7.0.40"));
    rendered(values("8.0", "8.2"));
    breaks(&refused(values("7.0", "8.0")), "mongodb.version.tag-differs");
    breaks(&refused(values("8.0", "6.0.1")), "mongodb.version.tag-differs");
}

#[test]
fn settings_of_the_template_are_not_set_twice() {
    let extra = |line: &str| json!({"extraConfig": line});
    rendered(extra("# a comment\nsetParameter.ttlMonitorSleepSecs: 30\n"));
    for line in [
        "net.port: 1",
        "storage.dbPath: /x",
        "net.tls.mode: requireTLS",
        "security.keyFile: /x",
        "storage.wiredTiger.engineConfig: 3",
        "setParameter.enableLocalhostAuthBypass: false",
    ] {
        breaks(&refused(extra(line)), "mongodb.extra-config.owned");
    }
}

#[test]
fn extra_settings_are_dotted_names_of_known_sections() {
    for line in
        ["net:", "  port: 1", "net: {port: 1}", "nett.ipv6: true", "net.ipv6:true", "setParameter.a: {b: 1}", "x"]
    {
        breaks(&refused(json!({"extraConfig": line})), "mongodb.extra-config.shape");
    }
    rendered(json!({"extraConfig": "net.ipv6: true\nsystemLog.verbosity: 1"}));
}

#[test]
fn regrettable_choices_warn() {
    let has = |values: Value, code: &str| rendered(values).warnings.has(code);
    assert!(has(json!({"scheduling": {"spread": "requireNodes"}}), "mongodb.spread.nodes"));
    assert!(!has(json!({"scheduling": {"spread": "requireNodes"}, "members": 1}), "mongodb.spread.nodes"));
    assert!(has(json!({"service": {"exposure": "nodePort"}}), "mongodb.service.discovery"));
    assert!(rendered(json!({})).warnings.is_empty());
}
