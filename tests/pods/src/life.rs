//! The life of one pod: starting, stopping, and all the ways in which it ends.
//! It never decides which pods there should be: `controller.rs` does.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::answer::Answer;
use crate::manifest::{Plan, text, words};
use crate::stage::{Inner, Stage};
use crate::state::Pod;
use crate::wait_for;

/// How long anything may take that should take seconds.
pub(crate) const LONG: Duration = Duration::from_mins(2);

impl Stage {
    /// Starts a pod: init containers in order, sidecars, containers. A failed init container is tried again, 5 times.
    #[track_caller]
    pub fn start(&self, pod: &str) {
        let done = self.0.launch(self.0.plan(pod), 5);
        assert!(done.is_ok(), "{pod} does not start: {}", done.err().unwrap_or_default());
    }

    /// The same without a second try; the log of the init container that failed is the error.
    pub fn try_start(&self, pod: &str) -> Result<(), String> {
        self.0.launch(self.0.plan(pod), 0)
    }

    /// Starts several pods at once.
    #[track_caller]
    pub fn start_all(&self, pods: &[&str]) {
        std::thread::scope(|scope| {
            for pod in pods {
                scope.spawn(move || self.start(pod));
            }
        });
    }

    /// Starts a pod and kills all of it as soon as a condition holds.
    #[track_caller]
    pub fn start_until(&self, pod: &str, what: &str, mut holds: impl FnMut() -> bool) {
        let plan = self.0.plan(pod);
        std::thread::scope(|scope| {
            let inner = &self.0;
            let started = scope.spawn(move || inner.launch(plan, 0));
            let there = || inner.state().pods.contains_key(pod);
            let held = std::panic::catch_unwind(AssertUnwindSafe(|| {
                wait_for(what, LONG, || {
                    assert!(!started.is_finished() || there(), "{pod} has failed before: {what}");
                    (there() && holds()).then_some(())
                });
            }));
            // Also where it never held: a start that is left alone may wait for ever, and the test with it.
            inner.remove(pod, None);
            // It was killed in the middle: that it did not come up is what was wanted.
            let _ = started.join();
            held.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }

    /// Ends a pod without a word: SIGKILL to everything; its emptyDirs go, its claims stay.
    #[track_caller]
    pub fn kill(&self, pod: &str) {
        assert!(self.0.remove(pod, None), "{pod} is not there");
    }

    /// Ends a pod as a power cut does: its peers hear nothing of it.
    #[track_caller]
    pub fn power_off(&self, pod: &str) {
        self.cut(pod);
        self.kill(pod);
    }

    /// Takes a pod's network cable out.
    #[track_caller]
    pub fn cut(&self, pod: &str) {
        self.0.cable(&self.0.info(pod), false).expect("a cable");
    }

    /// Plugs it in again.
    #[track_caller]
    pub fn mend(&self, pod: &str) {
        self.0.cable(&self.0.info(pod), true).expect("a cable");
    }

    /// Ends one container with SIGKILL; it is started again a second later.
    #[track_caller]
    pub fn crash(&self, pod: &str, container: &str) {
        let mut state = self.0.state();
        let running = state.pods.get_mut(pod).and_then(|pod| pod.container(container));
        running.unwrap_or_else(|| panic!("no container {container} in {pod}")).process.signal(Signal::KILL);
    }

    /// Stops a pod as the kubelet does, and returns how long that took: no new connections, preStop, SIGTERM, and
    /// after the grace period SIGKILL; sidecars after the others.
    #[track_caller]
    pub fn stop(&self, pod: &str) -> Duration {
        let begin = Instant::now();
        let info = self.0.info(pod);
        let seconds = info.plan.spec()["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
        let end = begin + Duration::from_secs(seconds);
        let names = |sidecars: bool| -> Vec<String> {
            let mut state = self.0.state();
            let Some(pod) = state.pods.get_mut(pod) else { return Vec::new() };
            pod.stopping = true;
            let wanted = pod.containers.iter().rev().filter(|running| running.is_sidecar() == sidecars);
            wanted.map(|running| text(&running.spec["name"])).collect()
        };
        let main = names(false);
        self.0.publish(&self.0.state());
        std::thread::scope(|scope| {
            for name in &main {
                scope.spawn(move || self.0.terminate(pod, name, end));
            }
        });
        for name in names(true) {
            self.0.terminate(pod, &name, end);
        }
        self.kill(pod);
        begin.elapsed()
    }

    /// Stops several at once.
    #[track_caller]
    pub fn stop_all(&self, pods: &[&str]) {
        std::thread::scope(|scope| {
            for pod in pods {
                scope.spawn(move || self.stop(pod));
            }
        });
    }
}

impl Inner {
    /// What a pod of this name is to be.
    #[track_caller]
    pub(crate) fn plan(&self, pod: &str) -> Plan {
        let plan = Plan::find(&self.state().objects, pod);
        plan.unwrap_or_else(|| panic!("no workload has a pod {pod}"))
    }

    /// Starts a pod; on an error it is gone again.
    pub(crate) fn launch(self: &std::sync::Arc<Self>, plan: Plan, retries: u32) -> Result<(), String> {
        let name = plan.name.clone();
        let info = self.sandbox(plan)?;
        let (inits, containers) = {
            let state = self.state();
            (state.containers(&info.plan, "initContainers"), state.containers(&info.plan, "containers"))
        };
        let started = (|| {
            for init in &inits {
                if init["restartPolicy"] == "Always" {
                    self.begin(&name, info.generation, init)?;
                    self.await_started(&name, info.generation, init)?;
                } else {
                    self.run_init(&name, info.generation, init, retries)?;
                }
            }
            containers.iter().try_for_each(|container| self.begin(&name, info.generation, container))
        })();
        if started.is_err() {
            self.remove(&name, Some(info.generation));
            return started;
        }
        self.watch(&name, info.generation);
        Ok(())
    }

    /// Starts a container and adds it to its pod.
    pub(crate) fn begin(&self, pod: &str, generation: u32, container: &Value) -> Result<(), String> {
        let gone = || format!("{pod} was ended while it started");
        let info = self.state().pod(pod, generation).map(|pod| std::sync::Arc::clone(&pod.info)).ok_or_else(gone)?;
        let mut running = self.container(&info, container)?;
        let mut state = self.state();
        let Some(pod) = state.pod(pod, generation) else {
            drop(state);
            running.process.kill();
            return Err(gone());
        };
        pod.containers.push(running);
        Ok(())
    }

    /// preStop, SIGTERM, and SIGKILL at the end of the grace period.
    fn terminate(&self, pod: &str, container: &str, end: Instant) {
        let hook = {
            let mut state = self.state();
            let running = state.pods.get_mut(pod).and_then(|pod| pod.container(container));
            running.map(|running| running.spec["lifecycle"]["preStop"].clone()).unwrap_or_default()
        };
        let left = || end.saturating_duration_since(Instant::now());
        if let Some(seconds) = hook["sleep"]["seconds"].as_u64() {
            std::thread::sleep(Duration::from_secs(seconds).min(left()));
        }
        let command = words(&hook["exec"]["command"]);
        if !command.is_empty() {
            let answer = self.exec(pod, container, &command, left().max(Duration::from_secs(2)));
            self.note(pod, container, &answer);
        }
        let mut signal = Signal::TERM;
        loop {
            {
                let mut state = self.state();
                let Some(running) = state.pods.get_mut(pod).and_then(|pod| pod.container(container)) else { return };
                if running.process.ended().is_some() {
                    return;
                }
                running.process.signal(signal);
            }
            // Once is what the kubelet does, and the second one is the last.
            signal = Signal::KILL;
            std::thread::sleep(Duration::from_millis(20));
            while left() > Duration::ZERO && self.runs(pod, container) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    fn runs(&self, pod: &str, container: &str) -> bool {
        let mut state = self.state();
        let running = state.pods.get_mut(pod).and_then(|pod| pod.container(container));
        running.is_some_and(|running| running.process.ended().is_none())
    }

    /// Keeps what a hook said in the container's log.
    fn note(&self, pod: &str, container: &str, answer: &Result<Answer, String>) {
        use std::io::Write as _;
        let text = match answer {
            Ok(answer) => format!("preStop ended with {}: {}\n", answer.code, answer.text()),
            Err(why) => format!("preStop: {why}\n"),
        };
        let log = crate::state::log(self.folder.path(), pod, container);
        let file = std::fs::File::options().append(true).open(log);
        // A log that is gone has no reader.
        let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
    }

    /// Ends everything of a pod; false when it is not there.
    pub(crate) fn remove(&self, pod: &str, generation: Option<u32>) -> bool {
        let taken = {
            let mut state = self.state();
            let same = |pod: &Pod| generation.is_none_or(|generation| pod.info.generation == generation);
            let there = state.pods.get(pod).is_some_and(same);
            let taken = if there { state.pods.remove(pod) } else { None };
            taken.inspect(|_| self.publish(&state))
        };
        let Some(mut pod) = taken else { return false };
        for running in &mut pod.containers {
            running.process.signal(Signal::KILL);
        }
        pod.containers.iter_mut().for_each(|running| running.process.kill());
        pod.sandbox.kill();
        // The link goes with the last process of its network, which may take the kernel a moment.
        let _ = self.on_node(&format!("ip link del v{} 2>/dev/null || :", pod.info.generation));
        let _ = std::fs::remove_dir_all(&pod.info.folder);
        true
    }
}

/// The end of a log.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
