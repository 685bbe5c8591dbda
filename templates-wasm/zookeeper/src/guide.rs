//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 18] = [
    ("zookeeper.replicas.even", "The ensemble has 1, 3, 5 or 7 members."),
    (
        "zookeeper.scale.odd-jump",
        "It grows by one member at a time, and never from 1: otherwise empty members could outvote those with the data.",
    ),
    ("zookeeper.scale.shrink-jump", "It shrinks by fewer members than could decide alone."),
    ("zookeeper.scale.via", "scaling.via is one step away from replicas."),
    ("zookeeper.scale.standing", "Warned: an even size is a step, not a place to stay."),
    ("zookeeper.scale.volumes-remain", "Volumes of an earlier ensemble are started with as many members as it had."),
    ("zookeeper.ids.immutable", "firstServerId does not change: the ids are on the volumes."),
    ("zookeeper.storage.log-moved", "The transaction log stays on the volume it is on."),
    ("zookeeper.storage.scale-down-delete", "Volumes are not deleted on scale-down: pausing scales to zero."),
    ("zookeeper.sessions.too-short", "The shortest session lasts at least two ticks."),
    ("zookeeper.sessions.order", "The shortest session is shorter than the longest."),
    ("zookeeper.limits.order", "initLimit is at least syncLimit."),
    ("zookeeper.memory.too-small", "The memory limit leaves the heap at least what an empty server needs: 512Mi."),
    ("zookeeper.memory.small", "Warned: less than 1Gi outside development, because the whole tree lives in the heap."),
    ("zookeeper.heap.too-large", "The heap is at most three quarters of the memory limit."),
    ("zookeeper.words.probes", "The four-letter words the probes send stay allowed."),
    ("zookeeper.connections.unlimited", "Warned: no limit of connections for each client."),
    ("zookeeper.spread.nodes", "Warned: requireNodes needs as many nodes as members."),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    block::rules(&SPEC, &RULES)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "Scaling",
            "Change `replicas` by the steps a refusal names and publish each; wait until every member is ready in between. Members that leave keep their volumes.",
        ),
        Operation::new(
            "Backup",
            "Copy `/data/version-2` of one member: the newest snapshot with the transaction logs after it is the whole tree. `zkSnapshotToolkit.sh` reads it.",
        ),
    ]
}
