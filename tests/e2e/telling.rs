//! Waiting that says why: pod, container, image, exit code, log and events, and which limit ran out.
//! Named after the scenarios of acceptance.md; pods take the lives the playground's kubelet gives them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stage::{Ran, Space, config_map, service, stateful_set, text, yaml};

fn publish(space: &Space, objects: &[Value], flags: &str) -> Ran {
    space.feed(&yaml(objects), &["define", "web", "-f", "-"]).ok();
    space.run(format!("publish web --yes {flags}").trim_end())
}

fn job(name: &str, life: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"backoffLimit": 0,
        "template": {"metadata": {"annotations": life}, "spec": {"restartPolicy": "Never",
            "containers": [{"name": "main", "image": "docker.io/library/busybox:1.37"}]}}}})
}

#[test]
fn c2_the_limit_that_ran_out_is_named_with_the_object_and_its_last_reason() {
    let Some(space) = Space::new("c2-limits") else { return };
    let mut slow = job("slow", &json!({}));
    slow["spec"]["template"]["spec"]["nodeSelector"] = json!({"no": "node"});
    let objects = [slow, config_map("conf", "1")];
    let published = publish(&space, &objects, "--wait-timeout 3s");
    let published = published.fails(5, &["Job/slow", "--wait-timeout 3s", "Unschedulable"]).hints();
    assert!(published.took < Duration::from_secs(3 + 2 + 3), "the wait itself ends in time: {:?}", published.took);
    assert!(published.stderr.contains("FailedScheduling"), "the scheduler's event: {}", published.stderr);
    // The other limit, for one object, with a total that would allow more.
    let again = space.run("publish web --yes --wait-timeout 1m --resource-timeout 2s");
    let again = again.fails(5, &["Job/slow", "--resource-timeout 2s", "Unschedulable"]);
    assert!(again.took < Duration::from_secs(2 + 2 + 3), "{:?}", again.took);
}

#[test]
fn c3_a_crash_loop_is_told_with_exit_code_log_and_events() {
    let Some(space) = Space::new("c3-oom") else { return };
    let life = json!({"playground.ku8.dev/stage": "crash-loop", "playground.ku8.dev/exit-code": "137",
        "playground.ku8.dev/exit-reason": "OOMKilled"});
    let published = publish(&space, &[service("web", 80), stateful_set("web", &life)], "--wait-timeout 2m");
    let words = [
        "pod web-0, container main, image docker.io/library/busybox:1.37",
        "CrashLoopBackOff",
        "4 restarts",
        "last exit code 137 (OOMKilled)",
        "last log lines",
        "| no process runs behind a pod of the playground",
        "Pod/web-0 BackOff",
        "Back-off restarting failed container",
    ];
    let published = published.fails(5, &words).hints();
    assert!(published.took < Duration::from_secs(30), "{:?}", published.took);
    // Later, and for a machine, the same.
    space.run("status web").ok().says(&words);
    let status = space.run("status web -o json").ok().json();
    let objects = status["items"][0]["objects"].as_array().unwrap();
    let set = objects.iter().find(|one| one["kind"] == "StatefulSet").unwrap();
    let container = &set["diagnosis"]["containers"][0];
    assert_eq!((text(&container["pod"]), &container["exit"]["code"]), ("web-0", &json!(137)), "{container}");
    assert_eq!(text(&set["diagnosis"]["events"][0]["reason"]), "BackOff");
}

#[test]
fn c4_an_init_container_whose_image_cannot_be_pulled_is_named_at_once() {
    let Some(space) = Space::new("c4-init") else { return };
    let mut set = stateful_set("web", &json!({"playground.ku8.dev/stage": "init-image-failure"}));
    set["spec"]["template"]["spec"]["initContainers"] =
        json!([{"name": "prepare", "image": "registry.example.com/prepare:9", "command": ["true"]}]);
    let published = publish(&space, &[service("web", 80), set], "--wait-timeout 2m");
    let words = ["init container prepare", "registry.example.com/prepare:9", "ErrImagePull", "manifest unknown"];
    let published = published.fails(5, &words).hints();
    assert!(published.took < Duration::from_secs(30), "{:?}", published.took);
}

#[test]
fn a_pod_no_node_has_room_for_ends_the_wait_when_patience_does() {
    let Some(mut space) = Space::new("no-room") else { return };
    space.set("KU8_UNSCHEDULABLE_SECONDS", "2");
    let mut set = stateful_set("web", &json!({}));
    set["spec"]["template"]["spec"]["nodeSelector"] = json!({"no": "node"});
    let published = publish(&space, &[set], "--wait-timeout 2m");
    let published = published.fails(5, &["pod web-0: Unschedulable", "nodes are available", "can become ready"]);
    assert!(published.took < Duration::from_mins(1), "{:?}", published.took);
}

#[test]
fn a_pod_the_quota_refuses_is_told_at_once() {
    let Some(space) = Space::new("quota") else { return };
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}});
    let file = space.file("quota.json", quota.to_string());
    space.kubectl(&["create", "-f", &file]);
    space
        .until("the quota to be counted", || space.get("resourcequota/none")["status"]["hard"].as_object().map(|_| ()));
    let mut web = stateful_set("web", &json!({}));
    web["kind"] = json!("Deployment");
    web["spec"].as_object_mut().unwrap().remove("serviceName");
    let published = publish(&space, &[web], "--wait-timeout 2m").fails(5, &["Deployment/web", "exceeded quota"]);
    assert!(published.took < Duration::from_mins(1), "{:?}", published.took);
}

#[test]
fn a_wait_watches_and_hardly_asks() {
    let Some(space) = Space::new("watching") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "8s"});
    let objects = [stateful_set("web", &life), config_map("a", "1"), config_map("b", "1"), service("web", 80)];
    let before = space.requests().len();
    publish(&space, &objects, "").ok();
    let requests = space.requests_since(before);
    let watches = requests.iter().filter(|entry| entry.verb == "watch").count();
    let looks = requests.iter().filter(|entry| entry.resource == "statefulsets" && entry.verb == "get").count();
    assert!(watches >= 2, "the StatefulSet and its pods: {watches}");
    assert!(looks <= 10, "eight seconds of looking twice a second would be more: {looks}");
}

#[test]
fn who_may_not_watch_waits_all_the_same() {
    let Some(space) = Space::new("no-watch") else { return };
    let rules = "get,list,create,update,patch,delete";
    for resources in [
        "configmaps,secrets,services,pods,persistentvolumeclaims,events",
        "statefulsets.apps",
        "leases.coordination.k8s.io",
    ] {
        let name = resources.split(['.', ',']).next().unwrap_or_default();
        space.kubectl(&["create", "role", name, &format!("--verb={rules}"), &format!("--resource={resources}")]);
        space.kubectl(&["create", "rolebinding", name, &format!("--role={name}"), "--user=blind"]);
    }
    let blind = space.as_user("blind");
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "2s"});
    let published = publish(&blind, &[stateful_set("web", &life)], "--wait-timeout 1m").ok();
    assert!(published.took < Duration::from_secs(40), "{:?}", published.took);
    assert_eq!(space.get("statefulset/web")["status"]["readyReplicas"], 1);
}
