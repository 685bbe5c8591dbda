//! Asks the server what a write would do: every request here carries dryRun=All.
//! It reports answers, conflicts and refusals as they are, and judges none of them.

use ::http::Method;
use serde_json::{Value, json};

use super::http::Exchange;
use super::observe::{APPLY, pinned};
use super::{ApiStatus, ClusterError, ConflictBackoff, PlanClient, Resource};
use crate::object::{DryRun, FieldConflict, LiveObject, Manifest, ObjectKey, Observation, Patch, labels};

impl PlanClient {
    /// Asks what our patch would make of the object.
    pub(super) async fn dry_run(
        &self,
        resource: &Resource,
        patch: &Patch,
        live: Option<&LiveObject>,
    ) -> Result<DryRun, ClusterError> {
        let manifest = &patch.manifest;
        let body = asked(patch, live);
        match self.dry_apply(resource, manifest.key(), &body, patch.force).await {
            Ok(value) => Ok(DryRun::Accepted(value)),
            Err(ClusterError::NamespaceMissing(namespace)) => {
                Ok(DryRun::Unverified(format!("namespace {namespace} does not exist")))
            }
            Err(ClusterError::Forbidden { message, .. }) => Ok(DryRun::Forbidden(message)),
            Err(ClusterError::Api { status, .. }) if status.is_manager_conflict() => {
                let causes = status
                    .causes
                    .iter()
                    .map(|cause| FieldConflict { field: cause.field.clone(), message: cause.message.clone() })
                    .collect();
                // The picture of what taking those fields would do; without it the conflict still stands.
                match self.dry_apply(resource, manifest.key(), &body, true).await {
                    Ok(forced) => Ok(DryRun::Conflict { causes, forced: Some(forced) }),
                    Err(error) if error.is_conflict() => Err(error),
                    // It could not be changed even then; what is replaced has no other holders any more.
                    Err(ClusterError::Api { status, .. }) if status.is_invalid_manifest() => {
                        Ok(self.refused(resource, manifest, live, status).await)
                    }
                    Err(_) => Ok(DryRun::Conflict { causes, forced: None }),
                }
            }
            Err(ClusterError::Api { status, .. }) if status.is_invalid_manifest() => {
                Ok(self.refused(resource, manifest, live, status).await)
            }
            Err(ClusterError::Api { status, .. }) if status.is_webhook_failure() => Ok(DryRun::Webhook(status.message)),
            Err(error) => Err(error),
        }
    }

    /// A refusal, with whether only immutability stands in the way.
    async fn refused(
        &self,
        resource: &Resource,
        manifest: &Manifest,
        live: Option<&LiveObject>,
        status: ApiStatus,
    ) -> DryRun {
        let immutable =
            live.is_some() && status.code == 422 && self.probe_create(resource, manifest.key(), manifest.value()).await;
        DryRun::Invalid {
            message: status.message,
            causes: status.causes.into_iter().map(|cause| (cause.field, cause.message)).collect(),
            immutable,
        }
    }

    async fn dry_apply(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        body: &Value,
        force: bool,
    ) -> Result<Value, ClusterError> {
        let force = ("force", if force { "true" } else { "false" });
        self.dry(Method::PATCH, resource, key, APPLY, body, &[force]).await
    }

    /// Lets the server fill in the defaults of an object some fields were taken out of. Who holds what is as it was.
    pub(super) async fn with_defaults(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        value: Value,
    ) -> Result<Value, ClusterError> {
        match self.dry_replace(resource, key, &value).await {
            Ok(answer) => Ok(answer),
            Err(error) if error.is_conflict() => Err(error),
            // Without the right to update, or where a field cannot be unset, the picture stays without defaults.
            Err(ClusterError::Forbidden { .. } | ClusterError::Api { .. }) => Ok(value),
            Err(error) => Err(error),
        }
    }

    /// What the server would make of a whole object; who holds what is as it was sent.
    pub(super) async fn dry_replace(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        value: &Value,
    ) -> Result<Value, ClusterError> {
        let mut answer = self.dry(Method::PUT, resource, key, "application/json", value, &[]).await?;
        answer["metadata"]["managedFields"] = value["metadata"]["managedFields"].clone();
        Ok(answer)
    }

    /// Dry-runs a merge patch on the object as it is, which has to be the one that was seen.
    pub(super) async fn ask_merge(
        &self,
        key: ObjectKey,
        seen: LiveObject,
        patch: &Value,
    ) -> Result<(ObjectKey, Observation), ClusterError> {
        let resource = self.resource_of(&key.group_kind(), None).await?;
        let mut live = seen;
        let mut backoff = ConflictBackoff::new();
        let mut lost = None;
        while backoff.next().await {
            let mut body = patch.clone();
            body["metadata"]["uid"] = json!(live.uid());
            body["metadata"]["resourceVersion"] = json!(live.resource_version());
            let answer = self.dry(Method::PATCH, &resource, &key, "application/merge-patch+json", &body, &[]).await;
            let dry_run = match answer {
                Ok(value) => DryRun::Accepted(value),
                Err(error) if error.is_conflict() => {
                    let now = self.read(&resource, &key).await?.filter(|now| now.uid() == live.uid());
                    let Some(now) = now else { return Err(error) };
                    live = now;
                    lost = Some(error);
                    continue;
                }
                Err(ClusterError::Forbidden { message, .. }) => DryRun::Forbidden(message),
                Err(ClusterError::Api { status, .. }) if matches!(status.code, 403 | 422) => {
                    let causes = status.causes.into_iter().map(|cause| (cause.field, cause.message)).collect();
                    DryRun::Invalid { message: status.message, causes, immutable: false }
                }
                Err(error) => return Err(error),
            };
            return Ok((key, Observation { live: Some(live), patch: None, dry_run }));
        }
        Err(lost.expect("the first try is always made"))
    }

    /// The one door for dry-runs: nothing leaves it without `dryRun=All`.
    async fn dry(
        &self,
        method: Method,
        resource: &Resource,
        key: &ObjectKey,
        content_type: &str,
        body: &Value,
        more: &[(&str, &str)],
    ) -> Result<Value, ClusterError> {
        let mut query = vec![("dryRun", "All"), ("fieldManager", labels::FIELD_MANAGER), ("fieldValidation", "Strict")];
        query.extend_from_slice(more);
        let (path, verb) = match method {
            Method::POST => (resource.collection(&key.namespace), "create"),
            Method::PUT => (resource.path(key), "update"),
            _ => (resource.path(key), "patch"),
        };
        self.http
            .exchange(&Exchange {
                method,
                path: &path,
                query: &query,
                accept: "application/json",
                content: Some((content_type, body)),
                verb,
                resource: &resource.rbac_name(),
                name: &key.name,
                repeatable: true,
            })
            .await
    }

    /// Whether the same object under another name would be accepted: then only immutability stands in the way
    /// (plan-apply.md, 0.8).
    pub(super) async fn probe_create(&self, resource: &Resource, key: &ObjectKey, value: &Value) -> bool {
        let mut body = value.clone();
        let short: String = key.name.chars().take(40).collect();
        if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|field, _| matches!(field.as_str(), "namespace" | "labels" | "annotations"));
            metadata.insert("name".to_owned(), format!("{short}-ku8probe").into());
        }
        if let Some(object) = body.as_object_mut() {
            object.remove("status");
        }
        if let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) {
            if spec.get("clusterIP").is_some_and(|address| address != "None") {
                spec.remove("clusterIP");
            }
            spec.remove("clusterIPs");
            spec.remove("healthCheckNodePort");
            for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(port) = port.as_object_mut() {
                    port.remove("nodePort");
                }
            }
        }
        self.dry(Method::POST, resource, key, "application/json", &body, &[]).await.is_ok()
    }
}

/// What is dry-run: fields that are handed off keep their value in the picture, because that is what will happen.
fn asked(patch: &Patch, live: Option<&LiveObject>) -> Value {
    let mut body = pinned(&patch.manifest, live);
    if let Some(kept) = &patch.hand_off {
        body["spec"]["replicas"] = kept.value()["spec"]["replicas"].clone();
    }
    body
}
