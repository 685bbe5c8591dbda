//! What is rendered from which values: pods, their stages, what scales and configures them.
//! It never repeats what `template_sdk::testing` checks on every render.

use template_sdk::testing::Case;
use template_sdk::{Rendered, Value, json};

use crate::Web;

pub(super) fn case(more: &Value) -> Case {
    let mut values = json!({"image": "ghcr.io/acme/shop:1.4.2"});
    template_sdk::block::add(&mut values, more);
    Case::new(values)
}

pub(super) fn rendered(more: &Value) -> Rendered {
    case(more).render::<Web>().unwrap()
}

pub(super) fn deployment(rendered: &Rendered) -> &Value {
    &rendered.find("Deployment", "demo").unwrap()["spec"]
}

fn container(rendered: &Rendered) -> &Value {
    &deployment(rendered)["template"]["spec"]["containers"][0]
}

fn kinds(rendered: &Rendered) -> Vec<&str> {
    rendered.objects.iter().map(|object| object.manifest["kind"].as_str().unwrap()).collect()
}

#[test]
fn the_image_alone_makes_a_service_of_two_pods() {
    let rendered = rendered(&json!({}));
    let expected = ["ServiceAccount", "NetworkPolicy", "Service", "Deployment", "PodDisruptionBudget"];
    assert_eq!(kinds(&rendered), expected);
    let spec = deployment(&rendered);
    assert_eq!(spec["replicas"], 2);
    assert_eq!(spec["strategy"]["rollingUpdate"], json!({"maxSurge": "25%", "maxUnavailable": 0}));
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsUser"], 10_001);
    assert_eq!(pod["terminationGracePeriodSeconds"], 45);
    let web = container(&rendered);
    assert_eq!(web["image"], "ghcr.io/acme/shop:1.4.2");
    assert_eq!(web["lifecycle"]["preStop"], json!({"sleep": {"seconds": 10}}));
    assert_eq!(web["readinessProbe"]["httpGet"], json!({"port": "http", "path": "/healthz"}));
    assert!(web.get("livenessProbe").is_none(), "never without a path of its own");
    assert_eq!(web["volumeMounts"], json!([{"name": "writable-0", "mountPath": "/tmp"}]));
    let output = rendered.outputs[0].value();
    assert_eq!(output["uri"], "http://demo.prod.svc:8080");
    assert_eq!(rendered.outputs.len(), 1);
}

#[test]
fn the_drain_fits_the_cluster() {
    let stop = |values: &Value, version: &str| {
        let rendered = case(values).cluster(version).render::<Web>().unwrap();
        container(&rendered).get("lifecycle").cloned().unwrap_or_default()
    };
    assert_eq!(stop(&json!({}), "1.30")["preStop"]["sleep"]["seconds"], 10);
    assert_eq!(stop(&json!({}), "1.29")["preStop"]["exec"]["command"], json!(["sleep", "10"]));
    assert_eq!(stop(&json!({"shutdown": {"drainSeconds": 0}}), "1.36"), Value::Null);
}

#[test]
fn an_autoscaler_takes_the_replicas_over() {
    let rendered = rendered(&json!({"autoscale": {"max": 10}}));
    assert!(deployment(&rendered).get("replicas").is_none());
    let scaler = &rendered.find("HorizontalPodAutoscaler", "demo").unwrap()["spec"];
    assert_eq!((&scaler["minReplicas"], &scaler["maxReplicas"]), (&json!(2), &json!(10)));
    assert_eq!(scaler["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
    assert!(rendered.find("PodDisruptionBudget", "demo").is_some());
}

#[test]
fn w5_a_budget_is_there_from_two_pods_on() {
    let budget = |values: &Value| rendered(values).find("PodDisruptionBudget", "demo").is_some();
    assert!(budget(&json!({"replicas": 2})) && budget(&json!({"autoscale": {"min": 2, "max": 9}})));
    assert!(!budget(&json!({"replicas": 1})) && !budget(&json!({"replicas": 0})));
    assert!(!budget(&json!({"autoscale": {"min": 1, "max": 9}})), "one pod must be allowed to leave");
}

#[test]
fn scaling_never_rolls_the_pods() {
    let pod = |values: &Value| deployment(&rendered(values))["template"].clone();
    let first = pod(&json!({}));
    for values in [json!({"replicas": 1}), json!({"replicas": 50}), json!({"autoscale": {"max": 9}})] {
        assert_eq!(pod(&values), first, "{values}");
    }
}

#[test]
fn pods_of_one_version_are_spread_among_themselves() {
    let pod = |spread: &str, version: &str| {
        let case = case(&json!({"scheduling": {"spread": spread}})).cluster(version);
        deployment(&case.render::<Web>().unwrap())["template"]["spec"].clone()
    };
    let revision = json!(["pod-template-hash"]);
    let constraints = pod("preferNodes", "1.30")["topologySpreadConstraints"].clone();
    assert_eq!(constraints.as_array().unwrap().len(), 2);
    assert_eq!(constraints[1]["matchLabelKeys"], revision);
    let term = |version: &str| {
        let pod = pod("requireNodes", version);
        pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0].clone()
    };
    assert_eq!(term("1.31")["matchLabelKeys"], revision);
    assert!(term("1.30").get("matchLabelKeys").is_none(), "1.30 would drop it, and every plan would show it again");
}

#[test]
fn files_lie_over_the_image_and_roll_the_pods() {
    let file = |content: &str| json!({"configFiles": [{"path": "/etc/app/app.yaml", "content": content}]});
    let first = rendered(&file("a: 1\n"));
    assert_eq!(first.find("ConfigMap", "demo-config").unwrap()["data"]["etc_app_app.yaml"], "a: 1\n");
    let mount = &container(&first)["volumeMounts"][1];
    assert_eq!(mount["mountPath"], "/etc/app/app.yaml");
    assert_eq!((&mount["subPath"], &mount["readOnly"]), (&json!("etc_app_app.yaml"), &json!(true)));
    let checksum =
        |rendered: &Rendered| deployment(rendered)["template"]["metadata"]["annotations"]["checksum/config"].clone();
    assert!(checksum(&first).is_string());
    assert_ne!(checksum(&first), checksum(&rendered(&file("a: 2\n"))));
    assert_eq!(checksum(&first), checksum(&rendered(&file("a: 1\n"))));
}

#[test]
fn each_health_check_asks_what_it_says() {
    let web = |values: &Value| container(&rendered(&json!({"health": values}))).clone();
    let http = web(&json!({"path": "/ready", "livenessPath": "/live", "startupSeconds": 91}));
    assert_eq!(http["startupProbe"]["httpGet"]["path"], "/live", "a start does not wait for others");
    assert_eq!(http["startupProbe"]["failureThreshold"], 46);
    assert_eq!(http["readinessProbe"]["httpGet"]["path"], "/ready");
    assert_eq!(http["livenessProbe"]["httpGet"]["path"], "/live");
    assert_eq!(web(&json!({"type": "tcp"}))["readinessProbe"]["tcpSocket"]["port"], "http");
    assert_eq!(web(&json!({"type": "grpc", "port": 9999}))["readinessProbe"]["grpc"]["port"], 9999);
    let none = web(&json!({"type": "none", "port": 9999}));
    assert!(none.get("readinessProbe").is_none() && none.get("startupProbe").is_none());
    assert_eq!(none["ports"].as_array().unwrap().len(), 1);
    let other = web(&json!({"port": 9999}));
    assert_eq!(other["ports"][1]["name"], "health");
    assert_eq!(other["readinessProbe"]["httpGet"]["port"], "health");
}

#[test]
fn a_slow_start_is_no_failed_rollout() {
    let deadline = |seconds: u32| {
        let rendered = rendered(&json!({"health": {"startupSeconds": seconds}}));
        deployment(&rendered).get("progressDeadlineSeconds").cloned()
    };
    assert_eq!(deadline(60), None);
    assert_eq!(deadline(1800), Some(json!(1920)));
}

#[test]
fn a_migration_runs_between_its_configuration_and_the_pods() {
    let values = json!({"migration": {"command": ["/app/migrate", "up"]}, "env": {"A": "b"},
        "configFiles": [{"path": "/app/db.yaml", "content": "a"}]});
    let rendered = rendered(&values);
    let stage = |id: &str| rendered.objects.iter().find(|object| object.id == id).unwrap().stage;
    assert!(stage("configmap/config") < stage("job/migration") && stage("job/migration") < stage("deployment/server"));
    let job = rendered.objects.iter().find(|object| object.id == "job/migration").unwrap();
    let name = job.manifest["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("demo-migrate-") && name.len() == "demo-migrate-".len() + 8, "{name}");
    let spec = &job.manifest["spec"];
    assert_eq!((&spec["backoffLimit"], &spec["activeDeadlineSeconds"]), (&json!(2), &json!(600)));
    let pod = &spec["template"];
    assert_eq!(pod["metadata"]["labels"]["app.kubernetes.io/component"], "migration", "no Service finds it");
    let container = &pod["spec"]["containers"][0];
    assert_eq!(container["command"], json!(["/app/migrate", "up"]));
    assert_eq!(container["env"][0]["name"], "A");
    assert_eq!(container["volumeMounts"][1]["mountPath"], "/app/db.yaml");
    assert!(container.get("lifecycle").is_none() && container.get("readinessProbe").is_none());
    assert!(spec.get("ttlSecondsAfterFinished").is_none(), "a Job that vanishes would run again");
}

#[test]
fn a_migration_runs_again_for_another_content_only() {
    let name = |more: &Value| {
        let mut values = json!({"migration": {"command": ["m"]}});
        template_sdk::block::add(&mut values, more);
        let rendered = rendered(&values);
        let job = rendered.objects.iter().find(|object| object.id == "job/migration").unwrap();
        job.manifest["metadata"]["name"].clone()
    };
    let first = name(&json!({}));
    let same = [json!({"replicas": 5}), json!({"migration": {"timeoutSeconds": 9}}), json!({"args": ["serve"]})];
    for values in same {
        assert_eq!(name(&values), first, "{values}");
    }
    let file = json!({"configFiles": [{"path": "/a", "content": "a"}]});
    for values in [json!({"image": "ghcr.io/acme/shop:1.4.3"}), json!({"env": {"A": "b"}}), file] {
        assert_ne!(name(&values), first, "{values}");
    }
}

#[test]
fn images_pass_the_registry_map() {
    let image = |image: &str| {
        let case = Case::new(json!({"image": image, "migration": {"command": ["m"]}}));
        let rendered = case.mirror("docker.io", "mirror.example.com/hub").render::<Web>().unwrap();
        let job = rendered.objects.iter().find(|object| object.id == "job/migration").unwrap();
        let job = job.manifest["spec"]["template"]["spec"]["containers"][0]["image"].clone();
        let web = container(&rendered)["image"].clone();
        assert_eq!(job, web);
        web
    };
    let digest = "a".repeat(64);
    assert_eq!(image("nginx:1.29"), "mirror.example.com/hub/library/nginx:1.29");
    assert_eq!(image("acme/shop"), "mirror.example.com/hub/acme/shop:latest");
    assert_eq!(image("localhost:5000/shop:1"), "localhost:5000/shop:1");
    let full = format!("ghcr.io/acme/shop:1.4@sha256:{digest}");
    assert_eq!(image(&full), full.as_str());
    let bare = format!("ghcr.io/acme/shop@sha256:{digest}");
    assert_eq!(image(&bare), bare.as_str());
}

#[test]
fn command_user_and_policy_are_as_asked() {
    let values = json!({"command": ["/app/shop"], "args": ["serve"], "runAsUser": 101, "pullPolicy": "Always",
        "writablePaths": ["/a", "/b"], "writableSize": "1Gi", "rollout": {"maxSurge": 2, "maxUnavailable": "10%"}});
    let rendered = rendered(&values);
    let web = container(&rendered);
    assert_eq!((&web["command"][0], &web["args"][0]), (&json!("/app/shop"), &json!("serve")));
    assert_eq!(web["imagePullPolicy"], "Always");
    let spec = deployment(&rendered);
    assert_eq!(spec["strategy"]["rollingUpdate"], json!({"maxSurge": 2, "maxUnavailable": "10%"}));
    assert_eq!(spec["template"]["spec"]["securityContext"]["fsGroup"], 101);
    assert_eq!(spec["template"]["spec"]["volumes"][1]["emptyDir"]["sizeLimit"], "1Gi");
    let plain = super::render::rendered(&json!({}));
    assert!(container(&plain).get("command").is_none() && container(&plain).get("args").is_none());
}

#[test]
fn the_longest_name_fits() {
    let name = "a".repeat(50);
    let values = json!({"migration": {"command": ["m"]}, "autoscale": {"max": 5},
        "configFiles": [{"path": "/a", "content": "a"}],
        "ingress": {"host": "a.example.com", "tls": {"clusterIssuer": "le"}}});
    let rendered = case(&values).name(&name).render::<Web>().unwrap();
    assert!(kinds(&rendered).contains(&"Job"));
}
