//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::values::Engine;

/// Every rule of the template's own.
const RULES: [(&str, &str); 16] = [
    ("redis.memory.too-small", "The memory limit is at least 128Mi."),
    (
        "redis.storage.below-rewrite",
        "With an append-only file the volume has at least 2.5 times maxmemory, so that a rewrite of the file fits.",
    ),
    ("redis.policy.evicts-stored", "Warned: a policy that drops keys although they are kept on disk."),
    ("redis.policy.cache-refuses", "Pointed out: a cache that refuses writes when it is full."),
    ("redis.disable-commands.needed", "Commands the probes and the shutdown need stay enabled."),
    ("redis.modules.unsupported", "Modules need the engine redis, version 8 or newer."),
    ("redis.modules.switched-off", "Warned: a server without modules does not start on data of module types."),
    ("redis.image.too-old", "Versions below 7.2 write their log in a form that is not handled."),
    ("redis.auth.charset", "Pointed out: which characters a password from an existing Secret may have."),
    ("redis.auth.off", "Warned: without a password everybody who can connect may do anything."),
    ("redis.metrics.pod-monitor", "Pointed out: what a PodMonitor needs in the cluster."),
    ("redis.engine.changed", "Data files do not move between Redis and Valkey."),
    ("redis.databases.fewer", "The number of databases does not fall while data is kept."),
    (
        "redis.persistence.aof-to-rdb",
        "From aof to rdb only by way of both: a server with snapshots only would start empty.",
    ),
    (
        "redis.persistence.switched",
        "Warned: data in memory is lost, or the volume is no longer used, when persistence is switched on or off.",
    ),
    (
        "redis.memory.shrinks",
        "Warned: less memory than before, because data that no longer fits keeps the pod from starting.",
    ),
];

/// The rules of watched sets.
const WATCHED: [(&str, &str); 20] = [
    ("redis.replicas.topology", "A standalone server is one; a watched set has 3, 5 or 7 servers."),
    ("redis.proxy.standalone", "The proxy is for watched sets."),
    ("redis.sentinel.quorum-too-high", "The quorum is at most the number of replicas."),
    ("redis.sentinel.quorum-minority", "Warned: a quorum of half the Sentinels or fewer."),
    ("redis.sentinel.timeout-short", "The failover timeout is at least twice downAfterMs."),
    (
        "redis.sentinel.timeout-long",
        "Warned: a failover timeout over 60 seconds, because a failed attempt is repeated after twice that.",
    ),
    ("redis.sentinel.never-writes", "minReplicasToWrite is less than the number of replicas."),
    ("redis.sentinel.writes-stop", "Warned: minReplicasToWrite so high that one missing pod stops all writes."),
    (
        "redis.sentinel.reachable",
        "Pointed out: without a network policy the Sentinels are reachable from everywhere in the cluster.",
    ),
    (
        "redis.service.sentinel-inside",
        "Warned: Sentinels opened to the outside answer with names that exist inside only.",
    ),
    ("redis.service.address-changes", "Warned: the definition's name no longer leads to a server."),
    ("redis.master-name.changed", "The name of the master stays."),
    ("redis.scale.shrink-jump", "A watched set shrinks by so many pods only that a majority of its Sentinels stays."),
    ("redis.scale.shrink", "Pointed out: the pods with the highest numbers leave, and with them perhaps the master."),
    (
        "redis.topology.standalone-to-sentinel",
        "Pointed out: pod 0 keeps its data, the others copy it, the StatefulSet is replaced without its pods.",
    ),
    (
        "redis.topology.sentinel-to-standalone",
        "A watched set becomes one server only after pod 0 was made the master and the others were taken away.",
    ),
    ("redis.topology.starts-empty", "Warned: a set without volumes leaves nothing to one server."),
    (
        "redis.topology.leftover-volumes",
        "Volumes of an earlier watched set do not join a new one; pointed out where they may hold newer data.",
    ),
    (
        "redis.auth.switch-watched",
        "The password is not switched on or off in a watched set, nor together with the topology.",
    ),
    (
        "redis.auth.secret-watched",
        "Warned: another Secret must hold the same password, because pods restart one by one.",
    ),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    let all: Vec<(&str, &str)> = RULES.iter().chain(&WATCHED).copied().collect();
    block::rules(&Engine::Redis.spec(), &all)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new("Backup", BACKUP),
        Operation::new("Choosing the master", PROMOTE),
        Operation::new("From one server to a watched set, and back", TOPOLOGY),
        Operation::new("Another password for a watched set", PASSWORD),
        Operation::new("When a server waits to start", WAITING),
        Operation::new("Which write survives", SURVIVES),
    ]
}

const BACKUP: &str = "With `rdb` or `both` the volume holds a consistent `dump.rdb`; copy it with `kubectl cp NAMESPACE/NAME-0:/data/dump.rdb dump.rdb -c redis`. With `aof` ask for one first: `BGSAVE`, and wait for `rdb_bgsave_in_progress:0` in `INFO persistence`. In a watched set take it from a replica.";

const PROMOTE: &str = "`kubectl exec -n NAMESPACE NAME-1 -c redis -- sh /scripts/promote.sh` makes that pod the master. A pod that is stopped in an orderly way hands its part over by itself first.";

const TOPOLOGY: &str = "Forth: set `topology: sentinel` and publish with `--allow-replace StatefulSet/NAME`. Pod 0 keeps running and keeps its data, the new pods copy it, then pod 0 restarts and joins them.\n\nBack: run promote.sh in pod 0, `kubectl scale -n NAMESPACE statefulset/NAME --replicas=1`, then publish `topology: standalone` with `--allow-replace StatefulSet/NAME`. Delete the volumes of the other pods before you ever go forth again.";

const PASSWORD: &str = "Servers with two passwords cannot copy from each other, so a rolling restart stops at the first pod, which does not become ready. Put the password into the Secret, then restart all at once: `kubectl delete pod -n NAMESPACE -l app.kubernetes.io/instance=NAME`. Clients are interrupted for as long as a start takes; no data is lost.";

const WAITING: &str = "A server of a watched set starts when a majority of the Sentinels says who the master is; until then its log says what it waits for. An empty one does not become the master while another holds data. If the other pods are lost for good: `kubectl exec -n NAMESPACE NAME-0 -c redis -- touch /data/sentinel/start-as-master`.";

const SURVIVES: &str = "Replication is asynchronous: a master that is lost in an instant takes the writes of the last moment with it, and one that is cut off from the others those since then; `sentinel.minReplicasToWrite: 1` bounds the second to ten seconds. An orderly stop loses none.";
