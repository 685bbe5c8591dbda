//! The ways a definition comes in: standard input, files, flags, an editor; and planning one that is not stored.
//! Plain objects pass through as they are.

use serde_json::json;

use crate::records::executable;
use crate::stage::{Space, config_map, service, stateful_set, text, version, writes, yaml};

const DEFINITION: &str = "apiVersion: ku8.dev/v1
kind: Definition
metadata:
  name: orders-db
  labels: {team: orders}
spec:
  template: {name: mysql}
  values:
    database: orders
    maxConnections: 200
";

#[test]
fn plain_objects_come_from_standard_input_and_are_published_as_they_are() {
    let Some(space) = Space::new("plain-objects") else { return };
    let text_of = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {mode: \"0644\", on: \"yes\"}\n---\n\
        apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: web}\n\
        \x20 spec: {selector: {app: web}, ports: [{port: 0120}]}\n";
    space.feed(text_of, &["define", "web", "-f", "-"]).ok().says(&["web created"]);
    space.run("publish web --yes").ok();
    assert_eq!(space.get("configmap/conf")["data"], json!({"mode": "0644", "on": "yes"}));
    assert_eq!(space.get("service/web")["spec"]["ports"][0]["port"], 80, "octal, as kubectl reads it");
    assert_eq!(text(&space.get("configmap/ku8.web")["metadata"]["labels"]["ku8.dev/template"]), "manifests");
    let shown = space.run("show web").ok();
    assert!(shown.stdout.contains("kind: Definition"), "{}", shown.stdout);
    space.run("define web --set database=x").exits(1);
    space.feed(text_of, &["define", "web", "-f", "-"]).ok().says(&["unchanged"]);
}

#[test]
fn objects_change_in_place_whatever_their_kind() {
    let Some(space) = Space::new("in-place") else { return };
    let job = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {
        "schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never",
            "containers": [{"name": "main", "image": "busybox:1"}]}}}}}});
    let objects = [config_map("conf", "1"), service("web", 80), stateful_set("web", &json!({})), job];
    space.feed(&yaml(&objects), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let changed = yaml(&objects).replace("0 3 * * *", "0 4 * * *").replace("busybox:1.37", "busybox:1.38");
    let planned = space.feed(&changed, &["plan", "web", "-f", "-"]).ok();
    planned.says(&["StatefulSet/web", "1.37", "1.38", "CronJob/nightly", "0 4 * * *", "restart"]);
    space.feed(&changed, &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok().says(&["2 update, 2 unchanged"]);
}

#[test]
fn a_definition_file_replaces_the_whole_spec_and_values_on_the_line_merge() {
    let Some(space) = Space::new("definition-file") else { return };
    let file = space.file("orders.yaml", DEFINITION);
    space.ku8(&["plan", "-f", &file, "--detailed-exitcode"]).exits(2);
    assert!(space.find("configmap/ku8.orders-db").is_none(), "a plan stores nothing");
    space.ku8(&["define", "-f", &file]).ok();
    space.run("define orders-db --set maxConnections=300 --set username=shop").ok();
    let stored = space.run("show orders-db -o json").ok().json();
    assert_eq!(stored["spec"]["values"], json!({"database": "orders", "maxConnections": 300, "username": "shop"}));
    assert!(text(&stored["spec"]["template"]["digest"]).starts_with("sha256:"), "the template is pinned");
    space.run("define orders-db --set username=null").ok();
    space.ku8(&["define", "-f", &file]).ok();
    let again = space.run("show orders-db -o json").ok().json();
    assert_eq!(again["spec"]["values"], json!({"database": "orders", "maxConnections": 200}));
    space.run("define other-name -f").exits(1);
    space.ku8(&["define", "other-name", "-f", &file]).fails(1, &["orders-db", "other-name"]);
    space.ku8(&["define", "-f", &file, "-n", "default"]).ok();
    space.run("delete orders-db -n default --yes").ok();
}

#[test]
fn planning_a_file_of_a_stored_definition_shows_what_it_would_change() {
    let Some(space) = Space::new("plan-file") else { return };
    space.feed(&yaml(&[config_map("conf", "1"), config_map("gone", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let stored = version(&space.get("configmap/ku8.web"));
    let marked = space.requests().len();
    let planned = space.feed(&yaml(&[config_map("conf", "2")]), &["plan", "web", "-f", "-"]).ok();
    planned.says(&["1 to update, 1 to delete", "ConfigMap/gone"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    assert_eq!(version(&space.get("configmap/ku8.web")), stored);
}

#[test]
fn an_editor_changes_a_definition_and_a_mistake_loses_nothing() {
    let Some(mut space) = Space::new("edit") else { return };
    space.run("define cache -t redis --set size=dev").ok();
    let good = executable(&space, "good", "#!/bin/sh\nsed -i 's/size: dev/size: small/' \"$1\"\n");
    space.set("EDITOR", good);
    space.run("edit cache").ok().says(&["updated", "size", "small"]);
    assert!(text(&space.get("configmap/ku8.cache")["data"]["definition"]).contains("size: small"));
    space.run("edit cache").ok().says(&["nothing changed"]);

    let before = version(&space.get("configmap/ku8.cache"));
    let broken = [
        ("bad-yaml", "printf 'a: [1,\\nmine: stays\\n' > \"$1\"\n", "mine: stays", ":"),
        ("bad-value", "sed -i 's/size: small/size: vast/' \"$1\"\n", "size: vast", "size"),
        ("bad-field", "sed -i 's/  values:/  valuess:/' \"$1\"\n", "valuess:", "did you mean `values`"),
        ("bad-name", "sed -i 's/name: cache/name: other/' \"$1\"\n", "name: other", "name"),
    ];
    for (name, script, typed, words) in broken {
        let editor = executable(&space, name, &format!("#!/bin/sh\n{script}"));
        space.set("EDITOR", editor);
        let failed = space.run("edit cache").fails(1, &[words, "kept in"]);
        let kept = failed.stderr.lines().find_map(|line| line.split_once("kept in ")).expect("the file").1.to_owned();
        assert!(std::fs::read_to_string(&kept).unwrap().contains(typed), "{name}: what was typed is not lost");
        std::fs::remove_file(kept).unwrap();
    }
    for (name, script) in [("fails", "#!/bin/sh\nexit 3\n"), ("missing", "")] {
        let editor =
            if script.is_empty() { "/nonexistent/editor".to_owned() } else { executable(&space, name, script) };
        space.set("EDITOR", editor);
        space.run("edit cache").fails(1, &["editor"]);
    }
    assert_eq!(version(&space.get("configmap/ku8.cache")), before);
}
