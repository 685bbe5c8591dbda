//! The writes around an apply: taking over what client-side tools held, handing fields off, deleting an object alone.
//! Each says which version of the object it means, and changes nothing else about it.

use ::http::Method;
use serde_json::{Value, json};

use super::observe::{APPLY, pinned};
use super::proof::Proof;
use super::write::Write;
use super::{Cluster, ClusterError, Precondition, Resource};
use crate::object::{LiveObject, Manifest, ObjectKey, labels};

/// Manager of fields that keep their value although the definition no longer sets them (plan-apply.md, 3.8).
const HAND_OFF: &str = "ku8-handoff";

impl Cluster {
    /// Rewrites who holds what on exactly the object that was seen (plan-apply.md, 0.12).
    ///
    /// # Errors
    /// 409 or 422 when it changed meanwhile.
    pub async fn take_over(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        seen: &LiveObject,
        managed_fields: &Value,
    ) -> Result<LiveObject, ClusterError> {
        let patch = json!([
            {"op": "test", "path": "/metadata/uid", "value": seen.uid()},
            {"op": "replace", "path": "/metadata/managedFields", "value": managed_fields},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": seen.resource_version()},
        ]);
        let query = [("fieldManager", labels::FIELD_MANAGER)];
        let path = resource.path(key);
        let content = ("application/json-patch+json", &patch);
        let write = Write { method: Method::PATCH, path: &path, query: &query, content, verb: "patch" };
        let proof = Proof::Managed { uid: seen.uid(), by: managed_fields };
        Ok(LiveObject { value: self.send(write, resource, key, &proof).await? })
    }

    /// Gives fields a manager of their own, with the values they have.
    ///
    /// # Errors
    /// 409 when the object changed meanwhile.
    pub async fn hand_off(&self, fields: &Manifest, seen: &LiveObject) -> Result<LiveObject, ClusterError> {
        let resource = self.reader.resource(fields).await?;
        let query = [("fieldManager", HAND_OFF), ("fieldValidation", "Strict"), ("force", "false")];
        let body = pinned(fields, Some(seen));
        let path = resource.path(fields.key());
        let write = Write { method: Method::PATCH, path: &path, query: &query, content: (APPLY, &body), verb: "patch" };
        let proof = Proof::Applied { manifest: fields, uid: Some(seen.uid()), force: false, manager: HAND_OFF };
        Ok(LiveObject { value: self.send(write, &resource, fields.key(), &proof).await? })
    }

    /// Deletes an object and leaves what belongs to it running.
    ///
    /// # Errors
    /// 409 when it changed meanwhile.
    pub async fn delete_orphaning(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        seen: &Precondition,
    ) -> Result<(), ClusterError> {
        self.delete_seen(resource, key, seen, "Orphan").await
    }
}
