//! What others changed since a publish: told by object, field, author and exit code, for a person and for a job.
//! Looking never changes anything.

use serde_json::json;

use crate::stage::{Space, config_map, service, writes, yaml};

#[test]
fn a_scheduled_job_sees_drift_by_its_exit_code_and_who_it_was() {
    let Some(space) = Space::new("drifting") else { return };
    space.feed(&yaml(&[config_map("conf", "ours"), service("web", 80)]), &["define", "web", "-f", "-"]).ok();
    space.run("drift web --detailed-exitcode").ok().says(&["drifting/web: never published"]);
    space.run("publish web --yes").ok();
    space.run("drift --all --detailed-exitcode").ok().says(&["revision 1   as published"]);
    // A definition that is ahead of what was published has not drifted.
    space.feed(&yaml(&[config_map("conf", "newer"), service("web", 80)]), &["define", "web", "-f", "-"]).ok();
    space.run("drift web --detailed-exitcode").ok();

    space.patch("configmap/conf", &json!({"data": {"key": "theirs"}}));
    space.kubectl(&["delete", "service", "web"]);
    let marked = space.requests().len();
    space.run("drift web").exits(0).says(&[
        "2 objects differ",
        "! ConfigMap/conf",
        "data.key   ours → theirs",
        "by kubectl-patch",
        "! Service/web   is gone",
    ]);
    let found = space.run("drift web --detailed-exitcode -o json").exits(2).json();
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    let objects = &found["items"][0]["objects"];
    assert_eq!(objects[0]["name"], "conf");
    assert_eq!(objects[0]["fields"][0]["found"], "theirs");
    assert_eq!((&objects[1]["kind"], &objects[1]["gone"]), (&json!("Service"), &json!(true)));

    // Going back to the revision puts both back, and the way past the other holder is the one its refusal names.
    space.run("rollback web --to 1 --yes").fails(6, &["--force-conflicts=ConfigMap/conf"]);
    space.run("rollback web --to 1 --yes --force-conflicts=ConfigMap/conf").ok();
    assert_eq!(space.get("configmap/conf")["data"]["key"], "ours");
    space.run("drift web --detailed-exitcode").ok();
    space.run("drift wep").fails(1, &["no definition `wep`", "did you mean `web`"]);
}

#[test]
fn a_lost_password_is_drift() {
    let Some(space) = Space::new("lost-password") else { return };
    space.run("define db -t redis").ok();
    space.run("publish db --yes --no-wait").ok();
    space.kubectl(&["delete", "secret", "db-auth"]);
    space.run("drift db --detailed-exitcode").exits(2).says(&["! Secret/db-auth   is gone"]);
}
