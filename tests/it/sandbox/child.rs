//! The child process that runs foreign templates: what it does, and each way it can end.
//! The child is this test binary, started with the one test that serves.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use kubectl_ku8::render::child::{Launch, serve};
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

/// The same child, which afterwards tries to open things and writes what worked to descriptor 4.
#[test]
#[ignore = "started by the tests below"]
fn serves_and_tries() {
    let open = |path: &str| std::fs::File::options().write(true).open(path);
    if let (Ok(output), Ok(mut report)) = (open("/dev/fd/3"), open("/dev/fd/4")) {
        serve(std::io::stdin().lock(), output).unwrap();
        let file = std::fs::File::open("/etc/passwd").is_ok();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
        write!(report, "file {file}, socket {socket}").unwrap();
    }
}

fn shell(script: &str, wall: Duration) -> Launch {
    let program = std::env::current_exe().unwrap();
    let arguments = vec![OsString::from("-c"), script.into(), program.into()];
    Launch { program: "/bin/sh".into(), arguments, wall }
}

fn this_binary(wall: Duration) -> Launch {
    shell("exec 3>&1 >/dev/null; exec \"$0\" sandbox::child::serves --exact --ignored --nocapture", wall)
}

fn runtime(launch: Launch, cache: Option<&Path>) -> Runtime {
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
        guest.core = format!("(func {nested})").repeat(5);
    });
    let begin = Instant::now();
    let runtime = runtime(this_binary(Duration::from_secs(1)), None);
    let error = runtime.load(bomb.bytes(), Origin::Cluster).unwrap_err();
    assert!(matches!(error, RenderError::ChildTime(1)), "{error:?}");
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
    assert_eq!(std::fs::read_to_string(report).unwrap(), "file false, socket false");
}
