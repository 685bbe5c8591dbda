//! A plan on its way through a pull request: the shell steps of the actions and of the GitLab example, as they stand in
//! their YAML, against a stand-in for the forge on loopback and the real cluster. No runner of a forge takes part.

#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use kubectl_ku8::definition::yaml::documents;
use serde_json::{Value, json};

use crate::stage::{Space, config_map, say, service, text, version};

const TOKEN: &str = "token-of-the-job";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const BOT: &str = "github-actions[bot]";

/// Comments of one pull request, as both forges hand them out.
#[derive(Clone, Default)]
struct Forge(Arc<Mutex<Thread>>);

#[derive(Default)]
struct Thread {
    comments: Vec<(u64, String, String)>,
    last: u64,
    requests: Vec<String>,
}

impl Forge {
    /// Starts it; the address is all that a step is told.
    fn start() -> (Self, String) {
        let forge = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let served = forge.clone();
        // It ends with this process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                served.answer(stream);
            }
        });
        (forge, address)
    }

    fn say(&self, author: &str, body: &str) -> u64 {
        let mut thread = self.0.lock().expect("no panic");
        thread.last += 1;
        let id = thread.last;
        thread.comments.push((id, author.to_owned(), body.to_owned()));
        id
    }

    fn comments(&self) -> Vec<(u64, String, String)> {
        self.0.lock().expect("no panic").comments.clone()
    }

    /// Method and path of every request since the last look.
    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic").requests)
    }

    fn answer(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let (mut first, mut length, mut allowed) = (String::new(), 0, false);
        reader.read_line(&mut first).expect("a request");
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a header");
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().expect("a length"),
                "authorization" => allowed |= value == format!("Bearer {TOKEN}"),
                "private-token" => allowed |= value == TOKEN,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (status, answer) = if allowed { self.act(method, path, &body) } else { (401, json!({"message": "who?"})) };
        let answer = if status == 204 { String::new() } else { answer.to_string() };
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
        // The step may have gone away.
        let _ = reader.get_mut().write_all(format!("{head}{answer}").as_bytes());
    }

    fn act(&self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let shown = |(id, author, body): &(u64, String, String)| json!({"id": id, "user": {"login": author}, "author": {"username": author}, "body": body});
        let mut thread = self.0.lock().expect("no panic");
        thread.requests.push(format!("{method} {}", path.split('?').next().unwrap_or_default()));
        let (base, query) = path.split_once('?').unwrap_or((path, ""));
        if base == "/user" {
            return (200, json!({"username": BOT}));
        }
        let last = base.rsplit('/').next().unwrap_or_default();
        if ["comments", "notes"].contains(&last) {
            if method == "POST" {
                assert!(text(&body["body"]).chars().count() <= 65_536, "body is too long");
                thread.last += 1;
                // GitHub stores line ends of its own.
                let made = (thread.last, BOT.to_owned(), text(&body["body"]).replace('\n', "\r\n"));
                thread.comments.push(made.clone());
                return (201, shown(&made));
            }
            let page: usize = query.rsplit("&page=").next().and_then(|page| page.parse().ok()).unwrap_or(1);
            let items: Vec<Value> = thread.comments.iter().skip((page - 1) * 100).take(100).map(shown).collect();
            return (200, json!(items));
        }
        let id: u64 = last.parse().unwrap_or_default();
        let Some(place) = thread.comments.iter().position(|one| one.0 == id) else { return (404, json!({})) };
        match method {
            "PATCH" | "PUT" => {
                text(&body["body"]).clone_into(&mut thread.comments[place].2);
                (200, shown(&thread.comments[place]))
            }
            "DELETE" => {
                thread.comments.remove(place);
                (204, Value::Null)
            }
            _ => (405, json!({})),
        }
    }
}

/// What a forge gives its steps, for one place.
struct Runner<'a> {
    space: &'a Space,
    address: String,
    temp: PathBuf,
}

/// How a step or an action ended.
struct Ended {
    code: i32,
    log: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

fn read_yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut found = documents(&text).unwrap_or_else(|error| panic!("{path}: {error:?}"));
    found.pop().expect("a document")
}

/// Puts values where expressions stand; an expression the test does not know is a fault of the action.
fn expand(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${{") {
        let (name, after) = tail.split_once("}}").expect("a closed expression");
        done.push_str(before);
        done.push_str(&value(name.trim(), known));
        rest = after;
    }
    done + rest
}

fn value(name: &str, known: &BTreeMap<String, String>) -> String {
    let found = name
        .split(" || ")
        .map(|name| known.get(name.trim()).unwrap_or_else(|| panic!("nobody gives `{name}`")).clone());
    found.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
}

fn holds(condition: &str, known: &BTreeMap<String, String>) -> bool {
    condition.split(" && ").all(|part| match part.split_once(" == ") {
        Some((name, wanted)) => value(name.trim(), known) == wanted.trim().trim_matches('\''),
        None => !value(part.trim(), known).is_empty(),
    })
}

impl<'a> Runner<'a> {
    fn new(space: &'a Space, address: &str) -> Self {
        let temp = space.folder.join("runner");
        fs::create_dir_all(temp.join("bin")).expect("a folder");
        // Every call of curl is written down: what stands in its arguments can be read by all on the machine.
        let shim = temp.join("bin/curl");
        fs::write(
            &shim,
            format!(
                "#!/bin/sh\nprintf '%s\\n' \"$*\" >>'{}'\nexec /usr/bin/curl \"$@\"\n",
                temp.join("curl.log").display()
            ),
        )
        .expect("a file");
        let mode = Command::new("chmod").arg("755").arg(&shim).status().expect("chmod");
        assert!(mode.success());
        Self { space, address: address.to_owned(), temp }
    }

    fn bash(&self, script: &str, environment: &BTreeMap<String, String>) -> (i32, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_kubectl-ku8"));
        let path = format!(
            "{}:{}:/usr/bin:/bin",
            self.temp.join("bin").display(),
            program.parent().expect("a folder").display()
        );
        let ran = Command::new("bash")
            // As GitHub starts it.
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .env_clear()
            .env("HOME", self.space.folder.join("home"))
            .env("PATH", path)
            .env("KUBECONFIG", &self.space.kubeconfig)
            .env("USER", "ci")
            .env("CI", "true")
            .envs(environment)
            .current_dir(&self.space.folder)
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let log = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        (ran.status.code().unwrap_or(-1), log)
    }

    /// Runs every step of a composite action.
    fn act(&self, action: &str, with: &[(&str, &str)]) -> Ended {
        let folder = root().join("actions").join(action);
        let document = read_yaml(&format!("actions/{action}/action.yml"));
        let mut known: BTreeMap<String, String> = [
            ("github.sha", COMMIT),
            ("github.token", TOKEN),
            ("github.server_url", "https://forge.example"),
            ("github.repository", "shop/infra"),
            ("github.run_id", "42"),
            ("github.event.pull_request.head.sha", COMMIT),
            ("github.event.pull_request.number", "7"),
            ("steps.plan.outputs.comment", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, input) in document["inputs"].as_object().expect("inputs") {
            let given = with.iter().find(|(given, _)| given == name).map(|(_, value)| (*value).to_owned());
            assert!(given.is_some() || input["required"] != true, "{action} needs {name}");
            let default = input["default"].as_str().map(|text| expand(text, &known)).unwrap_or_default();
            known.insert(format!("inputs.{name}"), given.unwrap_or(default));
        }
        for (name, _) in with {
            assert!(document["inputs"][name].is_object(), "{action} has no input {name}");
        }
        let (summary, output) = (self.temp.join("summary.md"), self.temp.join("output"));
        let _ = fs::remove_file(&summary);
        let mut ended = Ended { code: 0, log: String::new(), outputs: BTreeMap::new(), summary: String::new() };
        for step in document["runs"]["steps"].as_array().expect("steps") {
            if step["if"].as_str().is_some_and(|condition| !holds(condition, &known)) {
                continue;
            }
            fs::write(&output, "").expect("a file");
            let mut environment: BTreeMap<String, String> = [
                ("GITHUB_API_URL", self.address.clone()),
                ("GITHUB_ACTION_PATH", folder.display().to_string()),
                ("GITHUB_OUTPUT", output.display().to_string()),
                ("GITHUB_STEP_SUMMARY", summary.display().to_string()),
                ("RUNNER_TEMP", self.temp.display().to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
            for (name, value) in step["env"].as_object().expect("an environment") {
                environment.insert(name.clone(), expand(text(value), &known));
            }
            assert_eq!(step["shell"], "bash");
            let (code, log) = self.bash(text(&step["run"]), &environment);
            ended.log.push_str(&log);
            for line in fs::read_to_string(&output).expect("outputs").lines() {
                let (name, value) = line.split_once('=').expect("an output");
                ended.outputs.insert(name.to_owned(), value.to_owned());
                known.insert(format!("steps.{}.outputs.{name}", text(&step["id"])), value.to_owned());
            }
            ended.code = code;
            if code != 0 {
                break;
            }
        }
        ended.summary = fs::read_to_string(&summary).unwrap_or_default();
        ended
    }

    fn curl_log(&self) -> String {
        fs::read_to_string(self.temp.join("curl.log")).unwrap_or_default()
    }
}

/// A definition file with a Service and a ConfigMap, changed as asked.
fn definition(port: u16, value: &str) -> String {
    json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": "web"},
           "spec": {"manifests": [service("web", port), config_map("conf", value)]}})
    .to_string()
}

/// A published definition, and whether the programs the steps need are here.
fn published(name: &str) -> Option<Space> {
    for program in ["bash", "curl", "jq"] {
        if !Path::new("/usr/bin").join(program).exists() && !Path::new("/bin").join(program).exists() {
            say(&format!("SKIPPED {name}: no {program}"));
            return None;
        }
    }
    let space = Space::new(name)?;
    space.file("web.yaml", definition(80, "one"));
    space.run("define -f web.yaml").ok();
    space.run("publish web --yes").ok();
    Some(space)
}

#[test]
fn one_comment_is_made_brought_up_to_date_and_taken_away() {
    let Some(space) = published("pr-comment") else { return };
    let (forge, address) = Forge::start();
    let runner = Runner::new(&space, &address);
    let plan = |value: &str| {
        space.file("web.yaml", definition(80, value));
        runner.act("plan", &[("definition", "web"), ("file", "web.yaml")])
    };
    // Somebody else's words, one of them with our first line, on the first of two pages.
    let marker = "<!-- ku8:plan playground/pr-comment/web -->";
    for number in 0..120 {
        forge.say("eve", &format!("{marker}\n### no changes at all, trust me ({number})"));
    }

    let first = plan("two @everyone ``` </details>");
    assert_eq!(
        (first.code, first.outputs["changes"].as_str(), first.outputs["exit-code"].as_str()),
        (0, "true", "2"),
        "{}",
        first.log
    );
    let comments = forge.comments();
    assert_eq!(comments.len(), 121, "one more: {}", first.log);
    let (id, author, body) = comments.last().cloned().expect("a comment");
    let body = body.replace("\r\n", "\n");
    assert_eq!(author, BOT);
    assert_eq!(body.lines().next(), Some(marker));
    for words in [
        "### Plan for `pr-comment/web`: 1 update, 1 unchanged",
        "ConfigMap/conf",
        "two @everyone",
        "````diff",
        COMMIT,
        "https://forge.example/shop/infra/actions/runs/42",
    ] {
        assert!(body.contains(words), "`{words}` is not in\n{body}");
    }
    assert!(first.summary.starts_with(marker), "the summary holds the plan");

    forge.requests();
    let second = plan("three");
    assert_eq!(second.code, 0, "{}", second.log);
    let comments = forge.comments();
    assert_eq!(comments.len(), 121);
    let (same, _, body) = comments.last().cloned().expect("a comment");
    assert!(same == id && body.contains("three") && !body.contains("two @everyone"), "{body}");
    let writes: Vec<String> = forge.requests().into_iter().filter(|one| !one.starts_with("GET")).collect();
    assert_eq!(writes, [format!("PATCH /repos/shop/infra/issues/comments/{id}")]);

    let third = plan("one");
    assert_eq!((third.code, third.outputs["changes"].as_str()), (0, "false"), "{}", third.log);
    assert_eq!(forge.comments().len(), 120, "nothing to approve, nothing to read: {}", third.log);
    assert!(forge.comments().iter().all(|(_, author, body)| author == "eve" && body.contains("trust me")));

    // A plan that cannot be made fails the job and leaves the comments alone.
    space.file("web.yaml", "kind: [");
    let broken = runner.act("plan", &[("definition", "web"), ("file", "web.yaml")]);
    assert_eq!((broken.code, broken.outputs["exit-code"].as_str()), (1, "1"), "{}", broken.log);
    assert!(broken.log.contains("web.yaml"), "{}", broken.log);
    assert_eq!(forge.comments().len(), 120);

    let arguments = runner.curl_log();
    assert!(arguments.lines().count() > 5);
    assert!(!arguments.contains(TOKEN) && !arguments.contains("Plan for"), "for all to read: {arguments}");
}

#[test]
fn a_refused_plan_and_a_refused_token_are_told() {
    let Some(space) = published("pr-refused") else { return };
    let (forge, address) = Forge::start();
    let runner = Runner::new(&space, &address);
    space.kubectl(&["create", "configmap", "theirs"]);
    let taken = json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": "web"},
                       "spec": {"manifests": [config_map("theirs", "x")]}});
    space.file("web.yaml", taken.to_string());
    let refused = runner.act("plan", &[("definition", "web"), ("file", "web.yaml")]);
    assert_eq!(refused.code, 0, "a plan with a problem is a plan to read: {}", refused.log);
    let (_, _, body) = forge.comments().pop().expect("a comment");
    assert!(body.contains("**cannot be applied**") && body.contains("- **blocked** `ConfigMap/theirs`"), "{body}");

    let denied = runner.act("plan", &[("definition", "web"), ("file", "web.yaml"), ("token", "another")]);
    assert_ne!(denied.code, 0);
    assert!(denied.log.contains("comment: GET") && denied.log.contains("401"), "{}", denied.log);
}

#[test]
fn what_was_approved_is_applied_and_nothing_else() {
    let Some(space) = published("pr-apply") else { return };
    let (_, address) = Forge::start();
    let runner = Runner::new(&space, &address);
    let plan = |port: u16| {
        space.feed(&definition(port, "one"), &["define", "-f", "-"]).ok();
        let planned = runner.act("plan", &[("definition", "web"), ("out", "web.plan"), ("comment", "false")]);
        assert_eq!((planned.code, planned.outputs["changes"].as_str()), (0, "true"), "{}", planned.log);
        assert!(
            planned.summary.contains(&format!("→ {port}/TCP")),
            "what is approved can be read: {}",
            planned.summary
        );
    };
    let port = || space.get("service/web")["spec"]["ports"][0]["port"].clone();
    let seen = || version(&space.get("configmap/ku8.web"));

    plan(81);
    let before = seen();
    let other = runner.act("apply", &[("plan", "web.plan"), ("commit", "ffffffffffffffffffffffffffffffffffffffff")]);
    assert_eq!(other.code, 3, "{}", other.log);
    assert!(other.log.contains("the plan is for commit 0123456789"), "{}", other.log);
    let kept = fs::read_to_string(space.folder.join("web.plan")).expect("the plan");
    space.file("web.plan", kept.replace("\"update\"", "\"create\""));
    let changed = runner.act("apply", &[("plan", "web.plan")]);
    assert_eq!(changed.code, 3, "{}", changed.log);
    assert_eq!((port(), seen()), (json!(80), before), "nothing was written");

    space.file("web.plan", kept);
    let applied = runner.act("apply", &[("plan", "web.plan")]);
    assert_eq!(applied.code, 0, "{}", applied.log);
    assert_eq!(port(), 81);

    // The cluster moves on between approval and apply: nothing is written, and the exit code says stale.
    plan(82);
    let ports = json!({"spec": {"ports": [{"name": "main", "port": 7000, "targetPort": 7000, "protocol": "TCP"}]}});
    space.patch("service/web", &ports);
    let stale = runner.act("apply", &[("plan", "web.plan")]);
    assert_eq!(stale.code, 3, "{}", stale.log);
    assert!(stale.log.contains("stale") && stale.log.contains("Service/web"), "{}", stale.log);
    assert_eq!(port(), 7000);
}

#[test]
fn the_gitlab_example_does_the_same() {
    let Some(space) = published("gitlab") else { return };
    let (forge, address) = Forge::start();
    let runner = Runner::new(&space, &address);
    let document = read_yaml("examples/gitlab/.gitlab-ci.yml");
    let job = |name: &str, commit: &str| {
        let kubeconfig = space.kubeconfig.display().to_string();
        let environment: BTreeMap<String, String> = [
            ("DEFINITION", "web"),
            ("DEFINITION_FILE", "web.yaml"),
            ("KUBECONFIG_PLANNER", kubeconfig.as_str()),
            ("KUBECONFIG_DEPLOYER", kubeconfig.as_str()),
            ("KU8_COMMENT_TOKEN", TOKEN),
            ("CI_COMMIT_SHA", commit),
            ("CI_JOB_URL", "https://gitlab.example/shop/infra/-/jobs/9"),
            ("CI_API_V4_URL", address.as_str()),
            ("CI_PROJECT_ID", "5"),
            ("CI_MERGE_REQUEST_IID", "7"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        assert_eq!(
            document["variables"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()),
            Some(vec!["DEFINITION".to_owned(), "DEFINITION_FILE".to_owned()])
        );
        let lines: Vec<&str> = document[name]["script"].as_array().expect("a script").iter().map(text).collect();
        runner.bash(&lines.join("\n"), &environment)
    };
    space.file("web.yaml", definition(80, "two"));
    forge.say("eve", "<!-- ku8:plan playground/gitlab/web -->\nfake");
    let (code, log) = job("plan", COMMIT);
    assert_eq!(code, 0, "{log}");
    let (id, _, body) = forge.comments().pop().expect("a note");
    assert!(body.contains("### Plan for `gitlab/web`: 1 update, 1 unchanged") && body.contains(COMMIT), "{body}");
    forge.requests();
    // GitLab keeps line ends as they come.
    forge.0.lock().expect("no panic").comments[1].2 = body.replace("\r\n", "\n");
    let (code, log) = job("plan", COMMIT);
    assert_eq!(code, 0, "{log}");
    assert!(forge.requests().contains(&format!("PUT /projects/5/merge_requests/7/notes/{id}")), "{log}");

    assert_eq!(job("keep plan", COMMIT).0, 0);
    assert_eq!(space.get("configmap/conf")["data"]["key"], "one", "keeping a plan publishes nothing");
    let (code, log) = job("publish", "another");
    assert!(code == 3 && log.contains("not the one that was kept for this commit"), "{code} {log}");
    let (code, log) = job("publish", COMMIT);
    assert_eq!(code, 0, "{log}");
    assert_eq!(space.get("configmap/conf")["data"]["key"], "two");

    let (code, log) = job("plan", COMMIT);
    assert_eq!((code, forge.comments().len()), (0, 1), "no changes, no note; eve's stays: {log}");
    assert_eq!(job("drift", COMMIT).0, 0);
    space.patch("configmap/conf", &json!({"data": {"key": "by hand"}}));
    let (code, log) = job("drift", COMMIT);
    assert_eq!(code, 2, "{log}");
}
