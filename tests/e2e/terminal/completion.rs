//! Completion as shells get it: through a real kubectl, by the second name, and by the scripts.
//! Whatever is wrong, a shell gets an answer and no noise.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::stage::{Space, config_map, say, yaml};

/// A folder that holds the plugin and, by its own command, the program kubectl completes with.
fn installed(space: &Space) -> String {
    let folder = space.folder.join("bin");
    std::fs::create_dir_all(&folder).expect("a folder");
    let _ = std::fs::remove_file(folder.join("kubectl-ku8"));
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-ku8"), folder.join("kubectl-ku8")).expect("a link");
    let folder = folder.display().to_string();
    // Found on PATH, as krew's link is: the program goes beside the link and not beside what it points to.
    space
        .shell(&format!("PATH={folder}:$PATH kubectl-ku8 completion install"))
        .ok()
        .says(&[&format!("{folder}/kubectl_complete-ku8 written"), "source <(kubectl completion bash)"]);
    folder
}

#[test]
fn kubectl_completes_our_names_with_what_they_are() {
    let Some(space) = Space::new("complete-kubectl") else { return };
    let folder = installed(&space);
    space.run("define orders-db -t mysql --set database=orders").ok();
    space.run("define other-cache -t redis").ok();
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let ask = |words: &str| {
        let ran = space.shell(&format!("PATH={folder}:$PATH kubectl __complete ku8 {words}")).ok();
        let mut lines: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
        let last = lines.pop().unwrap_or_default();
        (lines, last)
    };
    assert_eq!(ask("plan o").0, ["orders-db\tmysql, Draft", "other-cache\tredis, Draft"]);
    assert_eq!(ask("status w").0, ["web\tmanifests, Published"]);
    assert_eq!(ask("publish ''").1, ":4", "nothing but names");
    assert!(ask("def").0[0].starts_with("define\tCreate or update"), "{:?}", ask("def"));
    assert_eq!(ask("define x -t red").0, ["redis\tRedis or Valkey"]);
    let (paths, then) = ask("define x -t redis --set ''");
    assert!(paths.iter().any(|path| path.starts_with("size=\t")), "{paths:?}");
    assert_eq!(then, ":6", "no space after a path, and no files");
    // A stored definition says itself which template it has.
    assert_eq!(ask("define orders-db --set size=m").0, ["size=medium"]);
    let revisions = ask("rollback web --to ''").0;
    assert!(revisions.len() == 1 && revisions[0].starts_with("1\tpublished, "), "{revisions:?}");
    assert_eq!(ask("plan --context ''").0[0].split('\t').next(), Some("playground"));
    assert!(ask("list -n complete-k").0.contains(&"complete-kubectl".to_owned()));
    assert_eq!(ask("plan -f ''").1, ":0", "files are the shell's own");
    assert!(ask("plan --det").0[0].starts_with("--detailed-exitcode\t"));
    // Where it is looked is said on the line.
    assert_eq!(ask("plan -n default o").0, [""; 0]);
    space.shell(&format!("PATH={folder}:$PATH kubectl-ku8 completion install")).ok();
    space.file("bin/kubectl_complete-ku8", "#!/bin/sh\necho mine\n");
    space
        .shell(&format!("PATH={folder}:$PATH kubectl-ku8 completion install"))
        .fails(1, &["is there already and was not written by this command"])
        .hints();
}

#[test]
fn nothing_goes_wrong_aloud() {
    let Some(space) = Space::new("complete-quiet") else { return };
    space.file("dead", "apiVersion: v1\nkind: Config\ncurrent-context: dead\ncontexts: [{name: dead, context: {cluster: dead, user: dead}}]\nclusters: [{name: dead, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: dead, user: {}}]\n");
    space.file("broken", "contexts: [\n");
    let script = space.file("plugin.sh", "#!/bin/sh\n[ -t 0 ] && echo terminal > asked\necho noise >&2\nexit 1\n");
    let exec = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: e\ncontexts: [{{name: e, context: {{cluster: e, user: e}}}}]\nclusters: [{{name: e, cluster: {{server: 'https://127.0.0.1:1'}}}}]\nusers: [{{name: e, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{script}'], interactiveMode: IfAvailable}}}}}}]\n"
    );
    space.file("exec", exec);
    let folder = installed(&space);
    for file in ["dead", "broken", "nowhere", "exec"] {
        for words in ["plan o", "rollback x --to ''", "define x --set ''", "list -n ''"] {
            let line = format!("{folder}/kubectl_complete-ku8 --kubeconfig {file} {words}");
            let ran = space.shell(&line).ok();
            assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (":4\n", ""), "{line}");
            assert!(ran.took < Duration::from_secs(10), "{line}: {:?}", ran.took);
        }
    }
    assert!(!space.folder.join("asked").exists(), "a plugin was given the terminal");
    for line in ["", "--", "-", "--context", "plan -- -- x", "nothing at all", "secret set a b c d e", "-n"] {
        let all: Vec<&str> = ["__complete"].into_iter().chain(line.split(' ')).collect();
        let ran = space.ku8(&all).ok();
        assert!(ran.stderr.is_empty() && ran.stdout.ends_with('\n'), "{line}: {ran:?}");
    }
}

#[test]
fn an_answer_is_no_slower_than_a_list() {
    let Some(space) = Space::new("complete-time") else { return };
    space.run("define orders-db -t mysql --set database=orders").ok();
    let best = |words: &[&str]| {
        let once = || {
            let began = Instant::now();
            space.ku8(words).ok();
            began.elapsed()
        };
        (0..7).map(|_| once()).min().unwrap_or_default()
    };
    let list = best(&["list"]);
    let names = best(&["__complete", "plan", "o"]);
    let parameters = best(&["__complete", "define", "x", "-t", "mysql", "--set", "s"]);
    say(&format!("completion: names {names:?}, parameters {parameters:?}; a list {list:?}"));
    assert!(names < list * 3 + Duration::from_millis(50), "{names:?} against {list:?}");
    assert!(parameters < list * 3 + Duration::from_millis(250), "{parameters:?} against {list:?}");
}

#[test]
fn the_scripts_are_read_by_their_shells() {
    let Some(space) = Space::new("complete-shells") else { return };
    space.run("define orders-db -t mysql --set database=orders").ok();
    for (shell, check) in [("bash", vec!["-n"]), ("zsh", vec!["-n"]), ("fish", vec!["--no-execute"])] {
        let script = space.run(&format!("completion {shell}")).ok().stdout;
        assert!(script.contains("kubectl-ku8 __complete"), "{script}");
        let file = space.file(&format!("script.{shell}"), script);
        match Command::new(shell).args(&check).arg(&file).output() {
            Err(_) => say(&format!("SKIPPED the script for {shell}: it is not installed")),
            Ok(out) => assert!(out.status.success(), "{shell}: {}", String::from_utf8_lossy(&out.stderr)),
        }
    }
    // What completes is known to elvish only where somebody types, so it cannot read its script on its own.
    space.run("completion elvish").ok().says(&["edit:completion:arg-completer[kubectl-ku8]", "__complete"]);
    space.run("completion powershell").ok().says(&["Register-ArgumentCompleter", "__complete"]);
    // bash breaks words at = and puts back only what follows it.
    if Path::new("/bin/bash").exists() {
        let ask = |line: &str| {
            let script = format!(
                "source script.bash; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; _kubectl_ku8; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            );
            space.shell(&format!("bash -c \"$(cat <<'END'\n{script}\nEND\n)\"")).ok().stdout
        };
        assert_eq!(ask("kubectl-ku8 plan o"), "orders-db\n");
        assert_eq!(ask("kubectl-ku8 define x -t mysql --set size=l"), "large\n");
        assert_eq!(ask("kubectl-ku8 define x -t mysql --set storage.cl"), "storage.className=\n");
    }
}
