//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` and `transition.rs` do, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::values::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 22] = [
    ("mongodb.members.even", "The set has 1, 3, 5 or 7 members."),
    ("mongodb.members.majority", "Members that stay can decide alone: 5 to 3 and 7 to 5, never 3 to 1."),
    ("mongodb.members.leave", "Pointed out: a Job takes members out of the set before their pods go."),
    ("mongodb.members.old-volume", "Warned: a new member would go on from a volume of an earlier size."),
    ("mongodb.members.volumes-remain", "A set over volumes of an earlier one starts with as many members as it had."),
    ("mongodb.memory.too-small", "The memory limit is at least 1Gi."),
    ("mongodb.cache.too-large", "The cache is at most three quarters of the memory limit."),
    ("mongodb.storage.below-oplog", "A volume has at least 2Gi, because the oplog alone takes 990 MB."),
    ("mongodb.storage.scale-down-delete", "Volumes are not deleted on scale-down: pausing scales to zero."),
    ("mongodb.oplog.too-large", "The oplog takes at most half of the volume."),
    ("mongodb.oplog.only-new", "Warned: members that exist keep the oplog they have."),
    ("mongodb.database.reserved", "The application's database is none of the server's own."),
    ("mongodb.version.tag-differs", "An image tag is of the series chosen under version."),
    ("mongodb.version.down", "Data files are never given to an older version."),
    ("mongodb.version.jump", "No major version is left out."),
    ("mongodb.version.fcv", "Warned: a newer major version needs the feature compatibility version of the one before."),
    ("mongodb.set.name-immutable", "replicaSetName does not change: it is on the volumes."),
    ("mongodb.set.domain-immutable", "clusterDomain does not change: the set knows its members by their whole names."),
    ("mongodb.user.changed", "Warned: another database or user name makes a further user and moves no data."),
    ("mongodb.extra-config.shape", "extraConfig holds dotted names of known sections with plain values."),
    ("mongodb.spread.nodes", "Warned: requireNodes needs as many nodes as members."),
    ("mongodb.service.discovery", "Warned: outside clients cannot reach the members the set names to them."),
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
            "Change `members` and publish. New members are taken in one at a time, each when all the others are well. Before members go, a Job takes them out of the set; it waits while one that stays is not well. If it failed, mend the set, delete the Job and publish again. Volumes of members that left stay.",
        ),
        Operation::new(
            "Upgrading",
            "From 7.0 to 8.0: check on every member that the feature compatibility version is 7.0 (`db.adminCommand({getParameter: 1, featureCompatibilityVersion: 1})`), take a backup, set `version: \"8.0\"` and publish. After some days run `db.adminCommand({setFeatureCompatibilityVersion: \"8.0\", confirm: true})`; from then on there is no way back.",
        ),
        Operation::new(
            "A lost volume",
            "Delete the claim and the pod of that member: it starts empty, is recognised by the others and copies their data. It never starts a set of its own while one exists. A set of one member has no other copy.",
        ),
        Operation::new(
            "Backup",
            "`mongodump --oplog` as `root` against a secondary, or a snapshot of one member's volume. The Secret with the keyfile and the passwords belongs to the backup.",
        ),
        Operation::new(
            "Passwords",
            "They are made once. To change one, run `db.changeUserPassword` first, then store the new one in the Secret; changing only the Secret changes nothing in the database.",
        ),
    ]
}
