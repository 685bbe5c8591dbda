//! Planning: it only reads, its exit codes mean something, and it tells what publish then does.
//! What was asked of the server comes from the server's own audit log.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stage::{Space, config_map, service, stateful_set, text, uid, version, writes, yaml};

fn four() -> Vec<Value> {
    vec![config_map("conf", "1"), config_map("other", "1"), service("web", 6380), stateful_set("web", &json!({}))]
}

#[test]
fn a1_a_first_plan_only_reads_and_dry_runs() {
    let Some(space) = Space::new("plan-reads") else { return };
    let file = space.file("web.yaml", yaml(&four()));
    let stored = space.inventory();
    let before = space.requests().len();
    let planned = space.ku8(&["plan", "web", "-f", &file, "--detailed-exitcode", "-o", "json"]).exits(2).json();
    assert_eq!(planned["summary"]["create"], 4, "{planned}");
    assert_eq!(planned["applyable"], true);
    let actions: Vec<&str> = planned["changes"].as_array().unwrap().iter().map(|one| text(&one["action"])).collect();
    assert_eq!(actions, ["create"; 4]);

    let requests = space.requests_since(before);
    assert!(requests.iter().filter(|entry| entry.verb == "patch").count() == 4, "each object is asked about");
    for entry in &requests {
        let reads = matches!(entry.verb.as_str(), "get" | "list" | "watch");
        let review = entry.verb == "create" && entry.resource.starts_with("selfsubject");
        assert!(reads || review || entry.uri.contains("dryRun=All"), "{} {}", entry.verb, entry.uri);
    }
    assert_eq!(writes(&requests), Vec::<String>::new());
    assert_eq!(space.inventory(), stored, "no record, no lock, no object");
}

#[test]
fn a_plan_of_a_stored_definition_only_reads() {
    let Some(space) = Space::new("plan-stored") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    let stored = space.get("configmap/ku8.db");
    let before = space.requests().len();
    space.run("plan db --detailed-exitcode").exits(2);
    space.run("plan --all").ok();
    space.run("status").ok();
    space.run("list -A").ok();
    space.run("show db --values").ok();
    space.run("history db").ok();
    assert_eq!(writes(&space.requests_since(before)), Vec::<String>::new());
    assert_eq!(space.get("configmap/ku8.db"), stored);
}

#[test]
fn a2_exit_codes_tell_nothing_to_do_from_changes_from_an_error() {
    let Some(space) = Space::new("exit-codes") else { return };
    let file = space.file("web.yaml", yaml(&four()));
    space.ku8(&["define", "web", "-f", &file]).ok();
    space.run("plan web --detailed-exitcode").exits(2);
    space.run("plan web").exits(0);
    space.run("publish web --yes").ok();
    space.run("plan web --detailed-exitcode").exits(0);

    let changed = yaml(&four()).replace("6380", "6381");
    let planned = space.feed(&changed, &["plan", "web", "-f", "-", "--detailed-exitcode"]).exits(2);
    planned.says(&["Service/web", "6380", "6381"]);
    let broken = yaml(&four()).replace("6380", "638000");
    space.feed(&broken, &["plan", "web", "-f", "-", "--detailed-exitcode"]).fails(1, &["Service/web", "port"]);
    assert_eq!(space.get("service/web")["spec"]["ports"][0]["port"], 6380, "nothing was stored or applied");
}

#[test]
fn a3_create_update_delete_and_unchanged_are_told_apart_and_repeating_changes_nothing() {
    let Some(space) = Space::new("told-apart") else { return };
    let first = [config_map("same", "1"), config_map("changed", "1"), config_map("removed", "1")];
    space.feed(&yaml(&first), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let same = space.get("configmap/same");

    let second = [config_map("same", "1"), config_map("changed", "2"), config_map("added", "1")];
    space.feed(&yaml(&second), &["define", "web", "-f", "-"]).ok();
    let published = space.run("publish web --yes").ok();
    published.says(&["1 create, 1 update, 1 delete, 1 unchanged"]);
    assert_eq!(space.get("configmap/changed")["data"]["key"], "2");
    assert!(space.find("configmap/removed").is_none() && space.find("configmap/added").is_some());
    assert_eq!(version(&space.get("configmap/same")), version(&same));

    let head = space.get("configmap/ku8.web");
    let before = space.requests().len();
    space.run("publish web --yes").ok().says(&["No changes"]);
    assert_eq!(writes(&space.requests_since(before)), Vec::<String>::new());
    assert_eq!(version(&space.get("configmap/ku8.web")), version(&head));
    assert!(space.find("configmap/ku8.web.r2").is_some() && space.find("configmap/ku8.web.r3").is_none());
}

#[test]
fn a_mistyped_field_is_named_within_a_second() {
    let Some(space) = Space::new("mistyped") else { return };
    let wrong = yaml(&four()).replace("\"replicas\"", "\"replica\"");
    let planned = space.feed(&wrong, &["plan", "web", "-f", "-", "--detailed-exitcode"]);
    let planned = planned.fails(1, &["StatefulSet/web", ".spec.replica", "not declared in schema", "replicas"]);
    // The server's own answer takes milliseconds; a retry would take longer than this, also on a busy machine.
    assert!(planned.took < Duration::from_secs(5), "{:?}", planned.took);
    let asked = space.requests().iter().filter(|entry| entry.resource == "statefulsets" && entry.code >= 400).count();
    assert!(asked <= 2, "the refused patch is not repeated: {asked}");
}

#[test]
fn an_immutable_field_is_foreseen_and_nothing_is_written() {
    let Some(space) = Space::new("immutable") else { return };
    space.feed(&yaml(&[service("web", 80), config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let before = space.get("service/web");

    let mut headless = service("web", 80);
    headless["spec"]["clusterIP"] = json!("None");
    space.feed(&yaml(&[headless, config_map("conf", "2")]), &["define", "web", "-f", "-"]).ok();
    let planned = space.run("plan web --detailed-exitcode").exits(2);
    planned.says(&["replace", "Service/web", "forced by spec.clusterIP", "blocked"]);
    let plan = space.run("plan web -o json").json();
    assert_eq!((&plan["applyable"], &plan["summary"]["replace"]), (&json!(false), &json!(1)));

    let marked = space.requests().len();
    space.run("publish web --yes").fails(1, &["nothing was changed"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    assert_eq!(uid(&space.get("service/web")), uid(&before));
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1", "the good half is not applied either");

    space.feed(&yaml(&[service("web", 80), config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("plan web --detailed-exitcode").exits(0);
}

#[test]
fn a_definition_with_nothing_in_it_is_refused() {
    let Some(space) = Space::new("nothing-in-it") else { return };
    let empty = r#"{"apiVersion": "v1", "kind": "List", "items": []}"#;
    space.feed(empty, &["define", "web", "-f", "-"]).fails(1, &["empty"]);
    space.feed("", &["define", "web", "-f", "-"]).fails(1, &["empty"]);
    space.feed("", &["plan", "web", "-f", "-"]).fails(1, &["empty"]);
    space.feed(empty, &["plan", "web", "-f", "-"]).fails(1, &["empty"]);
    assert!(space.find("configmap/ku8.web").is_none());
}

#[test]
fn a_template_that_renders_nothing_removes_nothing_unless_that_is_allowed() {
    let Some(space) = Space::new("renders-nothing") else { return };
    let full = space.file("echo.wasm", crate::components::component(&["one", "two"]));
    space.ku8(&["define", "echo", "-t", &full]).ok();
    space.run("publish echo --yes").ok();
    assert!(space.find("service/one").is_some());

    let empty = space.file("empty.wasm", crate::components::component(&[]));
    space.ku8(&["define", "echo", "-t", &empty, "--replace"]).ok();
    space.run("plan echo").fails(1, &["nothing was rendered", "--allow-empty"]);
    let marked = space.requests().len();
    space.run("publish echo --yes").fails(1, &["nothing was rendered", "--allow-empty"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    assert!(space.find("service/one").is_some() && space.find("service/two").is_some());

    space.run("publish echo --yes --allow-empty").ok().says(&["2 delete"]);
    assert!(space.find("service/one").is_none() && space.find("service/two").is_none());
}

#[test]
fn how_much_is_asked_does_not_depend_on_the_size_of_the_cluster() {
    let Some(space) = Space::new("few-requests") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    let ask = |line: &str| {
        let before = space.requests().len();
        space.run(line).ok();
        space.requests_since(before)
    };
    let listed = ask("list");
    assert!(listed.len() <= 2, "{listed:?}");
    // Beside one dry-run for each object; never a discovery of every group, which takes half a minute with 500 kinds.
    let planned = ask("plan db");
    let before: Vec<&str> = planned
        .iter()
        .filter(|entry| entry.verb != "patch" && entry.verb != "create")
        .map(|entry| entry.uri.as_str())
        .collect();
    assert!(before.iter().all(|uri| !uri.starts_with("/openapi") && *uri != "/apis" && *uri != "/api"), "{before:?}");
    assert!(before.len() <= 18, "{} requests: {before:#?}", before.len());
}
