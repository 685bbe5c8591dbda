//! The init script in a real shell, over folders that stand for the pod's volumes.
//! It never needs a server: what is tested is files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// The pod's volumes as folders; removed when dropped.
struct Pod(PathBuf);

impl Pod {
    fn new(appendonly: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("ku8-redis-{}-{number}", std::process::id()));
        for folder in ["config", "conf", "data"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let pod = Self(root);
        pod.write("config/redis.conf", &format!("port 6379\nappendonly {appendonly}\n"));
        pod
    }

    fn with_password(self, password: &str) -> Self {
        std::fs::create_dir_all(self.0.join("auth")).unwrap();
        self.write("auth/password", password);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn init(&self) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/files/init.sh");
        let mut command = Command::new("sh");
        for name in ["config", "auth", "conf", "data"] {
            command.env(format!("KU8_{}", name.to_uppercase()), self.path(name));
        }
        command.arg(script).output().unwrap()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn r7_the_password_reaches_the_configuration_and_only_that() {
    let pod = Pod::new("yes").with_password("aB3._~-x");
    let output = pod.init();
    assert!(output.status.success(), "{output:?}");
    assert!(pod.read("conf/redis.conf").ends_with("requirepass \"aB3._~-x\"\n"));
    assert!(!format!("{output:?}").contains("aB3._~-x"));
    assert!(pod.init().status.success(), "a second start is the same");
}

#[test]
fn a_read_only_configuration_is_not_copied_with_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;

    let pod = Pod::new("yes").with_password("secret");
    let mode = |name: &str| std::fs::metadata(pod.path(name)).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(pod.path("config/redis.conf"), std::fs::Permissions::from_mode(0o444)).unwrap();
    assert!(pod.init().status.success());
    // Without this no user but root could add the password to it.
    assert_eq!(mode("conf/redis.conf"), 0o600);
}

#[test]
fn r7_a_password_with_other_characters_is_refused() {
    for password in ["", "with space", "quo\"te", "back\\slash", "at@sign", "line\nbreak"] {
        let pod = Pod::new("yes").with_password(password);
        assert!(!pod.init().status.success(), "{password:?}");
        assert!(!pod.path("conf/redis.conf").exists());
    }
}

#[test]
fn disabled_commands_become_an_access_rule() {
    let pod = Pod::new("no").with_password("secret");
    pod.write("config/acl", "~* &* +@all -flushall");
    assert!(pod.init().status.success());
    assert!(pod.read("conf/redis.conf").ends_with("user default on \">secret\" ~* &* +@all -flushall\n"));
}

#[test]
fn a_snapshot_becomes_the_base_of_the_log() {
    let pod = Pod::new("yes");
    pod.write("data/dump.rdb", "REDIS0011");
    assert!(pod.init().status.success());
    assert_eq!(pod.read("data/appendonlydir/appendonly.aof.1.base.rdb"), "REDIS0011");
    pod.write("data/dump.rdb", "older");
    assert!(pod.init().status.success());
    assert_eq!(pod.read("data/appendonlydir/appendonly.aof.1.base.rdb"), "REDIS0011", "a log is never overwritten");
}

#[test]
fn a_log_is_put_aside_only_beside_a_snapshot() {
    let pod = Pod::new("no");
    pod.write("data/appendonlydir/appendonly.aof.manifest", "file");
    assert!(!pod.init().status.success(), "the log holds the only copy");
    assert!(pod.path("data/appendonlydir").exists());
    pod.write("data/dump.rdb", "REDIS0011");
    let hour = std::time::Duration::from_hours(1);
    let (log, snapshot) = ("data/appendonlydir/appendonly.aof.manifest", "data/dump.rdb");
    let age = |name: &str| std::fs::File::options().append(true).open(pod.path(name)).unwrap();
    let now = age(log).metadata().unwrap().modified().unwrap();
    age(snapshot).set_modified(now - hour).unwrap();
    assert!(!pod.init().status.success(), "the log knows more than the snapshot");
    age(snapshot).set_modified(now + hour).unwrap();
    assert!(pod.init().status.success());
    assert!(pod.path("data/appendonlydir.unused").exists() && !pod.path("data/appendonlydir").exists());
}
