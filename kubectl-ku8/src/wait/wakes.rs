//! Watches as an alarm clock: they say which object may have changed, and the wait looks at it again.
//! Where watching is forbidden or breaks, the object is looked at twice a second instead.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::explain::has_pods;
use super::pods::match_labels;
use crate::cluster::{PlanClient, Resource, Selection};
use crate::object::{LiveObject, ObjectKey, labels};

/// Between two looks at what cannot be watched.
const POLL: Duration = Duration::from_millis(500);
/// After an event, so that what comes together is looked at once.
const GATHER: Duration = Duration::from_millis(100);
/// Before a watch that broke is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// What a watch is about: a place, and the objects it is to wake the wait for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Watched {
    group: String,
    plural: String,
    namespace: String,
    selection: Selection,
}

enum Signal {
    /// These may have changed.
    Changed(Vec<ObjectKey>),
    /// Their watch does not work now.
    Broken(Vec<ObjectKey>),
    /// Their watch works (again).
    Works(Vec<ObjectKey>),
}

/// The watches of one wait; they end with it.
pub(super) struct Wakes {
    cluster: PlanClient,
    /// Every object of the wait.
    all: Vec<ObjectKey>,
    known: BTreeSet<Watched>,
    tasks: JoinSet<()>,
    polled: BTreeSet<ObjectKey>,
    sender: UnboundedSender<Signal>,
    receiver: UnboundedReceiver<Signal>,
}

impl Wakes {
    pub(super) fn new(cluster: PlanClient, all: Vec<ObjectKey>) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self { cluster, all, known: BTreeSet::new(), tasks: JoinSet::new(), polled: BTreeSet::new(), sender, receiver }
    }

    /// Watches objects: one watch for one object, one by our label for several of a kind.
    pub(super) fn follow(&mut self, objects: &[(ObjectKey, Resource)]) {
        let place = |key: &ObjectKey| (key.group.clone(), key.kind.clone(), key.namespace.clone());
        for (key, resource) in objects {
            let same: Vec<ObjectKey> = self.all.iter().filter(|other| place(other) == place(key)).cloned().collect();
            let selection = match same.as_slice() {
                [one] => Selection::Name(one.name.clone()),
                _ => Selection::Labels(labels::OWNER.to_owned()),
            };
            self.begin(resource.clone(), key.namespace.clone(), selection, same);
        }
    }

    /// Watches the pods of a workload on its behalf.
    pub(super) fn follow_pods(&mut self, key: &ObjectKey, live: &LiveObject) {
        let Some(selector) = match_labels(&live.value).filter(|_| has_pods(key)) else { return };
        self.begin(PlanClient::core("Pod"), key.namespace.clone(), Selection::Labels(selector), vec![key.clone()]);
    }

    fn begin(&mut self, resource: Resource, namespace: String, selection: Selection, keys: Vec<ObjectKey>) {
        let watched = Watched {
            group: resource.group.clone(),
            plural: resource.plural.clone(),
            namespace: namespace.clone(),
            selection: selection.clone(),
        };
        if !self.known.insert(watched) {
            return;
        }
        let (cluster, sender) = (self.cluster.clone(), self.sender.clone());
        self.tasks.spawn(async move {
            let of_pods = resource.plural == "pods" && !keys.iter().any(|key| key.kind == "Pod");
            loop {
                let mut works = false;
                let mut on = |name: &str| {
                    if !works {
                        works = true;
                        let _ = sender.send(Signal::Works(keys.clone()));
                    }
                    let changed = keys.iter().filter(|key| of_pods || key.name == name).cloned().collect();
                    // The wait has ended when nobody listens, and this task with it.
                    let _ = sender.send(Signal::Changed(changed));
                };
                if cluster.watch(&resource, &namespace, &selection, &mut on).await.is_err() {
                    let _ = sender.send(Signal::Broken(keys.clone()));
                    tokio::time::sleep(AGAIN).await;
                }
            }
        });
    }

    /// Sleeps until something may have changed, or `until`; returns what to look at, nothing when the time came.
    pub(super) async fn next(&mut self, until: Instant) -> BTreeSet<ObjectKey> {
        let mut due = BTreeSet::new();
        let began = Instant::now();
        loop {
            let wake = if !due.is_empty() {
                Instant::now() + GATHER
            } else if self.polled.is_empty() {
                until
            } else {
                until.min(began + POLL)
            };
            match tokio::time::timeout_at(wake.min(until), self.receiver.recv()).await {
                Ok(Some(Signal::Changed(keys))) => due.extend(keys),
                Ok(Some(Signal::Broken(keys))) => self.polled.extend(keys),
                Ok(Some(Signal::Works(keys))) => self.polled.retain(|key| !keys.contains(key)),
                Ok(None) => return due,
                Err(_) => {
                    if due.is_empty() && Instant::now() < until {
                        due.extend(self.polled.iter().cloned());
                    }
                    return due;
                }
            }
        }
    }
}
