//! Rights: who may not write is told before anything is written, with a Role that works; who may only read plans all
//! the same, and nobody needs to read more than one namespace.

use serde_json::{Value, json};

use crate::stage::{Space, config_map, service, text, writes, yaml};

/// Binds a Role, as `kubectl apply` takes it, to a user.
fn grant(space: &Space, role: &str, name: &str, user: &str) {
    let file = space.file(&format!("{name}.yaml"), role);
    space.kubectl(&["apply", "-f", &file]);
    space.kubectl(&["create", "rolebinding", name, &format!("--role={name}"), &format!("--user={user}")]);
}

/// Every request of a place's user stays in its namespace, or asks about the person or the server itself.
#[track_caller]
fn stays_home(space: &Space) {
    let requests = space.requests();
    assert!(requests.len() > 5, "it did something: {}", requests.len());
    for entry in &requests {
        let about_itself = entry.resource.starts_with("selfsubject") || entry.resource.is_empty();
        // Whether the namespace exists is asked of nobody else, and a refusal is no error.
        let own_namespace = entry.resource == "namespaces" && entry.name == space.namespace;
        // Where new volumes and pods would find a place is looked at where one may.
        let placement = entry.verb == "list" && matches!(entry.resource.as_str(), "storageclasses" | "nodes");
        assert!(
            about_itself || own_namespace || placement || entry.namespace == space.namespace,
            "{} {} reaches beyond {}",
            entry.verb,
            entry.uri,
            space.namespace
        );
    }
}

#[test]
fn j1_who_may_only_view_plans_the_same_changes_and_is_told_how_sure_they_are() {
    let Some(space) = Space::new("j1-view") else { return };
    let objects = |value: &str| {
        let mut web = service("web", 80);
        web["spec"]["selector"] = json!({"app": format!("web-{value}")});
        yaml(&[web, config_map("conf", value)])
    };
    space.feed(&objects("one"), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.feed(&objects("two"), &["define", "web", "-f", "-"]).ok();
    space.kubectl(&["create", "rolebinding", "viewer", "--clusterrole=view", "--user=vera"]);
    let vera = space.as_user("vera");

    vera.run("plan web --detailed-exitcode").exits(2).says(&["compared locally", "web-one", "web-two"]);
    let fields = |plan: &Value| -> Vec<Value> {
        let changes = plan["changes"].as_array().expect("changes").iter();
        changes.map(|one| json!([one["kind"], one["action"], one["fields"]])).collect()
    };
    let (seen, real) = (vera.run("plan web -o json").ok().json(), space.run("plan web -o json").ok().json());
    assert_eq!(fields(&seen), fields(&real));
    assert_eq!(text(&seen["changes"][0]["confidence"]), "local");
    for command in ["list", "show web", "status web", "history web"] {
        vera.run(command).ok();
    }
    assert_eq!(writes(&vera.requests()), Vec::<String>::new(), "a refused dry-run is no write");
    stays_home(&vera);
}

#[test]
fn j2_a_missing_right_is_told_before_any_write_with_a_role_that_gives_it() {
    let Some(space) = Space::new("j2-missing") else { return };
    space.feed(&yaml(&[service("web", 80), config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    // All a deployer needs but creating Services.
    let mut role = space.run("rbac web --for deployer -o json").ok().json();
    for rule in role["rules"].as_array_mut().expect("rules") {
        let is_services = rule["resources"].as_array().expect("resources").iter().any(|one| one == "services");
        if is_services {
            rule["verbs"] = json!(["get", "list", "watch", "patch"]);
        }
    }
    grant(&space, &role.to_string(), "ku8-web-deployer", "dora");
    let dora = space.as_user("dora");
    let stored = space.inventory();

    let refused =
        dora.run("publish web --yes").fails(1, &["create services in namespace j2-missing", "nothing was changed"]);
    let refused = refused.hints();
    assert_eq!(writes(&dora.requests()), Vec::<String>::new());
    assert_eq!(space.inventory(), stored, "no record, no lock, no object");

    // The Role it prints is a Role, and with it the same command works.
    let begin = refused.stderr.find("apiVersion:").expect("a Role");
    let end = refused.stderr.find("error:").expect("an error");
    let file = space.file("missing.yaml", &refused.stderr[begin..end]);
    space.kubectl(&["apply", "-f", &file]);
    dora.run("publish web --yes").ok();
    assert!(space.find("service/web").is_some());
    stays_home(&dora);
}

#[test]
fn the_deployers_role_is_enough_for_everything_and_no_more_is_asked_for() {
    let Some(space) = Space::new("deployer") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    grant(&space, &space.run("rbac db --for deployer").ok().stdout, "ku8-db-deployer", "dirk");
    let dirk = space.as_user("dirk");
    for command in [
        "plan db",
        "publish db --yes",
        "status db",
        "define db --set maxConnections=200",
        "publish db --yes",
        "history db",
        "show db --rendered",
        "delete db --yes",
    ] {
        let ran = dirk.run(command).ok();
        assert!(!ran.stderr.contains("you may not"), "{command}: {}", ran.stderr);
    }
    // What belongs to the whole cluster is looked at where one may, and done without where not.
    let of_all = ["namespaces", "storageclasses", "nodes"];
    let refused: Vec<String> = dirk
        .requests()
        .iter()
        .filter(|entry| entry.code == 403 && !of_all.contains(&entry.resource.as_str()))
        .map(|entry| format!("{} {}", entry.verb, entry.uri))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
    stays_home(&dirk);
}

#[test]
fn the_viewers_and_the_planners_roles_are_enough_for_what_they_do() {
    let Some(space) = Space::new("lookers") else { return };
    space.run("define cache -t redis --set size=dev").ok();
    space.run("publish cache --yes").ok();
    grant(&space, &space.run("rbac cache --for viewer").ok().stdout, "ku8-cache-viewer", "vito");
    grant(&space, &space.run("rbac cache --for planner").ok().stdout, "ku8-cache-planner", "paul");
    for user in ["vito", "paul"] {
        let looker = space.as_user(user);
        for command in ["list", "show cache", "status cache", "history cache", "plan cache"] {
            looker.run(command).ok();
        }
        looker.run("publish cache --yes").exits(1);
        assert_eq!(writes(&looker.requests()), Vec::<String>::new(), "{user}");
        stays_home(&looker);
    }
    // A planner is answered by the server.
    let plan = space.as_user("paul").run("plan cache -o json").ok().json();
    let sure = plan["changes"].as_array().unwrap().iter().all(|one| one["confidence"] == "server");
    assert!(sure, "{plan}");
}
