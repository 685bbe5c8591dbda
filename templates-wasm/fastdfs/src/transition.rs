//! What may follow what: a storage is known by its number, a file by its group and directory.
//! It never allows a change after which files are looked for where they are not.

use template_sdk::block::{Block, forbid_change};
use template_sdk::{Finding, Findings, Quantity, Request, State};

use crate::values::{Group, Values};

/// Judges the change from every earlier state.
pub(crate) fn judge(request: &Request, values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    for state in request.states() {
        let before: Vec<Group> = state.at("/groups").unwrap_or_default();
        for (index, old) in before.iter().enumerate() {
            findings.extend(group(request, index, old, values.groups.get(index)));
            findings.extend(volume(state, index, old, values, block));
        }
        findings.extend(trackers(state, values));
    }
    let hint = "put it back, or publish a second definition and upload the files there";
    findings.extend(forbid_change::<u32>(request, "/subdirCountPerPath", "fastdfs.files.immutable", hint));
    findings.extend(forbid_change::<bool>(request, "/useTrunkFile", "fastdfs.files.immutable", hint));
    findings
}

fn group(request: &Request, index: usize, old: &Group, new: Option<&Group>) -> Option<Finding> {
    let path = format!("/groups/{index}");
    let Some(new) = new.filter(|new| new.name == old.name) else {
        let message = format!(
            "`{}` was group number {index}; its storages are known by that number, and its files by its name",
            old.name
        );
        let finding = Finding::error(path, "fastdfs.groups.order", message);
        return Some(finding.hint("keep the groups in their order and add new ones at the end"));
    };
    if new.replicas < old.replicas {
        let message = format!(
            "`{}` goes from {} to {} storages; the trackers would wait for the missing ones, and files that were not \
             copied yet would be lost",
            old.name, old.replicas, new.replicas
        );
        let hint = format!(
            "keep {}; a storage is taken out by hand with `fdfs_monitor /ku8/conf/client.conf delete {} NUMBER`",
            old.replicas, old.name
        );
        return Some(Finding::error(format!("{path}/replicas"), "fastdfs.groups.shrink", message).hint(hint));
    }
    (new.replicas > old.replicas).then(|| {
        let message = format!(
            "`{}` of `{}` gets new storages: all trackers restart first, then all storages, one after the other",
            old.name, request.name
        );
        Finding::info(format!("{path}/replicas"), "fastdfs.groups.grow", message)
            .hint("a new storage serves files when it has copied those of its group")
    })
}

fn volume(state: &State, index: usize, old: &Group, values: &Values, block: &Block) -> Option<Finding> {
    let new = values.groups.get(index).filter(|new| new.name == old.name)?;
    // Where neither says a size of its own, the shared rule speaks.
    let before = old.storage_size.or_else(|| state.at("/storage/size"))?;
    let now = new.size(block);
    (now < before && (old.storage_size.is_some() || new.storage_size.is_some())).then(|| {
        let message = format!("the volumes of `{}` have {before}; {now} is less, and volumes cannot shrink", old.name);
        let finding = Finding::error(format!("/groups/{index}/storageSize"), "fastdfs.groups.volume-shrink", message);
        finding.hint(format!("keep {before}"))
    })
}

fn trackers(state: &State, values: &Values) -> Vec<Finding> {
    let mut findings = vec![];
    let before: Option<u32> = state.at("/trackers");
    if before.is_some_and(|before| before > values.trackers) {
        let message = format!("from {} trackers to {}", before.unwrap_or_default(), values.trackers);
        let finding = Finding::warning("/trackers", "fastdfs.trackers.fewer", message);
        findings.push(finding.hint("clients that name the ones that go fail; change their list first"));
    }
    let size: Option<Quantity> = state.at("/trackerStorageSize");
    if let Some(size) = size.filter(|size| values.tracker_storage_size < *size) {
        let message = format!("the volumes of the trackers have {size}, and volumes cannot shrink");
        let finding = Finding::error("/trackerStorageSize", "fastdfs.trackers.volume-shrink", message);
        findings.push(finding.hint(format!("keep {size}")));
    }
    findings
}
