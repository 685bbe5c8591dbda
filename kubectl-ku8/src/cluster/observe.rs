//! Reads live objects and asks the server what a patch would make of them, never for real.
//! Every request here is a GET, a LIST or carries dryRun=All (plan-apply.md, section 2.1).

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{ClusterError, ConflictBackoff, PlanClient, Resource};
use crate::object::{DryRun, LiveObject, Manifest, ObjectKey, Observation, Observed, Patch, PatchPolicy};

/// How many requests are under way at once (plan-apply.md, section 3.8).
const CONCURRENCY: usize = 8;

/// Content type of server-side apply with a JSON body.
pub(crate) const APPLY: &str = "application/apply-patch+yaml";

/// What to find out about one object.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Read it, and dry-run the patch the policy makes of this manifest.
    Apply(Box<Manifest>),
    /// Only read it; the version is the one its API is asked in, if known.
    Read(ObjectKey, Option<String>),
    /// Dry-run a JSON merge patch on exactly this live object.
    Merge(ObjectKey, Box<LiveObject>, Value),
}

impl PlanClient {
    /// Observes many objects, a few at a time.
    ///
    /// # Errors
    /// The first failure that is not an answer about one object: no connection, no credentials, an unknown kind.
    pub async fn observe(&self, asks: Vec<Ask>, policy: &dyn PatchPolicy) -> Result<Observed, ClusterError> {
        stream::iter(asks.into_iter().map(|ask| async move { self.observe_one(ask, policy).await }))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// Reads many objects, a few at a time, and asks nothing about them.
    ///
    /// # Errors
    /// As [`PlanClient::observe`].
    pub async fn read_all(&self, keys: Vec<(ObjectKey, Option<String>)>) -> Result<Observed, ClusterError> {
        stream::iter(keys.into_iter().map(|(key, version)| async move { self.look(key, version).await }))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// Observes one object.
    ///
    /// # Errors
    /// As [`PlanClient::observe`].
    pub async fn observe_one(
        &self,
        ask: Ask,
        policy: &dyn PatchPolicy,
    ) -> Result<(ObjectKey, Observation), ClusterError> {
        match ask {
            Ask::Read(key, version) => self.look(key, version).await,
            Ask::Apply(manifest) => self.ask(&manifest, policy).await,
            Ask::Merge(key, live, patch) => self.ask_merge(key, *live, &patch).await,
        }
    }

    async fn look(&self, key: ObjectKey, version: Option<String>) -> Result<(ObjectKey, Observation), ClusterError> {
        let live = match self.readable(&key.group_kind(), version.as_deref()).await {
            Ok(resource) => self.read(&resource, &key).await?,
            Err(ClusterError::UnknownKind { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok((key, Observation { live, patch: None, dry_run: DryRun::NotAsked }))
    }

    async fn ask(
        &self,
        manifest: &Manifest,
        policy: &dyn PatchPolicy,
    ) -> Result<(ObjectKey, Observation), ClusterError> {
        let key = manifest.key().clone();
        let resource = self.resource(manifest).await?;
        if !self.is_served(&key.group_kind()) {
            let why = format!("its kind {} is created in this plan", key.kind);
            let patch = Some(policy.patch(manifest, None));
            return Ok((key, Observation { live: None, patch, dry_run: DryRun::Unverified(why) }));
        }
        let mut backoff = ConflictBackoff::new();
        let mut lost = None;
        while backoff.next().await {
            let live = self.read(&resource, &key).await?;
            let patch = policy.patch(manifest, live.as_ref());
            match self.picture(&resource, &key, &patch, live.as_ref(), policy).await {
                // Somebody wrote between the requests: look again.
                Err(error) if error.is_conflict() => lost = Some(error),
                answer => return Ok((key, Observation { live, patch: Some(patch), dry_run: answer? })),
            }
        }
        Err(lost.expect("the first try is always made"))
    }

    /// What all writes of a patch would make of the object.
    async fn picture(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        patch: &Patch,
        live: Option<&LiveObject>,
        policy: &dyn PatchPolicy,
    ) -> Result<DryRun, ClusterError> {
        let answer = self.dry_run(resource, patch, live).await?;
        let Some(live) = live else { return Ok(answer) };
        if patch.take_over.is_some() {
            return self.picture_after_take_over(resource, key, patch, live, policy, answer).await;
        }
        let DryRun::Invalid { message, causes, immutable: true } = answer else { return Ok(answer) };
        // What the server refuses may be what others have on the object beside ours, and not that it cannot change.
        let merged = policy.merged(&patch.manifest, live);
        let immutable = self.probe_create(resource, key, &merged).await;
        Ok(DryRun::Invalid { message, causes, immutable })
    }

    /// The server cannot be asked about two writes in a row, so what the first one changes is taken out of its answer,
    /// and the rest is asked about as a whole object.
    async fn picture_after_take_over(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        patch: &Patch,
        live: &LiveObject,
        policy: &dyn PatchPolicy,
        answer: DryRun,
    ) -> Result<DryRun, ClusterError> {
        match answer {
            DryRun::Accepted(after) => {
                let after = policy.after_take_over(&patch.manifest, live, &after);
                Ok(DryRun::Accepted(self.with_defaults(resource, key, after).await?))
            }
            DryRun::Conflict { causes, forced: Some(after) } => {
                let after = policy.after_take_over(&patch.manifest, live, &after);
                let forced = Some(self.with_defaults(resource, key, after).await?);
                Ok(DryRun::Conflict { causes, forced })
            }
            DryRun::Invalid { message, causes, immutable } => {
                let merged = policy.merged(&patch.manifest, live);
                match self.dry_replace(resource, key, &merged).await {
                    Ok(after) => Ok(DryRun::Accepted(after)),
                    Err(error) if error.is_conflict() => Err(error),
                    Err(_) => Ok(DryRun::Invalid { message, causes, immutable }),
                }
            }
            other => Ok(other),
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
