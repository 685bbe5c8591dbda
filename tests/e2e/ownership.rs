//! Objects and fields of others: named, refused, taken over only when the person names them.
//! Nothing of another definition is ever taken, whatever the flags.

use serde_json::json;

use crate::stage::{Space, config_map, service, stateful_set, text, uid, writes, yaml};

#[test]
fn e1_an_object_of_nobody_is_named_and_taken_over_only_when_asked() {
    let Some(space) = Space::new("nobodys") else { return };
    space.kubectl(&["create", "configmap", "conf", "--from-literal=key=theirs"]);
    let theirs = space.get("configmap/conf");
    space.feed(&yaml(&[config_map("conf", "ours"), service("web", 80)]), &["define", "web", "-f", "-"]).ok();
    space.run("plan web").fails(6, &["ConfigMap/conf", "not ours", "--adopt ConfigMap/conf"]);
    let marked = space.requests().len();
    space.run("publish web --yes").fails(6, &["ConfigMap/conf"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    assert_eq!(space.get("configmap/conf"), theirs);
    assert!(space.find("service/web").is_none(), "the rest waits too");
    // A name that is close is not the name.
    space
        .run("publish web --yes --adopt ConfigMap/con")
        .fails(1, &["configmap/con", "not in this plan", "configmap/conf"]);

    let planned = space.run("plan web --adopt ConfigMap/conf").ok();
    planned.says(&["adopt", "ConfigMap/conf", "theirs", "ours"]);
    space.run("publish web --yes --adopt ConfigMap/conf").ok().says(&["1 create, 1 adopt"]);
    let ours = space.get("configmap/conf");
    assert_eq!(uid(&ours), uid(&theirs), "taken over, not replaced");
    assert_eq!(ours["data"]["key"], "ours");
    assert_eq!(ours["metadata"]["labels"]["ku8.dev/owner"], "web");
    let head = space.get("configmap/ku8.web");
    let owner = format!("nobodys/web/{}", uid(&head));
    assert_eq!(ours["metadata"]["annotations"]["ku8.dev/owner-id"], json!(owner));
    space.run("plan web --detailed-exitcode").exits(0);
}

#[test]
fn e1_an_object_of_another_definition_is_refused_even_with_adopt() {
    let Some(space) = Space::new("anothers") else { return };
    space.feed(&yaml(&[config_map("conf", "first")]), &["define", "first", "-f", "-"]).ok();
    space.run("publish first --yes").ok();
    space.feed(&yaml(&[config_map("conf", "second")]), &["define", "second", "-f", "-"]).ok();
    for flags in ["", " --adopt ConfigMap/conf"] {
        let refused = space.run(&format!("publish second --yes{flags}"));
        refused.fails(6, &["ConfigMap/conf", "belongs to definition anothers/first"]);
    }
    assert_eq!(space.get("configmap/conf")["data"]["key"], "first");
    // Deleting the one that lost takes nothing of the one that won.
    space.run("delete second --yes").ok();
    assert_eq!(space.get("configmap/conf")["data"]["key"], "first");
}

#[test]
fn a_field_somebody_else_holds_is_named_with_its_holder() {
    let Some(space) = Space::new("held-field") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let theirs = space.file("theirs.yaml", yaml(&[config_map("conf", "theirs")]));
    let apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=night-shift", "-f", &theirs];
    space.kubectl(&apply);
    space.feed(&yaml(&[config_map("conf", "2")]), &["define", "web", "-f", "-"]).ok();
    space.run("plan web").fails(6, &["ConfigMap/conf", "data.key", "night-shift"]);
    let marked = space.requests().len();
    space.run("publish web --yes").fails(6, &["data.key", "night-shift"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    assert_eq!(space.get("configmap/conf")["data"]["key"], "theirs");
}

#[test]
fn fields_and_labels_of_others_outlive_our_publish() {
    let Some(space) = Space::new("others-fields") else { return };
    space.feed(&yaml(&[service("web", 80)]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.kubectl(&["annotate", "service", "web", "team=night-shift"]);
    space.run("plan web --detailed-exitcode").exits(0);
    space.feed(&yaml(&[service("web", 81)]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let live = space.get("service/web");
    assert_eq!(live["spec"]["ports"].as_array().unwrap().len(), 1);
    assert_eq!(live["spec"]["ports"][0]["port"], 81);
    assert_eq!(live["metadata"]["annotations"]["team"], "night-shift");
}

#[test]
fn prune_spares_what_is_marked_remade_or_a_volume_and_says_why() {
    let Some(space) = Space::new("prune") else { return };
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "disk"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let mut marked = config_map("marked", "1");
    marked["metadata"]["annotations"] = json!({"ku8.dev/prune": "keep"});
    let all = [config_map("stays", "1"), marked, config_map("remade", "1"), config_map("goes", "1"), claim];
    space.feed(&yaml(&all), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.kubectl(&["delete", "configmap", "remade"]);
    space.kubectl(&["create", "configmap", "remade"]);

    space.feed(&yaml(&all[..1]), &["define", "web", "-f", "-"]).ok();
    let planned = space.run("plan web --full").ok();
    planned.says(&["ku8.dev/prune", "another owner", "--purge-data", "delete"]);
    space.run("publish web --yes").ok().says(&["1 delete"]);
    for kept in ["configmap/marked", "configmap/remade", "persistentvolumeclaim/disk", "configmap/stays"] {
        assert!(space.find(kept).is_some(), "{kept}");
    }
    assert!(space.find("configmap/goes").is_none());
}

#[test]
fn an_object_that_lost_our_mark_is_no_longer_ours_to_change() {
    let Some(space) = Space::new("moved") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.kubectl(&["annotate", "configmap", "conf", "ku8.dev/owner-id-"]);
    space.feed(&yaml(&[config_map("conf", "2")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").exits(6);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "1");
}

#[test]
fn labels_of_the_definition_reach_every_object_but_no_selector() {
    let Some(space) = Space::new("labels") else { return };
    space.run("define cache -t redis --set size=dev --label team=orders --app shop").ok();
    space.run("publish cache --yes").ok();
    let head = space.get("configmap/ku8.cache");
    assert_eq!(head["metadata"]["labels"]["ku8.dev/app"], "shop");
    let owner = format!("labels/cache/{}", uid(&head));
    let owned = space.list("configmap,secret,service,serviceaccount,statefulset,networkpolicy", "ku8.dev/owner=cache");
    assert_eq!(owned.len(), 8);
    for object in &owned {
        let name = format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]));
        assert_eq!(object["metadata"]["annotations"]["ku8.dev/owner-id"], json!(owner), "{name}");
        assert!(object["metadata"]["annotations"].get("ku8.dev/revision").is_none(), "{name}");
        if object["kind"] != "Secret" {
            assert_eq!(object["metadata"]["labels"]["team"], "orders", "{name}");
        }
        for inner in ["/spec/selector", "/spec/template/metadata/labels", "/spec/volumeClaimTemplates"] {
            let part = object.pointer(inner).unwrap_or(&serde_json::Value::Null).to_string();
            assert!(!part.contains("ku8.dev/owner") && !part.contains("\"team\""), "{name} {inner}: {part}");
        }
    }
}

#[test]
fn a_workload_scaled_by_hand_is_told_and_kept_apart_from_our_fields() {
    let Some(space) = Space::new("drift") else { return };
    space.feed(&yaml(&[stateful_set("web", &json!({}))]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.kubectl(&["scale", "statefulset", "web", "--replicas=2"]);
    // Nobody asked for another number here, so the one set by hand stays, and is told.
    let planned = space.run("plan web --detailed-exitcode").exits(0);
    planned.says(&["StatefulSet/web", "spec.replicas 2", "kubectl scale", "left alone"]);
    // A number that is asked for is never dropped in silence.
    let mut wanted = stateful_set("web", &json!({}));
    wanted["spec"]["replicas"] = json!(3);
    space.feed(&yaml(&[wanted]), &["define", "web", "-f", "-"]).ok();
    space
        .run("plan web")
        .fails(6, &["spec.replicas is held by kubectl scale", "--force-conflicts=StatefulSet/web", "2 → 3"]);
    space.run("publish web --yes --no-wait --force-conflicts=statefulset/web:spec.replicas").ok();
    assert_eq!(space.get("statefulset/web")["spec"]["replicas"], 3);
    space.run("plan web --detailed-exitcode").exits(0);
}
