//! What runs to its end: Jobs, and init containers.
//! It never remembers that a Job has run, and never waits for an end for ever.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::answer::Answer;
use crate::life::tail;
use crate::manifest::{Plan, text};
use crate::stage::{Inner, Stage};

/// How long a container may take that has an end: it may wait for others that start.
const LONGEST: Duration = Duration::from_mins(5);

impl Stage {
    /// Runs the Job whose name begins so, with the tries it has; what its containers said in the last one is the
    /// answer's standard output.
    #[track_caller]
    pub fn run_job(&self, prefix: &str) -> Answer {
        let job = {
            let state = self.0.state();
            let named = |job: &&Value| text(&job["metadata"]["name"]).starts_with(prefix);
            let jobs: Vec<&Value> =
                state.objects.iter().filter(|object| object["kind"] == "Job").filter(named).collect();
            assert_eq!(jobs.len(), 1, "Jobs named {prefix}…");
            jobs[0].clone()
        };
        let tries = job["spec"]["backoffLimit"].as_u64().unwrap_or(6) + 1;
        let mut answer = self.0.job(&Plan::of(&job, 0));
        for _ in 1..tries {
            if answer.succeeded() {
                break;
            }
            std::thread::sleep(Duration::from_secs(1));
            answer = self.0.job(&Plan::of(&job, 0));
        }
        answer
    }
}

impl Inner {
    /// One try.
    fn job(&self, plan: &Plan) -> Answer {
        let containers = plan.containers("containers");
        let names: Vec<String> = containers.iter().map(|container| text(&container["name"])).collect();
        let before: Vec<usize> = names.iter().map(|name| self.logs(&plan.name, name).len()).collect();
        let done = self.sandbox(plan.clone()).and_then(|info| {
            for init in plan.containers("initContainers") {
                self.run_init(&plan.name, info.generation, &init, 0)?;
            }
            for container in &containers {
                self.begin(&plan.name, info.generation, container)?;
            }
            let codes = names.iter().map(|name| self.await_end(&plan.name, info.generation, name));
            codes.collect::<Result<Vec<i32>, String>>()
        });
        self.remove(&plan.name, None);
        let said = |(name, before): (&String, &usize)| self.logs(&plan.name, name).get(*before..).map(str::to_owned);
        let stdout = names.iter().zip(&before).filter_map(said).collect();
        match done {
            Ok(codes) => {
                Answer { code: codes.into_iter().find(|code| *code != 0).unwrap_or(0), stdout, stderr: String::new() }
            }
            Err(why) => Answer { code: -1, stdout, stderr: why },
        }
    }

    /// Runs an init container to its end, again if it fails.
    pub(crate) fn run_init(&self, pod: &str, generation: u32, container: &Value, retries: u32) -> Result<(), String> {
        let name = text(&container["name"]);
        let mut left = retries;
        loop {
            self.begin(pod, generation, container)?;
            let code = self.await_end(pod, generation, &name)?;
            if code == 0 {
                return Ok(());
            }
            if left == 0 {
                return Err(format!("{name} ended with {code}: {}", tail(&self.logs(pod, &name))));
            }
            left -= 1;
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// Waits until a container has ended, and takes it out of the pod.
    pub(crate) fn await_end(&self, pod: &str, generation: u32, container: &str) -> Result<i32, String> {
        let end = Instant::now() + LONGEST;
        loop {
            if Instant::now() > end {
                return Err(format!("{container} has no end in {LONGEST:?}: {}", tail(&self.logs(pod, container))));
            }
            {
                let mut state = self.state();
                let gone = || format!("{pod} was ended while {container} ran");
                let pod = state.pod(pod, generation).ok_or_else(gone)?;
                let code = pod.container(container).ok_or_else(gone)?.process.ended();
                if let Some(code) = code {
                    pod.containers.retain(|running| running.spec["name"] != container);
                    return Ok(code);
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
