//! Tries many points at once, each with a proxy and a definition of its own, and counts what became of them.
//! A point that goes wrong does not keep the others from being tried.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::api::Api;
use super::figure;
use super::proxy::Proxy;
use crate::stage::Space;

/// Points under way at once.
const WORKERS: usize = 3;

/// What one point is tried with.
pub(super) struct Desk<'a> {
    /// The namespace, directly.
    pub(super) space: &'a Space,
    /// The namespace through the proxy.
    pub(super) through: Space,
    pub(super) proxy: Proxy,
    pub(super) api: Api,
}

impl<'a> Desk<'a> {
    pub(super) fn new(space: &'a Space, name: &str) -> Self {
        let proxy = Proxy::start(&space.kubeconfig, name);
        let through = space.with_kubeconfig(proxy.kubeconfig.clone(), &space.user);
        Self { space, through, proxy, api: Api::new(&space.kubeconfig) }
    }
}

/// What became of the points.
pub(super) struct Tally {
    tried: usize,
    counts: BTreeMap<&'static str, usize>,
    failed: Vec<String>,
}

/// Tries every point, with a name of its own; the attempt says in a word what became of it, or what went wrong.
pub(super) fn each<P: Copy + Debug + Sync>(
    space: &Space,
    points: &[P],
    attempt: impl Fn(&Desk<'_>, &str, P) -> Result<&'static str, String> + Sync,
) -> Tally {
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally { tried: points.len(), counts: BTreeMap::new(), failed: Vec::new() });
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (next, tally, attempt) = (&next, &tally, &attempt);
            scope.spawn(move || {
                let desk = Desk::new(space, &format!("worker-{worker}"));
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(point) = points.get(number) else { return };
                    let outcome = attempt(&desk, &format!("p{number:04}"), *point);
                    let mut tally = tally.lock().expect("no thread panics");
                    match outcome {
                        Ok(word) => *tally.counts.entry(word).or_default() += 1,
                        Err(why) => tally.failed.push(format!("{point:?}: {why}")),
                    }
                }
            });
        }
    });
    tally.into_inner().expect("no thread panics")
}

impl Tally {
    /// Prints the figure; every point must have gone well.
    #[track_caller]
    pub(super) fn conclude(&self, promise: &str, what: &str) {
        let (tried, bad) = (self.tried, self.failed.len());
        let words: Vec<String> = self.counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let good = tried - bad;
        figure(
            promise,
            &format!("{what}: {tried} points tried, {good} converged, {bad} failed ({})", words.join(", ")),
        );
        assert!(bad == 0, "{bad} of {tried} failed, the first ones:\n{}", self.failed[..bad.min(4)].join("\n\n"));
    }

    /// How many points ended with a word.
    pub(super) fn count(&self, word: &str) -> usize {
        self.counts.get(word).copied().unwrap_or_default()
    }
}
