//! Desired against observed, object by object: create, update, adopt, delete, keep, or refuse.
//! Every refusal is collected, so that a person sees all of them at once.

use std::collections::BTreeMap;

use super::placement::{self, Offers};
use super::removals::{removals, volumes, volumes_go_too};
use super::secrets::plan_secret;
use super::{
    Action, Change, Effect, Plan, Policy, Problem, ProblemKind, SecretAction, SecretChange, SecretObservation, Subject,
    Summary, answer, growth, ownership, plain,
};
use crate::object::{LiveObject, Manifest, Observation, Observed};
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
    /// What was allowed, whose objects these are, and what was published before.
    pub policy: Policy,
    /// Secrets by name.
    pub secrets: &'a BTreeMap<String, SecretObservation>,
    /// Generated Secrets that are ours and no longer wanted.
    pub stray_secrets: &'a [LiveObject],
    /// Volumes that belong to the definition's workloads.
    pub volumes: &'a [LiveObject],
    /// What the cluster offers to new volumes and pods.
    pub offers: &'a Offers,
    /// Findings of the template.
    pub diagnostics: Vec<Diagnostic>,
    /// What it is about.
    pub subject: Subject,
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
        changes.push(change_for(&object.manifest, object.stage, observation, &input.policy, &mut problems));
    }
    changes.extend(growth::steps(&growth::growth(input.desired, input.volumes), input.observed, &mut problems));
    changes.sort_by_cached_key(|change| (change.stage, change.phase, change.key.clone()));
    explain_config_maps(&mut changes);
    let gone = removals(&input);
    problems.extend(gone.iter().filter(|_| !input.purge_data).filter_map(volumes_go_too));
    changes.extend(gone);
    changes.extend(volumes(&input));
    let secrets = plan_secrets(&input, &mut problems);
    let mut diagnostics = input.diagnostics;
    let templated = input.subject.template != "manifests";
    diagnostics.extend(placement::warnings(input.desired, input.volumes, input.offers, templated));
    problems.extend(placement::problems(input.desired, input.volumes, input.offers));
    diagnostics.extend(plain::plain_secrets(&changes));
    let mut plan = Plan {
        api_version: "ku8.dev/plan/v1",
        kind: "Plan",
        definition: input.subject,
        summary: Summary::default(),
        applyable: true,
        changes,
        secrets,
        diagnostics,
        problems,
        warnings: Vec::new(),
        policy: input.policy,
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
    policy: &Policy,
    problems: &mut Vec<Problem>,
) -> Change {
    let live = observation.and_then(|seen| seen.live.clone());
    let mut change = Change::new(manifest.key().clone(), manifest.api_version(), Action::Create, live.clone());
    change.stage = stage;
    change.manifest = Some(manifest.clone());
    let Some(observation) = observation else { return change };
    if let Some(patch) = &observation.patch {
        change.manifest = Some(patch.manifest.clone());
        change.yielded.clone_from(&patch.yielded);
        change.write.force = patch.force;
        change.write.hand_off.clone_from(&patch.hand_off);
        let taken = live.as_ref().and_then(|live| policy.take_over(&patch.manifest, live));
        change.write.take_over = taken.map(|over| over.taken);
    }
    if let Some(live) = &live {
        change.action = Action::Update;
        judge_owner(&mut change, live, policy, problems);
        if policy.is_ours(live)
            && let Some(published) = policy.published.get(manifest.key())
        {
            change.drift = ownership::drift(published, &live.value, &change.yielded);
        }
    }
    let sent = change.manifest.clone().unwrap_or_else(|| manifest.clone());
    answer::judge(&mut change, &sent, &observation.dry_run, policy, problems);
    change
}

fn judge_owner(change: &mut Change, live: &LiveObject, policy: &Policy, problems: &mut Vec<Problem>) {
    if policy.is_ours(live) {
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
    if adoptable && policy.adopt.contains(&change.key) {
        return;
    }
    let restored = live.owner_id().and_then(|id| id.rsplit_once('/')).filter(|(home, _)| *home == policy.home);
    let hint = if adoptable {
        format!("look at it, then pass --adopt {} to take it over", change.key)
    } else if let Some((_, name)) = restored.and_then(|(home, _)| home.split_once('/')) {
        format!(
            "the record was made again, from a backup perhaps; mark the objects as its own: kubectl ku8 repair {name}"
        )
    } else {
        "choose another name, or delete it from that definition first".to_owned()
    };
    problems.push(Problem { kind: ProblemKind::Ownership, object: change.key.to_string(), message: holder, hint });
}

/// A ConfigMap change is read by the pods that restart in this plan and mount it.
fn explain_config_maps(changes: &mut [Change]) {
    let restarting: Vec<String> = changes
        .iter()
        .filter(|change| change.effects.iter().any(|effect| effect.pods_restarted() > 0))
        .filter_map(|change| Some(change.manifest.as_ref()?.value()["spec"]["template"]["spec"].to_string()))
        .collect();
    for change in changes.iter_mut().filter(|change| change.key.is_core("ConfigMap")) {
        let name = serde_json::Value::from(change.key.name.as_str()).to_string();
        let read = restarting.iter().any(|pod| pod.contains(&name));
        if read && change.effects.contains(&Effect::ReadAfterRestart) {
            "the restarting pods read it".clone_into(&mut change.reason);
        }
    }
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

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
