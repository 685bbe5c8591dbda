//! Tests of the rules about one set of values: each obeyed and broken.
//! They never look at earlier values.

use template_sdk::{Value, json};

use super::{assert_refused, refused, rendered};

fn warned(values: Value, code: &str) {
    let rendered = rendered(values);
    assert!(rendered.warnings.has(code), "{:?}", rendered.warnings);
}

fn silent(values: Value) {
    let rendered = rendered(values);
    assert!(rendered.warnings.is_empty(), "{:?}", rendered.warnings);
}

fn topic(more: &Value) -> Value {
    let mut topic = json!({"name": "orders"});
    template_sdk::block::add(&mut topic, more);
    json!({"topics": [topic]})
}

#[test]
fn defaults_are_silent() {
    silent(json!({}));
    silent(json!({"controllers": 1, "size": "dev"}));
    silent(json!({"brokers": 7, "auth": {"enabled": true}, "metrics": {"enabled": true}}));
}

#[test]
fn controllers_are_one_or_three_and_brokers_too() {
    silent(json!({"brokers": 3}));
    assert_refused(&refused(json!({"controllers": 2})), "kafka.controllers.count");
    assert_refused(&refused(json!({"brokers": 2})), "kafka.brokers.fewer-than-controllers");
    warned(json!({"controllers": 1, "brokers": 2}), "kafka.controllers.single");
}

#[test]
fn brokers_said_to_be_empty_do_not_run() {
    silent(json!({"brokers": 4, "scaling": {"drainedFrom": 4}}));
    assert_refused(&refused(json!({"brokers": 5, "scaling": {"drainedFrom": 4}})), "kafka.brokers.drained-runs");
}

#[test]
fn replicas_fit_the_brokers() {
    silent(json!({"brokers": 5, "replicationFactor": 5, "minInsyncReplicas": 3}));
    assert_refused(&refused(json!({"replicationFactor": 4})), "kafka.replicas.more-than-brokers");
    assert_refused(&refused(topic(&json!({"replicationFactor": 4}))), "kafka.topics.replicas");
    silent(topic(&json!({"replicationFactor": 2})));
}

#[test]
fn one_broker_may_be_missing_when_writing() {
    silent(json!({"controllers": 1, "minInsyncReplicas": 1}));
    assert_refused(&refused(json!({"minInsyncReplicas": 3})), "kafka.replicas.min-insync");
    assert_refused(&refused(json!({"controllers": 1, "minInsyncReplicas": 2})), "kafka.replicas.min-insync");
    warned(json!({"minInsyncReplicas": 1}), "kafka.replicas.one-confirms");
    warned(json!({"replicationFactor": 1}), "kafka.replicas.one-copy");
    let strict = |copies: u32| topic(&json!({"replicationFactor": copies, "config": {"min.insync.replicas": "2"}}));
    assert_refused(&refused(strict(2)), "kafka.topics.min-insync");
    silent(strict(3));
}

#[test]
fn the_heap_leaves_half_of_the_limit() {
    silent(json!({"heapMiB": 1024}));
    assert_refused(&refused(json!({"heapMiB": 1025})), "kafka.heap.too-large");
    let custom = |memory: &str| json!({"size": "custom", "resources": {"limits": {"memory": memory}}, "storage": {"size": "5Gi"}});
    silent(custom("768Mi"));
    assert_refused(&refused(custom("767Mi")), "kafka.memory.too-small");
}

#[test]
fn versions_before_four_are_not_known() {
    silent(json!({"image": {"tag": "4.0.1"}}));
    assert_refused(&refused(json!({"image": {"tag": "3.9.1"}})), "kafka.image.too-old");
}

#[test]
fn records_go_some_day() {
    silent(json!({"retentionHours": -1, "retentionBytes": 1_073_741_824}));
    assert_refused(&refused(json!({"retentionHours": 0})), "kafka.retention.zero");
    warned(json!({"retentionHours": -1}), "kafka.retention.unlimited");
}

#[test]
fn the_application_is_not_the_administrator() {
    silent(json!({"auth": {"enabled": true, "username": "shop"}}));
    assert_refused(&refused(json!({"auth": {"enabled": true, "username": "admin"}})), "kafka.auth.reserved-user");
}

#[test]
fn every_broker_has_an_address_outside() {
    let access = |mode: &str, hosts: &[&str]| json!({"auth": {"enabled": true}, "externalAccess": {"mode": mode, "hosts": hosts}});
    silent(access("loadBalancer", &["a", "b", "c"]));
    silent(access("nodePort", &["a", "a", "a"]));
    assert_refused(&refused(access("nodePort", &["a", "b"])), "kafka.external.hosts");
    assert_refused(&refused(access("loadBalancer", &["a", "b", "a"])), "kafka.external.same-host");
    let high = json!({"mode": "nodePort", "hosts": ["a", "b", "c"], "firstNodePort": 32766});
    assert_refused(&refused(json!({"auth": {"enabled": true}, "externalAccess": high})), "kafka.external.ports");
    let open = json!({"externalAccess": {"mode": "nodePort", "hosts": ["a", "b", "c"], "firstNodePort": 32765}});
    warned(open, "kafka.external.no-password");
}

#[test]
fn one_service_is_not_opened_to_the_outside() {
    for exposure in ["nodePort", "loadBalancer"] {
        let values = json!({"service": {"exposure": exposure}, "networkPolicy": {"mode": "off"}});
        assert_refused(&refused(values), "kafka.service.exposure");
    }
    silent(json!({"service": {"exposure": "cluster"}}));
}

#[test]
fn topics_have_names_of_their_own() {
    let named = |names: &[&str]| {
        let topics: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        json!({"topics": topics})
    };
    silent(named(&["orders", "orders-v2", "orders.v3", "_private"]));
    assert_refused(&refused(named(&["orders", "orders"])), "kafka.topics.twice");
    assert_refused(&refused(named(&["orders.v1", "orders_v1"])), "kafka.topics.collide");
    assert_refused(&refused(named(&["__consumer_offsets"])), "kafka.topics.reserved");
    assert_refused(&refused(named(&[".."])), "kafka.topics.reserved");
}

#[test]
fn volumes_do_not_go_with_a_pause() {
    silent(json!({"storage": {"onScaleDown": "retain"}}));
    assert_refused(&refused(json!({"storage": {"onScaleDown": "delete"}})), "kafka.storage.scale-down-delete");
}

#[test]
fn settings_of_the_template_are_not_set_twice() {
    silent(json!({"extraConfig": "log.cleaner.threads=2\n# a remark\nsocket.request.max.bytes = 104857600"}));
    for line in
        ["node.id=9", " Listeners = X", "listener.name.client.x=1", "controller.quorum.voters=1@a:1", "sasl.x=1"]
    {
        assert_refused(&refused(json!({"extraConfig": line})), "kafka.extra-config.owned");
    }
}

#[test]
fn spread_over_nodes_needs_nodes() {
    warned(json!({"scheduling": {"spread": "requireNodes"}}), "kafka.spread.nodes");
    silent(json!({"scheduling": {"spread": "requireNodes"}, "controllers": 1}));
}
