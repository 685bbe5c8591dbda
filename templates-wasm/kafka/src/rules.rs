//! Rules about one set of values, each with a stable code and a way out.
//! It never looks at earlier values: that is `transition.rs`; topics are in `topics.rs`.

use template_sdk::block::{Block, Exposure, Spread};
use template_sdk::{Finding, Findings};

use crate::values::{Mode, Values, heap_mib};

/// Settings the template computes; a second line would win or lose by chance.
const OWNED: [&str; 24] = [
    "advertised.listeners",
    "allow.everyone.if.no.acl.found",
    "authorizer.class.name",
    "auto.create.topics.enable",
    "broker.id",
    "controller.listener.names",
    "default.replication.factor",
    "inter.broker.listener.name",
    "listeners",
    "listener.security.protocol.map",
    "log.dir",
    "log.dirs",
    "log.retention.bytes",
    "log.retention.hours",
    "log.retention.minutes",
    "log.retention.ms",
    "message.max.bytes",
    "metadata.log.dir",
    "min.insync.replicas",
    "node.id",
    "num.partitions",
    "process.roles",
    "super.users",
    "unclean.leader.election.enable",
];

/// Beginnings of further ones.
const OWNED_GROUPS: [&str; 4] = ["controller.quorum.", "listener.name.", "sasl.", "security.inter.broker."];

/// Judges the values against each other and against the memory limit.
pub(crate) fn judge(values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    findings.extend(size(values));
    findings.extend(replicas(values));
    findings.extend(memory(values, block));
    findings.extend(image(block));
    findings.extend(retention(values));
    findings.extend(users(values, block));
    findings.extend(external(values, block));
    findings.extend(exposure(block));
    findings.extend(nodes(values, block.scheduling.spread));
    findings.extend(volumes(block));
    findings.extend(block.owned_settings(&OWNED));
    findings.extend(owned_groups(&block.extra_config));
    findings
}

fn size(values: &Values) -> Vec<Finding> {
    let (controllers, brokers) = (values.controllers, values.brokers());
    let mut findings = vec![];
    if controllers != 1 && controllers != 3 {
        let message =
            format!("{controllers} controllers survive no more failures than 1 or 3 do, or cost more than they give");
        findings.push(Finding::error("/controllers", "kafka.controllers.count", message).hint("choose 1 or 3"));
    }
    if brokers < controllers {
        let message = format!("{brokers} brokers are fewer than the {controllers} controllers, which are brokers too");
        let finding = Finding::error("/brokers", "kafka.brokers.fewer-than-controllers", message);
        findings.push(finding.hint(format!("use {controllers} or more, or leave brokers out")));
    }
    if let Some(from) = values.scaling.drained_from.filter(|from| *from < brokers) {
        let message = format!("brokers from ordinal {from} on are said to be empty, and {brokers} brokers are to run");
        let finding = Finding::error("/scaling/drainedFrom", "kafka.brokers.drained-runs", message);
        findings.push(finding.hint(format!("lower brokers to {from}, or set scaling.drainedFrom to null")));
    }
    if controllers == 1 && brokers > 1 {
        let message = format!(
            "{brokers} brokers stop accepting changes while the only controller is away, and it cannot become three"
        );
        let finding = Finding::warning("/controllers", "kafka.controllers.single", message);
        findings.push(finding.hint("use 3 controllers outside development, from the start"));
    }
    findings
}

fn replicas(values: &Values) -> Vec<Finding> {
    let (brokers, copies, confirmed) = (values.brokers(), values.replication_factor(), values.min_insync_replicas());
    let mut findings = vec![];
    if copies > brokers {
        let message = format!("{copies} replicas of a partition need as many brokers; there are {brokers}");
        let finding = Finding::error("/replicationFactor", "kafka.replicas.more-than-brokers", message);
        findings.push(finding.hint(format!("use {brokers} or less, or more brokers")));
    }
    if confirmed > copies || (copies > 1 && confirmed == copies) {
        let message = format!(
            "with {confirmed} of {copies} replicas to confirm a write, no broker may be missing: every restart would stop writing"
        );
        let finding = Finding::error("/minInsyncReplicas", "kafka.replicas.min-insync", message);
        findings.push(finding.hint(format!("use {}, or leave it out", copies.saturating_sub(1).max(1))));
    }
    if copies > 2 && confirmed == 1 {
        let message = "a write confirmed by one broker alone is lost with its volume";
        let finding = Finding::warning("/minInsyncReplicas", "kafka.replicas.one-confirms", message);
        findings.push(finding.hint("use 2"));
    }
    if brokers > 2 && copies < 2 {
        let message =
            "topics have one replica: what is on a broker is away while it restarts, and lost with its volume";
        let finding = Finding::warning("/replicationFactor", "kafka.replicas.one-copy", message);
        findings.push(finding.hint("use 3"));
    }
    findings
}

fn memory(values: &Values, block: &Block) -> Vec<Finding> {
    let limit = block.resources.memory_limit;
    let mut findings = vec![];
    if limit.mib() < 768 {
        let message = format!("a memory limit of {limit} leaves a heap of {} MiB", heap_mib(limit));
        let finding = Finding::error("/resources/limits/memory", "kafka.memory.too-small", message);
        findings.push(finding.hint("use 768Mi or more; size: dev is 1Gi"));
    }
    if let Some(heap) = values.heap_mi_b.filter(|heap| heap * 2 > limit.mib()) {
        let message = format!(
            "a heap of {heap} MiB is more than half of the limit of {limit}; consumers read from the other half"
        );
        let finding = Finding::error("/heapMiB", "kafka.heap.too-large", message);
        findings.push(finding.hint(format!("use {} or less, or leave heapMiB out", limit.mib() / 2)));
    }
    findings
}

/// Before version 4 other scripts, settings and logging apply.
fn image(block: &Block) -> Option<Finding> {
    let major: u32 = block.tag().split('.').next()?.parse().ok()?;
    (major < 4).then(|| {
        let message = format!("version {} is older than 4.0, the oldest this template knows how to run", block.tag());
        Finding::error("/image/tag", "kafka.image.too-old", message).hint("use 4.0 or newer")
    })
}

fn retention(values: &Values) -> Vec<Finding> {
    let mut findings = vec![];
    if values.retention_hours == 0 {
        let message = "0 hours would delete every record as soon as Kafka can";
        let finding = Finding::error("/retentionHours", "kafka.retention.zero", message);
        findings.push(finding.hint("use 1 or more, or -1 to keep records for ever"));
    }
    if values.retention_hours < 0 && values.retention_bytes < 0 {
        let message = "records are never deleted, neither by age nor by size: the volumes fill, and a full volume stops its broker";
        let finding = Finding::warning("/retentionHours", "kafka.retention.unlimited", message);
        findings.push(finding.hint("limit one of the two, or each topic by its config"));
    }
    findings
}

fn users(values: &Values, block: &Block) -> Option<Finding> {
    let name = values.auth.username.as_str();
    (block.auth.enabled && ["admin", "internal", "monitor"].contains(&name)).then(|| {
        let message = format!("`{name}` is an account of the template's own");
        Finding::error("/auth/username", "kafka.auth.reserved-user", message).hint("choose another name, such as app")
    })
}

fn external(values: &Values, block: &Block) -> Vec<Finding> {
    let (access, brokers) = (&values.external_access, values.brokers());
    if access.mode == Mode::None {
        return vec![];
    }
    let mut findings = vec![];
    let path = "/externalAccess/hosts";
    if access.hosts.len() != brokers as usize {
        let message = format!(
            "{brokers} brokers need as many addresses, in the order of their ordinals; there are {}",
            access.hosts.len()
        );
        let finding = Finding::error(path, "kafka.external.hosts", message);
        findings.push(finding.hint("name the address of each broker as clients outside see it"));
    }
    let twice = access.hosts.iter().enumerate().any(|(at, host)| access.hosts[..at].contains(host));
    if access.mode == Mode::LoadBalancer && twice {
        let message = "two brokers have the same address and the same port, so clients would reach the wrong one";
        let finding = Finding::error(path, "kafka.external.same-host", message);
        findings.push(finding.hint("give every load balancer an address of its own"));
    }
    let last = u32::from(access.first_node_port) + brokers.saturating_sub(1);
    if access.mode == Mode::NodePort && last > 32767 {
        let message = format!("the last broker would need the node port {last}; they end at 32767");
        let finding = Finding::error("/externalAccess/firstNodePort", "kafka.external.ports", message);
        findings.push(finding.hint(format!("use {} or less", 32768_u32.saturating_sub(brokers))));
    }
    if !block.auth.enabled {
        let message = "everybody who can reach these addresses may read, write and delete";
        let finding = Finding::warning("/externalAccess/mode", "kafka.external.no-password", message);
        findings.push(finding.hint("set auth.enabled, and keep the addresses private: nothing is encrypted"));
    }
    findings
}

/// Clients ask one broker where the others are: one opened Service leads nowhere.
fn exposure(block: &Block) -> Option<Finding> {
    (block.exposure != Exposure::Cluster).then(|| {
        let message = "a client is sent on to the broker it needs, by a name that is known inside the cluster only";
        let finding = Finding::error("/service/exposure", "kafka.service.exposure", message);
        finding.hint("keep service.exposure: cluster and set externalAccess")
    })
}

fn nodes(values: &Values, spread: Spread) -> Option<Finding> {
    let brokers = values.brokers();
    (spread == Spread::RequireNodes && brokers > 1).then(|| {
        let message = format!("every broker needs a node of its own; with fewer than {brokers} some stay Pending");
        Finding::warning("/scheduling/spread", "kafka.spread.nodes", message).hint("preferNodes never blocks")
    })
}

/// Pausing scales to zero, and a claim that goes with its pod takes the data along.
fn volumes(block: &Block) -> Option<Finding> {
    (block.storage.on_scale_down.as_deref() == Some("delete")).then(|| {
        let message = "pausing scales to zero brokers, and every volume would be deleted with them";
        let finding = Finding::error("/storage/onScaleDown", "kafka.storage.scale-down-delete", message);
        finding.hint("keep retain, and delete the claims of brokers that left by hand")
    })
}

fn owned_groups(extra: &str) -> Vec<Finding> {
    let refuse = |line: &str| {
        let setting = line.split('=').next().unwrap_or(line).trim();
        let message = format!("`{setting}` is set by the template");
        Finding::error("/extraConfig", "kafka.extra-config.owned", message)
            .hint("use the template's own parameter for it")
    };
    let owned = |line: &&str| OWNED_GROUPS.iter().any(|start| line.to_ascii_lowercase().starts_with(start));
    extra.lines().map(str::trim_start).filter(owned).map(refuse).collect()
}
