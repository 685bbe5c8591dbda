//! Whatever works with kubectl works here: kubectl and this plugin side by side, on kubeconfigs of every kind, against
//! an API server on loopback. Both succeed or both fail, and a credential plugin runs as often for both.

mod credentials;
mod failures;
mod files;
mod flags;
mod plugins;
mod proxies;
pub(crate) mod server;
mod servers;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use playground::Binaries;
use serde_json::{Value, json};

use self::server::{Door, Listener, Seen, Speaks, api, papers};
use crate::stage::say;

/// kubectl of the playground; `None` when KU8_SKIP_E2E is set.
fn kubectl() -> Option<&'static Path> {
    static KUBECTL: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = KUBECTL.get_or_init(|| {
        if std::env::var_os("KU8_SKIP_E2E").is_some_and(|value| !value.is_empty()) {
            return None;
        }
        let binaries = Binaries::find_or_build(&mut |line| say(line)).expect("the programs of the playground");
        Some(binaries.kubectl().to_owned())
    });
    found.as_deref()
}

/// How one of the two ended.
#[derive(Debug)]
struct Ended {
    ok: bool,
    code: i32,
    said: String,
}

/// One kubeconfig tried by both.
struct Bench {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    kubectl: &'static Path,
}

impl Bench {
    fn new(name: &str) -> Option<Self> {
        let Some(kubectl) = kubectl() else {
            say(&format!("SKIPPED {name}: KU8_SKIP_E2E is set"));
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("home")).expect("a folder");
        Some(Self { folder, environment: Vec::new(), kubectl })
    }

    fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Writes a file and returns its path.
    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// A credential plugin: a script that counts its runs and then does this.
    fn plugin(&self, name: &str, script: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let count = self.folder.path().join("runs");
        let path = self.file(name, format!("#!/bin/sh\necho run >> '{}'\n{script}\n", count.display()));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a file");
        path
    }

    /// How often a plugin was run since the last time.
    fn runs(&self) -> usize {
        let path = self.folder.path().join("runs");
        let count = std::fs::read_to_string(&path).unwrap_or_default().lines().count();
        // It is not there before the first run.
        let _ = std::fs::remove_file(&path);
        count
    }

    fn run(&self, program: &Path, args: &[&str], input: &[u8]) -> Ended {
        use std::io::Write as _;
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("HOME", self.folder.path().join("home"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("KUBECONFIG", self.folder.path().join("config"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        // A program that does not read it may have ended.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        let output = child.wait_with_output().expect("it ends");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ended { ok: output.status.success(), code: output.status.code().unwrap_or(-1), said }
    }

    fn kubectl(&self, flags: &[&str]) -> Ended {
        self.run(self.kubectl, &[flags, &["get", "--raw", "/version"]].concat(), b"")
    }

    /// One request of ours: a list of ConfigMaps.
    fn ours(&self, flags: &[&str]) -> Ended {
        let ended = self.run(Path::new(env!("CARGO_BIN_EXE_kubectl-ku8")), &[&["list"], flags].concat(), b"");
        assert!(ended.ok || ended.code == 1, "{ended:?}");
        assert!(!ended.said.contains("panicked") && !ended.said.contains("a fault in"), "{}", ended.said);
        if !ended.ok {
            let errors = ended.said.lines().filter(|line| line.starts_with("error:")).count();
            let next = ended.said.contains("\nhint:") || ended.said.contains("try '--help'");
            assert!(errors == 1 && next, "one error and the next step: {}", ended.said);
        }
        ended
    }

    /// Tries both with these flags; they must end as expected, alike, with as many runs of a plugin.
    #[track_caller]
    fn both(&self, what: &str, flags: &[&str], ok: bool) -> Ended {
        let theirs = self.kubectl(flags);
        let their_runs = self.runs();
        let ours = self.ours(flags);
        let our_runs = self.runs();
        assert_eq!(theirs.ok, ok, "{what}: kubectl says {}", theirs.said);
        assert_eq!(ours.ok, ok, "{what}: we say {}\nkubectl says {}", ours.said, theirs.said);
        assert_eq!(our_runs, their_runs, "{what}: runs of the plugin");
        ours
    }

    /// As [`Bench::both`] on this kubeconfig alone.
    #[track_caller]
    fn try_config(&self, what: &str, config: &Value, ok: bool) -> Ended {
        self.file("config", config.to_string());
        self.both(what, &[], ok)
    }
}

/// A kubeconfig of one cluster, one user and one context.
fn config(cluster: Value, user: Value) -> Value {
    let mut config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "bench"}],
        "users": [{"name": "ada"}],
        "contexts": [{"name": "here", "context": {"cluster": "bench", "user": "ada", "namespace": "team"}}],
    });
    config["clusters"][0]["cluster"] = cluster;
    config["users"][0]["user"] = user;
    config
}

/// A cluster's entry with the bench's authority.
fn cluster(server: &str) -> Value {
    json!({"server": server, "certificate-authority-data": STANDARD.encode(&papers().authority)})
}

/// A user with a token.
fn token(token: &str) -> Value {
    json!({"token": token})
}

/// Lets everybody in.
fn open() -> Door {
    Arc::new(|_| true)
}

/// Lets this `Authorization` in.
fn bearer(token: &str) -> Door {
    let expected = format!("Bearer {token}");
    Arc::new(move |seen: &Seen| seen.header("authorization") == Some(&expected))
}

/// A TLS server on 127.0.0.1 and its address.
fn secure(door: Door) -> (Listener<Seen>, String) {
    let server = api("127.0.0.1:0", Speaks::Tls, door);
    let url = format!("https://{}", server.address);
    (server, url)
}

/// The paths asked for, without their queries.
fn paths(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(|one| one.path().split('?').next().unwrap_or_default().to_owned()).collect()
}
