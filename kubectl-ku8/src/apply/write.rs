//! One object of the plan: create-only, or compare-and-swap onto what was approved.
//! When the object moved meanwhile it looks again, and goes on only if the same change would still happen.

use serde_json::json;

use super::Apply;
use super::outcome::{Outcome, WriteError};
use crate::cluster::{Ask, PlanClient, Precondition};
use crate::object::{LiveObject, ObjectKey, labels};
use crate::plan::{Action, Change, SecretAction, SecretChange, change_for, display_path};
use crate::secrets;

/// Looks at an object that controllers keep writing to before giving up (plan-apply.md, section 2.6).
const TRIES: u32 = 10;

impl Apply<'_> {
    /// Writes one change; returns what became of it and the object as the server answered.
    pub(super) async fn write(&self, change: &Change) -> Result<(Outcome, LiveObject), WriteError> {
        let manifest = change.manifest.as_ref().expect("a change that writes has a manifest");
        let done = if change.action == Action::Create { Outcome::Created } else { Outcome::Configured };
        let mut seen = change.live.clone();
        for _ in 0..TRIES {
            let force = change.action == Action::Adopt;
            match self.cluster.apply(manifest, seen.as_ref(), force).await {
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

    /// The object as it is now, if applying to it still means the approved change.
    async fn look_again(&self, change: &Change) -> Result<Option<LiveObject>, WriteError> {
        let manifest = change.manifest.as_ref().expect("a change that writes has a manifest");
        let stale = |what: String| WriteError::Stale { object: change.key.to_string(), what };
        let (_, now) = self.cluster.reader().observe_one(Ask::Apply(Box::new(manifest.clone()))).await?;
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
        let home = self.home();
        let again = change_for(
            manifest,
            change.stage,
            Some(&now),
            &self.owner_id,
            &home,
            change.action == Action::Adopt,
            &mut problems,
        );
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
        for _ in 0..TRIES {
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
