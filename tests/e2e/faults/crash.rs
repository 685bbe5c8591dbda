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

/// One place to kill at.
#[derive(Clone, Copy, Debug)]
struct Point {
    update: bool,
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
    kill_everywhere(&space, &PLAIN, if full() { 1 } else { 10 });
}

#[test]
fn d2_a_template_killed_at_any_request_is_healed_by_the_next_publish() {
    let Some(space) = Space::new("crash-mysql") else { return };
    kill_everywhere(&space, &MYSQL, if full() { 2 } else { 20 });
}

#[test]
fn d2_a_replacement_killed_at_any_request_is_healed_by_the_next_publish() {
    let Some(space) = Space::new("crash-replace") else { return };
    kill_everywhere(&space, &REPLACED, if full() { 1 } else { 10 });
}

fn kill_everywhere(space: &Space, stack: &Stack, step: usize) {
    let desk = Desk::new(space, "reference");
    let mut points = Vec::new();
    let mut expected = Vec::new();
    for update in [false, true] {
        let name = format!("ref{}", u8::from(update));
        stack.prepare(space, &name, update);
        desk.proxy.clear();
        desk.through.run(&stack.publish(&name)).ok();
        let requests = desk.proxy.clear().len();
        expected.push(state(&desk.api, space, &name));
        for request in 1..=requests {
            let moments = [Moment::Before, Moment::Carried, Moment::After];
            points.extend(moments.map(|moment| Point { update, request, moment }));
        }
    }
    let points: Vec<Point> = points.into_iter().step_by(step).collect();
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
    expected: &[Vec<Value>],
) -> Result<&'static str, String> {
    let space = desk.space;
    stack.prepare(space, name, point.update);
    let target = Target::default();
    let killed = target.clone();
    let kill = move || {
        killed.signal(rustix::process::Signal::KILL);
        Next::Break
    };
    desk.proxy.set(Aim::at(point.request), Fault::Meanwhile(point.moment, Arc::new(kill)));
    let precious = stack.precious(&desk.api, space, name);
    let line = stack.publish(name);
    let publish = desk.through.start(&line.split(' ').collect::<Vec<_>>());
    target.set(publish.id());
    let killed = publish.wait() == -1;
    let trace = desk.proxy.clear();
    let again = space.run(&line);
    let after = stack.precious(&desk.api, space, name);
    let (expected, found) = (&expected[usize::from(point.update)], state(&desk.api, space, name));
    stack.remove(space, name);
    let last = trace.get(point.request - 1).map(|seen| format!("{} {}", seen.method, seen.path)).unwrap_or_default();
    if again.code != 0 {
        return Err(format!("{last}: the next publish ended with {}:\n{}{}", again.code, again.stdout, again.stderr));
    }
    if found != *expected {
        let words = format!("{}{}", again.stdout, again.stderr);
        return Err(format!("{last}: another state:\n{}\nafter\n{words}", difference(expected, &found)));
    }
    if point.update && after != precious {
        return Err(format!("{last}: volumes or pods were lost: {precious:?}, now {after:?}"));
    }
    Ok(if killed { "killed" } else { "ended before the point" })
}
