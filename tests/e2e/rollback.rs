//! Going back: a plan towards what an earlier revision stored, shown, asked about and carried out like any other.
//! Stored objects are believed no more than a template's.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::components::component;
use crate::failure_policy::state;
use crate::stage::{Space, config_map, text, writes, yaml};

fn publish(space: &Space, name: &str, objects: &[Value]) {
    space.feed(&yaml(objects), &["define", name, "-f", "-"]).ok();
    space.run(&format!("publish {name} --yes")).ok();
}

#[test]
fn a_rollback_is_a_plan_that_is_shown_asked_about_and_recorded() {
    let Some(space) = Space::new("back") else { return };
    publish(&space, "web", &[config_map("conf", "1"), config_map("old", "1")]);
    publish(&space, "web", &[config_map("conf", "2"), config_map("new", "1")]);
    let marked = space.requests().len();
    let asked = space.run("rollback web").fails(1, &["--yes", "ConfigMap/conf", "revision 2 → 3", "data does not"]);
    assert!(asked.stdout.contains("- delete  ConfigMap/new"), "{}", asked.stdout);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new(), "nothing before the answer");

    space.run("rollback web --yes").ok().says(&["Rolled back", "to revision 1, as revision 3"]);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
    assert!(space.find("configmap/new").is_none() && space.find("configmap/old").is_some());
    let after = state(&space, "web");
    assert_eq!((&after["phase"], &after["current"], &after["pending"]), (&json!("Published"), &json!(3), &json!(0)));
    let head = text(&space.get("configmap/ku8.web")["data"]["definition"]).to_owned();
    assert!(head.contains("name: old") && !head.contains("name: new"), "the definition is that of revision 1: {head}");
    space.run("plan web --detailed-exitcode").exits(0);
    space.run("history web").ok().says(&["rollback to 1"]);
    // The good one before this one is the second again.
    space.run("rollback web --yes").ok().says(&["to revision 2, as revision 4"]);
    space.run("rollback web --to 2 --yes").ok().says(&["as in revision 2 already"]);
    assert!(space.find("configmap/ku8.web.r5").is_none(), "nothing to do makes no revision");
}

#[test]
fn a_revision_that_is_not_there_or_not_good_is_told() {
    let Some(space) = Space::new("no-such-revision") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("rollback web --yes").fails(1, &["no good revision of web"]).hints();
    space.run("publish web --yes").ok();
    space.run("rollback web --yes").fails(1, &["no good revision of web"]).hints();
    space.run("rollback web --to 7 --yes").fails(1, &["revision 7 of web"]).hints();
    space.run("rollback web --to 0 --yes").exits(1);
    space.run("rollback webb --yes").fails(1, &["did you mean `web`"]);
}

#[test]
fn changes_that_were_never_published_are_not_dropped_in_silence() {
    let Some(space) = Space::new("unpublished") else { return };
    publish(&space, "web", &[config_map("conf", "1")]);
    publish(&space, "web", &[config_map("conf", "2")]);
    space.feed(&yaml(&[config_map("conf", "3")]), &["define", "web", "-f", "-"]).ok();
    space.run("rollback web --to 1 --yes").ok().says(&["never published"]);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
}

#[test]
fn going_back_works_when_the_template_is_gone() {
    let Some(space) = Space::new("gone-template") else { return };
    let file = space.file("echo.wasm", component(&["echo"]));
    space.ku8(&["define", "echo", "-t", &file]).ok();
    space.run("publish echo --yes").ok();
    let first = space.get("service/echo")["spec"].clone();
    space.file("echo.wasm", component(&["echo", "second"]));
    space.ku8(&["define", "echo", "-t", &file]).ok();
    space.run("publish echo --yes").ok();
    assert!(space.find("service/second").is_some());
    std::fs::remove_file(&file).expect("the component");
    space.kubectl(&["delete", "configmap", "-l", "ku8.dev/kind=template"]);
    space.run("publish echo --yes").exits(1);
    space.run("rollback echo --to 1 --yes").ok().says(&["as revision 3", "rules were not asked"]);
    assert!(space.find("service/second").is_none());
    assert_eq!(space.get("service/echo")["spec"], first);
}

/// Makes a revision again with other objects in its stored render, as somebody with a right to ConfigMaps could.
fn forge(space: &Space, name: &str, objects: &Value) {
    let mut revision = space.get(&format!("configmap/{name}"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(objects.to_string().as_bytes()).expect("memory");
    revision["binaryData"]["render"] = json!(STANDARD.encode(packed.finish().expect("memory")));
    make_again(space, &revision);
}

/// Deletes an immutable ConfigMap and creates it with other data.
fn make_again(space: &Space, config_map: &Value) {
    let mut config_map = config_map.clone();
    let name = text(&config_map["metadata"]["name"]).to_owned();
    config_map["metadata"] = json!({"name": name, "labels": config_map["metadata"]["labels"],
        "annotations": config_map["metadata"]["annotations"]});
    space.kubectl(&["delete", "configmap", &name]);
    let file = space.file("forged.json", config_map.to_string());
    space.kubectl(&["create", "-f", &file]);
}

#[test]
fn a_stored_render_that_was_rewritten_brings_in_nothing() {
    let Some(space) = Space::new("forged-render") else { return };
    space.run("define cache -t redis --set size=dev").ok();
    space.run("publish cache --yes").ok();
    let original = space.get("configmap/ku8.cache.r1");
    let container = json!([{"name": "a", "image": "b"}]);
    let privileged = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "evil"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"hostPID": true, "containers": container}}}});
    let role =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "evil"}});
    let elsewhere =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "evil", "namespace": "kube-system"}});
    for (object, word) in [(privileged, "hostPID"), (role, "ClusterRole"), (elsewhere, "kube-system")] {
        forge(&space, "ku8.cache.r1", &json!([object]));
        let marked = space.requests().len();
        space.run("rollback cache --to 1 --yes").fails(1, &["revision 1", word]).hints();
        assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    }
    // A revision under another number is another revision.
    let mut copy = original;
    copy["metadata"] = json!({"name": "ku8.cache.r9", "labels": copy["metadata"]["labels"],
        "annotations": copy["metadata"]["annotations"]});
    let file = space.file("copy.json", copy.to_string());
    space.kubectl(&["create", "-f", &file]);
    space.run("rollback cache --to 9 --yes").fails(1, &["ku8.cache.r9", "revision 1"]).hints();
}

#[test]
fn the_rules_of_the_template_hold_on_the_way_back_and_without_it_a_quorum_keeps_its_size() {
    let Some(space) = Space::new("back-quorum") else { return };
    space.run("define zk -t zookeeper --set size=dev --set replicas=5").ok();
    space.run("publish zk --yes --no-wait").ok();
    space.run("define zk --set replicas=3").ok();
    space.run("publish zk --yes --no-wait").ok();
    let refused = |words: &[&str]| {
        let marked = space.requests().len();
        space.run("rollback zk --to 1 --yes").fails(1, words).hints();
        assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
        assert_eq!(space.get("statefulset/zk")["spec"]["replicas"], 3);
    };
    refused(&["3 to 5", "scaling.via"]);

    // The same revision of a template that nobody has any more.
    let mut revision = space.get("configmap/ku8.zk.r1");
    let document = text(&revision["data"]["definition"]).to_owned();
    let digest = document.split("sha256:").nth(1).and_then(|rest| rest.get(..64)).expect("a pinned digest").to_owned();
    let document = document.replace("name: zookeeper", "name: ./gone.wasm").replace(&digest, &"a".repeat(64));
    revision["data"]["definition"] = json!(document);
    make_again(&space, &revision);
    refused(&["StatefulSet/zk is a quorum of 3", "revision 1 has 5"]);
}

#[test]
fn passwords_stay_as_they_are_on_the_way_back() {
    let Some(space) = Space::new("back-secrets") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();
    let secrets =
        |space: &Space| -> Vec<Value> { space.list("secret", "").iter().map(|one| one["data"].clone()).collect() };
    let before = secrets(&space);
    space.run("define db --set maxConnections=300").ok();
    space.run("publish db --yes --no-wait").ok();
    space.run("rollback db --yes --no-wait").ok().says(&["passwords stay"]);
    assert_eq!(secrets(&space), before);
    assert!(!before.is_empty());
    // Taken away by hand while the data is there, it is not made anew in silence either.
    let name = text(&space.list("secret", "")[0]["metadata"]["name"]).to_owned();
    space.kubectl(&["delete", "secret", &name]);
    space.run("rollback db --to 2 --yes --no-wait").fails(1, &[&name]);
}
