//! Rules about the topics of one set of values.
//! It never looks at earlier values: that is `transition.rs`.

use template_sdk::{Finding, Findings};

use crate::values::{Topic, Values};

/// Judges every topic, and all of them together.
pub(crate) fn judge(values: &Values) -> Findings {
    let mut findings = Findings::new();
    for (at, topic) in values.topics.iter().enumerate() {
        findings.extend(name(at, topic, &values.topics[..at]));
        findings.extend(replicas(at, topic, values));
        findings.extend(min_insync(at, topic, values));
    }
    findings
}

fn name(at: usize, topic: &Topic, before: &[Topic]) -> Vec<Finding> {
    let (path, name) = (format!("/topics/{at}/name"), topic.name.as_str());
    let mut findings = vec![];
    if name == "." || name == ".." || name.starts_with("__") {
        let message = format!("`{name}` is a name Kafka keeps for itself");
        findings.push(Finding::error(path.clone(), "kafka.topics.reserved", message).hint("choose another name"));
    }
    if before.iter().any(|other| other.name == name) {
        let message = format!("`{name}` is there twice");
        findings.push(Finding::error(path, "kafka.topics.twice", message).hint("keep one of them"));
    } else if let Some(other) = before.iter().find(|other| metric(&other.name) == metric(name)) {
        let message =
            format!("`{name}` and `{}` have the same name in metrics, and Kafka refuses the second", other.name);
        findings.push(Finding::error(path, "kafka.topics.collide", message).hint("use either dots or underscores"));
    }
    findings
}

/// The name in metrics, where a dot becomes an underscore.
fn metric(name: &str) -> String {
    name.replace('.', "_")
}

fn replicas(at: usize, topic: &Topic, values: &Values) -> Option<Finding> {
    let (copies, brokers) = (topic.replication_factor?, values.brokers());
    (copies > brokers).then(|| {
        let message = format!("{copies} replicas of `{}` need as many brokers; there are {brokers}", topic.name);
        let finding = Finding::error(format!("/topics/{at}/replicationFactor"), "kafka.topics.replicas", message);
        finding.hint(format!("use {brokers} or less, or leave it out"))
    })
}

fn min_insync(at: usize, topic: &Topic, values: &Values) -> Option<Finding> {
    let copies = values.replicas_of(topic);
    let confirmed: u32 = topic.config.get("min.insync.replicas")?.as_str()?.parse().ok()?;
    (copies > 1 && confirmed >= copies).then(|| {
        let message = format!(
            "`{}` needs {confirmed} of {copies} replicas to confirm a write: every restart would stop writing to it",
            topic.name
        );
        let finding = Finding::error(format!("/topics/{at}/config"), "kafka.topics.min-insync", message);
        finding.hint(format!("use {} or less", copies - 1))
    })
}
