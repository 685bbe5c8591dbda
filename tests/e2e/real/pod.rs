//! Runs one pod of a rendered StatefulSet as ordinary processes: mounts become folders, paths are rewritten.
//! It never needs root, and ends only the process groups it started.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

/// One pod: its folders, and what it was rendered from.
pub(super) struct Pod {
    /// The pod's name, `<set>-<ordinal>`.
    pub(super) name: String,
    spec: Value,
    annotations: Value,
    root: PathBuf,
    /// (path in the container, folder here), longest first.
    mounts: Vec<(String, String)>,
    /// Further replacements in every file, command and variable: addresses and ports.
    rewrites: Vec<(String, String)>,
    path: String,
}

/// A process group that ends with its owner.
pub(super) struct Running(Child);

impl Running {
    /// Ends it without a chance to clean up.
    pub(super) fn kill(mut self) {
        self.end(rustix::process::Signal::KILL);
    }

    /// Asks it to stop and returns how it ended.
    pub(super) fn stop(mut self) -> ExitStatus {
        self.end(rustix::process::Signal::TERM)
    }

    /// Its exit status, if it has ended by itself.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child of ours")
    }

    fn end(&mut self, signal: rustix::process::Signal) -> ExitStatus {
        let group = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group.filter(|_| self.ended().is_none()) {
            // Gone between the look and the signal is as good as gone.
            let _ = rustix::process::kill_process_group(group, signal);
        }
        self.0.wait().expect("a child of ours")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(rustix::process::Signal::KILL);
    }
}

impl Pod {
    /// Lays a pod out under `root`; files of the Secret come from `secrets`, volumes are empty.
    pub(super) fn new(
        objects: &[Value],
        ordinal: u32,
        root: &Path,
        secrets: &[(&str, &str)],
        rewrites: Vec<(String, String)>,
    ) -> Self {
        let set = super::object(objects, "StatefulSet");
        let name = format!("{}-{ordinal}", set["metadata"]["name"].as_str().unwrap_or("pod"));
        let template = &set["spec"]["template"];
        let mut pod = Self {
            root: root.join(&name),
            name,
            spec: template["spec"].clone(),
            annotations: template["metadata"]["annotations"].clone(),
            mounts: Vec::new(),
            rewrites,
            path: std::env::var("PATH").unwrap_or_default(),
        };
        pod.lay_out(objects, secrets);
        pod
    }

    /// The folder that stands for a path in the container.
    pub(super) fn folder(&self, path: &str) -> PathBuf {
        PathBuf::from(self.here(path))
    }

    /// Sets an annotation of the pod, as the host does.
    pub(super) fn annotate(&mut self, key: &str, value: &str) {
        self.annotations[key] = Value::from(value);
    }

    fn lay_out(&mut self, objects: &[Value], secrets: &[(&str, &str)]) {
        let containers =
            ["initContainers", "containers"].into_iter().filter_map(|list| self.spec[list].as_array().cloned());
        let mut mounts = BTreeMap::new();
        for mount in containers.flatten().flat_map(|one| one["volumeMounts"].as_array().cloned().unwrap_or_default()) {
            let text = |field: &str| mount[field].as_str().unwrap_or_default().to_owned();
            mounts.insert(text("mountPath"), self.root.join(text("name")).display().to_string());
        }
        self.mounts = mounts.into_iter().collect();
        self.mounts.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        for (_, folder) in &self.mounts {
            fs::create_dir_all(folder).expect("a folder for a mount");
        }
        for volume in self.spec["volumes"].as_array().cloned().unwrap_or_default() {
            let folder = self.root.join(volume["name"].as_str().unwrap_or_default());
            if let Some(map) = volume["configMap"]["name"].as_str() {
                for (_, file, text) in super::files(objects).iter().filter(|(name, ..)| name == map) {
                    fs::write(folder.join(file), self.here(text)).expect("a file of a ConfigMap");
                }
            }
            for item in volume["secret"]["items"].as_array().cloned().unwrap_or_default() {
                let key = item["key"].as_str().unwrap_or_default();
                let value = secrets.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value);
                fs::write(folder.join(item["path"].as_str().unwrap_or(key)), value).expect("a file of a Secret");
            }
        }
    }

    /// A text with the container's paths, and whatever else differs here, replaced.
    fn here(&self, text: &str) -> String {
        let text = self.rewrites.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(found) = rest.find('/') {
            let (before, path) = rest.split_at(found);
            out.push_str(before);
            // After a letter it is a longer path; after `:-` a shell's default.
            let inside =
                out.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-/".contains(c)) && !out.ends_with(":-");
            let ends = |tail: &str| !tail.starts_with(|c: char| c.is_ascii_alphanumeric() || "._-".contains(c));
            let mount =
                self.mounts.iter().find(|(from, _)| !inside && path.strip_prefix(from.as_str()).is_some_and(ends));
            let (written, taken) = mount.map_or(("/", 1), |(from, to)| (to.as_str(), from.len()));
            out.push_str(written);
            rest = &path[taken..];
        }
        out.push_str(rest);
        out
    }

    fn container(&self, name: &str) -> &Value {
        let lists = [&self.spec["initContainers"], &self.spec["containers"]];
        let all = lists.into_iter().filter_map(Value::as_array).flatten();
        all.into_iter().find(|container| container["name"] == name).unwrap_or(&Value::Null)
    }

    /// A command in a container: its environment and nothing else but PATH and the pod's name.
    fn command(&self, container: &Value, words: &Value) -> Command {
        let words: Vec<String> =
            words.as_array().into_iter().flatten().filter_map(Value::as_str).map(|word| self.here(word)).collect();
        let mut command = Command::new(words.first().map_or("false", String::as_str));
        command.args(words.get(1..).unwrap_or_default()).env_clear().process_group(0);
        command.env("PATH", &self.path).env("HOSTNAME", &self.name).env("HOME", &self.root);
        command.stdin(Stdio::null()).current_dir(&self.root);
        for variable in container["env"].as_array().into_iter().flatten() {
            let name = variable["name"].as_str().unwrap_or_default();
            let value = variable["value"].as_str().map_or_else(|| self.field(variable), |value| self.here(value));
            command.env(name, value);
        }
        command
    }

    fn field(&self, variable: &Value) -> String {
        let path = variable["valueFrom"]["fieldRef"]["fieldPath"].as_str().unwrap_or_default();
        if path == "metadata.name" {
            return self.name.clone();
        }
        let key =
            path.strip_prefix("metadata.annotations['").and_then(|rest| rest.strip_suffix("']")).unwrap_or_default();
        self.annotations[key].as_str().unwrap_or_default().to_owned()
    }

    fn whole(container: &Value) -> Value {
        let words = ["command", "args"].into_iter().filter_map(|field| container[field].as_array().cloned());
        Value::from(words.flatten().collect::<Vec<_>>())
    }

    /// Runs an init container to its end.
    pub(super) fn init(&self, name: &str) -> Output {
        self.init_command(name).output().expect("an init container's program")
    }

    /// Starts an init container without waiting for it.
    pub(super) fn start_init(&self, name: &str) -> Running {
        self.spawn(self.init_command(name), "init.log")
    }

    fn init_command(&self, name: &str) -> Command {
        let container = self.container(name);
        self.command(container, &Self::whole(container))
    }

    /// Starts a container.
    pub(super) fn start(&self, name: &str) -> Running {
        let container = self.container(name);
        self.spawn(self.command(container, &Self::whole(container)), &format!("{name}.log"))
    }

    fn spawn(&self, mut command: Command, log: &str) -> Running {
        let log = fs::File::create(self.root.join(log)).expect("a log file");
        let errors = log.try_clone().expect("the same log file");
        Running(command.stdout(log).stderr(errors).spawn().expect("a container's program"))
    }

    /// What a container has said.
    pub(super) fn log(&self, name: &str) -> String {
        super::read(&self.root.join(format!("{name}.log")))
    }

    /// Runs a probe of a container once; those of TCP are tried by the caller.
    pub(super) fn probe(&self, name: &str, probe: &str) -> bool {
        let container = self.container(name);
        let output = self.command(container, &container[probe]["exec"]["command"]).output().expect("a probe's program");
        output.status.success()
    }

    /// Runs any command as if in a container, with the container's paths.
    pub(super) fn exec(&self, name: &str, words: &[&str]) -> Output {
        self.command(self.container(name), &Value::from(words)).output().expect("a program of this machine")
    }
}
