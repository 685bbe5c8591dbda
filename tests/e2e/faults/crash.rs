//! P2: a publish killed at any request, before it was sent, before its answer came or after it, is healed by the next
//! one: no unlocking, no question, nothing left over.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::full;
use super::proxy::{Aim, Fault, Moment, Next};
use super::stack::{MYSQL, PLAIN, REPLACED, Stack, difference, state};
use super::table::{Desk, each};
use crate::stage::Space;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    First,
    Update,
    Delete,
}

impl Step {
    /// Brings a definition to where the step begins.
    fn prepare(self, space: &Space, stack: &Stack, name: &str) {
        stack.prepare(space, name, self != Self::First);
    }

    fn line(self, stack: &Stack, name: &str) -> String {
        if self == Self::Delete { format!("delete {name} --yes") } else { stack.publish(name) }
    }
}

/// One place to kill at.
#[derive(Clone, Copy, Debug)]
struct Point {
    step: Step,
    request: usize,
    moment: Moment,
}

/// A process that is to get a signal; its number comes when it is known.
#[derive(Clone, Default)]
pub(super) struct Target(Arc<(Mutex<Option<u32>>, Condvar)>);

impl Target {
    pub(super) fn set(&self, process: u32) {
        *self.0.0.lock().expect("no thread panics") = Some(process);
        self.0.1.notify_all();
    }

    /// Sends it a signal, once its number is known.
    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        let known = self.0.0.lock().expect("no thread panics");
        let limit = Duration::from_secs(10);
        let (known, _) = self.0.1.wait_timeout_while(known, limit, |known| known.is_none()).expect("no thread panics");
        let process = known.and_then(|number| i32::try_from(number).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(process) = process {
            // It may have ended by itself.
            let _ = rustix::process::kill_process(process, signal);
        }
    }
}

#[test]
fn d2_a_publish_killed_at_any_request_is_healed_by_the_next_one() {
    let Some(space) = Space::new("crash-plain") else { return };
    // Reads are points too, and there are many of them: in a full run each one, else enough to hit every phase.
    kill_everywhere(&space, &PLAIN, &[Step::First, Step::Update], if full() { 1 } else { 10 });
}

#[test]
fn d2_a_template_killed_at_any_request_is_healed_by_the_next_publish() {
    let Some(space) = Space::new("crash-mysql") else { return };
    kill_everywhere(&space, &MYSQL, &[Step::First, Step::Update], if full() { 2 } else { 20 });
}

#[test]
fn d2_a_replacement_killed_at_any_request_is_healed_by_the_next_publish() {
    let Some(space) = Space::new("crash-replace") else { return };
    kill_everywhere(&space, &REPLACED, &[Step::Update], if full() { 1 } else { 10 });
}

#[test]
fn d2_a_delete_killed_at_any_request_is_healed_by_the_next_one() {
    let Some(space) = Space::new("crash-delete") else { return };
    kill_everywhere(&space, &MYSQL, &[Step::Delete], if full() { 1 } else { 10 });
}

fn kill_everywhere(space: &Space, stack: &Stack, steps: &[Step], every: usize) {
    let desk = Desk::new(space, "reference");
    let mut points = Vec::new();
    let mut expected = Vec::new();
    for (number, step) in steps.iter().copied().enumerate() {
        let name = format!("ref{number}");
        step.prepare(space, stack, &name);
        desk.proxy.clear();
        desk.through.run(&step.line(stack, &name)).ok();
        let requests = desk.proxy.clear().len();
        expected.push((step, state(&desk.api, space, &name)));
        for request in 1..=requests {
            let moments = [Moment::Before, Moment::Carried, Moment::After];
            points.extend(moments.map(|moment| Point { step, request, moment }));
        }
    }
    let points: Vec<Point> = points.into_iter().step_by(every).collect();
    let tally = each(space, &points, |desk, name, point| kill(desk, stack, name, point, &expected));
    tally.conclude("P2", stack.title);
    let early = tally.count("ended before the point");
    assert!(early * 10 <= points.len(), "{early} of {} were never reached", points.len());
}

/// Kills one publish, publishes again, compares.
fn kill(
    desk: &Desk<'_>,
    stack: &Stack,
    name: &str,
    point: Point,
    expected: &[(Step, Vec<Value>)],
) -> Result<&'static str, String> {
    let space = desk.space;
    point.step.prepare(space, stack, name);
    let target = Target::default();
    let killed = target.clone();
    let kill = move || {
        killed.signal(rustix::process::Signal::KILL);
        Next::Break
    };
    desk.proxy.set(Aim::at(point.request), Fault::Meanwhile(point.moment, Arc::new(kill)));
    let precious = stack.precious(&desk.api, space, name);
    let line = point.step.line(stack, name);
    let publish = desk.through.start(&line.split(' ').collect::<Vec<_>>());
    target.set(publish.id());
    let killed = publish.wait() == -1;
    let trace = desk.proxy.clear();
    let again = space.run(&line);
    let after = stack.precious(&desk.api, space, name);
    let expected = expected.iter().find(|(step, _)| *step == point.step).map(|(_, state)| state);
    let (expected, found) = (expected.expect("every step has one"), state(&desk.api, space, name));
    Stack::remove(space, name);
    let last = trace.get(point.request - 1).map(|seen| format!("{} {}", seen.method, seen.path)).unwrap_or_default();
    // Killed after its last write, a delete leaves nothing to be deleted.
    let done = again.code == 0 || point.step == Step::Delete && again.stderr.contains("no definition");
    if !done {
        return Err(format!("{last}: the next one ended with {}:\n{}{}", again.code, again.stdout, again.stderr));
    }
    if found != *expected {
        let words = format!("{}{}", again.stdout, again.stderr);
        return Err(format!("{last}: another state:\n{}\nafter\n{words}", difference(expected, &found)));
    }
    if point.step != Step::First && after != precious {
        return Err(format!("{last}: volumes or pods were lost: {precious:?}, now {after:?}"));
    }
    Ok(if killed { "killed" } else { "ended before the point" })
}
