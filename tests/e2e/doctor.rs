//! `doctor` names what needs attention with the command that puts it right, and the command does; `repair` after a
//! restore, `forget`, and records of a later format that nobody writes.

use serde_json::{Value, json};

use crate::stage::{Space, config_map, service, text, uid, version, writes, yaml};

fn publish(space: &Space, name: &str, objects: &[Value]) {
    space.feed(&yaml(objects), &["define", name, "-f", "-"]).ok();
    space.run(&format!("publish {name} --yes")).ok();
}

/// A record as a backup brings it back: with another uid.
fn restore(space: &Space, name: &str) {
    let mut head = space.get(&format!("configmap/{name}"));
    let metadata = head["metadata"].as_object_mut().expect("metadata");
    for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields"] {
        metadata.remove(field);
    }
    space.kubectl(&["delete", "configmap", name]);
    let file = space.file("restored.json", head.to_string());
    space.kubectl(&["create", "-f", &file]);
}

#[test]
fn what_is_well_is_called_well_and_nothing_is_written() {
    let Some(space) = Space::new("healthy") else { return };
    publish(&space, "web", &[service("web", 80), config_map("conf", "1")]);
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();
    let before = space.requests().len();
    space.run("doctor").exits(0).says(&["Healthy"]);
    space.run("doctor db").exits(0);
    let found = space.run("doctor -o json").exits(0).json();
    assert_eq!((&found["healthy"], &found["items"]), (&json!(true), &json!([])));
    assert_eq!(writes(&space.requests_since(before)), Vec::<String>::new());
}

#[test]
fn each_fault_is_named_with_its_repair() {
    let Some(space) = Space::new("faults") else { return };
    for name in ["locked", "damaged", "gone", "orphan", "relabelled"] {
        publish(&space, name, &[service(name, 80), config_map(&format!("{name}-conf"), "1")]);
    }
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();

    space.patch("lease/ku8.locked", &json!({"spec": {"holderIdentity": "eve@elsewhere/99/00000000",
        "renewTime": "2020-01-01T00:00:00.000000Z", "acquireTime": "2020-01-01T00:00:00.000000Z", "leaseDurationSeconds": 30}}));
    space.patch("configmap/ku8.damaged", &json!({"data": {"state": "{"}}));
    space.kubectl(&["delete", "service", "gone"]);
    space.kubectl(&["delete", "configmap", "ku8.orphan"]);
    space.kubectl(&["delete", "secret", "db-auth"]);
    space.patch("configmap/ku8.relabelled", &json!({"metadata": {"labels": {"ku8.dev/name": "another"}}}));
    let template = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ku8.template.0000000000000000",
        "labels": {"ku8.dev/kind": "template"}}});
    let file = space.file("template.json", template.to_string());
    space.kubectl(&["create", "-f", &file]);

    let before = space.requests().len();
    let found = space.run("doctor").exits(1);
    assert_eq!(writes(&space.requests_since(before)), Vec::<String>::new());
    let repairs: [(&str, &[&str]); 7] = [
        ("its lock is eve@elsewhere", &["kubectl ku8 unlock locked"]),
        ("ConfigMap/ku8.damaged is damaged", &["kubectl ku8 forget damaged", "kubectl ku8 repair damaged"]),
        ("Service/gone", &["kubectl ku8 publish gone"]),
        ("history of orphan", &["kubectl get configmap ku8.orphan.r1", "kubectl ku8 forget orphan"]),
        ("Secret/db-auth", &["--new-credentials"]),
        ("ku8.relabelled", &["kubectl label configmap ku8.relabelled"]),
        ("ku8.template.0000000000000000", &["kubectl delete configmap ku8.template.0000000000000000"]),
    ];
    for (problem, commands) in repairs {
        assert!(found.stdout.contains(problem), "{problem} is not in\n{}", found.stdout);
        for command in commands {
            assert!(found.stdout.contains(command), "{command} is not in\n{}", found.stdout);
        }
    }
    let document = space.run("doctor -o json").exits(1).json();
    assert_eq!(document["items"].as_array().unwrap().len(), found.stdout.matches("problem:").count());

    // Each repair repairs.
    space.run("unlock locked").ok();
    space.run("publish gone --yes").ok();
    space.run("forget orphan --yes").ok();
    space.run("publish db --yes --new-credentials").ok();
    space.kubectl(&["label", "configmap", "ku8.relabelled", "--overwrite", "ku8.dev/name=relabelled"]);
    // A forgotten definition takes the templates nobody uses with it, so this one may be gone.
    space.kubectl(&["delete", "configmap", "ku8.template.0000000000000000", "--ignore-not-found"]);
    let kept = uid(&space.get("service/damaged"));
    space.run("forget damaged --yes").ok();
    let objects = [service("damaged", 80), config_map("damaged-conf", "1")];
    space.feed(&yaml(&objects), &["define", "damaged", "-f", "-"]).ok();
    space.run("repair damaged --yes").ok();
    space.run("publish damaged --yes").ok();
    assert_eq!(uid(&space.get("service/damaged")), kept);
    space.run("doctor").exits(0);
}

#[test]
fn after_a_restore_repair_marks_the_objects_and_nothing_else() {
    let Some(space) = Space::new("restored") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();
    let (set, secret) = (space.get("statefulset/db"), space.get("secret/db-auth"));
    restore(&space, "ku8.db");
    space.run("doctor db").exits(1).says(&["after a restore", "kubectl ku8 repair db"]);
    let before = space.requests().len();
    space.run("repair db").fails(1, &["StatefulSet/db", "Secret/db-auth", "ku8.dev/owner-id", "--yes"]);
    assert_eq!(writes(&space.requests_since(before)), Vec::<String>::new(), "shown and asked first");
    space.run("repair db --yes").ok();
    let after = space.get("statefulset/db");
    assert_eq!((uid(&after), &after["spec"]), (uid(&set), &set["spec"]));
    let repaired = space.get("secret/db-auth");
    assert_eq!(repaired["data"], secret["data"]);
    let owner = format!("restored/db/{}", uid(&space.get("configmap/ku8.db")));
    assert_eq!(text(&after["metadata"]["annotations"]["ku8.dev/owner-id"]), owner);
    space.run("doctor db").exits(0);
    space.run("publish db --yes").ok();
    space.run("plan db --detailed-exitcode").exits(0);
    space.run("repair db --yes").ok().says(&["nothing to repair"]);
    space.run("delete db --yes").ok();
    assert!(space.find("statefulset/db").is_none() && space.find("secret/db-auth").is_some());
}

#[test]
fn forget_takes_the_records_and_leaves_everything_else() {
    let Some(space) = Space::new("forgotten") else { return };
    publish(&space, "web", &[service("web", 80), config_map("conf", "1")]);
    let service = space.get("service/web");
    space.run("forget web").fails(1, &["ConfigMap/ku8.web.r1", "Service/web", "--yes"]);
    space.run("forget web --yes").ok();
    assert!(space.find("configmap/ku8.web").is_none() && space.find("configmap/ku8.web.r1").is_none());
    assert_eq!(space.get("service/web"), service);
    space.run("forget web --yes").fails(1, &["no record of `web`"]).hints();
}

#[test]
fn p24_a_definition_of_the_next_format_is_refused_by_every_command_and_never_written() {
    let Some(space) = Space::new("next-format") else { return };
    publish(&space, "web", &[service("web", 80), config_map("conf", "1")]);
    space.patch("configmap/ku8.web", &json!({"metadata": {"annotations": {"ku8.dev/format": "2"}}}));
    let stored = version(&space.get("configmap/ku8.web"));
    let objects = space.list("configmap,service,lease,secret", "");
    let before = space.requests().len();
    let commands = [
        "define web --label a=b",
        "show web",
        "plan web",
        "publish web --yes",
        "status web",
        "history web",
        "rollback web --yes",
        "unlock web --force --yes",
        "delete web --yes",
        "rbac web",
        "secret list web",
        "secret set web x/key --yes",
        "secret rotate web key --yes",
        "repair web --yes",
        "forget web --yes",
    ];
    for command in commands {
        space.run(command).fails(1, &["ku8.web", "format 2", "update kubectl-ku8"]);
    }
    space.run("doctor web").exits(1).says(&["format 2", "update kubectl-ku8"]);
    assert_eq!(writes(&space.requests_since(before)), Vec::<String>::new());
    assert_eq!(version(&space.get("configmap/ku8.web")), stored);
    assert_eq!(space.list("configmap,service,lease,secret", ""), objects);
    let text = format!("P24: {} commands refused a record of the next format, 0 writes\n", commands.len() + 1);
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}
