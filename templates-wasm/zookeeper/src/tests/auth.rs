//! Passwords: who must tell one, where it is, and what a change means.
//! It never checks that a server refuses: the pod simulator does.

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Rendered, Value, json};

use super::assert_refused;
use crate::ZooKeeper;

fn auth(auth: &Value) -> Value {
    json!({ "auth": auth })
}

fn zoo_cfg(values: Value) -> String {
    let rendered = render::<ZooKeeper>(values).unwrap();
    rendered.find("ConfigMap", "demo-config").unwrap()["data"]["zoo.cfg"].as_str().unwrap().to_owned()
}

fn change(from: &Value, to: &Value) -> Result<Rendered, Findings> {
    Case::new(auth(to)).previous(auth(from)).observed("demo", 3).render::<ZooKeeper>()
}

#[test]
fn only_what_is_asked_for_is_switched_on() {
    let (client, quorum) = ("sessionRequireClientSASLAuth=true", "quorum.auth.serverRequireSasl=true");
    let text = zoo_cfg(auth(&json!({"client": true})));
    assert!(text.contains(client) && text.contains("authProvider.sasl=") && !text.contains(quorum));
    let text = zoo_cfg(auth(&json!({"quorum": true})));
    assert!(text.contains(quorum) && !text.contains(client));
    let text = zoo_cfg(json!({}));
    assert!(!text.contains("asl"), "{text}");
}

#[test]
fn passwords_are_generated_mounted_for_one_script_and_told_to_clients_by_reference() {
    let rendered = render::<ZooKeeper>(auth(&json!({"client": true, "quorum": true, "username": "shop"}))).unwrap();
    let intent = &rendered.secrets[0];
    assert_eq!(intent.keys.keys().collect::<Vec<_>>(), ["client-password", "quorum-password"]);
    let pod = &rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"]["spec"];
    let mounts = |container: &Value| {
        let mounts = container["volumeMounts"].as_array().unwrap();
        mounts.iter().any(|mount| mount["name"] == "auth")
    };
    assert!(mounts(&pod["initContainers"][1]) && !mounts(&pod["containers"][0]));
    let run = pod["volumes"].as_array().unwrap().iter().find(|volume| volume["name"] == "run").unwrap();
    assert_eq!(run["emptyDir"]["medium"], "Memory");
    let output = rendered.outputs[0].value();
    assert_eq!(output["username"], "shop");
    assert_eq!(output["password"], json!({"secret": "demo-auth", "key": "client-password"}));
    assert!(render::<ZooKeeper>(json!({})).unwrap().outputs[0].value().get("username").is_none());
}

#[test]
fn a_secret_of_somebody_else_is_asked_for_its_keys() {
    let warnings = render::<ZooKeeper>(auth(&json!({"client": true, "existingSecret": "mine"}))).unwrap().warnings;
    let finding = warnings.iter().find(|finding| finding.code == "zookeeper.auth.secret-keys").unwrap();
    assert!(finding.message.contains("client-password") && !finding.message.contains("super"));
    let warnings = render::<ZooKeeper>(auth(&json!({"existingSecret": "mine"}))).unwrap().warnings;
    assert!(warnings.iter().any(|finding| finding.message.contains("nothing asks")));
}

#[test]
fn clients_do_not_take_the_name_that_may_everything() {
    render::<ZooKeeper>(auth(&json!({"client": true, "username": "superb"}))).unwrap();
    let refused = render::<ZooKeeper>(auth(&json!({"client": true, "username": "super"})));
    assert_refused(&refused.unwrap_err(), "zookeeper.auth.username");
}

#[test]
fn members_change_how_they_log_in_only_while_none_runs() {
    assert_refused(&change(&json!({}), &json!({"quorum": true})).unwrap_err(), "zookeeper.auth.quorum-running");
    assert_refused(&change(&json!({"quorum": true}), &json!({})).unwrap_err(), "zookeeper.auth.quorum-running");
    change(&json!({"quorum": true}), &json!({"quorum": true})).unwrap();
    let stopped = Case::new(auth(&json!({"quorum": true}))).previous(auth(&json!({}))).observed("demo", 0);
    stopped.render::<ZooKeeper>().unwrap();
}

#[test]
fn clients_are_warned_for() {
    let warns = |from: Value, to: Value, code: &str| {
        let warnings = change(&from, &to).unwrap().warnings;
        assert!(warnings.has(code), "{code}: {warnings:?}");
        assert!(warnings.iter().all(|finding| finding.hint.is_some()));
    };
    warns(json!({}), json!({"client": true}), "zookeeper.auth.client-on");
    warns(json!({"client": true}), json!({}), "zookeeper.auth.client-off");
    warns(json!({"client": true}), json!({"client": true, "username": "b"}), "zookeeper.auth.renamed");
    assert!(change(&json!({"client": true}), &json!({"client": true})).unwrap().warnings.is_empty());
}

#[test]
fn the_admin_server_listens_to_its_own_pod_alone() {
    assert!(zoo_cfg(json!({"networkPolicy": {"mode": "off"}})).contains("\nadmin.serverAddress=127.0.0.1\n"));
}

#[test]
fn settings_that_would_open_what_is_closed_are_refused() {
    for line in ["skipACL=yes", "quorum.auth.enableSasl=false", "enforce.auth.enabled=false", "Server.9=a:1:2"] {
        let refused = render::<ZooKeeper>(json!({ "extraConfig": line }));
        assert_refused(&refused.unwrap_err(), "zookeeper.extra-config.owned");
    }
}
