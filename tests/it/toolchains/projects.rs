//! `template new` and `template build` with the real tools of each language, and what the component renders in the sandbox.
//! Compilers that are fetched stay in the cache of real software between runs; nothing else of a project does.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;

use crate::bless::blessing;
use crate::cli::{Home, PROGRAM, Ran};

/// One language: its word, the programs it needs, and the folder of what it fetches.
struct Language {
    word: &'static str,
    needs: &'static [&'static str],
    fetched: Option<&'static str>,
}

const RUST: Language = Language { word: "rust", needs: &["cargo"], fetched: None };
const GO: Language = Language { word: "go", needs: &["go"], fetched: None };
const JAVASCRIPT: Language = Language { word: "javascript", needs: &["node", "npm"], fetched: Some("node_modules") };
const PYTHON: Language = Language { word: "python", needs: &["python3"], fetched: Some(".venv") };

fn skipped(language: &Language, why: &str) {
    // Past the capture of test output.
    let _ = writeln!(std::io::stderr(), "SKIPPED templates in {}: {why}", language.word);
}

/// Where fetched tools and compiled code stay between runs.
fn cache() -> PathBuf {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = named.or_else(|| std::env::home_dir().map(|home| home.join(".cache"))).unwrap();
    let folder = base.join("ku8-real/authoring");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the program with this machine's tools on its path.
fn ku8(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", cache()).env("KUBECONFIG", "/dev/null").env("LC_ALL", "C");
    command.output().unwrap().into()
}

/// A new project, or why there is none.
fn begin(home: &Home, language: &Language, name: &str) -> Result<PathBuf, String> {
    if std::env::var_os("KU8_SKIP_REAL").is_some_and(|value| !value.is_empty()) {
        return Err("KU8_SKIP_REAL is set".into());
    }
    for program in language.needs {
        let there = Command::new(program).arg(if *program == "go" { "version" } else { "--version" }).output();
        there.map_err(|error| format!("{program}: {error}"))?;
    }
    let made = ku8(home.path(), &["template", "new", name, "--lang", language.word]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(made.stderr.contains(&format!("cd {name} && kubectl ku8 template build")), "{}", made.stderr);
    Ok(home.path().join(name))
}

/// Builds a project and returns what `-o json` says of it, or why nobody can here.
fn build(project: &Path, language: &Language) -> Result<Value, String> {
    // Under its own name: node looks for packages in folders of that name alone, also behind a link.
    let kept = language.fetched.map(|name| (project.join(name), cache().join(language.word).join(name)));
    if let Some((here, kept)) = kept.as_ref().filter(|(_, kept)| kept.join(".ku8-whole").is_file()) {
        #[cfg(unix)]
        std::os::unix::fs::symlink(kept, here).unwrap();
    }
    let begin = Instant::now();
    let built = ku8(project, &["template", "build", "-o", "json"]);
    if let Some((here, kept)) = kept.filter(|(here, _)| here.join(".ku8-whole").is_file() && !here.is_symlink()) {
        // What was kept was of other versions, or not whole. Another run may be faster; then ours goes with the project.
        let _ = std::fs::remove_dir_all(&kept);
        let _ = std::fs::create_dir_all(kept.parent().unwrap());
        let _ = std::fs::rename(here, kept);
    }
    for excuse in ["KU8-B001", "cannot be fetched", "took longer than 60 s"] {
        if built.stdout.contains(excuse) || built.stderr.contains(excuse) {
            return Err(format!("{}{}", built.stdout, built.stderr).trim().to_owned());
        }
    }
    assert_eq!(built.code, Some(0), "{}{}", built.stdout, built.stderr);
    let document: Value = serde_json::from_str(&built.stdout).unwrap();
    let line = format!(
        "template in {}: {} bytes, built and described in {:.1} s",
        language.word,
        document["bytes"],
        begin.elapsed().as_secs_f64()
    );
    let _ = writeln!(std::io::stderr(), "{line}");
    Ok(document)
}

/// From nothing to rendered objects, which are those of the golden case.
fn a_project_works(language: &Language) {
    // One after the other: each keeps all processors busy, and compiling has a clock.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let home = Home::new();
    let project = match begin(&home, language, "hello-web") {
        Ok(project) => project,
        Err(why) => return skipped(language, &why),
    };
    let built = match build(&project, language) {
        Ok(built) => built,
        Err(why) => return skipped(language, &why),
    };
    assert_eq!((built["name"].as_str(), built["language"].as_str()), (Some("hello-web"), Some(language.word)));
    let component = project.join("build/hello-web.wasm");
    let bytes = std::fs::read(&component).unwrap();
    assert_eq!(built["bytes"], bytes.len());
    let described = template_pack::described(&bytes).unwrap();
    let metadata: Value = serde_json::from_str(&described.metadata.unwrap()).unwrap();
    assert_eq!(metadata["name"], "hello-web");
    assert!(described.schema.unwrap().contains("x-ku8-i18n"), "the schema is there, with Chinese words");

    let values = ["template", "render", "./build/hello-web.wasm", "--name", "demo", "-n", "prod", "-o", "json"];
    let rendered = ku8(&project, &values);
    assert_eq!(rendered.code, Some(0), "{}", rendered.stderr);
    let list: Value = serde_json::from_str(&rendered.stdout).unwrap();
    let kinds: Vec<&str> = list["items"].as_array().unwrap().iter().filter_map(|item| item["kind"].as_str()).collect();
    assert!(kinds.contains(&"Deployment") && kinds.contains(&"Service"), "{kinds:?}");
    assert_eq!(list["secrets"][0]["name"], "demo-auth", "a secret is asked for, never carried");
    assert_eq!(rendered.stdout, ku8(&project, &values).stdout, "twice the same");

    let bless: &[&str] = if blessing() { &["--bless"] } else { &[] };
    let tested = ku8(&project, &[&["template", "test"], bless].concat());
    assert_eq!(tested.code, Some(0), "{}{}", tested.stdout, tested.stderr);
    if blessing() {
        let text = std::fs::read_to_string(project.join("tests/defaults/expected.yaml")).unwrap();
        let skeleton = Path::new(env!("CARGO_MANIFEST_DIR")).join("skeletons").join(language.word);
        let text = text.replace("hello-web", "{{name}}").replace("Hello web", "{{title}}");
        std::fs::write(skeleton.join("tests/defaults/expected.yaml"), text).unwrap();
    }
    // Python brings its interpreter, which is a warning.
    let strict: &[&str] = if language.word == "python" { &[] } else { &["--strict"] };
    let lint = ku8(&project, &[&["template", "lint", "."], strict].concat());
    assert_eq!(lint.code, Some(0), "{}{}", lint.stdout, lint.stderr);
}

#[test]
fn rust_from_nothing_to_objects() {
    a_project_works(&RUST);
}

#[test]
fn go_from_nothing_to_objects() {
    a_project_works(&GO);
}

#[test]
fn javascript_from_nothing_to_objects() {
    a_project_works(&JAVASCRIPT);
}

#[test]
fn python_from_nothing_to_objects() {
    a_project_works(&PYTHON);
}

/// Two projects in two folders, with the same bytes.
fn builds_are_reproducible(language: &Language) {
    let homes = [Home::new(), Home::new()];
    let mut digests = Vec::new();
    for home in &homes {
        let built = begin(home, language, "hello-web").and_then(|project| build(&project, language));
        match built {
            Ok(built) => digests.push(built["digest"].as_str().unwrap().to_owned()),
            Err(why) => return skipped(language, &why),
        }
    }
    assert_eq!(digests[0], digests[1], "{}", language.word);
}

#[test]
fn go_builds_are_reproducible() {
    builds_are_reproducible(&GO);
}

#[test]
fn rust_builds_are_reproducible() {
    // Each builds the standard library: minutes.
    if !crate::full() {
        return skipped(&RUST, "two whole builds are for tests/run --full");
    }
    builds_are_reproducible(&RUST);
}

#[test]
fn a_folder_in_use_or_a_bad_name_changes_nothing() {
    let home = Home::new();
    std::fs::write(home.path().join("mine"), "a file").unwrap();
    std::fs::create_dir(home.path().join("used")).unwrap();
    std::fs::write(home.path().join("used/.hidden"), "").unwrap();
    for (arguments, id) in [
        (&["used", "--lang", "go"][..], "KU8-B004"),
        (&["x", "used", "--lang", "go"], "KU8-B004"),
        (&["x", "mine", "--lang", "go"], "KU8-F001"),
        (&["Orders", "--lang", "go"], "KU8-B006"),
        (&["orders_db", "--lang", "go"], "KU8-B006"),
        (&["a-name-of-more-than-forty-letters-is-long", "--lang", "go"], "KU8-B006"),
        (&["../x", "--lang", "go"], "KU8-B006"),
        (&["match", "--lang", "rust"], "KU8-B006"),
        (&["fine"], "KU8-G004"),
    ] {
        let ran = home.run(&[&["template", "new"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(ran.stderr.contains(id), "{arguments:?}: {}", ran.stderr);
    }
    let mut left: Vec<String> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["mine", "used"]);
}

#[test]
fn what_is_missing_is_named_with_how_to_get_it() {
    let home = Home::new();
    let nothing = home.run(&["template", "build"]);
    assert!(nothing.code == Some(1) && nothing.stderr.contains("KU8-B003"), "{}", nothing.stderr);
    for (language, hint) in [("go", "https://go.dev/dl"), ("javascript", "https://nodejs.org")] {
        let made = home.run(&["template", "new", "hello", language, "--lang", language]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("PATH", "/nowhere").env("HOME", home.path()).current_dir(home.path());
        let ran: Ran = command.args(["template", "build", language]).stdin(Stdio::null()).output().unwrap().into();
        assert!(ran.code == Some(1) && ran.stderr.contains("KU8-B001") && ran.stderr.contains(hint), "{}", ran.stderr);
    }
    std::fs::write(home.path().join("go/package.json"), "{}").unwrap();
    let both = home.run(&["template", "build", "go"]);
    assert!(both.stderr.contains("several languages: go.mod, package.json"), "{}", both.stderr);
}

#[test]
fn a_compilers_own_words_are_shown_when_it_fails() {
    let home = Home::new();
    let project = match begin(&home, &GO, "broken") {
        Ok(project) => project,
        Err(why) => return skipped(&GO, &why),
    };
    std::fs::write(project.join("main.go"), "package main\n\nfunc main() { nonsense }\n").unwrap();
    let ran = ku8(home.path(), &["template", "build", "broken"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("main.go:3:15") && ran.stderr.contains("KU8-B002"), "{}", ran.stderr);
    assert!(!project.join("build/broken.wasm").exists());
}

#[test]
fn a_module_is_packed_where_it_is_told_and_refused_with_a_reason() {
    let home = Home::new();
    let redis = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates-wasm/dist/redis.wasm");
    std::fs::copy(redis, home.path().join("core.wasm")).unwrap();
    let packed = home.run(&["template", "pack", "core.wasm"]);
    assert_eq!(packed.code, Some(0), "{}", packed.stderr);
    let written = std::fs::read(home.path().join("build/redis.wasm")).unwrap();
    assert!(template_pack::described(&written).unwrap().metadata.unwrap().contains("\"name\":\"redis\""));
    let shown = home.run(&["template", "show", "./build/redis.wasm"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);

    let clock = r#"(module (import "env" "now" (func)) (memory (export "memory") 1))"#;
    std::fs::write(home.path().join("clock.wasm"), wat::parse_str(clock).unwrap()).unwrap();
    let refused = home.run(&["template", "pack", "clock.wasm", "-o", "out.wasm"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("imports env.now"), "{}", refused.stderr);
    assert!(refused.stderr.contains("KU8-B005") && !home.path().join("out.wasm").exists());
}

#[test]
fn what_packing_compiled_is_not_compiled_again() {
    let home = Home::new();
    std::fs::write(home.path().join("core.wasm"), super::packing::module()).unwrap();
    let packed = home.run(&["template", "pack", "core.wasm", "-o", "echo.wasm"]);
    assert_eq!(packed.code, Some(0), "{}", packed.stderr);
    // The code of the component as it was written, with its description beside it.
    let digest = packed.stdout.lines().find_map(|line| line.strip_prefix("sha256:")).unwrap().to_owned();
    let kept = home.path().join(".cache/ku8");
    let mut folders = std::fs::read_dir(&kept).unwrap().map(|folder| folder.unwrap().path());
    assert!(folders.any(|folder| folder.join(format!("{digest}.cwasm")).is_file()), "{digest} in {}", kept.display());
}
