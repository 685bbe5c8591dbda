//! Sessions: what a person types and all that is answered, in files beside this one; `BLESS=1` rewrites the answers.
//! It never looks at parts: standard output, standard error and exit code are compared together.
//!
//! A line `$ …` is run by `sh`, with `kubectl ku8` being the program under test. Then follow standard output as it is,
//! standard error behind `! `, and the exit code behind `= ` when it is not 0. Lines `# …` before a command say why.

use std::fmt::Write;
use std::path::Path;

use super::super::bless::agrees;
use super::{Home, Ran};

/// Runs every command of a session again and compares.
fn session(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/cli").join(name);
    let text = std::fs::read_to_string(&file).unwrap();
    let home = Home::new();
    let mut now = String::new();
    let mut answered = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            now.push_str(line);
            now.push('\n');
            now.push_str(&told(&home, &home.shell(command)));
            now.push('\n');
            answered = true;
        } else if line.starts_with("# ") && (!answered || now.ends_with("\n\n")) {
            now.push_str(line);
            now.push('\n');
            answered = false;
        }
    }
    let now = format!("{}\n", now.trim_end());
    if let Err(why) = agrees(&file, &now) {
        panic!("{why}");
    }
}

/// A run as it stands in a session.
fn told(home: &Home, ran: &Ran) -> String {
    let mut text = String::new();
    for line in ran.stdout.lines() {
        text.push_str(line);
        text.push('\n');
    }
    for line in ran.stderr.lines() {
        text.push_str(format!("! {line}").trim_end());
        text.push('\n');
    }
    if ran.code != Some(0) {
        let _ = writeln!(text, "= {}", ran.code.map_or("a signal".to_owned(), |code| code.to_string()));
    }
    without_digests(&text.replace(home.path().to_str().unwrap(), "$HOME"))
}

/// Digests change with every build of a template, and nobody reads them in a diff.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        told.push_str("sha256:");
        told.push_str(if digits == 64 { "(digest)" } else { &part[..digits] });
        told.push_str(&part[digits..]);
    }
    told
}

#[test]
fn templates_without_a_cluster() {
    session("templates.session");
}

#[test]
fn templates_are_judged_and_explained() {
    session("author.session");
}

#[test]
fn values_that_are_wrong() {
    session("values.session");
}

#[test]
fn command_lines_that_are_wrong() {
    session("usage.session");
}

#[test]
fn kubeconfigs_that_are_wrong() {
    session("kubeconfig.session");
}
