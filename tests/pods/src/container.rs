//! One container: its root, its process, commands beside it.
//! It never runs a program as anybody but the rendered user.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::answer::Answer;
use crate::environment::{expand, variables};
use crate::manifest::text;
use crate::node::Node;
use crate::process::Process;
use crate::stage::Inner;
use crate::state::{Info, Running, State, log};
use crate::volumes;

const SCRIPT: &str = include_str!("container.sh");

impl Inner {
    /// Starts a container; it is in nobody's list yet.
    pub(crate) fn container(&self, info: &Info, container: &Value) -> Result<Running, String> {
        let name = text(&container["name"]);
        let (mut command, file, variables) = {
            let state = self.state();
            let variables = variables(&state, info, container);
            let file = info.folder.join("run").join(format!("{name}.pid"));
            let mut command = self.command(&state, info, container, &file);
            command.args(state.words(container).iter().map(|word| expand(word, &variables)));
            (command, file, variables)
        };
        let own = info.folder.join("run").join(format!("{name}.unshare"));
        let own = File::create(&own).map_err(|error| format!("{}: {error}", own.display()))?;
        command.env_clear().envs(variables.iter().cloned()).stdout(Stdio::null()).stderr(own);
        let why =
            |error| format!("container {name}: {error}: {}", crate::life::tail(&self.logs(&info.plan.name, &name)));
        let process = Process::start(&mut command, &file).map_err(why)?;
        Ok(Running { spec: container.clone(), process, variables, restarts: 0, started: false, since: Instant::now() })
    }

    /// The command up to the container's own.
    fn command(&self, state: &State, info: &Info, container: &Value, file: &Path) -> Command {
        let name = text(&container["name"]);
        let mounts = info.folder.join("run").join(format!("{name}.mounts"));
        fs::write(&mounts, mounts_of(state, info, container)).expect("a list of mounts");
        let script = self.folder.path().join("container.sh");
        if !script.is_file() {
            fs::write(&script, SCRIPT).expect("the script of containers");
        }
        let root =
            if container["securityContext"]["readOnlyRootFilesystem"] == true { "read-only" } else { "writable" };
        let (user, group, groups) = info.user(container);
        let folder = container["workingDir"].as_str().unwrap_or("/");
        let mut command = Node::beside(info.sandbox);
        command.args(["unshare", "--mount", "--pid", "--fork", "--propagation", "private", "sh"]).arg(script);
        command.arg(log(self.folder.path(), &info.plan.name, &name));
        command.arg(self.folder.path().join("layer")).arg(&state.setup.root).arg(mounts).arg(file);
        command.args([root, &user.to_string(), &group.to_string(), &groups, folder]);
        command
    }

    /// Runs a command in a container that runs.
    pub(crate) fn exec(&self, pod: &str, container: &str, words: &[String], limit: Duration) -> Result<Answer, String> {
        let (pid, variables, user) = {
            let mut state = self.state();
            let pod = state.pods.get_mut(pod).ok_or_else(|| format!("{pod} is not there"))?;
            let info = std::sync::Arc::clone(&pod.info);
            let running = pod.container(container).ok_or_else(|| format!("no container {container} runs"))?;
            if running.process.ended().is_some() {
                return Err(format!("container {container} has ended"));
            }
            (running.process.pid, running.variables.clone(), info.user(&running.spec))
        };
        let (user, group, groups) = user;
        let mut command = Command::new("nsenter");
        command.args(["-t", &pid.to_string(), "--mount", "--net", "--uts", "--ipc", "--pid", "--root", "--wd", "--"]);
        command.args([
            "setpriv",
            &format!("--reuid={user}"),
            &format!("--regid={group}"),
            &format!("--groups={groups}"),
        ]);
        command.args(["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]);
        command.args(["timeout", "-s", "KILL", &limit.as_secs().to_string()]).args(words);
        command.env_clear().envs(variables).stdin(Stdio::null());
        command.output().map(Answer::from).map_err(|error| error.to_string())
    }
}

/// Lines `from TAB to TAB rw|ro`, outer paths first.
fn mounts_of(state: &State, info: &Info, container: &Value) -> String {
    let etc = info.folder.join("etc");
    let mut all = vec![("/etc/.pod".to_owned(), etc.display().to_string(), "ro")];
    all.extend(state.setup.binds.iter().map(|(from, to)| (to.clone(), from.display().to_string(), "ro")));
    for mount in container["volumeMounts"].as_array().into_iter().flatten() {
        let mode = if volumes::is_read_only(info, mount) { "ro" } else { "rw" };
        all.push((text(&mount["mountPath"]), volumes::source(info, mount).display().to_string(), mode));
    }
    all.sort();
    let line = |mut out: String, (to, from, mode): &(String, String, &str)| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{from}\t{to}\t{mode}");
        out
    };
    all.iter().fold(String::new(), line)
}
