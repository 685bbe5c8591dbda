//! The wrapper in a real shell, around a daemon made of shell that puts itself into the background as FastDFS does.
//! It never starts FastDFS.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What the daemon does: it writes its log and its number, and lives until it is told to stop.
const DAEMON: &str = "#!/bin/sh
base=$(sed -n 's/^base_path = //p' \"$1\")
[ \"$2\" = start ] || exit 2
sh -c 'trap \"echo stopped >>$0/logs/storaged.log; exit 0\" TERM; echo \"configured $1\" >>$0/logs/storaged.log
while :; do sleep 0.1; done' \"$base\" \"$(sed -n 's/^server_id = //p' \"$1\")\" >/dev/null 2>&1 &
echo $! >\"$base/data/fdfs_storaged.pid\"
";

/// A pod's folders; removed when dropped.
struct Pod(PathBuf);

impl Pod {
    fn new(daemon: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("ku8-fastdfs-{}-{number}", std::process::id()));
        for folder in ["bin", "data", "run"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let pod = Self(root);
        pod.write("bin/fdfs_storaged", daemon);
        std::fs::set_permissions(pod.path("bin/fdfs_storaged"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let base = pod.path("data/base");
        pod.write("storage.conf", &format!("base_path = {}\nserver_id = @SERVER_ID@\n", base.display()));
        pod
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn start(&self, name: &str) -> Child {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files/run.sh");
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", "60", "sh"]).arg(script).arg("fdfs_storaged").arg(self.path("storage.conf"));
        command.arg(self.path("data/base")).args(["storaged.log", "100001"]);
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("KU8_POD", name).env("KU8_RUN", self.path("run"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until the log says something; the limit is for machines that are busy.
    fn until(&self, word: &str) {
        for _ in 0..600 {
            let log = std::fs::read_to_string(self.path("data/base/logs/storaged.log")).unwrap_or_default();
            if log.contains(word) && self.path("data/base/data/fdfs_storaged.pid").exists() {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
        let _ = writeln!(std::io::stderr(), "the log never said {word}");
    }

    fn number(&self) -> String {
        std::fs::read_to_string(self.path("data/base/data/fdfs_storaged.pid")).unwrap().trim().to_owned()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn signal(kind: &str, number: &str) {
    assert!(Command::new("kill").args([kind, number]).status().unwrap().success());
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_stop_reaches_the_daemon_and_its_log_is_shown() {
    let pod = Pod::new(DAEMON);
    // What the pod before it left behind: a number that is somebody else's now.
    std::fs::create_dir_all(pod.path("data/base/data")).unwrap();
    pod.write("data/base/data/fdfs_storaged.pid", "1\n");
    let child = pod.start("demo-group1-2");
    pod.until("configured 100003");
    assert_ne!(pod.number(), "1");
    signal("-TERM", &child.id().to_string());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(said(&output).contains("has stopped"), "{output:?}");
    pod.until("stopped");
    assert_eq!(std::fs::read_to_string(pod.path("data/base/server_id")).unwrap(), "100003\n");
    assert!(pod.path("data/store").is_dir());
}

#[test]
fn a_daemon_that_dies_ends_the_container() {
    let pod = Pod::new(DAEMON);
    let child = pod.start("demo-group1-0");
    pod.until("configured 100001");
    signal("-KILL", &pod.number());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("ended by itself") && said(&output).contains("configured 100001"), "{output:?}");
}

#[test]
fn a_volume_of_another_storage_is_refused() {
    let pod = Pod::new(DAEMON);
    std::fs::create_dir_all(pod.path("data/base")).unwrap();
    pod.write("data/base/server_id", "101001\n");
    let output = pod.start("demo-group1-0").wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("belongs to storage 101001"), "{output:?}");
}

#[test]
fn an_image_without_the_program_is_told_from_one_that_fails() {
    let pod = Pod::new(DAEMON);
    std::fs::remove_file(pod.path("bin/fdfs_storaged")).unwrap();
    let output = pod.start("demo-group1-0").wait_with_output().unwrap();
    assert!(said(&output).contains("no program 'fdfs_storaged'"), "{output:?}");
    let pod = Pod::new("#!/bin/sh\necho 'bad config' >&2\nexit 22\n");
    let output = pod.start("demo-group1-0").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(22));
    assert!(said(&output).contains("bad config"), "{output:?}");
}

#[test]
fn the_script_is_clean() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files/run.sh");
    assert!(Command::new("sh").arg("-n").arg(&script).status().unwrap().success());
    let Ok(output) = Command::new("shellcheck").args(["-S", "warning"]).arg(&script).output() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
