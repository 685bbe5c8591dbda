//! Rules about one set of values, each with a stable code and a way out.
//! It never looks at earlier values: that is `transition.rs`.

use template_sdk::block::{Block, NetworkMode};
use template_sdk::{Finding, Findings, Quantity};

use crate::config;
use crate::values::{Values, buffers_mib};

/// The longest name of a StatefulSet.
const LONGEST: usize = 52;

/// Judges the values against each other and against what each server gets.
pub(crate) fn judge(values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    findings.extend(image(block));
    findings.extend(names(values, block));
    findings.extend(groups(values));
    findings.extend(lookup(values));
    findings.extend(memory(values, block.resources.memory_limit));
    findings.extend(regrets(values, block));
    findings
}

/// There is no image to fall back on; what is said here is all a person has to find or build one.
fn image(block: &Block) -> Option<Finding> {
    let path = match (&block.image.repository, &block.image.tag) {
        (None, _) => "/image/repository",
        (_, None) => "/image/tag",
        _ => return None,
    };
    let message = "FastDFS has no official image, and the common ones are old and run as root";
    let finding = Finding::error(path, "fastdfs.image.required", message);
    Some(finding.hint(
        "name one with FastDFS 6.11 or newer (fdfs_trackerd and fdfs_storaged in PATH), a shell, coreutils and sed, that \
         works as user 10001 with a read-only root: image.repository and image.tag",
    ))
}

fn names(values: &Values, block: &Block) -> Vec<Finding> {
    let mut findings = vec![];
    let mut judge = |path: String, name: String| {
        if name.len() > LONGEST {
            let message = format!("`{name}` has {} characters; a StatefulSet's name has at most {LONGEST}", name.len());
            let finding = Finding::error(path, "fastdfs.names.too-long", message);
            findings.push(finding.hint("give the definition or the group a shorter name"));
        }
    };
    judge(String::new(), config::tracker_name(block));
    for (index, group) in values.groups.iter().enumerate() {
        judge(format!("/groups/{index}/name"), config::group_name(block, group));
    }
    findings
}

fn groups(values: &Values) -> Vec<Finding> {
    let mut findings = vec![];
    if values.groups.is_empty() {
        let finding =
            Finding::error("/groups", "fastdfs.groups.none", "without a group there is nowhere to put a file");
        findings.push(finding.hint("name one: [{name: group1}]"));
    }
    for (index, group) in values.groups.iter().enumerate() {
        let path = format!("/groups/{index}");
        if values.groups[..index].iter().any(|other| other.name == group.name) {
            let message = format!("there is a group `{}` already", group.name);
            let finding = Finding::error(format!("{path}/name"), "fastdfs.groups.duplicate", message);
            findings.push(finding.hint("choose another name"));
        }
        if group.name == "tracker" {
            let message = "the trackers have this name";
            let finding = Finding::error(format!("{path}/name"), "fastdfs.groups.duplicate", message);
            findings.push(finding.hint("choose another name"));
        }
        if group.storage_size.is_some_and(|size| size < Quantity::from_mib(1024)) {
            let message = "less than 1Gi";
            let finding = Finding::error(format!("{path}/storageSize"), "fastdfs.groups.too-small", message);
            findings.push(finding.hint("ask for 1Gi or more"));
        }
        if group.replicas < 2 {
            let message = format!("`{}` keeps one copy of each file", group.name);
            let finding = Finding::warning(format!("{path}/replicas"), "fastdfs.groups.single", message);
            findings.push(finding.hint("2 keep them through the loss of a volume"));
        }
    }
    findings
}

fn lookup(values: &Values) -> Option<Finding> {
    let known = |name: &String| values.groups.iter().any(|group| group.name == *name);
    let message = match &values.store_group {
        None if values.store_lookup == 1 => {
            "storeLookup 1 puts all new files into one group, and none is named".to_owned()
        }
        Some(name) if !known(name) => format!("there is no group `{name}`"),
        _ => return None,
    };
    let finding = Finding::error("/storeGroup", "fastdfs.lookup.group", message);
    Some(finding.hint("name one of the groups, or choose storeLookup 0 or 2"))
}

fn memory(values: &Values, limit: Quantity) -> Option<Finding> {
    let needed = buffers_mib(values.connections(limit));
    (needed * 4 > limit.mib() * 3).then(|| {
        let connections = values.connections(limit);
        let message =
            format!("the buffers of {connections} connections take {needed} MiB of a limit of {} MiB", limit.mib());
        let finding = Finding::error("/maxConnections", "fastdfs.connections.memory", message);
        finding.hint("leave maxConnections out, or raise resources.limits.memory")
    })
}

fn regrets(values: &Values, block: &Block) -> Vec<Finding> {
    let mut findings = vec![];
    // Pausing scales to zero, and a claim that goes with its pod takes the files along.
    if block.storage.on_scale_down.as_deref() == Some("delete") {
        let message = "pausing scales to zero, and every volume would be deleted with its pod";
        let finding = Finding::error("/storage/onScaleDown", "fastdfs.storage.scale-down-delete", message);
        findings.push(finding.hint("keep retain, and delete claims nobody needs by hand"));
    }
    if block.network == NetworkMode::Off && values.allow_hosts.iter().any(|host| host == "*") {
        let message = "FastDFS asks nobody for a password: whoever reaches it reads, writes and deletes";
        let finding = Finding::warning("/networkPolicy/mode", "fastdfs.network.open", message);
        findings.push(finding.hint("use sameNamespace or labelled, or name addresses under allowHosts"));
    }
    findings
}
