//! Rules about the component as a whole: that it loads, imports nothing, and says the same in its bytes and its functions.
//! It never asks the component anything.

use semver::{Version, VersionReq};
use serde_json::Value;

use super::{Finding, Report, Subject};
use crate::render::{COMPONENT_BYTES, RenderError};

/// The findings of a component that does not load.
pub fn unloadable(error: &RenderError) -> Vec<Finding> {
    let mut report = Report::default();
    match error {
        RenderError::Imports(names) => {
            for name in names {
                report.say("contract.imports", name, "is imported");
            }
        }
        RenderError::Refused(problems) => {
            for problem in problems {
                let code = match problem.subject.as_str() {
                    "metadata" => "contract.metadata",
                    "schema" => "contract.schema",
                    _ => "contract.load",
                };
                match &problem.hint {
                    Some(hint) => report.say_and_fix(code, &problem.subject, problem.message.clone(), hint.clone()),
                    None => report.say(code, &problem.subject, problem.message.clone()),
                }
            }
        }
        other => report.say("contract.load", "", other.to_string()),
    }
    report.end()
}

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let [first, second] = subject.described;
    let embedded = subject.embedded;
    for (name, section, words) in
        [("metadata", &embedded.metadata, &first.metadata), ("schema", &embedded.schema, &first.schema)]
    {
        if section.as_ref().is_some_and(|bytes| !same(bytes, words)) {
            report.say("contract.embedded", name, "the section says something else than the function");
        }
    }
    let minor = |version: &str| version.split('.').nth(1).and_then(|minor| minor.parse::<u64>().ok());
    if minor(&embedded.contract).is_none_or(|minor| minor > 0) {
        let message = format!("it speaks ku8:template/provider@{}, this program 1.0", embedded.contract);
        report.say("contract.newer", "", message);
    }
    requires(subject, report);
    if first.metadata != second.metadata {
        report.say("determinism.describe", "metadata", "two processes were told different things");
    }
    if first.schema != second.schema {
        report.say("determinism.describe", "schema", "two processes were told different things");
    }
    if subject.size > COMPONENT_BYTES / 2 {
        let message = format!("{} MiB of {}", subject.size >> 20, COMPONENT_BYTES >> 20);
        report.say("limits.component", "", message);
    }
    if subject.metadata.rules.is_empty() {
        report.say("metadata.rules", "metadata", "no rules are declared");
    }
    if subject.metadata.operations.is_empty() {
        report.say("metadata.operations", "metadata", "no operations are described");
    }
}

/// Whether two texts are the same JSON, however it is written.
fn same(bytes: &[u8], words: &str) -> bool {
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    bytes == words.as_bytes() || read(bytes).is_some_and(|value| read(words.as_bytes()) == Some(value))
}

fn requires(subject: &Subject<'_>, report: &mut Report) {
    let Some(range) = &subject.metadata.requires else { return };
    match (VersionReq::parse(range), Version::parse(subject.host)) {
        (Err(error), _) => report.say("contract.requires", "metadata", format!("`{range}` is no range: {error}")),
        (Ok(wanted), Ok(host)) if !wanted.matches(&host) => {
            report.say("contract.requires", "metadata", format!("`{range}` leaves out this program, {host}"));
        }
        _ => {}
    }
}
