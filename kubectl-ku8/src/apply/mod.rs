//! Stage 6: carries out a plan, object by object, and reports what became of each.
//! It writes nothing the plan does not hold, and stops at the first failed write unless it is told to keep going.

mod depends;
mod outcome;
mod prune;
mod replace;
mod write;

pub use outcome::{ApplyEvent, ApplyReport, Halt, ObjectOutcome, Outcome, WriteError};

use std::cell::Cell;
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
    keep_going: bool,
    may_write: &'a dyn Fn() -> Result<(), Halt>,
    report: ApplyReport,
    written: BTreeMap<ObjectKey, LiveObject>,
    /// What later objects may not rely on: its stage, and why.
    unready: BTreeMap<ObjectKey, (u32, String)>,
    halted: Cell<Option<Halt>>,
}

impl<'a> Apply<'a> {
    /// Prepares to carry out `plan` for the owner. `may_write` is asked before every single write.
    pub fn new(
        cluster: &'a Cluster,
        plan: &'a Plan,
        owner_id: &str,
        keep_going: bool,
        may_write: &'a dyn Fn() -> Result<(), Halt>,
    ) -> Self {
        Self {
            cluster,
            plan,
            owner_id: owner_id.to_owned(),
            keep_going,
            may_write,
            report: ApplyReport::default(),
            written: BTreeMap::new(),
            unready: BTreeMap::new(),
            halted: Cell::new(None),
        }
    }

    /// The stages of the plan, in order.
    pub fn stages(&self) -> Vec<u32> {
        let mut stages: Vec<u32> = self.wanted().map(|change| change.stage).collect();
        stages.sort_unstable();
        stages.dedup();
        stages
    }

    /// Says whether a write failed.
    pub fn failed(&self) -> bool {
        self.report.failed()
    }

    /// Why no further write is made although none failed.
    pub fn halted(&self) -> Option<Halt> {
        self.halted.get()
    }

    /// Nothing more is written: a write failed without `keep_going`, or `may_write` said no.
    pub fn stopped(&self) -> bool {
        self.halted.get().is_some() || !self.keep_going && self.failed()
    }

    /// How many writes the plan holds, removals not counted.
    pub fn writes(&self) -> usize {
        self.wanted().count() + self.plan.secrets.iter().filter(|secret| secret.action.writes()).count()
    }

    /// Says whether an object is as the plan wants it: written just now, or right already.
    pub fn is_written(&self, change: &Change) -> bool {
        self.written.contains_key(&change.key) || !is_write(change.action) && !self.unready.contains_key(&change.key)
    }

    /// Says whether everything is as the plan wants it but for the removals.
    pub fn all_written(&self) -> bool {
        !self.failed() && self.halted.get().is_none() && self.wanted().all(|change| self.is_written(change))
    }

    /// Says of an object that what comes after may not rely on it; `why` is for people.
    pub fn mark_unready(&mut self, key: &ObjectKey, why: &str) {
        let stage = self.plan.changes.iter().find(|change| change.key == *key).map_or(0, |change| change.stage);
        self.unready.entry(key.clone()).or_insert_with(|| (stage, why.to_owned()));
    }

    /// What became of each object so far, and each object as the server answered.
    pub fn finish(mut self) -> (ApplyReport, BTreeMap<ObjectKey, LiveObject>) {
        let known: Vec<String> = self.report.outcomes.iter().map(|outcome| outcome.object.clone()).collect();
        let partial = self.report.failed() || self.halted.get().is_some();
        for change in &self.plan.changes {
            let object = change.key.to_string();
            // Removals come after the wait; here they only count when a failure keeps them from being tried.
            let due = is_write(change.action) || change.action == Action::Delete && partial;
            if known.contains(&object) {
                continue;
            }
            if change.action == Action::NoOp {
                self.report.push(object, Outcome::Unchanged, None);
            } else if due {
                let because = is_write(change.action).then(|| self.blocked(change)).flatten();
                self.report.skip(object, because);
            }
        }
        (self.report, self.written)
    }

    /// Makes or completes the Secrets of the plan.
    pub async fn secrets(&mut self, on: &mut dyn FnMut(ApplyEvent)) {
        for secret in &self.plan.secrets {
            if !secret.action.writes() || secret.intent.is_none() {
                continue;
            }
            if self.stopped() || !self.may_go_on() {
                return;
            }
            let outcome = self.write_secret(secret).await;
            self.note(format!("Secret/{}", secret.name), outcome, on);
        }
    }

    /// Writes the objects of one stage, phase by phase; those that depend on something that is not there are left out.
    pub async fn stage(&mut self, stage: u32, on: &mut dyn FnMut(ApplyEvent)) {
        let mut phases: Vec<u8> =
            self.wanted().filter(|change| change.stage == stage).map(|change| change.phase).collect();
        phases.sort_unstable();
        phases.dedup();
        for phase in phases {
            if self.stopped() {
                return;
            }
            let due = self.wanted().filter(|change| change.stage == stage && change.phase == phase);
            let mut batch = Vec::new();
            for change in due {
                let Some(because) = self.blocked(change) else {
                    batch.push(change);
                    continue;
                };
                self.mark_unready(&change.key, "which was not reached");
                self.report.skip(change.key.to_string(), Some(because));
            }
            let (this, stop) = (&*self, Cell::new(false));
            let one = async |change: &Change| {
                // Those under way when one fails come to their end; no other is begun.
                if stop.get() || !this.may_go_on() {
                    return None;
                }
                let result = this.write(change).await;
                stop.set(stop.get() || !this.keep_going && result.is_err());
                Some((change.key.clone(), result))
            };
            let results: Vec<_> = stream::iter(batch.into_iter().map(one))
                .buffer_unordered(CONCURRENCY)
                .filter_map(async |done| done)
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
                        self.report.push(key.to_string(), outcome, None);
                        self.written.insert(key, live);
                    }
                    Err(error) => {
                        self.mark_unready(&key, "which failed");
                        self.report.push(key.to_string(), Outcome::Failed, Some(error));
                    }
                }
            }
        }
    }

    fn wanted(&self) -> impl Iterator<Item = &'a Change> + use<'a> {
        self.plan.changes.iter().filter(|change| is_write(change.action))
    }

    /// Asks whether one more write may be made, and remembers the first no.
    fn may_go_on(&self) -> bool {
        if self.halted.get().is_none() {
            self.halted.set((self.may_write)().err());
        }
        self.halted.get().is_none()
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
