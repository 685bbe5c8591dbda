//! The guides in docs/ do what they say: their commands run as a reader would run them, and write what is shown.
//! A block that cannot run says so in its first line, and the table below counts it.

use std::fs;
use std::path::{Path, PathBuf};

use playground::{Registry, RegistryOptions};

use crate::components::versioned;
use crate::guide::{Guide, Step};
use crate::stage::{Space, say};

/// Every guide with commands, its namespace, and how many of its blocks are not run.
const GUIDES: [(&str, &str, usize); 15] = [
    ("../README.md", "orders", 3),
    ("authoring.md", "guide-authoring", 0),
    ("coming-from-helm.md", "team-a", 0),
    ("concepts.md", "team-b", 0),
    ("cookbook.md", "prod", 1),
    ("editor.md", "team-e", 0),
    ("gitops.md", "guide-gitops", 1),
    ("install.md", "guide-install", 2),
    ("output.md", "guide-output", 0),
    ("plans.md", "guide-plans", 0),
    ("registries.md", "team-r", 0),
    ("security.md", "team-c", 0),
    ("troubleshooting.md", "team-d", 0),
    ("trust.md", "team-f", 3),
    ("tutorial.md", "tutorial", 0),
];

/// Pages that are not run here: those of errors show one command each, which the tests of those errors run, and a
/// translation has the very blocks of its original, which `it/docs.rs` compares.
const ELSEWHERE: [&str; 2] = ["errors/", "zh-CN/"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// Every page below docs/, as `zh-CN/tutorial.md`.
fn pages(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("docs/") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path.strip_prefix(docs()).expect("below docs/").display().to_string());
        }
    }
}

/// Runs a guide from its first command to its last, in a namespace of its own.
fn run(name: &str) {
    if let Some(space) = space(name) {
        follow(name, &space, "");
    }
}

/// The namespace of a guide.
fn space(name: &str) -> Option<Space> {
    let (_, namespace, _) = GUIDES.iter().find(|(guide, ..)| *guide == name).expect("a guide of the table");
    let mut space = Space::new(namespace)?;
    space.set("USER", "mia");
    space.set("HOSTNAME", "laptop");
    Some(space)
}

/// Runs its commands in one terminal, in which these settings were made before.
fn follow(name: &str, space: &Space, settings: &str) {
    follow_with(name, space, settings, ("", ""));
}

/// As [`follow`], where something of ours stands in for what the guide names.
fn follow_with(name: &str, space: &Space, settings: &str, (theirs, ours): (&str, &str)) {
    let there = |text: &str| if theirs.is_empty() { text.to_owned() } else { text.replace(theirs, ours) };
    let back = |text: &str| if ours.is_empty() { text.to_owned() } else { text.replace(ours, theirs) };
    let file = docs().join(name);
    let mut guide = Guide::parse(&fs::read_to_string(&file).expect("a guide"));
    assert!(guide.steps.len() > 3, "{name} lost its commands");
    let (mut kept, mut wrong) = (settings.to_owned(), Vec::new());
    for index in 0..guide.steps.len() {
        let Step { command, code, line, .. } = &guide.steps[index];
        // As in one terminal: what is written to both streams is one text, and settings last.
        let mut ran = space.shell(&format!("exec 2>&1\n{kept}{}\n", there(command)));
        ran.stdout = back(&ran.stdout);
        assert_eq!(ran.code, *code, "docs/{name}:{line}: {command}\n{}", ran.stdout);
        if command.starts_with("export ") || command.starts_with("cd ") {
            kept = format!("{kept}{command}\n");
        }
        if let Err(why) = guide.steps[index].shows(&ran.stdout) {
            wrong.push(format!("docs/{name}:{line}: {command}\n{why}"));
            guide.replace(index, &ran.stdout);
        }
    }
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&file, guide.text()).expect("the guide");
    } else {
        assert!(wrong.is_empty(), "{}\nto accept: BLESS=1, then read the diff", wrong.join("\n"));
    }
}

#[test]
fn every_guide_is_run_and_what_is_not_is_counted() {
    let mut found = Vec::new();
    pages(&docs(), &mut found);
    found.push("../README.md".into());
    found.sort();
    for name in found.iter().filter(|name| !ELSEWHERE.iter().any(|folder| name.starts_with(folder))) {
        let guide = Guide::parse(&fs::read_to_string(docs().join(name)).expect("a page"));
        let known = GUIDES.iter().find(|(guide, ..)| guide == name);
        let not_run = guide.not_run.len();
        assert_eq!(known.is_some(), !guide.steps.is_empty() || not_run > 0, "docs/{name}: GUIDES is not up to date");
        assert_eq!(not_run, known.map_or(0, |(.., count)| *count), "docs/{name}: blocks not run: {:?}", guide.not_run);
        for reason in guide.not_run {
            say(&format!("NOT RUN docs/{name}: {reason}"));
            assert!(reason.len() > 8, "docs/{name}: a block is not run, and does not say why");
        }
    }
    for (name, ..) in GUIDES {
        assert!(found.iter().any(|page| page == name), "docs/{name} is gone");
    }
}

#[test]
fn readme() {
    run("../README.md");
}

#[test]
fn authoring() {
    let Some(mut space) = space("authoring.md") else { return };
    let Some(compiler) = Compiler::find() else {
        say("SKIPPED docs/authoring.md: no compiler for wasm32-unknown-unknown; see templates-wasm/README.md");
        return;
    };
    compiler.set(&mut space);
    let registry = registry(&mut space);
    let path = format!("export PATH=\"{}:$PATH\"\n", compiler.programs.display());
    follow_with("authoring.md", &space, &path, (REGISTRY, &registry.host()));
}

/// What the guides call the registry.
const REGISTRY: &str = "registry.example.com";

/// A registry with TLS, which the commands of this place trust.
fn registry(space: &mut Space) -> Registry {
    let options = RegistryOptions { tls: true, ..RegistryOptions::default() };
    let registry = Registry::start(options, &mut |line| say(line)).expect("a registry");
    space.set("KU8_REGISTRY_CA", registry.authority().display().to_string());
    registry
}

/// What a reader who writes templates has installed.
struct Compiler {
    programs: PathBuf,
    cargo_home: PathBuf,
    rustup_home: PathBuf,
    cache: PathBuf,
}

impl Compiler {
    /// With the target of rustup, or with Debian's compiler and the library's sources.
    fn find() -> Option<Self> {
        let cargo = Path::new(env!("CARGO"));
        let sysroot = cargo.parent()?.parent()?;
        let ready = sysroot.join("lib/rustlib/wasm32-unknown-unknown/lib").exists()
            || Path::new("/usr/lib/rustlib/src/rust/library/std/Cargo.toml").exists();
        let home = PathBuf::from(std::env::var_os("HOME")?);
        let or = |name: &str, other: &str| std::env::var_os(name).map_or_else(|| home.join(other), PathBuf::from);
        let cache = or("XDG_CACHE_HOME", ".cache").join("ku8-real/authoring");
        let (cargo_home, rustup_home) = (or("CARGO_HOME", ".cargo"), or("RUSTUP_HOME", ".rustup"));
        ready.then(|| Self { programs: sysroot.join("bin"), cargo_home, rustup_home, cache })
    }

    /// What cargo needs of the machine; what it builds is kept between runs.
    fn set(&self, space: &mut Space) {
        let text = |path: &Path| path.display().to_string();
        space.set("KU8", text(&docs().join("..")));
        space.set("CARGO_HOME", text(&self.cargo_home));
        space.set("RUSTUP_HOME", text(&self.rustup_home));
        space.set("CARGO_TARGET_DIR", text(&self.cache));
    }
}

#[test]
fn coming_from_helm() {
    run("coming-from-helm.md");
}

#[test]
fn concepts() {
    run("concepts.md");
}

#[test]
fn cookbook() {
    run("cookbook.md");
}

#[test]
fn editor() {
    run("editor.md");
}

#[test]
fn gitops() {
    run("gitops.md");
}

#[test]
fn install() {
    run("install.md");
}

#[test]
fn output() {
    run("output.md");
}

#[test]
fn plans() {
    run("plans.md");
}

#[test]
fn registries() {
    let Some(mut space) = space("registries.md") else { return };
    let registry = registry(&mut space);
    space.set("XDG_CACHE_HOME", space.folder.join("home/.cache").display().to_string());
    fs::create_dir_all(space.folder.join("build")).expect("a folder");
    for (file, version, services) in
        [("mine", "1.0.0", &["echo"][..]), ("newer", "1.1.0", &["echo", "more"]), ("moved", "1.1.0", &["other"])]
    {
        space.file(&format!("build/{file}.wasm"), versioned("echo", version, services));
    }
    follow_with("registries.md", &space, "", (REGISTRY, &registry.host()));
}

#[test]
fn security() {
    run("security.md");
}

#[test]
fn troubleshooting() {
    run("troubleshooting.md");
}

#[test]
fn trust() {
    run("trust.md");
}

#[test]
fn tutorial() {
    run("tutorial.md");
}
