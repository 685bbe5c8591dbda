//! Reads live objects and asks the server what a patch would make of them, never for real.
//! Every request here is a GET, a LIST or carries dryRun=All (plan-apply.md, section 2.1).

use ::http::Method;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::http::Exchange;
use super::{ApiStatus, ClusterError, PlanClient, Resource};
use crate::object::{DryRun, LiveObject, Manifest, ObjectKey, Observation, Observed, labels};

/// How many requests are under way at once (plan-apply.md, section 3.8).
const CONCURRENCY: usize = 8;

/// Content type of server-side apply with a JSON body.
pub(crate) const APPLY: &str = "application/apply-patch+yaml";

/// What to find out about one object.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Read it, and dry-run this patch on it.
    Apply(Box<Manifest>),
    /// Only read it; the version is the one its API is asked in, if known.
    Read(ObjectKey, Option<String>),
}

impl PlanClient {
    /// Observes many objects, a few at a time.
    ///
    /// # Errors
    /// The first failure that is not an answer about one object: no connection, no credentials, an unknown kind.
    pub async fn observe(&self, asks: Vec<Ask>) -> Result<Observed, ClusterError> {
        stream::iter(asks.into_iter().map(|ask| async move { self.observe_one(ask).await }))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// Observes one object.
    ///
    /// # Errors
    /// As [`PlanClient::observe`].
    pub async fn observe_one(&self, ask: Ask) -> Result<(ObjectKey, Observation), ClusterError> {
        match ask {
            Ask::Read(key, version) => {
                let live = match self.resource_of(&key.group_kind(), version.as_deref()).await {
                    Ok(resource) => self.read(&resource, &key).await?,
                    Err(ClusterError::UnknownKind { .. }) => None,
                    Err(error) => return Err(error),
                };
                Ok((key, Observation { live, dry_run: DryRun::NotAsked }))
            }
            Ask::Apply(manifest) => {
                let key = manifest.key().clone();
                let resource = self.resource(&manifest).await?;
                let live = self.read(&resource, &key).await?;
                let dry_run = self.dry_run(&resource, &manifest, live.as_ref(), false).await?;
                Ok((key, Observation { live, dry_run }))
            }
        }
    }

    /// Reads one object; `None` when it (or its namespace) does not exist.
    ///
    /// # Errors
    /// Anything but "not found".
    pub async fn read(&self, resource: &Resource, key: &ObjectKey) -> Result<Option<LiveObject>, ClusterError> {
        match self.http.get(&resource.path(key), &[], "get", &resource.rbac_name(), &key.name).await {
            Ok(value) => Ok(Some(LiveObject { value })),
            Err(error) if error.is_not_found() => Ok(None),
            Err(ClusterError::NamespaceMissing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the objects of a kind in a namespace that carry the labels.
    ///
    /// # Errors
    /// When the list is forbidden or the server cannot be reached.
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: &str,
        selector: &str,
    ) -> Result<Vec<LiveObject>, ClusterError> {
        let path = resource.collection(namespace);
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let query = [("labelSelector", selector), ("limit", "500"), ("continue", next.as_str())];
            let query = if next.is_empty() { &query[..2] } else { &query[..] };
            let mut page = self.http.get(&path, query, "list", &resource.rbac_name(), "").await?;
            if let Some(found) = page.get_mut("items").and_then(Value::as_array_mut) {
                items.extend(found.drain(..).map(|value| LiveObject { value }));
            }
            page["metadata"]["continue"].as_str().unwrap_or_default().clone_into(&mut next);
            if next.is_empty() {
                return Ok(items);
            }
        }
    }

    /// Asks what our patch would make of the object. `force` only for the picture of a conflict.
    async fn dry_run(
        &self,
        resource: &Resource,
        manifest: &Manifest,
        live: Option<&LiveObject>,
        force: bool,
    ) -> Result<DryRun, ClusterError> {
        let body = pinned(manifest, live);
        let answer = self
            .http
            .exchange(&Exchange {
                method: Method::PATCH,
                path: &resource.path(manifest.key()),
                query: &[
                    ("dryRun", "All"),
                    ("fieldManager", labels::FIELD_MANAGER),
                    ("fieldValidation", "Strict"),
                    ("force", if force { "true" } else { "false" }),
                ],
                accept: "application/json",
                content: Some((APPLY, &body)),
                verb: "patch",
                resource: &resource.rbac_name(),
                name: &manifest.key().name,
                repeatable: true,
            })
            .await;
        match answer {
            Ok(value) => Ok(DryRun::Accepted(value)),
            Err(ClusterError::NamespaceMissing(namespace)) => {
                Ok(DryRun::Unverified(format!("namespace {namespace} does not exist")))
            }
            Err(ClusterError::Forbidden { message, .. }) => Ok(DryRun::Forbidden(message)),
            Err(ClusterError::Api { status, .. }) if status.is_manager_conflict() => Ok(conflict(&status)),
            Err(ClusterError::Api { status, .. }) if status.is_invalid_manifest() => {
                let immutable = live.is_some() && status.code == 422 && self.probe_create(resource, manifest).await;
                Ok(DryRun::Invalid {
                    message: status.message.clone(),
                    causes: status.causes.into_iter().map(|cause| (cause.field, cause.message)).collect(),
                    immutable,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the same object under another name would be accepted: then only immutability stands in the way
    /// (plan-apply.md, 0.8).
    async fn probe_create(&self, resource: &Resource, manifest: &Manifest) -> bool {
        let mut body = manifest.value().clone();
        let short: String = manifest.key().name.chars().take(40).collect();
        body["metadata"]["name"] = format!("{short}-ku8probe").into();
        if let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) {
            if spec.get("clusterIP").is_some_and(|address| address != "None") {
                spec.remove("clusterIP");
                spec.remove("clusterIPs");
            }
            for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(port) = port.as_object_mut() {
                    port.remove("nodePort");
                }
            }
        }
        self.http
            .exchange(&Exchange {
                method: Method::POST,
                path: &resource.collection(&manifest.key().namespace),
                query: &[("dryRun", "All"), ("fieldManager", labels::FIELD_MANAGER), ("fieldValidation", "Strict")],
                accept: "application/json",
                content: Some(("application/json", &body)),
                verb: "create",
                resource: &resource.rbac_name(),
                name: &manifest.key().name,
                repeatable: true,
            })
            .await
            .is_ok()
    }
}

/// The patch with its preconditions: uid and resourceVersion of what was seen, or resourceVersion "1", which the
/// server takes only when nothing is there (plan-apply.md, 0.1 and 0.2).
pub(crate) fn pinned(manifest: &Manifest, live: Option<&LiveObject>) -> Value {
    let mut body = manifest.value().clone();
    match live {
        None => body["metadata"]["resourceVersion"] = json!("1"),
        Some(live) => {
            body["metadata"]["uid"] = json!(live.uid());
            body["metadata"]["resourceVersion"] = json!(live.resource_version());
        }
    }
    body
}

fn conflict(status: &ApiStatus) -> DryRun {
    DryRun::Conflict(status.causes.iter().map(|cause| (cause.field.clone(), cause.message.clone())).collect())
}
