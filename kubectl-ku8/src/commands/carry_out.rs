//! Carries out an operation under its lock: record, objects, wait, removals, record again. Everything that changes
//! objects comes through here, and nothing here decides what is to be changed.

use std::time::Duration;

use super::pipeline::Prepared;
use super::record::{Ending, begin, ensure_revision, finish, inventory_of, next_revision, remove_records};
use super::{Context, template_store};
use crate::apply::{Apply, ApplyEvent, ApplyReport, Halt};
use crate::cluster::{Cluster, Lock};
use crate::definition::Definition;
use crate::error::{CommandError, exit, id};
use crate::object::ObjectKey;
use crate::plan::Change;
use crate::release::{Cause, Head, Inventory};
use crate::terminal::Progress;
use crate::wait::{Status, WaitLimits, WaitReport, until_current};

/// Between two looks at whether the lock is still ours, while nothing is written.
const LOCK_LOOK: Duration = Duration::from_millis(200);

/// What is to be carried out, as it was approved.
pub(super) struct Operation<'a> {
    /// The definition's namespace.
    pub(super) namespace: &'a str,
    /// The head as it was when the plan was made; one that moved on since is never written over.
    pub(super) head: Head,
    /// What the head's definition becomes.
    pub(super) definition: &'a Definition,
    /// The plan, and what carrying it out needs beside.
    pub(super) prepared: &'a Prepared,
    /// Why.
    pub(super) cause: Cause,
    /// How.
    pub(super) policy: Policy,
}

/// How an operation waits, and what it does about failures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// How long to wait; `None` does not wait at all.
    pub(super) wait: Option<WaitLimits>,
    /// A failure stops only what depends on it.
    pub(super) keep_going: bool,
    /// After a failed publish, the last good revision is gone back to.
    pub(super) rollback_on_failure: bool,
    /// Revisions to keep.
    pub(super) history_max: usize,
}

/// How an operation ended; it is recorded already.
#[derive(Debug)]
pub(super) struct Ended {
    /// The head as it was written last.
    pub(super) head: Head,
    /// The revision; 0 for a deletion.
    pub(super) number: u32,
    /// What became of each object.
    pub(super) report: ApplyReport,
    /// What was seen last of the objects, when they were waited for.
    pub(super) wait: Option<WaitReport>,
    /// A person stopped it; the next run goes on.
    pub(super) interrupted: bool,
}

impl Ended {
    /// Says whether everything was written and, as far as it was waited for, became ready.
    pub(super) fn succeeded(&self) -> bool {
        !self.interrupted && self.report.complete() && self.wait.as_ref().is_none_or(WaitReport::all_current)
    }
}

/// Carries it out.
///
/// # Errors
/// When a record cannot be written, the cluster cannot be read, or the lock was lost. An object whose write fails, or
/// that does not become ready, is no error here: it is in [`Ended`].
pub(super) async fn carry_out(
    context: &Context,
    cluster: &Cluster,
    lock: &Lock,
    operation: Operation<'_>,
) -> Result<Ended, CommandError> {
    let prepared = operation.prepared;
    let may_write = || {
        if context.interrupt.pressed() {
            return Err(Halt::Interrupted);
        }
        lock.check().map_err(|_| Halt::LockLost)
    };
    if may_write() == Err(Halt::Interrupted) {
        return Err(CommandError::new("interrupted; nothing was changed").id(id::INTERRUPTED).code(exit::INTERRUPTED));
    }
    lock.check()?;
    let deleting = operation.cause == Cause::Delete;
    let number = if deleting { 0 } else { next_revision(&operation.head, operation.definition) };
    let new = inventory_of(prepared);
    if !deleting {
        if let Some(template) = &prepared.template
            && !template_store::keep(cluster, operation.namespace, template).await?
        {
            context.ui.say(&format!(
                "The template is too large to keep in the cluster: whoever works on {} needs {}.",
                operation.definition.name(),
                template.source()
            ));
        }
        ensure_revision(context, cluster, &operation, number, &new).await?;
    }
    let begun = begin(context, cluster, &operation, number, &new).await?;
    let name = begun.definition.name().to_owned();
    let ended = run(context, cluster, lock, &operation, begun, number, &new, &may_write).await;
    // A lost lock has its own next step.
    ended.map_err(|error| if error.code == exit::LOCKED { error } else { error.hint(again(operation.cause, &name)) })
}

/// The command that goes on with an operation.
pub(super) fn again(cause: Cause, name: &str) -> String {
    let command = match cause {
        Cause::Publish => format!("publish {name}"),
        Cause::Rollback(to) => format!("rollback {name} --to {to}"),
        Cause::Delete => format!("delete {name}"),
    };
    format!("go on from there: kubectl ku8 {command}")
}

/// What was begun, to its end.
#[expect(clippy::too_many_arguments, reason = "the second half of one function, so that its errors get one hint")]
async fn run(
    context: &Context,
    cluster: &Cluster,
    lock: &Lock,
    operation: &Operation<'_>,
    mut head: Head,
    number: u32,
    new: &Inventory,
    may_write: &dyn Fn() -> Result<(), Halt>,
) -> Result<Ended, CommandError> {
    let prepared = operation.prepared;
    let policy = operation.policy;
    let mut run = Run {
        context,
        cluster,
        prepared,
        apply: Apply::new(cluster, &prepared.plan, &prepared.owner_id, policy.keep_going, may_write),
        lock,
        policy,
        cut: false,
    };
    run.write().await?;
    let wait = run.wait_for_all().await?;
    let Run { mut apply, cut, .. } = run;
    if !cut && apply.all_written() {
        remove(context, &mut apply).await;
    }
    let halted = apply.halted().or(cut.then_some(Halt::Interrupted));
    let (report, written) = apply.finish();
    // Without the lock the record stays as it is, with everything in its inventory, and the next run goes on from there.
    lock.check()?;
    let interrupted = halted == Some(Halt::Interrupted);
    let ending = Ending { report: &report, wait: wait.as_ref(), new, written: &written, interrupted };
    if operation.cause == Cause::Delete && report.complete() && !interrupted {
        remove_records(cluster, operation.namespace, &head).await?;
        template_store::sweep(context, cluster, operation.namespace).await;
    } else {
        finish(context, cluster, operation, &mut head, number, &ending).await?;
    }
    Ok(Ended { head, number, report, wait, interrupted })
}

/// Removes and marks what the plan says, and says so.
async fn remove(context: &Context, apply: &mut Apply<'_>) {
    let mut on = |event: ApplyEvent| {
        let ApplyEvent::Wrote { object, outcome } = event;
        context.ui.say(&format!("  {object} {outcome}"));
    };
    apply.prune(&mut on).await;
}

/// One run through the stages of a plan.
struct Run<'a> {
    context: &'a Context,
    cluster: &'a Cluster,
    prepared: &'a Prepared,
    apply: Apply<'a>,
    lock: &'a Lock,
    /// Its time to wait gets shorter.
    policy: Policy,
    /// Ctrl-C, or the loss of the lock, ended a wait.
    cut: bool,
}

impl Run<'_> {
    /// Secrets, then every stage once what it relies on is ready.
    async fn write(&mut self) -> Result<(), CommandError> {
        let context = self.context;
        let mut left = self.apply.writes();
        // A bar for each stage, so that the wait between two has its own.
        let mut progress = Progress::new(&context.ui, "Applying", left);
        self.apply.secrets(&mut |event| step(&mut progress, &mut left, &event)).await;
        progress.finish();
        for stage in self.apply.stages() {
            // Also before the first one: what it relies on may be what an operation left behind that was cut off.
            if self.apply.stopped() || !self.ready_before(stage).await? {
                break;
            }
            let mut progress = Progress::new(&context.ui, "Applying", left);
            self.apply.stage(stage, &mut |event| step(&mut progress, &mut left, &event)).await;
            progress.finish();
        }
        Ok(())
    }

    /// Waits for everything before a stage; says whether the stage may be begun.
    async fn ready_before(&mut self, stage: u32) -> Result<bool, CommandError> {
        let keys = self.keys(|change| change.stage < stage);
        let Some(report) = self.wait(keys).await? else { return Ok(true) };
        for (key, health) in report.laggards() {
            let why = if health.status == Status::Failed { "which failed" } else { "which is not ready" };
            self.apply.mark_unready(key, why);
        }
        Ok(!self.cut && (self.policy.keep_going || report.all_current()))
    }

    /// Waits for everything that was written; `None` when there is nothing to wait for.
    async fn wait_for_all(&mut self) -> Result<Option<WaitReport>, CommandError> {
        if self.cut || self.apply.stopped() {
            return Ok(None);
        }
        let keys = self.keys(|_| true);
        self.wait(keys).await
    }

    fn keys(&self, which: impl Fn(&Change) -> bool) -> Vec<(ObjectKey, String)> {
        let wanted = self.prepared.plan.changes.iter().filter(|change| change.manifest.is_some() && which(change));
        wanted
            .filter(|change| self.apply.is_written(change))
            .map(|change| (change.key.clone(), version_of(&change.api_version)))
            .collect()
    }

    /// Waits until all of them are ready, one has failed (with `keep_going`: each is ready or has failed), the time is
    /// used up, or Ctrl-C.
    async fn wait(&mut self, mut keys: Vec<(ObjectKey, String)>) -> Result<Option<WaitReport>, CommandError> {
        let Some(limits) = self.policy.wait.filter(|_| !keys.is_empty()) else { return Ok(None) };
        let begun = tokio::time::Instant::now();
        let left = || WaitLimits { spent: limits.spent + begun.elapsed(), ..limits };
        let mut progress = Progress::new(&self.context.ui, "Waiting ", keys.len());
        let mut report = WaitReport::default();
        loop {
            let mut last = WaitReport::default();
            let mut on = |look: &WaitReport| {
                let late = look.laggards();
                let line = late.first().map_or_else(String::new, |(key, health)| format!("{key}: {}", health.message));
                progress.at(look.objects.len() - late.len(), &line);
                last = look.clone();
            };
            let seen = tokio::select! {
                seen = until_current(self.cluster.reader(), &keys, left(), &mut on) => Some(seen?),
                () = self.context.interrupt.wait() => None,
                () = lost(self.lock) => None,
            };
            self.cut = seen.is_none();
            let mut seen = seen.unwrap_or(last);
            let failed = |key: &ObjectKey| seen.objects.get(key).is_some_and(|health| health.status == Status::Failed);
            keys.retain(|(key, _)| !failed(key));
            let again = self.policy.keep_going
                && !self.cut
                && seen.timed_out.is_none()
                && !seen.all_current()
                && !keys.is_empty();
            seen.diagnoses.extend(report.diagnoses);
            seen.objects.extend(report.objects.into_iter().filter(|(_, health)| health.status == Status::Failed));
            report = seen;
            if !again {
                break;
            }
        }
        progress.finish();
        self.policy.wait = Some(left());
        Ok(Some(report))
    }
}

fn step(progress: &mut Progress<'_>, left: &mut usize, event: &ApplyEvent) {
    let ApplyEvent::Wrote { object, outcome } = event;
    progress.step(&format!("{object} {outcome}"));
    *left = left.saturating_sub(1);
}

/// Comes back when the lock is somebody else's.
async fn lost(lock: &Lock) {
    while lock.check().is_ok() {
        tokio::time::sleep(LOCK_LOOK).await;
    }
}

fn version_of(api_version: &str) -> String {
    api_version.rsplit('/').next().unwrap_or(api_version).to_owned()
}
