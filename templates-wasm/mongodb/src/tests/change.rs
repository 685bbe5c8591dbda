//! Every rule about what may follow what: one change that obeys it, one that breaks it.
//! It never judges one set of values alone: `rules.rs` does.

use template_sdk::json;
use template_sdk::testing::Case;

use super::{breaks, change};
use crate::MongoDb;

#[test]
fn g3_versions_go_up_one_step_and_never_back() {
    let version = |version: &str| json!({"version": version});
    assert!(change(version("7.0"), version("8.0")).unwrap().warnings.has("mongodb.version.fcv"));
    assert!(change(version("8.0"), version("8.0")).unwrap().warnings.is_empty());
    breaks(&change(version("8.0"), version("7.0")).unwrap_err(), "mongodb.version.down");
    let old = json!({"version": "7.0", "image": {"tag": "6.0.14"}});
    breaks(&change(old, version("8.0")).unwrap_err(), "mongodb.version.jump");
    let tag = |tag: &str| json!({"image": {"tag": tag}});
    breaks(&change(tag("8.2"), tag("8.0")).unwrap_err(), "mongodb.version.down");
    change(tag("8.0.4"), tag("8.0.9")).unwrap();
}

#[test]
fn g4_those_who_stay_can_decide() {
    let members = |members: u32| json!({"members": members});
    for (from, to) in [(5, 3), (7, 5)] {
        assert!(change(members(from), members(to)).unwrap().warnings.has("mongodb.members.leave"));
    }
    for (from, to) in [(3, 1), (5, 1), (7, 3), (7, 1)] {
        breaks(&change(members(from), members(to)).unwrap_err(), "mongodb.members.majority");
    }
    for (from, to) in [(1, 3), (3, 5), (1, 7), (3, 3)] {
        assert!(change(members(from), members(to)).unwrap().warnings.is_empty());
    }
}

#[test]
fn an_attempt_that_failed_counts_as_well() {
    let case = Case::new(json!({"members": 3})).previous(json!({"members": 5})).attempted(json!({"members": 7}));
    breaks(&case.render::<MongoDb>().unwrap_err(), "mongodb.members.majority");
}

#[test]
fn volumes_of_an_earlier_size_are_pointed_out() {
    let grow = |claims: &[&str]| {
        let case = Case::new(json!({"members": 5})).previous(json!({"members": 3})).claims(claims);
        case.render::<MongoDb>().unwrap().warnings.has("mongodb.members.old-volume")
    };
    let three = ["data-demo-0", "data-demo-1", "data-demo-2"];
    assert!(!grow(&three));
    assert!(grow(&[three.as_slice(), &["data-demo-3"]].concat()));
}

#[test]
fn claims_that_outlived_a_delete_are_judged() {
    let case = |members: u32, claims: &[&str]| {
        Case::new(json!({"members": members})).claims(claims).render::<MongoDb>().map(|rendered| rendered.warnings)
    };
    let three = ["data-demo-0", "data-demo-1", "data-demo-2", "data-other-8"];
    case(3, &three).unwrap();
    case(5, &three).unwrap();
    breaks(&case(1, &three).unwrap_err(), "mongodb.members.volumes-remain");
}

#[test]
fn names_that_are_on_the_volumes_stay() {
    change(json!({}), json!({"slowOpThresholdMs": 50})).unwrap();
    breaks(&change(json!({}), json!({"replicaSetName": "other"})).unwrap_err(), "mongodb.set.name-immutable");
    breaks(&change(json!({}), json!({"clusterDomain": "k8s.local"})).unwrap_err(), "mongodb.set.domain-immutable");
}

#[test]
fn what_a_change_does_not_do_is_told() {
    let warned = |from, to, code: &str| change(from, to).unwrap().warnings.has(code);
    assert!(warned(json!({}), json!({"username": "shop"}), "mongodb.user.changed"));
    assert!(warned(json!({}), json!({"database": "shop"}), "mongodb.user.changed"));
    assert!(!warned(json!({}), json!({"members": 5}), "mongodb.user.changed"));
    assert!(warned(json!({}), json!({"oplogSizeMiB": 2048}), "mongodb.oplog.only-new"));
    assert!(!warned(json!({"oplogSizeMiB": 2048}), json!({"oplogSizeMiB": 2048}), "mongodb.oplog.only-new"));
}

#[test]
fn shared_rules_hold_here_too() {
    breaks(&change(json!({"size": "medium"}), json!({"size": "small"})).unwrap_err(), "mongodb.storage.shrink");
}
