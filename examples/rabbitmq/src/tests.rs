//! What the template must render, warn of and refuse, run natively: `cargo test` needs no cluster and no component.
//! It never starts the software; a proof with the real one is another thing.

use template_sdk::prelude::*;
use template_sdk::testing::{Case, golden, render};

use crate::RabbitMq;

fn rendered(values: Value) -> Rendered {
    render::<RabbitMq>(values).unwrap()
}

fn config(values: Value) -> String {
    rendered(values).find("ConfigMap", "demo-config").unwrap()["data"]["rabbitmq.conf"].as_str().unwrap().to_owned()
}

/// A refusal, which must come with a way out.
fn assert_refused(case: &Case, code: &str) -> Finding {
    let findings = case.render::<RabbitMq>().unwrap_err();
    let finding = findings.iter().find(|finding| finding.code == code);
    let finding = finding.unwrap_or_else(|| panic!("no {code} in {findings:?}"));
    assert!(finding.hint.is_some(), "{finding:?}");
    finding.clone()
}

#[test]
fn golden_cases_agree() {
    assert_eq!(golden::<RabbitMq>("tests").unwrap(), 3);
}

#[test]
fn settings_follow_from_the_memory_of_the_pod() {
    let text = config(json!({"size": "medium"}));
    assert!(text.contains("vm_memory_high_watermark.absolute = 2576980377\n"), "60 % of 4Gi: {text}");
    assert!(text.contains("raft.wal_max_size_bytes = 536870912\n"), "{text}");
    assert!(text.contains("disk_free_limit.absolute = 4294967296\n"), "{text}");
    assert!(config(json!({"size": "dev"})).contains("raft.wal_max_size_bytes = 67108864\n"));
}

#[test]
fn every_node_knows_all_nodes_by_their_whole_names() {
    let rendered = rendered(json!({"replicas": 3}));
    let pod = &rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"];
    let hosts = [0, 1, 2].map(|ordinal| format!("demo-{ordinal}.demo-headless.prod.svc.cluster.local")).join(" ");
    for container in [&pod["initContainers"][0], &pod["containers"][0]] {
        let variables = container["env"].as_array().unwrap();
        let found = variables.iter().find(|variable| variable["name"] == "KU8_HOSTS").unwrap();
        assert_eq!(found["value"], hosts.as_str());
    }
}

#[test]
fn an_empty_node_joins_whom_the_init_script_found_or_waits() {
    let text = config(json!({"replicas": 3}));
    assert!(text.contains("target_cluster_size_hint = 3\n") && text.contains("discovery_retry_limit = 1000000\n"));
    // A list here would have the first node look for nodes that wait for it.
    assert!(!text.contains("classic_config.nodes"), "{text}");
}

#[test]
fn queues_look_for_new_members_within_minutes() {
    let text = config(json!({"replicas": 3}));
    assert!(text.contains("membership_reconciliation.interval = 300000\n"), "an hour otherwise: {text}");
}

#[test]
fn what_is_secret_is_generated_and_only_referred_to() {
    let rendered = rendered(json!({}));
    let intent = &rendered.secrets[0];
    assert_eq!((intent.name.as_str(), intent.keys.len()), ("demo-auth", 2));
    assert_eq!(rendered.outputs[0].value()["password"], json!({"secret": "demo-auth", "key": "password"}));
    let existing = render::<RabbitMq>(json!({"auth": {"existingSecret": "mine"}})).unwrap();
    assert_eq!(existing.secrets[0].name, "mine");
}

#[test]
fn a_cluster_is_a_quorum_with_a_budget_and_one_node_is_not() {
    let cluster = rendered(json!({}));
    let set = cluster.find("StatefulSet", "demo").unwrap();
    assert_eq!((&set["spec"]["replicas"], &set["spec"]["podManagementPolicy"]), (&json!(3), &json!("Parallel")));
    assert_eq!(set["metadata"]["annotations"]["ku8.dev/quorum"], "true");
    assert!(cluster.find("PodDisruptionBudget", "demo").is_some());
    let one = rendered(json!({"replicas": 1}));
    assert!(one.find("PodDisruptionBudget", "demo").is_none());
    assert!(one.find("StatefulSet", "demo").unwrap()["metadata"].get("annotations").is_none());
}

#[test]
fn a_cluster_shrinks_only_by_nodes_that_have_left() {
    let shrink =
        |forgotten: Value| Case::new(json!({"replicas": 3, "forgotten": forgotten})).previous(json!({"replicas": 5}));
    assert!(assert_refused(&shrink(json!([])), "rabbitmq.scale.not-forgotten").message.contains("node 4"));
    assert!(assert_refused(&shrink(json!([4])), "rabbitmq.scale.not-forgotten").message.contains("node 3"));
    shrink(json!([3, 4])).render::<RabbitMq>().unwrap();
    let failed = Case::new(json!({"replicas": 3})).previous(json!({"replicas": 3})).attempted(json!({"replicas": 5}));
    assert_refused(&failed, "rabbitmq.scale.not-forgotten");
    // The list of the last step does not open the door for the next one.
    let again = Case::new(json!({"replicas": 5, "forgotten": [3, 4]})).previous(json!({"replicas": 3}));
    assert_refused(&again, "rabbitmq.scale.list-stale");
    let grown = Case::new(json!({"replicas": 3})).previous(json!({"replicas": 1})).render::<RabbitMq>().unwrap();
    assert!(grown.warnings.has("rabbitmq.scale.grows"));
}

#[test]
fn values_that_cannot_work_are_refused() {
    let custom = |memory: &str, disk: &str| {
        let limits = json!({"limits": {"memory": memory}});
        Case::new(json!({"size": "custom", "resources": limits, "storage": {"size": disk}}))
    };
    custom("512Mi", "1Gi").render::<RabbitMq>().unwrap();
    assert_refused(&custom("511Mi", "2Gi"), "rabbitmq.memory.too-small");
    assert_refused(&custom("4Gi", "7Gi"), "rabbitmq.storage.below-memory");
    for tag in ["4.1", "3.13-management", "4.1.8"] {
        assert_refused(&Case::new(json!({"image": {"tag": tag}})), "rabbitmq.image.too-old");
    }
    Case::new(json!({"image": {"tag": "4.2.1"}})).render::<RabbitMq>().unwrap();
    let renamed = Case::new(json!({"username": "other"})).previous(json!({}));
    assert_refused(&renamed, "rabbitmq.username.changed");
    assert_refused(&Case::new(json!({"extraConfig": "default_pass = x"})), "rabbitmq.extra-config.owned");
}

#[test]
fn a_value_of_another_shape_is_named_by_its_place() {
    let finding = assert_refused(&Case::new(json!({"forgotten": [4, "3"]})), "sdk.values.shape");
    assert_eq!(finding.path, "/forgotten/1");
}

#[test]
fn metrics_and_the_web_interface_are_plugins() {
    let plugins =
        |values: Value| rendered(values).find("ConfigMap", "demo-config").unwrap()["data"]["enabled_plugins"].clone();
    assert_eq!(plugins(json!({})), "[rabbitmq_management].\n");
    assert_eq!(plugins(json!({"management": false})), "[].\n");
    let metrics = json!({"metrics": {"enabled": true, "monitor": "podMonitor"}});
    assert_eq!(plugins(metrics.clone()), "[rabbitmq_management,rabbitmq_prometheus].\n");
    assert!(rendered(metrics).find("PodMonitor", "demo").is_some());
}
