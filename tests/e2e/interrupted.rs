//! Operations that are cut off, and two at once: the next one goes on, and never needs a hand.
//! The lock is a Lease that says who holds it.

use serde_json::{Value, json};

use crate::stage::{Space, config_map, service, stateful_set, text, version, writes, yaml};

#[test]
fn a_publish_killed_while_it_waits_is_finished_by_the_next_one() {
    let Some(space) = Space::new("killed") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "20s"});
    let objects = [config_map("conf", "1"), service("web", 80), stateful_set("web", &life)];
    space.feed(&yaml(&objects), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    first.kill();
    let head = space.get("configmap/ku8.web");
    assert_eq!(head["metadata"]["labels"]["ku8.dev/status"], "Publishing");
    let state: Value = serde_json::from_str(text(&head["data"]["state"])).unwrap();
    assert_eq!(state["inventory"].as_array().unwrap().len(), 3, "everything written is known");
    space.run("status web").ok().says(&["Publishing"]);
    space.run("list").ok().says(&["Publishing"]);

    let held = space.get("lease/ku8.web");
    let holder = text(&held["spec"]["holderIdentity"]).to_owned();
    assert!(holder.starts_with("user-killed@stage/"), "{holder}");
    // While the Lease of the dead one lasts, the next one is told who holds it; then it goes on by itself.
    let refused = space.run("publish web --yes");
    assert!(refused.code == 4 || refused.code == 0, "{refused:?}");
    if refused.code == 4 {
        refused.says(&["user-killed@stage (process "]).hints();
        expire(&space, "web");
        space.run("publish web --yes").ok();
    }
    let head = space.get("configmap/ku8.web");
    assert_eq!(head["metadata"]["labels"]["ku8.dev/status"], "Published");
    let state: Value = serde_json::from_str(text(&head["data"]["state"])).unwrap();
    assert_eq!((&state["pending"], &state["operation"]), (&json!(0), &Value::Null));
    assert_eq!(text(&space.get("lease/ku8.web")["spec"]["holderIdentity"]), "");
    space.run("plan web --detailed-exitcode").exits(0);
    space.run("history web").ok().says(&["Published"]);
}

/// Lets a Lease run out, as thirty seconds would.
fn expire(space: &Space, name: &str) {
    space.patch(&format!("lease/ku8.{name}"), &json!({"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}));
}

#[test]
fn what_a_killed_publish_made_is_pruned_when_it_is_no_longer_wanted() {
    let Some(space) = Space::new("killed-prune") else { return };
    let life = json!({"playground.ku8.dev/stage": "never-scheduled"});
    let first = [config_map("one", "1"), stateful_set("web", &life)];
    space.feed(&yaml(&first), &["define", "web", "-f", "-"]).ok();
    let publish = space.start(&["publish", "web", "--yes"]);
    space.until("the objects", || space.find("statefulset/web").and(space.find("configmap/one")));
    publish.kill();
    expire(&space, "web");
    space.feed(&yaml(&[config_map("two", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok().says(&["1 create, 2 delete"]);
    assert!(space.find("configmap/one").is_none() && space.find("configmap/two").is_some());
    space.until("the workload to go", || space.find("statefulset/web").is_none().then_some(()));
}

#[test]
fn a_revision_no_head_refers_to_is_written_again() {
    let Some(space) = Space::new("orphan-revision") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    // As a crash between the revision and the head would leave it.
    let orphan = json!({"apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "data": {"meta": "{}"},
        "metadata": {"name": "ku8.web.r1", "labels": {"ku8.dev/kind": "revision", "ku8.dev/name": "web"}}});
    let file = space.file("orphan.json", orphan.to_string());
    space.kubectl(&["create", "-f", &file]);
    space.run("publish web --yes").ok();
    assert!(text(&space.get("configmap/ku8.web.r1")["data"]["definition"]).contains("kind: Definition"));
    space.run("history web").ok().says(&["Published"]);
}

#[test]
fn a_lock_somebody_holds_is_respected_and_its_holder_named() {
    let Some(space) = Space::new("held") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let lease = space.get("lease/ku8.web");
    assert_eq!(text(&lease["metadata"]["labels"]["ku8.dev/name"]), "web");
    let far = "2999-01-01T00:00:00.000000Z";
    let spec = json!({"holderIdentity": "ada@laptop/42", "leaseDurationSeconds": 30, "renewTime": far});
    space.patch("lease/ku8.web", &json!({"spec": spec}));
    space.feed(&yaml(&[config_map("conf", "2")]), &["define", "web", "-f", "-"]).ok();
    space.run("plan web --detailed-exitcode").exits(2);
    let marked = space.requests().len();
    space.run("publish web --yes").fails(4, &["ada@laptop (process 42)"]).hints();
    space.run("delete web --yes").fails(4, &["ada@laptop (process 42)"]).hints();
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    expire(&space, "web");
    space.run("publish web --yes").ok();
    assert_eq!(space.get("configmap/conf")["data"]["key"], "2");
}

#[test]
fn of_two_publishes_at_once_one_wins_and_the_other_says_why() {
    let Some(space) = Space::new("at-once") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "5s"});
    space.feed(&yaml(&[stateful_set("web", &life)]), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the lock", || space.find("lease/ku8.web"));
    let second = space.run("publish web --yes");
    assert!(matches!(second.code, 3 | 4), "{second:?}");
    second.hints();
    assert_eq!(first.wait(), 0);
    assert!(space.find("configmap/ku8.web.r2").is_none(), "one revision");
    space.run("publish web --yes").ok().says(&["No changes"]);
}

#[test]
fn an_operation_whose_record_another_one_took_over_writes_no_more() {
    let Some(space) = Space::new("lock-lost") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "3s"});
    space.feed(&yaml(&[stateful_set("web", &life)]), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    // As a second operation would write it: the first one's last word must not go over it.
    let mut state: Value = serde_json::from_str(text(&space.get("configmap/ku8.web")["data"]["state"])).unwrap();
    state["operation"]["holder"] = json!("ada@laptop/42/00000000");
    space.patch("configmap/ku8.web", &json!({"data": {"state": state.to_string()}}));
    let written = version(&space.get("configmap/ku8.web"));
    assert_eq!(first.wait(), 3);
    assert_eq!(version(&space.get("configmap/ku8.web")), written);
    space.run("publish web --yes").ok();
    space.run("status web").ok().says(&["Published"]);
}

#[test]
fn a_definition_edited_while_it_is_published_keeps_the_edit() {
    let Some(space) = Space::new("edited-meanwhile") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "4s"});
    space.feed(&yaml(&[stateful_set("web", &life), config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    space.feed(&yaml(&[stateful_set("web", &life), config_map("conf", "2")]), &["define", "web", "-f", "-"]).ok();
    first.end().ok().says(&["edited meanwhile", "Published edited-meanwhile/web revision 1"]);
    space.run("status web").ok().says(&["Published, Modified"]);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
    space.run("publish web --yes").ok().says(&["1 → 2", "revision 2"]);
}
