//! Replacing what cannot change in place, and growing volumes.
//! An object is put back as it was when its replacement is refused; nothing is replaced that the plan does not name.

use std::time::Duration;

use serde_json::Value;

use super::Apply;
use super::outcome::{Outcome, WriteError};
use crate::cluster::{ClusterError, ConflictBackoff, Precondition, Resource};
use crate::object::{LiveObject, Manifest, labels};
use crate::plan::{Change, ReplaceMode};

/// How long a deleted object may take to be gone: finalizers, pods that stop.
const GONE: Duration = Duration::from_mins(2);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(100);

impl Apply<'_> {
    /// Deletes exactly what was seen and creates the new form of it.
    pub(super) async fn replace(&self, change: &Change) -> Result<(Outcome, LiveObject), WriteError> {
        let manifest = change.manifest.as_ref().expect("a change that writes has a manifest");
        let seen = change.live.as_ref().expect("what is replaced exists");
        let resource = self.cluster.reader().resource(manifest).await?;
        let gone = self.delete_seen(change, &resource, seen).await?;
        match self.cluster.apply(manifest, None, false).await {
            Ok(live) => Ok((Outcome::Replaced, live)),
            Err(error) => Err(self.put_back(change, &resource, &gone, error).await),
        }
    }

    /// Deletes the object unless somebody changed what it wants since it was seen; controllers may write its status.
    async fn delete_seen(
        &self,
        change: &Change,
        resource: &Resource,
        seen: &LiveObject,
    ) -> Result<LiveObject, WriteError> {
        let stale = |what: &str| WriteError::Stale { object: change.key.to_string(), what: what.to_owned() };
        let mut live = seen.clone();
        let mut backoff = ConflictBackoff::new();
        while backoff.next().await {
            let pinned = Precondition::of(&live);
            let deleted = match change.write.replace {
                Some(ReplaceMode::Orphan) => self.cluster.delete_orphaning(resource, &change.key, &pinned).await,
                _ => self.cluster.delete(resource, &change.key, &pinned).await,
            };
            match deleted {
                Ok(()) => {
                    self.until_gone(change, resource, live.uid()).await?;
                    return Ok(live);
                }
                Err(error) if error.is_conflict() => {
                    let now = self.cluster.reader().read(resource, &change.key).await?;
                    let now = now.ok_or_else(|| stale("it was deleted"))?;
                    if now.uid() != seen.uid() {
                        return Err(stale("it was deleted and created again by somebody else"));
                    }
                    if wish(&now.value) != wish(&seen.value) {
                        return Err(stale("somebody changed it"));
                    }
                    live = now;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(stale("it changes faster than it can be deleted"))
    }

    async fn until_gone(&self, change: &Change, resource: &Resource, uid: &str) -> Result<(), WriteError> {
        let begin = tokio::time::Instant::now();
        while begin.elapsed() < GONE {
            match self.cluster.reader().read(resource, &change.key).await? {
                Some(live) if live.uid() == uid => tokio::time::sleep(LOOK).await,
                _ => return Ok(()),
            }
        }
        Err(WriteError::Stuck { object: change.key.to_string(), seconds: GONE.as_secs() })
    }

    /// The object as it was before, made again because its replacement was refused.
    async fn put_back(
        &self,
        change: &Change,
        resource: &Resource,
        gone: &LiveObject,
        refused: ClusterError,
    ) -> WriteError {
        let object = change.key.to_string();
        match self.cluster.create(resource, &change.key, &as_new(&gone.value)).await {
            Ok(_) => WriteError::PutBack { object, source: refused },
            Err(error) => WriteError::Lost { object, why: refused.to_string(), source: error },
        }
    }

    /// Asks for a larger volume.
    pub(super) async fn grow(&self, change: &Change, patch: &Value) -> Result<(Outcome, LiveObject), WriteError> {
        let resource = crate::cluster::PlanClient::core("PersistentVolumeClaim");
        let mut seen = change.live.clone();
        let mut backoff = ConflictBackoff::new();
        while backoff.next().await {
            let Some(live) = &seen else {
                return Err(WriteError::Stale { object: change.key.to_string(), what: "it was deleted".into() });
            };
            match self.cluster.merge_patch(&resource, &change.key, patch.clone(), &Precondition::of(live)).await {
                Ok(live) => return Ok((Outcome::Configured, live)),
                Err(error) if error.is_conflict() => {
                    let uid = live.uid().to_owned();
                    seen = self.cluster.reader().read(&resource, &change.key).await?.filter(|now| now.uid() == uid);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(WriteError::Stale {
            object: change.key.to_string(),
            what: "it changes faster than it can be written".into(),
        })
    }
}

/// What people ask of an object, without what the server and controllers keep in it.
fn wish(value: &Value) -> Value {
    let mut wish = value.clone();
    if let Some(object) = wish.as_object_mut() {
        object.remove("status");
    }
    if let Some(metadata) = wish.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|field, _| matches!(field.as_str(), "name" | "namespace" | "labels" | "annotations"));
    }
    wish
}

/// An object in a form that can be created: its own fields, without its identity.
fn as_new(value: &Value) -> Value {
    let mut new = wish(value);
    // Which node port or address it had is asked for again; the server gives it back while it is free.
    if let Some(annotations) = new.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove("deployment.kubernetes.io/revision");
        annotations.remove(labels::LAST_APPLIED);
    }
    Manifest::new(new.clone()).map_or(new, |manifest| manifest.value().clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_put_back_is_what_was_asked_for_and_nothing_of_its_identity() {
        let live = json!({"apiVersion": "v1", "kind": "Service", "status": {"x": 1}, "spec": {"clusterIP": "10.0.0.7"},
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "labels": {"a": "b"}, "managedFields": []}});
        assert_eq!(
            as_new(&live),
            json!({"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "10.0.0.7"},
                "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "b"}}})
        );
    }
}
