//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` and `transition.rs` do, with the codes named here.

use template_sdk::{Operation, Rule, block};

use crate::values::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 17] = [
    ("fastdfs.image.required", "An image is named: FastDFS has no official one."),
    ("fastdfs.names.too-long", "The definition's name with a group's has at most 52 characters."),
    ("fastdfs.groups.none", "There is at least one group."),
    ("fastdfs.groups.duplicate", "Groups have names of their own, and none is called tracker."),
    ("fastdfs.groups.too-small", "A group's volume has at least 1Gi."),
    ("fastdfs.groups.single", "Warned: a group with one storage keeps one copy."),
    ("fastdfs.groups.order", "Groups keep their name and place; new ones go to the end."),
    ("fastdfs.groups.shrink", "A group never loses storages by a change of values."),
    ("fastdfs.groups.grow", "Pointed out: new storages restart the trackers first, then the storages."),
    ("fastdfs.groups.volume-shrink", "A group's volumes never shrink."),
    ("fastdfs.trackers.fewer", "Warned: clients may name a tracker that goes."),
    ("fastdfs.trackers.volume-shrink", "The trackers' volumes never shrink."),
    ("fastdfs.lookup.group", "A group named for new files exists, and is named where storeLookup is 1."),
    ("fastdfs.connections.memory", "Buffers of connections take at most three quarters of the memory limit."),
    ("fastdfs.storage.scale-down-delete", "Volumes are not deleted on scale-down: pausing scales to zero."),
    ("fastdfs.network.open", "Warned: nothing but the network keeps anybody from deleting files."),
    ("fastdfs.files.immutable", "subdirCountPerPath and useTrunkFile do not change: files are found by them."),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    block::rules(&SPEC, &RULES)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "Beta",
            "The configuration is checked against the settings FastDFS knows; it was never run, because no package carries FastDFS. Try it with your image before files depend on it.",
        ),
        Operation::new(
            "Watching",
            "`fdfs_monitor /ku8/conf/client.conf` in any pod lists groups and storages; all of them are to be `ACTIVE`.",
        ),
        Operation::new(
            "Scaling",
            "More storages in a group, or another group at the end of the list: publish. The trackers restart first, then the storages, one after the other. A storage is taken out by hand: `fdfs_monitor /ku8/conf/client.conf delete GROUP NUMBER`.",
        ),
        Operation::new(
            "A lost volume",
            "Delete the claim and the pod: the storage starts empty under its old number and copies the files of its group. A group with one storage has no other copy.",
        ),
        Operation::new(
            "Backup",
            "Copy `/data/store` of one storage of each group, or take snapshots of its volume; `/data/base` holds what is still to be copied.",
        ),
    ]
}
