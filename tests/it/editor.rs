//! Files of ours in the real YAML language server, which speaks for VS Code, neovim and others: what a person would see.
//! It asks the server over standard input and output; without node or npm it is skipped, aloud.

use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::Home;

const VERSION: &str = "1.19.2";
const PATIENCE: Duration = Duration::from_mins(1);

/// The server's program, installed once into the cache; none when it cannot be had.
fn program() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    INSTALLED.get_or_init(install).clone()
}

fn install() -> Result<PathBuf, String> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache"))).ok_or("no home folder")?;
    let folder = cache.join("ku8-playground").join(format!("yaml-language-server-{VERSION}"));
    let program = folder.join("node_modules/yaml-language-server/bin/yaml-language-server");
    if program.is_file() {
        return Ok(program);
    }
    if std::env::var_os("KU8_SKIP_REAL").is_some_and(|value| !value.is_empty()) {
        return Err("KU8_SKIP_REAL is set".into());
    }
    // Beside its place and then moved there, so that one that was interrupted is never taken for whole.
    let fresh = folder.with_extension(format!("2-{}", std::process::id()));
    std::fs::create_dir_all(&fresh).map_err(|error| error.to_string())?;
    let ran = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(&fresh)
        .arg(format!("yaml-language-server@{VERSION}"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if !ran.status.success() {
        return Err(format!("npm: {}", String::from_utf8_lossy(&ran.stderr)));
    }
    // Another run may have been faster; then ours is not needed.
    if std::fs::rename(&fresh, &folder).is_err() {
        let _ = std::fs::remove_dir_all(&fresh);
    }
    if program.is_file() { Ok(program) } else { Err("npm installed no server".into()) }
}

/// The server, and what it said.
struct Server {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    number: u64,
    diagnostics: Vec<Value>,
}

impl Server {
    fn start(home: &Home) -> Option<Self> {
        let program = match program() {
            Ok(program) => program,
            Err(why) => {
                // Past the capture of test output.
                let _ = writeln!(std::io::stderr(), "SKIPPED the YAML language server: {why}");
                return None;
            }
        };
        let mut child = Command::new("node")
            .arg(program)
            .arg("--stdio")
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (send, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        let mut server = Self { child, input, messages, number: 0, diagnostics: Vec::new() };
        let root = format!("file://{}", home.path().display());
        let capabilities = json!({"textDocument": {"completion": {"completionItem": {"snippetSupport": false}}}});
        server.ask("initialize", &json!({"processId": null, "rootUri": root, "capabilities": capabilities}));
        server.tell("initialized", &json!({}));
        Some(server)
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}));
    }

    /// Sends a request and returns its result.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.number += 1;
        let id = self.number;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        loop {
            let message = self.next(method);
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    /// The next message; questions of the server are answered on the way.
    fn next(&mut self, waiting_for: &str) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{waiting_for}: {error}"));
        if message["method"] == "textDocument/publishDiagnostics" {
            self.diagnostics.push(message["params"].clone());
        } else if message.get("method").is_some() && message.get("id").is_some() {
            // Its settings: none but its own.
            let count = message["params"]["items"].as_array().map_or(0, Vec::len);
            let result = if message["method"] == "workspace/configuration" {
                json!(vec![
                    json!({"validate": true, "hover": true, "completion": true, "schemaStore": {"enable": false}});
                    count
                ])
            } else {
                Value::Null
            };
            self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}));
        }
        message
    }

    /// Opens a file and returns what the server finds in it.
    fn open(&mut self, path: &Path) -> (String, Vec<Value>) {
        let uri = format!("file://{}", path.display());
        let text = std::fs::read_to_string(path).unwrap();
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}));
        loop {
            if let Some(found) = self.diagnostics.iter().find(|found| found["uri"] == *uri) {
                return (uri, found["diagnostics"].as_array().unwrap().clone());
            }
            self.next("diagnostics");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut bytes = vec![0; length];
    output.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn line_of(text: &str, words: &str) -> usize {
    text.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("`{words}` is not in\n{text}"))
}

#[test]
fn an_editor_underlines_completes_and_explains() {
    let home = Home::new();
    let Some(mut server) = Server::start(&home) else { return };
    let saved = home.run(&[
        "define",
        "db",
        "-t",
        "mysql",
        "--set",
        "database=orders",
        "--set",
        "maxConnections=300",
        "--save",
        "db.yaml",
    ]);
    assert_eq!(
        (saved.code, saved.stdout.as_str()),
        (Some(0), "definition db written to db.yaml\n"),
        "{}",
        saved.stderr
    );
    let path = home.path().join("db.yaml");
    let good = std::fs::read_to_string(&path).unwrap();
    let (uri, found) = server.open(&path);
    assert_eq!(found, Vec::<Value>::new(), "a file of ours has no squiggle");

    // Hover over a parameter.
    let line = line_of(&good, "maxConnections");
    let at = |line: usize, character: usize| json!({"line": line, "character": character});
    let hover = server.ask("textDocument/hover", &json!({"textDocument": {"uri": uri}, "position": at(line, 6)}));
    assert!(hover.to_string().contains("Connections at one time"), "{hover}");

    // A typo, a wrong unit, and a name that is not there.
    let typed =
        good.replace("maxConnections: 300", "maxConections: 300\n    storage:\n      size: 10GB\n    size: smal");
    assert_ne!(typed, good);
    let wrong = home.path().join("wrong.yaml");
    std::fs::write(&wrong, &typed).unwrap();
    let (_, found) = server.open(&wrong);
    for (words, message) in [("maxConections", "maxConections"), ("10GB", "pattern"), ("size: smal", "\"small\"")] {
        let line = line_of(&typed, words);
        let here: Vec<&Value> = found.iter().filter(|one| one["range"]["start"]["line"] == line).collect();
        assert!(
            here.iter().any(|one| one["message"].as_str().unwrap().contains(message)),
            "{words} in line {line}: {found:?}"
        );
    }
    assert_eq!(found.len(), 3, "{found:?}");

    // Completion lists what is not there yet.
    let unfinished = format!("{}\n    \n", good.trim_end());
    let path = home.path().join("unfinished.yaml");
    std::fs::write(&path, &unfinished).unwrap();
    let (uri, _) = server.open(&path);
    let line = unfinished.lines().count() - 1;
    let offered =
        server.ask("textDocument/completion", &json!({"textDocument": {"uri": uri}, "position": at(line, 4)}));
    let items = offered["items"].as_array().or_else(|| offered.as_array()).unwrap();
    let labels: Vec<&str> = items.iter().filter_map(|item| item["label"].as_str()).collect();
    for parameter in ["durability", "storage", "size", "version"] {
        assert!(labels.contains(&parameter), "{parameter}: {labels:?}");
    }
    assert!(!labels.contains(&"database"), "{labels:?}");
}

#[test]
fn a_values_file_is_checked_by_the_templates_schema() {
    let home = Home::new();
    let Some(mut server) = Server::start(&home) else { return };
    let ran = home.run(&["template", "schema", "redis", "-o", "redis.schema.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let modeline = ran.stderr.split_once("values file: ").unwrap().1.trim().to_owned();
    let path = home.path().join("values.yaml");
    std::fs::write(&path, format!("{modeline}\nsize: dev\nengine: vlakey\n")).unwrap();
    let (_, found) = server.open(&path);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["range"]["start"], json!({"line": 2, "character": 8}));
}

/// Every property below a schema whose description is missing.
fn undescribed(schema: &Value, path: &str, found: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if property["description"].as_str().is_none_or(|text| text.len() < 8) {
            found.push(path.clone());
        }
        undescribed(property, &path, found);
        undescribed(&property["items"], &path, found);
    }
}

#[test]
fn every_parameter_of_every_built_in_template_is_described() {
    let home = Home::new();
    let list: Value = serde_json::from_str(&home.run(&["template", "list", "-o", "json"]).stdout).unwrap();
    let mut found = Vec::new();
    for item in list["items"].as_array().unwrap() {
        let name = item["metadata"]["name"].as_str().unwrap();
        let schema: Value = serde_json::from_str(&home.run(&["template", "schema", name]).stdout).unwrap();
        assert!(schema["properties"].as_object().is_some_and(|properties| properties.len() > 5), "{name}");
        undescribed(&schema, name, &mut found);
    }
    undescribed(&kubectl_ku8::definition::json_schema(None), "definition", &mut found);
    assert_eq!(found, Vec::<String>::new(), "hover and explain have nothing to say about these");
}
