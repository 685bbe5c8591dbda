//! The writes: create-only and compare-and-swap patches, deletes with preconditions, the Secret's own verbs.
//! It never writes without saying what it expects to find there.

use ::http::Method;
use serde_json::{Value, json};

use super::http::Exchange;
use super::observe::{APPLY, pinned};
use super::{Cluster, ClusterError, Resource};
use crate::object::{LiveObject, Manifest, ObjectKey, labels};

/// What must be true of the object for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
}

impl Precondition {
    /// What was seen.
    pub fn of(live: &LiveObject) -> Self {
        Self { uid: live.uid().to_owned(), resource_version: live.resource_version().to_owned() }
    }
}

impl Cluster {
    /// Server-side apply: create-only when nothing was there, else only onto exactly what was seen.
    ///
    /// # Errors
    /// 409 when the object appeared or changed meanwhile; whatever else the server refuses.
    pub async fn apply(
        &self,
        manifest: &Manifest,
        seen: Option<&LiveObject>,
        force: bool,
    ) -> Result<LiveObject, ClusterError> {
        let resource = self.reader.resource(manifest).await?;
        let body = pinned(manifest, seen);
        let query = [
            ("fieldManager", labels::FIELD_MANAGER),
            ("fieldValidation", "Strict"),
            ("force", if force { "true" } else { "false" }),
        ];
        let content = Some((APPLY, &body));
        let value = self
            .send(Method::PATCH, &resource.path(manifest.key()), &query, content, "patch", &resource, manifest.key())
            .await?;
        Ok(LiveObject { value })
    }

    /// Deletes exactly the object that was seen; one that is already gone is fine.
    ///
    /// # Errors
    /// 409 when it changed meanwhile.
    pub async fn delete(&self, resource: &Resource, key: &ObjectKey, seen: &Precondition) -> Result<(), ClusterError> {
        let body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            "preconditions": {"uid": seen.uid, "resourceVersion": seen.resource_version},
        });
        match self
            .send(Method::DELETE, &resource.path(key), &[], Some(("application/json", &body)), "delete", resource, key)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Creates an object; 409 when one of that name exists.
    ///
    /// # Errors
    /// Whatever the server refuses.
    pub async fn create(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        value: &Value,
    ) -> Result<LiveObject, ClusterError> {
        let query = [("fieldManager", labels::FIELD_MANAGER), ("fieldValidation", "Strict")];
        let path = resource.collection(&key.namespace);
        let value =
            self.send(Method::POST, &path, &query, Some(("application/json", value)), "create", resource, key).await?;
        Ok(LiveObject { value })
    }

    /// Replaces an object; the value carries the resourceVersion (and uid) it was read with.
    ///
    /// # Errors
    /// 409 when it changed meanwhile.
    pub async fn replace(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        value: &Value,
    ) -> Result<LiveObject, ClusterError> {
        let query = [("fieldManager", labels::FIELD_MANAGER), ("fieldValidation", "Strict")];
        let content = Some(("application/json", value));
        let value = self.send(Method::PUT, &resource.path(key), &query, content, "update", resource, key).await?;
        Ok(LiveObject { value })
    }

    /// JSON merge patch (RFC 7386) onto exactly the object that was seen.
    ///
    /// # Errors
    /// 409 when it changed meanwhile.
    pub async fn merge_patch(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        mut patch: Value,
        seen: &Precondition,
    ) -> Result<LiveObject, ClusterError> {
        patch["metadata"]["uid"] = json!(seen.uid);
        patch["metadata"]["resourceVersion"] = json!(seen.resource_version);
        let query = [("fieldManager", labels::FIELD_MANAGER), ("fieldValidation", "Strict")];
        let content = Some(("application/merge-patch+json", &patch));
        let value = self.send(Method::PATCH, &resource.path(key), &query, content, "patch", resource, key).await?;
        Ok(LiveObject { value })
    }

    #[expect(clippy::too_many_arguments, reason = "one private door for all writes; a struct would only rename them")]
    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        content: Option<(&str, &Value)>,
        verb: &str,
        resource: &Resource,
        key: &ObjectKey,
    ) -> Result<Value, ClusterError> {
        self.reader
            .http
            .exchange(&Exchange {
                method,
                path,
                query,
                accept: "application/json",
                content,
                verb,
                resource: &resource.rbac_name(),
                name: &key.name,
                repeatable: false,
            })
            .await
    }
}
