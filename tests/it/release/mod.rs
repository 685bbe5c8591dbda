//! What a release is made of, before there is one: archives, names that agree everywhere, and the rules of krew's index.
//! Programs inside are stand-ins; only the pages are made by the program under test.

mod installed;
mod k9s;
mod krew;
mod names;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::cli::PROGRAM;

/// The version archives are packed for here.
const VERSION: &str = "1.2.3";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `(target, os, arch)` of everything a release holds.
fn targets() -> Vec<(String, String, String)> {
    let found: Vec<_> = text("packaging/targets")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let [target, os, arch] = words[..] else { panic!("{line}") };
            (target.to_owned(), os.to_owned(), arch.to_owned())
        })
        .collect();
    assert_eq!(found.len(), 6);
    found
}

fn archive_name(version: &str, os: &str, arch: &str) -> String {
    format!("kubectl-ku8_v{version}_{os}_{arch}.{}", if os == "windows" { "zip" } else { "tar.gz" })
}

/// Runs a script of `packaging/`, in a time long past.
fn script(name: &str, arguments: &[&str]) -> (bool, String) {
    let ran = Command::new("bash")
        .arg(root().join("packaging").join(name))
        .args(arguments)
        .env("SOURCE_DATE_EPOCH", "1000000000")
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    (ran.status.success(), said)
}

#[track_caller]
fn run(program: &str, arguments: &[&str]) -> String {
    let ran = Command::new(program).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        // Past the capture of test output.
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "SKIPPED a check: no {program}");
    }
    found
}

/// Pages, six archives, checksums and manifests, made once for all tests.
fn release() -> Option<&'static Path> {
    static MADE: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        if !["tar", "gzip", "zip", "unzip", "sha256sum"].iter().all(|program| has(program)) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (done, said) = script("pages.sh", &[PROGRAM, &path("pages")]);
        assert!(done, "{said}");
        std::fs::write(path("program"), "#!/bin/sh\necho stand-in\n").unwrap();
        for (_, os, arch) in targets() {
            let (done, said) =
                script("archive.sh", &[VERSION, &os, &arch, &path("program"), &path("pages"), &path("dist")]);
            assert!(done && said.trim() == path(&format!("dist/{}", archive_name(VERSION, &os, &arch))), "{said}");
        }
        let sums =
            Command::new("sh").args(["-c", "sha256sum -- kubectl-ku8_*"]).current_dir(path("dist")).output().unwrap();
        std::fs::write(path("dist/checksums.txt"), sums.stdout).unwrap();
        let (done, said) = script("manifests.sh", &[VERSION, &path("dist/checksums.txt"), &path("dist")]);
        assert!(done, "{said}");
        Some(folder)
    });
    made.as_ref().map(tempfile::TempDir::path)
}

#[test]
fn an_archive_is_flat_and_holds_regular_files_only() {
    let Some(release) = release() else { return };
    for (_, os, arch) in targets() {
        let archive = release.join("dist").join(archive_name(VERSION, &os, &arch)).display().to_string();
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path();
        let names: Vec<String> = if os == "windows" {
            run("unzip", &["-q", &archive, "-d", &inside.display().to_string()]);
            run("unzip", &["-Z1", &archive]).lines().map(str::to_owned).collect()
        } else {
            for line in run("tar", &["--list", "--verbose", "--numeric-owner", "--file", &archive]).lines() {
                assert!(line.starts_with('-') || line.starts_with('d'), "neither file nor folder: {line}");
                assert!(line.contains(" 0/0 ") && line.contains(" 2001-09-09 "), "says who packed it: {line}");
            }
            run("tar", &["--extract", "--file", &archive, "--directory", &inside.display().to_string()]);
            run("tar", &["--list", "--file", &archive]).lines().map(str::to_owned).collect()
        };
        let bin = if os == "windows" { "kubectl-ku8.exe" } else { "kubectl-ku8" };
        let mut wanted = vec![bin, "LICENSE", "README.md", "man/kubectl-ku8.1", "man/kubectl-ku8-plan.1"];
        if Command::new(PROGRAM).args(["completion", "--help"]).output().unwrap().status.success() {
            let ends = ["completions/kubectl-ku8.bash", "completions/_kubectl-ku8", "completions/kubectl-ku8.fish"];
            wanted.extend(ends);
        }
        for name in wanted {
            assert!(names.iter().any(|one| one == name), "{archive}: no {name} in {names:?}");
        }
        for name in &names {
            assert!(!name.starts_with('/') && !name.split('/').any(|part| part == ".." || part == "."), "{name}");
            assert!(name.matches('/').count() <= 1, "{name}");
        }
        if cfg!(unix) && os != "windows" {
            use std::os::unix::fs::PermissionsExt;
            let mode = |name: &str| inside.join(name).metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(bin), mode("LICENSE"), mode("man")), (0o755, 0o644, 0o755));
            assert_eq!(run(&inside.join(bin).display().to_string(), &[]), "stand-in\n");
        }
    }
}

#[test]
fn the_same_files_make_the_same_archive() {
    let Some(release) = release() else { return };
    let again = tempfile::tempdir().unwrap();
    let path = |name: &str| release.join(name).display().to_string();
    let pages = again.path().join("pages").display().to_string();
    assert!(script("pages.sh", &[PROGRAM, &pages]).0);
    for (os, arch) in [("linux", "amd64"), ("windows", "arm64")] {
        let out = again.path().display().to_string();
        assert!(script("archive.sh", &[VERSION, os, arch, &path("program"), &pages, &out]).0);
        let name = archive_name(VERSION, os, arch);
        let (first, second) = (
            std::fs::read(release.join("dist").join(&name)).unwrap(),
            std::fs::read(again.path().join(&name)).unwrap(),
        );
        assert!(first == second, "{name} differs");
    }
}

#[test]
fn what_would_make_a_bad_release_is_refused() {
    let Some(release) = release() else { return };
    let path = |name: &str| release.join(name).display().to_string();
    let out = path("bad");
    let none = release.join("none");
    std::fs::create_dir_all(&none).unwrap();
    for (arguments, why) in [
        ([VERSION, "plan9", "amd64", &path("program"), &path("pages"), &out], "plan9 amd64 is not in"),
        (["latest", "linux", "amd64", &path("program"), &path("pages"), &out], "latest is no version"),
        ([VERSION, "linux", "amd64", &path("program"), &none.display().to_string(), &out], "is missing or empty"),
    ] {
        let (done, said) = script("archive.sh", &arguments);
        assert!(!done && said.contains(why), "{said}");
    }
    std::fs::write(path("few.txt"), "abc  kubectl-ku8_v1.2.3_linux_amd64.tar.gz\n").unwrap();
    let (done, said) = script("manifests.sh", &[VERSION, &path("few.txt"), &out]);
    assert!(!done && said.contains("no checksum of kubectl-ku8_v1.2.3_linux_amd64.tar.gz"), "{said}");
    let (done, said) = script("manifests.sh", &["1.2.3-rc.1", &path("dist/checksums.txt"), &out]);
    assert!(!done && said.contains("pre-release"), "{said}");
}

#[test]
fn manual_pages_render_without_a_warning() {
    let Some(release) = release() else { return };
    let pages: Vec<PathBuf> =
        std::fs::read_dir(release.join("pages/man")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(pages.len() > 20, "{}", pages.len());
    if !has("groff") {
        return;
    }
    for page in pages {
        let ran =
            Command::new("groff").args(["-man", "-Tutf8", "-ww", "-rHY=0", "-P-cbou"]).arg(&page).output().unwrap();
        let shown = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && shown.contains("SYNOPSIS"), "{}: {shown}", page.display());
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{}", page.display());
    }
}
