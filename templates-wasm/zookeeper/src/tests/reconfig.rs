//! Mode reconfig: what is rendered in which stage, and which changes of size pass.
//! It never starts the software: the pod simulator does.

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Rendered, Value, json};

use super::assert_refused;
use crate::ZooKeeper;

fn values(replicas: u32, initial: u32) -> Value {
    json!({"replicas": replicas, "scaling": {"mode": "reconfig", "initialReplicas": initial}})
}

fn rendered(replicas: u32) -> Rendered {
    render::<ZooKeeper>(values(replicas, replicas)).unwrap()
}

fn change(from: u32, to: u32, initial: u32) -> Result<Rendered, Findings> {
    Case::new(values(to, initial)).previous(values(from, initial)).render::<ZooKeeper>()
}

fn jobs(rendered: &Rendered) -> Vec<(&str, u32, &Value)> {
    let all = rendered.objects.iter().filter(|object| object.manifest["kind"] == "Job");
    all.map(|object| (object.id.as_str(), object.stage, &object.manifest)).collect()
}

fn config(rendered: &Rendered) -> &Value {
    &rendered.find("ConfigMap", "demo-config").unwrap()["data"]
}

#[test]
fn those_who_leave_are_off_the_list_before_their_pods_go_and_those_who_join_come_after() {
    let rendered = rendered(3);
    let stage = |id: &str| rendered.objects.iter().find(|object| object.id == id).unwrap().stage;
    assert_eq!((stage("job/remove"), stage("statefulset/server"), stage("job/add")), (0, 1, 2));
    for id in ["configmap/config", "configmap/members", "service/headless", "networkpolicy/server"] {
        assert_eq!(stage(id), 0, "{id}");
    }
    for (id, _, job) in jobs(&rendered) {
        let words = &job["spec"]["template"]["spec"]["containers"][0]["command"];
        assert_eq!(words[2], if id == "job/remove" { "rm" } else { "add" });
        assert_eq!((&words[3], &words[6]), (&json!("demo"), &json!("3")));
        let labels = &job["spec"]["template"]["metadata"]["labels"];
        assert_eq!(
            (&labels["demo-client"], &labels["app.kubernetes.io/component"]),
            (&json!("true"), &json!("members"))
        );
    }
}

#[test]
fn the_longest_name_leaves_room_for_the_jobs() {
    let name = "a".repeat(50);
    let rendered = Case::new(values(3, 3)).name(&name).render::<ZooKeeper>().unwrap();
    assert_eq!(jobs(&rendered).len(), 2);
}

#[test]
fn a_change_of_size_restarts_nobody() {
    let pod = |replicas: u32| {
        let rendered = change(1, replicas, 1).unwrap();
        rendered.find("StatefulSet", "demo").unwrap()["spec"]["template"].clone()
    };
    assert_eq!(pod(3), pod(5));
    assert_eq!(pod(3), pod(1));
    assert_eq!(change(3, 5, 3).unwrap().find("ConfigMap", "demo-members").unwrap()["data"]["count"], "5");
}

#[test]
fn the_list_is_on_the_volumes_and_the_password_in_no_object() {
    let rendered = rendered(3);
    let text = config(&rendered)["zoo.cfg"].as_str().unwrap();
    assert!(text.contains("\nreconfigEnabled=true\n") && !text.contains("\nserver."), "{text}");
    let intent = &rendered.secrets[0];
    assert_eq!(intent.name, "demo-auth");
    assert_eq!(intent.keys.keys().collect::<Vec<_>>(), ["super-password"]);
    let set = rendered.find("StatefulSet", "demo").unwrap();
    let server = &set["spec"]["template"]["spec"]["containers"][0];
    let script = ["bash", "/ku8/conf/start.sh", "demo", "demo-headless.prod.svc.cluster.local", "1", "3"];
    assert_eq!(server["command"], json!(script));
    let flags = server["env"].as_array().unwrap().iter().find(|env| env["name"] == "SERVER_JVMFLAGS").unwrap();
    assert!(flags["value"].as_str().unwrap().ends_with("@/ku8/run/jvm.options"));
}

#[test]
fn the_static_mode_has_neither_jobs_nor_passwords() {
    let rendered = render::<ZooKeeper>(json!({})).unwrap();
    assert!(jobs(&rendered).is_empty() && rendered.secrets.is_empty());
    assert!(config(&rendered).get("start.sh").is_none() && rendered.find("ConfigMap", "demo-members").is_none());
    assert!(rendered.objects.iter().all(|object| object.stage == 0));
}

#[test]
fn members_may_ask_each_other_and_their_jobs_may_connect() {
    let labelled = json!({"networkPolicy": {"mode": "labelled"}, "scaling": {"mode": "reconfig"}});
    let rendered = render::<ZooKeeper>(labelled).unwrap();
    let policy = rendered.find("NetworkPolicy", "demo").unwrap();
    let own = policy["spec"]["ingress"][1]["ports"].as_array().unwrap().iter().any(|port| port["port"] == 2181);
    assert!(own, "{policy}");
}

#[test]
fn any_growth_passes_with_a_word_and_a_shrink_keeps_those_that_could_decide() {
    for (from, to, initial) in [(1, 3, 1), (3, 5, 3), (3, 7, 3), (1, 5, 1)] {
        assert!(change(from, to, initial).unwrap().warnings.has("zookeeper.scale.joining"), "{from} {to}");
    }
    assert!(change(3, 3, 3).unwrap().warnings.is_empty());
    assert!(change(5, 3, 3).unwrap().warnings.is_empty());
    for (from, to) in [(3, 1), (7, 3)] {
        assert_refused(&change(from, to, 3).unwrap_err(), "zookeeper.scale.shrink-jump");
    }
}

#[test]
fn how_an_ensemble_began_is_decided_once() {
    let first = |replicas: u32, initial: u32| render::<ZooKeeper>(values(replicas, initial));
    first(5, 5).unwrap();
    assert_refused(&first(5, 3).unwrap_err(), "zookeeper.scale.initial");
    let later = Case::new(values(5, 5)).previous(values(3, 3)).render::<ZooKeeper>();
    assert_refused(&later.unwrap_err(), "zookeeper.scale.initial");
    // In mode static it means nothing.
    let idle = json!({"scaling": {"initialReplicas": 5}});
    Case::new(json!({})).previous(idle).render::<ZooKeeper>().unwrap();
}

#[test]
fn the_mode_stays() {
    let (list, jobs) = (json!({"replicas": 3}), values(3, 3));
    let change = |from: &Value, to: &Value| Case::new(to.clone()).previous(from.clone()).render::<ZooKeeper>();
    change(&jobs, &jobs).unwrap();
    assert_refused(&change(&list, &jobs).unwrap_err(), "zookeeper.scale.mode");
    assert_refused(&change(&jobs, &list).unwrap_err(), "zookeeper.scale.mode");
}

#[test]
fn steps_in_between_belong_to_the_static_mode() {
    let via = json!({"replicas": 5, "scaling": {"mode": "reconfig", "initialReplicas": 5, "via": 4}});
    assert_refused(&render::<ZooKeeper>(via).unwrap_err(), "zookeeper.scale.via");
}

#[test]
fn the_word_that_tells_the_list_stays_answered() {
    let words = |words: Value| render::<ZooKeeper>(json!({"scaling": {"mode": "reconfig"}, "fourLetterWords": words}));
    words(json!(["srvr", "ruok", "conf"])).unwrap();
    assert_refused(&words(json!(["srvr", "ruok"])).unwrap_err(), "zookeeper.words.probes");
}

#[test]
fn volumes_that_remain_start_with_as_many_members() {
    let case = |members: u32, claims: &[&str]| Case::new(values(members, 3)).claims(claims).render::<ZooKeeper>();
    let five = ["data-demo-0", "data-demo-1", "data-demo-2", "data-demo-3", "data-demo-4"];
    case(5, &five).unwrap();
    assert_refused(&case(3, &five).unwrap_err(), "zookeeper.scale.volumes-remain");
}

#[test]
fn jobs_run_again_after_a_publish_that_broke_off() {
    let names = |case: Case| {
        let rendered = case.render::<ZooKeeper>().unwrap();
        jobs(&rendered).iter().map(|(.., job)| job["metadata"]["name"].clone()).collect::<Vec<_>>()
    };
    let before = names(Case::new(values(3, 3)).previous(values(3, 3)));
    let after = names(Case::new(values(3, 3)).previous(values(3, 3)).attempted(values(5, 3)));
    assert!(before.iter().all(|name| !after.contains(name)), "{before:?} {after:?}");
    assert_eq!(before, names(Case::new(values(3, 3)).previous(values(3, 3)).attempted(values(3, 3))));
}
