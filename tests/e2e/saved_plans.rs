//! Plans kept in files: applied exactly as they were approved, or not at all (acceptance.md, A4 to A9).
//! No file holds a secret, and no file is believed.

use serde_json::{Value, json};

use crate::stage::{Space, config_map, service, sha256, uid, version, writes, yaml};

/// A published Service on port 80, and a kept plan that moves it to 81.
fn planned(name: &str) -> Option<(Space, String)> {
    let space = Space::new(name)?;
    space.feed(&yaml(&[service("redis", 80)]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.feed(&yaml(&[service("redis", 81)]), &["define", "web", "-f", "-"]).ok();
    let file = space.folder.join("web.plan").display().to_string();
    space.ku8(&["plan", "web", "--out", &file]).ok().says(&[
        "Plan kept in",
        "kubectl ku8 apply",
        "spec.ports[main]",
        "80/TCP → 81/TCP",
    ]);
    Some((space, file))
}

fn port(space: &Space) -> Value {
    space.get("service/redis")["spec"]["ports"][0]["port"].clone()
}

fn set_port(space: &Space, port: u16) {
    space.patch(
        "service/redis",
        &json!({"spec": {"ports": [{"name": "main", "port": port, "targetPort": port, "protocol": "TCP"}]}}),
    );
}

#[test]
fn a4_a_plan_holds_when_only_the_resource_version_moved() {
    let Some((space, file)) = planned("a4") else { return };
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains("masked:"), "{kept}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    set_port(&space, 83);
    space.patch(
        "service/redis",
        &json!({"spec": {"ports": [{"name": "main", "port": 80, "targetPort": 80, "protocol": "TCP"}]}}),
    );
    let applied = space.ku8(&["apply", &file]).ok();
    applied.says(&["Service/redis changed since planning; same plan", "Published"]);
    assert_eq!(port(&space), 81);
    // A plan is for once: what it changed is changed.
    space.ku8(&["apply", &file]).fails(3, &["revision 2", "starts from 1"]);
}

#[test]
fn a5_a_foreign_annotation_does_not_make_a_plan_stale() {
    let Some((space, file)) = planned("a5") else { return };
    space.kubectl(&["annotate", "service", "redis", "foo=bar"]);
    space.ku8(&["apply", &file]).ok();
    assert_eq!(space.get("service/redis")["metadata"]["annotations"]["foo"], "bar");
    assert_eq!(port(&space), 81);
}

#[test]
fn a6_a_conflicting_change_stops_before_the_first_write() {
    let Some((space, file)) = planned("a6") else { return };
    set_port(&space, 7000);
    let marked = space.requests().len();
    space.ku8(&["apply", &file]).fails(3, &["stale", "Service/redis", "planned", "now", "Duplicate value"]).hints();
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    assert_eq!(port(&space), 7000);
}

#[test]
fn a7_an_object_that_was_deleted_or_made_again_is_not_recreated_in_silence() {
    let Some((space, file)) = planned("a7") else { return };
    let service = space.get("service/redis");
    space.kubectl(&["delete", "service", "redis"]);
    space.ku8(&["apply", &file]).fails(3, &["Service/redis", "deleted since planning"]);
    assert!(space.find("service/redis").is_none());
    // Made again with the very same content, owner and all, it is still another object.
    let again = json!({"apiVersion": "v1", "kind": "Service", "spec": {"ports": service["spec"]["ports"], "selector": service["spec"]["selector"]},
        "metadata": {"name": "redis", "labels": service["metadata"]["labels"], "annotations": service["metadata"]["annotations"]}});
    let path = space.file("again.yaml", again.to_string());
    space.kubectl(&["create", "-f", &path]);
    assert_ne!(uid(&space.get("service/redis")), uid(&service));
    let marked = space.requests().len();
    space.ku8(&["apply", &file]).fails(3, &["Service/redis", "uid differs"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
}

#[test]
fn a8_a_planned_create_never_merges_into_what_appeared() {
    let Some(space) = Space::new("a8") else { return };
    space.feed(&yaml(&[config_map("conf", "same")]), &["define", "web", "-f", "-"]).ok();
    let file = space.folder.join("web.plan").display().to_string();
    space.ku8(&["plan", "web", "--out", &file]).ok();
    space.kubectl(&["create", "configmap", "conf", "--from-literal=key=same"]);
    let theirs = space.get("configmap/conf");
    space.ku8(&["apply", &file]).fails(3, &["ConfigMap/conf", "created by somebody else"]);
    assert_eq!(space.get("configmap/conf"), theirs, "not even who holds its fields");
}

#[test]
fn a9_a_changed_file_an_edited_definition_and_another_cluster_are_refused() {
    let Some((space, file)) = planned("a9") else { return };
    let text = std::fs::read_to_string(&file).unwrap();
    let digest_of = |plan: &mut Value| {
        plan["digest"] = json!("");
        plan["digest"] = json!(sha256(&serde_json::to_vec(plan).unwrap()));
    };
    let marked = space.requests().len();
    let changed = space.file("changed.plan", text.replace("update", "create"));
    space.ku8(&["apply", &changed]).fails(1, &["plan digest mismatch"]).hints();
    space.ku8(&["apply", &space.file("no.plan", "{}")]).fails(1, &["no saved plan"]);
    space.ku8(&["apply", &space.file("cut.plan", &text[..text.len() / 2])]).fails(1, &["no saved plan"]);
    space
        .ku8(&["apply", &space.file("new.plan", text.replace("ku8.dev/plan/v1", "ku8.dev/plan/v9"))])
        .fails(1, &["ku8.dev/plan/v9"]);
    // Whoever makes the digest fit gains nothing: the same inputs are rendered and planned again.
    let mut forged: Value = serde_json::from_str(&text).unwrap();
    forged["changes"][0]["objectDigest"] = json!("sha256:00");
    digest_of(&mut forged);
    space
        .ku8(&["apply", &space.file("forged.plan", forged.to_string())])
        .fails(3, &["the object to apply is another one"]);
    let mut elsewhere: Value = serde_json::from_str(&text).unwrap();
    elsewhere["cluster"]["uid"] = json!("11111111-2222-3333-4444-555555555555");
    digest_of(&mut elsewhere);
    space
        .ku8(&["apply", &space.file("elsewhere.plan", elsewhere.to_string())])
        .fails(3, &["for another cluster", "11111111-"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    space.feed(&yaml(&[service("redis", 82)]), &["define", "web", "-f", "-"]).ok();
    space.ku8(&["apply", &file]).fails(3, &["was edited since planning"]);
    assert_eq!(port(&space), 80);
}

#[test]
fn a_kept_plan_of_a_template_holds_no_password_and_applies_as_approved() {
    let Some(space) = Space::new("kept-plan") else { return };
    space.run("define cache -t redis").ok();
    let file = space.folder.join("cache.plan").display().to_string();
    space.ku8(&["plan", "cache", "--out", &file]).ok();
    let before = version(&space.get("configmap/ku8.cache"));
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(kept["secrets"][0]["name"], "cache-auth");
    assert_eq!(version(&space.get("configmap/ku8.cache")), before, "planning writes nothing");
    space.ku8(&["apply", &file]).ok().says(&["Published"]);
    space.run("plan cache --detailed-exitcode").exits(0);
}
