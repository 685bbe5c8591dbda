//! Three real ZooKeeper members on loopback from one rendered ensemble.
//! It never reaches beyond 127.0.0.0/8.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::pod::{Pod, Running};
use super::{files, maven, object, rendered, skip, wait_for};

const CONTAINER: &str = "zookeeper";
const MINUTE: Duration = Duration::from_mins(1);

/// Addresses and ports of one ensemble on this machine.
struct Place {
    addresses: Vec<String>,
    client: u16,
    quorum: u16,
    election: u16,
    admin: u16,
    metrics: u16,
}

impl Place {
    /// An address per member, out of the way of other runs, and ports nobody has.
    fn new(members: u32) -> Self {
        let run = std::process::id();
        let address = |ordinal| format!("127.{}.{}.{}", run / 256 % 200 + 20, run % 256, ordinal + 11);
        let addresses: Vec<String> = (0..members).map(address).collect();
        let [client, quorum, election, admin, metrics] = [(); 5].map(|()| super::free_port(&addresses[0]));
        Self { addresses, client, quorum, election, admin, metrics }
    }

    /// What differs from the rendered files: names become addresses, ports free ones, and nothing listens beyond loopback.
    fn rewrites(&self, objects: &[Value], ordinal: usize) -> Vec<(String, String)> {
        let zoo_cfg = files(objects).into_iter().find(|(_, file, _)| file == "zoo.cfg").map(|(.., text)| text);
        let own = &self.addresses[ordinal];
        let mut all = vec![];
        for line in zoo_cfg.unwrap_or_default().lines().filter(|line| line.starts_with("server.")) {
            let (id, rest) = line.split_once('=').expect("an id and an address");
            let index: usize = id["server.".len()..].parse().expect("a number");
            assert!(rest.ends_with(":2888:3888:participant;2181"), "{line}");
            let address = &self.addresses[index - 1];
            let (quorum, election, client) = (self.quorum, self.election, self.client);
            let there = format!("{id}={address}:{quorum}:{election}:participant;{address}:{client}");
            all.push((line.to_owned(), there));
        }
        let (admin, metrics) = (self.admin, self.metrics);
        let here = [
            ("quorumListenOnAllIPs=true", "quorumListenOnAllIPs=false".to_owned()),
            ("admin.serverPort=8080", format!("admin.serverPort={admin}\nadmin.serverAddress={own}")),
            (
                "metricsProvider.httpPort=7000",
                format!("metricsProvider.httpPort={metrics}\nmetricsProvider.httpHost={own}"),
            ),
            ("127.0.0.1", own.clone()),
        ];
        all.extend(here.map(|(from, to)| (from.to_owned(), to)));
        all
    }
}

struct Ensemble {
    place: Place,
    pods: Vec<Pod>,
    jars: PathBuf,
    running: Vec<Option<Running>>,
}

impl Ensemble {
    fn new(objects: &[Value], root: &Path, jars: PathBuf) -> Self {
        let count =
            object(objects, "StatefulSet")["spec"]["replicas"].as_u64().and_then(|count| u32::try_from(count).ok());
        let members = count.expect("a replica count");
        let place = Place::new(members);
        let programs = programs(root, &jars);
        let client = place.client.to_string();
        let pods = (0..members).map(|ordinal| {
            let mut pod_objects = objects.to_vec();
            set_probe_port(&mut pod_objects, &client);
            let rewrites = place.rewrites(objects, ordinal as usize);
            Pod::new(&pod_objects, ordinal, root, &[], rewrites).programs(&programs)
        });
        let pods: Vec<Pod> = pods.collect();
        let running = pods.iter().map(|_| None).collect();
        Self { place, pods, jars, running }
    }

    fn start(&mut self, ordinal: usize) {
        let output = self.pods[ordinal].init("init");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.running[ordinal] = Some(self.pods[ordinal].start(CONTAINER));
    }

    fn kill(&mut self, ordinal: usize) {
        self.running[ordinal].take().expect("a running member").kill();
    }

    fn ready(&self, ordinal: usize) -> bool {
        self.pods[ordinal].probe(CONTAINER, "readinessProbe")
    }

    fn wait_ready(&self, ordinal: usize) {
        let what = format!("member {ordinal} ready; it said {}", tail(&self.pods[ordinal].log(CONTAINER)));
        wait_for(&what, MINUTE, || self.ready(ordinal).then_some(()));
    }

    /// The member's answer to `srvr`, empty when there is none.
    fn srvr(&self, ordinal: usize) -> String {
        let mut answer = String::new();
        if let Ok(mut stream) = TcpStream::connect((self.place.addresses[ordinal].as_str(), self.place.client)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(3)));
            let _ = stream.write_all(b"srvr").and_then(|()| stream.read_to_string(&mut answer));
        }
        answer
    }

    fn leaders(&self) -> Vec<usize> {
        (0..self.pods.len()).filter(|ordinal| self.srvr(*ordinal).contains("Mode: leader")).collect()
    }

    /// Runs one command of ZooKeeper's own shell against a member.
    fn shell(&self, ordinal: usize, words: &[&str]) -> String {
        let server = format!("{}:{}", self.place.addresses[ordinal], self.place.client);
        let jars = format!("{}/*", self.jars.display());
        let client = ["-cp", &jars, "org.apache.zookeeper.ZooKeeperMain", "-server", &server];
        let output = Command::new("java").args(client).args(words).output().expect("java");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn get(&self, ordinal: usize, path: &str, wanted: &str) {
        let text = self.shell(ordinal, &["get", path]);
        assert!(text.lines().any(|line| line == wanted), "member {ordinal}: {text}");
    }
}

/// Stands for the image's launcher: same variables, same configuration, the jars from Maven.
fn programs(root: &Path, jars: &Path) -> PathBuf {
    let folder = root.join("bin");
    fs::create_dir_all(&folder).expect("a folder");
    let text = format!(
        "#!/bin/bash\n[ \"$1\" = start-foreground ] || exit 64\n: \"${{ZK_SERVER_HEAP:?}}\" \"${{ZOO_LOG_DIR:?}}\"\n\
         exec java -Xmx192m -cp \"$ZOOCFGDIR:{}/*\" $SERVER_JVMFLAGS org.apache.zookeeper.server.quorum.QuorumPeerMain \
         \"$ZOOCFGDIR/zoo.cfg\"\n",
        jars.display()
    );
    let file = folder.join("zkServer.sh");
    fs::write(&file, text).expect("a program");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    folder
}

/// Probes name the client port by number; here it is another one.
fn set_probe_port(objects: &mut [Value], port: &str) {
    for object in objects.iter_mut().filter(|object| object["kind"] == "StatefulSet") {
        for probe in ["livenessProbe", "readinessProbe"] {
            let command = &mut object["spec"]["template"]["spec"]["containers"][0][probe]["exec"]["command"];
            let last = command.as_array_mut().and_then(|words| words.last_mut()).expect("a probe's command");
            assert_eq!(*last, "2181");
            *last = Value::from(port);
        }
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}

/// The jars, unless this test is to be skipped.
fn jars() -> Option<PathBuf> {
    maven::zookeeper().map_err(|why| skip("ZooKeeper on real software", &why)).ok()
}

#[test]
fn three_members_survive_the_loss_of_their_leader() {
    let Some(jars) = jars() else { return };
    let root = tempfile::tempdir().expect("a temporary folder");
    let objects = rendered("zookeeper", &json!({"replicas": 3, "chroot": "/shop"}));
    let mut ensemble = Ensemble::new(&objects, root.path(), jars);

    ensemble.start(0);
    wait_for("a member alone to live", MINUTE, || ensemble.pods[0].probe(CONTAINER, "livenessProbe").then_some(()));
    assert!(!ensemble.ready(0), "a member without a quorum is not ready");
    (1..3).for_each(|ordinal| ensemble.start(ordinal));
    (0..3).for_each(|ordinal| ensemble.wait_ready(ordinal));

    let leaders = ensemble.leaders();
    assert_eq!(leaders.len(), 1, "one leader: {leaders:?}");
    let leader = leaders[0];
    let other = (leader + 1) % 3;
    ensemble.shell(leader, &["create", "/ku8", "before"]);
    ensemble.get(other, "/ku8", "before");

    ensemble.kill(leader);
    assert!(!ensemble.pods[leader].probe(CONTAINER, "livenessProbe"), "a dead member is not alive");
    let next = wait_for("a new leader", MINUTE, || ensemble.leaders().first().copied());
    assert_ne!(next, leader);
    ensemble.wait_ready(other);
    ensemble.get(other, "/ku8", "before");
    ensemble.shell(other, &["set", "/ku8", "after"]);

    ensemble.start(leader);
    ensemble.wait_ready(leader);
    ensemble.get(leader, "/ku8", "after");
    assert_eq!(ensemble.leaders().len(), 1);
    let said = ensemble.pods[leader].log(CONTAINER);
    assert!(said.contains("[myid:"), "logback.xml is in use: {}", tail(&said));
    assert!(!said.contains("DEBUG"), "at INFO: {}", tail(&said));
}

#[test]
fn one_member_serves_alone_and_exports_metrics() {
    let Some(jars) = jars() else { return };
    let root = tempfile::tempdir().expect("a temporary folder");
    let values = json!({"replicas": 1, "storage": {"dataLog": {"enabled": true}}, "minSessionTimeout": 6000});
    let objects = rendered("zookeeper", &values);
    let mut ensemble = Ensemble::new(&objects, root.path(), jars);
    ensemble.start(0);
    ensemble.wait_ready(0);
    ensemble.shell(0, &["create", "/ku8", "alone"]);
    ensemble.get(0, "/ku8", "alone");
    assert!(ensemble.pods[0].folder("/datalog").join("version-2").is_dir(), "the log is on its own volume");

    let address = (ensemble.place.addresses[0].as_str(), ensemble.place.metrics);
    let mut stream = TcpStream::connect(address).expect("the metrics port");
    let mut text = String::new();
    stream
        .write_all(b"GET /metrics HTTP/1.0\r\n\r\n")
        .and_then(|()| stream.read_to_string(&mut text))
        .expect("metrics");
    assert!(text.contains("znode_count"), "{text}");

    let running = ensemble.running[0].take().expect("a running member");
    running.stop();
    ensemble.start(0);
    ensemble.wait_ready(0);
    ensemble.get(0, "/ku8", "alone");
}

#[test]
fn the_id_of_a_volume_is_never_changed() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let objects = rendered("zookeeper", &json!({"firstServerId": 5}));
    let pod = Pod::new(&objects, 2, root.path(), &[], Vec::new());
    assert!(pod.init("init").status.success());
    let id = pod.folder("/data").join("myid");
    assert_eq!(super::read(&id).trim(), "7");
    assert!(pod.init("init").status.success(), "a second start with the same volume");

    fs::write(&id, "3\n").expect("another id");
    let refused = pod.init("init");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("belongs to member 3"));
    assert_eq!(super::read(&id).trim(), "3");
}
