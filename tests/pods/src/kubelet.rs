//! What the kubelet does while a pod is there: asks its probes, starts again what has ended.
//! It never restarts a container for a failed probe, and never a pod.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::answer::Answer;
use crate::life::{LONG, tail};
use crate::manifest::{Plan, text, words};
use crate::stage::{Inner, Stage};

/// Opens a connection, and asks for a path where there is one.
const DIAL: &str = r#"exec 3<>"/dev/tcp/$0/$1" || exit 1
[ -n "$2" ] || exit 0
printf 'GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n' "$2" "$0" >&3
read -r _ code _ <&3
[ "$code" -ge 200 ] && [ "$code" -lt 400 ]
"#;

impl Stage {
    /// Waits until a pod is ready, as its rendered probes see it.
    #[track_caller]
    pub fn ready(&self, pod: &str) {
        let end = Instant::now() + LONG;
        while !self.is_ready(pod) {
            if Instant::now() > end {
                let containers = self.0.info(pod).plan.containers("containers");
                let said = containers.iter().map(|one| {
                    let name = text(&one["name"]);
                    format!("{name}: {}", tail(&self.logs(pod, &name)))
                });
                panic!("{pod} is not ready within {LONG:?}\n{}", said.collect::<Vec<_>>().join("\n"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for several.
    #[track_caller]
    pub fn ready_all(&self, pods: &[&str]) {
        for pod in pods {
            self.ready(pod);
        }
    }

    /// Whether a pod is ready now.
    pub fn is_ready(&self, pod: &str) -> bool {
        self.0.state().pods.get(pod).is_some_and(|pod| pod.ready)
    }

    /// Runs one probe once, such as `livenessProbe`.
    #[track_caller]
    pub fn probe(&self, pod: &str, container: &str, probe: &str) -> bool {
        let plan = self.0.info(pod).plan.clone();
        let spec = plan.container(container).unwrap_or_else(|| panic!("no container {container} in {pod}"));
        assert!(spec[probe].is_object(), "{container} has no {probe}");
        self.0.probed(&plan, &spec, &spec[probe])
    }

    /// How often a container has ended and was started again.
    pub fn restarts(&self, pod: &str, container: &str) -> u32 {
        let mut state = self.0.state();
        state.pods.get_mut(pod).and_then(|pod| pod.container(container)).map_or(0, |running| running.restarts)
    }

    /// Runs a command in a container, as its user with its environment.
    #[track_caller]
    pub fn exec(&self, pod: &str, container: &str, command: &[&str]) -> Answer {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        match self.0.exec(pod, container, &command, LONG) {
            Ok(answer) => answer,
            Err(why) => panic!("{pod}: {why}: {}", tail(&self.logs(pod, container))),
        }
    }

    /// Runs a command in a pod of its own, as nobody: what an application of this namespace sees.
    #[track_caller]
    pub fn client(&self, command: &[&str]) -> Answer {
        let there = self.0.state().pods.contains_key("client");
        if !there {
            let done = self.0.launch(Plan::client("prod"), 0);
            // Another thread may have been faster.
            assert!(done.is_ok() || self.0.state().pods.contains_key("client"), "no client: {done:?}");
        }
        crate::wait_for("the client", LONG, || self.0.state().pods.get("client")?.containers.first().map(|_| ()));
        self.exec("client", "client", command)
    }

    /// Sends a text to a server from the client's pod, and returns what comes back within 5 seconds or
    /// until the server closes the connection; empty where nobody listens.
    #[track_caller]
    pub fn ask(&self, host: &str, port: u16, text: &str) -> String {
        let script = r#"exec 3<>"/dev/tcp/$0/$1" && printf %s "$2" >&3 && cat <&3"#;
        self.client(&["timeout", "5", "bash", "-c", script, host, &port.to_string(), text]).stdout
    }
}

impl Inner {
    /// Looks after a pod until it is gone.
    pub(crate) fn watch(self: &Arc<Self>, pod: &str, generation: u32) {
        let (inner, pod) = (Arc::clone(self), pod.to_owned());
        let watcher = std::thread::spawn(move || inner.tend(&pod, generation));
        self.state().watchers.push(watcher);
    }

    fn tend(&self, pod: &str, generation: u32) {
        let (mut failures, mut due) = (0, Instant::now());
        while !self.closing.load(Ordering::SeqCst) {
            let Some(ended) = self.ended(pod, generation) else { return };
            for container in &ended {
                self.again(pod, generation, container);
            }
            if !ended.is_empty() || Instant::now() >= due {
                let begin = Instant::now();
                let ready = self.all_ready(pod, generation);
                failures = if ready { 0 } else { failures + 1 };
                let Some(wait) = self.judge(pod, generation, ready, failures) else { return };
                // Probes that start a virtual machine must not hold up what they wait for: half of the time is its own.
                due = Instant::now() + wait.max(begin.elapsed());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Containers that have ended and are due again; `None` when there is nothing left to look after.
    fn ended(&self, pod: &str, generation: u32) -> Option<Vec<Value>> {
        let mut state = self.state();
        let pod = state.pod(pod, generation)?;
        if pod.stopping {
            return None;
        }
        let mut down = false;
        let mut due = Vec::new();
        for running in &mut pod.containers {
            if running.process.ended().is_some() {
                down = true;
                let pause = Duration::from_secs(u64::from(running.restarts.min(9)) + 1);
                if running.since.elapsed() > pause {
                    due.push(running.spec.clone());
                }
            }
        }
        if down && pod.ready {
            pod.ready = false;
            self.publish(&state);
        }
        Some(due)
    }

    /// Starts a container again.
    fn again(&self, pod: &str, generation: u32, container: &Value) {
        let name = text(&container["name"]);
        let info = self.state().pod(pod, generation).map(|pod| Arc::clone(&pod.info));
        let Some(mut fresh) = info.and_then(|info| self.container(&info, container).ok()) else { return };
        let mut state = self.state();
        let pod = state.pod(pod, generation).filter(|pod| !pod.stopping);
        if let Some(running) = pod.and_then(|pod| pod.container(&name)) {
            fresh.restarts = running.restarts + 1;
            *running = fresh;
        } else {
            drop(state);
            fresh.process.kill();
        }
    }

    /// Takes a verdict over, and says when to ask next; `None` when the pod is gone.
    fn judge(&self, pod: &str, generation: u32, ready: bool, failures: u64) -> Option<Duration> {
        let mut state = self.state();
        let pod = state.pod(pod, generation)?;
        let probes = pod.containers.iter().map(|running| &running.spec["readinessProbe"]);
        let (threshold, period) = probes.fold((1, 10), |(threshold, period), probe| {
            let failures = probe["failureThreshold"].as_u64().unwrap_or(3);
            (threshold.max(failures), period.min(probe["periodSeconds"].as_u64().unwrap_or(10)))
        });
        let now = ready || (pod.ready && failures < threshold);
        let changed = now != pod.ready && !pod.stopping;
        if changed {
            pod.ready = now;
            self.publish(&state);
        }
        Some(if now { Duration::from_secs(period) } else { Duration::from_millis(250) })
    }

    /// True when every container has started and is ready.
    fn all_ready(&self, pod: &str, generation: u32) -> bool {
        let (plan, containers) = {
            let mut state = self.state();
            let Some(pod) = state.pod(pod, generation) else { return false };
            let started = |running: &crate::state::Running| (running.spec.clone(), running.started);
            (pod.info.plan.clone(), pod.containers.iter().map(started).collect::<Vec<_>>())
        };
        containers.iter().all(|(spec, started)| {
            let startup = *started || self.probed(&plan, spec, &spec["startupProbe"]);
            if startup && !started {
                let mut state = self.state();
                if let Some(running) = state.pod(pod, generation).and_then(|pod| pod.container(&text(&spec["name"]))) {
                    running.started = true;
                }
            }
            startup && self.probed(&plan, spec, &spec["readinessProbe"])
        })
    }

    /// Waits for the startup probe of a sidecar: what comes after it may rely on it.
    pub(crate) fn await_started(&self, pod: &str, generation: u32, container: &Value) -> Result<(), String> {
        let plan = self.info(pod).plan.clone();
        let end = Instant::now() + LONG;
        while !self.probed(&plan, container, &container["startupProbe"]) {
            if self.state().pod(pod, generation).is_none() {
                return Err(format!("{pod} was ended while a sidecar started"));
            }
            if Instant::now() > end {
                return Err(format!("{}: its startup probe fails", container["name"]));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Asks one probe once; where there is none the container must run.
    fn probed(&self, plan: &Plan, container: &Value, probe: &Value) -> bool {
        let limit = Duration::from_secs(probe["timeoutSeconds"].as_u64().unwrap_or(1).max(20));
        let name = text(&container["name"]);
        let command = words(&probe["exec"]["command"]);
        if !command.is_empty() {
            return self.exec(&plan.name, &name, &command, limit).is_ok_and(|answer| answer.succeeded());
        }
        let mut state = self.state();
        let Some(pod) = state.pods.get_mut(&plan.name) else { return false };
        let address = pod.info.address.clone();
        if pod.container(&name).is_none_or(|running| running.process.ended().is_some()) {
            return false;
        }
        drop(state);
        let (port, path) = match ["tcpSocket", "grpc", "httpGet"].iter().find(|kind| probe[**kind].is_object()) {
            None => return true,
            Some(&"httpGet") => (&probe["httpGet"]["port"], probe["httpGet"]["path"].as_str().unwrap_or("/")),
            Some(kind) => (&probe[*kind]["port"], ""),
        };
        let Some(port) = plan.port(port) else { return false };
        let status = Command::new("nsenter")
            .args(["-t", &self.node_pid.to_string(), "--net", "--", "timeout", &limit.as_secs().to_string()])
            .args(["bash", "-c", DIAL, &address, &port.to_string(), path])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }
}
