//! What is rendered from which values.
//! It never repeats what `template_sdk::testing` checks on every render.

use template_sdk::testing::{Case, render};
use template_sdk::{Rendered, Template, Value, json};

use crate::Redis;

fn rendered(values: Value) -> Rendered {
    render::<Redis>(values).unwrap()
}

fn config(rendered: &Rendered) -> String {
    rendered.find("ConfigMap", "demo-config").unwrap()["data"]["redis.conf"].as_str().unwrap().to_owned()
}

#[test]
fn the_defaults_render_a_persistent_store_with_a_password() {
    let rendered = rendered(json!({}));
    let kinds: Vec<&str> = rendered.objects.iter().map(|object| object.manifest["kind"].as_str().unwrap()).collect();
    let expected = ["ServiceAccount", "ConfigMap", "ConfigMap", "NetworkPolicy", "Service", "Service", "StatefulSet"];
    assert_eq!(kinds, expected);
    let set = rendered.find("StatefulSet", "demo").unwrap();
    assert_eq!(set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"], "4Gi");
    let container = &set["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "docker.io/library/redis:8.2");
    assert_eq!(container["command"][0], "redis-server");
    assert_eq!(rendered.secrets[0].name, "demo-auth");
    let output = rendered.outputs[0].value();
    assert_eq!(output["host"], "demo.prod.svc");
    assert_eq!(output["uri"], "redis://:{password}@demo.prod.svc:6379/0");
    assert!(rendered.warnings.is_empty(), "{:?}", rendered.warnings);
}

#[test]
fn memory_follows_from_the_limit() {
    for (size, bytes) in [("dev", 174_483_046_u64), ("small", 697_932_185), ("large", 11_166_914_969)] {
        let config = config(&rendered(json!({"size": size})));
        assert!(config.contains(&format!("\nmaxmemory {bytes}\n")), "{size}: {config}");
    }
}

#[test]
fn each_persistence_mode_has_its_settings() {
    for (mode, appendonly, save, claim) in [
        ("aof", "yes", "\"\"", true),
        ("rdb", "no", "3600 1 300 100 60 10000", true),
        ("both", "yes", "3600 1 300 100 60 10000", true),
        ("none", "no", "\"\"", false),
    ] {
        let rendered = rendered(json!({"persistence": {"mode": mode}}));
        let config = config(&rendered);
        assert!(config.contains(&format!("\nappendonly {appendonly}\n")), "{mode}");
        assert!(config.contains(&format!("\nsave {save}\n")), "{mode}: {config}");
        let set = rendered.find("StatefulSet", "demo").unwrap();
        assert_eq!(set["spec"].get("volumeClaimTemplates").is_some(), claim, "{mode}");
    }
}

#[test]
fn valkey_runs_its_own_programs() {
    let rendered = rendered(json!({"engine": "valkey"}));
    let container = &rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "docker.io/valkey/valkey:8.1");
    assert_eq!(container["command"][0], "valkey-server");
    assert_eq!(container["env"][0]["value"], "valkey-cli");
}

#[test]
fn a_mirror_and_a_digest_reach_every_image() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let values = json!({"image": {"digest": digest}, "metrics": {"enabled": true}});
    let rendered = Case::new(values).mirror("docker.io", "mirror.example.com/hub").render::<Redis>().unwrap();
    let pod = &rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["image"], format!("mirror.example.com/hub/library/redis:8.2@{digest}"));
    let exporter = pod["initContainers"][1]["image"].as_str().unwrap();
    assert!(exporter.starts_with("mirror.example.com/hub/oliver006/"), "{exporter}");
}

#[test]
fn metrics_bring_a_sidecar_and_its_monitor() {
    let rendered = rendered(json!({"metrics": {"enabled": true, "monitor": "podMonitor"}}));
    assert!(rendered.find("PodMonitor", "demo").is_some());
    let policy = rendered.find("NetworkPolicy", "demo").unwrap();
    assert_eq!(policy["spec"]["ingress"][1]["ports"][0]["port"], 9121);
    assert!(rendered.warnings.has("redis.metrics.pod-monitor"));
}

#[test]
fn an_existing_secret_is_asked_for_and_never_generated() {
    let rendered = rendered(json!({"auth": {"existingSecret": "team-redis"}}));
    let intent = serde_json::to_value(&rendered.secrets[0]).unwrap();
    assert_eq!(intent["name"], "team-redis");
    assert_eq!(intent["keys"]["password"]["secretRef"]["name"], "team-redis");
    assert_eq!(rendered.outputs[0].value()["password"]["secret"], "team-redis");
    assert!(rendered.warnings.has("redis.auth.charset"));
}

#[test]
fn without_a_password_no_secret_is_mentioned() {
    let values = json!({"auth": {"enabled": false}, "disableCommands": ["flushall"]});
    let rendered = rendered(values);
    assert!(rendered.secrets.is_empty());
    assert!(!rendered.objects.iter().any(|object| object.manifest.to_string().contains("demo-auth")));
    assert!(config(&rendered).contains("user default on nopass ~* &* +@all -flushall\n"));
}

#[test]
fn the_configuration_rolls_the_pods() {
    let annotation = |values: Value| {
        let set = rendered(values).find("StatefulSet", "demo").unwrap().clone();
        set["spec"]["template"]["metadata"]["annotations"]["checksum/config"].clone()
    };
    assert_ne!(annotation(json!({})), annotation(json!({"timeoutSeconds": 9})));
    assert_eq!(annotation(json!({})), annotation(json!({"timeoutSeconds": 0})));
}

#[test]
fn the_longest_name_fits() {
    let name = "a".repeat(50);
    let rendered = Case::new(json!({"metrics": {"enabled": true}})).name(&name).render::<Redis>().unwrap();
    assert!(rendered.find("StatefulSet", &name).is_some());
}

#[test]
fn every_parameter_is_a_question_with_a_title() {
    fn visit(path: &str, schema: &Value) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            assert!(property["title"].is_string() && property["description"].is_string(), "{path}");
            visit(&path, property);
        }
    }
    let schema = Redis::schema();
    visit("", &schema);
    for (name, property) in schema["properties"].as_object().unwrap() {
        assert!(property["x-ku8-group"].is_string() && property["x-ku8-order"].is_u64(), "{name}");
    }
}
