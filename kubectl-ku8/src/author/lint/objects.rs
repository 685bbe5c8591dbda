//! Rules about objects beside each other: their names, their ids, their selectors, over all that was tried.
//! It never judges a field on its own; the host does, and tells by refusing.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Report, Run, Subject};
use crate::object::printable;
use crate::render::{RenderError, RenderedObject};

/// Label of the run under another name: everything else is as in the first.
pub(super) const RENAMED: &str = "another name";
/// Label of the run under the longest name a definition may have.
pub(super) const LONGEST: &str = "the longest name";

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    for (run, objects) in rendered(subject) {
        for object in objects {
            name(run, object, report);
            selectors(object, report);
        }
    }
    ids(subject, report);
    unchanging(subject, report);
    longest(subject, report);
}

fn rendered<'s>(subject: &Subject<'s>) -> impl Iterator<Item = (&'s Run, &'s [RenderedObject])> {
    subject.runs.iter().filter_map(|run| Some((run, run.trial.rendered.as_ref().ok()?.objects.as_slice())))
}

fn name(run: &Run, object: &RenderedObject, report: &mut Report) {
    let own = &object.manifest.key().name;
    let rest = own.strip_prefix(run.name());
    if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
        let message = format!("is named `{}` in a definition named `{}`", printable(own), run.name());
        report.say("objects.name", &object.id, message);
    }
}

/// Selectors of one object that cannot change, with their paths.
fn fixed_selectors(object: &RenderedObject) -> Vec<(&'static str, &Map<String, Value>)> {
    let value = object.manifest.value();
    let workload = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];
    let path = "/spec/selector/matchLabels";
    let found = workload.contains(&object.manifest.key().kind.as_str()).then(|| value.pointer(path)?.as_object());
    found.flatten().map(|labels| ("spec.selector", labels)).into_iter().collect()
}

/// All selectors of one object that find pods.
fn all_selectors(object: &RenderedObject) -> Vec<(&'static str, &Map<String, Value>)> {
    let value = object.manifest.value();
    let more = match object.manifest.key().kind.as_str() {
        "Service" => Some(("spec.selector", "/spec/selector")),
        "PodDisruptionBudget" | "PodMonitor" | "ServiceMonitor" => {
            Some(("spec.selector", "/spec/selector/matchLabels"))
        }
        "NetworkPolicy" => Some(("spec.podSelector", "/spec/podSelector/matchLabels")),
        _ => None,
    };
    let more = more.and_then(|(path, pointer)| Some((path, value.pointer(pointer)?.as_object()?)));
    fixed_selectors(object).into_iter().chain(more).collect()
}

fn selectors(object: &RenderedObject, report: &mut Report) {
    for (path, labels) in all_selectors(object) {
        for label in labels.keys() {
            let last = label.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            if ["version", "revision", "chart", "checksum", "hash"].iter().any(|word| last.contains(word)) {
                report.say("selectors.version", &object.id, format!("{path} selects by {}", printable(label)));
            }
        }
    }
    let pods = object.manifest.value().pointer("/spec/template/metadata/labels");
    for (path, labels) in fixed_selectors(object) {
        let missing: Vec<String> = labels
            .iter()
            .filter(|(name, value)| pods.and_then(|pods| pods.get(name.as_str())) != Some(value))
            .map(|(name, _)| printable(name))
            .collect();
        if !missing.is_empty() {
            let message = format!("{path} selects by {}, which its pods do not carry", missing.join(", "));
            report.say("selectors.match", &object.id, message);
        }
    }
}

/// Ids under another name of the definition.
fn ids(subject: &Subject<'_>, report: &mut Report) {
    let Some((_, first)) = rendered(subject).next() else { return };
    let Some((_, renamed)) = rendered(subject).find(|(run, _)| run.label == RENAMED) else { return };
    for object in first {
        if !renamed.iter().any(|other| other.id == object.id) {
            report.say("objects.id", &object.id, "is called otherwise in a definition of another name");
        }
    }
}

/// Selectors over all values that were tried under one name.
fn unchanging(subject: &Subject<'_>, report: &mut Report) {
    type Labels<'a> = &'a Map<String, Value>;
    let mut known: BTreeMap<(&str, &str, String), (Labels<'_>, &Run)> = BTreeMap::new();
    for (run, objects) in rendered(subject) {
        for object in objects {
            for (path, labels) in fixed_selectors(object) {
                let key = (run.name(), path, object.manifest.key().to_string());
                let (before, first) = *known.entry(key).or_insert((labels, run));
                if before != labels {
                    let message = format!("{path} is another one with {} than with {}", run.label, first.label);
                    report.say("selectors.changes", &object.id, message);
                }
            }
        }
    }
}

fn longest(subject: &Subject<'_>, report: &mut Report) {
    let Some(run) = subject.runs.iter().find(|run| run.label == LONGEST) else { return };
    let Err(RenderError::Refused(problems)) = &run.trial.rendered else { return };
    for problem in problems.iter().filter(|problem| problem.check == "identity") {
        report.say("objects.length", &problem.subject, problem.message.clone());
    }
}
