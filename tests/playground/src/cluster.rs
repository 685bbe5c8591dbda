//! Starts the servers in order, waits until a user could work, and ends them again.
//! It never sleeps without a condition to look at, and never outlives its deadline.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::certificates::{ADMIN, Authority, SERVERS, SERVERS_USER};
use crate::components::{AUDIT_LOG, OBJECTS, Settings};
use crate::detached::PROCESSES;
use crate::error::Error;
use crate::server::Server;
use crate::{AuditEntry, Binaries, Progress, audit};

/// How long any one wait may take: a start needs five seconds, a machine busy with a build many more.
const DEADLINE: Duration = Duration::from_mins(3);
const POLL: Duration = Duration::from_millis(50);

/// What the nodes answer when all three are ready and free of start-up taints.
const NODES_READY: &str = "True True True ";
const NODES: &str = r#"jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{.spec.taints} {end}"#;

/// A running control plane. Dropping it ends every server and removes its folder; so does the end of this process,
/// which is why a test may hold one in a static.
pub struct Cluster {
    // The order of the fields is the order of the end: servers before the folder they write to.
    servers: Vec<Server>,
    authority: Authority,
    settings: Settings,
    binaries: Binaries,
    kubeconfig: PathBuf,
    /// Numbers the files of [`Cluster::kubeconfig_for`].
    users: AtomicU32,
    path: PathBuf,
    folder: TempDir,
}

impl Cluster {
    /// Starts a cluster and returns when its nodes are ready and pods can be created.
    pub fn start(binaries: &Binaries, progress: Progress<'_>) -> Result<Self, Error> {
        const TRIES: u32 = 3;
        let mut tried = 1;
        loop {
            match Self::try_start(binaries, progress) {
                Err(error) if error.is_port_taken() && tried < TRIES => {
                    progress("another process took one of the ports; starting again with others");
                    tried += 1;
                }
                result => return result,
            }
        }
    }

    /// Returns the administrator's kubeconfig file.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Makes a client certificate for another user and returns a kubeconfig file that uses it.
    /// A certificate can name two groups; the user has no rights beyond those of its groups until a role gives some.
    pub fn kubeconfig_for(&self, user: &str, groups: &[&str]) -> Result<PathBuf, Error> {
        let file = format!("user-{}", self.users.fetch_add(1, Ordering::Relaxed));
        self.authority.create_kubeconfig(&file, user, groups, &self.settings.server())
    }

    /// Returns every request answered so far, oldest first. The cluster's own servers never go by the name of the
    /// administrator or of a user made with [`Cluster::kubeconfig_for`].
    pub fn audit_log(&self) -> Result<Vec<AuditEntry>, Error> {
        audit::read(&self.path.join(AUDIT_LOG))
    }

    /// Returns the address of the API server.
    pub fn server(&self) -> String {
        self.settings.server()
    }

    /// Returns the programs the cluster runs.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Returns the cluster's folder: logs, keys, data.
    pub fn folder(&self) -> &Path {
        &self.path
    }

    /// Runs the cluster's kubectl as its administrator and returns what it wrote to stdout.
    pub fn kubectl(&self, args: &[&str]) -> Result<String, Error> {
        let program = self.binaries.kubectl();
        let output = Command::new(program)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .arg("--cache-dir")
            .arg(self.path.join("kubectl-cache"))
            .args(args)
            .stdin(Stdio::null())
            .output()
            .map_err(Error::run(program))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Error::Kubectl { command: args.join(" "), stderr })
        }
    }

    /// Leaves the cluster running after this process and returns its folder, which [`crate::stop`] ends it by.
    pub fn keep(self) -> PathBuf {
        for server in self.servers {
            server.keep();
        }
        // The folder is at `path`; this only takes back the promise to remove it.
        let _ = self.folder.keep();
        self.path
    }

    fn try_start(binaries: &Binaries, progress: Progress<'_>) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("ku8-playground-")
            // It holds the keys of an administrator.
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .map_err(Error::file("create a folder in", std::env::temp_dir()))?;
        let path = folder.path().canonicalize().map_err(Error::file("find", folder.path()))?;
        let authority = Authority::create(&path)?;
        let settings = Settings::create(&path)?;
        let everything = ["system:masters"];
        let kubeconfig = authority.create_kubeconfig(ADMIN, ADMIN, &everything, &settings.server())?;
        authority.create_kubeconfig(SERVERS, SERVERS_USER, &everything, &settings.server())?;
        let mut cluster = Self {
            servers: Vec::new(),
            authority,
            settings,
            binaries: binaries.clone(),
            kubeconfig,
            users: AtomicU32::new(0),
            path,
            folder,
        };
        let started = Instant::now();
        cluster.start_servers()?;
        progress(&format!("the cluster is ready after {:.1} s", started.elapsed().as_secs_f32()));
        Ok(cluster)
    }

    fn start_servers(&mut self) -> Result<(), Error> {
        let programs = self.binaries.clone();
        self.add("etcd", &programs.etcd, self.settings.etcd())?;
        self.add("kube-apiserver", &programs.apiserver, self.settings.apiserver())?;
        self.wait_for("the API server", "kube-apiserver", |cluster| {
            cluster.kubectl(&["get", "--raw", "/readyz"]).map(|answer| answer == "ok")
        })?;
        self.add("kube-controller-manager", &programs.controller_manager, self.settings.controller_manager())?;
        self.add("kube-scheduler", &programs.scheduler, self.settings.scheduler())?;
        self.add("kwok", &programs.kwok, self.settings.kwok())?;
        let objects = self.path.join(OBJECTS);
        self.kubectl(&["create", "--filename", &objects.to_string_lossy()])?;
        self.wait_for("the nodes", "kwok", |cluster| {
            cluster.kubectl(&["get", "nodes", "--output", NODES]).map(|answer| answer == NODES_READY)
        })?;
        self.wait_for("the default service account", "kube-controller-manager", |cluster| {
            cluster.kubectl(&["get", "serviceaccount", "default", "--namespace", "default"]).map(|_| true)
        })
    }

    fn add(&mut self, name: &'static str, program: &Path, args: Vec<OsString>) -> Result<(), Error> {
        let server = Server::start(name, program, args, &self.path)?;
        self.servers.push(server);
        let list: Vec<String> = self.servers.iter().map(|one| format!("{} {}", one.id(), one.name())).collect();
        let path = self.path.join(PROCESSES);
        fs::write(&path, list.join("\n")).map_err(Error::file("write", &path))
    }

    /// Asks until the answer is yes, a server ends, or time is up. A refused question counts as no.
    fn wait_for(
        &mut self,
        what: &'static str,
        server: &'static str,
        ask: impl Fn(&Self) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            let last = match ask(self) {
                Ok(true) => return Ok(()),
                Ok(false) => "not ready yet".to_owned(),
                Err(error) => error.to_string(),
            };
            self.servers.iter_mut().try_for_each(Server::check)?;
            if started.elapsed() > DEADLINE {
                let tail = self.servers.iter().find(|one| one.name() == server).map(Server::tail);
                return Err(Error::Deadline {
                    what,
                    seconds: DEADLINE.as_secs(),
                    last,
                    server,
                    tail: tail.unwrap_or_default(),
                });
            }
            thread::sleep(POLL);
        }
    }
}
