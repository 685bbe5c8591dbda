//! What the template must render and refuse, run natively.
//! It never starts the software: tests/e2e/real does.

mod auth;
mod reconfig;

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Rendered, Value, json};

use crate::ZooKeeper;

fn rendered(values: Value) -> Rendered {
    render::<ZooKeeper>(values).unwrap()
}

fn refused(values: Value) -> Findings {
    render::<ZooKeeper>(values).unwrap_err()
}

fn zoo_cfg(values: Value) -> String {
    rendered(values).find("ConfigMap", "demo-config").unwrap()["data"]["zoo.cfg"].as_str().unwrap().to_owned()
}

/// Code of every refusal must come with a way out.
fn assert_refused(findings: &Findings, code: &str) {
    assert!(findings.has(code), "{findings:?}");
    assert!(findings.iter().all(|finding| finding.hint.is_some()), "{findings:?}");
}

#[test]
fn zoo_cfg_has_what_an_ensemble_in_pods_needs() {
    let text = zoo_cfg(json!({}));
    for line in [
        "standaloneEnabled=false",
        "reconfigEnabled=false",
        "quorumListenOnAllIPs=true",
        "4lw.commands.whitelist=srvr,mntr,ruok,conf,isro",
        "admin.enableServer=true",
        "autopurge.purgeInterval=1",
        "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
        "metricsProvider.httpPort=7000",
        "server.1=demo-0.demo-headless.prod.svc.cluster.local:2888:3888:participant;2181",
        "server.3=demo-2.demo-headless.prod.svc.cluster.local:2888:3888:participant;2181",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
    }
    assert!(!text.contains('@') && !text.contains("clientPort=") && !text.contains("server.4"));
}

#[test]
fn every_size_lists_its_members_once() {
    for members in [1, 3, 5, 7] {
        let text = zoo_cfg(json!({"replicas": members, "firstServerId": 10}));
        assert_eq!(text.lines().filter(|line| line.starts_with("server.")).count(), members);
        assert!(text.contains("\nserver.10="));
    }
}

#[test]
fn optional_settings_appear_only_when_given() {
    let quiet = zoo_cfg(json!({"metrics": {"enabled": false}}));
    for key in ["metricsProvider", "dataLogDir", "SessionTimeout", "snapCount", "preAllocSize"] {
        assert!(!quiet.contains(key), "{key}");
    }
    let text = zoo_cfg(json!({
        "minSessionTimeout": 4000, "maxSessionTimeout": 60000, "snapCount": 5000, "preAllocSizeKiB": 2048,
        "storage": {"dataLog": {"enabled": true}}, "extraConfig": "syncEnabled=true",
    }));
    for line in
        ["minSessionTimeout=4000", "snapCount=5000", "preAllocSize=2048", "dataLogDir=/datalog", "syncEnabled=true"]
    {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn the_workload_is_a_quorum_that_starts_together_and_rolls_slowly() {
    let rendered = rendered(json!({}));
    let set = rendered.find("StatefulSet", "demo").unwrap();
    assert_eq!(set["metadata"]["annotations"]["ku8.dev/quorum"], "true");
    assert_eq!(set["spec"]["podManagementPolicy"], "Parallel");
    assert_eq!(set["spec"]["minReadySeconds"], 10);
    assert_eq!(set["spec"]["serviceName"], "demo-headless");
    let pod = &set["spec"]["template"];
    assert!(pod["metadata"]["annotations"]["checksum/config"].is_string());
    assert_eq!(pod["spec"]["terminationGracePeriodSeconds"], 60);
    let headless = rendered.find("Service", "demo-headless").unwrap();
    assert_eq!(headless["spec"]["publishNotReadyAddresses"], true);
    assert!(rendered.find("NetworkPolicy", "demo").is_some());
    assert!(rendered.find("ServiceAccount", "demo").is_some());
}

#[test]
fn the_heap_comes_from_the_limit_unless_given() {
    let heap = |values: Value| {
        let rendered = rendered(values);
        let set = rendered.find("StatefulSet", "demo").unwrap();
        let env = set["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
        let heap = env.iter().find(|variable| variable["name"] == "ZK_SERVER_HEAP").unwrap();
        heap["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(heap(json!({})), "614");
    assert_eq!(heap(json!({"size": "large"})), "2457");
    assert_eq!(heap(json!({"heapMiB": 700})), "700");
}

#[test]
fn one_member_has_no_budget_that_would_block_a_drain() {
    assert!(rendered(json!({"replicas": 1})).find("PodDisruptionBudget", "demo").is_none());
    assert!(rendered(json!({"replicas": 3})).find("PodDisruptionBudget", "demo").is_some());
}

#[test]
fn clients_get_every_member() {
    let rendered = rendered(json!({"chroot": "/shop"}));
    let output = rendered.outputs[0].value();
    let hosts =
        "demo-0.demo-headless.prod.svc:2181,demo-1.demo-headless.prod.svc:2181,demo-2.demo-headless.prod.svc:2181";
    assert_eq!(output["hosts"], hosts);
    assert_eq!(output["uri"], format!("{hosts}/shop"));
    assert_eq!(output["host"], "demo.prod.svc");
}

#[test]
fn the_log_volume_is_claimed_and_mounted_only_when_asked_for() {
    let claims = |values: Value| {
        let rendered = rendered(values);
        let set = rendered.find("StatefulSet", "demo").unwrap();
        set["spec"]["volumeClaimTemplates"].as_array().unwrap().len()
    };
    assert_eq!(claims(json!({})), 1);
    assert_eq!(claims(json!({"storage": {"dataLog": {"enabled": true, "size": "4Gi"}}})), 2);
}

#[test]
fn sessions_are_ordered_and_two_ticks_long() {
    rendered(json!({"minSessionTimeout": 4000, "maxSessionTimeout": 4001}));
    assert_refused(&refused(json!({"minSessionTimeout": 3999})), "zookeeper.sessions.too-short");
    assert_refused(&refused(json!({"minSessionTimeout": 5000, "maxSessionTimeout": 5000})), "zookeeper.sessions.order");
    assert_refused(&refused(json!({"initLimit": 4, "syncLimit": 5})), "zookeeper.limits.order");
}

#[test]
fn the_heap_leaves_a_quarter_of_the_limit() {
    rendered(json!({"heapMiB": 768}));
    assert_refused(&refused(json!({"heapMiB": 769})), "zookeeper.heap.too-large");
}

#[test]
fn memory_is_enough_for_a_jvm() {
    assert!(rendered(json!({"size": "dev"})).warnings.has("zookeeper.memory.small"));
    assert!(rendered(json!({"size": "dev", "replicas": 1})).warnings.is_empty());
    let small = json!({"size": "custom", "resources": {"limits": {"memory": "511Mi"}}, "storage": {"size": "1Gi"}});
    assert_refused(&refused(small), "zookeeper.memory.too-small");
}

#[test]
fn the_probes_words_stay_answered() {
    rendered(json!({"fourLetterWords": ["ruok", "srvr"]}));
    assert_refused(&refused(json!({"fourLetterWords": ["srvr", "mntr"]})), "zookeeper.words.probes");
    assert_refused(&refused(json!({"fourLetterWords": []})), "zookeeper.words.probes");
}

#[test]
fn regrettable_choices_warn() {
    assert!(rendered(json!({"maxClientCnxns": 0})).warnings.has("zookeeper.connections.unlimited"));
    let apart = json!({"scheduling": {"spread": "requireNodes"}});
    assert!(rendered(apart).warnings.has("zookeeper.spread.nodes"));
    assert!(rendered(json!({})).warnings.is_empty());
}

#[test]
fn sizes_are_odd_and_a_step_is_next_to_its_aim() {
    assert_refused(&refused(json!({"replicas": 2})), "zookeeper.replicas.even");
    assert_refused(&refused(json!({"replicas": 4})), "zookeeper.replicas.even");
    assert_refused(&refused(json!({"replicas": 7, "scaling": {"via": 4}})), "zookeeper.scale.via");
    assert!(rendered(json!({"replicas": 5, "scaling": {"via": 4}})).warnings.has("zookeeper.scale.standing"));
}

#[test]
fn volumes_do_not_go_with_a_pause() {
    let delete = json!({"storage": {"onScaleDown": "delete"}});
    assert_refused(&refused(delete), "zookeeper.storage.scale-down-delete");
}

#[test]
fn settings_of_the_template_are_not_set_twice() {
    for line in ["dataDir=/x", "clientPort=2182", "server.9=a:1:2", " TickTime = 3"] {
        assert_refused(&refused(json!({"extraConfig": line})), "zookeeper.extra-config.owned");
    }
}

/// The change from one set of values to another.
fn change(from: Value, to: Value) -> Result<Rendered, Findings> {
    Case::new(to).previous(from).render::<ZooKeeper>()
}

#[test]
fn growing_by_a_jump_is_refused_and_the_safe_path_holds() {
    for (from, to) in [(1, 3), (3, 5), (3, 7), (5, 7)] {
        let findings = change(json!({"replicas": from}), json!({"replicas": to})).unwrap_err();
        assert_refused(&findings, "zookeeper.scale.odd-jump");
    }
    // Every step that the refusal of 3 to 7 names, in order.
    let steps = [
        json!({"replicas": 3}),
        json!({"replicas": 5, "scaling": {"via": 4}}),
        json!({"replicas": 5, "scaling": {}}),
        json!({"replicas": 7, "scaling": {"via": 6}}),
        json!({"replicas": 7, "scaling": {}}),
    ];
    for pair in steps.windows(2) {
        change(pair[0].clone(), pair[1].clone()).unwrap();
    }
}

#[test]
fn a_step_on_the_way_is_not_skipped() {
    let standing = json!({"replicas": 5, "scaling": {"via": 4}});
    let findings = change(standing.clone(), json!({"replicas": 7})).unwrap_err();
    assert_refused(&findings, "zookeeper.scale.odd-jump");
    change(standing, json!({"replicas": 3})).unwrap();
}

#[test]
fn an_attempt_that_failed_counts_as_well() {
    let case = Case::new(json!({"replicas": 5}))
        .previous(json!({"replicas": 5, "scaling": {"via": 4}}))
        .attempted(json!({"replicas": 3}));
    assert_refused(&case.render::<ZooKeeper>().unwrap_err(), "zookeeper.scale.odd-jump");
}

#[test]
fn shrinking_keeps_those_that_could_decide() {
    change(json!({"replicas": 5}), json!({"replicas": 3})).unwrap();
    let findings = change(json!({"replicas": 3}), json!({"replicas": 1})).unwrap_err();
    assert_refused(&findings, "zookeeper.scale.shrink-jump");
}

#[test]
fn claims_that_outlived_a_delete_are_judged() {
    let case =
        |members: u32, claims: &[&str]| Case::new(json!({"replicas": members})).claims(claims).render::<ZooKeeper>();
    let three = ["data-demo-0", "data-demo-1", "data-demo-2", "data-other-8"];
    case(3, &three).unwrap();
    assert_refused(&case(5, &three).unwrap_err(), "zookeeper.scale.volumes-remain");
    assert_refused(&case(3, &["data-demo-0"]).unwrap_err(), "zookeeper.scale.volumes-remain");
    assert_refused(&case(1, &three).unwrap_err(), "zookeeper.scale.volumes-remain");
    case(5, &["data-other-0"]).unwrap();
}

#[test]
fn what_volumes_remember_does_not_change() {
    change(json!({}), json!({"tickTime": 3000})).unwrap();
    assert_refused(&change(json!({}), json!({"firstServerId": 0})).unwrap_err(), "zookeeper.ids.immutable");
    let log = json!({"storage": {"dataLog": {"enabled": true}}});
    assert_refused(&change(json!({}), log).unwrap_err(), "zookeeper.storage.log-moved");
    assert_refused(
        &change(json!({"size": "medium"}), json!({"size": "small"})).unwrap_err(),
        "zookeeper.storage.shrink",
    );
}
