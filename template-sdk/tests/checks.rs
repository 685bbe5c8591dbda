//! Every rule of `testing::check` with objects that break it.
//! It never tests a real template; those obey, in their own tests.

use template_sdk::build::{Container, Meta, Pod, Resources, Service, StatefulSet, config_map, env, volume};
use template_sdk::testing::check;
use template_sdk::{Findings, Kind, Metadata, Output, Quantity, Rendered, SecretIntent, Value, json};

fn meta() -> Meta {
    Meta::new("demo", "cache", "server", "prod").version("1.0")
}

fn container() -> Container {
    let resources = Resources::new(Quantity::from_millis(10), Quantity::from_mib(32));
    Container::new("main", "docker.io/library/demo:1.0", resources).port("tcp-demo", 7000)
}

fn workload(pod: Pod) -> Value {
    StatefulSet::new(&meta(), "cache", 1, "cache", pod).value()
}

fn good() -> Rendered {
    let pod = Pod::new(&meta(), 1000, 1000)
        .volume(volume::config_map("config", "cache-config", 0o444))
        .volume(volume::secret("auth", "cache-auth", &["password"]))
        .container(container().read_only("config", "/config").read_only("auth", "/auth"));
    Rendered::new()
        .object("configmap/config", 0, config_map(&meta(), "cache-config", [("a", "b")]))
        .object("service/client", 0, Service::new(&meta(), "cache").port("tcp-demo", 7000).value())
        .object("statefulset/server", 0, workload(pod))
        .secret(SecretIntent::generate("cache-auth", &["password"]))
        .output(Output::new("primary", "demo", "cache.prod.svc", 7000).password("cache-auth", "password"))
}

fn checked(rendered: &Rendered) -> Findings {
    let metadata = Metadata {
        name: "demo",
        version: "1.0.0",
        title: "Demo",
        description: "For tests.",
        app_version: "1.0",
        produces: vec![Kind::new("", "ConfigMap"), Kind::new("", "Service"), Kind::new("apps", "StatefulSet")],
    };
    check(&metadata, rendered)
}

/// Changes one place of the StatefulSet and expects one rule to break.
fn breaks(rule: &str, pointer: &str, value: Value) {
    let mut rendered = good();
    let manifest = &mut rendered.objects[2].manifest;
    let found = manifest.pointer_mut(pointer).map(|place| *place = value);
    assert!(found.is_some(), "no {pointer}");
    let findings = checked(&rendered);
    assert!(findings.has(&format!("check.{rule}")), "{rule}: {findings:?}");
}

#[test]
fn good_objects_pass() {
    assert_eq!(checked(&good()), Findings::new());
}

#[test]
fn security_and_resources_cannot_be_left_out() {
    let main = "/spec/template/spec/containers/0";
    breaks("security", "/spec/template/spec/securityContext/runAsNonRoot", json!(false));
    breaks("security", "/spec/template/spec/securityContext/runAsUser", json!(0));
    breaks("security", "/spec/template/spec/automountServiceAccountToken", json!(true));
    breaks("security", &format!("{main}/securityContext/capabilities/drop"), json!([]));
    breaks("security", &format!("{main}/securityContext/readOnlyRootFilesystem"), json!(false));
    breaks("resources", &format!("{main}/resources/limits"), json!({}));
    breaks("port-number", &format!("{main}/ports/0/containerPort"), json!(80));
    breaks("image", &format!("{main}/image"), json!("demo:1.0"));
}

#[test]
fn references_must_lead_somewhere() {
    breaks("config-map", "/spec/template/spec/volumes/0/configMap/name", json!("other"));
    breaks("secret", "/spec/template/spec/volumes/1/secret/secretName", json!("other"));
    breaks("volume", "/spec/template/spec/containers/0/volumeMounts/0/name", json!("other"));
    breaks("service-name", "/spec/serviceName", json!("other"));
    breaks("port", "/spec/template/spec/containers/0/ports/0/name", json!("other"));
    let pod = Pod::new(&meta(), 1000, 1000).container(container().env(env::secret("A", "cache-auth", "other")));
    let mut rendered = good();
    rendered.objects[2].manifest = workload(pod);
    assert!(checked(&rendered).has("check.secret"));
}

#[test]
fn selectors_are_three_labels_that_match() {
    let mut wrong = meta().selector();
    wrong["app.kubernetes.io/version"] = json!("1.0");
    breaks("selector-labels", "/spec/selector/matchLabels", wrong);
    breaks("selector", "/spec/template/metadata/labels", json!({"a": "b"}));
}

#[test]
fn names_kinds_and_ids_are_checked() {
    breaks("name-length", "/metadata/name", json!("a".repeat(53)));
    breaks("name", "/metadata/name", json!("Cache"));
    breaks("labels", "/metadata/labels", json!({}));
    breaks("produces", "/kind", json!("DaemonSet"));
    let twice = good().object("configmap/config", 0, config_map(&meta(), "cache-config", [("a", "b")]));
    assert!(checked(&twice).has("check.unique"));
    let secret = good().object("secret/a", 0, meta().object("v1", "Secret", "a"));
    assert!(checked(&secret).has("check.no-secret"));
    let output = good().output(Output::new("other", "demo", "h", 1).password("nowhere", "password"));
    assert!(checked(&output).has("check.output-secret"));
}
