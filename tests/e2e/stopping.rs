//! Ctrl-C: it stops before the next write, gives the lock back, says how to go on, and the next run does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::failure_policy::state;
use crate::stage::{Space, config_map, stateful_set, text, yaml};

fn slow(name: &str, after: &str) -> Value {
    stateful_set(name, &json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": after}))
}

fn after(name: &str, depends_on: &str) -> Value {
    let mut object = config_map(name, "1");
    object["metadata"]["annotations"] = json!({"ku8.dev/depends-on": depends_on});
    object
}

fn holder(space: &Space, name: &str) -> String {
    text(&space.get(&format!("lease/ku8.{name}"))["spec"]["holderIdentity"]).to_owned()
}

#[test]
fn ctrl_c_while_waiting_gives_the_lock_back_and_the_next_publish_goes_on() {
    let Some(space) = Space::new("stop-wait") else { return };
    space.feed(&yaml(&[slow("web", "8s")]), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    first.interrupt();
    let ended = first.end();
    let ended = ended.fails(130, &["interrupted", "everything was written", "kubectl ku8 publish web"]).hints();
    assert!(ended.took < Duration::from_secs(8), "it does not wait on: {:?}", ended.took);
    assert_eq!(holder(&space, "web"), "", "the lock is given back");
    let left = state(&space, "web");
    assert_eq!((&left["phase"], &left["current"], &left["pending"]), (&json!("Publishing"), &json!(0), &json!(1)));
    space.run("status web").ok().says(&["Publishing", "interrupted"]);
    space.run("publish web --yes").ok().says(&["Going on with revision 1"]);
    let done = state(&space, "web");
    assert_eq!((&done["current"], &done["pending"], &done["reason"]), (&json!(1), &json!(0), &Value::Null));
}

#[test]
fn ctrl_c_between_stages_writes_nothing_more() {
    let Some(space) = Space::new("stop-stage") else { return };
    let objects = [slow("web", "12s"), after("later", "StatefulSet/web")];
    space.feed(&yaml(&objects), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    first.interrupt();
    first.end().fails(130, &["Stopping before the next write", "not reached", "ConfigMap/later"]).hints();
    assert!(space.find("configmap/later").is_none());
    assert_eq!(holder(&space, "web"), "");
    // What it would have made is known, so that a change of mind leaves nothing behind.
    let names = state(&space, "web")["inventory"].to_string();
    assert!(names.contains("later") && names.contains("web"), "{names}");
    // Who goes on waits for what was written before, too.
    space.run("publish web --yes --wait-timeout 1s").fails(5, &["ConfigMap/later", "depends on StatefulSet/web"]);
    assert!(space.find("configmap/later").is_none());
    space.run("publish web --yes").ok();
    assert!(space.find("configmap/later").is_some());
}

#[test]
fn ctrl_c_while_a_lock_is_waited_for_ends_at_once() {
    let Some(space) = Space::new("stop-lock") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    crate::locks::held_by_ada(&space, "web");
    let waiting = space.start(&["publish", "web", "--yes", "--lock-timeout", "2m"]);
    space.until("it waits", || waiting.said().contains("to end its operation on web").then_some(()));
    waiting.interrupt();
    let ended = waiting.end().fails(130, &["interrupted"]);
    assert!(ended.took < Duration::from_mins(1));
    assert!(space.find("configmap/conf").is_none() && space.find("configmap/ku8.web.r1").is_none());
    assert!(holder(&space, "web").starts_with("ada@laptop"));
}

#[test]
fn a_process_that_is_asked_to_end_does_as_at_ctrl_c() {
    let Some(space) = Space::new("stop-term") else { return };
    space.feed(&yaml(&[slow("web", "20s")]), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    first.signal("-TERM");
    first.end().fails(130, &["interrupted", "kubectl ku8 publish web"]).hints();
    assert_eq!(holder(&space, "web"), "", "the lock is given back");
}
