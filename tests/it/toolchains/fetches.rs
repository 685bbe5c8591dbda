//! What a build fetches into a project, cut off and taken up again, with tools that only write down what they were told.
//! Nothing is fetched here; the real tools are tried where whole projects are built.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::{Home, PROGRAM, Ran};

/// Fetches nothing: half of it, when a file `cut` is there, and then ends the build, as a crash does.
const NPM: &str = r#"#!/bin/sh
echo "$1" >> "$LOG"
case "$1" in
  ci|install)
    if [ "$1" = ci ]; then rm -rf node_modules; fi
    mkdir -p node_modules/@bytecodealliance/componentize-js
    echo '{"version": "0.23.0"}' > node_modules/@bytecodealliance/componentize-js/package.json
    echo '{}' > package-lock.json
    if [ -e cut ]; then kill -9 $PPID; exit 1; fi
    touch node_modules/whole ;;
  run)
    for last; do :; done
    if [ ! -e node_modules/whole ]; then echo "Error: Cannot find module './splicer.js'" >&2; exit 1; fi
    cp "$COMPONENT" "$last" ;;
esac
"#;

/// The interpreter of the system, of the environment and of the compiler's own script, by how it is called.
const PYTHON: &str = r#"#!/bin/sh
echo "${1##*/} $2" >> "$LOG"
case "$1 $2" in
  --version*) echo "Python 3.11.7" ;;
  "-m venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  "-m pip")
    if [ -e cut ]; then kill -9 $PPID; exit 1; fi
    touch .venv/bin/componentize-py ;;
  */.venv/bin/componentize-py*)
    for last; do :; done
    if [ ! -e "$1" ]; then echo "No module named componentize_py" >&2; exit 1; fi
    cp "$COMPONENT" "$last" ;;
esac
"#;

/// A project, and the tools its builds find.
struct Project {
    home: Home,
    folder: PathBuf,
}

impl Project {
    fn new(language: &str) -> Self {
        let home = Home::new();
        let made = home.run(&["template", "new", "hello", "--lang", language]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let programs = home.path().join("programs");
        std::fs::create_dir(&programs).unwrap();
        for (name, text) in [("node", "#!/bin/sh\necho v22.1.0\n"), ("npm", NPM), ("python3", PYTHON)] {
            std::fs::write(programs.join(name), text).unwrap();
            std::fs::set_permissions(programs.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let folder = home.path().join("hello");
        Self { home, folder }
    }

    fn build(&self) -> Ran {
        let component = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates-wasm/dist/redis.wasm");
        let path = format!("{}:/usr/bin:/bin", self.home.path().join("programs").display());
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("PATH", path).env("HOME", self.home.path()).env("LC_ALL", "C");
        command.env("LOG", self.home.path().join("log")).env("COMPONENT", component);
        command.args(["template", "build"]).current_dir(&self.folder).stdin(Stdio::null());
        command.output().unwrap().into()
    }

    #[track_caller]
    fn builds(&self) -> Ran {
        let ran = self.build();
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// What the tools were told since the last look, but for what they are asked each time.
    fn told(&self) -> Vec<String> {
        let log = self.home.path().join("log");
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let _ = std::fs::remove_file(log);
        let asked = |line: &&str| !line.starts_with("run") && !line.contains("version") && !line.contains("--quiet");
        text.lines().filter(asked).map(|line| line.trim_end().to_owned()).collect()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn has(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.join(name)).unwrap();
    }

    /// The build is ended in the middle of its fetch.
    #[track_caller]
    fn cut_off(&self) {
        self.write("cut", "");
        assert_eq!(self.build().code, None, "it was not ended");
        self.remove("cut");
    }
}

#[test]
fn a_fetch_of_npm_that_was_cut_off_begins_again() {
    let project = Project::new("javascript");
    project.cut_off();
    project.write("node_modules/half", "");
    let ran = project.builds();
    assert!(ran.stderr.contains("node_modules is of a build that was cut off"), "{}", ran.stderr);
    assert!(!project.has("node_modules/half"));
    assert_eq!(project.told(), ["install", "ci"], "what the lock file says, once there is one");
    assert_eq!(project.builds().stderr.lines().filter(|line| line.contains("warning")).count(), 0);
    assert_eq!(project.told(), Vec::<String>::new(), "all is there");
    let manifest = std::fs::read_to_string(project.folder.join("package.json")).unwrap();
    project.write("package.json", &manifest.replace("0.23.0", "0.24.0"));
    project.builds();
    assert_eq!(project.told(), ["ci"], "another wish");
}

#[test]
fn a_fetch_of_pip_that_was_cut_off_begins_again() {
    let project = Project::new("python");
    project.cut_off();
    project.write(".venv/half", "");
    let ran = project.builds();
    assert!(ran.stderr.contains(".venv is of a build that was cut off"), "{}", ran.stderr);
    assert!(!project.has(".venv/half"));
    assert_eq!(project.told(), ["-m venv", "-m pip", "-m venv", "-m pip"]);
    project.builds();
    assert_eq!(project.told(), Vec::<String>::new(), "all is there");
    project.write("requirements.txt", "componentize-py==0.26.0\n");
    project.builds();
    assert_eq!(project.told(), ["-m venv", "-m pip"], "another wish");
}

#[test]
fn what_somebody_else_made_stays_and_that_is_said() {
    let project = Project::new("python");
    project.write(".venv/mine", "");
    let ran = project.builds();
    assert!(ran.stderr.contains(".venv was not made by template build: it stays"), "{}", ran.stderr);
    assert!(project.has(".venv/mine"));
    project.write("requirements.txt", "componentize-py==0.26.0\n");
    project.cut_off();
    project.builds();
    assert!(project.has(".venv/mine"), "not even after a fetch that was cut off");

    let project = Project::new("javascript");
    project.write("node_modules/mine", "");
    project.write("package-lock.json", "{}");
    project.builds();
    assert_eq!(project.told(), ["install"], "ci would empty it");
    assert!(project.has("node_modules/mine"));
    // Its maker may have left it half done: the failure says what to do.
    project.remove("node_modules/whole");
    let ran = project.build();
    assert!(ran.code == Some(1) && ran.stderr.contains("KU8-B002"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Cannot find module") && ran.stderr.contains("rm -r node_modules"), "{}", ran.stderr);
}
