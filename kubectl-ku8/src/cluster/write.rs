//! The writes: create-only and compare-and-swap patches, deletes with preconditions, the Secret's own verbs.
//! It never writes without saying what it expects to find there, and never takes a lost answer for a lost write.

use ::http::Method;
use serde_json::{Value, json};

use super::http::Exchange;
use super::observe::{APPLY, pinned};
use super::proof::Proof;
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
        let path = resource.path(manifest.key());
        let proof = Proof::Applied { manifest, uid: seen.map(LiveObject::uid), force, manager: labels::FIELD_MANAGER };
        let write = Write { method: Method::PATCH, path: &path, query: &query, content: (APPLY, &body), verb: "patch" };
        Ok(LiveObject { value: self.send(write, &resource, manifest.key(), &proof).await? })
    }

    /// Deletes exactly the object that was seen; one that is already gone is fine.
    ///
    /// # Errors
    /// 409 when it changed meanwhile.
    pub async fn delete(&self, resource: &Resource, key: &ObjectKey, seen: &Precondition) -> Result<(), ClusterError> {
        self.delete_seen(resource, key, seen, "Background").await
    }

    /// Deletes exactly the object that was seen; what belongs to it goes or stays as the policy says.
    pub(super) async fn delete_seen(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        seen: &Precondition,
        propagation: &str,
    ) -> Result<(), ClusterError> {
        let body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation,
            "preconditions": {"uid": seen.uid, "resourceVersion": seen.resource_version},
        });
        let path = resource.path(key);
        let content = ("application/json", &body);
        let write = Write { method: Method::DELETE, path: &path, query: &[], content, verb: "delete" };
        match self.send(write, resource, key, &Proof::Deleted(seen)).await {
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
        let content = ("application/json", value);
        let write = Write { method: Method::POST, path: &path, query: &query, content, verb: "create" };
        Ok(LiveObject { value: self.send(write, resource, key, &Proof::Holds(value)).await? })
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
        let path = resource.path(key);
        let content = ("application/json", value);
        let write = Write { method: Method::PUT, path: &path, query: &query, content, verb: "update" };
        Ok(LiveObject { value: self.send(write, resource, key, &Proof::Holds(value)).await? })
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
        let path = resource.path(key);
        let content = ("application/merge-patch+json", &patch);
        let write = Write { method: Method::PATCH, path: &path, query: &query, content, verb: "patch" };
        Ok(LiveObject { value: self.send(write, resource, key, &Proof::Holds(&patch)).await? })
    }

    /// The one door for all writes. A refusal for being busy (429) and a connection that was never made are tried
    /// again. After anything that leaves open whether the write arrived, and after a conflict, which may be with an
    /// earlier arrival of this very write, the object is looked at: what is there already counts as written. Only then
    /// is the same write sent again, which its preconditions keep from happening twice.
    pub(super) async fn send(
        &self,
        write: Write<'_>,
        resource: &Resource,
        key: &ObjectKey,
        proof: &Proof<'_>,
    ) -> Result<Value, ClusterError> {
        let http = &self.reader.http;
        let exchange = Exchange {
            method: write.method,
            path: write.path,
            query: write.query,
            accept: "application/json",
            content: Some(write.content),
            verb: write.verb,
            resource: &resource.rbac_name(),
            name: &key.name,
            repeatable: false,
        };
        let mut tries = http.tries();
        let mut unsure = false;
        loop {
            if let Some(lease) = &self.lease {
                lease.confirm(exchange.method == Method::DELETE).await?;
            }
            let error = match http.attempt(&exchange, &tries).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            unsure |= error.is_ambiguous();
            if error.is_ambiguous() || error.is_conflict() || (unsure && error.is_not_found()) {
                match Box::pin(self.reader.proven(resource, key, proof, unsure)).await {
                    Ok(Some(value)) => return Ok(value),
                    Ok(None) => {}
                    Err(unread) => tracing::info!("{} {}: not read back: {unread}", exchange.verb, exchange.path),
                }
            }
            let again = match &error {
                ClusterError::Unreachable { .. } | ClusterError::Timeout { .. } | ClusterError::Reply { .. } => true,
                ClusterError::Api { status, .. } => status.is_transient(),
                _ => false,
            };
            if !again || !http.pause(&exchange, &error, &mut tries).await {
                return Err(error);
            }
        }
    }
}

/// What to send.
pub(super) struct Write<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    /// Content type and body.
    pub(super) content: (&'a str, &'a Value),
    /// RBAC verb, for messages.
    pub(super) verb: &'a str,
}
