//! Which set can follow which: a wrong step would make a server the master that does not have the data.
//! It never trusts the record alone: claims that outlived it, and the live number of pods, are judged too.

use template_sdk::block::{Block, NetworkMode};
use template_sdk::{Finding, Findings, Request, State};

use crate::values::Values;

/// Judges the way from every earlier state.
pub(crate) fn judge(values: &Values, block: &Block, request: &Request, findings: &mut Findings) {
    let states: Vec<(&State, Values)> =
        request.states().filter_map(|state| state.at::<Values>("").map(|before| (state, before))).collect();
    let watched = states.iter().any(|(_, before)| before.watched());
    for (state, before) in &states {
        match (before.watched(), values.watched()) {
            (true, true) => within(before, values, findings),
            (true, false) => apart(values, block, request, findings),
            (false, true) => together(block, findings),
            (false, false) => {}
        }
        if before.watched() || values.watched() {
            passwords(state, block, findings);
        }
        address(before, values, block, findings);
    }
    if !watched {
        leftovers(values, block, request, states.is_empty(), findings);
    }
}

/// Between two watched sets.
fn within(before: &Values, values: &Values, findings: &mut Findings) {
    let (old, new) = (before.replicas(), values.replicas());
    if before.master_name() != values.master_name() {
        let message = format!(
            "clients and Sentinels know the master as {}; as {} they would find none",
            before.master_name(),
            values.master_name()
        );
        let finding = Finding::error("/masterName", "redis.master-name.changed", message);
        findings.push(finding.hint(format!("keep {}", before.master_name())));
    }
    if new < old / 2 + 1 {
        let message = format!(
            "from {old} to {new} takes away {} Sentinels at once: the {new} that stay are no majority of {old}, and \
             could not replace a master that leaves with the others",
            old - new
        );
        let finding = Finding::error("/replicas", "redis.scale.shrink-jump", message);
        findings.push(finding.hint(format!("publish {} first, wait until it is ready, then {new}", old - 2)));
    } else if new < old {
        let message = format!(
            "the pods from {new} upwards leave; if one of them is the master, another takes over and clients reconnect"
        );
        let finding = Finding::info("/replicas", "redis.scale.shrink", message);
        findings.push(finding.hint("their volumes stay or go as storage.onScaleDown says"));
    }
    if before.engine != values.engine {
        let message = "the servers restart one by one, and Redis and Valkey do not copy from each other";
        let finding = Finding::error("/engine", "redis.engine.changed", message);
        findings.push(finding.hint("publish a new definition with the other engine and copy the data"));
    }
}

/// R6, back: only the pod that stays may have been the master.
fn apart(values: &Values, block: &Block, request: &Request, findings: &mut Findings) {
    if !values.persistence.mode.persists() {
        let message = "the server starts empty: what the set holds is in memory only";
        let finding = Finding::warning("/topology", "redis.topology.starts-empty", message);
        findings.push(finding.hint("copy what matters first"));
        return;
    }
    let (name, namespace) = (&block.name, &block.namespace);
    if request.observed_replicas(name) == Some(1) {
        let message = format!("{name}-0 goes on alone with the data it has; the other volumes are left as they are");
        let finding = Finding::warning("/topology", "redis.topology.sentinel-to-standalone", message);
        findings.push(finding.hint("go on only if it was the master when the others were taken away"));
        return;
    }
    let message = format!("only {name}-0 would go on, and whether it is the master is not known from here");
    let finding = Finding::error("/topology", "redis.topology.sentinel-to-standalone", message);
    findings.push(finding.hint(format!(
        "first `kubectl exec -n {namespace} {name}-0 -c redis -- sh /scripts/promote.sh`, then \
         `kubectl scale -n {namespace} statefulset/{name} --replicas=1`, then publish this with \
         --allow-replace StatefulSet/{name}"
    )));
}

/// R6, forth: the first pod keeps its data and the others copy it.
fn together(block: &Block, findings: &mut Findings) {
    let message = format!(
        "{name}-0 keeps its data and the others copy it before it restarts; the StatefulSet itself is replaced, not its \
         pods",
        name = block.name
    );
    let finding = Finding::info("/topology", "redis.topology.standalone-to-sentinel", message);
    findings.push(finding.hint(format!("publish with --allow-replace StatefulSet/{}", block.name)));
}

/// One by one, servers with and without a password, or with two different ones, would stop copying from each other.
fn passwords(state: &State, block: &Block, findings: &mut Findings) {
    let before = state.at::<bool>("/auth/enabled").unwrap_or(true);
    if before != block.auth.enabled {
        let message = "pods restart one by one, and those with a password and those without cannot copy from each \
                       other: what is written meanwhile would be lost";
        let finding = Finding::error("/auth/enabled", "redis.auth.switch-watched", message);
        findings.push(finding.hint("switch it while the topology is standalone, in a publish of its own"));
    }
    let secret: Option<String> = state.at("/auth/existingSecret");
    if block.auth.enabled && before && secret != block.auth.existing_secret {
        let message = "pods restart one by one: with another password than before they could not copy from each other";
        let finding = Finding::warning("/auth/existingSecret", "redis.auth.secret-watched", message);
        findings.push(finding.hint("put the same password into the new Secret"));
    }
}

/// What the definition's name led to, and what it will lead to.
fn address(before: &Values, values: &Values, block: &Block, findings: &mut Findings) {
    let serves = |values: &Values| !values.watched() || values.proxied();
    if serves(before) && !serves(values) {
        let message = format!("{}:6379 leads nowhere any more: clients have to ask Sentinels", block.host(&block.name));
        let finding = Finding::warning("/proxy/enabled", "redis.service.address-changes", message);
        findings.push(finding.hint("switch proxy.enabled on, or let the clients speak Sentinel first"));
    }
    if block.network == NetworkMode::Off && !before.watched() && values.watched() {
        let message = "without a network policy every pod of the cluster reaches the Sentinels too";
        findings.push(Finding::info("/networkPolicy/mode", "redis.sentinel.reachable", message));
    }
}

/// Volumes of pods beyond the first, where no record says that they belong to the set as it is.
fn leftovers(values: &Values, block: &Block, request: &Request, unknown: bool, findings: &mut Findings) {
    let prefix = format!("data-{}-", block.name);
    let others: Vec<&str> = request
        .observed_pvcs()
        .iter()
        .filter(|claim| claim.strip_prefix(&prefix).is_some_and(|ordinal| ordinal != "0" && is_number(ordinal)))
        .map(String::as_str)
        .collect();
    if others.is_empty() || !values.persistence.mode.persists() {
        return;
    }
    let list = others.join(" ");
    if values.watched() && !unknown {
        let message = format!(
            "volumes of an earlier set are left ({list}): what their Sentinels remember is older than the data of {}-0 \
             and could make one of them the master",
            block.name
        );
        let finding = Finding::error("/topology", "redis.topology.leftover-volumes", message);
        findings.push(
            finding.hint(format!(
                "if nothing else is needed from them: `kubectl delete -n {} pvc {list}`",
                block.namespace
            )),
        );
    } else if unknown && !values.watched() {
        let message =
            format!("volumes of other pods are left ({list}): one of them may hold newer data than {}-0", block.name);
        let finding = Finding::warning("/topology", "redis.topology.leftover-volumes", message);
        findings.push(finding.hint("publish topology sentinel with as many replicas first, to see what they hold"));
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
