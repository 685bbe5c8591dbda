//! Tests of the rules about changes: each obeyed and broken, from every kind of earlier state.
//! They never look at what is rendered.

use template_sdk::testing::Case;
use template_sdk::{Value, json};

use super::{assert_refused, change};
use crate::Kafka;

fn refused(from: Value, to: Value, code: &str) {
    assert_refused(&change(from, to).unwrap_err(), code);
}

fn told(from: Value, to: Value, code: &str) {
    let rendered = change(from, to).unwrap();
    assert!(rendered.warnings.has(code), "{:?}", rendered.warnings);
}

#[test]
fn controllers_and_ids_never_change() {
    change(json!({}), json!({"retentionHours": 24})).unwrap();
    refused(json!({"controllers": 1}), json!({"controllers": 3}), "kafka.controllers.immutable");
    refused(json!({}), json!({"controllers": 1, "brokers": 3}), "kafka.controllers.immutable");
    refused(json!({}), json!({"nodeIdBase": 1}), "kafka.ids.immutable");
}

#[test]
fn an_attempt_that_failed_counts_as_well() {
    let case = Case::new(json!({})).previous(json!({})).attempted(json!({"brokers": 5}));
    assert_refused(&case.render::<Kafka>().unwrap_err(), "kafka.brokers.shrink");
}

#[test]
fn brokers_grow_by_any_number() {
    for (from, to) in [(3, 4), (4, 5), (3, 30)] {
        told(json!({"brokers": from}), json!({"brokers": to}), "kafka.brokers.grow");
    }
    assert!(change(json!({}), json!({"brokers": 3})).unwrap().warnings.is_empty());
}

#[test]
fn brokers_leave_only_when_they_are_empty() {
    refused(json!({"brokers": 5}), json!({"brokers": 4}), "kafka.brokers.shrink");
    refused(json!({"brokers": 5}), json!({}), "kafka.brokers.shrink");
    let partly = json!({"brokers": 3, "scaling": {"drainedFrom": 4}});
    refused(json!({"brokers": 5}), partly, "kafka.brokers.shrink");
    let empty = json!({"brokers": 3, "scaling": {"drainedFrom": 3}});
    told(json!({"brokers": 5}), empty, "kafka.brokers.leave");
    // Controllers never leave, empty or not.
    let all = json!({"brokers": 2, "scaling": {"drainedFrom": 2}});
    refused(json!({"brokers": 5}), all, "kafka.brokers.fewer-than-controllers");
}

#[test]
fn the_refusal_to_shrink_names_ids_and_what_to_set() {
    let from = json!({"brokers": 5, "nodeIdBase": 100});
    let findings = change(from, json!({"brokers": 3, "nodeIdBase": 100})).unwrap_err();
    let hint = findings.iter().find(|found| found.code == "kafka.brokers.shrink").unwrap().hint.clone().unwrap();
    assert!(hint.contains("ids 103, 104") && hint.contains("scaling.drainedFrom to 3"), "{hint}");
}

#[test]
fn claims_that_outlived_a_delete_are_judged() {
    let case = |values: Value, claims: &[&str]| Case::new(values).claims(claims).render::<Kafka>();
    let five = ["data-demo-0", "data-demo-1", "data-demo-2", "data-demo-3", "data-demo-4", "data-other-8"];
    case(json!({"brokers": 5}), &five).unwrap();
    case(json!({"brokers": 6}), &five).unwrap();
    case(json!({"scaling": {"drainedFrom": 3}}), &five).unwrap();
    assert_refused(&case(json!({}), &five).unwrap_err(), "kafka.brokers.volumes-remain");
    case(json!({"controllers": 1}), &["data-demo-0"]).unwrap();
    assert_refused(&case(json!({}), &["data-demo-0"]).unwrap_err(), "kafka.controllers.volumes-remain");
    case(json!({}), &["data-other-0"]).unwrap();
}

#[test]
fn metadata_never_goes_back() {
    let tag = |tag: &str| json!({"image": {"tag": tag}});
    change(tag("4.1.1"), tag("4.1.0")).unwrap();
    told(tag("4.0.0"), tag("4.1.0"), "kafka.image.minor-up");
    refused(tag("4.1.0"), tag("4.0.1"), "kafka.image.minor-down");
    refused(json!({}), tag("4.0.1"), "kafka.image.minor-down");
    refused(tag("5.0.0"), tag("4.1.0"), "kafka.image.major-down");
}

#[test]
fn passwords_come_and_go_while_no_broker_runs() {
    let auth = json!({"auth": {"enabled": true}});
    refused(json!({}), auth.clone(), "kafka.auth.running");
    refused(auth.clone(), json!({}), "kafka.auth.running");
    let case = Case::new(auth.clone()).previous(json!({}));
    assert_refused(&case.clone().observed("demo", 3).render::<Kafka>().unwrap_err(), "kafka.auth.running");
    assert!(case.observed("demo", 0).render::<Kafka>().unwrap().warnings.has("kafka.auth.switched-on"));
    change(auth.clone(), auth).unwrap();
}

#[test]
fn volumes_never_shrink_and_stay_with_their_class() {
    change(json!({}), json!({"storage": {"size": "60Gi"}})).unwrap();
    refused(json!({}), json!({"storage": {"size": "40Gi"}}), "kafka.storage.shrink");
    refused(json!({}), json!({"storage": {"className": "fast"}}), "kafka.storage.class-changed");
}

#[test]
fn topics_keep_what_they_have() {
    let topics = |partitions: u32, copies: u32| json!({"topics": [{"name": "orders", "partitions": partitions, "replicationFactor": copies}]});
    assert!(change(topics(6, 3), topics(6, 3)).unwrap().warnings.is_empty());
    refused(topics(6, 3), topics(5, 3), "kafka.topics.partitions-shrink");
    told(topics(6, 3), topics(7, 3), "kafka.topics.partitions-grow");
    told(topics(6, 3), topics(6, 2), "kafka.topics.replicas-kept");
    told(topics(6, 3), json!({}), "kafka.topics.left");
    told(json!({"controllers": 1}), json!({"controllers": 1, "brokers": 3}), "kafka.replicas.kept");
    // The default counts as well.
    let by_default = |partitions: u32| json!({"topics": [{"name": "orders"}], "defaultPartitions": partitions});
    refused(by_default(6), by_default(3), "kafka.topics.partitions-shrink");
}
