//! Hostile components through the real child process of the real binary: each gets its own error, soon, in bounded
//! memory, and the next template renders. Here is how they are tried; the components are in the files beside.

mod bombs;
mod cache;
mod edges;
mod endless;
mod generated;
mod output;
mod purity;
mod rules;
mod schemas;
mod shapes;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kubectl_ku8::render::child::{Launch, SUBCOMMAND};
use kubectl_ku8::render::{Isolation, Limits, Origin, RenderError, Rendered, Runtime, Settings, Template, render};

use super::guest::Guest;
use super::{request, with};
use crate::full;

/// Memory the child may take, in MiB.
const PEAK: u64 = 768;

/// Processor time a child may take beyond compiling.
const SECONDS: f64 = 1.0;

/// A component and how it must end: the name of its error, and words of the sentence.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// `Rendered` where nothing is wrong with it.
    ends: &'static str,
    words: &'static str,
}

impl Case {
    fn new(name: &'static str, guest: &Guest, ends: &'static str, words: &'static str) -> Self {
        Self { name, bytes: guest.bytes(), ends, words }
    }

    fn of(name: &'static str, bytes: Vec<u8>, ends: &'static str, words: &'static str) -> Self {
        Self { name, bytes, ends, words }
    }
}

/// The name of an error's variant.
fn variant(error: &RenderError) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphabetic).collect()
}

/// What a child took, as last seen: it is looked at every other millisecond.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    /// Most memory at once, in MiB.
    peak: u64,
    /// Processor time, in seconds.
    busy: f64,
}

/// Children that can be watched: a shell writes its id down and becomes the real binary's child.
struct Watched {
    folder: tempfile::TempDir,
    launch: Launch,
}

impl Watched {
    fn new() -> Self {
        Self::running(&format!("exec '{}' {SUBCOMMAND}", env!("CARGO_BIN_EXE_kubectl-ku8")))
    }

    /// As [`Watched::new`], with the command that becomes the child.
    fn running(command: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("echo $$ > '{}'; {command}", folder.path().join("id").display());
        let arguments = vec![OsString::from("-c"), script.into()];
        Self { launch: Launch { program: "/bin/sh".into(), arguments, wall: Duration::from_mins(1) }, folder }
    }

    fn runtime(&self, cache: Option<&Path>) -> Runtime {
        let foreign = Isolation::Child(self.launch.clone());
        Runtime::new(Settings { limits: Limits::default(), cache: cache.map(Path::to_owned), foreign }).unwrap()
    }

    /// Runs something that starts children one after another, and says what the greediest took.
    fn watch<T>(&self, work: impl FnOnce() -> T) -> (T, Taken) {
        let id = self.folder.path().join("id");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let mut most = Taken::default();
                while !done.load(Ordering::Relaxed) {
                    if let Some(now) = taken(&id) {
                        most = Taken { peak: most.peak.max(now.peak), busy: most.busy.max(now.busy) };
                    }
                    std::thread::sleep(Duration::from_millis(2));
                }
                most
            });
            let outcome = work();
            done.store(true, Ordering::Relaxed);
            (outcome, watcher.join().unwrap())
        })
    }

    /// Nothing of the last child is left, not even a zombie.
    fn assert_reaped(&self) {
        if let Ok(id) = std::fs::read_to_string(self.folder.path().join("id")) {
            assert!(!PathBuf::from("/proc").join(id.trim()).exists(), "the child {} is still there", id.trim());
        }
    }
}

fn taken(id: &Path) -> Option<Taken> {
    let id = std::fs::read_to_string(id).ok()?;
    let process = Path::new("/proc").join(id.trim());
    let peak = kibibytes(&process, "VmHWM:")? / 1024;
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    // After the name in brackets: user and system time are the 12th and 13th, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(Taken { peak, busy: ticks / 100.0 })
}

fn kibibytes(process: &Path, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(process.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse().ok())
}

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }
}

/// The good template that renders after every bad one, compiled once.
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| Guest::default().bytes());

fn load_and_render(runtime: &Runtime, bytes: &[u8]) -> Result<Rendered, RenderError> {
    let template = runtime.load(bytes.to_vec(), Origin::File("hostile.wasm".into()))?;
    render(runtime, &template, &request(), &[])
}

/// Runs a test in a process of its own, so that its memory is not that of the tests beside it; true inside.
fn alone(path: &str) -> bool {
    const INSIDE: &str = "KU8_TEST_ALONE";
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([path, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}\n{told}");
    for line in text.lines().filter(|line| line.starts_with('P')) {
        std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
    }
    false
}

#[test]
fn p13_hostile_components_harm_nothing() {
    if !alone("sandbox::hostile::p13_hostile_components_harm_nothing") {
        return;
    }
    let children = Watched::new();
    let runtime = children.runtime(None);
    let kept = tempfile::tempdir().unwrap();
    let good_runtime = children.runtime(Some(kept.path()));
    let good = good_runtime.load(GOOD.clone(), Origin::File("good.wasm".into())).unwrap();
    let expected = render(&good_runtime, &good, &request(), &[]).unwrap();
    good_runtime.rest();

    let cases: Vec<Case> =
        [endless::cases(), shapes::cases(), output::cases(), rules::cases()].into_iter().flatten().collect();
    let parent = Path::new("/proc/self");
    let before = kibibytes(parent, "VmRSS:").unwrap();
    let (mut slowest, mut peak) = ((0.0, ""), 0);
    let mut failed = Vec::new();
    for case in &cases {
        let begin = Instant::now();
        let (outcome, taken) = children.watch(|| load_and_render(&runtime, &case.bytes));
        let wall = begin.elapsed();
        runtime.rest();
        children.assert_reaped();
        let (ends, sentence) = match &outcome {
            Ok(_) => ("Rendered".to_owned(), String::new()),
            Err(error) => (variant(error), error.to_string()),
        };
        if ends != case.ends || !sentence.contains(case.words) {
            failed.push(format!("{}: expected {} «{}», got {ends} «{sentence}»", case.name, case.ends, case.words));
        }
        if sentence.chars().any(char::is_control) || sentence.len() > 32 * 1024 {
            failed.push(format!("{}: not a sentence for people: {sentence:.200?}", case.name));
        }
        // Processor time where it is known: the machine may be busy with something else. And without compiling, which
        // has limits of its own.
        let mut taken = taken;
        if taken.busy > SECONDS {
            let code = tempfile::tempdir().unwrap();
            let runtime = children.runtime(Some(code.path()));
            let _ = load_and_render(&runtime, &case.bytes);
            runtime.rest();
            // What shares a processor with others is charged for waiting for memory: the best of three says what it takes.
            for _ in 0..3 {
                let again = children.watch(|| load_and_render(&runtime, &case.bytes)).1.busy;
                taken.busy = taken.busy.min(again);
                runtime.rest();
                if taken.busy <= SECONDS {
                    break;
                }
            }
        }
        if taken.busy > SECONDS || wall > Duration::from_mins(1) || taken.peak > PEAK {
            failed.push(format!("{}: {wall:?}, {taken:?}", case.name));
        }
        if taken.busy > slowest.0 {
            slowest = (taken.busy, case.name);
        }
        peak = peak.max(taken.peak);
        assert_eq!(render(&good_runtime, &good, &request(), &[]).unwrap(), expected, "after {}", case.name);
        good_runtime.rest();
    }
    let grown = kibibytes(parent, "VmRSS:").unwrap().saturating_sub(before) / 1024;
    assert!(grown < 64, "the parent grew by {grown} MiB");
    println!(
        "P13 hostile: {} components, {} failed; slowest {:.2} s of processor ({}); child peak {peak} MiB; parent grew {grown} MiB",
        cases.len(),
        failed.len(),
        slowest.0,
        slowest.1
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(cases.len() >= 60, "{}", cases.len());
}

/// A template that was loaded through watched children.
fn loaded(runtime: &Runtime, guest: &Guest) -> Template {
    runtime.load(guest.bytes(), Origin::File("it.wasm".into())).unwrap()
}
