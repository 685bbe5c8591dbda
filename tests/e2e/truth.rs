//! The truth of the plan: what cannot change in place, whose fields they are, what others did meanwhile.
//! Each scenario of acceptance.md carries its number; what a plan says is compared with what then happens.

use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::stage::{Space, config_map, service, stateful_set, text, uid, version, writes, yaml};

fn define(space: &Space, objects: &[Value]) {
    space.feed(&yaml(objects), &["define", "web", "-f", "-"]).ok();
}

fn publish(space: &Space, objects: &[Value]) {
    define(space, objects);
    space.run("publish web --yes --no-wait").ok();
}

fn deployment(name: &str, image: &str, env: &[(&str, &str)]) -> Value {
    let env: Vec<Value> = env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
        "replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": image, "env": env}]}}}})
}

fn nothing_to_do(space: &Space) {
    let planned = space.run("plan web --detailed-exitcode");
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
}

#[test]
fn b1_an_immutable_field_is_foreseen_blocked_and_replaced_when_named() {
    let Some(space) = Space::new("b1") else { return };
    publish(&space, &[service("redis", 80)]);
    let before = space.get("service/redis");
    let mut headless = service("redis", 80);
    headless["spec"]["clusterIP"] = json!("None");
    define(&space, &[headless]);
    let planned = space.run("plan web --detailed-exitcode").exits(2);
    planned.says(&[
        "± replace",
        "Service/redis",
        "replace forced by spec.clusterIP",
        "blocked:",
        "--allow-replace Service/redis",
    ]);
    let marked = space.requests().len();
    space.run("publish web --yes").fails(1, &["blocked:", "--allow-replace"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    space
        .run("publish web --yes --allow-replace service/redos")
        .fails(1, &["service/redos", "did you mean `service/redis`"]);
    space.run("publish web --yes --allow-replace service/redis").ok().says(&["1 replace", "lose their connections"]);
    let after = space.get("service/redis");
    assert_ne!(uid(&after), uid(&before));
    assert_eq!(after["spec"]["clusterIP"], "None");
    // The field goes again; the server keeps what it cannot change, and nothing is replaced for that.
    publish(&space, &[service("redis", 80)]);
    assert_eq!(uid(&space.get("service/redis")), uid(&after));
    nothing_to_do(&space);
}

#[test]
fn b2_a_stateful_set_gets_larger_volumes_without_a_restart() {
    let Some(space) = Space::new("b2") else { return };
    let set = |size: &str| {
        let mut set = stateful_set("web", &json!({}));
        set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}}]);
        set
    };
    define(&space, &[set("1Gi")]);
    space.run("publish web --yes").ok();
    space.until("a bound claim", || (space.get("pvc/data-web-0")["status"]["phase"] == "Bound").then_some(()));
    let (pod, old) = (space.get("pod/web-0"), space.get("statefulset/web"));
    define(&space, &[set("2048Mi")]);
    let planned = space.run("plan web --detailed-exitcode").exits(2);
    planned.says(&[
        "PersistentVolumeClaim/data-web-0",
        "1Gi → 2Gi",
        "± replace",
        "StatefulSet/web",
        "not its pods",
        "1 data volume grows",
        "--allow-replace StatefulSet/web",
    ]);
    space.run("publish web --yes").fails(1, &["blocked:"]);
    assert_eq!(text(&space.get("pvc/data-web-0")["spec"]["resources"]["requests"]["storage"]), "1Gi");
    space.run("publish web --yes --allow-replace statefulset/web").ok();
    assert_ne!(uid(&space.get("statefulset/web")), uid(&old));
    assert_eq!(uid(&space.get("pod/web-0")), uid(&pod), "no pod was restarted");
    assert_eq!(text(&space.get("pvc/data-web-0")["spec"]["resources"]["requests"]["storage"]), "2Gi");
    nothing_to_do(&space);

    // A class that does not expand: told by the plan, and nothing is begun.
    let class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "b2-fixed"}, "provisioner": "kwok.x-k8s.io/none", "allowVolumeExpansion": false});
    space.kubectl(&["apply", "-f", &space.file("class.yaml", class.to_string())]);
    let fixed = |size: &str| {
        let mut set = set(size);
        set["metadata"]["name"] = json!("fixed");
        set["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = json!("b2-fixed");
        set
    };
    space.feed(&yaml(&[fixed("1Gi")]), &["define", "fixed", "-f", "-"]).ok();
    space.run("publish fixed --yes --no-wait").ok();
    space.until("a claim", || space.find("pvc/data-fixed-0"));
    space.feed(&yaml(&[fixed("2Gi")]), &["define", "fixed", "-f", "-"]).ok();
    space
        .run("plan fixed --allow-replace statefulset/fixed")
        .fails(1, &["PersistentVolumeClaim/data-fixed-0", "cannot grow to 2Gi", "allowVolumeExpansion"]);
}

#[test]
fn b3_an_invalid_value_is_never_taken_for_an_immutable_one() {
    let Some(space) = Space::new("b3") else { return };
    publish(&space, &[deployment("web", "nginx:1", &[])]);
    let before = uid(&space.get("deployment/web"));
    define(&space, &[deployment("web", "", &[])]);
    for line in ["plan web --allow-replace deployment/web", "publish web --yes --allow-replace deployment/web"] {
        space.run(line).fails(1, &["spec.template.spec.containers[0].image", "Required value"]);
    }
    assert_eq!(uid(&space.get("deployment/web")), before);
}

#[test]
fn b4_an_immutable_and_an_invalid_field_together_are_both_told_and_no_replacement_is_offered() {
    let Some(space) = Space::new("b4") else { return };
    let set = |size: &str, image: &str| {
        let mut set = stateful_set("web", &json!({}));
        set["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}}]);
        set
    };
    publish(&space, &[set("1Gi", "nginx:1")]);
    define(&space, &[set("2Gi", "")]);
    let planned = space.run("plan web").fails(1, &["image", "Required value", "updates to statefulset spec"]);
    assert!(!planned.stdout.contains("--allow-replace"), "{}", planned.stdout);
}

#[test]
fn b6_a_mistyped_field_is_named_at_once() {
    let Some(space) = Space::new("b6") else { return };
    let mut wrong = deployment("web", "nginx:1", &[]);
    wrong["spec"]["replica"] = json!(3);
    define(&space, &[wrong]);
    let planned =
        space.run("plan web").fails(1, &[".spec.replica", "not declared in schema", "did you mean `replicas`"]);
    assert!(planned.took.as_secs() < 5, "no attempt is repeated: {:?}", planned.took);
}

fn thing() -> [Value; 2] {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}});
    [
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "c6things.example.com"}, "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "c6things", "singular": "c6thing", "kind": "C6Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}}),
        json!({"apiVersion": "example.com/v1", "kind": "C6Thing", "metadata": {"name": "one"}, "spec": {"size": 3}}),
    ]
}

#[test]
fn c6_a_kind_and_an_object_of_it_in_one_definition() {
    let Some(space) = Space::new("c6") else { return };
    define(&space, &thing());
    let planned = space.run("plan web --detailed-exitcode").exits(2);
    planned.says(&[
        "CustomResourceDefinition/c6things.example.com",
        "C6Thing/one",
        "not verified",
        "created in this plan",
    ]);
    space.run("publish web --yes").ok().says(&["2 create"]);
    assert_eq!(space.get("c6thing/one")["spec"]["size"], 3);
    nothing_to_do(&space);
    let [kind, _] = thing();
    define(&space, std::slice::from_ref(&kind));
    space.run("publish web --yes").ok();
    assert!(space.find("c6thing/one").is_none());
    // A kind is never deleted in passing: every object of it would go, also those of others.
    define(&space, &[config_map("conf", "1")]);
    space.run("publish web --yes").ok().says(&["kept: deleting it deletes every object of its kind"]);
    space.get("crd/c6things.example.com");
}

#[test]
fn e2_what_client_side_tools_set_goes_with_the_take_over_and_the_plan_says_so_before() {
    let Some(space) = Space::new("e2") else { return };
    let mut theirs = deployment("web", "nginx:1", &[("A", "1"), ("B", "2")]);
    theirs["spec"]["minReadySeconds"] = json!(7);
    theirs["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Always");
    theirs["metadata"]["labels"] = json!({"old": "yes"});
    let mut two = service("web", 80);
    two["spec"]["ports"] = json!([{"name": "main", "port": 80}, {"name": "extra", "port": 81}]);
    space.kubectl(&["apply", "-f", &space.file("theirs.yaml", yaml(&[theirs, two]))]);
    define(&space, &[deployment("web", "nginx:1", &[("A", "1")]), service("web", 80)]);
    let line = "plan web --adopt Deployment/web --adopt service/web -o json";
    let planned = space.run(line).ok().json();
    let mut told: Vec<String> = planned["changes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|change| {
            let object = format!("{} ", text(&change["kind"]));
            let fields = change["fields"].as_array().unwrap().clone();
            fields.into_iter().filter(|field| field["cause"] == "adopted").map(move |field| {
                format!("{object}{} {} → {}", text(&field["pointer"]), field["before"], field["after"])
            })
        })
        .collect();
    told.sort_unstable();
    let shown = told.join("\n");
    for field in [
        "minReadySeconds 7 → null",
        "imagePullPolicy \"Always\" → \"IfNotPresent\"",
        "/metadata/labels/old \"yes\" → null",
        "env/1/value \"2\" → null",
        "ports/1/port 81 → null",
    ] {
        assert!(shown.contains(field), "{field} is not in\n{shown}");
    }
    space
        .run("plan web --adopt Deployment/web --adopt service/web")
        .ok()
        .says(&["adopted from kubectl-client-side-apply"]);
    space.run("publish web --yes --no-wait --adopt Deployment/web --adopt service/web").ok();
    for object in ["deployment/web", "service/web"] {
        let live: Value =
            serde_json::from_str(&space.kubectl(&["get", object, "-o", "json", "--show-managed-fields"])).unwrap();
        let fields = live["metadata"]["managedFields"].to_string();
        assert!(!fields.contains("kubectl-client-side-apply"), "{fields}");
        assert!(
            live["metadata"]["annotations"].get("kubectl.kubernetes.io/last-applied-configuration").is_none(),
            "{live}"
        );
    }
    let live = space.get("deployment/web");
    assert!(live["spec"].get("minReadySeconds").is_none());
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["env"], json!([{"name": "A", "value": "1"}]));
    assert_eq!(space.get("service/web")["spec"]["ports"].as_array().unwrap().len(), 1);
    nothing_to_do(&space);
}

fn scale(space: &Space, replicas: u32) {
    let body = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "namespace": space.namespace}, "spec": {"replicas": replicas}});
    let path = space.file("scale.json", body.to_string());
    let uri = format!(
        "/apis/apps/v1/namespaces/{}/deployments/web/scale?fieldManager=kube-controller-manager",
        space.namespace
    );
    space.kubectl(&["replace", "--raw", &uri, "-f", &path]);
}

#[test]
fn e3_a_replica_count_that_is_scaled_is_left_alone_and_never_reset() {
    let Some(space) = Space::new("e3") else { return };
    publish(&space, &[deployment("web", "nginx:1", &[])]);
    scale(&space, 7);
    define(&space, &[deployment("web", "nginx:2", &[])]);
    space.run("plan web").ok().says(&["spec.replicas 7 is held by an autoscaler and left alone", "nginx:1 → 2"]);
    space.run("publish web --yes --no-wait").ok();
    let live = space.get("deployment/web");
    assert_eq!(
        (&live["spec"]["replicas"], text(&live["spec"]["template"]["spec"]["containers"][0]["image"])),
        (&json!(7), "nginx:2")
    );
    let mut without = deployment("web", "nginx:2", &[]);
    without["spec"].as_object_mut().unwrap().remove("replicas");
    publish(&space, &[without]);
    assert_eq!(space.get("deployment/web")["spec"]["replicas"], 7);
    nothing_to_do(&space);
}

#[test]
fn e3_a_replica_count_that_is_no_longer_set_keeps_its_value() {
    let Some(space) = Space::new("e3-hand-off") else { return };
    publish(&space, &[deployment("web", "nginx:1", &[])]);
    let mut without = deployment("web", "nginx:1", &[]);
    without["spec"].as_object_mut().unwrap().remove("replicas");
    define(&space, &[without]);
    space.run("plan web --detailed-exitcode").exits(2).says(&["replica count stays", "Deployment/web"]);
    space.run("publish web --yes --no-wait").ok();
    assert_eq!(space.get("deployment/web")["spec"]["replicas"], 3, "not reset to the default of 1");
    nothing_to_do(&space);
    scale(&space, 5);
    nothing_to_do(&space);
}

#[test]
fn e4_drift_is_told_with_who_and_when_and_never_undone_in_silence() {
    let Some(space) = Space::new("e4") else { return };
    publish(&space, &[deployment("web", "nginx:1", &[("A", "1")])]);
    space.kubectl(&["set", "image", "deployment/web", "main=nginx:9"]);
    space.kubectl(&["set", "env", "deployment/web", "FOREIGN=1"]);
    let planned = space.run("plan web").fails(
        6,
        &["! drift", "kubectl-set", "held by kubectl-set since 20", "nginx:9 → 1", "--force-conflicts=Deployment/web"],
    );
    assert!(!planned.stdout.contains("FOREIGN"), "the variable of others is theirs\n{}", planned.stdout);
    let document = space.run("plan web -o json").exits(6).json();
    let change = &document["changes"][0];
    assert_eq!(change["drift"][0]["by"], "kubectl-set", "{change}");
    assert!(text(&change["drift"][0]["since"]).starts_with("20"), "{change}");
    let field =
        change["fields"].as_array().unwrap().iter().find(|field| text(&field["pointer"]).ends_with("/image")).unwrap();
    assert_eq!((text(&field["owner"]["before"]), text(&field["owner"]["after"])), ("kubectl-set", "ku8"), "{field}");
    // What they set becomes what is wanted: no change, but told.
    define(&space, &[deployment("web", "nginx:9", &[("A", "1")])]);
    space.run("plan web").ok().says(&["! drift", "nginx:9 now"]);
    space.run("publish web --yes --no-wait").ok();
    define(&space, &[deployment("web", "nginx:1", &[("A", "1")])]);
    space.run("plan web").ok();
    define(&space, &[deployment("web", "nginx:2", &[("A", "1")])]);
    space.run("publish web --yes --no-wait --force-conflicts=deployment/web").ok();
    let env = space.get("deployment/web")["spec"]["template"]["spec"]["containers"][0]["env"].clone();
    assert!(env.as_array().unwrap().iter().any(|one| one["name"] == "FOREIGN"), "{env}");
    nothing_to_do(&space);
}

#[test]
fn equal_amounts_written_differently_are_no_change_and_no_conflict() {
    let Some(space) = Space::new("amounts") else { return };
    let with = |cpu: &str, memory: &str| {
        let mut one = deployment("web", "nginx:1", &[]);
        one["spec"]["template"]["spec"]["containers"][0]["resources"] =
            json!({"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu, "memory": memory}});
        one
    };
    space.kubectl(&["apply", "-f", &space.file("theirs.yaml", yaml(&[with("1", "1Gi")]))]);
    define(&space, &[with("1000m", "1024Mi")]);
    space.run("publish web --yes --no-wait --adopt deployment/web").ok();
    nothing_to_do(&space);
    define(&space, &[with("1.0", "1048576Ki")]);
    let planned = space.run("plan web").ok();
    assert!(planned.stdout.contains("No changes"), "{}", planned.stdout);
}

#[test]
fn order_alone_is_said_as_such_and_defaults_are_never_shown_as_changes() {
    let Some(space) = Space::new("order") else { return };
    publish(&space, &[deployment("web", "nginx:1", &[("A", "1"), ("B", "2")])]);
    define(&space, &[deployment("web", "nginx:1", &[("B", "2"), ("A", "1")])]);
    let planned = space.run("plan web").ok();
    let fields: Vec<&str> = planned.stdout.lines().filter(|line| line.starts_with("      spec")).collect();
    assert!(fields.is_empty() || fields.iter().all(|line| line.contains("order changed")), "{}", planned.stdout);
    let mut probed = deployment("web", "nginx:1", &[("A", "1"), ("B", "2")]);
    probed["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = json!({"tcpSocket": {"port": 80}});
    define(&space, &[probed]);
    let planned = space.run("plan web").ok().says(&[
        "livenessProbe",
        "rolling restart of 3 pods",
        "set by the server or a webhook (--show-side-effects)",
    ]);
    assert!(!planned.stdout.contains("timeoutSeconds"), "{}", planned.stdout);
    space.run("plan web --show-side-effects").ok().says(&["timeoutSeconds", "set by the server"]);
}

#[test]
fn consequences_are_told_for_each_way_a_workload_restarts() {
    let Some(space) = Space::new("consequences") else { return };
    let with = |image: &str, strategy: &str| {
        let mut one = deployment("web", image, &[]);
        one["spec"]["strategy"] = json!({"type": strategy});
        one
    };
    publish(&space, &[with("nginx:1", "Recreate"), config_map("conf", "1")]);
    define(&space, &[with("nginx:2", "Recreate"), config_map("conf", "2")]);
    space.run("plan web").ok().says(&[
        "downtime: all 3 pods stop first",
        "running pods keep the old file",
        "Data volumes are not touched",
    ]);
    let markdown = space.run("plan web -o markdown").ok();
    markdown.says(&[
        "<b>update</b> <code>Deployment/web</code>: downtime: all 3 pods stop first",
        "<details>",
        "```diff",
        "nginx:1",
    ]);
    let mut moved = service("web", 80);
    publish(&space, &[moved.clone()]);
    moved["spec"]["selector"] = json!({"app": "other"});
    define(&space, &[moved]);
    space.run("plan web").ok().says(&["its clients are sent to other pods"]);
}

#[test]
fn f2_a_definition_that_renders_nothing_needs_to_be_told_to() {
    let Some(space) = Space::new("f2") else { return };
    publish(&space, &[config_map("conf", "1")]);
    let none = json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": "web"}, "spec": {"manifests": []}});
    let stored = space.feed(&none.to_string(), &["define", "-f", "-"]);
    if stored.code == 0 {
        space.run("publish web --yes").fails(1, &["--allow-empty"]);
        space.get("configmap/conf");
        space.run("publish web --yes --allow-empty").ok();
        assert!(space.find("configmap/conf").is_none());
    } else {
        assert!(stored.stderr.contains("manifests"), "{}", stored.stderr);
    }
}

#[test]
fn f1_what_is_marked_foreign_or_holds_data_is_not_pruned() {
    let Some(space) = Space::new("f1") else { return };
    let mut kept = config_map("kept", "1");
    kept["metadata"]["annotations"] = json!({"ku8.dev/prune": "keep"});
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    publish(&space, &[kept, claim, config_map("foreign", "1"), config_map("gone", "1"), config_map("stays", "1")]);
    space.kubectl(&["delete", "configmap", "foreign"]);
    space.kubectl(&["create", "configmap", "foreign", "--from-literal=key=theirs"]);
    define(&space, &[config_map("stays", "1")]);
    let published = space.run("publish web --yes --no-wait").ok();
    published.says(&["annotation ku8.dev/prune", "no longer ours", "it holds data", "1 delete"]);
    for object in ["configmap/kept", "pvc/data", "configmap/foreign", "configmap/stays"] {
        space.get(object);
    }
    assert!(space.find("configmap/gone").is_none());
}

#[test]
fn j1_a_viewer_sees_the_same_changes_with_local_confidence() {
    let Some(space) = Space::new("j1") else { return };
    publish(&space, &[deployment("web", "nginx:1", &[("A", "1"), ("B", "2")]), service("web", 80)]);
    space.kubectl(&["create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer-j1"]);
    let viewer = space.as_user("viewer-j1");
    let mut changed = deployment("web", "nginx:2", &[("A", "1")]);
    changed["spec"]["replicas"] = json!(4);
    define(&space, &[changed, service("web", 81), config_map("new", "1")]);
    let fields = |space: &Space| {
        let plan = space.run("plan web --detailed-exitcode -o json").exits(2).json();
        let mut fields: Vec<String> = plan["changes"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|change| {
                let object =
                    format!("{}/{} {} ", text(&change["kind"]), text(&change["name"]), text(&change["action"]));
                let wanted: Vec<Value> = change["fields"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|field| field["cause"] != "server")
                    .cloned()
                    .collect();
                wanted.into_iter().map(move |field| {
                    format!("{object}{} {} {}", text(&field["pointer"]), field["before"], field["after"])
                })
            })
            .collect();
        fields.sort_unstable();
        fields
    };
    assert_eq!(fields(&viewer), fields(&space));
    viewer.run("plan web --detailed-exitcode").exits(2).says(&["confidence: local", "compared locally"]);
    let before = version(&space.get("configmap/ku8.web"));
    let refused = viewer.run("publish web --yes");
    assert_ne!(refused.code, 0);
    assert_eq!(version(&space.get("configmap/ku8.web")), before);
}

#[test]
fn b5_what_others_put_beside_ours_is_not_taken_for_an_immutable_field() {
    let Some(space) = Space::new("b5") else { return };
    publish(&space, &[service("web", 80)]);
    // Somebody moves our port away: the port is theirs now, and another one of its name cannot stand beside it.
    space.patch(
        "service/web",
        &json!({"spec": {"ports": [{"name": "main", "port": 7000, "targetPort": 7000, "protocol": "TCP"}]}}),
    );
    define(&space, &[service("web", 81)]);
    let planned = space.run("plan web").fails(1, &["Duplicate value"]);
    assert!(!planned.stdout.contains("replace"), "{}", planned.stdout);
    // Back to what we had published, it is ours to change again.
    space.patch(
        "service/web",
        &json!({"spec": {"ports": [{"name": "main", "port": 80, "targetPort": 80, "protocol": "TCP"}]}}),
    );
    space.run("plan web").ok().says(&["80/TCP → 81/TCP"]);
    space.run("publish web --yes").ok();
    let ports = space.get("service/web")["spec"]["ports"].clone();
    assert_eq!((ports.as_array().unwrap().len(), &ports[0]["port"]), (1, &json!(81)));
    nothing_to_do(&space);
}

#[test]
fn a_strategy_changes_although_the_server_keeps_the_defaults_of_the_one_before() {
    let Some(space) = Space::new("strategy") else { return };
    let with = |strategy: Option<&str>| {
        let mut one = deployment("web", "nginx:1", &[]);
        if let Some(strategy) = strategy {
            one["spec"]["strategy"] = json!({"type": strategy});
        }
        let mut set = stateful_set("db", &json!({}));
        if strategy == Some("Recreate") {
            set["spec"]["updateStrategy"] = json!({"type": "OnDelete"});
        }
        [one, set]
    };
    publish(&space, &with(None));
    define(&space, &with(Some("Recreate")));
    space.run("plan web").ok().says(&["spec.strategy.type", "a default that goes with it"]);
    space.run("publish web --yes --no-wait").ok();
    assert_eq!(space.get("deployment/web")["spec"]["strategy"], json!({"type": "Recreate"}));
    assert_eq!(space.get("statefulset/db")["spec"]["updateStrategy"], json!({"type": "OnDelete"}));
    nothing_to_do(&space);
    publish(&space, &with(None));
    assert_eq!(space.get("deployment/web")["spec"]["strategy"]["type"], "RollingUpdate");
    nothing_to_do(&space);
}

#[test]
fn c7_a_namespace_that_does_not_exist_is_refused_or_planned_first() {
    let Some(space) = Space::new("c7") else { return };
    let file = space.file("web.yaml", yaml(&[config_map("conf", "1")]));
    space.ku8(&["plan", "web", "-n", "c7-new", "-f", &file]).fails(1, &["c7-new"]).hints();
    let planned =
        space.ku8(&["plan", "web", "-n", "c7-new", "-f", &file, "--create-namespace", "--detailed-exitcode"]).exits(2);
    planned.says(&["+ create  Namespace/c7-new", "ConfigMap/conf", "not verified: its namespace is in this plan"]);
    space.ku8(&["define", "web", "-n", "c7-new", "-f", &file]).fails(1, &["c7-new"]);
    space
        .ku8(&["define", "web", "-n", "c7-new", "-f", &file, "--create-namespace"])
        .ok()
        .says(&["namespace c7-new created"]);
    space.run("publish web -n c7-new --yes").ok();
    space.run("delete web -n c7-new --yes").ok();
    space.kubectl(&["get", "namespace", "c7-new"]);
    space.kubectl(&["delete", "namespace", "c7-new", "--wait=false"]);
}

#[test]
fn an_object_whose_replacement_is_refused_is_put_back_as_it_was() {
    let Some(space) = Space::new("put-back") else { return };
    let mut labelled = service("web", 80);
    labelled["metadata"]["labels"] = json!({"team": "orders"});
    publish(&space, &[labelled.clone()]);
    let before = space.get("service/web");
    labelled["spec"]["clusterIP"] = json!("None");
    define(&space, &[labelled]);
    let refusal = Refusal::unless(&space, "object.kind != 'Service' || object.spec.clusterIP != 'None'");
    let failed = space.run("publish web --yes --allow-replace service/web");
    assert_ne!(failed.code, 0);
    failed.says(&["Service/web could not be replaced and was put back as it was", "the test does not want it"]);
    let back = space.get("service/web");
    assert_ne!(uid(&back), uid(&before));
    for field in ["spec", "metadata"] {
        let kept = |object: &Value| match field {
            "spec" => object["spec"].clone(),
            _ => json!([object["metadata"]["labels"], object["metadata"]["annotations"]]),
        };
        assert_eq!(kept(&back), kept(&before), "{field}");
    }
    refusal.lift();
    space.run("publish web --yes --allow-replace service/web").ok();
    assert_eq!(space.get("service/web")["spec"]["clusterIP"], "None");
    nothing_to_do(&space);
}

#[test]
fn f5_an_object_that_moves_to_another_version_of_its_api_stays_the_same_object() {
    let Some(space) = Space::new("f5") else { return };
    let old = json!({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {
        "maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}}});
    publish(&space, std::slice::from_ref(&old));
    let before = uid(&space.get("hpa/web"));
    nothing_to_do(&space);
    let mut new = old;
    new["apiVersion"] = json!("autoscaling/v2");
    new["spec"]["maxReplicas"] = json!(6);
    define(&space, &[new]);
    let planned = space.run("plan web").ok().says(&["~ update  HorizontalPodAutoscaler/web", "5 → 6"]);
    assert!(!planned.stdout.contains("delete  "), "{}", planned.stdout);
    space.run("publish web --yes --no-wait").ok();
    assert_eq!(uid(&space.get("hpa/web")), before);
    nothing_to_do(&space);
}

#[test]
fn g3_a_secret_with_values_is_no_part_of_a_definition() {
    let Some(space) = Space::new("g3") else { return };
    for field in ["data", "stringData"] {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "conf"}, field: {"password": "Y2FuYXJ5"}});
        let refused = space.feed(&yaml(&[secret]), &["define", "web", "-f", "-"]).fails(1, &["Secret", "conf"]).hints();
        assert!(!format!("{}{}", refused.stdout, refused.stderr).contains("Y2FuYXJ5"));
    }
    assert!(space.find("configmap/ku8.web").is_none());
}
