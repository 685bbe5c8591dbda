//! Deleting: the plan first, then the objects, then the records; data and passwords stay until they are named.
//! What stayed comes back to a definition of the same name, unchanged.

use serde_json::json;

use crate::stage::{Space, config_map, text, uid, version, writes, yaml};

#[test]
fn objects_go_and_data_and_passwords_stay_and_come_back() {
    let Some(space) = Space::new("delete") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    space.run("publish db --yes").ok();
    let secret = space.get("secret/db-auth");
    let claim = space.get("persistentvolumeclaim/data-db-0");

    space.run("delete db").fails(1, &["--yes"]).hints();
    assert!(space.find("statefulset/db").is_some(), "nobody said yes");
    let deleted = space.run("delete db --yes").ok();
    deleted.says(&[
        "Plan for delete/db",
        "- delete",
        "StatefulSet/db",
        "PersistentVolumeClaim/data-db-0",
        "--purge-data",
    ]);
    let left = space.inventory();
    for gone in ["StatefulSet/db", "Service/db", "ConfigMap/db-config", "ConfigMap/ku8.db", "ConfigMap/ku8.db.r1"] {
        assert!(!left.contains(&gone.to_owned()), "{gone} is still in {left:?}");
    }
    for (object, before) in [("secret/db-auth", &secret), ("persistentvolumeclaim/data-db-0", &claim)] {
        let kept = space.get(object);
        assert_eq!(uid(&kept), uid(before), "{object}");
        assert_eq!(kept["metadata"]["annotations"]["ku8.dev/retained-from"], "delete/db", "{object}");
    }
    assert_eq!(space.get("secret/db-auth")["data"], secret["data"]);
    space.run("status db").fails(1, &["no definition `db`"]).hints();
    space.run("list").ok();

    space.run("define db -t mysql --set database=orders").ok();
    let planned = space.run("plan db").ok();
    assert!(planned.stdout.contains("Secret/db-auth"), "it is told what comes back: {}", planned.stdout);
    space.run("publish db --yes").ok();
    let back = space.get("secret/db-auth");
    assert_eq!((uid(&back), &back["data"]), (uid(&secret), &secret["data"]));
    let owner = format!("delete/db/{}", uid(&space.get("configmap/ku8.db")));
    assert_eq!(back["metadata"]["annotations"]["ku8.dev/owner-id"], json!(owner));
    assert!(back["metadata"]["annotations"].get("ku8.dev/retained-from").is_none(), "it is not left over any more");
    assert_eq!(uid(&space.get("persistentvolumeclaim/data-db-0")), uid(&claim));
    space.run("plan db --detailed-exitcode").exits(0);

    // Another definition gets neither.
    space.run("delete db --yes").ok();
    space.run("define other -t mysql --set database=orders").ok();
    space.run("plan other -o json").ok();
    assert_eq!(space.get("secret/db-auth")["data"], secret["data"]);
}

#[test]
fn purging_removes_data_and_passwords_only_as_far_as_named() {
    let Some(space) = Space::new("purge") else { return };
    for (name, flags, claim_stays, secret_stays) in [
        ("one", "--purge-data", false, true),
        ("two", "--purge-secrets", true, false),
        ("three", "--purge-data --purge-secrets", false, false),
    ] {
        space.run(&format!("define {name} -t redis --set size=dev")).ok();
        space.run(&format!("publish {name} --yes")).ok();
        space.run(&format!("delete {name} --yes {flags}")).ok();
        let claim = format!("persistentvolumeclaim/data-{name}-0");
        if claim_stays {
            assert!(space.find(&claim).is_some(), "{name}");
        } else {
            // The claim waits for its pod.
            space.until("the claim to go", || space.find(&claim).is_none().then_some(()));
        }
        assert_eq!(space.find(&format!("secret/{name}-auth")).is_some(), secret_stays, "{name}");
        let records: Vec<String> =
            space.inventory().into_iter().filter(|one| one.contains(&format!("/ku8.{name}"))).collect();
        assert!(records.iter().all(|one| one.starts_with("Lease/")), "{records:?}");
    }
}

#[test]
fn a_draft_is_deleted_without_touching_anything() {
    let Some(space) = Space::new("delete-draft") else { return };
    space.kubectl(&["create", "configmap", "conf"]);
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("delete web --yes").ok();
    assert!(space.find("configmap/ku8.web").is_none());
    assert!(space.find("configmap/conf").is_some(), "it was never ours");
}

#[test]
fn deleting_what_is_gone_already_still_clears_the_records() {
    let Some(space) = Space::new("delete-gone") else { return };
    space.feed(&yaml(&[config_map("one", "1"), config_map("two", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.kubectl(&["delete", "configmap", "one"]);
    space.run("delete web --yes").ok();
    assert_eq!(space.inventory().iter().filter(|one| one.starts_with("ConfigMap/")).count(), 0);
    let marked = space.requests().len();
    space.run("delete web --yes").fails(1, &["no definition `web`"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
}

#[test]
fn a_deletion_says_what_it_keeps_and_what_is_lost_before_it_acts() {
    let Some(space) = Space::new("delete-plan") else { return };
    space.run("define cache -t redis --set size=dev").ok();
    space.run("publish cache --yes").ok();
    let set = version(&space.get("statefulset/cache"));
    let declined = space.run("delete cache --purge-data").exits(1);
    assert!(declined.stdout.contains("data-cache-0"), "{}", declined.stdout);
    assert!(declined.stdout.to_lowercase().contains("data"), "{}", declined.stdout);
    assert_eq!(version(&space.get("statefulset/cache")), set);
    assert_eq!(text(&space.get("configmap/ku8.cache")["metadata"]["labels"]["ku8.dev/status"]), "Published");
}
