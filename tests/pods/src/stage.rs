//! A stage: one network of its own with the pods of what was deployed on it.
//! It never touches the machine's network, and leaves nothing behind, also after a panic.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use template_sdk::Rendered;

use crate::manifest::{find, text};
use crate::node::Node;
use crate::secrets::Secrets;
use crate::state::{Setup, State, log};
use crate::{missing, names, skip};

/// A network of its own, and what runs in it. See the README for what each method is for.
#[derive(Debug)]
pub struct Stage(pub(crate) Arc<Inner>);

/// What the threads of a stage share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) node: Mutex<Option<Node>>,
    pub(crate) node_pid: i32,
    pub(crate) closing: AtomicBool,
    state: Mutex<State>,
}

impl Stage {
    /// Makes a stage; `None`, said aloud, where it cannot run or one of the programs is missing.
    pub fn new(name: &str, programs: &[&str]) -> Option<Self> {
        let made = if std::env::var_os("KU8_SKIP_PODS").is_some() {
            Err("KU8_SKIP_PODS is set".to_owned())
        } else {
            missing(programs).map_or_else(Self::make, Err)
        };
        made.map_err(|why| skip(name, &why)).ok()
    }

    fn make() -> Result<Self, String> {
        let keep = std::env::var_os("KU8_KEEP_PODS").is_some();
        let folder = tempfile::Builder::new().prefix("pods-").disable_cleanup(keep).tempdir();
        let folder = folder.map_err(|error| error.to_string())?;
        for name in ["claims", "logs", "pods", "tools"] {
            fs::create_dir(folder.path().join(name)).map_err(|error| error.to_string())?;
        }
        let node = Node::new(folder.path())?;
        let setup = Setup {
            binds: vec![(folder.path().join("tools"), "/.tools".to_owned())],
            root: PathBuf::from("/"),
            entrypoints: BTreeMap::new(),
            left_out: Vec::new(),
            domain: "cluster.local".to_owned(),
        };
        let state = State {
            setup,
            objects: Vec::new(),
            secrets: Secrets::default(),
            addresses: BTreeMap::new(),
            counter: 0,
            pods: BTreeMap::new(),
            watchers: Vec::new(),
        };
        let closing = AtomicBool::new(false);
        let (node_pid, node) = (node.pid(), Mutex::new(Some(node)));
        Ok(Self(Arc::new(Inner { folder, node, node_pid, closing, state: Mutex::new(state) })))
    }

    /// Puts a program first on PATH in every container: it stands for one of the image.
    pub fn tool(&self, name: &str, text: &str) {
        let file = self.0.folder.path().join("tools").join(name);
        fs::write(&file, text).expect("a tool");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
        fs::set_permissions(file.parent().unwrap_or(&file), fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    /// Shows a file or folder of this machine at a path of every container, read-only, as if in the image.
    pub fn bind(&self, here: impl AsRef<Path>, path: &str) {
        let here = fs::canonicalize(here).expect("something to bind");
        self.0.state().setup.binds.push((here, path.to_owned()));
    }

    /// Takes another root file system than this machine's.
    pub fn root(&self, folder: impl AsRef<Path>) {
        self.0.state().setup.root = fs::canonicalize(folder).expect("a root file system");
    }

    /// Says what a container without a command runs: the image's entrypoint.
    pub fn entrypoint(&self, container: &str, words: &[&str]) {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.0.state().setup.entrypoints.insert(container.to_owned(), words);
    }

    /// Leaves a container out whose software is not here.
    pub fn leave_out(&self, container: &str) {
        self.0.state().setup.left_out.push(container.to_owned());
    }

    /// Sets the cluster domain.
    pub fn domain(&self, domain: &str) {
        domain.clone_into(&mut self.0.state().setup.domain);
    }

    /// Takes over the objects of a render instead of those before, and makes the Secrets that are missing.
    pub fn deploy(&self, rendered: &Rendered) {
        let mut state = self.0.state();
        state.objects = rendered.objects.iter().map(|object| object.manifest.clone()).collect();
        state.secrets.make(&rendered.secrets);
        let services: Vec<String> = state.objects.iter().filter(|object| is_addressed(object)).map(key).collect();
        for service in services {
            let next = state.addresses.len() + 1;
            state.addresses.entry(service).or_insert_with(|| format!("10.96.{}.{}", next / 250, next % 250 + 1));
        }
        self.0.publish(&state);
    }

    /// A value of a Secret.
    #[track_caller]
    pub fn secret(&self, name: &str, key: &str) -> String {
        let state = self.0.state();
        let value = state.secrets.get(name, key);
        assert!(value.is_some(), "no key {key} in Secret {name}");
        value.unwrap_or_default().to_owned()
    }

    /// Sets a value of a Secret, as a person would; pods see it when they start.
    pub fn set_secret(&self, name: &str, key: &str, value: &str) {
        self.0.state().secrets.set(name, key, value);
    }

    /// Names of the pods that are there.
    pub fn pods(&self) -> Vec<String> {
        self.0.state().pods.keys().filter(|name| *name != "client").cloned().collect()
    }

    /// The IP of a pod that is there.
    #[track_caller]
    pub fn address(&self, pod: &str) -> String {
        self.0.info(pod).address.clone()
    }

    /// The folder of a claim, also while its pod is not there, or of another volume of a pod that is there.
    pub fn volume(&self, pod: &str, volume: &str) -> PathBuf {
        let claim = self.0.claim(pod, volume);
        let other = self.0.state().pods.get(pod).map(|pod| pod.info.volume(volume));
        other.filter(|other| other.is_dir() && !claim.is_dir()).unwrap_or(claim)
    }

    /// Loses what a claim holds; the pod must not be there.
    #[track_caller]
    pub fn lose_volume(&self, pod: &str, volume: &str) {
        assert!(!self.0.state().pods.contains_key(pod), "{pod} is there: kill it first");
        let claim = self.0.claim(pod, volume);
        fs::remove_dir_all(&claim).unwrap_or_else(|error| panic!("{}: {error}", claim.display()));
    }

    /// All a container has said, over its starts.
    pub fn logs(&self, pod: &str, container: &str) -> String {
        self.0.logs(pod, container)
    }

    /// An object of the last render.
    #[track_caller]
    pub fn object(&self, kind: &str, name: &str) -> Value {
        let state = self.0.state();
        let found = find(&state.objects, kind, name).cloned();
        assert!(found.is_some(), "no {kind} {name}");
        found.unwrap_or_default()
    }
}

impl Inner {
    /// The state; a test that panicked while holding it is over, and cleaning up goes on.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What does not change about a pod that is there.
    #[track_caller]
    pub(crate) fn info(&self, pod: &str) -> Arc<crate::state::Info> {
        let found = self.state().pods.get(pod).map(|pod| Arc::clone(&pod.info));
        found.unwrap_or_else(|| panic!("{pod} is not there"))
    }

    pub(crate) fn claim(&self, pod: &str, volume: &str) -> PathBuf {
        self.folder.path().join("claims").join(format!("{volume}-{pod}"))
    }

    pub(crate) fn logs(&self, pod: &str, container: &str) -> String {
        let bytes = fs::read(log(self.folder.path(), pod, container)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs a script on the node.
    pub(crate) fn on_node(&self, script: &str) -> Result<(), String> {
        let node = self.node.lock().unwrap_or_else(PoisonError::into_inner);
        node.as_ref().map_or_else(|| Err("the stage is over".to_owned()), |node| node.run(script))
    }

    /// Tells pods and node who reaches whom.
    pub(crate) fn publish(&self, state: &State) {
        let rules = names::publish(state);
        let file = self.folder.path().join("rules");
        fs::write(&file, rules).expect("a file of rules");
        let done = self.on_node(&format!("nft -f '{}'", file.display()));
        assert!(done.is_ok() || self.closing.load(Ordering::SeqCst), "{done:?}");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.0.closing.store(true, Ordering::SeqCst);
        // The node's end is the end of every process in it.
        *self.0.node.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let (pods, watchers) = {
            let mut state = self.0.state();
            (std::mem::take(&mut state.pods), std::mem::take(&mut state.watchers))
        };
        for mut pod in pods.into_values() {
            pod.sandbox.kill();
            pod.containers.iter_mut().for_each(|running| running.process.kill());
        }
        for watcher in watchers {
            // It has nothing to say: what it saw is in the state.
            let _ = watcher.join();
        }
    }
}

fn is_addressed(object: &Value) -> bool {
    object["kind"] == "Service" && object["spec"]["clusterIP"] != "None"
}

fn key(object: &Value) -> String {
    format!("{}/{}", text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]))
}
