//! The ways in: Service, Ingress, Gateway and network policy, in every combination that matters.
//! It never asks a controller what it makes of them.

use template_sdk::{Value, json};

use super::render::{case, rendered};
use crate::Web;

fn spec(kind: &str, values: &Value) -> Value {
    rendered(values).find(kind, "demo").unwrap_or_else(|| panic!("no {kind}"))["spec"].clone()
}

#[test]
fn the_service_can_use_another_number_than_the_pods() {
    let values = json!({"service": {"port": 80, "appProtocol": "grpc", "exposure": "loadBalancer"},
        "extraPorts": [{"name": "admin", "port": 9000}]});
    let service = spec("Service", &values);
    assert_eq!(service["type"], "LoadBalancer");
    let first = json!({"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "grpc"});
    assert_eq!(service["ports"][0], first);
    assert_eq!(service["ports"][1]["targetPort"], "admin");
    assert_eq!(rendered(&values).outputs[0].value()["uri"], "http://demo.prod.svc:80");
}

#[test]
fn an_ingress_serves_one_host_with_or_without_a_certificate() {
    let ingress = |more: &Value| {
        let mut values = json!({"ingress": {"host": "shop.example.com"}});
        template_sdk::block::add(&mut values, &json!({ "ingress": more }));
        rendered(&values)
    };
    let plain = ingress(&json!({"path": "/api", "className": "nginx", "annotations": {"a": "b"}}));
    let object = plain.find("Ingress", "demo").unwrap();
    assert_eq!(object["spec"]["ingressClassName"], "nginx");
    assert_eq!(object["metadata"]["annotations"], json!({"a": "b"}));
    let path = &object["spec"]["rules"][0]["http"]["paths"][0];
    assert_eq!((&path["path"], &path["pathType"]), (&json!("/api"), &json!("Prefix")));
    assert_eq!(path["backend"]["service"], json!({"name": "demo", "port": {"name": "http"}}));
    assert_eq!(plain.outputs[1].value()["uri"], "http://shop.example.com/api");

    let issued = ingress(&json!({"tls": {"clusterIssuer": "letsencrypt"}}));
    let object = issued.find("Ingress", "demo").unwrap();
    assert_eq!(object["metadata"]["annotations"]["cert-manager.io/cluster-issuer"], "letsencrypt");
    assert_eq!(object["spec"]["tls"][0], json!({"hosts": ["shop.example.com"], "secretName": "demo-tls"}));
    assert!(issued.secrets.is_empty(), "the issuer makes it later");
    assert_eq!(issued.outputs[1].value()["port"], 443);

    let own = ingress(&json!({"tls": {"secret": "wildcard"}}));
    assert_eq!(own.find("Ingress", "demo").unwrap()["spec"]["tls"][0]["secretName"], "wildcard");
    let all = ingress(&json!({"host": "*.example.com"}));
    assert_eq!(all.outputs.len(), 1, "a pattern is no address");
}

#[test]
fn a_route_leads_from_a_gateway_to_the_services_port() {
    let values = json!({"service": {"port": 80}, "gateway": {"host": "shop.example.com", "name": "public",
        "namespace": "infra", "sectionName": "https", "path": "/api"}});
    let route = spec("HTTPRoute", &values);
    assert_eq!(route["parentRefs"], json!([{"name": "public", "namespace": "infra", "sectionName": "https"}]));
    assert_eq!(route["rules"][0]["backendRefs"], json!([{"name": "demo", "port": 80}]));
    assert_eq!(route["rules"][0]["matches"][0]["path"]["value"], "/api");
    let rendered = rendered(&values);
    assert_eq!(rendered.outputs.len(), 1, "the listener knows its address, not we");
    assert!(rendered.notes.contains("`public`"));
}

#[test]
fn the_network_policy_opens_what_a_way_in_needs_and_no_more() {
    let rules = |values: &Value| spec("NetworkPolicy", values)["ingress"].clone();
    let pods = json!({"podSelector": {}});
    let inside = rules(&json!({"extraPorts": [{"name": "admin", "port": 9000}]}));
    assert_eq!(inside.as_array().unwrap().len(), 1);
    assert_eq!(inside[0]["from"], json!([pods]));
    assert_eq!(inside[0]["ports"][1]["port"], 9000);

    let ingress = json!({"ingress": {"host": "a.example.com"}, "extraPorts": [{"name": "admin", "port": 9000}]});
    let open = rules(&ingress);
    assert!(open[1].get("from").is_none());
    assert_eq!(open[1]["ports"], json!([{"protocol": "TCP", "port": 8080}]), "not the other port");

    let mut named = ingress.clone();
    named["networkPolicy"] = json!({"namespaces": ["ingress-nginx"]});
    let named = rules(&named);
    assert_eq!(named.as_array().unwrap().len(), 1);
    let label = json!({"kubernetes.io/metadata.name": "ingress-nginx"});
    assert_eq!(named[0]["from"], json!([pods, {"namespaceSelector": {"matchLabels": label}}]));

    let balanced = json!({"service": {"exposure": "loadBalancer"}, "networkPolicy": {"namespaces": ["a"]}});
    assert!(rules(&balanced)[1].get("from").is_none(), "its traffic has no namespace");

    let labelled = rules(&json!({"networkPolicy": {"mode": "labelled"}}));
    assert_eq!(labelled[0]["from"][0]["podSelector"]["matchLabels"], json!({"demo-client": "true"}));
    let off = case(&json!({"networkPolicy": {"mode": "off"}})).render::<Web>().unwrap();
    assert!(off.find("NetworkPolicy", "demo").is_none());
}
