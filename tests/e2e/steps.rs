//! Changes that could lose data: refused by the plan with the safe path, and the safe path works.
//! Nothing of a refused change is written.

use crate::stage::{Space, text, uid, version, writes};

fn refused(space: &Space, words: &[&str]) {
    let marked = space.requests().len();
    space.run("plan zk").fails(1, words).hints();
    space.run("publish zk --yes").fails(1, words).hints();
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
}

#[test]
fn an_ensemble_of_three_becomes_five_only_one_member_at_a_time() {
    let Some(space) = Space::new("three-to-five") else { return };
    space.run("define zk -t zookeeper --set size=dev").ok();
    space.run("publish zk --yes").ok();
    space.run("define zk --set replicas=5").ok();
    refused(&space, &["3 to 5", "scaling.via: 4"]);
    assert_eq!(space.get("statefulset/zk")["spec"]["replicas"], 3);

    space.run("define zk --set scaling.via=4").ok();
    space.run("publish zk --yes").ok();
    assert_eq!(space.get("statefulset/zk")["status"]["readyReplicas"], 4);
    space.run("define zk --set scaling.via=null").ok();
    space.run("publish zk --yes").ok();
    let set = space.get("statefulset/zk");
    assert_eq!(set["status"]["readyReplicas"], 5);
    let pods = space.list("pod", "app.kubernetes.io/instance=zk");
    assert_eq!(pods.len(), 5);
}

#[test]
fn one_member_never_becomes_three_in_one_step() {
    let Some(space) = Space::new("one-to-three") else { return };
    space.run("define zk -t zookeeper --set size=dev --set replicas=1").ok();
    space.run("publish zk --yes").ok();
    space.run("define zk --set replicas=3").ok();
    refused(&space, &["1", "3"]);
    assert_eq!(space.get("statefulset/zk")["spec"]["replicas"], 1);

    // The data outlives the definition, and so does the rule.
    space.run("define zk --set replicas=1").ok();
    space.run("delete zk --yes").ok();
    space.run("define zk -t zookeeper --set size=dev --set replicas=3").ok();
    space.run("plan zk").fails(1, &["1", "3"]);
}

#[test]
fn a_volume_never_shrinks_and_growing_it_is_told_before_anything_is_written() {
    let Some(space) = Space::new("volumes") else { return };
    space.run("define db -t mysql --set database=orders --set storage.size=20Gi").ok();
    space.run("publish db --yes").ok();
    let set = space.get("statefulset/db");
    space.run("define db --set storage.size=5Gi").ok();
    space.run("plan db").fails(1, &["storage.size", "20Gi", "5Gi", "shrink"]).hints();

    space.run("define db --set storage.size=50Gi").ok();
    space.run("plan db").ok().says(&["StatefulSet/db", "20Gi", "50Gi", "blocked"]);
    let marked = space.requests().len();
    space.run("publish db --yes").fails(1, &["nothing was changed"]);
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    let now = space.get("statefulset/db");
    assert_eq!((uid(&now), version(&now)), (uid(&set), version(&set)));
    let claim = space.get("persistentvolumeclaim/data-db-0");
    assert_eq!(text(&claim["spec"]["resources"]["requests"]["storage"]), "20Gi");
}
