//! Desired against observed, object by object: create, update, adopt, delete, keep, or refuse.
//! Every refusal is collected, so that a person sees all of them at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::removals::{removals, volumes, volumes_go_too};
use super::secrets::plan_secret;
use super::{
    Action, Change, Confidence, Effect, FieldCause, FieldOp, Plan, Problem, ProblemKind, SecretAction, SecretChange,
    SecretObservation, SeenVersion, Subject, Summary, differences, effects, phase,
};
use crate::object::{DryRun, LiveObject, Manifest, Observation, Observed, labels, nearest};
use crate::release::Inventory;
use crate::render::Diagnostic;
use crate::transform::Desired;

/// Everything a plan is made from.
pub struct Input<'a> {
    /// What is wanted.
    pub desired: &'a Desired,
    /// What is there, and what the server would make of our patches.
    pub observed: &'a Observed,
    /// What we own.
    pub inventory: &'a Inventory,
    /// Our owner-id.
    pub owner_id: &'a str,
    /// `<namespace>/<definition>`, for objects an earlier head left behind.
    pub home: &'a str,
    /// Secrets by name.
    pub secrets: &'a BTreeMap<String, SecretObservation>,
    /// Generated Secrets that are ours and no longer wanted.
    pub stray_secrets: &'a [LiveObject],
    /// Volumes that belong to the definition's workloads.
    pub volumes: &'a [LiveObject],
    /// Findings of the template.
    pub diagnostics: Vec<Diagnostic>,
    /// What it is about.
    pub subject: Subject,
    /// `--adopt KIND/NAME`.
    pub adopt: &'a BTreeSet<String>,
    /// `--allow-empty`, and always for a deletion.
    pub allow_empty: bool,
    /// The definition itself goes away.
    pub deleting: bool,
    /// `--purge-data`.
    pub purge_data: bool,
    /// `--purge-secrets`.
    pub purge_secrets: bool,
    /// `--new-credentials`.
    pub new_credentials: bool,
}

/// Makes the plan.
pub fn plan(input: Input<'_>) -> Plan {
    let mut problems = Vec::new();
    if input.desired.objects.is_empty() && !input.allow_empty {
        problems.push(Problem {
            kind: ProblemKind::Invalid,
            object: String::new(),
            message: "nothing was rendered: applying this would remove every object of the definition".into(),
            hint: "pass --allow-empty if that is meant".into(),
        });
    }
    let mut changes = Vec::new();
    for object in &input.desired.objects {
        let observation = input.observed.get(object.manifest.key());
        let adopt = input.adopt.contains(&object.manifest.key().to_string());
        changes.push(change_for(
            &object.manifest,
            object.stage,
            observation,
            input.owner_id,
            input.home,
            adopt,
            &mut problems,
        ));
    }
    changes.sort_by_cached_key(|change| (change.stage, change.phase, change.key.clone()));
    explain_config_maps(&mut changes);
    let gone = removals(&input);
    problems.extend(gone.iter().filter(|_| !input.purge_data).filter_map(volumes_go_too));
    changes.extend(gone);
    changes.extend(volumes(&input));
    let secrets = plan_secrets(&input, &mut problems);
    let mut plan = Plan {
        api_version: "ku8.dev/plan/v1",
        kind: "Plan",
        definition: input.subject,
        summary: Summary::default(),
        applyable: true,
        changes,
        secrets,
        diagnostics: input.diagnostics,
        problems,
        warnings: Vec::new(),
    };
    plan.settle();
    if !plan.has_changes() {
        plan.definition.to_revision = plan.definition.from_revision;
    }
    plan
}

/// Plans one desired object. Used again at apply when the object changed in between.
pub fn change_for(
    manifest: &Manifest,
    stage: u32,
    observation: Option<&Observation>,
    owner_id: &str,
    home: &str,
    adopt: bool,
    problems: &mut Vec<Problem>,
) -> Change {
    let key = manifest.key().clone();
    let live = observation.and_then(|seen| seen.live.clone());
    let mut change = Change {
        phase: phase(&key),
        api_version: manifest.api_version().to_owned(),
        stage,
        action: Action::Create,
        reason: String::new(),
        confidence: Confidence::Server,
        effects: Vec::new(),
        fields: Vec::new(),
        precondition: live.as_ref().map(seen_version),
        manifest: Some(manifest.clone()),
        live: live.clone(),
        key,
    };
    let Some(observation) = observation else { return change };
    if let Some(live) = &live {
        change.action = Action::Update;
        judge_owner(&mut change, live, owner_id, home, adopt, problems);
    }
    judge_dry_run(&mut change, manifest, live.as_ref(), &observation.dry_run, problems);
    change
}

fn judge_owner(
    change: &mut Change,
    live: &LiveObject,
    owner_id: &str,
    home: &str,
    adopt: bool,
    problems: &mut Vec<Problem>,
) {
    let ours = live.owner_id() == Some(owner_id);
    let left_behind = live.annotation(labels::RETAINED_FROM) == Some(home);
    if ours || left_behind {
        return;
    }
    change.action = Action::Adopt;
    "exists and becomes part of this definition".clone_into(&mut change.reason);
    if live.is_terminating() {
        "is being deleted by somebody else".clone_into(&mut change.reason);
    }
    let helm = live.annotation("meta.helm.sh/release-name");
    let (holder, adoptable) = match (live.owner_id(), helm) {
        (Some(id), _) => (format!("belongs to definition {}", id.rsplit_once('/').map_or(id, |(home, _)| home)), false),
        (None, Some(release)) => (format!("is managed by Helm release {release}"), true),
        (None, None) => ("exists and is not ours".to_owned(), true),
    };
    if adoptable && adopt {
        return;
    }
    let hint = if adoptable {
        format!("look at it, then pass --adopt {} to take it over", change.key)
    } else {
        "choose another name, or delete it from that definition first".to_owned()
    };
    problems.push(Problem { kind: ProblemKind::Ownership, object: change.key.to_string(), message: holder, hint });
}

fn judge_dry_run(
    change: &mut Change,
    manifest: &Manifest,
    live: Option<&LiveObject>,
    dry_run: &DryRun,
    problems: &mut Vec<Problem>,
) {
    let object = change.key.to_string();
    match dry_run {
        DryRun::Accepted(after) => compare(change, manifest.value(), live, after),
        DryRun::NotAsked => {}
        DryRun::Unverified(why) => {
            change.confidence = Confidence::Unverified;
            change.reason = format!("not verified: {why}");
        }
        DryRun::Forbidden(_) => {
            change.confidence = Confidence::Local;
            if let Some(live) = live {
                let after = overlay(&live.value, manifest.value());
                compare(change, manifest.value(), Some(live), &after);
            }
        }
        DryRun::Conflict(causes) => {
            for (field, message) in causes {
                problems.push(Problem {
                    kind: ProblemKind::Ownership,
                    object: object.clone(),
                    message: format!("{field}: {message}"),
                    hint: "somebody else set this field: change it back there, or leave it out of the values".into(),
                });
            }
        }
        DryRun::Invalid { message, causes, immutable } => {
            invalid(change, manifest, message, causes, *immutable, problems);
        }
    }
}

fn compare(change: &mut Change, desired: &Value, live: Option<&LiveObject>, after: &Value) {
    let Some(live) = live else {
        change.fields = created_fields(desired);
        return;
    };
    change.fields = differences(&live.value, after, desired);
    change.effects = effects::of_update(&change.key, &live.value, after, &change.fields);
    if change.fields.is_empty() && change.action == Action::Update {
        change.action = Action::NoOp;
    }
}

/// A new object's own fields, without what the server adds.
fn created_fields(desired: &Value) -> Vec<super::FieldChange> {
    let identity = serde_json::json!({"kind": desired["kind"], "metadata": {
        "name": desired["metadata"]["name"], "namespace": desired["metadata"]["namespace"]}});
    differences(&identity, desired, desired)
}

fn invalid(
    change: &mut Change,
    manifest: &Manifest,
    message: &str,
    causes: &[(String, String)],
    immutable: bool,
    problems: &mut Vec<Problem>,
) {
    let object = change.key.to_string();
    if immutable {
        change.action = Action::Replace;
        let fields: Vec<&str> =
            causes.iter().map(|(field, _)| field.as_str()).filter(|field| !field.is_empty()).collect();
        change.reason =
            format!("replace forced by {}", if fields.is_empty() { "an immutable field" } else { fields[0] });
        // The server names only the outermost field; our own comparison shows what differs below it.
        if let Some(live) = &change.live {
            let after = overlay(&live.value, manifest.value());
            change.fields = differences(&live.value, &after, manifest.value())
                .into_iter()
                .filter(|field| field.cause == FieldCause::Desired && field.op != FieldOp::Reorder)
                .collect();
        }
        let what = if causes.is_empty() { message.to_owned() } else { join(causes) };
        problems.push(Problem {
            kind: ProblemKind::Blocked,
            object,
            message: format!("cannot be changed in place: {what}"),
            hint: "put the field back, or delete the object by hand after saving what it holds".into(),
        });
        return;
    }
    let message = if causes.is_empty() { undeclared(manifest, message) } else { join(causes) };
    let hint = "correct the value and plan again; nothing was changed".to_owned();
    problems.push(Problem { kind: ProblemKind::Invalid, object, message, hint });
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn join(causes: &[(String, String)]) -> String {
    let words: Vec<String> = causes
        .iter()
        .map(|(field, message)| if field.is_empty() { message.clone() } else { format!("{field}: {message}") })
        .collect();
    words.join("; ")
}

/// The server's words about an unknown field, made short: `.spec.replica: field not declared in schema`.
fn undeclared(manifest: &Manifest, message: &str) -> String {
    let short = message.rsplit_once("): ").map_or(message, |(_, rest)| rest);
    let field = short.split(':').next().unwrap_or_default().trim_start_matches('.');
    let (parent, last) = field.rsplit_once('.').unwrap_or(("", field));
    let siblings: &[&str] = match (manifest.key().kind.as_str(), parent) {
        ("Deployment" | "StatefulSet", "spec") => {
            &["replicas", "selector", "template", "strategy", "updateStrategy", "serviceName", "volumeClaimTemplates"]
        }
        ("Service", "spec") => &["ports", "selector", "type", "clusterIP", "externalName", "sessionAffinity"],
        _ => &[],
    };
    match nearest(last, siblings.iter().copied()) {
        Some(word) => format!("{short}; did you mean `{word}`?"),
        None => short.to_owned(),
    }
}

/// Our patch laid over the live object: what we would ask for, when the server cannot be asked.
fn overlay(live: &Value, desired: &Value) -> Value {
    match (live, desired) {
        (Value::Object(left), Value::Object(right)) => {
            let mut merged = left.clone();
            for (field, value) in right {
                // The server does not store empty values, so one we send where none is makes no difference.
                if is_empty(value) && !left.contains_key(field) {
                    continue;
                }
                let under = left.get(field).map_or_else(|| value.clone(), |below| overlay(below, value));
                merged.insert(field.clone(), under);
            }
            Value::Object(merged)
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            Value::Array(left.iter().zip(right).map(|(below, value)| overlay(below, value)).collect())
        }
        _ => desired.clone(),
    }
}

/// A ConfigMap change restarts pods when a workload's template changes with it (a checksum annotation).
fn explain_config_maps(changes: &mut [Change]) {
    let restarts = changes.iter().flat_map(|change| &change.effects).any(|effect| effect.pods_restarted() > 0);
    for change in changes.iter_mut().filter(|change| change.key.is_core("ConfigMap")) {
        if restarts && change.effects.contains(&Effect::ReadAfterRestart) {
            "the restarting pods read it".clone_into(&mut change.reason);
        }
    }
}

pub(crate) fn seen_version(live: &LiveObject) -> SeenVersion {
    SeenVersion { uid: live.uid().to_owned(), resource_version: live.resource_version().to_owned() }
}

fn plan_secrets(input: &Input<'_>, problems: &mut Vec<Problem>) -> Vec<SecretChange> {
    let mut changes = Vec::new();
    for intent in &input.desired.secrets {
        let none = SecretObservation::default();
        let seen = input.secrets.get(&intent.name).unwrap_or(&none);
        match plan_secret(intent, seen, !input.volumes.is_empty(), input.new_credentials) {
            Ok(change) => changes.push(change),
            Err(problem) => problems.push(problem),
        }
    }
    for live in input.stray_secrets {
        let name = live.value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let action = match (input.deleting, input.purge_secrets) {
            (true, true) => SecretAction::Delete,
            (true, false) => SecretAction::Retain,
            // A password nobody asks for any more may still be in use by data that exists.
            (false, _) => SecretAction::Keep,
        };
        changes.push(SecretChange { name, action, generated: Vec::new(), intent: None, live: Some(live.clone()) });
    }
    changes
}
