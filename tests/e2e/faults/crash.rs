//! P2: a publish killed at any request, before it was sent, before its answer came or after it, is healed by the next
//! one: no unlocking, no question, nothing left over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::api::Api;
use super::proxy::{Aim, Fault, Moment, Next, Proxy};
use super::stack::{MYSQL, PLAIN, Stack, difference, state};
use super::{figure, full};
use crate::stage::Space;

/// Points under way at once.
const WORKERS: usize = 3;

/// One place to kill at.
#[derive(Clone, Copy, Debug)]
struct Point {
    update: bool,
    request: usize,
    moment: Moment,
}

/// A process that is to be killed; the number comes when it is known.
#[derive(Clone, Default)]
pub(super) struct Target(Arc<(Mutex<Option<u32>>, Condvar)>);

impl Target {
    pub(super) fn set(&self, process: Option<u32>) {
        *self.0.0.lock().expect("no thread panics") = process;
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
    table(&space, &PLAIN, if full() { 1 } else { 10 });
}

#[test]
fn d2_a_template_killed_at_any_request_is_healed_by_the_next_publish() {
    let Some(space) = Space::new("crash-mysql") else { return };
    table(&space, &MYSQL, if full() { 2 } else { 25 });
}

fn table(space: &Space, stack: &Stack, step: usize) {
    let api = Api::new(&space.kubeconfig);
    let mut points = Vec::new();
    let mut expected = Vec::new();
    for update in [false, true] {
        let proxy = Proxy::start(&space.kubeconfig, "reference");
        let through = space.with_kubeconfig(proxy.kubeconfig.clone(), &space.user);
        let name = format!("ref{}", u8::from(update));
        prepare(space, stack, &name, update);
        proxy.clear();
        through.run(&format!("publish {name} --yes")).ok();
        let requests = proxy.clear().len();
        expected.push(state(&api, space, &name));
        for request in 1..=requests {
            for moment in [Moment::Before, Moment::Carried, Moment::After] {
                points.push(Point { update, request, moment });
            }
        }
    }
    let points: Vec<Point> = points.into_iter().step_by(step).collect();
    let next = AtomicUsize::new(0);
    let failed: Mutex<Vec<String>> = Mutex::default();
    let unreached = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (points, next, failed, unreached, api) = (&points, &next, &failed, &unreached, &api);
            let expected = &expected;
            scope.spawn(move || {
                let proxy = Proxy::start(&space.kubeconfig, &format!("worker-{worker}"));
                let through = space.with_kubeconfig(proxy.kubeconfig.clone(), &space.user);
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = format!("p{:04}", next.load(Ordering::Relaxed) * WORKERS + worker);
                    match attempt(
                        space,
                        &through,
                        &proxy,
                        api,
                        stack,
                        &name,
                        *point,
                        &expected[usize::from(point.update)],
                    ) {
                        Ok(true) => {}
                        Ok(false) => drop(unreached.fetch_add(1, Ordering::Relaxed)),
                        Err(why) => failed.lock().expect("no thread panics").push(format!("{point:?}: {why}")),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no thread panics");
    let (tried, bad, early) = (points.len(), failed.len(), unreached.into_inner());
    let good = tried - bad;
    figure(
        "P2",
        &format!(
            "{}: {tried} points tried, {good} converged, {bad} failed ({early} ended before the point)",
            stack.title
        ),
    );
    assert!(failed.is_empty(), "{bad} of {tried} failed, the first ones:\n{}", failed[..bad.min(4)].join("\n\n"));
    assert!(early * 10 <= tried, "{early} of {tried} were never reached");
}

fn prepare(space: &Space, stack: &Stack, name: &str, update: bool) {
    stack.define(space, name, 1);
    if update {
        space.run(&format!("publish {name} --yes")).ok();
        stack.define(space, name, 2);
    }
}

/// Kills one publish, publishes again, compares; `false` when it had ended before the point.
#[expect(clippy::too_many_arguments, reason = "one table, one row of it")]
fn attempt(
    space: &Space,
    through: &Space,
    proxy: &Proxy,
    api: &Api,
    stack: &Stack,
    name: &str,
    point: Point,
    expected: &[Value],
) -> Result<bool, String> {
    prepare(space, stack, name, point.update);
    let target = Target::default();
    let killed = target.clone();
    let kill = move || {
        killed.signal(rustix::process::Signal::KILL);
        Next::Break
    };
    proxy.set(Aim::at(point.request), Fault::Meanwhile(point.moment, Arc::new(kill)));
    let publish = through.start(&["publish", name, "--yes"]);
    target.set(Some(publish.id()));
    let reached = publish.wait() == -1;
    let trace = proxy.clear();
    let again = space.run(&format!("publish {name} --yes"));
    let found = state(api, space, name);
    let last = trace.last().map(|seen| format!("{} {}", seen.method, seen.path)).unwrap_or_default();
    let mut why = String::new();
    if again.code != 0 {
        why = format!("the next publish ended with {}:\n{}{}", again.code, again.stdout, again.stderr);
    } else if found != expected {
        why = format!("another state:\n{}\nafter\n{}{}", difference(expected, &found), again.stdout, again.stderr);
    }
    let _ = space.run(&format!("delete {name} --yes --purge-data --purge-secrets"));
    if why.is_empty() { Ok(reached) } else { Err(format!("at {last}: {why}")) }
}
