//! What a change of values meets in the plan: refused with the safe path, or allowed and told (templates.md, 1.6).
//! Each row is a published service and a change that is planned and never stored.

use serde_json::{Value, json};

use crate::stage::{Space, writes};

/// What the plan says of a change.
enum Answer {
    /// Refused: nothing could be published.
    Refused,
    /// Allowed, and pointed out.
    Told,
    /// Pointed out, and only done with a flag the plan names.
    Blocked,
}
use Answer::{Blocked, Refused, Told};

/// Plans changes of one service that is published once.
fn judge(name: &'static str, template: &str, published: &Value, changes: &[(Value, Answer, &str)]) {
    let Some(space) = Space::new(name) else { return };
    let document = |values: &Value| {
        let head = json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": "one"}});
        let mut document = head;
        document["spec"] = json!({"template": {"name": template}, "values": values});
        document.to_string()
    };
    space.feed(&document(published), &["define", "-f", "-"]).ok();
    space.run("publish one --yes --no-wait").ok();
    let marked = space.requests().len();
    for (change, answer, code) in changes {
        let mut values = published.clone();
        merge(&mut values, change);
        let ran = space.feed(&document(&values), &["plan", "-f", "-"]);
        match answer {
            Refused => ran.exits(1).says(&[code, "hint"]),
            Told => ran.exits(0).says(&[code]),
            Blocked => ran.exits(0).says(&[code, "--allow-replace"]),
        };
    }
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

#[test]
fn of_a_database() {
    let published = json!({"database": "orders", "username": "app", "version": "9.7", "storage": {"size": "30Gi"}});
    judge(
        "changes-mysql",
        "mysql",
        &published,
        &[
            (json!({"storage": {"size": "20Gi"}}), Refused, "mysql.storage.shrink"),
            (json!({"storage": {"size": "40Gi"}}), Told, "mysql.storage.grow"),
            (json!({"storage": {"className": "standard"}}), Refused, "mysql.storage.class-changed"),
            (json!({"version": "8.4"}), Refused, "mysql.version.down"),
            (json!({"lowerCaseTableNames": 1}), Refused, "mysql.names.case-immutable"),
            (json!({"charset": "latin1", "collation": "latin1_swedish_ci"}), Told, "mysql.charset.changed"),
            (json!({"username": "other"}), Refused, "mysql.names.user-immutable"),
        ],
    );
    let published = json!({"database": "orders", "version": "8.4"});
    judge(
        "changes-mysql-up",
        "mysql",
        &published,
        &[
            (json!({"version": "9.7"}), Told, "mysql.version.up"),
            (json!({"topology": "replication"}), Refused, "mysql.topology.alone-first"),
            (json!({"topology": "replication", "replication": {"replicas": 0}}), Told, "mysql.topology.to-replication"),
        ],
    );
}

#[test]
fn of_replicated_databases() {
    judge(
        "changes-mysql-set",
        "mysql",
        &json!({"database": "orders", "topology": "replication", "replication": {"replicas": 2}}),
        &[
            (json!({"replication": {"primaryOrdinal": 1}}), Told, "mysql.promotion.guided"),
            (json!({"replication": {"primaryOrdinal": 3, "replicas": 3}}), Refused, "mysql.promotion.no-data"),
            (json!({"replication": {"primaryOrdinal": 5}}), Refused, "mysql.replication.primary-missing"),
            (json!({"replication": {"replicas": 3}}), Told, "mysql.scale.copies"),
            (json!({"topology": "standalone"}), Told, "mysql.scale.claims-stay"),
        ],
    );
    judge(
        "changes-mongodb",
        "mongodb",
        &json!({"members": 3, "version": "8.0"}),
        &[
            (json!({"members": 1}), Refused, "mongodb.members.majority"),
            (json!({"version": "7.0"}), Refused, "mongodb.version.down"),
            (json!({"replicaSetName": "other"}), Refused, "mongodb.set.name-immutable"),
            (json!({"clusterDomain": "other.example"}), Refused, "mongodb.set.domain-immutable"),
        ],
    );
}

#[test]
fn of_logs_and_caches() {
    judge(
        "changes-kafka",
        "kafka",
        &json!({"controllers": 3, "brokers": 5}),
        &[
            (json!({"controllers": 1}), Refused, "kafka.controllers.immutable"),
            (json!({"brokers": 4}), Refused, "kafka.brokers.shrink"),
            (json!({"brokers": 6}), Told, "kafka.brokers.grow"),
            (json!({"nodeIdBase": 100}), Refused, "kafka.ids.immutable"),
        ],
    );
    judge(
        "changes-memcached",
        "memcached",
        &json!({"replicas": 3}),
        &[
            (json!({"replicas": 5}), Told, "memcached.scale.remaps"),
            (json!({"replicas": 1}), Told, "memcached.scale.address"),
        ],
    );
}

#[test]
fn of_a_store() {
    judge(
        "changes-redis",
        "redis",
        &json!({"databases": 16, "size": "medium"}),
        &[
            (json!({"engine": "valkey"}), Refused, "redis.engine.changed"),
            (json!({"databases": 4}), Refused, "redis.databases.fewer"),
            (json!({"persistence": {"mode": "rdb"}}), Refused, "redis.persistence.aof-to-rdb"),
            (json!({"persistence": {"mode": "none"}}), Told, "redis.persistence.switched"),
            (json!({"auth": {"enabled": false}}), Told, "redis.auth.switched-off"),
            (json!({"image": {"tag": "7.2"}}), Refused, "redis.image.major-down"),
            (json!({"size": "small", "storage": {"size": "16Gi"}}), Told, "redis.memory.shrinks"),
            // The StatefulSet's policy cannot change in place: the plan names the flag, the template what happens.
            (json!({"topology": "sentinel", "replicas": 3}), Blocked, "redis.topology.standalone-to-sentinel"),
        ],
    );
    judge(
        "changes-sentinel",
        "redis",
        &json!({"topology": "sentinel", "replicas": 5}),
        &[
            (json!({"topology": "standalone", "replicas": 1}), Refused, "redis.topology.sentinel-to-standalone"),
            (json!({"masterName": "other"}), Refused, "redis.master-name.changed"),
            (json!({"replicas": 3}), Told, "redis.scale.shrink"),
            (json!({"auth": {"enabled": false}}), Refused, "redis.auth.switch-watched"),
        ],
    );
}

#[test]
fn of_an_ensemble() {
    judge(
        "changes-zookeeper",
        "zookeeper",
        &json!({"size": "dev", "replicas": 5}),
        &[
            (json!({"replicas": 7}), Refused, "zookeeper.scale.odd-jump"),
            (json!({"replicas": 1}), Refused, "zookeeper.scale.shrink-jump"),
            (json!({"firstServerId": 11}), Refused, "zookeeper.ids.immutable"),
            (json!({"storage": {"dataLog": {"enabled": true}}}), Refused, "zookeeper.storage.log-moved"),
            (json!({"replicas": 7, "scaling": {"via": 6}}), Told, "zookeeper.scale.standing"),
        ],
    );
}

#[test]
fn a_class_or_nodes_that_are_not_there_are_told_before_anything_is_written() {
    let Some(space) = Space::new("placement") else { return };
    space.run("define db -t mysql --set database=orders --set storage.className=fsat").ok();
    let marked = space.requests().len();
    for line in ["plan db", "publish db --yes"] {
        space.run(line).fails(1, &["`fsat`", "StatefulSet/db", "there are: standard (the default)"]);
    }
    assert_eq!(writes(&space.requests_since(marked)), Vec::<String>::new());
    // The cluster of the tests has three nodes.
    let set = "define zk -t zookeeper --set size=dev --set replicas=5 --set scheduling.spread=requireNodes";
    space.run(set).ok();
    space.run("plan zk").ok().says(&["cluster.nodes.too-few", "5 nodes", "scheduling.spread"]);
    space.run("define zk --set scheduling.spread=preferNodes").ok();
    let calm = space.run("plan zk").ok();
    assert!(!calm.stdout.contains("cluster.nodes"), "{}", calm.stdout);
}
