//! The scripts in the real mongosh, against a world of servers made of JavaScript: first boot, lost volumes, growth,
//! shrinking, hand-over; and over the real protocol. It never reaches a mongod; without node or npm it is skipped, aloud.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use super::scripts::Pod;

const VERSION: &str = "2.12.0";

/// The shell's program, installed once into the cache; none when it cannot be had.
fn program() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    INSTALLED.get_or_init(install).clone()
}

fn install() -> Result<PathBuf, String> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache"))).ok_or("no home folder")?;
    let folder = cache.join("ku8-real").join(format!("mongosh-{VERSION}"));
    let program = folder.join("node_modules/.bin/mongosh");
    if program.is_file() {
        return Ok(program);
    }
    if std::env::var_os("KU8_SKIP_REAL").is_some_and(|value| !value.is_empty()) {
        return Err("KU8_SKIP_REAL is set".into());
    }
    // Beside its place and then moved there, so that one that was interrupted is never taken for whole.
    let fresh = folder.with_extension(format!("new-{}", std::process::id()));
    std::fs::create_dir_all(&fresh).map_err(|error| error.to_string())?;
    let ran = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(&fresh)
        .arg(format!("mongosh@{VERSION}"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if !ran.status.success() {
        let _ = std::fs::remove_dir_all(&fresh);
        return Err(format!("npm: {}", String::from_utf8_lossy(&ran.stderr)));
    }
    // Another run may have been faster; then ours is not needed.
    if std::fs::rename(&fresh, &folder).is_err() {
        let _ = std::fs::remove_dir_all(&fresh);
    }
    if program.is_file() { Ok(program) } else { Err("npm installed no mongosh".into()) }
}

fn skipped(why: &str) {
    // Past the capture of test output.
    let _ = writeln!(std::io::stderr(), "SKIPPED the scripts in mongosh: {why}");
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name)
}

/// The environment of a member's shell; `timeout` ends a script that turns for ever.
fn shell(pod: &Pod, program: &Path) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "120"]).env_clear();
    command.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
    command.env("HOME", pod.path("home")).env("KU8_SCRIPTS", folder("files")).env("KU8_AUTH", pod.path("auth"));
    command.env("KU8_STATUS", pod.path("status")).env("KU8_MEMBERS_FILE", pod.path("members"));
    command.env("KU8_NAME", "orders").env("KU8_DOMAIN", "orders-headless.shop.svc.cluster.local");
    command.env("KU8_SET", "rs0").env("KU8_DATABASE", "orders").env("KU8_USERNAME", "app").env("KU8_METRICS", "true");
    command.stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_situation_of_the_table() {
    let program = match program() {
        Ok(program) => program,
        Err(why) => return skipped(&why),
    };
    let pod = Pod::new();
    let mut command = shell(&pod, &program);
    command.env("KU8_TEST", folder("tests/mongosh")).args(["mongosh", "--nodb", "--quiet", "--norc", "--file"]);
    let output = command.arg(folder("tests/mongosh/cases.js")).output().unwrap();
    let said = text(&output);
    assert!(output.status.success() && said.contains("all held"), "{said}");
    assert!(said.lines().filter(|line| line.starts_with("ok ")).count() >= 23, "{said}");
}

#[test]
fn each_script_starts_as_the_pod_starts_it_and_leaves_nothing_behind() {
    let program = match program() {
        Ok(program) => program,
        Err(why) => return skipped(&why),
    };
    let run = |script: &str, pod: &Pod| {
        pod.write("members", "3\n");
        let mut command = shell(pod, &program);
        command.env("KU8_POD", "orders-0").env("KU8_KEEP", "1").env("KU8_HIGHEST", "1").env("KU8_PATIENCE", "0");
        command.args(["sh"]).arg(folder("files/shell.sh")).arg(script).output().unwrap()
    };
    let pod = Pod::new();
    let stop = run("stop.js", &pod);
    assert!(stop.status.success() && text(&stop).contains("not primary"), "{stop:?}");
    // No server answers here: the Job must fail and say that nothing was lost.
    let remove = run("remove.js", &pod);
    assert_eq!(remove.status.code(), Some(1), "{remove:?}");
    assert!(text(&remove).contains("no member was lost"), "{remove:?}");
    let mut written: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(pod.path("home/.mongodb/mongosh")).unwrap() {
        written.push(entry.unwrap().file_name().to_string_lossy().into_owned());
    }
    assert!(written.iter().all(|name| !name.contains("_log")), "a log would hold addresses: {written:?}");
}

#[test]
fn the_real_protocol_carries_what_the_scripts_mean() {
    let program = match program() {
        Ok(program) => program,
        Err(why) => return skipped(&why),
    };
    let apart = Command::new("unshare").args(["--net", "ip", "link", "set", "lo", "up"]).output();
    if !apart.is_ok_and(|output| output.status.success()) {
        return skipped("no network of its own: needs root, unshare and iproute2");
    }
    let pod = Pod::new();
    pod.write("members", "1\n");
    let mut command = shell(&pod, &program);
    command.env("KU8_POD", "orders-0").env("KU8_WIRE", folder("tests/mongosh/wire.js"));
    command.env("KU8_MODULES", program.parent().unwrap().parent().unwrap());
    let output = command.args(["unshare", "--net", "sh"]).arg(folder("tests/mongosh/wire.sh")).output().unwrap();
    let said = text(&output);
    assert!(output.status.success() && said.contains("the loop has stopped"), "{said}");
    let wanted =
        "replSetInitiate@admin createUser@admin usersInfo@orders createUser@orders usersInfo@admin createUser@admin";
    assert!(said.contains(wanted), "{said}");
    assert!(said.contains("nobody to hand over to"), "{said}");
    for secret in ["Root/pass@1", "App:pass%2", "Metr#pass3"] {
        assert!(!said.contains(secret), "{said}");
    }
}
