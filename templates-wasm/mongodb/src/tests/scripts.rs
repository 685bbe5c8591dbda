//! The shell scripts in a real shell, over folders that stand for the pod's volumes.
//! It never needs a server: what is tested is files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// The pod's volumes as folders; removed when dropped.
pub(super) struct Pod(PathBuf);

impl Pod {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("ku8-mongodb-{}-{number}", std::process::id()));
        for folder in ["auth", "keyfile", "status", "home"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let pod = Self(root);
        pod.write("auth/keyfile", "c2VjcmV0a2V5Zm9ydGVzdHM=\n");
        pod.write("auth/root-password", "Root/pass@1");
        pod.write("auth/password", "App:pass%2\n");
        pod.write("auth/metrics-password", "Metr#pass3");
        pod
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, script: &str, args: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files").join(script);
        let mut command = Command::new("sh");
        command.arg(script).args(args);
        command.env("KU8_AUTH", self.path("auth")).env("KU8_KEYFILE", self.path("keyfile"));
        command.env("KU8_STATUS", self.path("status")).output().unwrap()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_keyfile_is_its_owners_alone_however_often_init_runs() {
    let pod = Pod::new();
    // What a run that was killed leaves behind.
    pod.write("keyfile/.keyfile.new", "half");
    for _ in 0..2 {
        let output = pod.run("init.sh", &[]);
        assert!(output.status.success(), "{output:?}");
        let target = pod.path("keyfile/keyfile");
        assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o400);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "c2VjcmV0a2V5Zm9ydGVzdHM=");
        assert!(!format!("{output:?}").contains("c2Vj"));
    }
}

#[test]
fn a_keyfile_mongod_would_refuse_is_refused_first() {
    for (text, why) in [("", "empty"), ("abc", "3 characters"), ("secret key!?", "outside base64")] {
        let pod = Pod::new();
        pod.write("auth/keyfile", text);
        let output = pod.run("init.sh", &[]);
        assert!(!output.status.success(), "{text:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{output:?}");
        assert!(!pod.path("keyfile/keyfile").exists());
    }
    let pod = Pod::new();
    pod.write("auth/password", "");
    assert!(!pod.run("init.sh", &[]).status.success(), "a user without a password");
}

#[test]
fn probes_read_what_the_loop_wrote_last() {
    let pod = Pod::new();
    let probe = |kind: &str| pod.run("probe.sh", &[kind]).status.success();
    assert!(!probe("ready") && !probe("live"), "nothing written yet");
    pod.write("status/member", "ready primary\n");
    assert!(probe("ready") && probe("live"));
    pod.write("status/member", "waiting member 0 starts the set\n");
    assert!(!probe("ready") && probe("live"));
    pod.write("status/member", "ready primary\n");
    let status = std::fs::File::options().append(true).open(pod.path("status/member")).unwrap();
    let now = status.metadata().unwrap().modified().unwrap();
    let past = |seconds: u64| now - std::time::Duration::from_secs(seconds);
    status.set_modified(past(90)).unwrap();
    assert!(!probe("ready") && probe("live"), "an old word is no word");
    status.set_modified(past(600)).unwrap();
    assert!(!probe("live"), "the loop hangs");
}

#[test]
fn scripts_are_clean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files");
    for (name, _) in crate::config::SCRIPTS.iter().filter(|(_, text)| text.starts_with("#!")) {
        assert!(Command::new("sh").arg("-n").arg(folder.join(name)).status().unwrap().success(), "{name}");
        let Ok(output) = Command::new("shellcheck").args(["-S", "warning"]).arg(folder.join(name)).output() else {
            continue;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
