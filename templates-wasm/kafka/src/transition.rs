//! Which values can follow which: what is on the volumes, and who may decide about it.
//! It never trusts the record alone; claims that outlived a delete are judged too.

use template_sdk::block::{Block, forbid_change};
use template_sdk::{Finding, Findings, Request, State};

use crate::values::{Topic, Values, earlier};

/// Judges the change from every earlier state.
pub(crate) fn judge(request: &Request, values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    let hint = "put it back, or publish a second definition and mirror the topics into it with MirrorMaker";
    findings.extend(forbid_change::<u32>(request, "/controllers", "kafka.controllers.immutable", hint));
    let hint = "put it back: the ids are on the volumes";
    findings.extend(forbid_change::<u32>(request, "/nodeIdBase", "kafka.ids.immutable", hint));
    let mut known = false;
    for state in request.states() {
        findings.extend(version(state, block));
        findings.extend(auth(request, state, block));
        if let Some(before) = brokers_of(state) {
            known = true;
            findings.extend(brokers(&request.name, before, values));
        }
        if let Some(old) = earlier(state) {
            findings.extend(replicas(&old, values));
            findings.extend(topics(&old, values));
        }
    }
    if !known {
        findings.extend(from_volumes(request, values));
    }
    findings
}

/// Brokers an earlier state had; read by itself, so that no other value can hide it.
fn brokers_of(state: &State) -> Option<u32> {
    state.at("/brokers").or_else(|| state.at("/controllers"))
}

/// Brokers that come hold nothing yet; brokers that go must hold nothing any more.
fn brokers(name: &str, before: u32, new: &Values) -> Vec<Finding> {
    let now = new.brokers();
    if now > before {
        let new: Vec<u32> = (before..now).collect();
        let message = format!("new brokers ({}) hold no partitions until some are moved to them", text(&new));
        let hint = "kafka-reassign-partitions.sh moves them; new topics use all brokers at once";
        return vec![Finding::info("/brokers", "kafka.brokers.grow", message).hint(hint)];
    }
    let leaving: Vec<u32> = (now..before).collect();
    if leaving.is_empty() {
        return vec![];
    }
    let ids =
        |brokers: &[u32]| brokers.iter().map(|broker| (broker + new.node_id_base).to_string()).collect::<Vec<_>>();
    if new.is_drained(now) {
        let message = format!("brokers {} leave; their volumes stay", text(&leaving));
        let hint = format!(
            "unregister them afterwards: kafka-cluster.sh unregister --id {}; then delete the claims data-{name}-{}",
            ids(&leaving).join(", --id "),
            text(&leaving)
        );
        return vec![Finding::warning("/brokers", "kafka.brokers.leave", message).hint(hint)];
    }
    let message = format!(
        "going from {before} to {now} brokers takes away what brokers {} hold: every partition with a replica there \
         loses it, and one with no other replica is gone",
        text(&leaving)
    );
    let hint = format!(
        "move everything off the brokers with ids {} with kafka-reassign-partitions.sh, see with kafka-log-dirs.sh that \
         they hold nothing, then set scaling.drainedFrom to {now} and publish again",
        ids(&leaving).join(", ")
    );
    vec![Finding::error("/brokers", "kafka.brokers.shrink", message).hint(hint)]
}

/// The default counts when a topic is made, those of consumers and transactions included.
fn replicas(old: &Values, new: &Values) -> Option<Finding> {
    let (before, now) = (old.replication_factor(), new.replication_factor());
    (before != now).then(|| {
        let message = format!(
            "topics get {now} replicas from now on; those there are keep {before}, also the ones of consumer offsets and \
             transactions"
        );
        let finding = Finding::info("/replicationFactor", "kafka.replicas.kept", message);
        finding.hint("kafka-reassign-partitions.sh changes the replicas of a topic")
    })
}

fn text(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn topics(old: &Values, new: &Values) -> Vec<Finding> {
    let mut findings = vec![];
    for before in &old.topics {
        if let Some(at) = new.topics.iter().position(|topic| topic.name == before.name) {
            findings.extend(topic(at, old, before, new, &new.topics[at]));
            continue;
        }
        let message = format!("the topic `{}` and its records stay; it is no longer looked after", before.name);
        let finding = Finding::info("/topics", "kafka.topics.left", message);
        findings.push(finding.hint("kafka-topics.sh --delete removes it, with its records"));
    }
    findings
}

fn topic(at: usize, old: &Values, before: &Topic, new: &Values, now: &Topic) -> Vec<Finding> {
    let (had, gets) = (old.partitions_of(before), new.partitions_of(now));
    let (path, name) = (format!("/topics/{at}/partitions"), &now.name);
    let mut findings = vec![];
    if gets < had {
        let message = format!("`{name}` has {had} partitions; {gets} is less, and Kafka never takes partitions away");
        let finding = Finding::error(path, "kafka.topics.partitions-shrink", message);
        findings.push(finding.hint(format!("keep {had}, or make another topic and copy the records")));
    } else if gets > had {
        let message =
            format!("`{name}` grows from {had} to {gets} partitions: from then on a key may be in another one");
        let finding = Finding::warning(path, "kafka.topics.partitions-grow", message);
        findings.push(finding.hint("consumers that rely on the order of a key must have read what is there"));
    }
    let (had, gets) = (old.replicas_of(before), new.replicas_of(now));
    if gets != had {
        let path = format!("/topics/{at}/replicationFactor");
        let message = format!("`{name}` keeps its {had} replicas; {gets} applies to topics made from now on");
        let finding = Finding::warning(path, "kafka.topics.replicas-kept", message);
        findings.push(finding.hint("kafka-reassign-partitions.sh changes the replicas of a topic"));
    }
    findings
}

/// A minor version can raise the metadata's own version, which an older one cannot read.
fn version(state: &State, block: &Block) -> Option<Finding> {
    let before: String = state.at("/image/tag").unwrap_or_else(|| block.spec.tag.to_owned());
    let ((major, minor), (new_major, new_minor)) = (minor(&before)?, minor(block.tag())?);
    if major != new_major || minor == new_minor {
        return None;
    }
    if new_minor > minor {
        let message = format!("the metadata stays in the format of {major}.{minor} until it is raised");
        let hint = format!(
            "when all is well: kafka-features.sh upgrade --release-version {new_major}.{new_minor}; after that nothing goes back"
        );
        return Some(Finding::info("/image/tag", "kafka.image.minor-up", message).hint(hint));
    }
    let message = format!("metadata written by {before} cannot be read by {}", block.tag());
    let finding = Finding::error("/image/tag", "kafka.image.minor-down", message);
    Some(finding.hint(format!("stay on {major}.{minor}, or publish a second definition and mirror the topics into it")))
}

fn minor(tag: &str) -> Option<(u32, u32)> {
    let mut parts = tag.split(['.', '-']).map(|part| part.parse::<u32>().ok());
    Some((parts.next()??, parts.next()??))
}

/// Brokers of both kinds do not understand each other, so they cannot be restarted one by one.
fn auth(request: &Request, state: &State, block: &Block) -> Option<Finding> {
    let before: bool = state.at("/auth/enabled").unwrap_or(false);
    if before == block.auth.enabled || request.observed_replicas(&request.name) == Some(0) {
        return None;
    }
    let message = "brokers with and without passwords do not understand each other, and they restart one by one";
    let finding = Finding::error("/auth/enabled", "kafka.auth.running", message);
    Some(finding.hint(format!(
        "stop all brokers first: kubectl -n {} scale statefulset/{} --replicas=0; then publish",
        request.namespace, request.name
    )))
}

/// The start of a cluster over claims an earlier one left behind.
fn from_volumes(request: &Request, values: &Values) -> Option<Finding> {
    let prefix = format!("data-{}-", request.name);
    let ordinal = |claim: &String| claim.strip_prefix(&prefix)?.parse::<u32>().ok();
    let old = request.observed_pvcs().iter().filter_map(ordinal).max()? + 1;
    if values.controllers == 3 && old < 3 {
        let message = format!(
            "{old} volume{s} of an earlier `{}` remain{t}, so it had one controller; two empty ones would outvote it",
            request.name,
            s = if old == 1 { "" } else { "s" },
            t = if old == 1 { "s" } else { "" },
        );
        let finding = Finding::error("/controllers", "kafka.controllers.volumes-remain", message);
        return Some(finding.hint(format!(
            "set controllers to 1, or, if the data is not wanted, delete the claims data-{name}-0 to data-{name}-{last} first",
            name = request.name,
            last = old - 1
        )));
    }
    let missing: Vec<u32> = (values.brokers()..old).collect();
    if missing.is_empty() || values.is_drained(values.brokers()) {
        return None;
    }
    let message =
        format!("volumes of {old} brokers remain; without brokers {} what is on them is missing", text(&missing));
    let finding = Finding::error("/brokers", "kafka.brokers.volumes-remain", message);
    Some(
        finding.hint(format!(
            "use {old} brokers; or set scaling.drainedFrom to {} where they hold nothing",
            values.brokers()
        )),
    )
}
