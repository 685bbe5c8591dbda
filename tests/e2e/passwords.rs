//! Scenarios of acceptance.md about waiting with failures and about secrets: C1, G1's saved plan, G2.
//! Each through the binary, each effect read from the cluster.

use serde_json::{Value, json};

use crate::stage::{Space, config_map, text, version, yaml};

fn job(name: &str, life: &Value, after: Option<&str>) -> Value {
    let mut job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"backoffLimit": 0,
        "template": {"metadata": {"annotations": life}, "spec": {"restartPolicy": "Never",
            "containers": [{"name": "main", "image": "docker.io/library/busybox:1.37"}]}}}});
    if let Some(after) = after {
        job["metadata"]["annotations"] = json!({"ku8.dev/depends-on": after});
    }
    job
}

fn set_of_jobs() -> String {
    let fails = json!({"playground.ku8.dev/stage": "fail"});
    let mut dependent = config_map("after-first", "1");
    dependent["metadata"]["annotations"] = json!({"ku8.dev/depends-on": "Job/first"});
    yaml(&[
        job("first", &fails, None),
        job("second", &fails, None),
        job("good", &json!({}), None),
        dependent,
        job("after-second", &json!({}), Some("Job/second")),
    ])
}

#[test]
fn c1_every_failure_is_told_and_what_depends_on_it_is_not_reached() {
    let Some(space) = Space::new("c1-keep-going") else { return };
    space.feed(&set_of_jobs(), &["define", "jobs", "-f", "-"]).ok();
    let published = space.run("publish jobs --yes --keep-going --wait-timeout 1m").exits(5);
    let published = published.says(&["Job/first", "Job/second", "BackoffLimitExceeded", "last exit code 1"]);
    assert!(published.stderr.matches("BackoffLimitExceeded").count() >= 2, "both: {}", published.stderr);
    assert_eq!(space.get("job/good")["status"]["succeeded"], 1);
}

#[test]
fn g2_a_generated_password_is_the_same_through_everything() {
    let Some(space) = Space::new("g2-stable") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("plan db").ok().says(&["generated", "hidden"]);
    space.run("publish db --yes").ok();
    let first = space.get("secret/db-auth");
    for number in 0..5 {
        space.run(&format!("define db --set maxConnections={}", 300 + number)).ok();
        space.run("publish db --yes").ok();
    }
    space.run("rollback db --to 1 --yes").ok();
    assert_eq!(version(&space.get("secret/db-auth")), version(&first));
}

#[test]
fn a_rotation_makes_a_new_value_restarts_what_uses_it_and_is_finished_by_a_publish() {
    let Some(space) = Space::new("rotate") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("secret rotate db password --yes").fails(1, &["does not exist yet"]).hints();
    space.run("publish db --yes").ok();
    let before = space.get("secret/db-auth");
    let pod = space.get("pod/db-0")["metadata"]["uid"].clone();
    // Shown and asked first.
    let stored = version(&before);
    let shown = space
        .run("secret rotate db password")
        .fails(1, &["Rotate Secret/db-auth", "secret-revision", "restart", "--yes"]);
    assert_eq!(version(&space.get("secret/db-auth")), stored, "{}", shown.stdout);
    space.run("secret rotate db password --yes").ok();
    let after = space.get("secret/db-auth");
    assert_ne!(after["data"]["password"], before["data"]["password"]);
    assert_eq!(after["data"]["root-password"], before["data"]["root-password"]);
    assert_eq!(text(&after["data"]["password"]).len(), text(&before["data"]["password"]).len());
    let mark = |space: &Space| {
        space.get("statefulset/db")["spec"]["template"]["metadata"]["annotations"]["ku8.dev/secret-revision"].clone()
    };
    assert_eq!(mark(&space), "1");
    assert_ne!(space.get("pod/db-0")["metadata"]["uid"], pod, "the pod started again");
    space.run("plan db --detailed-exitcode").exits(0);

    // Cut off after the Secret was written: the next publish goes on.
    space.patch("secret/db-auth", &json!({"metadata": {"annotations": {"ku8.dev/secret-revision": "2"}}}));
    space.run("plan db --detailed-exitcode").exits(2).says(&["secret-revision", "1 → 2"]);
    space.run("publish db --yes").ok();
    assert_eq!(mark(&space), "2");
    // Going back brings objects back, not passwords, and not the count.
    space.run("rollback db --to 1 --yes").ok();
    assert_eq!(mark(&space), "2");
    assert_eq!(space.get("secret/db-auth")["data"], after["data"]);
    space.run("secret rotate db nothing --yes").fails(1, &["no secret key"]).hints();
}

#[test]
fn a_value_of_ones_own_is_set_from_standard_input_and_never_from_an_argument() {
    let Some(space) = Space::new("set-secret") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.feed("my own long password\n", &["secret", "set", "db", "root-password"]).ok();
    space.run("publish db --yes").ok();
    let secret = space.get("secret/db-auth");
    assert_eq!(text(&secret["data"]["root-password"]), "bXkgb3duIGxvbmcgcGFzc3dvcmQ=", "one newline is not part of it");
    assert!(secret["data"]["password"].is_string(), "the rest is generated");
    // A value that is there is not replaced without a word.
    space.feed("another one", &["secret", "set", "db", "root-password"]).fails(1, &["--yes"]);
    space.feed("another one", &["secret", "set", "db", "root-password", "--yes"]).ok();
    space.run("plan db --detailed-exitcode").exits(2).says(&["secret-revision"]);
    space.feed("", &["secret", "set", "db", "root-password", "--yes"]).fails(1, &["empty"]);
    space.run("secret set db root-password an-argument-value").exits(1);
    // Somebody else's Secret stays as it is.
    space.kubectl(&["create", "secret", "generic", "theirs", "--from-literal=key=value"]);
    let theirs = space.get("secret/theirs");
    space
        .feed("x".repeat(20).as_str(), &["secret", "set", "db", "theirs/key", "--yes"])
        .fails(6, &["Secret/theirs"])
        .hints();
    assert_eq!(space.get("secret/theirs"), theirs);
    // Plain objects have Secrets of their own, beside the definition.
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.feed("a token", &["secret", "set", "web", "web-token/token"]).ok();
    let listed = space.run("secret list web -o json").ok().json();
    assert_eq!((text(&listed["items"][0]["secret"]), text(&listed["items"][0]["key"])), ("web-token", "token"));
    space.run("publish web --yes").ok();
    assert_eq!(text(&space.get("secret/web-token")["data"]["token"]), "YSB0b2tlbg==");
}
