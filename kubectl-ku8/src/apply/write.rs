//! One object of the plan: create-only, or compare-and-swap onto what was approved.
//! When the object moved meanwhile it looks again, and goes on only if the same change would still happen.

use std::time::Duration;

use serde_json::{Value, json};

use super::Apply;
use super::outcome::{Outcome, WriteError};
use crate::cluster::{Ask, ClusterError, ConflictBackoff, PlanClient, Precondition};
use crate::object::{LiveObject, Manifest, ObjectKey, PatchPolicy, labels};
use crate::plan::{Action, Change, SecretAction, SecretChange, change_for, display_path};
use crate::secrets;

/// How long the server may take to serve a new kind, and how often it is asked.
const ESTABLISHED: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

impl Apply<'_> {
    /// Writes one change; returns what became of it and the object as the server answered.
    pub(super) async fn write(&self, change: &Change) -> Result<(Outcome, LiveObject), WriteError> {
        if let Some(patch) = &change.write.grow {
            return self.grow(change, patch).await;
        }
        if change.action == Action::Replace {
            return self.replace(change).await;
        }
        let manifest = change.manifest.as_ref().expect("a change that writes has a manifest");
        let done = if change.action == Action::Create { Outcome::Created } else { Outcome::Configured };
        let mut seen = change.live.clone();
        let mut backoff = ConflictBackoff::new();
        while backoff.next().await {
            match self.write_once(change, manifest, seen).await {
                Ok(live) if change.key.kind == "CustomResourceDefinition" => {
                    return Ok((done, self.until_established(change, live).await?));
                }
                Ok(live) => return Ok((done, live)),
                Err(error) if error.is_conflict() => seen = self.look_again(change).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(WriteError::Stale {
            object: change.key.to_string(),
            what: "it changes faster than it can be written".into(),
        })
    }

    /// The writes of one change in their order, each on the version the one before left.
    async fn write_once(
        &self,
        change: &Change,
        manifest: &Manifest,
        seen: Option<LiveObject>,
    ) -> Result<LiveObject, ClusterError> {
        let mut seen = seen;
        if let Some(live) = &seen
            && change.write.take_over.is_some()
            && let Some(list) = self.plan.policy.patch(manifest, Some(live)).take_over
        {
            let resource = self.cluster.reader().resource(manifest).await?;
            seen = Some(self.cluster.take_over(&resource, &change.key, live, &list).await?);
        }
        if let (Some(live), Some(fields)) = (&seen, &change.write.hand_off) {
            seen = Some(self.cluster.hand_off(fields, live).await?);
        }
        self.cluster.apply(manifest, seen.as_ref(), change.write.force).await
    }

    /// Objects of a new kind can only follow once the server serves it.
    async fn until_established(&self, change: &Change, live: LiveObject) -> Result<LiveObject, WriteError> {
        let resource = self.cluster.reader().resource_of(&change.key.group_kind(), None).await?;
        let mut live = live;
        let begin = tokio::time::Instant::now();
        while begin.elapsed() < ESTABLISHED {
            let conditions = live.value["status"]["conditions"].as_array();
            let met = |one: &Value| one["type"] == "Established" && one["status"] == "True";
            if conditions.is_some_and(|conditions| conditions.iter().any(met)) {
                return Ok(live);
            }
            tokio::time::sleep(LOOK).await;
            live = self.cluster.reader().read(&resource, &change.key).await?.unwrap_or(live);
        }
        Err(WriteError::NotServed { object: change.key.to_string(), seconds: ESTABLISHED.as_secs() })
    }

    /// The object as it is now, if applying to it still means the approved change.
    async fn look_again(&self, change: &Change) -> Result<Option<LiveObject>, WriteError> {
        let manifest = change.manifest.as_ref().expect("a change that writes has a manifest");
        let stale = |what: String| WriteError::Stale { object: change.key.to_string(), what };
        let policy = &self.plan.policy;
        let (_, now) = self.cluster.reader().observe_one(Ask::Apply(Box::new(manifest.clone())), policy).await?;
        let Some(live) = now.live.clone() else {
            return Err(stale("it was deleted".into()));
        };
        let Some(planned) = &change.precondition else {
            return Err(stale("somebody created it".into()));
        };
        if planned.uid != live.uid() {
            return Err(stale("it was deleted and created again by somebody else".into()));
        }
        let mut problems = Vec::new();
        let again = change_for(manifest, change.stage, Some(&now), policy, &mut problems);
        if let Some(problem) = problems.first() {
            return Err(stale(problem.message.clone()));
        }
        if again.intent() != change.intent() {
            let moved = again.fields.iter().find(|field| !change.fields.contains(field));
            let what = moved.map_or_else(
                || "the change is no longer needed".to_owned(),
                |field| {
                    format!(
                        "{} is now {}",
                        display_path(&field.path),
                        if field.sensitive { "(sensitive)".into() } else { field.before.to_string() }
                    )
                },
            );
            return Err(stale(what));
        }
        Ok(Some(live))
    }

    /// Creates a Secret, or adds the keys it lacks (decisions.md, 20: a merge patch, never server-side apply).
    pub(super) async fn write_secret(&self, secret: &SecretChange) -> Result<Outcome, WriteError> {
        let resource = PlanClient::core("Secret");
        let namespace = &self.plan.definition.namespace;
        let key = ObjectKey::new("", "Secret", namespace, &secret.name);
        let intent = secret.intent.as_ref().expect("a Secret that is written has an intent");
        if secret.action == SecretAction::Create {
            let data = secrets::generate(intent, &secret.generated)?;
            let value = secrets::manifest(intent, namespace, &self.plan.definition.name, &self.owner_id, &data);
            self.cluster.create(&resource, &key, &value).await?;
            return Ok(Outcome::Created);
        }
        let mut live = secret.live.clone();
        let mut backoff = ConflictBackoff::new();
        while backoff.next().await {
            let Some(seen) = &live else {
                return Err(WriteError::Stale { object: key.to_string(), what: "it was deleted".into() });
            };
            let have = seen.value["data"].as_object();
            let missing: Vec<String> = secret
                .generated
                .iter()
                .filter(|key| !have.is_some_and(|data| data.contains_key(*key)))
                .cloned()
                .collect();
            let patch = json!({
                "metadata": {
                    "labels": {labels::OWNER: self.plan.definition.name},
                    "annotations": {labels::OWNER_ID: self.owner_id, labels::RETAINED_FROM: null},
                },
                "data": secrets::generate(intent, &missing)?,
            });
            match self.cluster.merge_patch(&resource, &key, patch, &Precondition::of(seen)).await {
                Ok(_) => return Ok(Outcome::Configured),
                Err(error) if error.is_conflict() => live = self.cluster.reader().read(&resource, &key).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(WriteError::Stale { object: key.to_string(), what: "it changes faster than it can be written".into() })
    }

    /// `<namespace>/<definition>`.
    pub(super) fn home(&self) -> String {
        format!("{}/{}", self.plan.definition.namespace, self.plan.definition.name)
    }
}
