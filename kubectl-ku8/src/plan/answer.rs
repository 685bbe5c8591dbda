//! What the server answered to one dry-run, as a change: fields, conflicts, refusals.
//! Every refusal becomes a problem with its next step; none is dropped.

use serde_json::Value;

use super::local::laid_over;
use super::ownership::{as_shown, changed_hands, holder_of, label, same};
use super::{
    Action, Change, Confidence, FieldCause, FieldChange, FieldOp, Policy, Problem, ProblemKind, compare, differences,
    display_path, effects, replace,
};
use crate::object::{DryRun, FieldConflict, LiveObject, Manifest, nearest};

/// Reads one answer into a change.
pub(crate) fn judge(
    change: &mut Change,
    manifest: &Manifest,
    dry_run: &DryRun,
    policy: &Policy,
    problems: &mut Vec<Problem>,
) {
    let live = change.live.clone();
    match dry_run {
        DryRun::Accepted(after) => compare_with(change, manifest.value(), live.as_ref(), after),
        DryRun::NotAsked => {}
        DryRun::Unverified(why) => {
            change.confidence = Confidence::Unverified;
            change.reason = format!("not verified: {why}");
            if change.action == Action::Create {
                change.fields = created_fields(manifest.value());
            }
        }
        DryRun::Webhook(message) => {
            change.confidence = Confidence::Unverified;
            "not verified: a webhook does not answer".clone_into(&mut change.reason);
            if !policy.allow_unverified {
                problems.push(Problem {
                    kind: ProblemKind::Invalid,
                    object: change.key.to_string(),
                    message: message.clone(),
                    hint: "see to the webhook, or plan without its word: --allow-unverified".into(),
                });
            }
        }
        DryRun::Forbidden(_) => {
            change.confidence = Confidence::Local;
            if let Some(live) = &live {
                let after = laid_over(&live.value, manifest.value());
                compare_with(change, manifest.value(), Some(live), &after);
            } else {
                change.fields = created_fields(manifest.value());
            }
        }
        DryRun::Conflict { causes, forced } => {
            if let Some(after) = forced {
                compare_with(change, manifest.value(), live.as_ref(), after);
            }
            conflicts(change, causes, policy, problems);
        }
        DryRun::Invalid { message, causes, immutable: true } => {
            replace::judge(change, manifest, message, causes, policy, problems);
        }
        DryRun::Invalid { message, causes, .. } => {
            let object = change.key.to_string();
            let message = if causes.is_empty() { undeclared(manifest, message) } else { join(causes) };
            let hint = "correct the value and plan again; nothing was changed".to_owned();
            problems.push(Problem { kind: ProblemKind::Invalid, object, message, hint });
        }
    }
}

fn compare_with(change: &mut Change, desired: &Value, live: Option<&LiveObject>, after: &Value) {
    let Some(live) = live else {
        change.fields = created_fields(desired);
        return;
    };
    change.fields = differences(&live.value, after, desired);
    label(&mut change.fields, &live.value, after);
    if let Some(taken) = &change.write.take_over {
        for field in change.fields.iter_mut().filter(|field| field.cause == FieldCause::Server) {
            if field.op != FieldOp::Add && taken.holds(&field.path) {
                field.cause = FieldCause::Adopted;
            }
        }
    }
    change.effects = effects::of_update(&change.key, &live.value, after, &change.fields);
    if !change.fields.is_empty() || change.action != Action::Update {
        return;
    }
    let hands = changed_hands(&live.value, after);
    if change.write.hand_off.is_some() {
        "its replica count stays and is no longer set here".clone_into(&mut change.reason);
    } else if hands.is_empty() {
        change.action = Action::NoOp;
    } else {
        let more = if hands.len() > 1 { format!(" and {} more", hands.len() - 1) } else { String::new() };
        change.reason = format!("only who holds {}{more}; no value changes", hands[0]);
    }
}

/// A new object's own fields, without what the server adds.
fn created_fields(desired: &Value) -> Vec<FieldChange> {
    let identity = serde_json::json!({"kind": desired["kind"], "metadata": {
        "name": desired["metadata"]["name"], "namespace": desired["metadata"]["namespace"]}});
    differences(&identity, desired, desired)
}

/// Fields another manager holds: won where that was allowed, else a problem each.
fn conflicts(change: &mut Change, causes: &[FieldConflict], policy: &Policy, problems: &mut Vec<Problem>) {
    let object = change.key.to_string();
    let live = change.live.as_ref().map(|live| live.value.clone()).unwrap_or_default();
    let published = policy.published.get(&change.key);
    change.write.force = true;
    for cause in causes {
        let shown = as_shown(&cause.field);
        let holder = holder_of(&live, &cause.field);
        if let (Some((path, manager)), Some(published)) = (&holder, published)
            && !manager.applies
            && let (Some(now), Some(before)) = (compare::lookup(&live, path), compare::lookup(published, path))
            && same(now, before)
        {
            // Somebody wrote the value we had published: nobody's wish is lost when we change it.
            continue;
        }
        let words = holder.map_or_else(
            || crate::object::printable(&cause.message),
            |(_, manager)| {
                let since = if manager.since.is_empty() { String::new() } else { format!(" since {}", manager.since) };
                format!("held by {}{since}", manager.title())
            },
        );
        for field in change.fields.iter_mut().filter(|field| display_path(&field.path) == shown) {
            field.conflict = Some(words.clone());
        }
        if !policy.may_force(&change.key, &shown) {
            problems.push(Problem {
                kind: ProblemKind::Ownership,
                object: object.clone(),
                message: format!("{shown} is {words}"),
                hint: format!("put that value into the definition, or take the field with --force-conflicts={object}"),
            });
        }
    }
}

/// The server's causes, or its message when it names none.
pub(crate) fn words(message: &str, causes: &[(String, String)]) -> String {
    if causes.is_empty() { message.to_owned() } else { join(causes) }
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
