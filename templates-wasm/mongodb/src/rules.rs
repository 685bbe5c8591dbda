//! Rules about one set of values, each with a stable code and a way out.
//! It never looks at earlier values: that is `transition.rs`.

use template_sdk::block::{Block, Exposure, Spread};
use template_sdk::{Finding, Findings, Quantity};

use crate::config;
use crate::values::{Values, series};

/// Databases of the server itself.
const RESERVED: [&str; 3] = ["admin", "config", "local"];

/// Judges the values against each other and against what each member gets.
pub(crate) fn judge(values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    findings.extend(size(values));
    findings.extend(memory(values, block.resources.memory_limit));
    findings.extend(volume(values, block));
    findings.extend(names(values));
    findings.extend(tag(values, block.tag()));
    findings.extend(reach(values, block));
    findings.extend(config::judge_extra(&block.extra_config));
    findings
}

fn size(values: &Values) -> Option<Finding> {
    let members = values.members;
    (!matches!(members, 1 | 3 | 5 | 7)).then(|| {
        let message = format!("{members} members survive no more failures than {}", members.saturating_sub(1));
        Finding::error("/members", "mongodb.members.even", message).hint("choose 1, 3, 5 or 7")
    })
}

fn memory(values: &Values, limit: Quantity) -> Vec<Finding> {
    let mut findings = vec![];
    if limit < Quantity::from_mib(1024) {
        let message = format!("{limit} is less than mongod needs beside the smallest cache of 256 MiB");
        let finding = Finding::error("/resources/limits/memory", "mongodb.memory.too-small", message);
        findings.push(finding.hint("use 1Gi or more; size: small is 2Gi"));
    }
    if let Some(cache) = values.cache_size_mi_b.filter(|cache| cache * 4 > limit.mib() * 3) {
        let message = format!("a cache of {cache} MiB is more than three quarters of the limit of {} MiB", limit.mib());
        let finding = Finding::error("/cacheSizeMiB", "mongodb.cache.too-large", message);
        findings.push(finding.hint(format!("use {} or less, or leave cacheSizeMiB out", limit.mib() * 3 / 4)));
    }
    findings
}

fn volume(values: &Values, block: &Block) -> Vec<Finding> {
    let (size, least) = (block.storage_size, Quantity::from_mib(2048));
    let mut findings = vec![];
    if size < least {
        let message = format!("an oplog of at least 990 MB and the journal leave no room for data in {size}");
        let finding = Finding::error("/storage/size", "mongodb.storage.below-oplog", message);
        findings.push(finding.hint(format!("ask for {least} or more")));
    }
    if let Some(oplog) = values.oplog_size_mi_b.filter(|oplog| oplog * 2 > size.mib()) {
        let message = format!("an oplog of {oplog} MiB takes more than half of a volume of {size}");
        let finding = Finding::error("/oplogSizeMiB", "mongodb.oplog.too-large", message);
        findings.push(finding.hint(format!("use {} or less, or a larger storage.size", size.mib() / 2)));
    }
    // Pausing scales to zero, and a claim that goes with its pod takes the data along.
    if block.storage.on_scale_down.as_deref() == Some("delete") {
        let message = "pausing scales to zero members, and every volume would be deleted with them";
        let finding = Finding::error("/storage/onScaleDown", "mongodb.storage.scale-down-delete", message);
        findings.push(finding.hint("keep retain, and delete the claims of members that left by hand"));
    }
    findings
}

fn names(values: &Values) -> Option<Finding> {
    RESERVED.contains(&values.database.as_str()).then(|| {
        let message = format!("`{}` is a database of the server itself", values.database);
        Finding::error("/database", "mongodb.database.reserved", message).hint("name one for the application")
    })
}

/// The image must be of the series that the rules about versions judge.
fn tag(values: &Values, tag: &str) -> Option<Finding> {
    let (major, _) = series(tag)?;
    let (wanted, _) = series(values.version.text())?;
    (major != wanted).then(|| {
        let message = format!("the tag {tag} is not of the series {}", values.version.text());
        let finding = Finding::error("/image/tag", "mongodb.version.tag-differs", message);
        finding.hint(format!("use a tag of {wanted}, or set version to the image's series"))
    })
}

fn reach(values: &Values, block: &Block) -> Vec<Finding> {
    let mut findings = vec![];
    let members = values.members;
    if block.scheduling.spread == Spread::RequireNodes && members > 1 {
        let message = format!("every member needs a node of its own; with fewer than {members} some stay Pending");
        let finding = Finding::warning("/scheduling/spread", "mongodb.spread.nodes", message);
        findings.push(finding.hint("preferNodes never blocks"));
    }
    if block.exposure != Exposure::Cluster {
        let message =
            "drivers learn the members' names inside the cluster from the set, and cannot reach them from outside";
        let finding = Finding::warning("/service/exposure", "mongodb.service.discovery", message);
        findings.push(finding.hint("outside clients need directConnection=true, and reach any one member"));
    }
    findings
}
