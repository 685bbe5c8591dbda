//! Every golden case against the strict schemas of the oldest and the newest Kubernetes, as `kubernetes-validate` has
//! them. It never asks a server; the end-to-end tests do, for one version.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::golden;

/// The oldest supported version, and the one the end-to-end tests run.
const VERSIONS: [&str; 2] = ["1.30", "1.36"];

/// Release of `kubernetes-validate`, whose schemas reach from 1.25 to 1.37.
const RELEASE: &str = "1.37.0";

const SCRIPT: &str = r#"
import json, sys
import kubernetes_validate as kv
wrong = 0
for line in sys.stdin:
    case, version, manifest = json.loads(line)
    try:
        kv.validate(manifest, version, strict=True)
    except (kv.ValidationError, kv.SchemaNotFoundError) as error:
        wrong += 1
        path = "/".join(str(part) for part in getattr(error, "absolute_path", []))
        said = getattr(error, "message", str(error))
        print(f"{case} for {version}: {manifest['kind']}/{manifest['metadata']['name']} {path}: {said}")
sys.exit(1 if wrong else 0)
"#;

/// A Python with the package, made once; why there is none otherwise.
fn python() -> Result<PathBuf, String> {
    let home = std::env::var_os("HOME").ok_or("HOME is not set")?;
    let folder = Path::new(&home).join(format!(".cache/ku8-playground/kubernetes-validate-{RELEASE}"));
    let python = folder.join("bin/python3");
    if folder.join("ready").exists() {
        return Ok(python);
    }
    let run = |program: &Path, words: &[&str]| {
        let output =
            Command::new(program).args(words).output().map_err(|error| format!("{}: {error}", program.display()))?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    };
    run(Path::new("python3"), &["-m", "venv", &folder.display().to_string()])?;
    run(&python, &["-m", "pip", "install", "--quiet", &format!("kubernetes-validate=={RELEASE}")])?;
    std::fs::write(folder.join("ready"), "").map_err(|error| error.to_string())?;
    Ok(python)
}

/// All golden cases that render, with their objects for a version.
fn rendered(version: &str) -> Vec<(String, Vec<Value>)> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-versions");
    let mut found = Vec::new();
    for case in golden::cases() {
        if !case.folder.join("expected.yaml").is_file() {
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-ku8"))
            .args(["template", "render", "-o", "json", "--kubernetes", version, "-f"])
            .arg(case.folder.join("definition.yaml"))
            .env_clear()
            .env("HOME", &cache)
            .env("XDG_CACHE_HOME", &cache)
            .output()
            .unwrap();
        let name = format!("{}/{}", case.template, case.name);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        found.push((name, list["items"].as_array().unwrap().clone()));
    }
    found
}

#[test]
fn every_golden_case_fits_the_oldest_and_the_newest_kubernetes() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => {
            // Past the capture of test output; a closed stderr is no reason to fail.
            let _ = writeln!(std::io::stderr(), "SKIPPED schemas of Kubernetes {VERSIONS:?}: {}", why.trim());
            return;
        }
    };
    let (mut lines, mut count) = (String::new(), 0);
    for version in VERSIONS {
        for (case, objects) in rendered(version) {
            for object in objects {
                let group = object["apiVersion"].as_str().unwrap().split('/').next().unwrap_or_default();
                // Kinds of operators are in no schema of Kubernetes.
                if !matches!(group, "monitoring.coreos.com" | "gateway.networking.k8s.io") {
                    lines.push_str(&serde_json::json!([case, version, object]).to_string());
                    lines.push('\n');
                    count += 1;
                }
            }
        }
    }
    assert!(count > 200, "{count} objects");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("objects");
    std::fs::write(&file, lines).unwrap();
    let output = Command::new(python).args(["-c", SCRIPT]).stdin(std::fs::File::open(file).unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
