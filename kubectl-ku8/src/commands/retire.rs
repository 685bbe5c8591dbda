//! The end of a revision's story: how its operation ended, written onto it, and its removal when there are too many.
//! It never removes one the head refers to, and an error here only warns.

use serde_json::{Value, json};

use super::{Context, template_store};
use crate::cluster::{Cluster, PlanClient, Precondition};
use crate::object::{ObjectKey, labels};
use crate::release::{ObjectResult, expired, revision_name, revision_number, revision_selector};

/// An object may have 256 KiB of annotations in all; the outcomes of one operation take at most this.
const OUTCOMES: usize = 128 * 1024;

/// Tries to write how an operation ended.
const TRIES: u32 = 3;

/// Writes onto a revision how its operation ended.
pub(super) async fn mark_result(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    number: u32,
    verdict: &str,
    outcomes: &[ObjectResult],
) {
    let key = ObjectKey::new("", "ConfigMap", namespace, revision_name(name, number));
    let resource = PlanClient::config_maps();
    // A server's refusal may quote what was sent.
    let outcomes = crate::secrets::redact::redact(&short(outcomes));
    // The history would say "unfinished" for ever: a single refusal is no reason to leave it at that.
    for _ in 0..TRIES {
        let Ok(Some(live)) = cluster.reader().read(&resource, &key).await else { return };
        if live.annotation(labels::RESULT) == Some(verdict) && live.annotation(labels::OUTCOMES) == Some(&outcomes) {
            return;
        }
        let patch = json!({"metadata": {"annotations": {labels::RESULT: verdict, labels::OUTCOMES: outcomes}}});
        match cluster.merge_patch(&resource, &key, patch, &Precondition::of(&live)).await {
            Ok(_) => return,
            Err(error) => tracing::warn!("result of revision {number} not written: {error}"),
        }
    }
}

/// The outcomes as JSON; of too many, only what did not go well.
fn short(outcomes: &[ObjectResult]) -> String {
    let whole = serde_json::to_string(outcomes).expect("results are plain data");
    if whole.len() <= OUTCOMES {
        return whole;
    }
    let mut bad: Vec<Value> = Vec::new();
    let mut size = 0;
    for one in outcomes.iter().filter(|one| matches!(one.outcome.as_str(), "failed" | "not reached")) {
        let value = serde_json::to_value(one).expect("results are plain data");
        size += value.to_string().len() + 1;
        if size > OUTCOMES {
            break;
        }
        bad.push(value);
    }
    Value::Array(bad).to_string()
}

/// Removes revisions beyond the cap, never one of `needed`.
pub(super) async fn retire(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    keep: usize,
    needed: &[u32],
) {
    let Ok(records) = cluster.reader().record_summaries(namespace, &revision_selector(name)).await else { return };
    let numbers: Vec<u32> = records.iter().filter_map(|record| revision_number(name, &record.name)).collect();
    let old = expired(numbers, keep.max(1), needed);
    for number in old.iter().copied() {
        let key = ObjectKey::new("", "ConfigMap", namespace, revision_name(name, number));
        let resource = PlanClient::config_maps();
        let gone = match cluster.reader().read(&resource, &key).await {
            Ok(Some(live)) => cluster.delete(&resource, &key, &Precondition::of(&live)).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = gone {
            context.ui.warn(&format!("old revision {number} was not removed: {error}"));
        }
    }
    if !old.is_empty() {
        template_store::sweep(context, cluster, namespace).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_outcomes_the_bad_ones_stay() {
        let one = |number: usize, outcome: &str| ObjectResult {
            object: format!("ConfigMap/object-{number:060}"),
            outcome: outcome.into(),
            message: None,
        };
        let few = vec![one(1, "created"), one(2, "failed")];
        assert!(short(&few).contains("created"));
        let many: Vec<ObjectResult> =
            (0..5000).map(|number| one(number, if number == 4321 { "failed" } else { "created" })).collect();
        let text = short(&many);
        assert!(text.contains("object-") && text.contains("4321") && !text.contains("created"), "{text}");
        let bad: Vec<ObjectResult> = (0..5000).map(|number| one(number, "not reached")).collect();
        assert!(short(&bad).len() <= OUTCOMES + 2);
    }
}
