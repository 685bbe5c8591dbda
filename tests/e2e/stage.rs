//! The stage of every scenario: one control plane for the run, and a namespace, a user and a folder for each test.
//! It never touches a cluster, a kubeconfig or a home that it did not make.

#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use playground::{AuditEntry, Binaries, Cluster};
use serde_json::{Value, json};

/// No command of ours takes this long; one that does is ended, so that a hang is a failure and not a stuck run.
const GUARD: Duration = Duration::from_mins(3);
/// How long a condition may take to come true on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(50);

/// The control plane of this run, started by the first test that needs it; `None` when KU8_SKIP_E2E is set.
fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let found = CLUSTER.get_or_init(|| {
        if std::env::var_os("KU8_SKIP_E2E").is_some_and(|value| !value.is_empty()) {
            return None;
        }
        let mut progress = |line: &str| say(line);
        let binaries = Binaries::find_or_build(&mut progress).unwrap_or_else(|error| panic!("{error}"));
        Some(Cluster::start(&binaries, &mut progress).unwrap_or_else(|error| panic!("{error}")))
    });
    found.as_ref()
}

/// Whether every case is asked for, as `tests/run --full` does, or a tenth of them.
pub(crate) fn full() -> bool {
    std::env::var_os("KU8_FULL").is_some_and(|value| !value.is_empty())
}

/// Past the capture of test output.
pub(crate) fn say(line: &str) {
    // A closed stderr is no reason to fail a test.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// What a command wrote and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) line: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
    pub(crate) took: Duration,
}

impl Ran {
    /// It must have ended with 0.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// It must have ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}{}", self.line, self.stdout, self.stderr);
        self
    }

    /// It must have failed with this code, one error on stderr, and these words on stderr or stdout.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> Self {
        let failed = self.exits(code);
        let is_error = |line: &&str| line.starts_with("error:") || line.contains("\"kind\":\"Error\"");
        let errors = failed.stderr.lines().filter(is_error).count();
        assert_eq!(errors, 1, "{}: one error\n{}", failed.line, failed.stderr);
        failed.says(words)
    }

    /// These words must be in what it wrote.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(all.contains(word), "{}: `{word}` is not in\n{all}", self.line);
        }
        assert!(!all.contains("thread '"), "{}: {all}", self.line);
        self
    }

    /// There must be a next step.
    #[track_caller]
    pub(crate) fn hints(self) -> Self {
        let hints = self.stderr.contains("hint:") || self.stderr.contains("\"hints\":[\"");
        assert!(hints, "{}: no hint\n{}", self.line, self.stderr);
        self
    }

    /// The document it printed; one of ours must fit the schema that is shipped for it.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let document = serde_json::from_str(&self.stdout);
        let document = document.unwrap_or_else(|error| panic!("{}: {error}\n{}", self.line, self.stdout));
        fits_its_schema(&document, &self.line);
        document
    }

    /// The error it printed as a document, on the last line of standard error.
    #[track_caller]
    pub(crate) fn error_json(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let document = serde_json::from_str(last).unwrap_or_else(|why| panic!("{}: {why}\n{}", self.line, self.stderr));
        fits_its_schema(&document, &self.line);
        assert_eq!(document["code"], self.code, "{}", self.line);
        document
    }
}

/// Checks a document of ours; definitions have a schema of their own, objects of Kubernetes are its business.
#[track_caller]
fn fits_its_schema(document: &Value, line: &str) {
    let (version, kind) = (text(&document["apiVersion"]), text(&document["kind"]));
    if !version.starts_with("ku8.dev/") || kind == "Definition" {
        assert!(!version.is_empty(), "{line}: a document without apiVersion\n{document}");
        return;
    }
    let schema = kubectl_ku8::commands::schema::document_schema(version, kind);
    let schema = schema.unwrap_or_else(|| panic!("{line}: no schema for {version} {kind}"));
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let wrong: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{line}: {wrong:?}\n{document}");
}

/// One test's place: a namespace, a user of its own with every right, a folder.
pub(crate) struct Space {
    pub(crate) namespace: String,
    pub(crate) user: String,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) folder: PathBuf,
    cluster: &'static Cluster,
    transcript: Mutex<String>,
    environment: BTreeMap<&'static str, String>,
}

impl Space {
    /// Makes the place, or says that the test is skipped.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let Some(cluster) = cluster() else {
            say(&format!("SKIPPED {name}: KU8_SKIP_E2E is set"));
            return None;
        };
        let user = format!("user-{name}");
        let kubeconfig = cluster.kubeconfig_for(&user, &["system:masters"]).expect("a certificate");
        set_namespace(&kubeconfig, name);
        let folder = cluster.folder().join("tests").join(name);
        fs::create_dir_all(folder.join("home")).expect("a folder");
        let space = Self {
            namespace: name.to_owned(),
            user,
            kubeconfig,
            folder,
            cluster,
            transcript: Mutex::new(String::new()),
            environment: BTreeMap::new(),
        };
        space.kubectl(&["create", "namespace", name]);
        // Pods need it, and it is made by a controller.
        space.until("the default service account", || space.find("serviceaccount/default"));
        Some(space)
    }

    /// The same place as somebody else sees it.
    pub(crate) fn with_kubeconfig(&self, kubeconfig: PathBuf, user: &str) -> Self {
        Self {
            namespace: self.namespace.clone(),
            user: user.to_owned(),
            kubeconfig,
            folder: self.folder.clone(),
            cluster: self.cluster,
            transcript: Mutex::new(String::new()),
            environment: self.environment.clone(),
        }
    }

    /// Another user, with no right that no role gives.
    pub(crate) fn as_user(&self, user: &str) -> Self {
        let kubeconfig = self.cluster.kubeconfig_for(user, &[]).expect("a certificate");
        set_namespace(&kubeconfig, &self.namespace);
        self.with_kubeconfig(kubeconfig, user)
    }

    /// Sets a variable of the commands run from here on.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.environment.insert(name, value.into());
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-ku8"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.folder.join("home"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("KUBECONFIG", &self.kubeconfig)
            // Shared by the run, so that a template is compiled once.
            .env("XDG_CACHE_HOME", self.cluster.folder().join("tests").join("cache"))
            .env("USER", &self.user)
            .env("HOSTNAME", "stage")
            .envs(&self.environment)
            .current_dir(&self.folder);
        command
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn ku8(&self, args: &[&str]) -> Ran {
        self.feed("", args)
    }

    /// Runs a command line without quoting: words are separated by single spaces.
    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.ku8(&line.split(' ').collect::<Vec<_>>())
    }

    /// Runs a command with this on its standard input.
    #[track_caller]
    pub(crate) fn feed(&self, input: &str, args: &[&str]) -> Ran {
        let ran = finish(self.command(args), input, args);
        let mut transcript = self.transcript.lock().expect("no other test failed here");
        writeln!(transcript, "$ {}\n{}{}", ran.line, ran.stdout, ran.stderr).expect("memory");
        ran
    }

    /// Runs a line of a shell that finds this kubectl and this plugin.
    #[track_caller]
    pub(crate) fn shell(&self, line: &str) -> Ran {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).env_clear().envs(self.variables()).current_dir(&self.folder);
        finish(command, "", &["(shell)", line])
    }

    /// The environment of this place's commands, with a PATH on which this kubectl and this plugin are.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        let folder = |program: &Path| program.parent().expect("a folder").display().to_string();
        let plugin = folder(Path::new(env!("CARGO_BIN_EXE_kubectl-ku8")));
        let path = format!("{plugin}:{}:/usr/bin:/bin", folder(self.kubectl_program()));
        let command = self.command(&[]);
        let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
        let set = command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?))));
        set.chain([("PATH".to_owned(), path)]).collect()
    }

    /// Starts a command and lets it run; the caller ends it. What it writes goes to files.
    pub(crate) fn start(&self, args: &[&str]) -> Background {
        static NUMBERS: AtomicU32 = AtomicU32::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let file = |kind: &str| self.folder.join(format!("background-{number}.{kind}"));
        let (out, err) = (file("out"), file("err"));
        let mut command = self.command(args);
        command.stdin(Stdio::null());
        command.stdout(fs::File::create(&out).expect("a file")).stderr(fs::File::create(&err).expect("a file"));
        let line = format!("kubectl ku8 {}", args.join(" "));
        Background { child: command.spawn().expect("the built kubectl-ku8"), line, out, err, since: Instant::now() }
    }

    /// Everything the commands of this place wrote so far.
    pub(crate) fn transcript(&self) -> String {
        self.transcript.lock().expect("no other test failed here").clone()
    }

    /// Writes a file into the place's folder and returns its path.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// The cluster's kubectl as its administrator, in this namespace; it must succeed.
    #[track_caller]
    pub(crate) fn kubectl(&self, args: &[&str]) -> String {
        self.try_kubectl(args).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Space::kubectl`], for what may be refused.
    pub(crate) fn try_kubectl(&self, args: &[&str]) -> Result<String, playground::Error> {
        let words: Vec<&str> = ["--namespace", &self.namespace].into_iter().chain(args.iter().copied()).collect();
        self.cluster.kubectl(&words)
    }

    /// The path of the cluster's kubectl.
    pub(crate) fn kubectl_program(&self) -> &Path {
        self.cluster.binaries().kubectl()
    }

    /// One object, named `kind/name`; it must exist.
    #[track_caller]
    pub(crate) fn get(&self, object: &str) -> Value {
        self.find(object).unwrap_or_else(|| panic!("{object} does not exist in {}", self.namespace))
    }

    /// One object, if it exists.
    #[track_caller]
    pub(crate) fn find(&self, object: &str) -> Option<Value> {
        let text = self.kubectl(&["get", object, "--ignore-not-found", "--output", "json"]);
        (!text.trim().is_empty()).then(|| serde_json::from_str(&text).expect("JSON"))
    }

    /// The objects of some kinds, as `kinds` of `kubectl get`, with a selector or without.
    #[track_caller]
    pub(crate) fn list(&self, kinds: &str, selector: &str) -> Vec<Value> {
        let text = self.kubectl(&["get", kinds, "--selector", selector, "--output", "json"]);
        let mut found: Value = serde_json::from_str(&text).expect("JSON");
        serde_json::from_value(found["items"].take()).expect("a list")
    }

    /// `kind/name` of everything a person would look for, without what every namespace holds.
    #[track_caller]
    pub(crate) fn inventory(&self) -> Vec<String> {
        const KINDS: &str = "configmap,secret,service,serviceaccount,statefulset,deployment,job,networkpolicy,poddisruptionbudget,lease,persistentvolumeclaim";
        let mut names: Vec<String> = self
            .list(KINDS, "")
            .iter()
            .map(|item| format!("{}/{}", text(&item["kind"]), text(&item["metadata"]["name"])))
            .filter(|name| !matches!(name.as_str(), "ConfigMap/kube-root-ca.crt" | "ServiceAccount/default"))
            .collect();
        names.sort_unstable();
        names
    }

    /// Merges a change into an object, as somebody else.
    #[track_caller]
    pub(crate) fn patch(&self, object: &str, change: &Value) {
        self.kubectl(&["patch", object, "--type", "merge", "--patch", &change.to_string()]);
    }

    /// Waits until an attempt gives something.
    #[track_caller]
    pub(crate) fn until<T>(&self, what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = attempt() {
                return found;
            }
            assert!(Instant::now() < end, "{what}: not within {PATIENCE:?} in {}", self.namespace);
            std::thread::sleep(POLL);
        }
    }

    /// Every request of this place's user so far. Its commands have ended, so their last request is in the log once
    /// one that was sent after them is.
    #[track_caller]
    pub(crate) fn requests(&self) -> Vec<AuditEntry> {
        static MARKS: AtomicU32 = AtomicU32::new(0);
        let number = MARKS.fetch_add(1, Ordering::Relaxed);
        let mark = format!("/api/v1/namespaces/{}/configmaps/mark-{number}", self.namespace);
        let _ = self.cluster.kubectl(&["get", "--raw", &mark]);
        self.until("the audit log", || {
            let log = self.cluster.audit_log().expect("the audit log");
            log.iter()
                .any(|entry| entry.uri == mark)
                .then(|| log.into_iter().filter(|entry| entry.user == self.user).collect())
        })
    }

    /// The requests since there were `before` of them.
    #[track_caller]
    pub(crate) fn requests_since(&self, before: usize) -> Vec<AuditEntry> {
        self.requests().into_iter().skip(before).collect()
    }
}

/// A command that runs beside the test; it ends with it.
pub(crate) struct Background {
    child: Child,
    line: String,
    out: PathBuf,
    err: PathBuf,
    since: Instant,
}

impl Background {
    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash does: at once and without a word.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill").success(), "it runs");
    }

    /// What it wrote so far.
    pub(crate) fn said(&self) -> String {
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        format!("{}{}", read(&self.out), read(&self.err))
    }

    /// Waits for its end and returns its exit code.
    pub(crate) fn wait(mut self) -> i32 {
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }

    /// Waits for its end and returns what it wrote.
    pub(crate) fn end(mut self) -> Ran {
        let code = self.child.wait().expect("it ends").code().unwrap_or(-1);
        let read = |path: &Path| fs::read_to_string(path).expect("what it wrote");
        let (stdout, stderr) = (read(&self.out), read(&self.err));
        Ran { line: self.line.clone(), stdout, stderr, code, took: self.since.elapsed() }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_namespace(kubeconfig: &Path, namespace: &str) {
    let text = fs::read_to_string(kubeconfig).expect("a kubeconfig");
    let mut config: Value = serde_json::from_str(&text).expect("a kubeconfig is JSON");
    config["contexts"][0]["context"]["namespace"] = json!(namespace);
    fs::write(kubeconfig, config.to_string()).expect("a kubeconfig");
}

#[track_caller]
fn finish(mut command: Command, input: &str, args: &[&str]) -> Ran {
    let line = format!("kubectl ku8 {}", args.join(" "));
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built kubectl-ku8");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A command that does not read its input is fine.
        let _ = stdin.write_all(input.as_bytes());
    });
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut stderr = child.stderr.take().expect("a pipe");
    let read_out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned())
    });
    let read_err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned())
    });
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if started.elapsed() > GUARD {
            let _ = child.kill();
            panic!("{line}: no end within {GUARD:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = started.elapsed();
    writer.join().expect("a thread");
    let stdout = read_out.join().expect("a thread").expect("stdout");
    let stderr = read_err.join().expect("a thread").expect("stderr");
    Ran { line, stdout, stderr, code: status.code().unwrap_or(-1), took }
}

/// A string of JSON, or nothing.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `metadata.resourceVersion`.
pub(crate) fn version(object: &Value) -> String {
    text(&object["metadata"]["resourceVersion"]).to_owned()
}

/// `metadata.uid`.
pub(crate) fn uid(object: &Value) -> String {
    text(&object["metadata"]["uid"]).to_owned()
}

/// `sha256:` and the digest in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("memory");
    }
    text
}

/// The requests that could change what the server stores, one a line.
pub(crate) fn writes(requests: &[AuditEntry]) -> Vec<String> {
    requests.iter().filter(|entry| entry.writes()).map(|entry| format!("{} {}", entry.verb, entry.uri)).collect()
}

/// One YAML stream of objects.
pub(crate) fn yaml(objects: &[Value]) -> String {
    objects.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
}

/// A ConfigMap with one key.
pub(crate) fn config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": value}})
}

/// A Service of one port.
pub(crate) fn service(name: &str, port: u16) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
           "spec": {"selector": {"app": name}, "ports": [{"name": "main", "port": port}]}})
}

/// A StatefulSet of one pod, with annotations on its pod template.
pub(crate) fn stateful_set(name: &str, annotations: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name}, "spec": {
        "replicas": 1, "serviceName": name, "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}, "annotations": annotations},
                     "spec": {"containers": [{"name": "main", "image": "docker.io/library/busybox:1.37"}]}}}})
}
