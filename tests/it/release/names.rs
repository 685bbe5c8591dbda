//! One name for each archive, wherever it is written: the workflow, krew, Homebrew, cargo-binstall.
//! A name that differs in one place is a download that fails for some people only.

use std::collections::BTreeSet;

use kubectl_ku8::definition::yaml::documents;
use serde_json::Value;

use super::{archive_name, root, targets, text};

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

fn url(os: &str, arch: &str) -> String {
    format!("{REPOSITORY}/releases/download/v@VERSION@/{}", archive_name("@VERSION@", os, arch))
}

#[test]
fn every_place_names_the_same_archives() {
    let targets = targets();
    let wanted: BTreeSet<String> = targets.iter().map(|(_, os, arch)| url(os, arch)).collect();

    let workflow = documents(&text(".github/workflows/release.yml")).unwrap().pop().unwrap();
    let built: BTreeSet<&str> = workflow["jobs"]["build"]["strategy"]["matrix"]["include"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["target"].as_str().unwrap())
        .collect();
    assert_eq!(built, targets.iter().map(|(target, _, _)| target.as_str()).collect());

    let krew = documents(&text("packaging/krew/ku8.yaml.in")).unwrap().pop().unwrap();
    let platforms = krew["spec"]["platforms"].as_array().unwrap();
    assert_eq!(platforms.iter().map(|one| one["uri"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), wanted);

    // cargo-binstall fills in its own words.
    let manifest = text("kubectl-ku8/Cargo.toml");
    let binstall: BTreeSet<String> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("pkg-url = \""))
        .map(|line| line.trim_end_matches('"').replace("{ repo }", REPOSITORY).replace("{ version }", "@VERSION@"))
        .collect();
    assert_eq!(binstall, wanted);
    for (target, os, arch) in &targets {
        let place = manifest.find(&format!("binstall.overrides.{target}]")).expect(target);
        let entry: String = manifest[place..].lines().take(3).collect();
        assert!(entry.contains(&format!("_{os}_{arch}.")), "{entry}");
        assert!(entry.contains(if os == "windows" { "pkg-fmt = \"zip\"" } else { "pkg-fmt = \"tgz\"" }), "{entry}");
    }

    let formula = text("packaging/brew/ku8.rb.in");
    let brewed: BTreeSet<String> = formula
        .lines()
        .filter_map(|line| line.trim().strip_prefix("url \""))
        .map(|line| line.trim_end_matches('"').to_owned())
        .collect();
    let unix = targets.iter().filter(|(_, os, _)| os != "windows").map(|(_, os, arch)| url(os, arch)).collect();
    assert_eq!(brewed, unix);
}

#[test]
fn a_release_builds_for_linux_without_a_libc_of_the_system_and_says_its_commit() {
    let workflow = documents(&text(".github/workflows/release.yml")).unwrap().pop().unwrap();
    for (target, os, _) in targets() {
        assert!(os != "linux" || target.ends_with("-musl"), "{target}");
    }
    assert_eq!(workflow["jobs"]["build"]["env"]["KU8_COMMIT"], "${{ github.sha }}");
    let steps: Vec<&Value> = workflow["jobs"]["build"]["steps"].as_array().unwrap().iter().collect();
    let all: String = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    for words in ["--locked", "ldd", "version --client"] {
        assert!(all.contains(words), "{words}");
    }
}

#[test]
fn steps_of_workflows_and_actions_are_free_of_what_shellcheck_finds() {
    if !super::has("shellcheck") {
        return;
    }
    let mut checked = 0;
    for path in [
        ".github/workflows/release.yml",
        "actions/plan/action.yml",
        "actions/apply/action.yml",
        "examples/github/plan.yml",
        "examples/github/publish.yml",
        "examples/github/drift.yml",
        "examples/gitlab/.gitlab-ci.yml",
    ] {
        let document = documents(&text(path)).unwrap().pop().unwrap();
        let mut scripts = Vec::new();
        collect(&document, &mut scripts);
        assert!(!scripts.is_empty() || path.contains("examples"), "{path}: no steps");
        for script in scripts {
            // A value that a forge puts into a script can be a script: it goes through the environment.
            assert!(!script.contains("${{"), "{path}: an expression inside a script\n{script}");
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), format!("#!/usr/bin/env bash\nset -eo pipefail\n{script}\n")).unwrap();
            let ran = std::process::Command::new("shellcheck").arg(file.path()).current_dir(root()).output().unwrap();
            assert!(ran.status.success(), "{path}\n{script}\n{}", String::from_utf8_lossy(&ran.stdout));
            checked += 1;
        }
    }
    assert!(checked > 12, "{checked}");
}

/// The scripts below `run:` and `script:`.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field) {
                    ("run", Value::String(script)) => found.push(script.clone()),
                    ("script", Value::Array(lines)) => {
                        let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
                        found.push(lines.join("\n"));
                    }
                    _ => collect(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
