//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs`, `topics.rs` and `transition.rs` do, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 37] = [
    ("kafka.controllers.count", "There are 1 or 3 controllers."),
    ("kafka.controllers.single", "Warned: several brokers with one controller."),
    (
        "kafka.controllers.immutable",
        "Controllers never change: nodes without the metadata could outvote the ones that have it.",
    ),
    (
        "kafka.controllers.volumes-remain",
        "Volumes of an earlier cluster are started with as many controllers as it had.",
    ),
    ("kafka.ids.immutable", "nodeIdBase does not change: the ids are on the volumes."),
    ("kafka.brokers.fewer-than-controllers", "Controllers are brokers too."),
    ("kafka.brokers.grow", "Pointed out: new brokers hold nothing until partitions are moved to them."),
    ("kafka.brokers.shrink", "Brokers leave only when scaling.drainedFrom says that they hold no partitions."),
    ("kafka.brokers.leave", "Warned: what to do about brokers that leave."),
    ("kafka.brokers.volumes-remain", "Volumes of an earlier cluster are started with as many brokers as it had."),
    ("kafka.replicas.more-than-brokers", "The replication factor is at most the number of brokers."),
    ("kafka.replicas.min-insync", "Fewer replicas confirm a write than there are, so that one broker may be missing."),
    ("kafka.replicas.one-confirms", "Warned: three replicas, but one alone confirms a write."),
    ("kafka.replicas.one-copy", "Warned: three brokers or more, but one replica."),
    ("kafka.memory.too-small", "The memory limit leaves the heap at least what an empty broker needs: 768Mi."),
    ("kafka.heap.too-large", "The heap is at most half of the memory limit."),
    ("kafka.image.too-old", "The image is of version 4.0 or newer."),
    ("kafka.image.minor-up", "Pointed out: the metadata's format is raised by hand after an upgrade."),
    ("kafka.image.minor-down", "Metadata of a newer minor version is never given to an older one."),
    ("kafka.retention.zero", "Records are kept for at least an hour."),
    ("kafka.retention.unlimited", "Warned: records are limited neither by age nor by size."),
    ("kafka.auth.reserved-user", "The application's user is none of admin, internal and monitor."),
    ("kafka.auth.running", "auth.enabled changes only while no broker runs: both kinds do not understand each other."),
    ("kafka.external.hosts", "externalAccess names one address for each broker."),
    ("kafka.external.same-host", "Load balancers have different addresses."),
    ("kafka.external.ports", "Node ports end at 32767."),
    ("kafka.external.no-password", "Warned: access from outside without passwords."),
    ("kafka.service.exposure", "The client Service stays inside; externalAccess opens every broker."),
    ("kafka.spread.nodes", "Warned: requireNodes needs as many nodes as brokers."),
    ("kafka.storage.scale-down-delete", "Volumes are not deleted on scale-down: pausing scales to zero."),
    ("kafka.topics.reserved", "Topic names of Kafka's own are not used."),
    ("kafka.topics.twice", "A topic is named once."),
    ("kafka.topics.collide", "Topic names differ by more than dots and underscores."),
    ("kafka.topics.replicas", "A topic's replication factor is at most the number of brokers."),
    ("kafka.topics.min-insync", "A topic's min.insync.replicas is less than its replication factor."),
    ("kafka.topics.left", "Pointed out: a topic that is no longer named stays, with its records."),
    ("kafka.topics.partitions-shrink", "A topic's partitions never become fewer."),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    let mut own = RULES.to_vec();
    own.push(("kafka.topics.partitions-grow", "Warned: with more partitions a key may be in another one."));
    own.push(("kafka.brokers.drained-runs", "Brokers that are said to be empty do not go on running."));
    own.push(("kafka.replicas.kept", "Pointed out: a new default of replicas applies to new topics alone."));
    own.push(("kafka.topics.replicas-kept", "Warned: a topic that exists keeps its replicas."));
    block::rules(&SPEC, &own)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "More brokers",
            "Raise `brokers` and publish. The brokers there are keep running: who decides about metadata does not change. \
             New topics use the new brokers at once; `kafka-reassign-partitions.sh` moves partitions of old ones.",
        ),
        Operation::new(
            "Fewer brokers",
            "Move everything off the brokers with the highest ordinals with `kafka-reassign-partitions.sh`, look with \
             `kafka-log-dirs.sh` that they hold nothing, lower `brokers`, set \
             `scaling.drainedFrom` to the same number and publish. Then `kafka-cluster.sh unregister --id ID` for each. Controllers never leave.",
        ),
        Operation::new(
            "Topics",
            "A Job named after its content creates what `topics` names, adds partitions and sets settings, and never \
             deletes. Change the list and publish; the Job's log says what it did and what it left alone.",
        ),
        Operation::new(
            "Users",
            "With `auth.enabled` there are `admin`, the application's user and, with metrics, `monitor`. Their passwords \
             are put into Kafka by the same Job: after changing one in the Secret, delete the Job and publish. \
             `kafka-acls.sh` narrows what a user may do; where no ACL names a thing, every user may use it. `monitor` then needs Describe.",
        ),
        Operation::new(
            "Upgrade",
            "Change `image.tag` and publish: brokers restart one by one. When all is well, `kafka-features.sh upgrade \
             --release-version VERSION` raises the metadata's format; until then an older image would still start, but \
             the plan does not go back, because it cannot see that.",
        ),
        Operation::new(
            "Lost volume",
            "Delete the claim and the pod: the broker starts empty and copies its partitions from the others. With three \
             controllers do that for one of the first three brokers at a time, and only while the two others run: two \
             controllers without metadata would outvote the one that still has it.",
        ),
        Operation::new(
            "Backup",
            "Kafka has no consistent backup of volumes of several brokers: mirror the topics into a second definition \
             with MirrorMaker. Keep the Secret with the cluster id beside snapshots of volumes: they start with no other.",
        ),
    ]
}
