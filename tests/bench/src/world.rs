//! Everything the measurements share: the programs, a cluster of their own, a folder, and commands in a clean
//! environment. It never reads the caller's kubeconfig, home or caches, except to find built programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use playground::{Binaries, Cluster};

use crate::Error;
use crate::options::Options;

/// Namespaces, so that one measurement does not see the objects of another.
pub(crate) const NAMESPACES: &[&str] = &["ours", "helm", "growth", "peer", "bare", "list", "helm-list"];

/// Programs, cluster and folder; dropping it ends the cluster and removes the folder.
pub(crate) struct World {
    /// The running cluster.
    pub(crate) cluster: Cluster,
    /// The binary under test.
    pub(crate) plugin: PathBuf,
    /// The peer's binary.
    pub(crate) helm: PathBuf,
    folder: PathBuf,
}

impl World {
    /// Finds or builds the programs, starts the cluster, makes the namespaces.
    pub(crate) fn create(options: &Options) -> Result<Self, Error> {
        let plugin = find_plugin(options.debug)?;
        let mut progress = |line: &str| eprintln!("{line}");
        let helm = Binaries::helm(&mut progress)?;
        let binaries = Binaries::find_or_build(&mut progress)?;
        let cluster = Cluster::start(&binaries, &mut progress)?;
        // In the cluster's folder, which goes with the cluster, however this process ends.
        let folder = cluster.folder().join("bench");
        fs::create_dir(&folder)?;
        for namespace in NAMESPACES {
            cluster.kubectl(&["create", "namespace", namespace])?;
        }
        let world = Self { cluster, plugin, helm, folder };
        fs::create_dir(world.path("home"))?;
        Ok(world)
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file into the folder and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, text)?;
        Ok(path)
    }

    /// A command of kubectl-ku8 with its words parted by blanks, against the cluster.
    pub(crate) fn ours(&self, namespace: &str, words: &str) -> Command {
        self.command(&self.plugin, namespace, words)
    }

    /// The same with helm.
    pub(crate) fn helm(&self, namespace: &str, words: &str) -> Command {
        self.command(&self.helm, namespace, words)
    }

    /// The same with kubectl.
    pub(crate) fn kubectl(&self, namespace: &str, words: &str) -> Command {
        self.command(self.cluster.binaries().kubectl(), namespace, words)
    }

    fn command(&self, program: &Path, namespace: &str, words: &str) -> Command {
        let mut command = self.bare(program);
        command.args(words.split_whitespace()).args(["--namespace", namespace]);
        command
    }

    /// A program in the clean environment.
    pub(crate) fn bare(&self, program: &Path) -> Command {
        let home = self.path("home");
        let mut command = Command::new(program);
        command.env_clear().current_dir(&home);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("LANG", "C.UTF-8")
            .env("TERM", "dumb")
            .env("HOME", &home)
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("KUBECONFIG", self.cluster.kubeconfig());
        command
    }
}

/// Returns the CLI to measure, building the release one if it is missing or older than the debug one.
fn find_plugin(debug: bool) -> Result<PathBuf, Error> {
    let here = std::env::current_exe()?;
    let target = here.ancestors().nth(2).ok_or("this program lies in no target folder")?;
    let built = |profile: &str| target.join(profile).join("kubectl-ku8");
    let age = |path: &Path| path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let (quick, real) = (built("debug"), built("release"));
    if debug {
        return if quick.is_file() {
            Ok(quick)
        } else {
            Err("there is no debug build: cargo build --workspace".into())
        };
    }
    if !real.is_file() || age(&real) < age(&quick) {
        eprintln!("building kubectl-ku8 for release, as only that can be compared; this takes some minutes");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).ok_or("the workspace is gone")?;
        // The whole workspace: a part of it would resolve other features and compile every dependency again.
        let status = Command::new(cargo).args(["build", "--release", "--workspace"]).current_dir(workspace).status()?;
        if !status.success() {
            return Err("`cargo build --release --workspace` failed".into());
        }
    }
    Ok(real)
}
