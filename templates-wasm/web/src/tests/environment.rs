//! What reaches the container's environment, in which order, and that passwords never do by value.
//! It never starts a kubelet: the order its expansion needs is what is checked.

use template_sdk::testing::Case;
use template_sdk::{Findings, Rendered, Value, json};

use crate::Web;

const IMAGE: &str = "ghcr.io/acme/shop:1.4.2";

fn database() -> Value {
    json!({"name": "primary", "type": "mysql", "host": "orders-db.prod.svc", "port": 3306, "database": "orders",
        "username": "orders", "password": {"secret": "orders-db-auth", "key": "password"}, "readOnly": false,
        "uri": "mysql://{username}:{password}@{host}:{port}/{database}"})
}

fn variables(rendered: &Rendered) -> Vec<(String, Value)> {
    let container = &rendered.find("Deployment", "demo").unwrap()["spec"]["template"]["spec"]["containers"][0];
    let all = container["env"].as_array().cloned().unwrap_or_default();
    all.into_iter()
        .map(|variable| {
            let value = variable.get("value").unwrap_or(&variable["valueFrom"]).clone();
            (variable["name"].as_str().unwrap().to_owned(), value)
        })
        .collect()
}

fn position(variables: &[(String, Value)], name: &str) -> usize {
    variables.iter().position(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name} in {variables:?}"))
}

fn refused(case: &Case, path: &str, code: &str) {
    let findings: Findings = case.render::<Web>().unwrap_err();
    assert!(findings.iter().any(|finding| finding.path == path && finding.code == code), "{findings:?}");
}

#[test]
fn a_binding_becomes_variables_without_its_password() {
    let rendered = Case::new(json!({"image": IMAGE})).bind("db", database()).render::<Web>().unwrap();
    let variables = variables(&rendered);
    let value = |name: &str| variables[position(&variables, name)].1.clone();
    assert_eq!(value("DB_HOST"), "orders-db.prod.svc");
    assert_eq!(value("DB_PORT"), "3306");
    assert_eq!(value("DB_DATABASE"), "orders");
    assert_eq!(value("DB_USERNAME"), "orders");
    assert_eq!(value("DB_READ_ONLY"), "false");
    assert_eq!(value("DB_PASSWORD")["secretKeyRef"], json!({"name": "orders-db-auth", "key": "password"}));
    assert_eq!(value("DB_URL"), "mysql://orders:$(DB_PASSWORD)@orders-db.prod.svc:3306/orders");
    assert!(position(&variables, "DB_PASSWORD") < position(&variables, "DB_URL"), "the kubelet reads in order");
    let intent = serde_json::to_value(&rendered.secrets).unwrap();
    assert_eq!(intent[0]["keys"]["password"]["secretRef"]["name"], "orders-db-auth", "asked for, never generated");
}

#[test]
fn a_dollar_in_what_others_offer_is_no_variable() {
    let mut output = database();
    output["username"] = json!("a$(DB_PASSWORD)");
    let rendered = Case::new(json!({"image": IMAGE})).bind("orders-db", output).render::<Web>().unwrap();
    let variables = variables(&rendered);
    let value = |name: &str| variables[position(&variables, name)].1.clone();
    assert_eq!(value("ORDERS_DB_USERNAME"), "a$$(DB_PASSWORD)");
    assert!(value("ORDERS_DB_URL").as_str().unwrap().starts_with("mysql://a$$(DB_PASSWORD):$(ORDERS_DB_PASSWORD)@"));
}

#[test]
fn own_variables_come_last_and_can_use_the_others() {
    let values = json!({"image": IMAGE, "env": {"DSN": "$(DB_HOST)/$(KEY)"},
        "secretEnv": {"KEY": {"secretRef": {"name": "shop", "key": "k"}}}});
    let rendered = Case::new(values).bind("db", database()).render::<Web>().unwrap();
    let variables = variables(&rendered);
    assert_eq!(variables.last().unwrap().0, "DSN");
    assert!(position(&variables, "DB_URL") < position(&variables, "KEY"));
}

#[test]
fn secrets_are_referred_to_or_made_once() {
    let values = json!({"image": IMAGE, "secretEnv": {
        "API_TOKEN": {"secretRef": {"name": "shop", "key": "token"}},
        "OTHER": {"secretRef": {"name": "shop", "key": "other"}},
        "SESSION": {"generate": {"length": 32}}}});
    let rendered = Case::new(values).render::<Web>().unwrap();
    let intents = serde_json::to_value(&rendered.secrets).unwrap();
    assert_eq!(
        intents[0],
        json!({"name": "demo-auth",
        "keys": {"SESSION": {"generate": {"length": 32, "alphabet": "alphanumeric"}}}})
    );
    assert_eq!(intents[1]["keys"].as_object().unwrap().len(), 2, "one intent for each Secret");
    let variables = variables(&rendered);
    let session = &variables[position(&variables, "SESSION")].1;
    assert_eq!(session["secretKeyRef"], json!({"name": "demo-auth", "key": "SESSION"}));
}

#[test]
fn a_variable_comes_from_one_place() {
    let code = "web.env.duplicate";
    let secret = json!({"secretRef": {"name": "shop", "key": "k"}});
    let both = json!({"image": IMAGE, "env": {"KEY": "a"}, "secretEnv": {"KEY": secret}});
    refused(&Case::new(both), "/env/KEY", code);
    let bound = json!({"image": IMAGE, "env": {"DB_HOST": "a"}});
    refused(&Case::new(bound.clone()).bind("db", database()), "/env/DB_HOST", code);
    refused(&Case::new(json!({"image": IMAGE})).bind("db", database()).bind("DB", database()), "", code);
    assert!(Case::new(bound).render::<Web>().is_ok());
}

#[test]
fn more_secrets_than_the_host_takes_are_refused_here() {
    let many = |secrets: usize, keys: usize| {
        let mut env = json!({});
        for at in 0..secrets.max(keys) {
            let (name, key) = (format!("s{}", at % secrets), format!("k{at}"));
            env[format!("V{at}")] = json!({"secretRef": {"name": name, "key": key}});
        }
        Case::new(json!({"image": IMAGE, "secretEnv": env}))
    };
    assert!(many(16, 16).render::<Web>().is_ok());
    assert!(many(1, 32).render::<Web>().is_ok());
    refused(&many(17, 17), "/secretEnv", "web.secret-env.too-many");
    refused(&many(1, 33), "/secretEnv", "web.secret-env.too-many");
}

#[test]
fn a_password_in_plain_text_is_told_without_repeating_it() {
    let warns = |name: &str, text: &str| {
        let mut values = json!({"image": IMAGE, "env": {}});
        values["env"][name] = json!(text);
        let warnings = Case::new(values).render::<Web>().unwrap().warnings;
        assert!(!format!("{warnings:?}").contains("hunter2"));
        warnings.has("web.env.plain-secret")
    };
    for (name, text) in [
        ("DB_PASSWORD", "hunter2"),
        ("stripe_api_key", "hunter2"),
        ("REDIS_URL", "redis://:hunter2@cache:6379/0"),
        ("DSN", "postgres://shop:hunter2@db/shop"),
    ] {
        assert!(warns(name, text), "{name}");
    }
    for (name, text) in [
        ("DB_PASSWORD", "$(OTHER)"),
        ("DB_PASSWORD_FILE", "/run/p"),
        ("DSN", "postgres://shop:$(DB_PASSWORD)@db/shop"),
        ("URL", "https://example.com/a:b@c"),
        ("TOKENS", "3"),
    ] {
        assert!(!warns(name, text), "{name} {text}");
    }
}

#[test]
fn an_existing_certificate_must_be_there_before_the_ingress() {
    let values = json!({"image": IMAGE, "ingress": {"host": "a.example.com", "tls": {"secret": "wildcard"}}});
    let rendered = Case::new(values).render::<Web>().unwrap();
    let intent = serde_json::to_value(&rendered.secrets[0]).unwrap();
    assert_eq!(intent["name"], "wildcard");
    assert_eq!(intent["keys"]["tls.crt"]["secretRef"]["key"], "tls.crt");
}
