//! Records damaged by hand: named, skipped in lists, clear errors elsewhere, never a panic, never a write.
//! The good ones beside them stay visible.

use serde_json::{Value, json};

use crate::stage::{Space, config_map, version, writes, yaml};

/// Every command that reads a head must fail the same way and write nothing.
fn refused_everywhere(space: &Space, name: &str, words: &[&str]) {
    let before = version(&space.get(&format!("configmap/ku8.{name}")));
    let marked = space.requests().len();
    for command in ["show", "plan", "status", "history", "publish --yes", "delete --yes", "define --set size=dev"] {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.insert(1, name);
        let refused = space.ku8(&args).fails(1, words);
        refused.hints();
    }
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new(), "{name}");
    assert_eq!(version(&space.get(&format!("configmap/ku8.{name}"))), before, "{name}");
}

#[test]
fn a_damaged_head_is_reported_and_hides_no_other() {
    let Some(space) = Space::new("damaged") else { return };
    for name in ["good", "state", "document", "renamed", "newer", "labels"] {
        space.run(&format!("define {name} -t redis --set size=dev")).ok();
    }
    let newer = json!({"metadata": {"annotations": {"ku8.dev/format": "99"}}});
    let cases: [(&str, Value, &[&str]); 4] = [
        ("state", json!({"data": {"state": "{garbage"}}), &["ConfigMap/ku8.state", "damaged", "data.state"]),
        ("document", json!({"data": {"definition": "a: [1,\n b"}}), &["ConfigMap/ku8.document", "data.definition"]),
        ("renamed", json!({"data": {"definition": null}}), &["ConfigMap/ku8.renamed", "data.definition is missing"]),
        ("newer", newer, &["ConfigMap/ku8.newer", "99", "update kubectl-ku8"]),
    ];
    for (name, change, words) in cases {
        space.patch(&format!("configmap/ku8.{name}"), &change);
        refused_everywhere(&space, name, words);
    }
    // Metadata is all a list reads.
    space.patch("configmap/ku8.labels", &json!({"metadata": {"labels": {"ku8.dev/name": null}}}));
    let list = space.run("list").ok();
    assert!(list.stdout.contains("good") && !list.stdout.contains("ku8.labels"), "{}", list.stdout);
    assert!(list.stderr.contains("ku8.labels") && list.stderr.contains("damaged"), "{}", list.stderr);
    let items = space.run("list -o json").ok().json();
    let names: Vec<_> = items["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert!(names.contains(&json!("good")), "{names:?}");

    let status = space.run("status").ok();
    assert!(status.stdout.contains("good"), "{}", status.stdout);
    for name in ["ku8.state", "ku8.document", "ku8.newer"] {
        assert!(status.stderr.contains(name), "{name}: {}", status.stderr);
    }
    space.run("publish good --yes").ok();
    // A list with everything wrong at once is still a list.
    space.patch(
        "configmap/ku8.good",
        &json!({"metadata": {"annotations": null, "labels": {"ku8.dev/status": "Unknown"}}}),
    );
    space.run("list").ok().says(&["ku8.good"]);
}

#[test]
fn a_damaged_revision_hides_no_other() {
    let Some(space) = Space::new("damaged-revision") else { return };
    for value in ["1", "2", "3"] {
        space.feed(&yaml(&[config_map("conf", value)]), &["define", "web", "-f", "-"]).ok();
        space.run("publish web --yes").ok();
    }
    // Immutable, so it is made again with other data, as somebody without this tool might.
    let mut revision = space.get("configmap/ku8.web.r2");
    revision["metadata"] = json!({"name": "ku8.web.r2", "labels": revision["metadata"]["labels"]});
    revision["data"] = json!({"meta": "{", "definition": ""});
    space.kubectl(&["delete", "configmap", "ku8.web.r2"]);
    let file = space.file("revision.json", revision.to_string());
    space.kubectl(&["create", "-f", &file]);
    let history = space.run("history web").ok();
    assert!(history.stdout.contains("Damaged") && history.stderr.contains("ku8.web.r2"), "{history:?}");
    assert_eq!(history.stdout.lines().count(), 4, "{}", history.stdout);

    // The current one is not needed to publish again.
    space.kubectl(&["delete", "configmap", "ku8.web.r3"]);
    space.run("show web --rendered").fails(1, &["ku8.web.r3"]).hints();
    space.feed(&yaml(&[config_map("conf", "4")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.run("show web --rendered").ok().says(&["conf"]);
}

#[test]
fn a_record_cannot_make_us_delete_what_is_not_ours() {
    let Some(space) = Space::new("forged-record") else { return };
    space.kubectl(&["create", "configmap", "precious"]);
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let head = space.get("configmap/ku8.web");
    let mut state: Value = serde_json::from_str(crate::stage::text(&head["data"]["state"])).unwrap();
    state["inventory"].as_array_mut().unwrap().push(json!({"group": "", "version": "v1", "kind": "ConfigMap",
        "namespace": "forged-record", "name": "precious", "uid": crate::stage::uid(&space.get("configmap/precious"))}));
    space.patch("configmap/ku8.web", &json!({"data": {"state": state.to_string()}}));
    space.feed(&yaml(&[config_map("conf", "2")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    assert!(space.find("configmap/precious").is_some());
    space.run("delete web --yes").ok();
    assert!(space.find("configmap/precious").is_some());
}

#[test]
fn a_head_without_its_labels_is_still_found_by_name() {
    let Some(space) = Space::new("no-labels") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.patch("configmap/ku8.web", &json!({"metadata": {"labels": null}}));
    let shown = space.run("show web");
    assert!(!shown.stderr.contains("thread '"), "{shown:?}");
    let published = space.run("publish web --yes");
    assert!(!published.stderr.contains("thread '"), "{published:?}");
    if published.code == 0 {
        let labels = space.get("configmap/ku8.web")["metadata"]["labels"].clone();
        assert_eq!(labels["ku8.dev/status"], "Published", "writing it again puts them back");
    }
}
