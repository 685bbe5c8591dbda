//! Rules between the values of a watched set.
//! It never judges the way from an earlier state: `transition.rs` does.

use template_sdk::block::{Block, Exposure};
use template_sdk::{Finding, Findings};

use crate::config::OWNED_WATCHED;
use crate::values::Values;

/// Commands replication, Sentinels and the scripts rely on.
const NEEDED: [&str; 14] = [
    "client",
    "config",
    "exec",
    "multi",
    "psync",
    "publish",
    "replconf",
    "replicaof",
    "role",
    "script",
    "slaveof",
    "subscribe",
    "sync",
    "psubscribe",
];

/// Judges the values.
pub(crate) fn judge(values: &Values, block: &Block, findings: &mut Findings) {
    replicas(values, findings);
    if !values.watched() {
        if values.proxy.enabled {
            let message = "one server needs no proxy: the definition's name leads to it already";
            let finding = Finding::error("/proxy/enabled", "redis.proxy.standalone", message);
            findings.push(finding.hint("switch proxy.enabled off, or set topology to sentinel"));
        }
        return;
    }
    quorum(values, findings);
    timeouts(values, findings);
    writes(values, findings);
    commands(values, findings);
    findings.extend(block.owned_settings(&OWNED_WATCHED));
    if block.exposure != Exposure::Cluster && !values.proxied() {
        let message = "from outside, Sentinels answer with names that exist inside the cluster only";
        let finding = Finding::warning("/service/exposure", "redis.service.sentinel-inside", message);
        findings.push(finding.hint("switch proxy.enabled on: its address leads to the master from everywhere"));
    }
}

/// R1
fn replicas(values: &Values, findings: &mut Findings) {
    let count = values.replicas();
    let finding = match (values.watched(), values.count) {
        (false, Some(count)) if count != 1 => {
            let message = format!("{count} replicas of a standalone server: it is exactly one");
            Finding::error("/replicas", "redis.replicas.topology", message)
                .hint("set topology to sentinel, or leave replicas out")
        }
        (true, _) if !matches!(count, 3 | 5 | 7) => {
            let message = format!(
                "{count} of a set watched by Sentinels: with fewer than three, or an even number, no majority is left \
                 that could replace a master"
            );
            Finding::error("/replicas", "redis.replicas.topology", message)
                .hint("set replicas to 3, 5 or 7, or leave it out for 3")
        }
        _ => return,
    };
    findings.push(finding);
}

/// R2
fn quorum(values: &Values, findings: &mut Findings) {
    let (quorum, replicas) = (values.quorum(), values.replicas());
    let majority = replicas / 2 + 1;
    if quorum > replicas {
        let message = format!("{quorum} Sentinels are never there to agree: there are {replicas}");
        let finding = Finding::error("/sentinel/quorum", "redis.sentinel.quorum-too-high", message);
        findings.push(finding.hint(format!("leave sentinel.quorum out: it becomes {majority}")));
    } else if quorum < majority {
        let message =
            format!("{quorum} of {replicas} Sentinels are enough to take the master for gone: a cut-off minority");
        let finding = Finding::warning("/sentinel/quorum", "redis.sentinel.quorum-minority", message);
        findings.push(finding.hint(format!("leave sentinel.quorum out: it becomes {majority}")));
    }
}

fn timeouts(values: &Values, findings: &mut Findings) {
    let (down, timeout) = (values.down_after_ms(), values.failover_timeout_ms());
    if timeout < down.saturating_mul(2) {
        let message = format!("a failover that may take {timeout} ms is given up before servers count as gone");
        let finding = Finding::error("/sentinel/failoverTimeoutMs", "redis.sentinel.timeout-short", message);
        findings.push(finding.hint(format!("set it to {} or more, or leave it out", down.saturating_mul(2))));
    }
    if timeout > 60_000 {
        let seconds = timeout / 500;
        let message = format!("after a failover that failed, the next one is tried only {seconds} seconds later");
        let finding = Finding::warning("/sentinel/failoverTimeoutMs", "redis.sentinel.timeout-long", message);
        findings.push(finding.hint("60000 or less, with downAfterMs of 30000 or less"));
    }
}

/// R5
fn writes(values: &Values, findings: &mut Findings) {
    let (least, replicas) = (values.min_replicas_to_write(), values.replicas());
    if least >= replicas {
        let message = format!("{least} replicas beside the master are never there: the set has {replicas} servers");
        let finding = Finding::error("/sentinel/minReplicasToWrite", "redis.sentinel.never-writes", message);
        findings.push(finding.hint("1 bounds what a cut-off master loses"));
    } else if least + 1 == replicas && least > 0 {
        let message = "nothing is written while any single pod is missing, as during every rolling update";
        let finding = Finding::warning("/sentinel/minReplicasToWrite", "redis.sentinel.writes-stop", message);
        findings.push(finding.hint(format!("{} or less survives one missing pod", least - 1)));
    }
}

fn commands(values: &Values, findings: &mut Findings) {
    let base = |command: &str| command.split('|').next().unwrap_or_default().to_owned();
    for command in values.disable_commands.iter().filter(|command| NEEDED.contains(&base(command).as_str())) {
        let message = format!("replication and Sentinels need `{command}`");
        let finding = Finding::error("/disableCommands", "redis.disable-commands.needed", message);
        findings.push(finding.hint("take it out of the list"));
    }
}
