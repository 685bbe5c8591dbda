//! The configuration of trackers, storages and clients.
//! It never holds a secret: FastDFS knows none.

use std::fmt::Write as _;

use template_sdk::block::Block;

use crate::values::{Group, Values, server_id};

/// Port of a tracker.
pub(crate) const TRACKER_PORT: u16 = 22122;
/// Port of a storage.
pub(crate) const STORAGE_PORT: u16 = 23000;

/// Every file, by name.
pub(crate) fn files(block: &Block, values: &Values) -> Vec<(String, String)> {
    let mut files = vec![
        ("tracker.conf".to_owned(), tracker(block, values)),
        ("storage_ids.conf".to_owned(), storage_ids(block, values)),
        ("client.conf".to_owned(), client(block, values)),
        ("run.sh".to_owned(), include_str!("files/run.sh").to_owned()),
    ];
    for group in &values.groups {
        files.push((format!("storage-{}.conf", group.name), storage(block, values, group)));
    }
    files
}

/// Name of the trackers' StatefulSet.
pub(crate) fn tracker_name(block: &Block) -> String {
    format!("{}-tracker", block.name)
}

/// Name of a group's StatefulSet.
pub(crate) fn group_name(block: &Block, group: &Group) -> String {
    format!("{}-{}", block.name, group.name)
}

fn lines(text: &mut String, settings: &[(&str, String)]) {
    for (key, value) in settings {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key} = {value}");
    }
}

fn tracker(block: &Block, values: &Values) -> String {
    let mut text = include_str!("files/tracker.conf").to_owned();
    lines(
        &mut text,
        &[
            ("max_connections", values.connections(block.resources.memory_limit).to_string()),
            ("work_threads", values.work_threads.to_string()),
            ("store_lookup", values.store_lookup.to_string()),
            ("reserved_storage_space", values.reserved_storage_space.clone()),
            ("use_trunk_file", values.use_trunk_file.to_string()),
        ],
    );
    if let Some(group) = values.store_group.as_ref().filter(|_| values.store_lookup == 1) {
        lines(&mut text, &[("store_group", group.clone())]);
    }
    allow(&mut text, values);
    text
}

fn storage(block: &Block, values: &Values, group: &Group) -> String {
    let mut text = include_str!("files/storage.conf").to_owned();
    lines(
        &mut text,
        &[
            ("group_name", group.name.clone()),
            ("max_connections", values.connections(block.resources.memory_limit).to_string()),
            ("work_threads", values.work_threads.to_string()),
            ("disk_reader_threads", values.disk_threads.to_string()),
            ("disk_writer_threads", values.disk_threads.to_string()),
            ("subdir_count_per_path", values.subdir_count_per_path.to_string()),
        ],
    );
    allow(&mut text, values);
    trackers(&mut text, block, values);
    text
}

fn client(block: &Block, values: &Values) -> String {
    let mut text = "# For fdfs_monitor and the other tools, inside a pod.\nbase_path = /tmp\nconnect_timeout = 5\nnetwork_timeout = 30\nlog_level = info\n".to_owned();
    trackers(&mut text, block, values);
    text
}

fn allow(text: &mut String, values: &Values) {
    for host in &values.allow_hosts {
        lines(text, &[("allow_hosts", host.clone())]);
    }
}

fn trackers(text: &mut String, block: &Block, values: &Values) {
    for ordinal in 0..values.trackers {
        let host = block.fqdn(&format!("{}-{ordinal}", tracker_name(block)));
        lines(text, &[("tracker_server", format!("{host}:{TRACKER_PORT}"))]);
    }
}

/// Each storage by number, group and the name of its own Service, whose address outlives every pod.
fn storage_ids(block: &Block, values: &Values) -> String {
    let mut text = "# number, group, host\n".to_owned();
    for (index, group) in values.groups.iter().enumerate() {
        for ordinal in 0..group.replicas {
            let host = block.fqdn(&format!("{}-{ordinal}", group_name(block, group)));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{} {} {host}", server_id(index, ordinal), group.name);
        }
    }
    text
}
