//! Runs what the templates render in the real software, on loopback, without any cluster.
//! It never checks the text of a manifest: the software does, by starting, answering and surviving.

mod pod;

mod mysql;

mod redis;

mod scripts;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Renders a template with values, through the command a person would use.
///
/// The one seam between these tests and the rest of the house.
pub(crate) fn rendered(template: &str, values: &Value) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("values.json");
    std::fs::write(&file, values.to_string()).expect("a values file");
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-ku8"))
        .args(["template", "render", template, "-o", "json", "-f"])
        .arg(&file)
        .output()
        .expect("the built kubectl-ku8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "template render {template} {values}: {errors}");
    let list: Value = serde_json::from_slice(&output.stdout).expect("a List as JSON");
    list["items"].as_array().expect("items").clone()
}

/// The first object of a kind.
fn object<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or(&Value::Null)
}

/// Every file of every ConfigMap: (ConfigMap, file, text).
fn files(objects: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let maps = objects.iter().filter(|object| object["kind"] == "ConfigMap");
    maps.flat_map(|map| {
        let data = map["data"].as_object().cloned().unwrap_or_default();
        data.into_iter().map(move |(file, content)| (text(&map["metadata"]["name"]), file, text(&content)))
    })
    .collect()
}

/// Says that something was not checked, past the capture of test output.
fn skip(what: &str, why: &str) {
    // A closed stderr is no reason to fail a test.
    let _ = writeln!(std::io::stderr(), "SKIPPED {what}: {why}");
}

/// The first of these programs that is not on PATH.
fn missing(programs: &[&str]) -> Option<String> {
    let on_path = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    };
    programs.iter().find(|program| !on_path(program)).map(|program| format!("`{program}` is not on PATH"))
}

/// Tries until it succeeds; what is waited for is named when time is up.
fn wait_for<T>(what: &str, limit: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < end, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Reads a file, saying which one when it is not there.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| format!("{}: {error}", path.display()))
}

/// A port nobody listens on at this address.
fn free_port(address: &str) -> u16 {
    let listener = std::net::TcpListener::bind((address, 0)).expect("a loopback address");
    listener.local_addr().expect("its address").port()
}

#[test]
fn the_seam_returns_objects() {
    let objects = rendered("zookeeper", &json!({}));
    assert_eq!(object(&objects, "StatefulSet")["kind"], "StatefulSet");
    assert!(files(&objects).iter().any(|(_, file, _)| file == "zoo.cfg"));
}
