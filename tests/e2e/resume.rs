//! Operations that were cut off: the next one goes on with the same revision and ends where an undisturbed one does.
//! Nothing of an end is compared that time or chance decides.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::failure_policy::state;
use crate::stage::{Space, config_map, service, stateful_set, text, yaml};

fn define(space: &Space, name: &str, objects: &[Value]) {
    space.feed(&yaml(objects), &["define", name, "-f", "-"]).ok();
}

/// Everything about a definition that must not depend on how often it was cut off: objects, head, revisions.
fn end(space: &Space, name: &str) -> Value {
    let mut state = state(space, name);
    for entry in state["inventory"].as_array_mut().expect("a list") {
        let object = format!("{}/{}", text(&entry["kind"]), text(&entry["name"]));
        let live = space.get(&object);
        assert_eq!(entry["uid"], live["metadata"]["uid"], "{object}: its uid is known");
        entry["uid"] = json!("known");
    }
    // A digest holds the name, and whether it is the right one is told below.
    state["publishedDigest"] = Value::Null;
    let head = space.get(&format!("configmap/ku8.{name}"));
    let mut objects: Vec<Value> = space
        .list("configmap,service,statefulset", &format!("ku8.dev/owner={name}"))
        .iter()
        .map(|one| json!([one["kind"], one["metadata"]["name"], one["data"], one["spec"]["ports"][0]["port"]]))
        .collect();
    objects.sort_by_key(Value::to_string);
    let mut revisions: Vec<Value> = space
        .list("configmap", &format!("ku8.dev/kind=revision,ku8.dev/name={name}"))
        .iter()
        .map(|one| {
            let meta: Value = serde_json::from_str(text(&one["data"]["meta"])).expect("meta");
            let annotations = &one["metadata"]["annotations"];
            json!([one["metadata"]["name"], annotations["ku8.dev/result"], meta["cause"], meta["number"]])
        })
        .collect();
    revisions.sort_by_key(Value::to_string);
    let annotations = &head["metadata"]["annotations"];
    let text = json!({"state": state, "labels": head["metadata"]["labels"], "objects": objects, "revisions": revisions,
        "revision": annotations["ku8.dev/revision"], "count": annotations["ku8.dev/objects"],
        "modified": annotations["ku8.dev/definition-digest"] != annotations["ku8.dev/published-digest"]});
    // Definitions of different names end alike but for their names.
    serde_json::from_str(&text.to_string().replace(name, "NAME")).expect("JSON")
}

/// Two versions of a definition: one object stays, one changes, one goes, two come.
fn versions(name: &str) -> [Vec<Value>; 2] {
    let object = |suffix: &str, value: &str| config_map(&format!("{name}-{suffix}"), value);
    [
        vec![object("same", "1"), object("changed", "1"), object("gone", "1"), service(name, 80)],
        vec![object("same", "1"), object("changed", "2"), object("new", "1"), service(name, 81), object("last", "1")],
    ]
}

/// Moments at which a publish is killed.
const POINTS: u32 = 24;

#[test]
fn d2_killed_at_any_moment_it_ends_as_if_it_had_not_been() {
    let Some(space) = Space::new("d2") else { return };
    let [first, second] = versions("calm");
    define(&space, "calm", &first);
    space.run("publish calm --yes").ok();
    define(&space, "calm", &second);
    let began = Instant::now();
    space.run("publish calm --yes").ok();
    let whole = began.elapsed();
    let expected = end(&space, "calm");

    let mut cut = 0;
    for point in 0..POINTS {
        let name = format!("storm{point:02}");
        let [first, second] = versions(&name);
        define(&space, &name, &first);
        space.run(&format!("publish {name} --yes")).ok();
        define(&space, &name, &second);
        let publish = space.start(&["publish", &name, "--yes"]);
        // No condition to wait for: any moment is a good one.
        std::thread::sleep(whole.mul_f64(f64::from(point + 1) / f64::from(POINTS)));
        publish.kill();
        let left = state(&space, &name);
        cut += u32::from(left["current"] == 1);
        space.run(&format!("publish {name} --yes")).ok();
        assert_eq!(end(&space, &name), expected, "cut off at {} of {POINTS}, in {left}", point + 1);
        space.run(&format!("plan {name} --detailed-exitcode")).exits(0);
    }
    println!("{POINTS} moments tried, {cut} of them before the end; every one converged");
    assert!(cut > POINTS / 3, "{cut} of {POINTS}: the moments were not spread over the publish");
}

#[test]
fn d1_killed_while_it_waits_the_next_publish_takes_over_the_same_revision() {
    let Some(space) = Space::new("d1") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "6s"});
    define(&space, "web", &[config_map("conf", "1")]);
    space.run("publish web --yes").ok();
    define(&space, "web", &[config_map("conf", "2"), stateful_set("web", &life)]);
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the pod", || space.find("pod/web-0"));
    first.kill();
    let left = state(&space, "web");
    assert_eq!((&left["phase"], &left["current"], &left["pending"]), (&json!("Publishing"), &json!(1), &json!(2)));
    let made = space.get("configmap/ku8.web.r2");
    // As if it had been on another machine: nobody can tell whether that process lives, so its lease must run out.
    space.patch("lease/ku8.web", &json!({"spec": {"holderIdentity": "ada@laptop/4211/00000000"}}));
    space.run("publish web --yes").fails(4, &["ada@laptop"]).hints();
    space.patch("lease/ku8.web", &json!({"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}));
    let second = space.run("publish web --yes").ok();
    second.says(&[
        "Taking over from ada@laptop",
        "Going on with revision 2, which user-d1@stage",
        "Published d1/web revision 2",
    ]);
    let after = state(&space, "web");
    assert_eq!((&after["current"], &after["pending"], &after["lastGood"]), (&json!(2), &json!(0), &json!(2)));
    let now = space.get("configmap/ku8.web.r2");
    assert_eq!(now["metadata"]["uid"], made["metadata"]["uid"], "the revision that was begun is the one that ended");
    assert!(space.find("configmap/ku8.web.r3").is_none());
    space.run("plan web --detailed-exitcode").exits(0);
}

#[test]
fn a_definition_that_changed_meanwhile_supersedes_what_was_cut_off() {
    let Some(space) = Space::new("superseded") else { return };
    let never = json!({"playground.ku8.dev/stage": "never-scheduled"});
    define(&space, "web", &[config_map("half", "1"), stateful_set("web", &never)]);
    let first = space.start(&["publish", "web", "--yes"]);
    space.until("the objects", || space.find("statefulset/web").and(space.find("configmap/half")));
    first.kill();
    define(&space, "web", &[config_map("whole", "1")]);
    space.run("plan web").ok().says(&["ConfigMap/half", "revision 2"]);
    let second = space.run("publish web --yes").ok();
    assert!(!second.stderr.contains("Going on"), "{second:?}");
    assert!(space.find("configmap/half").is_none() && space.find("configmap/whole").is_some());
    let after = state(&space, "web");
    assert_eq!((&after["current"], &after["pending"]), (&json!(2), &json!(0)));
    assert_eq!(after["inventory"].as_array().unwrap().len(), 1);
    let history = space.run("history web").ok();
    assert!(history.stdout.contains("Published") && history.stdout.contains("Unfinished"), "{}", history.stdout);
}

#[test]
fn a_delete_that_was_cut_off_is_deleted_by_the_next_one() {
    let Some(space) = Space::new("half-deleted") else { return };
    for point in 0..8_u32 {
        let name = format!("web{point}");
        let objects: Vec<Value> = (0..4).map(|number| config_map(&format!("{name}-{number}"), "1")).collect();
        define(&space, &name, &objects);
        space.run(&format!("publish {name} --yes")).ok();
        let delete = space.start(&["delete", &name, "--yes"]);
        std::thread::sleep(Duration::from_millis(u64::from(40 * (point + 1))));
        delete.kill();
        let again = space.run(&format!("delete {name} --yes"));
        assert!(again.code == 0 || again.stderr.contains("no definition"), "{again:?}");
        let left: Vec<String> = space.inventory().into_iter().filter(|one| one.contains(&name)).collect();
        assert_eq!(left, [format!("Lease/ku8.{name}")], "cut off after {} ms", 40 * (point + 1));
    }
}

#[test]
fn a_rollback_that_was_cut_off_goes_on_too() {
    let Some(space) = Space::new("half-back") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "5s"});
    define(&space, "web", &[config_map("conf", "1"), stateful_set("web", &life)]);
    space.run("publish web --yes").ok();
    define(&space, "web", &[config_map("conf", "2")]);
    space.run("publish web --yes").ok();
    space.until("the workload to go", || space.find("statefulset/web").is_none().then_some(()));
    let back = space.start(&["rollback", "web", "--yes"]);
    space.until("the workload", || space.find("statefulset/web"));
    back.kill();
    let left = state(&space, "web");
    assert_eq!((text(&left["operation"]["cause"]), &left["pending"]), ("rollback to 1", &json!(3)));
    space.run("rollback web --yes").ok().says(&["Going on with revision 3"]);
    let after = state(&space, "web");
    assert_eq!((&after["current"], &after["pending"]), (&json!(3), &json!(0)));
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
}
