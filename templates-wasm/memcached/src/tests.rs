//! What the template must render, warn of and refuse, run natively.
//! It never starts the software: the pod simulator does.

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Rendered, Value, json};

use crate::Memcached;

fn rendered(values: Value) -> Rendered {
    render::<Memcached>(values).unwrap()
}

/// A refusal, every finding of which must come with a way out.
fn assert_refused(values: Value, code: &str) {
    let findings = render::<Memcached>(values).unwrap_err();
    assert!(findings.has(code), "{findings:?}");
    assert!(findings.iter().all(|finding| finding.hint.is_some()), "{findings:?}");
}

fn assert_warns(values: Value, code: &str) {
    let warnings = rendered(values).warnings;
    assert!(warnings.has(code), "{warnings:?}");
    assert!(warnings.iter().all(|finding| finding.hint.is_some()), "{warnings:?}");
}

fn set(values: Value) -> Value {
    rendered(values).find("StatefulSet", "demo").unwrap().clone()
}

fn args(values: Value) -> String {
    let args = set(values)["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap().clone();
    args.iter().map(|arg| arg.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn arguments_follow_from_the_values() {
    assert_eq!(args(json!({})), "-m 409 -c 1024 -t 4 -I 1048576 -v");
    let all = json!({
        "size": "medium", "resources": {"limits": {"cpu": "2"}}, "maxItemSize": "512Ki", "maxConnections": 20000,
        "idleTimeout": 60, "extendedOptions": "hash_algorithm=murmur3,no_hashexpand", "verbosity": "quiet",
    });
    assert_eq!(args(all), "-m 1638 -c 20000 -t 2 -I 524288 -o idle_timeout=60,hash_algorithm=murmur3,no_hashexpand");
    assert_eq!(args(json!({"maxItemSize": "64Ki"})), "-m 409 -c 1024 -t 4 -I 65536 -o slab_chunk_max=65536 -v");
    assert!(args(json!({"verbosity": "debug"})).ends_with("-vvv"));
    assert_eq!(args(json!({"cacheMiB": 100, "threads": 8})), "-m 100 -c 1024 -t 8 -I 1048576 -v");
}

#[test]
fn a_node_goes_cold_one_at_a_time_and_says_goodbye() {
    let set = set(json!({"replicas": 3}));
    assert_eq!(
        (&set["spec"]["podManagementPolicy"], &set["spec"]["minReadySeconds"]),
        (&json!("Parallel"), &json!(30))
    );
    assert!(set["spec"].get("volumeClaimTemplates").is_none());
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["terminationGracePeriodSeconds"], 30);
    assert_eq!(pod["securityContext"]["runAsUser"], 11211);
    assert_eq!(pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"], 5);
    assert!(pod.get("volumes").is_none() && pod.get("initContainers").is_none());
}

#[test]
fn one_node_has_an_address_and_a_pool_has_a_list() {
    let one = rendered(json!({}));
    assert!(one.find("Service", "demo").is_some() && one.find("PodDisruptionBudget", "demo").is_none());
    let output = one.outputs[0].value();
    assert_eq!((&output["host"], &output["port"]), (&json!("demo.prod.svc"), &json!(11211)));
    assert_eq!(output["servers"], json!(["demo-0.demo-headless.prod.svc:11211"]));

    let pool = rendered(json!({"replicas": 2}));
    assert!(pool.find("Service", "demo").is_none() && pool.find("PodDisruptionBudget", "demo").is_some());
    let output = pool.outputs[0].value();
    assert!(output.get("host").is_none() && output.get("uri").is_none());
    let servers = ["demo-0.demo-headless.prod.svc:11211", "demo-1.demo-headless.prod.svc:11211"];
    assert_eq!(output["servers"], json!(servers));
    assert_eq!(output["hosts"], servers.join(","));
}

#[test]
fn nothing_secret_and_nothing_kept() {
    let rendered = rendered(json!({"replicas": 3, "metrics": {"enabled": true, "monitor": "podMonitor"}}));
    assert!(rendered.secrets.is_empty());
    assert!(rendered.find("NetworkPolicy", "demo").is_some() && rendered.find("PodMonitor", "demo").is_some());
    let pod = &rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"];
    let exporter = &pod["initContainers"][0];
    assert_eq!((&exporter["name"], &exporter["restartPolicy"]), (&json!("exporter"), &json!("Always")));
}

#[test]
fn the_limit_and_the_cache_leave_room_for_the_process() {
    let limit = |memory: &str| json!({"size": "custom", "resources": {"limits": {"memory": memory}}});
    rendered(limit("128Mi"));
    assert_refused(limit("127Mi"), "memcached.memory.too-small");
    rendered(json!({"cacheMiB": 448}));
    assert_refused(json!({"cacheMiB": 449}), "memcached.cache.too-large");
}

#[test]
fn an_item_fits_twice_into_the_cache() {
    assert!(rendered(json!({"maxItemSize": "1Mi"})).warnings.is_empty());
    assert_warns(json!({"maxItemSize": "2Mi"}), "memcached.item.large");
    rendered(json!({"size": "dev", "maxItemSize": "32Mi"}));
    assert_refused(json!({"size": "dev", "maxItemSize": "33Mi"}), "memcached.item.too-large");
    rendered(json!({"maxItemSize": "1536Ki"}));
    for (given, fit) in
        [("1500", "2Ki"), ("100Ki", "128Ki"), ("400Ki", "512Ki"), ("700Ki", "1Mi"), ("1100Ki", "1536Ki")]
    {
        let findings = render::<Memcached>(json!({"maxItemSize": given})).unwrap_err();
        let found = findings.iter().find(|finding| finding.code == "memcached.item.step").unwrap();
        assert_eq!(found.hint.as_deref(), Some(format!("use {fit}").as_str()), "{given}");
    }
    assert_refused(json!({"maxItemSize": "1023"}), "memcached.item.bounds");
    assert_refused(json!({"size": "large", "maxItemSize": "129Mi"}), "memcached.item.bounds");
}

#[test]
fn threads_beyond_the_limit_warn() {
    let threads = |count: u32| json!({"threads": count, "resources": {"limits": {"cpu": "1500m"}}});
    assert!(rendered(threads(2)).warnings.is_empty());
    assert_warns(threads(3), "memcached.threads.over-limit");
}

#[test]
fn options_of_the_template_and_files_are_refused() {
    rendered(json!({"extendedOptions": "hash_algorithm=murmur3"}));
    assert_refused(json!({"extendedOptions": "modern,idle_timeout=5"}), "memcached.options.owned");
    assert_refused(json!({"extendedOptions": "slab_chunk_max=1024"}), "memcached.options.owned");
    assert_refused(json!({"extendedOptions": "ext_path=/x:1G"}), "memcached.options.file");
}

#[test]
fn who_may_reach_it_is_said() {
    assert_refused(json!({"replicas": 2, "service": {"exposure": "nodePort"}}), "memcached.service.pool");
    assert_warns(json!({"service": {"exposure": "nodePort"}}), "memcached.service.open");
    assert_warns(json!({"networkPolicy": {"mode": "off"}}), "memcached.network.open");
    assert!(rendered(json!({"networkPolicy": {"mode": "labelled"}})).notes.contains("demo-client"));
}

#[test]
fn a_change_of_size_says_how_many_keys_move() {
    let change = |from: u32, to: u32| -> Result<Rendered, Findings> {
        Case::new(json!({"replicas": to})).previous(json!({"replicas": from})).render::<Memcached>()
    };
    assert!(change(3, 3).unwrap().warnings.is_empty());
    let warnings = change(3, 4).unwrap().warnings;
    let message = &warnings.iter().find(|finding| finding.code == "memcached.scale.remaps").unwrap().message;
    assert!(message.contains("25 %"), "{message}");
    assert!(!warnings.has("memcached.scale.address"));
    assert!(change(1, 3).unwrap().warnings.has("memcached.scale.address"));
    assert!(change(3, 1).unwrap().warnings.has("memcached.scale.address"));
    let attempted =
        Case::new(json!({"replicas": 2})).previous(json!({"replicas": 2})).attempted(json!({"replicas": 4}));
    assert!(attempted.render::<Memcached>().unwrap().warnings.has("memcached.scale.remaps"));
}
