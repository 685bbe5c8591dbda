//! What is rendered for a watched set and its proxy.
//! It never repeats what `template_sdk::testing` checks on every render.

use template_sdk::testing::{Case, render};
use template_sdk::{Rendered, Value, json};

use crate::Redis;

fn watched(mut values: Value) -> Rendered {
    values["topology"] = json!("sentinel");
    render::<Redis>(values).unwrap()
}

fn file(rendered: &Rendered, map: &str, name: &str) -> String {
    rendered.find("ConfigMap", map).unwrap()["data"][name].as_str().unwrap().to_owned()
}

fn pod(rendered: &Rendered) -> &Value {
    &rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"]
}

#[test]
fn names_that_hold_the_data_are_those_of_one_server() {
    let (one, set) = (render::<Redis>(json!({})).unwrap(), watched(json!({})));
    let of = |rendered: &Rendered| {
        let spec = rendered.find("StatefulSet", "demo").unwrap()["spec"].clone();
        [spec["serviceName"].clone(), spec["selector"].clone(), spec["volumeClaimTemplates"].clone()]
    };
    assert_eq!(of(&one), of(&set));
    assert_eq!(set.find("StatefulSet", "demo").unwrap()["spec"]["podManagementPolicy"], "Parallel");
    assert_eq!(one.find("StatefulSet", "demo").unwrap()["spec"]["podManagementPolicy"], "OrderedReady");
}

#[test]
fn one_server_gets_nothing_of_a_set() {
    let one = render::<Redis>(json!({})).unwrap();
    let scripts = one.find("ConfigMap", "demo-scripts").unwrap()["data"].as_object().unwrap().len();
    assert_eq!(scripts, 2);
    assert_eq!(one.find("ConfigMap", "demo-config").unwrap()["data"].as_object().unwrap().len(), 1);
    assert!(!pod(&one).to_string().contains("KU8_POD"));
}

#[test]
fn the_sentinel_outlives_the_server() {
    let rendered = watched(json!({}));
    let init = pod(&rendered)["initContainers"].as_array().unwrap();
    assert_eq!((&init[0]["name"], &init[1]["name"]), (&json!("init"), &json!("sentinel")));
    assert_eq!(init[1]["restartPolicy"], "Always");
    let server = &pod(&rendered)["containers"][0];
    assert_eq!(server["lifecycle"]["preStop"]["exec"]["command"], json!(["sh", "/scripts/stop.sh"]));
    let grace = pod(&rendered)["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(grace >= 60, "handing over takes up to half a minute: {grace}");
}

#[test]
fn every_pod_has_a_name_of_its_own() {
    let rendered = watched(json!({"replicas": 5}));
    for ordinal in 0..5 {
        let name = format!("demo-{ordinal}");
        let spec = &rendered.find("Service", &name).unwrap()["spec"];
        assert_eq!(spec["selector"]["statefulset.kubernetes.io/pod-name"], *name);
        assert_eq!(spec["publishNotReadyAddresses"], true);
        assert!(spec.get("clusterIP").is_none(), "an address that stays while the pod is gone");
    }
    assert!(rendered.find("Service", "demo-5").is_none());
    assert!(rendered.find("PodDisruptionBudget", "demo").is_some());
}

#[test]
fn what_is_computed_reaches_the_sentinels() {
    let conf = |values: Value| file(&watched(values), "demo-config", "sentinel.conf");
    let usual = conf(json!({}));
    assert!(usual.contains("sentinel monitor mymaster @MASTER@ 6379 2\n"), "{usual}");
    assert!(usual.contains("sentinel failover-timeout mymaster 30000\n"), "{usual}");
    let values = json!({"replicas": 7, "masterName": "orders", "sentinel": {"downAfterMs": 20_000}});
    let other = conf(values);
    assert!(other.contains("sentinel monitor orders @MASTER@ 6379 4\n"), "{other}");
    assert!(other.contains("sentinel failover-timeout orders 40000\n"), "{other}");
    let conf = file(&watched(json!({"sentinel": {"minReplicasToWrite": 1}})), "demo-config", "redis.conf");
    assert!(conf.contains("\nmin-replicas-to-write 1\nmin-replicas-max-lag 10\n"), "{conf}");
}

#[test]
fn the_proxy_asks_every_server_and_its_file_has_no_password() {
    let rendered = watched(json!({"proxy": {"enabled": true}}));
    let conf = file(&rendered, "demo-proxy", "haproxy.cfg");
    assert!(conf.contains("tcp-check send \"AUTH ${KU8_PASSWORD}\\r\\n\"\n"), "{conf}");
    assert!(conf.contains("    server demo-2 demo-2.prod.svc.cluster.local:6379 check\n"), "{conf}");
    let pod = &rendered.find("Deployment", "demo-proxy").unwrap()["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsUser"], 99);
    assert_eq!(pod["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"]["name"], "demo-auth");
    let service = &rendered.find("Service", "demo").unwrap()["spec"];
    assert_eq!(service["selector"]["app.kubernetes.io/component"], "proxy");
    assert_eq!(service["ports"][0]["port"], 6379);
    let open = watched(json!({"proxy": {"enabled": true}, "auth": {"enabled": false}}));
    assert!(!file(&open, "demo-proxy", "haproxy.cfg").contains("AUTH"));
}

#[test]
fn without_a_proxy_the_name_leads_to_the_sentinels() {
    let rendered = watched(json!({}));
    let service = &rendered.find("Service", "demo").unwrap()["spec"];
    assert_eq!(service["ports"][0]["port"], 26379, "6379 would lead to replicas by chance");
    assert!(rendered.find("Deployment", "demo-proxy").is_none());
}

#[test]
fn proxies_pass_the_network_policy_of_labelled_clients() {
    let values =
        json!({"proxy": {"enabled": true}, "networkPolicy": {"mode": "labelled"}, "metrics": {"enabled": true}});
    let rendered = watched(values);
    let rules = rendered.find("NetworkPolicy", "demo").unwrap()["spec"]["ingress"].to_string();
    assert!(rules.contains("\"proxy\"") && rules.contains("demo-client"), "{rules}");
    let proxy = &rendered.find("NetworkPolicy", "demo-proxy").unwrap()["spec"];
    assert_eq!(proxy["podSelector"]["matchLabels"]["app.kubernetes.io/component"], "proxy");
    assert_eq!(proxy["ingress"].as_array().unwrap().len(), 1);
}

#[test]
fn clients_are_told_what_they_need() {
    let outputs = |rendered: &Rendered| rendered.outputs.iter().map(|one| one.value().clone()).collect::<Vec<_>>();
    let set = outputs(&watched(json!({})));
    assert_eq!(set[0]["type"], "redis-sentinel");
    assert_eq!(set[0]["sentinels"][2], "demo-2.prod.svc:26379");
    assert_eq!(set[0]["masterName"], "mymaster");
    assert_eq!(set[0]["sentinelPassword"]["secret"], "demo-auth");
    assert_eq!((&set[1]["name"], &set[1]["host"]), (&json!("read"), &json!("demo-read.prod.svc")));
    assert_eq!(set[1]["readOnly"], true);
    let proxied = outputs(&watched(json!({"proxy": {"enabled": true}})));
    assert_eq!(proxied[0]["uri"], "redis://:{password}@demo.prod.svc:6379/0");
    assert_eq!(proxied[0]["sentinels"][0], "demo-0.prod.svc:26379");
}

#[test]
fn valkey_and_modules_start_the_same_way() {
    let valkey = watched(json!({"engine": "valkey", "metrics": {"enabled": true}}));
    assert_eq!(pod(&valkey)["initContainers"][1]["command"][0], "valkey-server");
    assert_eq!(pod(&valkey)["initContainers"][2]["name"], "exporter");
    let modules = watched(json!({"modules": true}));
    let command = &pod(&modules)["containers"][0]["command"];
    assert_eq!(
        *command,
        json!(["sh", "/scripts/start.sh", "docker-entrypoint.sh", "redis-server", "/conf/server.conf"])
    );
}

#[test]
fn more_servers_roll_the_pods_and_the_longest_name_fits() {
    let of = |replicas: u32| pod(&watched(json!({"replicas": replicas}))).clone();
    assert_ne!(of(3), of(5), "a Sentinel that does not restart counts servers that are gone");
    let values = json!({"topology": "sentinel", "replicas": 7, "proxy": {"enabled": true}});
    let name = "a".repeat(50);
    assert!(Case::new(values).name(&name).render::<Redis>().is_ok());
}
