//! What a stage knows: objects, Secrets, addresses, the pods that are there.
//! It never starts or ends anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use serde_json::Value;

use crate::manifest::{Plan, words};
use crate::process::Process;
use crate::secrets::Secrets;

/// What differs between this machine and the image.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// (path here, path in every container), read-only.
    pub(crate) binds: Vec<(PathBuf, String)>,
    pub(crate) root: PathBuf,
    pub(crate) entrypoints: BTreeMap<String, Vec<String>>,
    pub(crate) left_out: Vec<String>,
    pub(crate) domain: String,
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) setup: Setup,
    pub(crate) objects: Vec<Value>,
    pub(crate) secrets: Secrets,
    /// Addresses of Services by `namespace/name`, for ever.
    pub(crate) addresses: BTreeMap<String, String>,
    /// Counts pods: the n-th has the n-th address.
    pub(crate) counter: u32,
    pub(crate) pods: BTreeMap<String, Pod>,
    pub(crate) watchers: Vec<JoinHandle<()>>,
}

/// What does not change about a pod that is there.
#[derive(Debug)]
pub(crate) struct Info {
    pub(crate) plan: Plan,
    pub(crate) generation: u32,
    pub(crate) address: String,
    pub(crate) folder: PathBuf,
    /// A process in its network.
    pub(crate) sandbox: i32,
}

impl Info {
    /// Folder of a volume.
    pub(crate) fn volume(&self, name: &str) -> PathBuf {
        self.folder.join("volumes").join(name)
    }

    /// The group of its volumes.
    pub(crate) fn group(&self) -> Option<u32> {
        number(&self.plan.spec()["securityContext"]["fsGroup"])
    }

    /// User, group and all groups of a container.
    pub(crate) fn user(&self, container: &Value) -> (u32, u32, String) {
        let pod = &self.plan.spec()["securityContext"];
        let own = &container["securityContext"];
        let of = |field: &str| number(&own[field]).or_else(|| number(&pod[field])).unwrap_or(0);
        let (user, group) = (of("runAsUser"), of("runAsGroup"));
        let more = pod["supplementalGroups"].as_array().into_iter().flatten().filter_map(number);
        let mut groups: Vec<u32> = std::iter::once(group).chain(self.group()).chain(more).collect();
        groups.dedup();
        (user, group, groups.iter().map(u32::to_string).collect::<Vec<_>>().join(","))
    }
}

/// A pod that is there.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) info: Arc<Info>,
    pub(crate) sandbox: Process,
    pub(crate) containers: Vec<Running>,
    pub(crate) ready: bool,
    pub(crate) stopping: bool,
}

/// A container that was started.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) spec: Value,
    pub(crate) process: Process,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) restarts: u32,
    /// Its startup probe has succeeded since the last start.
    pub(crate) started: bool,
    pub(crate) since: Instant,
}

impl State {
    /// A pod that is there, unless another one has its name by now.
    pub(crate) fn pod(&mut self, name: &str, generation: u32) -> Option<&mut Pod> {
        self.pods.get_mut(name).filter(|pod| pod.info.generation == generation)
    }

    /// The containers of a list that are to run here.
    pub(crate) fn containers(&self, plan: &Plan, list: &str) -> Vec<Value> {
        let left_out = |container: &Value| self.setup.left_out.iter().any(|name| container["name"] == name.as_str());
        plan.containers(list).into_iter().filter(|container| !left_out(container)).collect()
    }

    /// Command and arguments of a container.
    pub(crate) fn words(&self, container: &Value) -> Vec<String> {
        let name = container["name"].as_str().unwrap_or_default();
        let mut all = words(&container["command"]);
        if all.is_empty() {
            all = self.setup.entrypoints.get(name).cloned().unwrap_or_default();
            assert!(!all.is_empty(), "container {name} has no command: say the image's with Stage::entrypoint");
        }
        all.extend(words(&container["args"]));
        all
    }
}

impl Pod {
    pub(crate) fn container(&mut self, name: &str) -> Option<&mut Running> {
        self.containers.iter_mut().find(|running| running.spec["name"] == name)
    }
}

impl Running {
    /// True for init containers that go on running.
    pub(crate) fn is_sidecar(&self) -> bool {
        self.spec["restartPolicy"] == "Always"
    }
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

/// The log of a container, over all its starts.
pub(crate) fn log(folder: &Path, pod: &str, container: &str) -> PathBuf {
    folder.join("logs").join(format!("{pod}.{container}"))
}
