//! The child process that runs foreign templates: what it does, and each way it can end.
//! The child is this test binary, started with the one test that serves.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kubectl_ku8::render::child::{Compiling, Launch, Watcher, serve};
use kubectl_ku8::render::{Isolation, Limits, Origin, RenderError, Runtime, Settings, render};
use serde_json::json;

use super::guest::Guest;
use super::{request, with};

/// The child: answers on descriptor 3, because the test harness talks on standard output.
#[test]
#[ignore = "started by the tests below"]
fn serves() {
    if let Ok(output) = std::fs::File::options().write(true).open("/dev/fd/3") {
        let _ = serve(std::io::stdin().lock(), output);
    }
}

/// The same child, which tries to open things whenever it has answered, and writes what worked to descriptor 4.
#[test]
#[ignore = "started by the tests below"]
fn serves_and_tries() {
    let open = |path: &str| std::fs::File::options().write(true).open(path);
    if let (Ok(output), Ok(report)) = (open("/dev/fd/3"), open("/dev/fd/4")) {
        let _ = serve(std::io::stdin().lock(), Tries { output, report });
    }
}

struct Tries {
    output: std::fs::File,
    report: std::fs::File,
}

impl Write for Tries {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let file = std::fs::File::open("/etc/passwd").is_ok();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
        // The last line counts: before it compiled it may.
        writeln!(self.report, "file {file}, socket {socket}")?;
        self.output.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.output.flush()
    }
}

fn shell(script: &str, wall: Duration) -> Launch {
    let program = std::env::current_exe().unwrap();
    let arguments = vec![OsString::from("-c"), script.into(), program.into()];
    Launch { program: "/bin/sh".into(), arguments, wall }
}

pub(super) fn this_binary(wall: Duration) -> Launch {
    shell("exec 3>&1 >/dev/null; exec \"$0\" sandbox::child::serves --exact --ignored --nocapture", wall)
}

pub(super) fn runtime(launch: Launch, cache: Option<&Path>) -> Runtime {
    let cache = cache.map(Path::to_owned);
    Runtime::new(Settings { limits: Limits::default(), cache, foreign: Isolation::Child(launch) }).unwrap()
}

fn load_with(launch: Launch) -> RenderError {
    runtime(launch, None).load(Guest::default().bytes(), Origin::Cluster).unwrap_err()
}

#[test]
fn a_foreign_template_runs_in_a_child_and_gives_the_same() {
    let home = tempfile::tempdir().unwrap();
    let runtime = runtime(this_binary(Duration::from_mins(1)), Some(home.path()));
    let template = runtime.load(Guest::default().bytes(), Origin::File("x".into())).unwrap();
    assert_eq!(runtime.check(&template, json!({})).unwrap().values, json!({"replicas": 3}));
    let error = runtime.check(&template, json!({"replicas": 0})).unwrap_err();
    assert_eq!(error.to_string(), "replicas is the number 0; expected at least 1");
    let first = render(&runtime, &template, &request(), &[]).unwrap();
    assert_eq!(first, super::run(&Guest::default()).unwrap());
    let kept = std::fs::read_dir(home.path()).unwrap().count();
    assert_eq!(kept, 1, "the child keeps compiled code in the caller's directory");
}

#[test]
fn what_goes_wrong_in_the_child_is_told_as_if_it_were_here() {
    let runtime = runtime(this_binary(Duration::from_mins(1)), None);
    for (guest, words) in [
        (with(|guest| guest.metadata_body = "(loop $again (br $again))".into()), "instruction budget"),
        (with(|guest| guest.metadata_body = "(drop (memory.grow (i32.const 2000)))".into()), "64 MiB of memory"),
        (with(|guest| guest.metadata_body = "unreachable".into()), "panicked in `metadata`"),
        (with(|guest| guest.schema = b"1".to_vec()), "schema"),
    ] {
        let error = runtime.load(guest.bytes(), Origin::Cluster).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn compiling_cannot_take_for_ever() {
    // Compile time grows with the square of how deep blocks lie (security.md, F11); this is just below the caps.
    let bomb = with(|guest| {
        let nested = "block loop ".repeat(2_450) + &"end end ".repeat(2_450);
        // And many functions with many values that are all needed at the end.
        let wide = "local.get 0 i32.const 3 i32.mul local.set 0 ".repeat(100);
        guest.core = format!("(func {nested})").repeat(5)
            + &format!("(func (param i32) (result i32) {wide} local.get 0)").repeat(6_000);
    });
    let begin = Instant::now();
    let runtime = runtime(this_binary(Duration::from_millis(400)), None);
    let error = runtime.load(bomb.bytes(), Origin::Cluster).unwrap_err();
    assert!(matches!(error, RenderError::ChildTime(2)), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

#[test]
fn each_way_a_child_can_end_has_its_words() {
    let second = Duration::from_secs(1);
    let long = Duration::from_secs(20);
    assert_eq!(load_with(shell("exec sleep 30", second)), RenderError::ChildTime(1));
    let missing = Launch { program: "/no/such/program".into(), arguments: vec![], wall: second };
    assert!(matches!(load_with(missing), RenderError::ChildStart(_)));
    for (script, words) in [
        ("exit 3", "exit status: 3"),
        ("kill -SEGV $$", "signal: 11"),
        ("echo 'thread panicked: boom' >&2; exit 101", "boom"),
        ("printf '\\2\\0\\0\\0\\0\\0\\0\\0[]'", "cannot be read"),
        ("printf '\\2\\0\\0\\0\\0\\0\\0\\0['", "ended without an answer"),
    ] {
        let error = load_with(shell(script, long));
        assert!(
            matches!(error, RenderError::ChildCrashed(_)) && error.to_string().contains(words),
            "{script}: {error:?}"
        );
    }
    let memory = "echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$";
    for script in [memory, "kill -KILL $$"] {
        assert_eq!(load_with(shell(script, long)), RenderError::ChildMemory);
    }
    assert!(matches!(load_with(shell("kill -XCPU $$", long)), RenderError::ChildTime(_)));
    let endless = "printf '\\377\\377\\377\\377\\377\\0\\0\\0'; exec cat /dev/zero";
    assert!(matches!(load_with(shell(endless, long)), RenderError::ChildOutput(_)));
}

#[test]
fn the_child_sees_nothing_of_its_parent() {
    let error = load_with(shell("env >&2; pwd >&2; exit 1", Duration::from_secs(20)));
    assert_eq!(error.to_string(), "the process that runs the template ended without an answer: exit status: 1: /");
}

#[test]
fn a_child_that_compiled_can_open_nothing() {
    let home = tempfile::tempdir().unwrap();
    let report = home.path().join("report");
    let script = format!(
        "exec 3>&1 4>{} >/dev/null; exec \"$0\" sandbox::child::serves_and_tries --exact --ignored --nocapture",
        report.display()
    );
    let runtime = runtime(shell(&script, Duration::from_mins(1)), None);
    runtime.load(Guest::default().bytes(), Origin::Cluster).unwrap();
    let said = std::fs::read_to_string(report).unwrap();
    assert_eq!(said.lines().next_back(), Some("file false, socket false"), "{said}");
}

/// A child that leaves a line in a file when it starts.
fn counted(counter: &Path, wall: Duration) -> Launch {
    let script = format!(
        "echo >> {}; exec 3>&1 >/dev/null; exec \"$0\" sandbox::child::serves --exact --ignored --nocapture",
        counter.display()
    );
    shell(&script, wall)
}

fn starts(counter: &Path) -> usize {
    std::fs::read_to_string(counter).map_or(0, |text| text.lines().count())
}

#[test]
fn one_child_serves_all_tasks_of_a_template() {
    let home = tempfile::tempdir().unwrap();
    let counter = home.path().join("starts");
    let runtime = runtime(counted(&counter, Duration::from_mins(1)), None);
    let guest =
        with(|guest| guest.render_body = "(if (i32.eqz (memory.grow (i32.const 0))) (then unreachable))".into());
    let template = runtime.load(guest.bytes(), Origin::Cluster).unwrap();
    let first = render(&runtime, &template, &request(), &[]).unwrap();
    for _ in 0..5 {
        assert_eq!(runtime.check(&template, json!({})).unwrap().values, json!({"replicas": 3}));
        assert!(runtime.check(&template, json!({"replicas": 0})).is_err());
        assert_eq!(render(&runtime, &template, &request(), &[]).unwrap(), first);
    }
    assert_eq!(starts(&counter), 1, "refusals are answers too");
    // Another template never shares a child.
    let other = with(|guest| guest.notes = b"Another.".to_vec());
    runtime.load(other.bytes(), Origin::Cluster).unwrap();
    render(&runtime, &template, &request(), &[]).unwrap();
    assert_eq!(starts(&counter), 2);
}

#[test]
fn a_guest_that_fails_leaves_nothing_for_the_next_task() {
    let home = tempfile::tempdir().unwrap();
    let counter = home.path().join("starts");
    let runtime = runtime(counted(&counter, Duration::from_mins(1)), None);
    // It counts its calls in a global, and runs out of fuel from the second call of one instance on.
    let guest = with(|guest| {
        guest.core = "(global $calls (mut i32) (i32.const 0))".into();
        guest.render_body = "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (if (i32.gt_u (global.get $calls) (i32.const 1)) (then unreachable))"
            .into();
    });
    let template = runtime.load(guest.bytes(), Origin::Cluster).unwrap();
    let endless = with(|guest| guest.render_body = "(loop $again (br $again))".into());
    let endless = runtime.load(endless.bytes(), Origin::Cluster).unwrap();
    for _ in 0..3 {
        assert!(render(&runtime, &template, &request(), &[]).is_ok());
        let error = render(&runtime, &endless, &request(), &[]).unwrap_err();
        assert!(matches!(error, RenderError::OutOfFuel { .. }), "{error:?}");
    }
    assert_eq!(starts(&counter), 2);
}

/// Where the child is told by its parent: the process group is the test's, so only ids are used.
#[test]
fn a_child_that_died_between_two_tasks_is_replaced_and_a_liar_is_not_asked_again() {
    let home = tempfile::tempdir().unwrap();
    let (counter, pid) = (home.path().join("starts"), home.path().join("pid"));
    let script = format!(
        "echo >> {}; echo $$ > {}; exec 3>&1 >/dev/null; exec \"$0\" sandbox::child::serves --exact --ignored --nocapture",
        counter.display(),
        pid.display()
    );
    let dying = runtime(shell(&script, Duration::from_mins(1)), None);
    let template = dying.load(Guest::default().bytes(), Origin::Cluster).unwrap();
    let id = std::fs::read_to_string(&pid).unwrap();
    assert!(std::process::Command::new("kill").args(["-KILL", id.trim()]).status().unwrap().success());
    let end = Instant::now() + Duration::from_secs(10);
    // Its first thread is gone before the others are.
    let threads = || std::fs::read_dir(format!("/proc/{}/task", id.trim())).map_or(0, Iterator::count);
    while threads() > 1
        || !std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).map_or(true, |stat| stat.contains(") Z "))
    {
        assert!(Instant::now() < end, "the child lives on");
    }
    render(&dying, &template, &request(), &[]).unwrap();
    assert_eq!(starts(&counter), 2);

    // Two answers where one was asked for: the second would be taken for the answer to the next task.
    let answer = r#"{"Unusable":{"Trap":{"call":"x","trap":"lies"}}}"#;
    let lying = format!(
        "echo >> {}; printf '\\{:o}\\0\\0\\0\\0\\0\\0\\0%s' '{answer}'; exec sleep 30",
        counter.display(),
        answer.len()
    );
    let lying = runtime(shell(&lying, Duration::from_mins(1)), None);
    for started in [3, 4] {
        let error = lying.load(Guest::default().bytes(), Origin::Cluster).unwrap_err();
        assert!(error.to_string().contains("lies"), "{error}");
        assert_eq!(starts(&counter), started);
    }
}

#[test]
fn compiling_is_told_while_it_lasts_and_not_when_the_code_was_kept() {
    let home = tempfile::tempdir().unwrap();
    let told: Arc<Mutex<Vec<(String, bool)>>> = Arc::default();
    let watched = || {
        let told = Arc::clone(&told);
        let watcher: Watcher =
            Arc::new(move |one: &Compiling<'_>| told.lock().unwrap().push((one.name.to_owned(), one.done)));
        runtime(this_binary(Duration::from_mins(1)), Some(home.path())).watched_by(watcher)
    };
    let slow = with(|guest| {
        guest.core = format!("(func $slow {} {})", "block loop ".repeat(2_000), "end end ".repeat(2_000));
    });
    watched().load(slow.bytes(), Origin::File("./build/slow.wasm".into())).unwrap();
    let first = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(first.last(), Some(&("slow".to_owned(), true)), "{first:?}");
    assert_eq!(first.iter().filter(|(_, done)| *done).count(), 1);
    watched().load(slow.bytes(), Origin::File("./build/slow.wasm".into())).unwrap();
    assert_eq!(*told.lock().unwrap(), vec![]);
}
