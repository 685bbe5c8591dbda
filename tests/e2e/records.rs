//! The store: names, labels and contents of the records, and what happens when two people write at once.
//! Every fact is read with kubectl, as an operator without this tool would.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::stage::{Space, config_map, text, uid, yaml};

fn unpack(value: &Value) -> Vec<u8> {
    let packed = STANDARD.decode(text(value)).expect("base64");
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("gzip");
    bytes
}

fn inner(value: &Value) -> Value {
    serde_json::from_str(text(value)).expect("JSON in a string")
}

#[test]
fn a_head_is_a_config_map_that_reads_well_with_kubectl_alone() {
    let Some(space) = Space::new("head") else { return };
    space.run("define cache -t redis --set size=dev").ok();
    let draft = space.get("configmap/ku8.cache");
    assert_eq!(draft["metadata"]["labels"]["ku8.dev/status"], "Draft");
    space.run("publish cache --yes").ok();
    let head = space.get("configmap/ku8.cache");
    assert_eq!(uid(&head), uid(&draft));
    let labels = &head["metadata"]["labels"];
    for (key, value) in [
        ("ku8.dev/kind", "definition"),
        ("ku8.dev/name", "cache"),
        ("ku8.dev/template", "redis"),
        ("ku8.dev/status", "Published"),
        ("app.kubernetes.io/managed-by", "ku8"),
    ] {
        assert_eq!(labels[key], value, "{key}");
    }
    let annotations = &head["metadata"]["annotations"];
    assert_eq!((text(&annotations["ku8.dev/format"]), text(&annotations["ku8.dev/revision"])), ("1", "1"));
    assert_eq!(annotations["ku8.dev/objects"], "7");
    assert_eq!(annotations["ku8.dev/definition-digest"], annotations["ku8.dev/published-digest"]);
    let data = head["data"].as_object().unwrap();
    assert_eq!(data.keys().map(String::as_str).collect::<Vec<_>>(), ["definition", "result", "state"]);
    assert!(text(&data["definition"]).contains("kind: Definition") && text(&data["definition"]).contains("size: dev"));
    let state = inner(&data["state"]);
    assert_eq!((&state["phase"], &state["current"], &state["pending"]), (&json!("Published"), &json!(1), &json!(0)));
    let inventory = state["inventory"].as_array().unwrap();
    assert_eq!(inventory.len(), 7);
    for entry in inventory {
        let live = space.get(&format!("{}/{}", text(&entry["kind"]), text(&entry["name"])));
        assert_eq!(text(&entry["uid"]), uid(&live), "{entry}");
    }
    assert_eq!(inner(&data["result"]).as_array().unwrap().len(), 8, "seven objects and a Secret");

    let columns = ["get", "configmap", "-l", "ku8.dev/kind=definition", "-L", "ku8.dev/template,ku8.dev/status"];
    let table = space.kubectl(&columns);
    let row = table.lines().nth(1).unwrap_or_default();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!((words[0], &words[3..]), ("ku8.cache", &["redis", "Published"][..]), "{table}");
}

#[test]
fn a_revision_is_immutable_and_holds_what_was_published() {
    let Some(space) = Space::new("revision") else { return };
    space.run("define zk -t zookeeper --set replicas=1 --set size=dev").ok();
    space.run("publish zk --yes").ok();
    let revision = space.get("configmap/ku8.zk.r1");
    assert_eq!(revision["immutable"], true);
    assert_eq!(revision["metadata"]["labels"]["ku8.dev/kind"], "revision");
    assert_eq!(revision["metadata"]["labels"]["ku8.dev/name"], "zk");
    assert_eq!(revision["metadata"]["annotations"]["ku8.dev/result"], "published");
    assert!(revision["metadata"].get("ownerReferences").is_none());
    let data = revision["data"].as_object().unwrap();
    assert_eq!(data.keys().map(String::as_str).collect::<Vec<_>>(), ["definition", "effective", "inventory", "meta"]);
    let effective = inner(&data["effective"]);
    assert_eq!(effective["values"]["replicas"], 1);
    assert_eq!(effective["values"]["tickTime"], 2000, "defaults are recorded too");
    assert!(effective["defaults"].as_array().unwrap().contains(&json!("/tickTime")), "and told apart");
    assert!(!effective["outputs"].as_array().unwrap().is_empty());
    let meta = inner(&data["meta"]);
    assert_eq!((&meta["number"], text(&meta["template"])), (&json!(1), "zookeeper@1.0.0"));
    assert!(text(&meta["by"]).starts_with("user-revision@"), "{meta}");
    let rendered: Vec<Value> = serde_json::from_slice(&unpack(&revision["binaryData"]["render"])).expect("objects");
    assert_eq!(rendered.len(), inner(&data["inventory"]).as_array().unwrap().len());
    assert!(rendered.iter().any(|object| object["kind"] == "StatefulSet"));
    let refused = space.try_kubectl(&["patch", "configmap", "ku8.zk.r1", "-p", r#"{"data": {"meta": "{}"}}"#]);
    assert!(refused.is_err(), "the server keeps it as it is");
}

#[test]
fn the_template_is_kept_beside_what_it_rendered() {
    let Some(space) = Space::new("kept-template") else { return };
    let file = space.file("echo.wasm", crate::components::component(&["echo"]));
    space.ku8(&["define", "echo", "-t", &file]).ok();
    space.run("publish echo --yes").ok();
    let found = space.list("configmap", "ku8.dev/kind=template");
    assert_eq!(found.len(), 1);
    let bytes = unpack(&found[0]["binaryData"]["component"]);
    let digest = kubectl_ku8::definition::hex(&Sha256::digest(&bytes));
    assert_eq!(text(&found[0]["metadata"]["name"]), format!("ku8.template.{}", &digest[..16]));
    assert_eq!(found[0]["immutable"], true);
    assert_eq!(bytes, std::fs::read(&file).unwrap());

    // A colleague has no such file.
    std::fs::remove_file(&file).unwrap();
    space.run("plan echo --detailed-exitcode").exits(0);
    space.run("define echo --set replicas=5").ok();
    space.run("publish echo --yes").ok();
}

#[test]
fn a_damaged_or_missing_copy_of_a_template_is_told_and_never_run() {
    let Some(space) = Space::new("bad-template") else { return };
    let file = space.file("echo.wasm", crate::components::component(&["echo"]));
    space.ku8(&["define", "echo", "-t", &file]).ok();
    space.run("publish echo --yes").ok();
    let name = text(&space.list("configmap", "ku8.dev/kind=template")[0]["metadata"]["name"]).to_owned();
    // Another component under the digest's name, as somebody with the right to write ConfigMaps could leave it.
    let mut copy = space.get(&format!("configmap/{name}"));
    let other = space.file("other.wasm", crate::components::component(&["stolen"]));
    space.kubectl(&["delete", "configmap", &name]);
    copy["binaryData"]["component"] = json!(STANDARD.encode(std::fs::read(&other).unwrap()));
    copy["metadata"] = json!({"name": name, "labels": copy["metadata"]["labels"]});
    let forged = space.file("forged.json", copy.to_string());
    space.kubectl(&["create", "-f", &forged]);
    std::fs::remove_file(&file).unwrap();
    space.run("plan echo").exits(1).says(&["echo.wasm"]);
    assert!(space.find("service/stolen").is_none());
}

#[test]
fn history_is_capped_and_keeps_the_current_revision() {
    let Some(space) = Space::new("capped") else { return };
    for value in 1..=5 {
        space.feed(&yaml(&[config_map("conf", &value.to_string())]), &["define", "web", "-f", "-"]).ok();
        space.run("publish web --yes --history-max 3").ok();
    }
    let revisions = space.list("configmap", "ku8.dev/kind=revision");
    let mut names: Vec<&str> = revisions.iter().map(|one| text(&one["metadata"]["name"])).collect();
    names.sort_unstable();
    assert_eq!(names, ["ku8.web.r3", "ku8.web.r4", "ku8.web.r5"]);
    let history = space.run("history web -o json").ok().json();
    assert_eq!(history["items"].as_array().unwrap().len(), 3);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "5");
}

#[test]
fn j4_the_second_of_two_writers_is_told_both_changes_and_nothing_is_lost() {
    let Some(space) = Space::new("two-writers") else { return };
    let mut first = space.with_kubeconfig(space.kubeconfig.clone(), "first");
    space.run("define cache -t redis --set size=dev").ok();
    // The first person's editor is open while the second one writes.
    let signal = space.folder.join("go");
    let script = format!(
        "#!/bin/sh\ntouch '{0}.open'\nwhile ! [ -e '{0}' ]; do sleep 0.05; done\nsed -i 's/size: dev/size: medium/' \"$1\"\n",
        signal.display()
    );
    first.set("EDITOR", executable(&first, "slow-editor", &script));
    let ran = std::thread::scope(|scope| {
        let edit = scope.spawn(|| first.run("edit cache"));
        space.until("the editor", || signal.with_extension("open").exists().then_some(()));
        space.run("define cache --set size=large").ok();
        std::fs::write(&signal, "").unwrap();
        edit.join().unwrap()
    });
    let ran = ran.fails(3, &["changed by user-two-writers@stage", "kept in"]).hints();
    let ran = ran.says(&["theirs  size: \"dev\" → \"large\"", "yours   size: \"dev\" → \"medium\""]);
    let stored = space.get("configmap/ku8.cache");
    assert!(text(&stored["data"]["definition"]).contains("size: large"), "{stored}");
    let kept = ran.stderr.lines().find_map(|line| line.split_once("kept in ")).expect("the file").1;
    assert!(std::fs::read_to_string(kept).unwrap().contains("size: medium"), "what was typed is not lost");
    std::fs::remove_file(kept).unwrap();
}

/// Writes a script and makes it a program.
pub(crate) fn executable(space: &Space, name: &str, script: &str) -> String {
    let path = space.file(name, script);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    path
}

#[test]
fn nothing_that_a_definition_may_hold_can_touch_our_records() {
    let Some(space) = Space::new("reserved") else { return };
    space.feed(&yaml(&[config_map("ku8.web", "1")]), &["plan", "web", "-f", "-"]).fails(1, &["ku8."]);
    let mut elsewhere = config_map("conf", "1");
    elsewhere["metadata"]["namespace"] = json!("kube-system");
    space.feed(&yaml(&[elsewhere]), &["plan", "web", "-f", "-"]).fails(1, &["kube-system"]);
    let twins = yaml(&[config_map("conf", "1"), config_map("conf", "2")]);
    space.feed(&twins, &["plan", "web", "-f", "-"]).fails(1, &["ConfigMap/conf"]);
}
