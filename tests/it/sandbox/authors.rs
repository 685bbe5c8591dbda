//! What authors run, through the program itself: `template lint`, `template test` and `template render --explain`, on
//! built-in templates and on components made by hand.
//! It never looks at colours or widths; what is said, and how a command ends, is what counts.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use kubectl_ku8::definition::yaml;
use kubectl_ku8::render::builtin;
use serde_json::{Value, json};

use super::guest::{Guest, service};
use super::with;
use crate::cli::{Home, PROGRAM, Ran};

/// A document that a command printed, which fits its schema.
fn document(ran: &Ran) -> Value {
    let found: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|why| panic!("{why}: {ran:?}"));
    let word = |field: &str| found[field].as_str().unwrap_or_default();
    let schema = kubectl_ku8::commands::schema::document_schema(word("apiVersion"), word("kind")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(&found).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    found
}

fn write(home: &Home, name: &str, bytes: impl AsRef<[u8]>) {
    let path = home.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Lints a component and returns the codes of what was found, with the exit code.
fn lint(bytes: &[u8]) -> (BTreeSet<String>, Option<i32>, Value) {
    let home = Home::new();
    write(&home, "made.wasm", bytes);
    let ran = home.run(&["template", "lint", "./made.wasm", "-o", "json"]);
    let found = document(&ran);
    let codes = found["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned());
    (codes.collect(), ran.code, found)
}

#[test]
fn built_in_templates_keep_every_rule() {
    let home = Home::new();
    for entry in builtin::all() {
        let ran = home.run(&["template", "lint", entry.name, "--strict", "-o", "json"]);
        let found = document(&ran);
        let told: Vec<String> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["level"] != "info")
            .map(|item| format!("{} {}: {}", item["code"], item["place"], item["message"]))
            .collect();
        assert_eq!((ran.code, told), (Some(0), Vec::new()), "{}", entry.name);
        let tried = &found["tried"];
        assert!(
            tried["rendered"].as_u64() > Some(40) && tried["refused"].as_u64() > Some(10),
            "{}: {tried}",
            entry.name
        );
    }
}

#[test]
fn a_component_that_does_not_load_is_a_finding_and_not_a_riddle() {
    let whole = Guest::default().bytes();
    let importing = with(|guest| guest.outer = r#"(import "wasi:clocks/wall-clock@0.2.0" (instance))"#.into());
    let schema = with(|guest| guest.schema = br#"{"$ref":"http://example.com/schema"}"#.to_vec());
    let metadata = with(|guest| guest.metadata = br#"{"name":"Echo"}"#.to_vec());
    for (bytes, code) in [
        (whole[..whole.len() / 2].to_vec(), "contract.load"),
        (b"\0asm\x01\0\0\0".to_vec(), "contract.load"),
        (importing.bytes(), "contract.imports"),
        (schema.bytes(), "contract.schema"),
        (metadata.bytes(), "contract.metadata"),
    ] {
        let (codes, exit, _) = lint(&bytes);
        assert_eq!((codes, exit), (BTreeSet::from([code.to_owned()]), Some(1)));
    }
}

#[test]
fn what_a_component_does_wrong_is_found_by_trying_it() {
    let (codes, exit, found) = lint(&Guest::default().bytes());
    assert_eq!(exit, Some(1), "{codes:?}");
    // It always renders the same Service, whatever the definition is called.
    assert!(codes.contains("objects.name") && codes.contains("schema.words"), "{codes:?}");
    assert!(codes.contains("schema.bounds") && !codes.contains("render.crash"), "{codes:?}");
    assert!(found["usage"]["memoryBytes"]["used"].as_u64() >= Some(65_536), "{}", found["usage"]);

    let crashing = with(|guest| guest.render_body = "unreachable".into());
    assert!(lint(&crashing.bytes()).0.contains("render.crash"));
    let hungry = with(|guest| guest.render_body = "(drop (memory.grow (i32.const 700)))".into());
    assert!(lint(&hungry.bytes()).0.contains("limits.memory"));
    let busy = with(|guest| {
        guest.render_body = "(local $i i32) (loop $again (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 135000000))))"
            .into();
    });
    assert!(lint(&busy.bytes()).0.contains("limits.fuel"));

    let mut edited = Guest::default().bytes();
    let section = b"\x0aku8:schema{}";
    edited.extend([0, u8::try_from(section.len()).unwrap()]);
    edited.extend(section);
    assert!(lint(&edited).0.contains("contract.embedded"));
}

#[test]
fn careless_pods_are_told_everything_at_once() {
    let pods = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "example"}, "spec": {
        "selector": {"matchLabels": {"app": "x", "version": "1"}},
        "template": {"metadata": {"labels": {"app": "x", "version": "1"}}, "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "x", "image": "docker.io/library/x:latest",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                "env": [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}]}]}}}});
    let metadata = br#"{"name":"x","version":"1.0.0","title":"X","description":"X","produces":[{"group":"apps","kind":"Deployment"}]}"#;
    let careless = with(|guest| {
        guest.metadata = metadata.to_vec();
        guest.objects = vec![("deployment/x".into(), 0, pods.to_string().into_bytes())];
        guest.notes = Vec::new();
        guest.schema =
            br#"{"type":"object","additionalProperties":false,"properties":{"password":{"type":"string","title":"P","description":"P"}}}"#
                .to_vec();
    });
    let (codes, exit, found) = lint(&careless.bytes());
    for code in ["pods.image", "pods.resources", "secrets.plain", "selectors.version", "notes.empty", "schema.secret"] {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }
    assert!(exit == Some(1) && !found.to_string().contains("hunter2"));

    let mut rooted = pods;
    rooted["spec"]["template"]["spec"] =
        json!({"hostNetwork": true, "containers": [{"name": "x", "image": "docker.io/library/x:1"}]});
    let rooted = with(|guest| {
        guest.metadata = metadata.to_vec();
        guest.objects = vec![("deployment/x".into(), 0, rooted.to_string().into_bytes())];
    });
    let (codes, _, found) = lint(&rooted.bytes());
    let told = found["items"].as_array().unwrap().iter().filter(|item| item["code"] == "pods.security").count();
    assert!(codes.contains("pods.security") && told >= 4, "all of them, not only the first: {found:#}");
}

const DEFINITION: &str = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: example, namespace: shop}\n\
    spec:\n  template: {name: echo}\n  values: {}\n";

/// A project with a component and two cases without expectations: one that renders and one that is refused.
fn project() -> Home {
    let home = Home::new();
    write(&home, "build/echo.wasm", Guest::default().bytes());
    write(&home, "build/echo.core.wasm", b"\0asm\x01\0\0\0");
    write(&home, "tests/defaults/definition.yaml", DEFINITION);
    write(&home, "tests/refused-none/definition.yaml", DEFINITION.replace("{}", "{replicas: 0}"));
    home
}

fn results(home: &Home, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let ran = home.run(&[&["template", "test", "-o", "json"], arguments].concat());
    let found = document(&ran);
    let item = |item: &Value| format!("{} {}", item["name"].as_str().unwrap(), item["result"].as_str().unwrap());
    (found["items"].as_array().unwrap().iter().map(item).collect(), ran.code)
}

#[test]
fn cases_are_written_down_once_and_then_compared() {
    let home = project();
    let two = |one: &str, other: &str| vec![format!("defaults {one}"), format!("refused-none {other}")];
    assert_eq!(results(&home, &[]), (two("missing", "missing"), Some(1)));
    assert_eq!(results(&home, &["--bless"]), (two("blessed", "blessed"), Some(0)));
    assert_eq!(results(&home, &[]), (two("passed", "passed"), Some(0)));
    let refusal = std::fs::read_to_string(home.path().join("tests/refused-none/expected.err")).unwrap();
    assert!(refusal.starts_with("/replicas ") && refusal.contains("[schema]"), "{refusal}");
    let text = home.run(&["template", "test"]);
    assert!(text.stdout.ends_with("2 cases: 2 passed\n") && text.stderr.is_empty(), "{text:?}");

    // A component that answers otherwise is told field by field, and nothing is written.
    let other = String::from_utf8(service("echo")).unwrap().replace("\"port\":7", "\"port\":8");
    let changed = with(|guest| guest.objects = vec![("service/echo".into(), 0, other.into_bytes())]);
    write(&home, "build/echo.wasm", changed.bytes());
    let text = home.run(&["template", "test"]);
    assert!(text.code == Some(1) && text.stdout.contains("1 passed, 1 differs"), "{text:?}");
    assert!(text.stdout.contains("Service/echo") && text.stdout.contains("spec.ports"), "{text:?}");
    assert!(text.stderr.contains("--bless"), "{text:?}");
    assert_eq!(results(&home, &["defaults"]), (vec!["defaults differs".into()], Some(1)));
    assert_eq!(results(&home, &["refused-none"]), (vec!["refused-none passed".into()], Some(0)));

    // What should be refused and renders is told as such, and the other way round.
    write(&home, "tests/refused-none/definition.yaml", DEFINITION);
    write(&home, "tests/defaults/definition.yaml", DEFINITION.replace("{}", "{replicas: 0}"));
    assert_eq!(results(&home, &[]), (two("refused", "renders"), Some(1)));
    let text = home.run(&["template", "test"]);
    assert!(text.stdout.contains("1 object; expected.err says that it is refused"), "{text:?}");
    // Blessing replaces the one expectation by the other.
    assert_eq!(results(&home, &["--bless"]), (two("blessed", "blessed"), Some(0)));
    assert!(!home.path().join("tests/refused-none/expected.err").exists());
    assert_eq!(results(&home, &[]), (two("passed", "passed"), Some(0)));
}

#[test]
fn what_is_missing_or_broken_in_a_project_is_named() {
    let home = project();
    let fails = |arguments: &[&str], id: &str, words: &str| {
        let ran = home.run(&[&["template", "test"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.stderr.contains(id) && ran.stderr.contains(words), "{ran:?}");
    };
    fails(&["default"], "KU8-B021", "did you mean `defaults`?");
    fails(&["--component", "tests/defaults/definition.yaml"], "KU8-T002", "not a WebAssembly component");
    write(&home, "build/other.wasm", Guest::default().bytes());
    fails(&[], "KU8-B020", "other.wasm");
    std::fs::remove_dir_all(home.path().join("build")).unwrap();
    fails(&[], "KU8-B020", "template build");
    write(&home, "build/echo.wasm", Guest::default().bytes());

    write(&home, "tests/defaults/definition.yaml", "kind: [");
    write(&home, "tests/refused-none/definition.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    assert_eq!(results(&home, &[]).0, ["defaults broken", "refused-none broken"]);
    let panics = with(|guest| guest.render_body = "unreachable".into());
    write(&home, "build/echo.wasm", panics.bytes());
    write(&home, "tests/defaults/definition.yaml", DEFINITION);
    let text = home.run(&["template", "test", "defaults", "--bless"]);
    assert!(text.code == Some(1) && text.stdout.contains("panicked"), "a crash is never expected: {text:?}");
    assert!(!home.path().join("tests/defaults/expected.yaml").exists());

    let (codes, exit) = {
        let ran = home.run(&["template", "lint", ".", "-o", "json"]);
        let found = document(&ran);
        let items = found["items"].as_array().unwrap().iter();
        (items.map(|item| item["code"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), ran.code)
    };
    assert!(codes.contains("cases.broken") && exit == Some(1), "{codes:?}");
    std::fs::remove_dir_all(home.path().join("tests")).unwrap();
    fails(&[], "KU8-B021", "tests/defaults/definition.yaml");
}

/// A program that has no end of its own, ended with the test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads until a line says this; the lines on the way come back in a failure.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, words: &str) {
    let mut seen = Vec::new();
    for line in lines {
        let line = line.unwrap();
        if line.contains(words) {
            return;
        }
        seen.push(line);
    }
    panic!("nothing says `{words}`: {seen:?}");
}

#[test]
fn a_watched_project_is_rendered_again_when_it_changes_until_ctrl_c() {
    let home = project();
    results(&home, &["--bless"]);
    let mut child = Watching(
        Command::new(PROGRAM)
            .args(["template", "test", "--watch"])
            .env_clear()
            .env("HOME", home.path())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    until(&mut lines, "2 cases: 2 passed");
    write(&home, "tests/defaults/definition.yaml", DEFINITION.replace("{}", "{replicas: -1}"));
    until(&mut lines, "2 cases: 1 passed, 1 refused");
    write(&home, "tests/defaults/definition.yaml", DEFINITION);
    until(&mut lines, "2 cases: 2 passed");
    // Something that is being written, and no component yet.
    write(&home, "build/echo.wasm", b"\0asm\x0d\0\x01\0");
    let other = with(|guest| guest.notes = b"Other words.".to_vec());
    write(&home, "build/echo.wasm", other.bytes());
    until(&mut lines, "1 passed, 1 differs");
    let ended = Command::new("kill").args(["-INT", &child.0.id().to_string()]).status().unwrap();
    assert!(ended.success());
    assert_eq!(child.0.wait().unwrap().code(), Some(130));
}

/// The one field of an object that a value led to.
fn field<'d>(document: &'d Value, object: &str, path: &str) -> &'d Value {
    let objects = document["items"].as_array().unwrap();
    let object = objects.iter().find(|one| one["object"] == object).unwrap_or_else(|| panic!("no {object}"));
    let mut fields = object["fields"].as_array().unwrap().iter();
    fields.find(|field| field["path"] == path).unwrap_or_else(|| panic!("no {path} in {object:#}"))
}

fn origins(field: &Value) -> Vec<String> {
    let from = field["from"].as_array().unwrap().iter();
    from.map(|from| format!("{} {}", from["path"].as_str().unwrap(), from["origin"].as_str().unwrap())).collect()
}

#[test]
fn every_field_says_which_values_it_follows() {
    let home = Home::new();
    let line = [
        "template",
        "render",
        "mysql",
        "--set",
        "database=orders",
        "--set",
        "topology=replication",
        "--set",
        "replication.replicas=2",
    ];
    let ran = home.run(&[&line[..], &["--explain", "-o", "json"]].concat());
    let found = document(&ran);
    let replicas = field(&found, "StatefulSet/example", "spec.replicas");
    assert_eq!(replicas["value"], 3);
    let origins_of = origins(replicas);
    assert!(origins_of.contains(&"replication.replicas given".to_owned()), "{origins_of:?}");
    assert!(!origins_of.iter().any(|origin| origin.starts_with("database")), "{origins_of:?}");
    let memory = "spec.template.spec.containers[mysql].resources.limits.memory";
    let origins_of = origins(field(&found, "StatefulSet/example", memory));
    assert!(origins_of.contains(&"size default".to_owned()), "{origins_of:?}");
    assert!(origins_of.contains(&"resources.limits.memory preset".to_owned()), "{origins_of:?}");
    // A text says which of its lines.
    let config = field(&found, "ConfigMap/example-config", "data[\"my.cnf\"]");
    let text = config["value"].as_str().unwrap();
    let from = config["from"].as_array().unwrap().iter().find(|from| from["path"] == "maxConnections").unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let told = from["lines"].as_array().unwrap().iter().filter_map(Value::as_u64);
    let told: Vec<&str> = told.map(|number| lines[usize::try_from(number).unwrap() - 1]).collect();
    assert!(told.iter().any(|line| line.contains("max-connections")), "{told:?}");
    let values = found["values"].as_array().unwrap();
    assert!(values.iter().any(|value| value["effect"] == "none") && found["compared"].as_u64() > Some(50));

    // The YAML means the same with the marks and without.
    let plain = home.run(&line);
    let marked = home.run(&[&line[..], &["--explain"]].concat());
    assert_eq!((marked.code, plain.code), (Some(0), Some(0)), "{marked:?}");
    assert!(marked.stdout.contains("replicas: 3  # ← replication.replicas = 2 (given)"), "{}", marked.stdout);
    assert_eq!(yaml::documents(&marked.stdout).unwrap(), yaml::documents(&plain.stdout).unwrap());
    assert!(
        marked.stderr.contains("not tried: ") && marked.stderr.contains("without effect here: "),
        "{}",
        marked.stderr
    );
}

#[test]
fn a_foreign_template_is_explained_in_its_own_process_and_the_same() {
    let home = Home::new();
    let mut bytes = builtin::find("memcached").unwrap().bytes.to_vec();
    bytes.extend(b"\0\x06\x05ours!");
    write(&home, "mine.wasm", bytes);
    // A slow machine says that it compiles, which is not what is compared.
    assert_eq!(home.run(&["template", "show", "./mine.wasm"]).code, Some(0));
    let own = home.run(&["template", "render", "memcached", "--explain"]);
    let theirs = home.run(&["template", "render", "./mine.wasm", "--explain"]);
    assert_eq!(own, theirs);
    assert!(own.stdout.contains(" ← "), "{own:?}");
}
