//! Every rule: one set of values or one change that obeys it, one that breaks it.
//! It never looks at what is rendered: `render.rs` does.

use template_sdk::json;
use template_sdk::testing::{Case, render};

use super::{breaks, change, refused, rendered, with_image};
use crate::FastDfs;

#[test]
fn an_image_is_named() {
    rendered(json!({}));
    for image in [json!({}), json!({"repository": "example.com/fastdfs"}), json!({"tag": "6.12"})] {
        let findings = render::<FastDfs>(json!({"image": image})).unwrap_err();
        breaks(&findings, "fastdfs.image.required");
        assert!(findings.iter().any(|finding| finding.hint.as_ref().is_some_and(|hint| hint.contains("6.11"))));
        assert!(!findings.has("fastdfs.image.moving-tag"), "{findings:?}");
    }
}

#[test]
fn names_fit_into_a_stateful_sets() {
    let case = |length: usize, group: &str| {
        let values = with_image(json!({"groups": [{"name": group}]}));
        Case::new(values).name(&"a".repeat(length)).render::<FastDfs>()
    };
    case(44, "group1").unwrap();
    breaks(&case(45, "g").unwrap_err(), "fastdfs.names.too-long");
    breaks(&case(44, "group12345").unwrap_err(), "fastdfs.names.too-long");
}

#[test]
fn groups_have_names_of_their_own_and_a_second_copy() {
    let groups = |names: &[&str]| json!({"groups": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
    assert!(rendered(groups(&["a", "b"])).warnings.is_empty());
    breaks(&refused(groups(&["a", "a"])), "fastdfs.groups.duplicate");
    breaks(&refused(groups(&["tracker"])), "fastdfs.groups.duplicate");
    breaks(&refused(groups(&[])), "fastdfs.groups.none");
    breaks(&refused(json!({"groups": [{"name": "a", "storageSize": "1000Mi"}]})), "fastdfs.groups.too-small");
    assert!(rendered(json!({"groups": [{"name": "a", "replicas": 1}]})).warnings.has("fastdfs.groups.single"));
}

#[test]
fn a_chosen_group_exists() {
    rendered(json!({"storeLookup": 1, "storeGroup": "group1"}));
    breaks(&refused(json!({"storeLookup": 1})), "fastdfs.lookup.group");
    breaks(&refused(json!({"storeLookup": 2, "storeGroup": "other"})), "fastdfs.lookup.group");
}

#[test]
fn buffers_fit_into_memory() {
    rendered(json!({"maxConnections": 1536}));
    breaks(&refused(json!({"maxConnections": 1540})), "fastdfs.connections.memory");
}

#[test]
fn volumes_do_not_go_with_a_pause() {
    rendered(json!({"storage": {"onScaleDown": "retain"}}));
    breaks(&refused(json!({"storage": {"onScaleDown": "delete"}})), "fastdfs.storage.scale-down-delete");
}

#[test]
fn an_open_network_is_told() {
    let open = json!({"networkPolicy": {"mode": "off"}});
    assert!(rendered(open).warnings.has("fastdfs.network.open"));
    let named = json!({"networkPolicy": {"mode": "off"}, "allowHosts": ["10.0.0.0/8"]});
    assert!(!rendered(named).warnings.has("fastdfs.network.open"));
}

#[test]
fn groups_keep_their_place_and_never_lose_storages() {
    let two = json!({"groups": [{"name": "a", "replicas": 3}, {"name": "b"}]});
    let more = json!({"groups": [{"name": "a", "replicas": 3}, {"name": "b"}, {"name": "c"}]});
    assert!(change(two.clone(), more).unwrap().warnings.is_empty());
    let grown = json!({"groups": [{"name": "a", "replicas": 4}, {"name": "b"}]});
    assert!(change(two.clone(), grown).unwrap().warnings.has("fastdfs.groups.grow"));
    for wrong in [
        json!({"groups": [{"name": "b"}, {"name": "a", "replicas": 3}]}),
        json!({"groups": [{"name": "a", "replicas": 3}]}),
        json!({"groups": [{"name": "a", "replicas": 3}, {"name": "renamed"}]}),
    ] {
        breaks(&change(two.clone(), wrong).unwrap_err(), "fastdfs.groups.order");
    }
    let fewer = json!({"groups": [{"name": "a", "replicas": 2}, {"name": "b"}]});
    breaks(&change(two, fewer).unwrap_err(), "fastdfs.groups.shrink");
}

#[test]
fn volumes_never_shrink() {
    let group = |size: &str| json!({"groups": [{"name": "a", "storageSize": size}]});
    change(group("9Gi"), group("10Gi")).unwrap();
    breaks(&change(group("9Gi"), group("8Gi")).unwrap_err(), "fastdfs.groups.volume-shrink");
    let tracker = |size: &str| json!({"trackerStorageSize": size});
    change(tracker("1Gi"), tracker("2Gi")).unwrap();
    breaks(&change(tracker("2Gi"), tracker("1Gi")).unwrap_err(), "fastdfs.trackers.volume-shrink");
    breaks(&change(json!({"size": "medium"}), json!({"size": "small"})).unwrap_err(), "fastdfs.storage.shrink");
}

#[test]
fn what_files_are_found_by_stays() {
    change(json!({}), json!({"workThreads": 8})).unwrap();
    breaks(&change(json!({}), json!({"subdirCountPerPath": 128})).unwrap_err(), "fastdfs.files.immutable");
    breaks(&change(json!({}), json!({"useTrunkFile": true})).unwrap_err(), "fastdfs.files.immutable");
}

#[test]
fn fewer_trackers_are_told() {
    assert!(change(json!({"trackers": 3}), json!({"trackers": 2})).unwrap().warnings.has("fastdfs.trackers.fewer"));
    assert!(change(json!({"trackers": 1}), json!({"trackers": 3})).unwrap().warnings.is_empty());
}
