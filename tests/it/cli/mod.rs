//! Runs the built binary as a person would, in an empty home, without any cluster, and checks all it says.
//! It never reads the machine's environment: a kubeconfig of the developer's own would make tests lie.

mod forms;
mod sessions;
mod trust;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-ku8");

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

/// An empty home, where commands run.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A command with nothing of this process's environment.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.path()).env("LC_ALL", "C");
        command.current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// Runs `kubectl ku8 …`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(PROGRAM).args(arguments).output().unwrap().into()
    }

    /// Runs a line as a shell would, where `kubectl ku8` is the program under test.
    fn shell(&self, line: &str) -> Ran {
        let script = format!("kubectl() {{ shift; \"$KU8\" \"$@\"; }}\n{line}");
        self.command("sh").env("KU8", PROGRAM).args(["-c", &script]).output().unwrap().into()
    }
}

const MYSQL: &[&str] = &["template", "render", "mysql", "--set", "database=orders"];

#[test]
fn two_renders_are_byte_equal() {
    // The second one comes from the cache of compiled code, in another home from the compiler again.
    let home = Home::new();
    let first = home.run(MYSQL);
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    assert_eq!(first, home.run(MYSQL));
    assert_eq!(first, Home::new().run(MYSQL));
}

#[test]
fn a_definition_file_is_rendered_without_a_cluster_for_tools_that_want_yaml() {
    let home = Home::new();
    let definition = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: example, namespace: shop}\n\
        spec:\n  template: {name: mysql}\n  values: {database: orders}\n";
    home.file("definition.yaml", definition.as_bytes());
    let of_file = home.run(&["template", "render", "-f", "definition.yaml"]);
    assert_eq!(of_file, home.run(&["template", "render", "-f", "definition.yaml"]), "twice the same bytes");
    assert_eq!(of_file, home.run(&[MYSQL, &["-n", "shop"]].concat()), "and those of its values");
    home.file("objects.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    for wrong in [&["-f", "objects.yaml"][..], &["-f", "definition.yaml", "--set", "database=b"], &[]] {
        let ran = home.run(&[&["template", "render"], wrong].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{wrong:?}: {}", ran.stderr);
    }
}

#[test]
fn a_home_that_cannot_be_written_is_no_obstacle() {
    let home = Home::new();
    let expected = home.run(MYSQL);
    for cache in ["/proc/nowhere", "relative", ""] {
        let ran: Ran = home.command(PROGRAM).env("XDG_CACHE_HOME", cache).args(MYSQL).output().unwrap().into();
        assert_eq!(ran, expected, "XDG_CACHE_HOME={cache}");
    }
    let ran: Ran = home.command(PROGRAM).env_remove("HOME").args(MYSQL).output().unwrap().into();
    assert_eq!(ran, expected, "without HOME");
}

#[test]
fn rendered_documents_are_the_same_as_yaml_and_as_json() {
    let home = Home::new();
    let text = home.run(MYSQL).stdout;
    let documents = kubectl_ku8::definition::yaml::documents(&text).unwrap();
    let json = home.run(&[MYSQL, &["-o", "json"]].concat());
    let list: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(Value::Array(documents), list["items"]);
}

#[test]
fn nothing_is_coloured_where_nobody_looks() {
    let home = Home::new();
    for arguments in
        [&["template", "list"][..], &["template", "show", "redis"], &["--help"], &["list"], &["nonsense"], &[]]
    {
        for (name, value) in
            [("NO_COLOR", ""), ("NO_COLOR", "1"), ("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]
        {
            let ran: Ran = home.command(PROGRAM).env(name, value).args(arguments).output().unwrap().into();
            assert!(
                !ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'),
                "{name}={value} {arguments:?}: {ran:?}"
            );
        }
    }
    let always = home.run(&["template", "show", "redis", "--color", "always"]);
    assert!(always.stdout.contains('\u{1b}'), "a person may ask for colours in a file");
}

#[test]
fn a_reader_that_leaves_ends_the_output_in_silence() {
    let home = Home::new();
    // The writer's exit status is written beside the pipe, whose own status is head's.
    for command in
        ["template render mysql --set database=orders", "template schema redis", "--help", "template list -q", ""]
    {
        let ran = home.shell(&format!("{{ kubectl ku8 {command}; echo $? > status; }} | head -c 1 >/dev/null"));
        let status = std::fs::read_to_string(home.path().join("status")).unwrap();
        assert_eq!((ran.stderr.as_str(), status.trim()), ("", "0"), "kubectl ku8 {command} | head -c 1");
    }
    // Closed from the start, not only while writing.
    let ran = home.shell("kubectl ku8 template list >&- 2>&-");
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

fn kubeconfig(server: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Config, current-context: here, contexts: [{{name: here, context: {{cluster: c, user: u}}}}], \
         clusters: [{{name: c, cluster: {{server: {server:?}}}}}], users: [{{name: u, user: {{token: not-a-secret-of-ours}}}}]}}"
    )
}

/// Every command that needs a cluster.
const NEEDS_A_CLUSTER: &[&[&str]] = &[
    &["list"],
    &["status"],
    &["plan", "orders-db"],
    &["publish", "orders-db", "--yes"],
    &["show", "orders-db"],
    &["history", "orders-db"],
    &["delete", "orders-db", "--yes"],
    &["define", "orders-db", "-t", "mysql", "--set", "database=orders"],
];

#[test]
fn a_server_that_refuses_connections_is_an_error_within_ten_seconds() {
    let home = Home::new();
    let config = home.file("config", kubeconfig("https://127.0.0.1:1").as_bytes());
    for arguments in NEEDS_A_CLUSTER {
        let begin = Instant::now();
        let ran = home.run(&[&["--kubeconfig", config.to_str().unwrap()], *arguments].concat());
        let at = format!("{arguments:?}: {ran:?}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{at} took {:?}", begin.elapsed());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{at}");
        assert!(ran.stderr.contains("https://127.0.0.1:1") && ran.stderr.contains("hint:"), "{at}");
        assert!(!ran.stderr.contains("not-a-secret-of-ours"), "{at}");
        assert_eq!(ran.stderr.matches("error:").count(), 1, "{at}");
    }
}

#[test]
fn a_server_that_never_answers_is_an_error_within_ten_seconds() {
    // It accepts and says nothing, as a load balancer without a server behind it does.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let home = Home::new();
    let config = home.file("config", kubeconfig(&server).as_bytes());
    for (arguments, limit) in [(&["list", "--request-timeout", "1s"][..], 5), (&["list"], 12)] {
        let begin = Instant::now();
        let ran = home.run(&[&["--kubeconfig", config.to_str().unwrap()], arguments].concat());
        assert!(begin.elapsed() < Duration::from_secs(limit), "{arguments:?} took {:?}: {ran:?}", begin.elapsed());
        assert_eq!(ran.code, Some(1), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(&server), "{arguments:?}: {ran:?}");
    }
    // The overview does not wait for it.
    let begin = Instant::now();
    let ran = home.run(&["--kubeconfig", config.to_str().unwrap()]);
    assert!(ran.code == Some(0) && begin.elapsed() < Duration::from_secs(3), "{:?}: {ran:?}", begin.elapsed());
}

/// A built-in component with a custom section more: other bytes, the same template.
fn foreign(name: &str) -> Vec<u8> {
    let mut bytes = kubectl_ku8::render::builtin::find(name).unwrap().bytes.to_vec();
    let section = b"\x05ours!";
    bytes.extend([0, u8::try_from(section.len()).unwrap()]);
    bytes.extend(section);
    bytes
}

#[test]
fn a_template_of_somebody_else_renders_the_same_through_its_own_process() {
    let home = Home::new();
    home.file("mine.wasm", &foreign("redis"));
    let own = home.run(&["template", "render", "redis"]);
    let theirs = home.run(&["template", "render", "./mine.wasm"]);
    assert_eq!(own, theirs);
    let refused = home.run(&["template", "render", "mine.wasm", "--set", "size=tiny"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    assert_eq!(refused.stderr, home.run(&["template", "render", "redis", "--set", "size=tiny"]).stderr);
    // A file never shadows a built-in template.
    home.file("redis", b"not a component");
    assert_eq!(home.run(&["template", "render", "redis"]), own);
}

#[test]
fn bytes_that_are_no_template_are_refused_on_few_lines() {
    let home = Home::new();
    let whole = foreign("redis");
    home.file("cut.wasm", &whole[..whole.len() / 2]);
    home.file("text.wasm", b"hello");
    home.file("empty.wasm", b"");
    home.file("module.wasm", b"\0asm\x01\0\0\0");
    std::fs::create_dir(home.path().join("folder.wasm")).unwrap();
    for name in ["cut.wasm", "text.wasm", "empty.wasm", "module.wasm", "folder.wasm", "absent.wasm", "/dev/zero"] {
        let ran = home.run(&["template", "render", name]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{name}: {ran:?}");
        assert!(ran.stderr.starts_with(&format!("error: {name}")) && ran.stderr.lines().count() <= 3, "{}", ran.stderr);
    }
}
