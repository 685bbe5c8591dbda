//! Removals: what left the definition, last and in reverse order, with uid and resourceVersion.
//! What is to be kept is never deleted; what outlives its definition is marked so that it can be taken back.

use serde_json::json;

use super::Apply;
use super::outcome::{ApplyEvent, Outcome, WriteError};
use crate::cluster::{ConflictBackoff, PlanClient, Precondition};
use crate::object::{LiveObject, ObjectKey, labels};
use crate::plan::{Action, Change, Effect, SecretAction};

impl Apply<'_> {
    /// Deletes and marks; the caller does so only when no write failed.
    pub async fn prune(&mut self, on: &mut dyn FnMut(ApplyEvent)) {
        let plan = self.plan;
        for change in &plan.changes {
            if self.failed() || self.halted().is_some() {
                return;
            }
            let object = change.key.to_string();
            let marks = change.effects.contains(&Effect::Retained) || change.effects.contains(&Effect::TakenBack);
            if (change.action == Action::Delete || change.action == Action::Keep && marks) && !self.may_go_on() {
                return;
            }
            let result = match change.action {
                Action::Delete => self.remove(change).await,
                Action::Keep if change.effects.contains(&Effect::Retained) => {
                    self.retain(&change.key, change.live.as_ref(), true).await
                }
                Action::Keep if change.effects.contains(&Effect::TakenBack) => {
                    self.retain(&change.key, change.live.as_ref(), false).await
                }
                Action::Keep => Ok(Outcome::Kept),
                _ => continue,
            };
            self.note(object, result, on);
        }
        for secret in &plan.secrets {
            let removes = matches!(secret.action, SecretAction::Retain | SecretAction::Delete);
            if self.failed() || removes && !self.may_go_on() {
                return;
            }
            let key = ObjectKey::new("", "Secret", &plan.definition.namespace, &secret.name);
            let result = match secret.action {
                SecretAction::Retain => self.retain(&key, secret.live.as_ref(), true).await,
                SecretAction::Delete => self.remove_seen(&key, secret.live.as_ref(), "v1").await,
                _ => continue,
            };
            self.note(key.to_string(), result, on);
        }
    }

    async fn remove(&self, change: &Change) -> Result<Outcome, WriteError> {
        let version = change.api_version.rsplit('/').next().unwrap_or("v1");
        self.remove_seen(&change.key, change.live.as_ref(), version).await
    }

    async fn remove_seen(
        &self,
        key: &ObjectKey,
        seen: Option<&LiveObject>,
        version: &str,
    ) -> Result<Outcome, WriteError> {
        let resource = self.cluster.reader().readable(&key.group_kind(), Some(version)).await?;
        let mut seen = seen.cloned();
        let mut backoff = ConflictBackoff::new();
        while backoff.next().await {
            let Some(live) = &seen else { return Ok(Outcome::Pruned) };
            let pinned = Precondition::of(live);
            match self.cluster.delete(&resource, key, &pinned).await {
                Ok(()) => return Ok(Outcome::Pruned),
                Err(error) if error.is_conflict() => {
                    let now = self.cluster.reader().read(&resource, key).await?;
                    let same =
                        now.as_ref().is_none_or(|now| now.uid() == pinned.uid && now.owner_id() == live.owner_id());
                    if !same {
                        return Err(WriteError::Stale {
                            object: key.to_string(),
                            what: "it belongs to somebody else now".into(),
                        });
                    }
                    seen = now;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(WriteError::Stale { object: key.to_string(), what: "it changes faster than it can be deleted".into() })
    }

    /// Marks an object that outlives its definition, or takes the mark away (decisions.md, 21).
    async fn retain(&self, key: &ObjectKey, seen: Option<&LiveObject>, outlives: bool) -> Result<Outcome, WriteError> {
        let resource = PlanClient::core(&key.kind);
        let mut seen = seen.cloned();
        let mut backoff = ConflictBackoff::new();
        while backoff.next().await {
            let Some(live) = &seen else { return Ok(Outcome::Kept) };
            let patch = json!({"metadata": {"annotations": {labels::RETAINED_FROM: outlives.then(|| self.home())}}});
            match self.cluster.merge_patch(&resource, key, patch, &Precondition::of(live)).await {
                Ok(_) => return Ok(Outcome::Kept),
                Err(error) if error.is_conflict() || error.is_not_found() => {
                    seen = self.cluster.reader().read(&resource, key).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(WriteError::Stale { object: key.to_string(), what: "it changes faster than it can be marked".into() })
    }
}
