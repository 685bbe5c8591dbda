//! The rules of `testing::check` for autoscalers, Jobs, Ingresses and routes, with objects that break them.
//! It never tests a real template; those obey, in their own tests.

use template_sdk::build::{
    Container, Deployment, Ingress, Job, Meta, Pod, Resources, Service, horizontal_pod_autoscaler, http_route,
};
use template_sdk::testing::check;
use template_sdk::{Findings, Kind, Metadata, Quantity, Rendered, Value, json};

fn meta() -> Meta {
    Meta::new("demo", "shop", "server", "prod").version("1.0")
}

fn deployment() -> Deployment {
    let resources = Resources::new(Quantity::from_millis(10), Quantity::from_mib(32));
    let container = Container::new("main", "docker.io/library/demo:1.0", resources).port("http", 8080);
    Deployment::new(&meta(), "shop", 2, Pod::new(&meta(), 1000, 1000).container(container))
}

fn checked(deployment: Deployment, others: Vec<Value>) -> Findings {
    let metadata = Metadata {
        name: "demo",
        version: "1.0.0",
        title: "Demo",
        description: "For tests.",
        app_version: "1.0",
        produces: vec![
            Kind::new("", "Service"),
            Kind::new("apps", "Deployment"),
            Kind::new("autoscaling", "HorizontalPodAutoscaler"),
            Kind::new("batch", "Job"),
            Kind::new("gateway.networking.k8s.io", "HTTPRoute"),
            Kind::new("networking.k8s.io", "Ingress"),
        ],
    };
    let service = Service::new(&meta(), "shop").port("http", 8080).value();
    let rendered = Rendered::new().object("service/a", 0, service).object("deployment/server", 0, deployment.value());
    let add = |rendered: Rendered, (at, other): (usize, Value)| rendered.object(format!("other/{at}"), 0, other);
    check(&metadata, &others.into_iter().enumerate().fold(rendered, add))
}

#[test]
fn an_autoscaler_has_a_workload_without_replicas() {
    let scaler = |name: &str| horizontal_pod_autoscaler(&meta(), name, 2..=4, 70);
    assert_eq!(checked(deployment().autoscaled(), vec![scaler("shop")]), Findings::new());
    assert!(checked(deployment(), vec![scaler("shop")]).has("check.scale-target"));
    assert!(checked(deployment().autoscaled(), vec![scaler("other")]).has("check.scale-target"));
}

#[test]
fn ways_in_lead_to_a_port_of_a_service() {
    let ingress = |service: &str, port: &str| Ingress::new(&meta(), "shop", "a.example.com", "/", (service, port));
    assert_eq!(checked(deployment(), vec![ingress("shop", "http").value()]), Findings::new());
    assert!(checked(deployment(), vec![ingress("shop", "admin").value()]).has("check.backend"));
    assert!(checked(deployment(), vec![ingress("other", "http").value()]).has("check.backend"));
    let route = |port: u16| http_route(&meta(), "shop", &json!({"name": "g"}), ("a.example.com", "/"), ("shop", port));
    assert_eq!(checked(deployment(), vec![route(8080)]), Findings::new());
    assert!(checked(deployment(), vec![route(80)]).has("check.backend"));
}

#[test]
fn a_job_needs_no_selector() {
    let meta = meta().component("migration");
    let resources = Resources::new(Quantity::from_millis(10), Quantity::from_mib(32));
    let container = Container::new("main", "docker.io/library/demo:1.0", resources);
    let job = Job::new(&meta, "shop-migrate", Pod::new(&meta, 1000, 1000).container(container)).value();
    assert_eq!(checked(deployment(), vec![job.clone()]), Findings::new());
    let mut other = job;
    other["spec"]["selector"] = json!({"matchLabels": {"a": "b"}});
    assert!(checked(deployment(), vec![other]).has("check.selector"), "one that is written must fit");
}
