//! The real Redis with its rendered configuration, scripts and probes.
//! It never listens beyond loopback.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::pod::{Pod, Running};
use super::{files, missing, rendered, skip, wait_for};

const CONTAINER: &str = "redis";
const PASSWORD: &str = "Secret-of_24.characters~";
const MINUTE: Duration = Duration::from_mins(1);

/// Why the server cannot be run here, if it cannot.
fn no_server() -> Option<String> {
    missing(&["redis-server", "redis-cli"]).map(|what| format!("{what}; apt-get install redis-server"))
}

struct Server {
    pod: Pod,
    port: String,
    rendered: String,
}

impl Server {
    fn new(values: &Value, root: &Path) -> Self {
        let objects = rendered("redis", values);
        let rendered = files(&objects).into_iter().find(|(_, file, _)| file == "redis.conf").expect("redis.conf").2;
        assert!(rendered.lines().any(|line| line == "port 6379") && rendered.lines().any(|line| line == "bind * -::*"));
        let port = super::free_port("127.0.0.1").to_string();
        let rewrites = [
            ("port 6379", format!("port {port}")),
            ("bind * -::*", "bind 127.0.0.1".to_owned()),
            (":-6379", format!(":-{port}")),
        ];
        let rewrites = rewrites.map(|(from, to)| (from.to_owned(), to)).to_vec();
        let pod = Pod::new(&objects, 0, root, &[("password", PASSWORD)], rewrites);
        Self { pod, port, rendered }
    }

    fn start(&self) -> Running {
        let output = self.pod.init("init");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let running = self.pod.start(CONTAINER);
        let ready = || self.pod.probe(CONTAINER, "readinessProbe").then_some(());
        wait_for(&format!("ready; {}", self.pod.log(CONTAINER)), MINUTE, ready);
        running
    }

    fn ask(&self, words: &[&str]) -> String {
        let mut all = vec!["redis-cli", "-p", &self.port, "-a", PASSWORD, "--no-auth-warning"];
        all.extend(words);
        String::from_utf8_lossy(&self.pod.exec(CONTAINER, &all).stdout).trim().to_owned()
    }

    /// A setting as the running server has it.
    fn setting(&self, name: &str) -> String {
        self.ask(&["CONFIG", "GET", name]).lines().nth(1).unwrap_or_default().to_owned()
    }

    /// A setting as the file has it.
    fn written(&self, name: &str) -> String {
        let line = self.rendered.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_default().to_owned()
    }
}

#[test]
fn the_server_runs_with_what_was_computed_and_keeps_its_data() {
    if let Some(why) = no_server() {
        return skip("Redis on real software", &why);
    }
    let root = tempfile::tempdir().expect("a temporary folder");
    let server = Server::new(&json!({}), root.path());
    assert!(!server.pod.probe(CONTAINER, "livenessProbe"), "nothing runs yet");
    let running = server.start();

    let bytes = server.setting("maxmemory");
    assert!(bytes.parse::<u64>().is_ok_and(|bytes| bytes > 0), "{bytes}");
    assert_eq!(bytes, server.written("maxmemory"));
    assert_eq!(server.setting("maxmemory-policy"), server.written("maxmemory-policy"));
    assert!(server.pod.probe(CONTAINER, "livenessProbe"));

    let stranger = server.pod.exec(CONTAINER, &["redis-cli", "-p", &server.port, "GET", "ku8"]);
    assert!(String::from_utf8_lossy(&stranger.stdout).contains("NOAUTH"), "a password is asked for");
    assert_eq!(server.ask(&["SET", "ku8", "kept"]), "OK");

    assert!(running.stop().success());
    assert!(!server.pod.probe(CONTAINER, "readinessProbe"));
    let running = server.start();
    assert_eq!(server.ask(&["GET", "ku8"]), "kept");

    running.kill();
    let _running = server.start();
    assert_eq!(server.ask(&["GET", "ku8"]), "kept", "also after a crash");
}

#[test]
fn settings_the_server_does_not_know_are_noticed() {
    if let Some(why) = no_server() {
        return skip("Redis refusing a bad setting", &why);
    }
    let root = tempfile::tempdir().expect("a temporary folder");
    let server = Server::new(&json!({"extraConfig": "no-such-setting 1"}), root.path());
    assert!(server.pod.init("init").status.success());
    let mut running = server.pod.start(CONTAINER);
    let status = wait_for("the server to refuse", MINUTE, || running.ended());
    assert!(!status.success());
    assert!(server.pod.log(CONTAINER).contains("no-such-setting"));
}
