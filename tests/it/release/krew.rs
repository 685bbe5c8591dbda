//! The manifest for krew's index, rule by rule, and by krew itself where it is installed.
//! The rules are krew's own and its index's; what only a reviewer can judge is not here.

use std::collections::BTreeSet;
use std::process::Command;

use kubectl_ku8::definition::yaml::documents;
use serde_json::Value;

use super::{VERSION, archive_name, has, release, run, targets};

/// What krew runs on, as its index checks it.
const SUPPORTED: &[(&str, &[&str])] = &[
    ("windows", &["386", "amd64", "arm64"]),
    ("linux", &["386", "amd64", "arm", "arm64", "ppc64le"]),
    ("darwin", &["386", "amd64", "arm64"]),
];

const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

fn manifest() -> Option<Value> {
    let text = std::fs::read_to_string(release()?.join("dist/ku8.yaml")).unwrap();
    let mut found = documents(&text).unwrap();
    assert_eq!(found.len(), 1);
    found.pop()
}

fn platforms(manifest: &Value) -> &Vec<Value> {
    manifest["spec"]["platforms"].as_array().unwrap()
}

#[test]
fn the_name_is_one_krew_takes() {
    let Some(manifest) = manifest() else { return };
    assert_eq!(manifest["apiVersion"], "krew.googlecontainertools.github.com/v1alpha2");
    assert_eq!(manifest["kind"], "Plugin");
    let name = manifest["metadata"]["name"].as_str().unwrap();
    assert_eq!(format!("{name}.yaml"), "ku8.yaml", "the file is called as the plugin is");
    assert!(
        name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'),
        "{name}"
    );
    assert!(!name.starts_with("kube") && !DEVICES.contains(&name), "{name}");
}

#[test]
fn the_description_is_short_wrapped_and_no_manual() {
    let Some(manifest) = manifest() else { return };
    let spec = &manifest["spec"];
    let short = spec["shortDescription"].as_str().unwrap();
    assert!(!short.is_empty() && short.len() <= 50 && !short.contains('\n'), "{}: {short}", short.len());
    assert!(
        !short.to_lowercase().contains("kubectl") && !short.to_lowercase().contains("plugin") && !short.ends_with('.'),
        "{short}"
    );
    let description = spec["description"].as_str().unwrap();
    assert!(description.lines().all(|line| line.len() <= 80), "{description}");
    for words in ["Usage", "usage:", "kubectl ku8", "--"] {
        assert!(!description.contains(words), "no list of commands: {description}");
    }
    let caveats = spec["caveats"].as_str().unwrap();
    assert!(caveats.lines().all(|line| line.len() <= 80) && caveats.lines().count() <= 2, "{caveats}");
    assert!(spec["homepage"].as_str().unwrap().starts_with("https://"));
    assert!(
        spec["homepage"].as_str().unwrap().ends_with("/kubectl-ku8"),
        "the repository has the prefix the guide asks for"
    );
}

#[test]
fn the_version_is_the_tag() {
    let Some(manifest) = manifest() else { return };
    let version = manifest["spec"]["version"].as_str().unwrap();
    assert_eq!(version, format!("v{VERSION}"), "with its v, and no pre-release");
}

#[test]
fn each_platform_is_one_krew_knows_and_no_two_are_the_same() {
    let Some(manifest) = manifest() else { return };
    let mut seen = BTreeSet::new();
    for platform in platforms(&manifest) {
        let selector = platform["selector"].as_object().unwrap();
        assert_eq!(selector.keys().collect::<Vec<_>>(), ["matchLabels"]);
        let labels = selector["matchLabels"].as_object().unwrap();
        assert_eq!(labels.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["arch", "os"]));
        let (os, arch) = (labels["os"].as_str().unwrap(), labels["arch"].as_str().unwrap());
        assert!(SUPPORTED.iter().any(|(known, with)| *known == os && with.contains(&arch)), "{os} {arch}");
        assert!(seen.insert((os, arch)), "{os} {arch} twice");
        let bin = platform["bin"].as_str().unwrap();
        assert_eq!(bin, if os == "windows" { "kubectl-ku8.exe" } else { "kubectl-ku8" });
        assert!(platform.get("files").is_none(), "by default everything is copied");
    }
    assert_eq!(seen.len(), targets().len());
}

#[test]
fn each_checksum_is_that_of_the_archive_which_holds_program_and_licence() {
    let Some(manifest) = manifest() else { return };
    for platform in platforms(&manifest) {
        let labels = &platform["selector"]["matchLabels"];
        let (os, arch) = (labels["os"].as_str().unwrap(), labels["arch"].as_str().unwrap());
        let name = archive_name(VERSION, os, arch);
        assert!(platform["uri"].as_str().unwrap().ends_with(&format!("/v{VERSION}/{name}")));
        let archive = release().unwrap().join("dist").join(&name).display().to_string();
        let sum = platform["sha256"].as_str().unwrap();
        assert!(
            sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
            "{sum}"
        );
        assert_eq!(run("sha256sum", &[&archive]).split(' ').next(), Some(sum));
        // Told by what they hold, as krew tells them.
        let head = std::fs::read(&archive).unwrap();
        assert!(if os == "windows" { head.starts_with(b"PK\x03\x04") } else { head.starts_with(&[0x1f, 0x8b]) });
        let listed = if os == "windows" { run("unzip", &["-Z1", &archive]) } else { run("tar", &["-tf", &archive]) };
        for file in [platform["bin"].as_str().unwrap(), "LICENSE"] {
            assert!(listed.lines().any(|line| line == file), "{name}: no {file} at its top");
        }
    }
}

#[test]
fn krew_itself_installs_each_platform_offline() {
    let Some(release) = release() else { return };
    let program = std::env::var("KU8_KREW").unwrap_or_else(|_| "kubectl-krew".to_owned());
    if !std::path::Path::new(&program).is_file() && !has(&program) {
        return;
    }
    for (_, os, arch) in targets() {
        let home = tempfile::tempdir().unwrap();
        let krew = |arguments: &[&str]| {
            let ran = Command::new(&program)
                .args(arguments)
                .env("KREW_ROOT", home.path())
                .env("KREW_OS", &os)
                .env("KREW_ARCH", &arch)
                .env("KREW_NO_UPGRADE_CHECK", "1")
                .output()
                .unwrap();
            assert!(ran.status.success(), "{os} {arch}: {}", String::from_utf8_lossy(&ran.stderr));
        };
        let manifest = release.join("dist/ku8.yaml").display().to_string();
        let archive = release.join("dist").join(archive_name(VERSION, &os, &arch)).display().to_string();
        krew(&["install", "--manifest", &manifest, "--archive", &archive]);
        let store = home.path().join(format!("store/ku8/v{VERSION}"));
        assert!(store.join("LICENSE").is_file() && store.join("man/kubectl-ku8.1").is_file());
        krew(&["uninstall", "ku8"]);
    }
}
