//! Rules about the members of a replicated server: how many there are, which one takes writes, how that changes.
//! It never moves the role of the primary to a member that may hold no data, nor away from one that is going.

use template_sdk::block::Block;
use template_sdk::{Finding, Findings, Request};

use crate::transition::{series, tag_of};
use crate::values::{Before, Durability, Promotion, Values, members_of};

const PRIMARY: &str = "/replication/primaryOrdinal";
/// Commits that wait longer than this look like an outage.
const LONG_WAIT_MS: u64 = 60_000;

/// Judges the values against each other.
pub(crate) fn judge(values: &Values) -> Findings {
    let mut findings = Findings::new();
    let replication = &values.replication;
    if replication.primary_ordinal >= values.members() {
        let last = values.members() - 1;
        let message =
            format!("no member has the ordinal {}: they are numbered from 0 to {last}", replication.primary_ordinal);
        let finding = Finding::error(PRIMARY, "mysql.replication.primary-missing", message);
        let hint = if last == 0 {
            "leave it out: one server is its own primary".to_owned()
        } else {
            format!("use 0 to {last}")
        };
        findings.push(finding.hint(hint));
    }
    findings.extend(alone(values));
    if !values.replicated() {
        return findings;
    }
    if values.binlog_seconds() < 24 * 60 * 60 {
        let message = "a replica that is away for longer than the binary logs stay has to copy everything again";
        let finding = Finding::error("/binlogExpireDays", "mysql.binlog.too-short", message);
        findings.push(finding.hint("keep binary logs for 1 day or more where there are replicas"));
    }
    if values.durability == Durability::Relaxed {
        let message = "a crash of the primary's node can lose a second of writes that replicas have already; such a \
                       replica is held back and must be copied anew";
        let finding = Finding::warning("/durability", "mysql.replication.relaxed", message);
        findings.push(finding.hint("keep durability: full, or accept that replicas are copied again after a crash"));
    }
    findings.extend(semi_sync(values));
    findings
}

/// What has no meaning without replicas.
fn alone(values: &Values) -> Vec<Finding> {
    let mut findings = vec![];
    if values.members() > 1 {
        return findings;
    }
    if values.replication.semi_sync {
        let message = "no replica is there to wait for";
        let finding = Finding::error("/replication/semiSync", "mysql.semi-sync.no-replica", message);
        findings.push(finding.hint("set topology: replication with replicas, or leave semiSync out"));
    }
    if values.readiness.require_replication {
        let message = "one server does not replicate; this has no effect";
        findings.push(Finding::info("/readiness/requireReplication", "mysql.readiness.no-replica", message));
    }
    findings
}

fn semi_sync(values: &Values) -> Vec<Finding> {
    let replication = &values.replication;
    let mut findings = vec![];
    if !replication.semi_sync {
        return findings;
    }
    let wait = replication.semi_sync_timeout_ms;
    if replication.replicas == 1 {
        let message = format!(
            "with one replica, its every restart makes a commit wait {wait} ms; after that writes are confirmed without it"
        );
        let finding = Finding::warning("/replication/replicas", "mysql.semi-sync.one-replica", message);
        findings.push(finding.hint("use two replicas or more, so that one may be away"));
    }
    if wait > LONG_WAIT_MS {
        let message = format!("when no replica answers, all writes stand still for {} seconds", wait / 1000);
        let finding = Finding::warning("/replication/semiSyncTimeoutMs", "mysql.semi-sync.stall", message);
        findings.push(finding.hint("use 10000; more delays an outage and does not prevent it"));
    }
    findings
}

/// Judges the change from every earlier state.
pub(crate) fn changes(request: &Request, values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    let (members, primary) = (values.members(), values.primary());
    let mut settled = true;
    for state in request.states() {
        let before = members_of(state);
        let upgrade = series(&tag_of(state)) != series(block.tag());
        findings.extend(becomes_replicated(before, values));
        if primary == before.primary {
            if before.replicated {
                findings.extend(size(&request.name, before.members, members));
            }
            if upgrade && primary != 0 {
                findings.push(primary_first(primary));
            }
            continue;
        }
        settled = false;
        if primary < members {
            findings.extend(promotion(&request.name, values, before, upgrade));
        }
    }
    if request.states().next().is_none() {
        findings.extend(from_volumes(request, values));
    }
    if settled && values.replicated() && values.replication.promotion == Promotion::Force {
        let message = "the next promotion will not wait for the old primary's last writes";
        let finding = Finding::warning("/replication/promotion", "mysql.promotion.force-stays", message);
        findings.push(finding.hint("set it back to wait; that restarts nothing"));
    }
    findings
}

/// One server that is to have replicas. Kubernetes restarts old pods only after new ones are ready, and new ones copy
/// with an account that the old one makes when it restarts.
fn becomes_replicated(before: Before, values: &Values) -> Option<Finding> {
    if before.replicated || !values.replicated() {
        return None;
    }
    let path = "/replication/replicas";
    let replicas = values.replication.replicas;
    if replicas == 0 {
        let message =
            "the server restarts once, keeps its volume and its data, and gets the account replicas copy it with";
        let finding = Finding::info(path, "mysql.topology.to-replication", message);
        return Some(finding.hint("publish the number of replicas when it is ready; that restarts nothing"));
    }
    let message = "replicas copy the server with an account that it gets when it restarts, and Kubernetes restarts it only \
                   after the replicas are ready: both would wait for ever";
    let finding = Finding::error(path, "mysql.topology.alone-first", message);
    Some(finding.hint(format!("publish topology: replication with replicas: 0 first, then replicas: {replicas}")))
}

/// The same primary, more or fewer replicas.
fn size(name: &str, before: u32, now: u32) -> Option<Finding> {
    if now > before {
        let message = "each new replica begins as a copy of the primary: all data is read once";
        return Some(Finding::info("/replication/replicas", "mysql.scale.copies", message));
    }
    (now < before).then(|| {
        let claims = if before - now == 1 {
            format!("the claim data-{name}-{now} stays")
        } else {
            format!("the claims data-{name}-{now} to data-{name}-{} stay", before - 1)
        };
        let message = format!(
            "{claims} and cost{}; a replica that comes back goes on from there",
            if before - now == 1 { "s" } else { "" }
        );
        let path = if now == 1 { "/topology" } else { "/replication/replicas" };
        let finding = Finding::info(path, "mysql.scale.claims-stay", message);
        finding.hint("delete them by hand when they are not wanted any more")
    })
}

/// Another primary: what refuses it, or what will happen.
fn promotion(name: &str, values: &Values, before: Before, upgrade: bool) -> Vec<Finding> {
    let (members, new, old) = (values.members(), values.primary(), before.primary);
    let mut findings = vec![];
    if new >= before.members {
        let message = format!("{name}-{new} is not there yet, so it has no data to become the primary with");
        let finding = Finding::error(PRIMARY, "mysql.promotion.no-data", message);
        findings.push(finding.hint(format!("keep {old}, publish, and change it when {name}-{new} is ready")));
    }
    if old >= members {
        let message =
            format!("{name}-{old} is the primary and would be removed, with writes {name}-{new} may not have yet");
        let path = if values.replicated() { PRIMARY } else { "/topology" };
        let finding = Finding::error(path, "mysql.promotion.primary-leaves", message);
        findings.push(finding.hint(format!("first publish primaryOrdinal: {new} alone, then remove members")));
    }
    if upgrade {
        let message = "a promotion and another version at once: which member is upgraded first would be left to chance";
        let finding = Finding::error(PRIMARY, "mysql.promotion.with-upgrade", message);
        findings.push(finding.hint("publish one of the two first, and the other when all members are ready"));
    }
    if findings.is_empty() {
        findings.push(announce(name, old, new, values.replication.promotion));
    }
    findings
}

/// A promotion that may go on: what it costs, and what to look at before.
fn announce(name: &str, old: u32, new: u32, mode: Promotion) -> Finding {
    let look =
        format!("first look whether {name}-{new} is up to date: SHOW REPLICA STATUS there, Seconds_Behind_Source 0");
    if mode == Promotion::Force {
        let message = format!(
            "{name}-{new} becomes the primary instead of {name}-{old}; where {name}-{old} does not answer for 30 seconds, \
             writes that only it holds are left behind"
        );
        let hint = format!("use promotion: wait while {name}-{old} can come back; {look}");
        return Finding::warning("/replication/promotion", "mysql.promotion.forced", message).hint(hint);
    }
    let message = format!(
        "{name}-{new} becomes the primary instead of {name}-{old}: all members restart one by one, and from now until \
         {name}-{new} has taken over, new connections cannot write; it makes {name}-{old} read-only, takes over its last \
         writes, and waits for ever if it cannot"
    );
    Finding::warning(PRIMARY, "mysql.promotion.guided", message).hint(look)
}

/// Members restart from the highest ordinal, so the primary is upgraded before the replicas below it.
fn primary_first(primary: u32) -> Finding {
    let message = format!(
        "members are upgraded from the highest ordinal down, so the primary {primary} runs the new version before the \
         replicas below it, which MySQL does not support"
    );
    let finding = Finding::warning("/version", "mysql.version.primary-first", message);
    finding.hint("publish replication.primaryOrdinal: 0 first")
}

/// One server over what several members left behind: ordinal 0 need not be the one with all the data.
fn from_volumes(request: &Request, values: &Values) -> Option<Finding> {
    let prefix = format!("data-{}-", request.name);
    let ordinal = |claim: &String| claim.strip_prefix(&prefix)?.parse::<u32>().ok();
    let last = request.observed_pvcs().iter().filter_map(ordinal).max().filter(|last| *last > 0)?;
    (!values.replicated()).then(|| {
        let message = format!(
            "volumes of members 0 to {last} remain, and the primary need not have been 0: its data could be old"
        );
        let finding = Finding::error("/topology", "mysql.volumes.of-members", message);
        finding.hint(format!(
            "publish topology: replication with {last} replicas first, or delete the claims that are not wanted"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_that_stay_are_named() {
        let text = |before, now| size("db", before, now).unwrap().message;
        assert!(text(3, 2).starts_with("the claim data-db-2 stays and costs;"));
        assert!(text(4, 1).starts_with("the claims data-db-1 to data-db-3 stay and cost;"));
        assert_eq!(size("db", 3, 3), None);
    }
}
