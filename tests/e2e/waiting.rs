//! Waiting: what will never be ready is told early and by name, and what takes too long ends in time.
//! Pods take the lives the playground's kubelet gives them.

use std::time::Duration;

use serde_json::json;

use crate::stage::{Space, config_map, service, stateful_set, text, yaml};

fn define_with_life(space: &Space, life: &str) {
    let set = stateful_set("web", &json!({"playground.ku8.dev/stage": life}));
    space.feed(&yaml(&[service("web", 80), set]), &["define", "web", "-f", "-"]).ok();
}

#[test]
fn a_crash_loop_is_told_early_with_pod_container_and_exit_code() {
    let Some(space) = Space::new("crash-loop") else { return };
    define_with_life(&space, "crash-loop");
    let published = space.run("publish web --yes --wait-timeout 2m");
    let published = published.fails(5, &["web-0", "container main", "CrashLoopBackOff", "exit code 1"]).hints();
    assert!(published.took < Duration::from_mins(1), "it does not wait for the timeout: {:?}", published.took);
    assert_eq!(text(&space.get("configmap/ku8.web")["metadata"]["labels"]["ku8.dev/status"]), "Failed");
    assert_eq!(text(&space.get("configmap/ku8.web.r1")["metadata"]["annotations"]["ku8.dev/result"]), "failed");
    space.run("status web").ok().says(&["Failed", "web-0", "CrashLoopBackOff"]);
    space.run("history web").ok().says(&["Failed"]);
}

#[test]
fn a_correction_after_a_crash_loop_is_waited_for_and_succeeds() {
    let Some(space) = Space::new("correction") else { return };
    let deployment = |life: serde_json::Value| {
        let mut object = stateful_set("web", &life);
        object["kind"] = json!("Deployment");
        object["spec"].as_object_mut().unwrap().remove("serviceName");
        object
    };
    let broken = deployment(json!({"playground.ku8.dev/stage": "crash-loop"}));
    space.feed(&yaml(&[broken]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").exits(5);
    // The pods of the broken version are still there when the correction is looked at for the first time.
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "3s"});
    space.feed(&yaml(&[deployment(life)]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.run("status web").ok().says(&["Published", "Current"]);
}

#[test]
fn a_stateful_set_stuck_on_its_old_pod_says_which_pod_to_delete() {
    let Some(space) = Space::new("stuck") else { return };
    define_with_life(&space, "crash-loop");
    space.run("publish web --yes").exits(5);
    // Another workload's pods may carry the same labels; they are not ours to judge by.
    let other = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other", "labels": {"app": "web"},
        "annotations": {"playground.ku8.dev/stage": "crash-loop"}},
        "spec": {"containers": [{"name": "main", "image": "busybox:1"}]}});
    let file = space.file("other.json", other.to_string());
    space.kubectl(&["create", "-f", &file]);
    space.feed(&yaml(&[service("web", 80), stateful_set("web", &json!({}))]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").fails(5, &["web-0", "version before", "kubectl delete pod web-0"]);
    space.kubectl(&["delete", "pod", "web-0"]);
    space.run("publish web --yes").ok();
    space.run("status web").ok().says(&["Published", "Current"]);
}

#[test]
fn an_image_that_is_not_there_is_told_early_and_named() {
    let Some(space) = Space::new("no-image") else { return };
    define_with_life(&space, "image-pull-failure");
    let published = space.run("publish web --yes --wait-timeout 2m").fails(5, &["web-0", "busybox:1.37"]);
    assert!(published.took < Duration::from_mins(1), "{:?}", published.took);
}

#[test]
fn time_runs_out_with_the_object_named() {
    let Some(space) = Space::new("never-scheduled") else { return };
    define_with_life(&space, "never-scheduled");
    let published = space.run("publish web --yes --wait-timeout 3s");
    let published = published.fails(5, &["StatefulSet/web", "0 of 1 pods ready", "in time"]).hints();
    assert!(published.took < Duration::from_secs(3 + 10), "{:?}", published.took);
    let lease = space.get("lease/ku8.web");
    assert_eq!(text(&lease["spec"]["holderIdentity"]), "", "the lock is given back");
}

#[test]
fn without_waiting_it_ends_at_once_and_status_tells_the_rest() {
    let Some(space) = Space::new("no-wait") else { return };
    define_with_life(&space, "never-scheduled");
    space.run("publish web --yes --no-wait").ok();
    space.run("status web").ok().says(&["StatefulSet/web", "InProgress"]);
}

#[test]
fn a_slow_start_is_waited_for() {
    let Some(space) = Space::new("slow-start") else { return };
    let life = json!({"playground.ku8.dev/stage": "slow-ready", "playground.ku8.dev/ready-after": "2s"});
    space.feed(&yaml(&[stateful_set("web", &life), config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    let published = space.run("publish web --yes").ok();
    assert!(published.took >= Duration::from_secs(1), "{:?}", published.took);
    assert_eq!(space.get("statefulset/web")["status"]["readyReplicas"], 1);
    let status = space.run("status web -o json").ok().json();
    assert_eq!(status["items"][0]["health"], "Current");
}

#[test]
fn a_pod_that_fails_for_good_is_told() {
    let Some(space) = Space::new("job-fails") else { return };
    let job = |life: serde_json::Value| {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"backoffLimit": 0,
            "template": {"metadata": {"annotations": life}, "spec": {"restartPolicy": "Never",
                "containers": [{"name": "main", "image": "docker.io/library/busybox:1.37"}]}}}})
    };
    space.feed(&yaml(&[job(json!({"playground.ku8.dev/stage": "fail"}))]), &["define", "bad", "-f", "-"]).ok();
    space.run("publish bad --yes").fails(5, &["Job/once", "BackoffLimitExceeded"]);
    space.run("delete bad --yes").ok();
    space.until("the job to go", || space.find("job/once").is_none().then_some(()));
    space.feed(&yaml(&[job(json!({}))]), &["define", "good", "-f", "-"]).ok();
    space.run("publish good --yes").ok();
}
