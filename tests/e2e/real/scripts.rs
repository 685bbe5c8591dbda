//! Every script of every rendered template, read by the shells and by shellcheck.
//! It never runs one.

use std::process::Command;

use serde_json::json;

use super::{files, missing, rendered, skip};

/// Values that make each template render all it has.
fn cases() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("zookeeper", json!({})),
        (
            "mysql",
            json!({"database": "orders", "metrics": {"enabled": true}, "initScripts": {"files": {"a.sql": "SELECT 1;"}}}),
        ),
        ("mysql", json!({"database": "orders", "topology": "replication", "slowQueryLogSeconds": 1})),
        ("redis", json!({})),
    ]
}

#[test]
fn every_script_is_clean() {
    let checker = missing(&["shellcheck"]);
    if let Some(why) = &checker {
        skip("shellcheck", &format!("{why}; apt-get install shellcheck"));
    }
    for (template, values) in cases() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut seen = 0;
        for (map, file, text) in files(&rendered(template, &values)) {
            let first = text.lines().next().unwrap_or_default();
            let Some(interpreter) = first.strip_prefix("#!") else { continue };
            let shell = interpreter.rsplit('/').next().unwrap_or_default();
            assert!(["bash", "sh"].contains(&shell), "{template}: {map}/{file}: unknown interpreter {interpreter}");
            seen += 1;
            let path = folder.path().join(format!("{map}-{file}"));
            std::fs::write(&path, &text).expect("a script");
            let at = format!("{template}: {map}/{file}");
            run(&at, Command::new(if shell == "sh" { "dash" } else { "bash" }).arg("-n").arg(&path));
            if checker.is_none() {
                run(&at, Command::new("shellcheck").args(["-S", "warning", "-s", shell]).arg(&path));
            }
        }
        assert!(seen > 0, "{template} renders no script");
    }
}

fn run(at: &str, command: &mut Command) {
    let output = command.output().expect("a program of this machine");
    assert!(output.status.success(), "{at}:\n{}{}", text(&output.stdout), text(&output.stderr));
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
