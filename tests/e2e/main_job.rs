//! The main job: the three services defined, planned, published, changed, looked back on.
//! It follows what a person would type, and believes only the cluster.

use std::process::Command;

use serde_json::Value;

use crate::stage::{Space, text, version, writes};

#[test]
fn three_services_are_defined_planned_published_changed_and_looked_back_on() {
    let Some(space) = Space::new("main-job") else { return };
    space.run("template list").ok().says(&["mysql", "redis", "zookeeper"]);
    space.run("define orders-db -t mysql --set database=orders").ok().says(&["created", "plan orders-db"]);
    space.run("define cache -t redis --set size=dev").ok();
    space.run("define zk -t zookeeper --set replicas=3").ok();
    space.run("list").ok().says(&["orders-db", "mysql", "cache", "redis", "zk", "zookeeper", "Draft"]);
    assert_eq!(space.list("statefulset,service,pod", ""), Vec::<Value>::new(), "a definition runs nothing");

    let plan = space.run("plan orders-db -o json").ok().json();
    assert_eq!(plan["summary"]["create"], 7);
    assert_eq!(plan["definition"]["toRevision"], 1);
    space.run("publish orders-db cache zk --yes").ok().says(&["Published"]);
    for (name, replicas) in [("orders-db", 1), ("cache", 1), ("zk", 3)] {
        let set = space.get(&format!("statefulset/{name}"));
        assert_eq!(set["status"]["readyReplicas"], replicas, "{name}");
        let selector = format!("app.kubernetes.io/instance={name}");
        let pods = space.list("pod", &selector);
        assert_eq!(pods.len(), replicas, "{name}");
        assert!(pods.iter().all(|pod| pod["status"]["phase"] == "Running"), "{name}");
    }
    let status = space.run("status -o json").ok().json();
    let states: Vec<_> =
        status["items"].as_array().unwrap().iter().map(|one| (text(&one["phase"]), text(&one["health"]))).collect();
    assert_eq!(states, [("Published", "Current"); 3]);

    let before = version(&space.get("service/orders-db"));
    space.run("define orders-db --set maxConnections=300").ok().says(&["maxConnections", "300"]);
    space.run("list").ok().says(&["Published, Modified"]);
    let changed = space.run("plan orders-db").ok();
    for words in ["ConfigMap/orders-db-config", "- max-connections=151", "+ max-connections=300", "checksum/config"] {
        assert!(changed.stdout.contains(words), "{words}: {}", changed.stdout);
    }
    assert!(!changed.stdout.contains("Service/orders-db "), "what stays is not shown: {}", changed.stdout);
    space.run("publish orders-db --yes").ok().says(&["revision 2", "2 update"]);
    assert!(text(&space.get("configmap/orders-db-config")["data"]["my.cnf"]).contains("max-connections=300"));
    assert_eq!(version(&space.get("service/orders-db")), before, "what stays is not written");

    let history = space.run("history orders-db -o json").ok().json();
    let revisions: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["revision"].as_u64().unwrap(), text(&one["status"])))
        .collect();
    assert_eq!(revisions, [(2, "Published"), (1, "Superseded")]);
}

#[test]
fn a_second_publish_writes_nothing() {
    let Some(space) = Space::new("twice") else { return };
    for (name, template) in [("db", "mysql"), ("cache", "redis"), ("zk", "zookeeper")] {
        let set = if name == "db" { " --set database=orders" } else { "" };
        space.run(&format!("define {name} -t {template}{set}")).ok();
    }
    space.run("publish --all --yes").ok();
    let before = space.requests().len();
    space.run("publish --all --yes").ok().says(&["No changes"]);
    let requests = space.requests_since(before);
    assert_eq!(writes(&requests), Vec::<String>::new());
    assert!(requests.len() > 20, "it looked at every object: {} requests", requests.len());
    assert_eq!(space.run("history db -o json").ok().json()["items"].as_array().unwrap().len(), 1);
}

#[test]
fn kubectl_finds_the_plugin_and_runs_it() {
    let Some(space) = Space::new("plugin") else { return };
    // A folder of its own, as an installation has: what else a build leaves beside the program is none of kubectl's.
    let folder = space.folder.join("bin");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-ku8"), folder.join("kubectl-ku8")).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let kubectl = |args: &[&str]| {
        let output = Command::new(space.kubectl_program())
            .args(args)
            .env_clear()
            .env("PATH", &path)
            .env("HOME", &space.folder)
            .env("KUBECONFIG", &space.kubeconfig)
            .output()
            .expect("kubectl");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let list = kubectl(&["plugin", "list"]);
    assert!(list.lines().any(|line| line.ends_with("/kubectl-ku8")), "{list}");
    let version = kubectl(&["ku8", "version"]);
    let server = version.lines().find(|line| line.starts_with("server:")).unwrap_or_default();
    assert!(version.contains("kubectl-ku8") && server.contains(" v1."), "{version}");
    assert!(kubectl(&["ku8"]).contains("define"), "a bare call is an overview");
}

#[test]
fn a_bare_call_needs_no_cluster() {
    let Some(mut space) = Space::new("bare") else { return };
    space.set("KUBECONFIG", "/nonexistent/config");
    space.ku8(&[]).ok();
    space.run("template list").ok().says(&["mysql"]);
    space.run("template render mysql --set database=orders").ok().says(&["kind: StatefulSet"]);
    space.run("template schema redis").ok().says(&["maxmemoryPolicy"]);
    space.run("version").ok().says(&["kubectl-ku8"]);
    space.run("no-such-command").exits(1);
}
