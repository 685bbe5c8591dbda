//! Rules about values and about the way from earlier ones, each with a stable code and a way out.
//! It never looks at the cluster: what was there before comes with the request.

use template_sdk::block::{forbid_change, transitions};
use template_sdk::prelude::*;

use crate::config::OWNED;
use crate::values::Values;

/// Least MiB of a node: with both plugins it uses some 200 before the first message.
const LEAST_MIB: u64 = 512;

/// Judges the values, then the way from every earlier state to them.
pub(crate) fn judge(values: &Values, block: &Block, request: &Request) -> Result<Findings, Findings> {
    let mut findings = transitions(block, request, true);
    findings.extend(sizes(block));
    findings.extend(version(block));
    findings.extend(block.owned_settings(&OWNED));
    findings.extend(stale_list(values));
    let hint = "keep the old name; rabbitmqctl add_user makes further users";
    findings.extend(forbid_change::<String>(request, "/username", "rabbitmq.username.changed", hint));
    for before in request.earlier::<Values>()? {
        findings.extend(scale(&before, values, block));
    }
    Ok(findings)
}

fn sizes(block: &Block) -> Vec<Finding> {
    let (limit, disk) = (block.resources.memory_limit, block.storage_size);
    let enough = Quantity::from_mib(LEAST_MIB);
    let mut findings = Vec::new();
    if limit < enough {
        let message = format!("{limit} of memory is less than {enough}");
        let finding = Finding::error("/resources/limits/memory", "rabbitmq.memory.too-small", message);
        findings.push(finding.hint(format!("ask for {enough} or more")));
    }
    // The server stops taking messages when less than the memory's size is free: that must not be the normal state.
    let least = limit.times(2, 1).ceil_gib();
    if disk < least {
        let message = format!("a volume of {disk} is less than twice the memory limit of {limit}");
        let finding = Finding::error("/storage/size", "rabbitmq.storage.below-memory", message);
        findings.push(finding.hint(format!("set storage.size to {least} or more")));
    }
    findings
}

/// Older versions keep their cluster in another store, which needs other rules.
fn version(block: &Block) -> Option<Finding> {
    let mut numbers = block.tag().split(['.', '-']).map(|part| part.parse::<u32>().ok());
    let found = (numbers.next()??, numbers.next()??);
    (found < (4, 2)).then(|| {
        let message = format!("version {} keeps its cluster in a store this template does not know", block.tag());
        Finding::error("/image/tag", "rabbitmq.image.too-old", message).hint("use 4.2 or newer")
    })
}

/// A list left over from an earlier step would let the next one pass unprepared.
fn stale_list(values: &Values) -> Option<Finding> {
    let staying = values.forgotten.iter().find(|ordinal| **ordinal < values.replicas)?;
    let message = format!("node {staying} is listed as gone, and is one of the {} that stay", values.replicas);
    let finding = Finding::error("/forgotten", "rabbitmq.scale.list-stale", message);
    Some(finding.hint("list only nodes that go with this change; empty the list otherwise"))
}

fn scale(before: &Values, now: &Values, block: &Block) -> Option<Finding> {
    if now.replicas > before.replicas {
        let message =
            format!("{} nodes become {}; queues get members there within minutes", before.replicas, now.replicas);
        return Some(Finding::info("/replicas", "rabbitmq.scale.grows", message));
    }
    let missing = (now.replicas..before.replicas).rev().find(|ordinal| !now.forgotten.contains(ordinal))?;
    let pod = format!("{}-{missing}", block.name);
    let message = format!("node {missing} would be taken away while it is a member, and its queues with it");
    let hint = format!(
        "empty it first: kubectl exec {pod} -- sh /config/leave.sh; then add {missing} to forgotten and publish at once"
    );
    Some(Finding::error("/replicas", "rabbitmq.scale.not-forgotten", message).hint(hint))
}
