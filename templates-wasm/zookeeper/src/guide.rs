//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 28] = [
    ("zookeeper.replicas.even", "The ensemble has 1, 3, 5 or 7 members."),
    (
        "zookeeper.scale.odd-jump",
        "In mode static it grows by one member at a time, and never from 1: otherwise empty members could outvote those with the data.",
    ),
    (
        "zookeeper.scale.leader",
        "Warned: on the way from 3 to 4 in mode static the last member must not lead when it restarts.",
    ),
    ("zookeeper.scale.shrink-jump", "It shrinks by fewer members than could decide alone."),
    ("zookeeper.scale.via", "scaling.via is one step away from replicas, in mode static only."),
    ("zookeeper.scale.mode", "scaling.mode does not change: the volumes know where the member list is."),
    (
        "zookeeper.scale.initial",
        "In mode reconfig the first publish has as many members as scaling.initialReplicas, which stays.",
    ),
    ("zookeeper.scale.joining", "Pointed out: in mode reconfig new members copy the data before they may vote."),
    ("zookeeper.auth.username", "Clients do not log in as super, who may do everything."),
    ("zookeeper.auth.secret-keys", "Pointed out: which keys an existing Secret must hold."),
    ("zookeeper.auth.quorum-running", "Whether members log in at each other changes only while none runs."),
    ("zookeeper.auth.client-on", "Warned: clients that do not log in are refused from then on."),
    ("zookeeper.auth.client-off", "Warned: everybody may read and write, and znodes of SASL users are out of reach."),
    ("zookeeper.auth.renamed", "Warned: clients that use the old name are refused from then on."),
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
    (
        "zookeeper.words.probes",
        "The four-letter words the probes (and in mode reconfig the members) send stay allowed.",
    ),
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
            "In mode static, change `replicas` by the steps a refusal names and publish each; wait until every member is ready in between. In mode reconfig, set `replicas` and publish: a Job takes those who leave off the member list before their pods go, another puts those who join on it when they are ready, and nobody restarts. New members know the old ones and themselves, not each other, and have no vote until they are added, so they can never decide without the old ones: that is why 1 to 3 and 3 to 5 are safe there. When the leader is among those who leave, writes stop for some seconds while another takes over; until it notices, the old one may still answer `srvr` with `Mode: leader`, but it confirms nothing. Members that leave keep their volumes; one that comes back joins like a new one.",
        ),
        Operation::new(
            "Member list",
            "In mode reconfig, `kubectl exec NAME-0 -- bash -c 'exec 3<>/dev/tcp/127.0.0.1/2181; printf conf >&3; cat <&3'` shows the list a member goes by. A publish that was interrupted while members joined or left is finished by publishing again.",
        ),
        Operation::new(
            "Passwords",
            "With `auth.client` clients log in by SASL digest: a JAAS file with a section `Client` of `org.apache.zookeeper.server.auth.DigestLoginModule`, the username and the password of the output; Java clients of 3.9 also need `-Dzookeeper.fips-mode=false`, without which they do not use the digest. Whether members log in at each other (`auth.quorum`) changes only while none runs: `kubectl scale statefulset NAME --replicas=0`, then publish.",
        ),
        Operation::new(
            "Backup",
            "Copy `/data/version-2` of one member: the newest snapshot with the transaction logs after it is the whole tree. `zkSnapshotToolkit.sh` reads it.",
        ),
    ]
}
