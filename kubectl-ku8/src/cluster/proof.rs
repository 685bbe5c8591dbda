//! Whether a write whose answer was lost is there: the object is read and compared with what was sent.
//! It never writes, and an object that merely looks alike but is not ours is no proof.

use std::collections::BTreeSet;

use ::http::Method;
use serde_json::Value;

use super::http::Exchange;
use super::observe::{APPLY, pinned};
use super::{ClusterError, PlanClient, Precondition, Resource};
use crate::object::{LiveObject, Manifest, ObjectKey};

/// What shows that a write has happened.
pub(crate) enum Proof<'a> {
    /// Applying the manifest again changes nothing, not even who owns which field; of an object that was there before,
    /// the uid is still the same.
    Applied { manifest: &'a Manifest, uid: Option<&'a str>, force: bool, manager: &'a str },
    /// The same object, and its fields are held as was asked for.
    Managed { uid: &'a str, by: &'a Value },
    /// The object holds everything that was sent, and lacks what was sent as null.
    Holds(&'a Value),
    /// The object is gone, or going.
    Deleted(&'a Precondition),
}

impl PlanClient {
    /// The object, if the write it is the proof of has happened. `unsure` says that an answer was lost: a conflict
    /// with an object that is being deleted is news only when we did not send the deletion ourselves.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub(crate) async fn proven(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        proof: &Proof<'_>,
        unsure: bool,
    ) -> Result<Option<Value>, ClusterError> {
        let live = self.read(resource, key).await?;
        match (proof, live) {
            (Proof::Deleted(seen), live) => {
                let gone = live.as_ref().is_none_or(|live| {
                    unsure && (live.uid() != seen.uid || live.value["metadata"]["deletionTimestamp"].is_string())
                });
                Ok(gone.then(|| live.map_or(Value::Null, |live| live.value)))
            }
            (_, None) => Ok(None),
            (Proof::Holds(sent), Some(live)) => {
                let mut sent = comparable(sent);
                // A patch does not say what it is of, and the data of a Secret is only compared masked.
                sent["kind"] = live.value["kind"].clone();
                Ok(holds(&live.value, &self.http.masked(&sent)).then_some(live.value))
            }
            (Proof::Applied { uid, .. }, Some(live)) if uid.is_some_and(|uid| uid != live.uid()) => Ok(None),
            (Proof::Managed { uid, by }, Some(live)) => {
                let held = live.uid() == *uid && holders(&live.value["metadata"]["managedFields"]) == holders(by);
                Ok(held.then_some(live.value))
            }
            (Proof::Applied { manifest, force, manager, .. }, Some(live)) => {
                let again = self.apply_again(resource, manifest, &live, *force, manager).await;
                let same = again.is_ok_and(|again| settled(&again) == settled(&live.value));
                Ok(same.then_some(live.value))
            }
        }
    }

    /// What applying once more would make of the object.
    async fn apply_again(
        &self,
        resource: &Resource,
        manifest: &Manifest,
        live: &LiveObject,
        force: bool,
        manager: &str,
    ) -> Result<Value, ClusterError> {
        self.http
            .exchange(&Exchange {
                method: Method::PATCH,
                path: &resource.path(manifest.key()),
                query: &[
                    ("dryRun", "All"),
                    ("fieldManager", manager),
                    ("fieldValidation", "Strict"),
                    ("force", if force { "true" } else { "false" }),
                ],
                accept: "application/json",
                content: Some((APPLY, &pinned(manifest, Some(live)))),
                verb: "patch",
                resource: &resource.rbac_name(),
                name: &manifest.key().name,
                repeatable: true,
            })
            .await
    }
}

/// Who holds what, without the times, in an order of its own.
fn holders(managed_fields: &Value) -> BTreeSet<String> {
    let mut managed_fields = managed_fields.clone();
    let managers = managed_fields.as_array_mut().into_iter().flatten();
    managers
        .map(|manager| {
            manager["time"] = Value::Null;
            manager.to_string()
        })
        .collect()
}

/// An object without the times at which managers last wrote.
fn settled(object: &Value) -> Value {
    let mut object = object.clone();
    for manager in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
        manager["time"] = Value::Null;
    }
    object
}

/// What was sent, without what only the server sets.
fn comparable(sent: &Value) -> Value {
    let mut sent = sent.clone();
    if let Some(metadata) = sent.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "generation"] {
            metadata.remove(field);
        }
    }
    sent
}

/// Whether everything of `sent` is in `live`: objects by key, null as absence, lists and values exactly.
fn holds(live: &Value, sent: &Value) -> bool {
    match (live, sent) {
        (_, Value::Object(sent)) => sent.iter().all(|(key, sent)| match live.get(key) {
            Some(live) => holds(live, sent),
            None => sent.is_null() || is_empty(sent),
        }),
        (live, sent) => live == sent,
    }
}

/// Nothing at all, which the server does not store: `{}`, `[]`, and objects of nothing but those and nulls.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().all(|field| field.is_null() || is_empty(field)),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_with_more_than_was_sent_holds_it() {
        let live = json!({"metadata": {"name": "a", "uid": "1", "labels": {"x": "1", "y": "2"}}, "data": {"k": "v"}});
        assert!(holds(&live, &json!({"metadata": {"labels": {"x": "1"}}, "data": {"k": "v"}})));
        assert!(holds(&live, &json!({"metadata": {"annotations": {"gone": null}, "labels": {"z": null}}})));
        assert!(!holds(&live, &json!({"metadata": {"annotations": {"new": "1"}}})));
        assert!(!holds(&live, &json!({"metadata": {"labels": {"x": null}}})));
        assert!(!holds(&live, &json!({"data": {"k": "w"}})));
    }

    #[test]
    fn what_the_server_sets_is_not_compared() {
        let sent = json!({"metadata": {"uid": "1", "resourceVersion": "5", "managedFields": []}, "data": {}});
        assert_eq!(comparable(&sent), json!({"metadata": {"uid": "1"}, "data": {}}));
    }
}
