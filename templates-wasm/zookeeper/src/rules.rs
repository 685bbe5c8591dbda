//! Rules about one set of values, each with a stable code and a way out.
//! It never looks at earlier values: that is `transition.rs`.

use template_sdk::block::{Block, Spread};
use template_sdk::{Finding, Findings, Quantity};

use crate::values::{Values, heap_mib};

/// Words the probes send, and the one that tells the member list.
const NEEDED_WORDS: [&str; 3] = ["srvr", "ruok", "conf"];

/// Settings the template computes; a second line would win or lose by chance.
const OWNED: [&str; 22] = [
    "4lw.commands.whitelist",
    "admin.enableserver",
    "admin.serveraddress",
    "admin.serverport",
    "authprovider.sasl",
    "clientport",
    "clientportaddress",
    "datadir",
    "datalogdir",
    "dynamicconfigfile",
    "enforce.auth.enabled",
    "initlimit",
    "metricsprovider.classname",
    "metricsprovider.httpport",
    "quorumlistenonallips",
    "reconfigenabled",
    "secureclientport",
    "sessionrequireclientsaslauth",
    // It switches every protection off, that of the member list included.
    "skipacl",
    "standaloneenabled",
    "synclimit",
    "ticktime",
];

/// Beginnings of settings the template computes.
const OWNED_FAMILIES: [&str; 3] = ["server.", "quorum.auth.", "digestauthenticationprovider."];

/// Judges the values against each other and against the memory limit.
pub(crate) fn judge(values: &Values, block: &Block) -> Findings {
    let limit = block.resources.memory_limit;
    let mut findings = Findings::new();
    findings.extend(size(values));
    findings.extend(sessions(values));
    findings.extend(memory(values, limit));
    findings.extend(probe_words(values));
    findings.extend(connections(values));
    findings.extend(nodes(values, block.scheduling.spread));
    findings.extend(volumes(block));
    findings.extend(block.owned_settings(&OWNED));
    findings.extend(member_lines(&block.extra_config));
    findings
}

fn size(values: &Values) -> Vec<Finding> {
    let (aim, via) = (values.replicas, values.scaling.via);
    if aim.is_multiple_of(2) {
        let finding = Finding::error(
            "/replicas",
            "zookeeper.replicas.even",
            format!("{aim} members survive no more failures than {}", aim.saturating_sub(1)),
        );
        return vec![finding.hint("choose 1, 3, 5 or 7")];
    }
    let Some(via) = via else { return vec![] };
    if values.reconfigures() {
        let message = "with scaling.mode reconfig the size needs no step in between";
        return vec![Finding::error("/scaling/via", "zookeeper.scale.via", message).hint("set scaling.via to null")];
    }
    if via + 1 != aim && aim + 1 != via {
        let message = format!("{via} is not one step away from {aim}");
        let hint = format!("use {} to grow to {aim}", aim.saturating_sub(1));
        return vec![Finding::error("/scaling/via", "zookeeper.scale.via", message).hint(hint)];
    }
    let message = format!("standing at {via} members, which survive no more failures than {}", via - 1);
    let finding = Finding::warning("/scaling/via", "zookeeper.scale.standing", message);
    vec![finding.hint(format!("when all {via} are ready, set scaling.via to null and publish to reach {aim}"))]
}

fn sessions(values: &Values) -> Vec<Finding> {
    let tick = values.tick_time;
    let shortest = values.min_session_timeout.unwrap_or(tick * 2);
    let longest = values.max_session_timeout.unwrap_or(tick * 20);
    let mut findings = vec![];
    if shortest < tick * 2 {
        let message = format!("{shortest} ms is less than two ticks of {tick} ms, the finest the server can tell");
        let finding = Finding::error("/minSessionTimeout", "zookeeper.sessions.too-short", message);
        findings.push(finding.hint(format!("use {} or more, or a smaller tickTime", tick * 2)));
    }
    if shortest >= longest {
        let message = format!("the shortest session ({shortest} ms) is not shorter than the longest ({longest} ms)");
        let finding = Finding::error("/maxSessionTimeout", "zookeeper.sessions.order", message);
        findings.push(finding.hint(format!("set maxSessionTimeout above {shortest}")));
    }
    if values.init_limit < values.sync_limit {
        let message = format!("initLimit {} is less than syncLimit {}", values.init_limit, values.sync_limit);
        let finding = Finding::error("/initLimit", "zookeeper.limits.order", message);
        findings.push(finding.hint("a first sync takes longer than keeping up: use at least syncLimit"));
    }
    findings
}

fn memory(values: &Values, limit: Quantity) -> Vec<Finding> {
    let mib = limit.mib();
    let mut findings = vec![];
    if mib < 512 {
        let message = format!("a memory limit of {limit} leaves a heap of {} MiB", heap_mib(limit));
        let finding = Finding::error("/resources/limits/memory", "zookeeper.memory.too-small", message);
        findings.push(finding.hint("use 512Mi or more; size: small is 1Gi"));
    } else if mib < 1024 && values.members() > 1 {
        let message = format!("the whole tree lives in the heap, and {limit} leaves {} MiB", heap_mib(limit));
        let finding = Finding::warning("/resources/limits/memory", "zookeeper.memory.small", message);
        findings.push(finding.hint("use 1Gi or more outside development"));
    }
    if let Some(heap) = values.heap_mi_b.filter(|heap| heap * 4 > mib * 3) {
        let message = format!("a heap of {heap} MiB is more than three quarters of the limit of {mib} MiB");
        let finding = Finding::error("/heapMiB", "zookeeper.heap.too-large", message);
        findings.push(finding.hint(format!("use {} or less, or leave heapMiB out", mib * 3 / 4)));
    }
    findings
}

fn probe_words(values: &Values) -> Option<Finding> {
    let allowed = |word: &&str| values.four_letter_words.iter().any(|known| known == word);
    let needed = if values.reconfigures() { &NEEDED_WORDS[..] } else { &NEEDED_WORDS[..2] };
    let missing: Vec<&str> = needed.iter().copied().filter(|word| !allowed(word)).collect();
    (!missing.is_empty()).then(|| {
        let who = if missing.contains(&"conf") { "the probes and the members send" } else { "the probes send" };
        let message = format!("{who} {}, which the server would not answer", missing.join(" and "));
        let hint = format!("keep {} in the list", needed.join(" and "));
        Finding::error("/fourLetterWords", "zookeeper.words.probes", message).hint(hint)
    })
}

fn connections(values: &Values) -> Option<Finding> {
    (values.max_client_cnxns == 0).then(|| {
        let message = "without a limit one client that leaks connections can take the whole ensemble down";
        Finding::warning("/maxClientCnxns", "zookeeper.connections.unlimited", message).hint("60 suits most")
    })
}

fn nodes(values: &Values, spread: Spread) -> Option<Finding> {
    let members = values.members();
    (spread == Spread::RequireNodes && members > 1).then(|| {
        let message = format!("every member needs a node of its own; with fewer than {members} some stay Pending");
        Finding::warning("/scheduling/spread", "zookeeper.spread.nodes", message).hint("preferNodes never blocks")
    })
}

/// Pausing scales to zero, and a claim that goes with its pod takes the data along.
fn volumes(block: &Block) -> Option<Finding> {
    (block.storage.on_scale_down.as_deref() == Some("delete")).then(|| {
        let message = "pausing scales to zero members, and every volume would be deleted with them";
        let finding = Finding::error("/storage/onScaleDown", "zookeeper.storage.scale-down-delete", message);
        finding.hint("keep retain, and delete the claims of members that left by hand")
    })
}

/// Settings by family: a `server.` line more would be a member nobody runs.
fn member_lines(extra: &str) -> Vec<Finding> {
    let refuse = |line: &str| {
        let setting = line.split('=').next().unwrap_or(line);
        let message = format!("`{setting}` is set by the template");
        Finding::error("/extraConfig", "zookeeper.extra-config.owned", message).hint("use replicas and auth")
    };
    let lower = |line: &str| line.trim_start().to_ascii_lowercase();
    let owned = |line: &&str| OWNED_FAMILIES.iter().any(|family| lower(line).starts_with(family));
    extra.lines().filter(owned).map(refuse).collect()
}
