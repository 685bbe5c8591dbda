//! Stage 6: carries out a plan, object by object, and reports what became of each.
//! It writes nothing the plan does not hold, and stops at the first failed write.

mod outcome;
mod prune;
mod replace;
mod write;

pub use outcome::{ApplyEvent, ApplyReport, ObjectOutcome, Outcome, WriteError};

use std::collections::BTreeMap;

use futures::{StreamExt, stream};

use crate::cluster::Cluster;
use crate::object::{LiveObject, ObjectKey};
use crate::plan::{Action, Change, Plan};

/// Writes under way at once inside one phase.
const CONCURRENCY: usize = 8;

/// One application of a plan: stages first, removals at the end.
pub struct Apply<'a> {
    cluster: &'a Cluster,
    plan: &'a Plan,
    owner_id: String,
    report: ApplyReport,
    written: BTreeMap<ObjectKey, LiveObject>,
}

impl<'a> Apply<'a> {
    /// Prepares to carry out `plan` for the owner.
    pub fn new(cluster: &'a Cluster, plan: &'a Plan, owner_id: &str) -> Self {
        let report = ApplyReport::default();
        Self { cluster, plan, owner_id: owner_id.to_owned(), report, written: BTreeMap::new() }
    }

    /// The stages of the plan, in order.
    pub fn stages(&self) -> Vec<u32> {
        let mut stages: Vec<u32> = self.wanted().map(|change| change.stage).collect();
        stages.sort_unstable();
        stages.dedup();
        stages
    }

    /// Says whether a write failed; nothing more is written then.
    pub fn failed(&self) -> bool {
        self.report.failed()
    }

    /// What became of each object so far, and each object as the server answered.
    pub fn finish(mut self) -> (ApplyReport, BTreeMap<ObjectKey, LiveObject>) {
        let known: Vec<String> = self.report.outcomes.iter().map(|outcome| outcome.object.clone()).collect();
        for change in &self.plan.changes {
            let object = change.key.to_string();
            // Removals come after the wait; here they only count when a failure keeps them from being tried.
            let due = is_write(change.action) || change.action == Action::Delete && self.report.failed();
            if known.contains(&object) {
                continue;
            }
            if change.action == Action::NoOp {
                self.report.push(object, Outcome::Unchanged, None);
            } else if due {
                self.report.push(object, Outcome::Skipped, None);
            }
        }
        (self.report, self.written)
    }

    /// Makes or completes the Secrets of the plan.
    pub async fn secrets(&mut self, on: &mut dyn FnMut(ApplyEvent)) {
        for secret in &self.plan.secrets {
            if self.failed() || !secret.action.writes() || secret.intent.is_none() {
                continue;
            }
            let outcome = self.write_secret(secret).await;
            self.note(format!("Secret/{}", secret.name), outcome, on);
        }
    }

    /// Writes the objects of one stage, phase by phase.
    pub async fn stage(&mut self, stage: u32, on: &mut dyn FnMut(ApplyEvent)) {
        let mut phases: Vec<u8> =
            self.wanted().filter(|change| change.stage == stage).map(|change| change.phase).collect();
        phases.sort_unstable();
        phases.dedup();
        for phase in phases {
            if self.failed() {
                return;
            }
            let plan = self.plan;
            let batch: Vec<&Change> = plan
                .changes
                .iter()
                .filter(|change| change.stage == stage && change.phase == phase && is_write(change.action))
                .collect();
            let this = &*self;
            let results: Vec<_> = stream::iter(
                batch.into_iter().map(|change| async move { (change.key.clone(), this.write(change).await) }),
            )
            .buffer_unordered(CONCURRENCY)
            .inspect(|(key, result)| {
                on(ApplyEvent::Wrote {
                    object: key.to_string(),
                    outcome: result.as_ref().map_or(Outcome::Failed, |(outcome, _)| *outcome),
                });
            })
            .collect()
            .await;
            for (key, result) in results {
                match result {
                    Ok((outcome, live)) => {
                        self.written.insert(key.clone(), live);
                        self.report.push(key.to_string(), outcome, None);
                    }
                    Err(error) => self.report.push(key.to_string(), Outcome::Failed, Some(error)),
                }
            }
        }
    }

    fn wanted(&self) -> impl Iterator<Item = &'a Change> + use<'a> {
        self.plan.changes.iter().filter(|change| is_write(change.action))
    }

    fn note(&mut self, object: String, result: Result<Outcome, outcome::WriteError>, on: &mut dyn FnMut(ApplyEvent)) {
        on(ApplyEvent::Wrote { object: object.clone(), outcome: *result.as_ref().unwrap_or(&Outcome::Failed) });
        match result {
            Ok(outcome) => self.report.push(object, outcome, None),
            Err(error) => self.report.push(object, Outcome::Failed, Some(error)),
        }
    }
}

fn is_write(action: Action) -> bool {
    action.is_written()
}
