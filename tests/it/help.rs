//! The whole help as one Markdown file, and what all of it must hold to.
//! It never judges wording: whoever reads the diff of `help.md` does.

use std::fmt::Write;
use std::path::Path;

use super::bless::agrees;
use super::cli::Home;

/// Every command with its long help, parents first.
fn tree(home: &Home, path: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let ran = home.run(&arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    found.push((path.to_vec(), ran.stdout.clone()));
    let listed = ran.stdout.split("\nCommands:\n").nth(1).unwrap_or_default();
    for line in listed.lines().take_while(|line| line.starts_with("  ")) {
        let name = line.split_whitespace().next().unwrap_or_default();
        if line.starts_with("   ") || name == "help" || name.is_empty() {
            continue;
        }
        tree(home, &[path, &[name.to_owned()]].concat(), found);
    }
}

pub(crate) fn all() -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    tree(&Home::new(), &[], &mut found);
    found
}

#[test]
fn the_help_is_the_one_that_was_read() {
    let mut text =
        String::from("# The help of `kubectl ku8`\n\nWritten by `BLESS=1`; a change here is a change people see.\n");
    for (path, help) in all() {
        let name = [&["kubectl".to_owned(), "ku8".to_owned()], &path[..]].concat().join(" ");
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let _ = writeln!(text, "\n## {name}\n\n```text\n{}\n```", help.join("\n"));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/help.md");
    if let Err(why) = agrees(&file, &text) {
        panic!("{why}");
    }
}

#[test]
fn every_command_is_called_as_kubectl_calls_it() {
    let all = all();
    assert!(all.len() > 12, "the list of commands is not read any more: {}", all.len());
    for (path, help) in all {
        let usage = help.lines().find(|line| line.starts_with("Usage:")).unwrap_or_default();
        let expected = [&["Usage: kubectl ku8".to_owned()], &path[..]].concat().join(" ");
        assert!(usage.starts_with(&expected), "{path:?}: {usage}");
        assert!(!help.contains("kubectl-ku8"), "{path:?} names the file instead of the command:\n{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{path:?}: {line}");
        }
    }
}

#[test]
fn every_command_shows_examples() {
    let missing: Vec<String> = all()
        .into_iter()
        .filter(|(_, help)| !help.contains("\n  kubectl ku8 "))
        .map(|(path, _)| path.join(" "))
        .collect();
    assert!(missing.is_empty(), "no example in the help of {missing:?}");
}

#[test]
fn the_hidden_command_stays_hidden() {
    assert!(all().iter().all(|(_, help)| !help.contains("internal")));
}
