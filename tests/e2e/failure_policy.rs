//! What becomes of an operation when a write is refused or something does not become ready: where it stops, what is
//! kept, what is told, and how it is gone back on.

use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::stage::{Space, config_map, service, stateful_set, text, yaml};

fn define(space: &Space, name: &str, objects: &[Value]) {
    space.feed(&yaml(objects), &["define", name, "-f", "-"]).ok();
}

pub(crate) fn state(space: &Space, name: &str) -> Value {
    serde_json::from_str(text(&space.get(&format!("configmap/ku8.{name}"))["data"]["state"])).expect("a state")
}

fn results(space: &Space, name: &str) -> Vec<(String, String)> {
    let head = space.get(&format!("configmap/ku8.{name}"));
    let found: Vec<Value> = serde_json::from_str(text(&head["data"]["result"])).expect("a result");
    found.iter().map(|one| (text(&one["object"]).to_owned(), text(&one["outcome"]).to_owned())).collect()
}

fn job(name: &str, life: &Value, depends_on: &str) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "annotations": {"ku8.dev/depends-on": depends_on}},
        "spec": {"backoffLimit": 0, "template": {"metadata": {"annotations": life}, "spec": {"restartPolicy": "Never",
            "containers": [{"name": "main", "image": "docker.io/library/busybox:1.37"}]}}}})
}

fn after(name: &str, depends_on: &str) -> Value {
    let mut object = config_map(name, "1");
    object["metadata"]["annotations"] = json!({"ku8.dev/depends-on": depends_on});
    object
}

#[test]
fn f4_a_refused_write_stops_there_and_nothing_is_removed() {
    let Some(space) = Space::new("f4") else { return };
    define(&space, "web", &[config_map("conf", "1"), config_map("gone", "1")]);
    space.run("publish web --yes").ok();
    let second = [config_map("conf", "2"), service("refused", 80), stateful_set("web", &json!({}))];
    define(&space, "web", &second);
    let refusal = Refusal::of(&space, &["refused"]);
    let published = space.run("publish web --yes");
    let published = published.fails(5, &["failed", "Service/refused", "the test does not want it", "not reached"]);
    let said = published.says(&["kubectl ku8 plan web", "kubectl ku8 publish web", "kubectl ku8 rollback web --to 1"]);
    assert!(!said.stdout.contains("Published"), "{said:?}");
    assert!(space.find("configmap/gone").is_some(), "nothing is removed after a failure");
    assert!(space.find("statefulset/web").is_none());
    assert_eq!(space.get("configmap/conf")["data"]["key"], "2");
    let found = results(&space, "web");
    for (object, outcome) in [
        ("ConfigMap/conf", "configured"),
        ("Service/refused", "failed"),
        ("StatefulSet/web", "not reached"),
        ("ConfigMap/gone", "not reached"),
    ] {
        assert!(found.contains(&(object.to_owned(), outcome.to_owned())), "{object} {outcome}: {found:?}");
    }
    let annotations = space.get("configmap/ku8.web.r2")["metadata"]["annotations"].clone();
    assert_eq!(annotations["ku8.dev/result"], "failed");
    let outcomes: Vec<Value> = serde_json::from_str(text(&annotations["ku8.dev/outcomes"])).expect("outcomes");
    assert!(outcomes.iter().any(|one| one["object"] == "Service/refused" && one["outcome"] == "failed"));
    let failed = state(&space, "web");
    assert_eq!((&failed["phase"], &failed["current"], &failed["lastGood"]), (&json!("Failed"), &json!(1), &json!(1)));
    assert_eq!(failed["operation"], Value::Null, "it ended");

    refusal.lift();
    space.run("publish web --yes").ok();
    assert!(space.find("configmap/gone").is_none(), "what was left over is still known");
    let done = state(&space, "web");
    assert_eq!((&done["current"], &done["pending"], &done["lastGood"]), (&json!(3), &json!(0), &json!(3)));
    let history = space.run("history web -o json").ok().json();
    let statuses: Vec<&str> = history["items"].as_array().unwrap().iter().map(|one| text(&one["status"])).collect();
    assert_eq!(statuses, ["Published", "Failed", "Superseded"]);
}

#[test]
fn a_first_write_that_is_refused_changed_nothing() {
    let Some(space) = Space::new("first-refused") else { return };
    define(&space, "web", &[config_map("refused", "1"), service("web", 80)]);
    let _refusal = Refusal::of(&space, &["refused"]);
    let published = space.run("publish web --yes").fails(1, &["ConfigMap/refused", "not reached"]).hints();
    assert!(!published.stderr.contains("rollback"), "there is nothing to go back to: {}", published.stderr);
    assert!(space.find("service/web").is_none());
}

/// Two Jobs that fail, one that does not, a Service the server refuses, and what depends on them.
fn c1_objects() -> [Value; 7] {
    let fails = json!({"playground.ku8.dev/stage": "fail"});
    [
        job("bad-one", &fails, ""),
        job("bad-two", &fails, ""),
        job("good", &json!({}), ""),
        service("refused", 80),
        after("after-bad", "Job/bad-one"),
        after("after-refused", "Service/refused"),
        after("after-good", "Job/good"),
    ]
}

#[test]
fn c1_keeping_going_leaves_out_only_what_depends_on_a_failure() {
    let Some(space) = Space::new("c1") else { return };
    define(&space, "set", &c1_objects());
    let _refusal = Refusal::of(&space, &["refused"]);
    let published = space.run("publish set --yes --keep-going --wait-timeout 60s");
    let published = published.fails(
        5,
        &[
            "Job/bad-one",
            "Job/bad-two",
            "BackoffLimitExceeded",
            "Service/refused",
            "depends on Job/bad-one",
            "depends on Service/refused",
        ],
    );
    for name in ["bad-one", "bad-two"] {
        let told = published.stderr.lines().any(|line| line.contains("Failed") && line.contains(name));
        assert!(told, "{name} is told: {}", published.stderr);
    }
    assert!(space.find("configmap/after-good").is_some(), "{published:?}");
    assert!(space.find("configmap/after-bad").is_none() && space.find("configmap/after-refused").is_none());
    let found = results(&space, "set");
    assert!(found.contains(&("ConfigMap/after-bad".into(), "not reached".into())), "{found:?}");
}

#[test]
fn c1_without_keeping_going_it_stops_after_the_first() {
    let Some(space) = Space::new("c1-stop") else { return };
    define(&space, "set", &c1_objects());
    let refusal = Refusal::of(&space, &["refused"]);
    // Services come before Jobs, and nothing was written before this one.
    space.run("publish set --yes").fails(1, &["Service/refused", "not reached"]);
    assert!(space.find("job/good").is_none() && space.find("configmap/after-good").is_none());
    refusal.lift();
    let published = space.run("publish set --yes").fails(5, &["Job/bad-", "BackoffLimitExceeded"]);
    assert!(published.stderr.contains("depends on Job/bad-"), "{}", published.stderr);
    for name in ["after-bad", "after-good", "after-refused"] {
        assert!(space.find(&format!("configmap/{name}")).is_none(), "{name}");
    }
}

fn deployment(image_life: &Value, env: &[&str]) -> Value {
    let env: Vec<Value> = env.iter().map(|name| json!({"name": name, "value": "1"})).collect();
    let mut object = stateful_set("web", image_life);
    object["kind"] = json!("Deployment");
    object["spec"].as_object_mut().expect("a spec").remove("serviceName");
    object["spec"]["template"]["spec"]["containers"][0]["env"] = json!(env);
    object
}

#[test]
fn d5_a_failed_publish_is_undone_with_everything_it_added() {
    let Some(space) = Space::new("d5") else { return };
    define(&space, "web", &[deployment(&json!({}), &["ONE"]), config_map("conf", "1"), config_map("old", "1")]);
    space.run("publish web --yes").ok();
    let good = space.get("deployment/web")["spec"].clone();
    let broken = deployment(&json!({"playground.ku8.dev/stage": "image-pull-failure"}), &["ONE", "TWO"]);
    define(&space, "web", &[broken, config_map("conf", "2"), config_map("extra", "1")]);
    let published = space.run("publish web --yes --rollback-on-failure --wait-timeout 60s");
    published.fails(5, &["going back to revision 1", "as in revision 1 again", "kubectl ku8 history web"]).hints();
    assert_eq!(space.get("deployment/web")["spec"], good, "the added variable is gone too");
    assert!(space.find("configmap/extra").is_none() && space.find("configmap/old").is_some());
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
    let after = state(&space, "web");
    assert_eq!((&after["phase"], &after["current"], &after["lastGood"]), (&json!("Published"), &json!(3), &json!(3)));
    let history = space.run("history web -o json").ok().json();
    let told: Vec<(u64, &str, &str)> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["revision"].as_u64().unwrap(), text(&one["status"]), text(&one["meta"]["cause"])))
        .collect();
    assert_eq!(told, [(3, "Published", "rollback to 1"), (2, "Failed", "publish"), (1, "Superseded", "publish")]);
    space.run("plan web --detailed-exitcode").exits(0);
}

#[test]
fn a_refused_write_is_undone_too_and_a_first_publish_has_nothing_to_go_back_to() {
    let Some(space) = Space::new("d5-refused") else { return };
    define(&space, "web", &[config_map("conf", "1"), service("refused", 80)]);
    let refusal = Refusal::of(&space, &["refused"]);
    space.run("publish web --yes --rollback-on-failure").fails(5, &["no good revision to go back to"]);
    refusal.lift();
    space.run("publish web --yes").ok();
    define(&space, "web", &[config_map("conf", "2"), config_map("extra", "1"), service("refused", 81)]);
    let refusal = Refusal::of(&space, &["refused"]);
    space.run("publish web --yes --rollback-on-failure").fails(5, &["Service/refused", "as in revision 2 again"]);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
    assert!(space.find("configmap/extra").is_none());
    assert_eq!(space.get("service/refused")["spec"]["ports"][0]["port"], 80);
    refusal.lift();
    space.run("plan web --detailed-exitcode").exits(0);
}

#[test]
fn d6_of_fifteen_revisions_the_only_good_one_is_kept() {
    let Some(space) = Space::new("d6") else { return };
    define(&space, "web", &[config_map("conf", "1")]);
    space.run("publish web --yes").ok();
    let never = stateful_set("web", &json!({"playground.ku8.dev/stage": "never-scheduled"}));
    for number in 2..=15 {
        define(&space, "web", &[config_map("conf", &number.to_string()), never.clone()]);
        space.run("publish web --yes --wait-timeout 0s --history-max 10").exits(5);
    }
    let revisions = space.list("configmap", "ku8.dev/kind=revision");
    let mut numbers: Vec<u32> = revisions
        .iter()
        .map(|one| text(&one["metadata"]["name"]).trim_start_matches("ku8.web.r").parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    let state = state(&space, "web");
    assert_eq!((&state["current"], &state["lastGood"]), (&json!(15), &json!(1)));
    space.run("rollback web --yes").ok().says(&["revision 1"]);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
    space.until("the workload to go", || space.find("statefulset/web").is_none().then_some(()));
}

#[test]
fn a_publish_tells_its_end_as_one_document() {
    let Some(space) = Space::new("result-document") else { return };
    define(&space, "web", &[config_map("conf", "1"), config_map("gone", "1")]);
    let first = space.run("publish web --yes -o json").ok();
    let document = first.json();
    assert_eq!((text(&document["kind"]), text(&document["name"])), ("Result", "web"));
    assert_eq!((text(&document["phase"]), &document["revision"]), ("Published", &json!(1)));
    assert_eq!(document["summary"]["create"], 2);
    assert_eq!((&document["succeeded"], &document["changed"]), (&json!(true), &json!(true)));
    assert!(
        document["objects"].as_array().unwrap().contains(&json!({"object": "ConfigMap/conf", "outcome": "created"}))
    );
    assert!(first.stderr.contains("create"), "the plan is shown beside: {}", first.stderr);
    let again = space.run("publish web --yes -o json").ok().json();
    assert_eq!((&again["changed"], &again["revision"]), (&json!(false), &json!(1)));

    define(&space, "web", &[config_map("conf", "2"), service("refused", 80)]);
    let _refusal = Refusal::of(&space, &["refused"]);
    let failed = space.run("publish web --yes -o json").fails(5, &["Service/refused"]).json();
    assert_eq!((text(&failed["phase"]), &failed["revision"], &failed["operation"]), ("Failed", &json!(1), &json!(2)));
    let objects = failed["objects"].as_array().unwrap();
    let refused = objects.iter().find(|one| one["object"] == "Service/refused").expect("it is told");
    assert!(text(&refused["message"]).contains("the test does not want it"), "{refused}");
    let all = space.run("publish --all --yes -o yaml");
    assert!(all.stdout.contains("kind: ResultList"), "{all:?}");
    let refused = space.run("publish web -o json").exits(1);
    assert_eq!(refused.stdout, "", "a refusal is no result");
}
