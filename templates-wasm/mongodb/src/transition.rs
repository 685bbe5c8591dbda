//! What may follow what: members keep a majority, names stay, versions go up one step.
//! It never trusts the record alone; claims that outlived a delete are judged too.

use template_sdk::block::{Block, forbid_change};
use template_sdk::{Finding, Findings, Request, State};

use crate::values::{Values, series};

/// Smallest number of members that may decide.
const fn majority(members: u32) -> u32 {
    members / 2 + 1
}

/// Judges the change from every earlier state.
pub(crate) fn judge(request: &Request, values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    let mut known = false;
    for state in request.states() {
        known = true;
        if let Some(old) = state.at::<u32>("/members") {
            findings.extend(members(request, old, values.members));
        }
        findings.extend(version(&tag_of(state), block.tag()));
        findings.extend(user(state, values));
        findings.extend(oplog(state, values));
    }
    if !known {
        findings.extend(from_volumes(request, values.members));
    }
    let copy = "publish a second definition and copy the data with mongodump and mongorestore";
    findings.extend(forbid_change::<String>(request, "/replicaSetName", "mongodb.set.name-immutable", copy));
    let stays = "put the domain back: the set knows its members by these names";
    findings.extend(forbid_change::<String>(request, "/clusterDomain", "mongodb.set.domain-immutable", stays));
    findings
}

fn members(request: &Request, old: u32, new: u32) -> Vec<Finding> {
    if new < old {
        return vec![shrink(old, new)];
    }
    let left = members_with_volumes(request).min(new);
    if new == old || left <= old {
        return vec![];
    }
    let name = &request.name;
    let message = format!(
        "volumes of members {old} to {} remain from an earlier size; mongod goes on from what is on them, and cannot \
         where the oplog no longer reaches back so far",
        left - 1
    );
    let finding = Finding::warning("/members", "mongodb.members.old-volume", message);
    vec![finding.hint(format!("delete the claims data-{name}-{old} to data-{name}-{} first", left - 1))]
}

fn shrink(old: u32, new: u32) -> Finding {
    if new >= majority(old) {
        let message = format!("a Job takes members {new} to {} out of the set before their pods go", old - 1);
        let finding = Finding::info("/members", "mongodb.members.leave", message);
        return finding.hint("their volumes stay; delete the claims when nobody needs them");
    }
    let message = format!(
        "going from {old} to {new} members takes away more than may be missing: {new} of {old} cannot decide, so no \
         member could be taken out of the set"
    );
    let hint = if new == 1 {
        "keep at least 3 members, or publish a second definition with 1 and copy the data".to_owned()
    } else {
        format!("go through {}, and publish each step", old - 2)
    };
    Finding::error("/members", "mongodb.members.majority", message).hint(hint)
}

/// The start of a set over claims an earlier one left behind: it waits for the members it remembers.
fn from_volumes(request: &Request, new: u32) -> Option<Finding> {
    let old = members_with_volumes(request);
    if new >= old {
        return None;
    }
    let name = &request.name;
    let message = format!(
        "volumes of {old} members of an earlier `{name}` remain; the set on them has {old} members and counts those \
         that are missing"
    );
    let hint = format!(
        "start with {old} members and change the size afterwards, or, if the data is not wanted, delete the claims \
         data-{name}-0 to data-{name}-{} first",
        old - 1
    );
    Some(Finding::error("/members", "mongodb.members.volumes-remain", message).hint(hint))
}

/// One more than the highest ordinal that has a data volume.
fn members_with_volumes(request: &Request) -> u32 {
    let prefix = format!("data-{}-", request.name);
    let ordinal = |claim: &String| claim.strip_prefix(&prefix)?.parse::<u32>().ok();
    request.observed_pvcs().iter().filter_map(ordinal).max().map_or(0, |ordinal| ordinal + 1)
}

/// Members the cluster shows, by volumes or by pods: what may still be in the set.
pub(crate) fn members_to_be_seen(request: &Request) -> u32 {
    members_with_volumes(request).max(request.observed_replicas(&request.name).unwrap_or(0))
}

fn tag_of(state: &State) -> String {
    let tag: Option<String> = state.at("/image/tag");
    tag.or_else(|| state.at("/version")).unwrap_or_default()
}

fn version(before: &str, now: &str) -> Option<Finding> {
    let (old, new) = (series(before)?, series(now)?);
    if new < old {
        let message = format!("data files of {before} cannot be opened by {now}");
        let finding = Finding::error("/version", "mongodb.version.down", message);
        let hint = format!("stay on {before}, or publish a second definition and copy the data with mongodump");
        return Some(finding.hint(hint));
    }
    if new.0 > old.0 + 1 {
        let message = format!("from {before} to {now} leaves a major version out, which mongod refuses to start from");
        let finding = Finding::error("/version", "mongodb.version.jump", message);
        return Some(finding.hint(format!("go to {}.0 first and set its feature compatibility version", old.0 + 1)));
    }
    (new.0 > old.0).then(|| {
        let message = format!(
            "before {before} becomes {now}, featureCompatibilityVersion must be \"{}.{}\" on every member, and stays \
             so afterwards until it is set",
            old.0, old.1
        );
        let hint = format!(
            "check with db.adminCommand({{getParameter: 1, featureCompatibilityVersion: 1}}); after some days on the new \
             version run db.adminCommand({{setFeatureCompatibilityVersion: \"{}.{}\", confirm: true}}), from which there \
             is no way back",
            new.0, new.1
        );
        Finding::warning("/version", "mongodb.version.fcv", message).hint(hint)
    })
}

fn user(state: &State, values: &Values) -> Vec<Finding> {
    let mut findings = vec![];
    for (pointer, now) in [("/username", &values.username), ("/database", &values.database)] {
        let before: Option<String> = state.at(pointer);
        if before.as_ref().is_some_and(|before| before != now) {
            let message = format!("was {}; a further user is made, and no data moves", before.unwrap_or_default());
            let finding = Finding::warning(pointer, "mongodb.user.changed", message);
            findings.push(finding.hint("drop the old user when its clients have moved"));
        }
    }
    findings
}

fn oplog(state: &State, values: &Values) -> Option<Finding> {
    let before: Option<u64> = state.at("/oplogSizeMiB");
    (before != values.oplog_size_mi_b).then(|| {
        let message = "members that exist keep the oplog they have; only new ones are made with the new size";
        let size = values.oplog_size_mi_b.map_or("SIZE".to_owned(), |size| size.to_string());
        let finding = Finding::warning("/oplogSizeMiB", "mongodb.oplog.only-new", message);
        finding.hint(format!("on each member: db.adminCommand({{replSetResizeOplog: 1, size: Double({size})}})"))
    })
}
