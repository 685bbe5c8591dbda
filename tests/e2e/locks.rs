//! Two operators at once: who holds the lock is named, who waits for it plans again, and a lock can be taken away.

use serde_json::json;

use crate::failure_policy::state;
use crate::stage::{Space, config_map, stateful_set, text, uid, yaml};

/// A lock held by somebody who renews it for ever.
pub(crate) fn held_by_ada(space: &Space, name: &str) {
    let far = "2999-01-01T00:00:00.000000Z";
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": format!("ku8.{name}")},
        "spec": {"holderIdentity": "ada@laptop/42/00000000", "leaseDurationSeconds": 30, "acquireTime": "2026-01-01T00:00:00.000000Z",
        "renewTime": far, "leaseTransitions": 3}});
    let file = space.file("lease.json", lease.to_string());
    space.kubectl(&["apply", "-f", &file]);
}

fn given_back(space: &Space, name: &str) {
    space.patch(&format!("lease/ku8.{name}"), &json!({"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}));
}

fn define(space: &Space, value: &str) {
    space.feed(&yaml(&[config_map("conf", value)]), &["define", "web", "-f", "-"]).ok();
}

#[test]
fn d3_of_two_at_once_the_second_waits_and_finds_it_done() {
    let Some(space) = Space::new("d3") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "4s"});
    space.feed(&yaml(&[stateful_set("web", &life)]), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the lock", || space.find("lease/ku8.web"));
    let second = space.run("publish web --yes --lock-timeout 60s");
    assert_eq!(first.wait(), 0);
    if second.stderr.contains("Waiting up to 60 s for user-d3@stage") {
        second.ok().says(&["revision 1 was published meanwhile"]);
    } else {
        // It was the quicker one to plan, or the slower one to start.
        second.ok();
    }
    assert!(space.find("configmap/ku8.web.r2").is_none(), "one revision");
}

#[test]
fn d3_without_patience_the_second_names_the_holder() {
    let Some(space) = Space::new("d3-now") else { return };
    define(&space, "1");
    held_by_ada(&space, "web");
    space.run("publish web --yes").fails(4, &["ada@laptop (process 42)", "--lock-timeout"]).hints();
    space.run("publish web --yes --lock-timeout 2s").fails(4, &["ada@laptop (process 42)"]);
    assert!(space.find("configmap/conf").is_none());
}

#[test]
fn d3_what_was_approved_is_carried_out_after_the_wait_only_if_it_is_still_the_same() {
    let Some(space) = Space::new("d3-stale") else { return };
    define(&space, "1");
    space.run("publish web --yes").ok();
    define(&space, "2");
    held_by_ada(&space, "web");
    let waiting = space.start(&["publish", "web", "--yes", "--lock-timeout", "2m"]);
    space.until("it waits", || waiting.said().contains("to end its operation on web").then_some(()));
    define(&space, "3");
    given_back(&space, "web");
    waiting.end().fails(3, &["changed since the plan was shown", "ConfigMap/conf", "kubectl ku8 plan web"]).hints();
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
    assert_eq!(text(&space.get("lease/ku8.web")["spec"]["holderIdentity"]), "");

    // The head moved on, and the plan did not.
    held_by_ada(&space, "web");
    let waiting = space.start(&["publish", "web", "--yes", "--lock-timeout", "2m"]);
    space.until("it waits", || waiting.said().contains("to end its operation on web").then_some(()));
    space.patch("configmap/ku8.web", &json!({"metadata": {"annotations": {"ku8.dev/updated-by": "ada@laptop"}}}));
    given_back(&space, "web");
    waiting.end().ok().says(&["still the one that was shown"]);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "3");
    assert_eq!(state(&space, "web")["current"], 2);
}

#[test]
fn a_lock_that_is_renewed_is_only_taken_away_by_force() {
    let Some(space) = Space::new("unlock") else { return };
    define(&space, "1");
    space.run("unlock web").ok().says(&["not locked"]);
    held_by_ada(&space, "web");
    let lease = space.get("lease/ku8.web");
    let refused = space.run("unlock web").fails(4, &["ada@laptop (process 42)", "since", "--force"]).hints();
    assert!(refused.stdout.is_empty(), "{refused:?}");
    space.run("unlock web --force").fails(1, &["--yes"]);
    assert_eq!(space.get("lease/ku8.web"), lease, "nothing was touched");
    space.run("unlock web --force --yes").ok().says(&["Unlocked unlock/web"]);
    let now = space.get("lease/ku8.web");
    assert_eq!(uid(&now), uid(&lease), "it is never deleted");
    assert_eq!((text(&now["spec"]["holderIdentity"]), &now["spec"]["leaseTransitions"]), ("", &json!(4)));
    space.run("publish web --yes").ok();

    // One whose process was killed on this machine needs no force either.
    let never = json!({"playground.ku8.dev/stage": "never-scheduled"});
    space.feed(&yaml(&[stateful_set("web", &never)]), &["define", "dead", "-f", "-"]).ok();
    let publish = space.start(&["publish", "dead", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    publish.kill();
    space.run("unlock dead").ok().says(&["its process has ended", "Unlocked unlock/dead"]);

    // One that ran out needs none.
    held_by_ada(&space, "web");
    space.patch("lease/ku8.web", &json!({"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}));
    space.run("unlock web").ok().says(&["has run out", "Unlocked"]);
    space.run("unlock nobody").fails(1, &["no definition `nobody`"]).hints();
}

#[test]
fn who_loses_the_lock_while_waiting_stops_and_writes_no_more() {
    let Some(mut space) = Space::new("unlock-live") else { return };
    space.set("KU8_LEASE_SECONDS", "3");
    let never = json!({"playground.ku8.dev/stage": "never-scheduled"});
    space.feed(&yaml(&[stateful_set("web", &never)]), &["define", "web", "-f", "-"]).ok();
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    space.run("unlock web").fails(4, &["user-unlock-live@stage", "`publish`"]);
    space.run("unlock web --force --yes").ok().says(&["kubectl ku8 publish web"]);
    first.end().fails(4, &["lock on web was lost"]).hints();
    let left = state(&space, "web");
    assert_eq!((&left["phase"], &left["pending"]), (&json!("Publishing"), &json!(1)), "the record was left alone");
}
