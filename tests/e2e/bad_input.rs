//! Everything a person can get wrong: one clear error on stderr, a next step, a code that is not zero, nothing changed.
//! The words asserted are the ones a person needs; the rest of each message may change.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::components;
use crate::stage::{Space, config_map, service, stateful_set, text, version, writes, yaml};

/// The commands that need a cluster.
const NEEDING: [&str; 8] = [
    "list",
    "status",
    "plan db",
    "publish db --yes",
    "show db",
    "history db",
    "delete db --yes",
    "define db -t mysql --set database=orders",
];

/// A kubeconfig like the space's own with one change.
fn kubeconfig(space: &Space, name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(&space.kubeconfig).expect("a kubeconfig")).expect("JSON");
    change(&mut config);
    PathBuf::from(space.file(name, config.to_string()))
}

#[test]
fn without_a_kubeconfig_every_command_says_what_is_missing() {
    let Some(mut space) = Space::new("no-kubeconfig") else { return };
    space.set("KUBECONFIG", "");
    for command in NEEDING {
        space.run(command).fails(1, &["kubeconfig"]).hints();
    }
    space.set("KUBECONFIG", "/nonexistent/config");
    space.run("list").fails(1, &["/nonexistent/config"]).hints();
    let broken = space.file("broken", "clusters: [1,\n");
    space.ku8(&["list", "--kubeconfig", &broken]).fails(1, &["kubeconfig"]).hints();
    let kubeconfig = space.kubeconfig.display().to_string();
    space
        .ku8(&["list", "--kubeconfig", &kubeconfig, "--context", "playgruond"])
        .fails(1, &["playgruond", "playground"]);
    space.ku8(&["list", "--kubeconfig", &kubeconfig]).ok();
}

#[test]
fn a_server_that_is_not_there_is_told_within_ten_seconds() {
    let Some(space) = Space::new("unreachable") else { return };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = kubeconfig(&space, "closed", |config| {
        config["clusters"][0]["cluster"]["server"] = json!(format!("https://{closed}"));
    });
    // It accepts and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let mute = kubeconfig(&space, "silent", |config| {
        config["clusters"][0]["cluster"]["server"] = json!(format!("https://{address}"));
    });
    let nameless = kubeconfig(&space, "nameless", |config| {
        config["clusters"][0]["cluster"]["server"] = json!("https://no-such-host.invalid:6443");
    });
    for (config, address) in
        [(refused, closed.to_string()), (mute, address.to_string()), (nameless, "no-such-host.invalid".into())]
    {
        let lost = space.with_kubeconfig(config, "lost");
        for command in ["list", "plan db", "publish db --yes", "define db -t mysql --set database=orders"] {
            let failed = lost.run(command).fails(1, &[&address]).hints();
            assert!(failed.took < Duration::from_secs(12), "{}: {:?}", failed.line, failed.took);
        }
        lost.ku8(&[]).ok();
    }
}

#[test]
fn wrong_and_expired_credentials_are_told_apart_from_missing_rights() {
    let Some(space) = Space::new("credentials") else { return };
    let token = space.file("token", "nonsense");
    let wrong = kubeconfig(&space, "wrong", |config| config["users"][0]["user"] = json!({"tokenFile": token}));
    let nobody = space.with_kubeconfig(wrong, "nobody");
    for command in NEEDING {
        let failed = nobody.run(command).fails(1, &["credentials", &space.user]).hints();
        assert!(!failed.stderr.contains("nonsense"), "{}", failed.stderr);
    }
    let other = kubeconfig(&space, "other-authority", |config| {
        config["clusters"][0]["cluster"]["certificate-authority"] = Value::Null;
    });
    space.with_kubeconfig(other, "x").run("list").fails(1, &["certificate"]).hints();
}

#[test]
fn a_reader_may_plan_and_is_told_what_it_may_not_do() {
    let Some(space) = Space::new("reader") else { return };
    let objects = [config_map("conf", "1"), service("web", 80), stateful_set("web", &json!({}))];
    space.feed(&yaml(&objects), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space
        .feed(&yaml(&[config_map("conf", "2"), objects[1].clone(), objects[2].clone()]), &["define", "web", "-f", "-"])
        .ok();
    space.kubectl(&["create", "rolebinding", "ada-reads", "--clusterrole=view", "--user=ada"]);
    let ada = space.as_user("ada");
    let head = version(&space.get("configmap/ku8.web"));

    ada.run("list").ok().says(&["web"]);
    ada.run("status web").ok();
    let plan = ada.run("plan web -o json --detailed-exitcode").exits(2).json();
    let changes = plan["changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["confidence"] == "local"), "{plan}");
    let conf = changes.iter().find(|change| change["name"] == "conf").expect("the ConfigMap");
    assert_eq!((&conf["action"], &conf["fields"][0]["after"]), (&json!("update"), &json!("2")));
    let service = changes.iter().find(|change| change["kind"] == "Service").expect("the Service");
    assert_eq!(service["action"], "noop", "{service}");

    // What is missing is said at once, with a Role to ask for.
    ada.run("publish web --yes").fails(1, &["ada", "kind: Role", "reader"]).hints();
    for command in ["delete web --yes", "define web --label a=b"] {
        ada.run(command).fails(1, &["forbidden", "ada", "reader"]).hints();
    }
    ada.run("define db -t mysql --set database=orders").fails(1, &["create", "configmaps", "namespace reader"]);
    let bob = space.as_user("bob");
    bob.run("list").fails(1, &["bob", "list", "configmaps", "namespace reader"]).hints();
    bob.run("plan web").fails(1, &["bob", "get", "configmaps", "namespace reader"]).hints();
    assert_eq!(version(&space.get("configmap/ku8.web")), head);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
}

#[test]
fn a_reader_may_plan_a_definition_with_a_generated_secret() {
    let Some(space) = Space::new("reader-secret") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();
    space.kubectl(&["create", "rolebinding", "eve-reads", "--clusterrole=view", "--user=eve"]);
    let eve = space.as_user("eve");
    eve.run("plan db --detailed-exitcode").exits(0);
    space.run("define db --set maxConnections=300").ok();
    eve.run("plan db --detailed-exitcode").exits(2).says(&["max-connections=300"]);
}

#[test]
fn templates_parameters_and_values_that_are_wrong_are_all_named_at_once() {
    let Some(space) = Space::new("wrong-values") else { return };
    let cases: &[(&str, &[&str])] = &[
        ("define db -t mysq --set database=orders", &["mysq", "did you mean `mysql`"]),
        ("define db -t no-such-thing", &["no-such-thing", "template list"]),
        ("define db -t ./nowhere.wasm", &["nowhere.wasm"]),
        ("define db -t oci://registry/x:1", &["registry"]),
        ("define db -t oci://registry.example/x", &["KU8-O031"]),
        ("define db -t OCI://registry.example/x:1", &["OCI://registry.example/x:1"]),
        (
            "define db -t mysql --set database=orders --set maxConections=5",
            &["maxConections", "did you mean `maxConnections`"],
        ),
        ("define db -t mysql", &["database"]),
        ("define db -t mysql --set database=orders --set maxConnections=many", &["maxConnections", "integer"]),
        ("define db -t mysql --set database=orders --set storage.size=20", &["storage.size", "20Gi"]),
        ("define db -t mysql --set database=orders --set size=huge", &["size", "small", "large"]),
        ("define zk -t zookeeper --set replicas=4", &["replicas", "1, 3, 5"]),
        ("define db -t mysql --set database", &["database", "="]),
        ("define db -t mysql --set-json storage={", &["storage"]),
        ("define db", &["template", "-t"]),
        ("define -t mysql", &["name"]),
        ("define db -t mysql --set database=orders --label team", &["team", "key=value"]),
    ];
    for (command, words) in cases {
        space.run(command).fails(1, words);
    }
    let both = "define db -t mysql --set maxConections=5 --set size=huge --set storage.size=20";
    space.run(both).fails(1, &["maxConections", "size", "storage.size", "database"]);
    assert_eq!(space.inventory(), Vec::<String>::new());
    assert_eq!(writes(&space.requests()), Vec::<String>::new());
}

#[test]
fn documents_that_do_not_read_are_refused_with_line_and_column() {
    let Some(space) = Space::new("wrong-documents") else { return };
    let cases: &[(&str, &[&str])] = &[
        ("a: 1\nb: [1,\nc: 2\n", &["<stdin>:", " | "]),
        (
            "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: web}\nspec: {valuess: {}}\n",
            &["valuess", "values"],
        ),
        (
            "apiVersion: ku8.dev/v9\nkind: Definition\nmetadata: {name: web}\nspec: {template: {name: mysql}}\n",
            &["ku8.dev/v9"],
        ),
        (
            "apiVersion: ku8.dev/v1\nkind: Defintion\nmetadata: {name: web}\nspec: {template: {name: mysql}}\n",
            &["Defintion"],
        ),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", &["name"]),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"1\", a: \"2\"}\n", &["<stdin>:4"]),
        ("just words\n", &["expected one Kubernetes object"]),
        ("apiVersion: example.org/v1\nkind: Gadget\nmetadata: {name: g}\n", &["Gadget"]),
    ];
    for (document, words) in cases {
        space.feed(document, &["plan", "web", "-f", "-"]).fails(1, words);
    }
    let malformed = space.feed("a: 1\nb: [1,\nc: 2\n", &["define", "web", "-f", "-"]).fails(1, &["<stdin>:"]);
    let place = malformed.stderr.split_once("<stdin>:").expect("the place").1;
    let numbers: Vec<&str> = place.splitn(3, ':').collect();
    assert!(numbers[..2].iter().all(|number| number.parse::<u32>().is_ok_and(|number| number > 0)), "{place}");
    space.run("define web -f /nonexistent/file.yaml").fails(1, &["/nonexistent/file.yaml"]);
    assert_eq!(space.inventory(), Vec::<String>::new());
}

#[test]
fn names_that_cannot_be_used_are_refused_before_anything_is_asked() {
    let Some(space) = Space::new("wrong-names") else { return };
    let long = "x".repeat(51);
    for name in ["Orders", "orders_db", "-db", "db-", "1db", "orders.db", "örders", "a/b", &long] {
        space.run(&format!("define -t mysql --set database=orders -- {name}")).fails(1, &["name"]).hints();
        space.run(&format!("plan -- {name}")).fails(1, &["name"]);
    }
    space.run(&format!("define {} -t redis --set size=dev", "x".repeat(40))).ok();
    assert_eq!(writes(&space.requests()).len(), 1);
}

#[test]
fn a_namespace_that_does_not_exist_is_told_and_not_made() {
    let Some(space) = Space::new("wrong-namespace") else { return };
    for command in
        ["define db -t mysql --set database=orders", "plan db", "publish db --yes", "status db", "delete db --yes"]
    {
        space.run(&format!("{command} -n no-such-place")).fails(1, &["no-such-place"]).hints();
    }
    let file = space.file("web.yaml", yaml(&[config_map("conf", "1")]));
    space.ku8(&["plan", "web", "-f", &file, "-n", "no-such-place"]).fails(1, &["no-such-place"]).hints();
    assert!(space.try_kubectl(&["get", "namespace", "no-such-place"]).is_err());
    let elsewhere = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: db, namespace: here}\nspec: {template: {name: redis}}\n";
    space.feed(elsewhere, &["define", "-f", "-", "-n", "there"]).fails(1, &["here", "there"]);
}

#[test]
fn a_definition_is_not_redefined_with_another_template_by_accident() {
    let Some(space) = Space::new("redefined") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    let stored = version(&space.get("configmap/ku8.db"));
    space.run("define db -t redis").fails(1, &["mysql", "redis", "--replace"]).hints();
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "db", "-f", "-"]).fails(1, &["--replace"]);
    let document = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: db}\nspec: {template: {name: redis}}\n";
    space.feed(document, &["define", "-f", "-"]).fails(1, &["mysql", "redis"]);
    assert_eq!(version(&space.get("configmap/ku8.db")), stored);
    space.run("define db -t redis --set size=dev --replace").ok();
    assert_eq!(text(&space.get("configmap/ku8.db")["metadata"]["labels"]["ku8.dev/template"]), "redis");
}

#[test]
fn an_unknown_definition_is_told_with_the_nearest_one() {
    let Some(space) = Space::new("unknown") else { return };
    space.run("define orders-db -t mysql --set database=orders").ok();
    for command in ["plan", "publish --yes", "show", "status", "history", "delete --yes", "edit"] {
        space.run(&format!("{command} order-db")).fails(1, &["order-db", "did you mean `orders-db`"]).hints();
    }
    space.run("plan").fails(1, &["no definition named"]).hints();
    space.run("publish").fails(1, &["no definition named"]).hints();
    space.run("publish orders-db").fails(1, &["--yes"]).hints();
    assert!(space.find("lease/ku8.orders-db").is_none(), "nobody said yes");
}

#[test]
fn hostile_components_are_refused_in_time_with_nothing_changed() {
    let Some(space) = Space::new("hostile") else { return };
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let cluster_wide =
        br#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"all"}}"#;
    let privileged = br#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"echo"},"spec":{"containers":[{"name":"a","image":"b","securityContext":{"privileged":true}}]}}"#;
    let secret = br#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"echo"},"stringData":{"a":"b"}}"#;
    let cases: [(&str, Vec<u8>); 13] = [
        ("endless", components::doing("(loop $again (br $again))")),
        ("memory", components::doing("(loop $again (drop (memory.grow (i32.const 100))) (br $again))")),
        ("trap", components::doing("unreachable")),
        ("junk", components::rendering(b"\xff\xfe not JSON")),
        ("deep", components::rendering(deep.as_bytes())),
        ("huge", components::rendering(&vec![b' '; 2 * 1024 * 1024])),
        ("cluster-wide", components::rendering(cluster_wide)),
        ("privileged", components::rendering(privileged)),
        ("secret", components::rendering(secret)),
        ("version", components::exporting("ku8:template/provider@9.0.0")),
        ("import", components::importing()),
        ("text", b"not wasm at all".to_vec()),
        ("nothing", Vec::new()),
    ];
    for (name, bytes) in cases {
        let file = space.file(&format!("{name}.wasm"), bytes);
        let mut ran = space.ku8(&["define", name, "-t", &file]);
        if ran.code == 0 {
            // It describes itself well; what it does shows when it renders.
            let stored = space.inventory();
            ran = space.ku8(&["plan", name]);
            assert!(space.run(&format!("publish {name} --yes")).code == 1, "{name}");
            assert_eq!(space.inventory(), stored, "{name}");
        }
        let ran = ran.fails(1, &[]);
        assert!(ran.took < Duration::from_mins(1), "{name}: {:?}", ran.took);
        assert!(ran.stderr.len() < 4000, "{name}: {} bytes", ran.stderr.len());
        assert!(!ran.stderr.chars().any(|c| c.is_control() && c != '\n'), "{name}: {:?}", ran.stderr);
    }
    assert!(space.inventory().iter().all(|one| one.starts_with("ConfigMap/ku8.")), "{:?}", space.inventory());
}

#[test]
fn usage_errors_end_with_one_and_a_closed_pipe_is_silent() {
    let Some(space) = Space::new("usage") else { return };
    for line in ["plan --no-such-flag", "publish --wait-timeout soon x", "template", "list extra words"] {
        assert_eq!(space.run(line).code, 1, "{line}");
    }
    let script =
        format!("'{}' template render mysql --set database=orders | head -n 1", env!("CARGO_BIN_EXE_kubectl-ku8"));
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
