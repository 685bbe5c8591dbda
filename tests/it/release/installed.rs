//! What an installed program says of itself: its channel, and other programs kubectl would run in its place.
//! Copies stand in folders of this test; nothing of the machine is looked at.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::super::cli::{Home, PROGRAM};

/// Runs a program with only these folders on its path.
fn run(home: &Home, program: &Path, path: &[&Path], arguments: &[&str]) -> (i32, String, String) {
    let ran = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::join_paths(path).unwrap())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

/// A file that can be run, of which nobody cares what it does.
fn executable(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "#!/bin/sh\n").unwrap();
    super::run("chmod", &["755", &path.display().to_string()]);
}

#[test]
fn a_program_knows_the_channel_it_came_by() {
    let home = Home::new();
    let store = home.path().join(".krew/store/ku8/v1.2.3");
    std::fs::create_dir_all(&store).unwrap();
    std::fs::create_dir_all(home.path().join(".krew/bin")).unwrap();
    let program = store.join("kubectl-ku8");
    // A link of the file system costs nothing; on another one it is a copy.
    std::fs::hard_link(PROGRAM, &program).or_else(|_| std::fs::copy(PROGRAM, &program).map(|_| ())).unwrap();
    let link = home.path().join(".krew/bin/kubectl-ku8");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&program, &link).unwrap();
    let (code, said, _) = run(&home, &link, &[], &["version", "--client"]);
    assert_eq!(code, 0);
    assert!(said.contains("installed: by krew; upgrade: kubectl krew upgrade ku8"), "{said}");
    let (_, said, _) = run(&home, &link, &[], &["version", "--client", "-o", "json"]);
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(document["installed"]["channel"], "krew");
    assert_eq!(document["recordFormats"]["writes"], document["recordFormats"]["reads"][0]);
    assert_eq!(document["server"], Value::Null, "nobody was asked");
}

#[test]
fn doctor_names_what_kubectl_would_run_instead_even_without_a_cluster() {
    let home = Home::new();
    let (early, late) = (home.path().join("early"), home.path().join("late"));
    for name in ["kubectl-ku8-plan", "kubectl-ku8-template-list", "kubectl-ku8-backup"] {
        executable(&early.join(name));
    }
    std::fs::write(early.join("kubectl-ku8-publish"), "no program").unwrap();
    executable(&late.join("kubectl-ku8"));
    let ours = Path::new(PROGRAM);
    let (code, said, complaints) = run(&home, ours, &[&early, ours.parent().unwrap(), &late], &["doctor"]);
    assert_eq!(code, 1);
    assert!(said.contains("early/kubectl-ku8-plan: kubectl runs it in place of `kubectl ku8 plan`"), "{said}");
    assert!(said.contains("in place of `kubectl ku8 template list`"), "{said}");
    assert!(said.contains("late/kubectl-ku8: another kubectl-ku8 that is never run"), "{said}");
    assert!(!said.contains("backup") && !said.contains("publish"), "an extension, and what cannot be run: {said}");
    assert!(complaints.contains("no kubeconfig found"), "what else was not looked at: {complaints}");

    let (_, said, _) = run(&home, ours, &[&late], &["doctor"]);
    assert!(said.contains("it comes first on PATH, so `kubectl ku8` runs it; this is "), "{said}");
    let (_, said, _) = run(&home, ours, &[ours.parent().unwrap()], &["doctor"]);
    assert_eq!(said, "", "nothing to say, and no cluster");
}
