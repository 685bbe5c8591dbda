//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 41] = [
    ("mysql.names.reserved-database", "The database is not one of the server's own."),
    ("mysql.names.reserved-user", "The account is not one of the server's or the template's own."),
    ("mysql.names.user-too-long", "An account name has at most 32 characters."),
    ("mysql.names.user-immutable", "The account keeps its name; further ones are made with SQL."),
    ("mysql.names.database-immutable", "The database keeps its name; further ones are made with SQL."),
    ("mysql.names.case-immutable", "lowerCaseTableNames is decided when the data directory is made."),
    ("mysql.memory.too-small", "The memory limit is at least 1Gi: a server without data takes about 500 MiB."),
    ("mysql.memory.buffer-pool", "The buffer pool is at most four fifths of the memory limit."),
    (
        "mysql.memory.over-committed",
        "Buffer pool, connections and the server itself fit into the memory limit together.",
    ),
    ("mysql.storage.too-small", "The volume holds the redo log four times, and 2Gi."),
    ("mysql.charset.pair", "The collation belongs to the character set."),
    ("mysql.charset.changed", "Warned: existing tables keep the character set they were made with."),
    ("mysql.init-scripts.two-sources", "Init scripts come from files or from a ConfigMap, not from both."),
    ("mysql.init-scripts.spent", "Pointed out: init scripts run once, when the volume is new."),
    ("mysql.storage.scale-down-delete", "Volumes are not deleted on scale-down: pausing scales to zero."),
    ("mysql.server-id.immutable", "serverIdBase does not change: replicas would take the server for another one."),
    ("mysql.version.down", "Data of a newer version is never given to an older one."),
    ("mysql.version.up", "Warned: the data directory is upgraded and cannot go back."),
    ("mysql.version.innovation", "Warned: innovation releases are supported only until the next one."),
    (
        "mysql.version.primary-first",
        "Warned: another version while the primary is not ordinal 0, because it would be upgraded before replicas.",
    ),
    ("mysql.replication.primary-missing", "The primary is one of the members."),
    (
        "mysql.replication.relaxed",
        "Warned: relaxed durability with replicas, which a crash can leave with lost writes.",
    ),
    ("mysql.binlog.too-short", "With replicas, binary logs stay for a day at least."),
    ("mysql.semi-sync.no-replica", "Waiting for a replica needs topology: replication."),
    ("mysql.semi-sync.one-replica", "Warned: one replica alone makes writes wait whenever it restarts."),
    ("mysql.semi-sync.stall", "Warned: a wait of more than a minute is an outage of its own."),
    ("mysql.readiness.no-replica", "Pointed out: requireReplication has no effect on one server."),
    ("mysql.topology.to-replication", "Pointed out: the server restarts and keeps its volume; replicas come next."),
    ("mysql.topology.alone-first", "One server becomes replicated without replicas first, and gets them then."),
    ("mysql.scale.copies", "Pointed out: new replicas read all data of the primary once."),
    ("mysql.scale.claims-stay", "Pointed out: claims of members that go stay."),
    ("mysql.promotion.guided", "Warned: another primary, what happens on the way, and what to look at before."),
    ("mysql.promotion.forced", "Warned: another primary that may leave writes of the old one behind."),
    ("mysql.promotion.force-stays", "Warned: force is still set although no promotion is under way."),
    ("mysql.promotion.no-data", "A member that was not there before does not become the primary."),
    ("mysql.promotion.primary-leaves", "The old primary is not removed in the step in which another takes over."),
    ("mysql.promotion.with-upgrade", "A promotion and another version are two steps."),
    ("mysql.volumes.of-members", "One server is not started over volumes that several members left behind."),
    ("mysql.tls.no-secret", "tls.mode: secretRef names its Secret."),
    ("mysql.tls.unused-secret", "A named certificate is used."),
    ("mysql.tls.required", "Warned: clients that do not encrypt will be refused."),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    block::rules(&SPEC, &RULES)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "Backup",
            "`mysqldump --single-transaction --all-databases` over the client Service writes a consistent dump of InnoDB \
             tables; where there are replicas, take it from the Service `<name>-read`. Volume snapshots are consistent \
             too: InnoDB recovers from them as from a crash. A replica is no backup: it repeats a mistake at once.",
        ),
        Operation::new(
            "Failure of the primary",
            "Nothing fails over by itself. The pod of the primary comes back with its volume, on another node where the \
             volume can follow, and replicas connect again within seconds. Meanwhile `<name>-read` goes on serving \
             readers.",
        ),
        Operation::new(
            "Promotion",
            "Look first that the candidate is up to date (`SHOW REPLICA STATUS`, `Seconds_Behind_Source: 0`), then \
             publish another `replication.primaryOrdinal`. Members restart one by one, from the highest ordinal. The new \
             primary makes the old one read-only, takes over whatever it or any other member holds, and then takes \
             writes; the old one becomes its replica. New connections cannot write from the publish until then. A member \
             with a higher ordinal that does not get ready holds everything up: look at it first.\n\n\
             Where the old primary does not answer, the new one waits and says so in the log of its `init` container. If \
             the old one is lost for good, publish `replication.promotion: force`: it restarts nothing and is seen within \
             about a minute. Writes that never left the old primary are then lost. Should it come back with such \
             writes, it is held back, read-only and not ready, until you saved what you need and deleted its claim and \
             pod; it is then copied anew. Set `promotion` back to `wait` afterwards.",
        ),
        Operation::new(
            "Scaling",
            "One server becomes a replicated one in two steps: publish `topology: replication` with \
             `replication.replicas: 0`, which restarts it once, then the number of replicas. \
             `replication.replicas` can go up and down at any time; nothing restarts. A new member copies the primary by \
             the clone plugin, one after the other, and shows it in the log of its `init` container. Claims of members \
             that go stay. A member that was away for longer than `binlogExpireDays` copies everything again.",
        ),
        Operation::new(
            "A lost volume",
            "A replica with an empty volume copies the primary again. A primary with an empty volume beside members that \
             hold data does not start: promote one of them with `replication.promotion: force`.",
        ),
    ]
}
