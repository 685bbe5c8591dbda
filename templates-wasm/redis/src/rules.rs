//! Rules between values, and between values and what was there before.
//! It never stops at the first: all findings are told at once.

use template_sdk::block::{Block, Monitor, transitions};
use template_sdk::{Finding, Findings, Quantity, Request};

use crate::config::OWNED;
use crate::sentinel;
use crate::values::{Engine, Mode, Values};

/// Commands probes, init and shutdown rely on.
const NEEDED: [&str; 5] = ["ping", "info", "auth", "hello", "shutdown"];

/// Returns every finding about the values and the way to them.
pub(crate) fn judge(values: &Values, block: &Block, request: &Request) -> Findings {
    let mut findings = transitions(block, request, values.persistence.mode.persists() && was_persistent(request));
    memory(values, block, &mut findings);
    commands(values, block, &mut findings);
    findings.extend(block.owned_settings(&OWNED));
    notices(values, block, &mut findings);
    sentinel::rules::judge(values, block, &mut findings);
    sentinel::transition::judge(values, block, request, &mut findings);
    for before in request.states().filter_map(|state| state.at::<Values>("")) {
        change(&before, values, &mut findings);
    }
    shrunk_memory(block, request, &mut findings);
    findings
}

/// The volume rules hold only where a volume was made.
fn was_persistent(request: &Request) -> bool {
    request.states().filter_map(|state| state.at::<Values>("")).any(|before| before.persistence.mode.persists())
}

fn memory(values: &Values, block: &Block, findings: &mut Findings) {
    let (limit, least) = (block.resources.memory_limit, Quantity::from_mib(128));
    if limit < least {
        let message = format!("{limit} of memory is less than {least}");
        let finding = Finding::error("/resources/limits/memory", "redis.memory.too-small", message);
        findings.push(finding.hint(format!("ask for {least} or more")));
    }
    // R3: while the log is rewritten, the old one, the new one and what was written meanwhile exist together.
    let needed = values.maxmemory(block).times(5, 2).ceil_mib();
    if values.persistence.mode.logs() && block.storage_size < needed {
        let message = format!(
            "a volume of {} is less than 2.5 × maxmemory = {needed}: a log rewrite would fill it",
            block.storage_size
        );
        let finding = Finding::error("/storage/size", "redis.storage.below-rewrite", message);
        findings.push(finding.hint(format!("set storage.size to {} or lower maxmemoryPercent", needed.ceil_gib())));
    }
    // R4
    if values.persistence.mode.persists() && values.policy() != "noeviction" {
        let message = format!("{} drops keys when memory is full, although they are kept on disk", values.policy());
        let finding = Finding::warning("/maxmemoryPolicy", "redis.policy.evicts-stored", message);
        findings.push(finding.hint("for a cache set persistence.mode to none; for a store keep noeviction"));
    }
}

fn commands(values: &Values, block: &Block, findings: &mut Findings) {
    for command in values.disable_commands.iter().filter(|command| NEEDED.contains(&command.as_str())) {
        let message = format!("probes and shutdown need `{command}`");
        let finding = Finding::error("/disableCommands", "redis.disable-commands.needed", message);
        findings.push(finding.hint("take it out of the list"));
    }
    let major = block.tag().split('.').next().and_then(|major| major.parse::<u32>().ok());
    if values.modules && (values.engine != Engine::Redis || major.is_some_and(|major| major < 8)) {
        let finding =
            Finding::error("/modules", "redis.modules.unsupported", "only images of Redis 8 and newer bring modules");
        findings.push(finding.hint("switch modules off, or use engine redis with tag 8.2"));
    }
    if major.is_some_and(|major| major < 7) {
        let message = format!("version {} writes its log in a form this template does not handle", block.tag());
        findings.push(Finding::error("/image/tag", "redis.image.too-old", message).hint("use 7.2 or newer"));
    }
}

fn notices(values: &Values, block: &Block, findings: &mut Findings) {
    // R7
    if let Some(secret) = block.auth.existing_secret.as_ref().filter(|_| block.auth.enabled) {
        let message =
            format!("the password in {secret} may only hold letters, digits and . _ ~ -; the pod refuses others");
        findings.push(Finding::info("/auth/existingSecret", "redis.auth.charset", message));
    }
    if !block.auth.enabled {
        let message = "everybody who can connect may read, write and delete everything";
        let finding = Finding::warning("/auth/enabled", "redis.auth.off", message);
        findings.push(finding.hint("leave auth.enabled on: the password is generated and kept"));
    }
    if block.metrics.enabled && block.metrics.monitor == Monitor::PodMonitor {
        let message = "a PodMonitor needs the Prometheus operator and --allow-kind monitoring.coreos.com/PodMonitor";
        findings.push(Finding::info("/metrics/monitor", "redis.metrics.pod-monitor", message));
    }
    if values.persistence.mode == Mode::None && values.policy() == "noeviction" {
        let finding = Finding::info(
            "/maxmemoryPolicy",
            "redis.policy.cache-refuses",
            "a full cache with noeviction refuses writes",
        );
        findings.push(finding.hint("choose allkeys-lfu"));
    }
}

/// Judges the way from one earlier state to the new values.
fn change(before: &Values, now: &Values, findings: &mut Findings) {
    let (old, new) = (before.persistence.mode, now.persistence.mode);
    let kept = old.persists() && new.persists();
    // Between two watched sets `sentinel::transition` says more.
    if kept && before.engine != now.engine && !(before.watched() && now.watched()) {
        let message = format!("{} cannot be relied on to read {}'s files", now.engine.title(), before.engine.title());
        let finding = Finding::error("/engine", "redis.engine.changed", message);
        findings.push(finding.hint("publish a new definition with the other engine and copy the data"));
    }
    if kept && now.databases() < before.databases() {
        let message = format!(
            "{} databases become {}: a server with fewer does not start on files with keys beyond them",
            before.databases(),
            now.databases()
        );
        let finding = Finding::error("/databases", "redis.databases.fewer", message);
        findings.push(finding.hint(format!("keep {}: unused databases cost nothing", before.databases())));
    }
    if old == Mode::Aof && new == Mode::Rdb {
        let message = "a server with snapshots only does not read the append-only file: it would start empty";
        let finding = Finding::error("/persistence/mode", "redis.persistence.aof-to-rdb", message);
        findings.push(finding.hint("publish persistence.mode both first, then rdb"));
    }
    if old.persists() != new.persists() && !(before.watched() && now.watched()) {
        let (what, hint) = if new.persists() {
            ("the data in memory is lost once, when the pod moves to its volume", "copy what matters first")
        } else {
            ("the server starts empty and no longer uses its volume", "the volume itself is kept")
        };
        findings.push(Finding::warning("/persistence/mode", "redis.persistence.switched", what).hint(hint));
    }
    if kept && before.modules && !now.modules {
        let message = "a server without modules does not start on files that hold module data";
        let finding = Finding::warning("/modules", "redis.modules.switched-off", message);
        findings.push(finding.hint("delete the keys of module types first"));
    }
}

fn shrunk_memory(block: &Block, request: &Request, findings: &mut Findings) {
    for state in request.states() {
        let earlier = Request { values: state.values.clone(), ..request.clone() };
        let Ok(before) = Block::read(&block.spec, &earlier) else { continue };
        let (old, new) = (before.resources.memory_limit, block.resources.memory_limit);
        if new < old {
            let message =
                format!("memory falls from {old} to {new}: data that no longer fits keeps the pod from starting");
            let finding = Finding::warning("/resources/limits/memory", "redis.memory.shrinks", message);
            findings.push(finding.hint("check used_memory first"));
        }
    }
}
