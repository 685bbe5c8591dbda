//! Which channel brought this file here and how that channel replaces it, and which other files kubectl would run instead.
//! It never asks anybody over the network: there is no version check.

use std::path::{Path, PathBuf};

use super::Context;
use super::checkup::Finding;

/// Where releases are.
const RELEASES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/releases");

/// How a program came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installed {
    /// `krew`, `brew`, `cargo`, `system` or `file`.
    pub(super) channel: &'static str,
    /// What brings a newer one.
    pub(super) upgrade: String,
}

/// Reads the channel off the place of the program; other places of krew and cargo come first.
pub(super) fn installed(program: &Path, krew_root: Option<&Path>, cargo_home: Option<&Path>) -> Installed {
    let shown = program.to_string_lossy().replace('\\', "/");
    let below = |folder: Option<&Path>| folder.is_some_and(|folder| program.starts_with(folder));
    let (channel, upgrade) = if below(krew_root) || shown.contains("/.krew/") {
        ("krew", "kubectl krew upgrade ku8".to_owned())
    } else if shown.contains("/Cellar/") || shown.contains("/homebrew/") || shown.contains("/linuxbrew/") {
        ("brew", "brew upgrade ku8".to_owned())
    } else if below(cargo_home) || shown.contains("/.cargo/bin/") {
        ("cargo", "cargo install --locked kubectl-ku8".to_owned())
    } else if ["/usr/bin/", "/bin/", "/nix/store/"].iter().any(|folder| shown.starts_with(folder)) {
        ("system", "with the package manager of this system".to_owned())
    } else {
        ("file", format!("replace it with a newer one of {RELEASES}"))
    };
    Installed { channel, upgrade }
}

/// How this program came here.
pub(super) fn this_one(context: &Context) -> Option<(PathBuf, Installed)> {
    let program = context.program()?;
    let (krew, cargo) = context.package_roots();
    let found = installed(&program, krew.as_deref(), cargo.as_deref());
    Some((program, found))
}

/// Programs on the path that kubectl runs in place of this one, or of one of its commands.
pub(super) fn shadows(context: &Context, line: &clap::Command) -> Vec<Finding> {
    let mut commands = Vec::new();
    names(line, "", &mut commands);
    let others = crate::files::programs_named(&context.program_folders(), "kubectl-ku8");
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let others: Vec<(PathBuf, PathBuf)> = others.into_iter().map(|path| (real(&path), path)).collect();
    context.program().map(|program| judge(&program, &others, &commands)).unwrap_or_default()
}

/// Every command a person can type, its words separated by spaces.
fn names(command: &clap::Command, path: &str, found: &mut Vec<String>) {
    for below in command.get_subcommands() {
        let name = format!("{path}{}", below.get_name());
        names(below, &format!("{name} "), found);
        found.push(name);
    }
}

/// `others`: each as it is behind all links and as it stands on the path, in the order of the path.
fn judge(program: &Path, others: &[(PathBuf, PathBuf)], commands: &[String]) -> Vec<Finding> {
    let name = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
    };
    let mut found = Vec::new();
    let mut whole = others.iter().filter(|(_, path)| name(path) == "kubectl-ku8");
    let first = whole.next();
    if let Some((real, path)) = first.filter(|(real, _)| real != program) {
        found.push(Finding {
            subject: path.display().to_string(),
            problem: format!(
                "it comes first on PATH, so `kubectl ku8` runs it{}; this is {}",
                behind(real, path),
                program.display()
            ),
            repair: "remove one of the two, or change the order of PATH".to_owned(),
        });
    }
    for (real, path) in whole.filter(|(real, _)| real != program && first.is_none_or(|(first, _)| first != real)) {
        found.push(Finding {
            subject: path.display().to_string(),
            problem: format!(
                "another kubectl-ku8{} that is never run: PATH names another folder first",
                behind(real, path)
            ),
            repair: "remove it, so that an upgrade does not go to the wrong one".to_owned(),
        });
    }
    for (_, path) in others {
        // kubectl joins words with `-` and looks for the longest name first; a `-` inside a word becomes `_`.
        let words = name(path).strip_prefix("kubectl-ku8-").map(|rest| rest.replace('-', " ").replace('_', "-"));
        if let Some(words) = words.filter(|words| commands.contains(words)) {
            found.push(Finding {
                subject: path.display().to_string(),
                problem: format!(
                    "kubectl runs it in place of `kubectl ku8 {words}`: it looks for the longest name first"
                ),
                repair: "remove it, or give it the name of a command that this program does not have".to_owned(),
            });
        }
    }
    found
}

fn behind(real: &Path, path: &Path) -> String {
    if real == path { String::new() } else { format!(" ({})", real.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_is_read_off_the_place() {
        for (path, channel, upgrade) in [
            ("/home/a/.krew/store/ku8/v0.1.0/kubectl-ku8", "krew", "kubectl krew upgrade ku8"),
            ("/opt/krew/store/ku8/v0.1.0/kubectl-ku8", "krew", "kubectl krew upgrade ku8"),
            ("C:\\Users\\a\\.krew\\store\\ku8\\v0.1.0\\kubectl-ku8.exe", "krew", "kubectl krew upgrade ku8"),
            ("/opt/homebrew/Cellar/ku8/0.1.0/bin/kubectl-ku8", "brew", "brew upgrade ku8"),
            ("/home/linuxbrew/.linuxbrew/Cellar/ku8/0.1.0/bin/kubectl-ku8", "brew", "brew upgrade ku8"),
            ("/home/a/.cargo/bin/kubectl-ku8", "cargo", "cargo install --locked kubectl-ku8"),
            ("/usr/bin/kubectl-ku8", "system", "with the package manager of this system"),
            ("/home/a/bin/kubectl-ku8", "file", "replace it with a newer one of https://"),
        ] {
            let found = installed(Path::new(path), Some(Path::new("/opt/krew")), None);
            assert_eq!(found.channel, channel, "{path}");
            assert!(found.upgrade.starts_with(upgrade), "{path}: {}", found.upgrade);
        }
    }

    #[test]
    fn what_kubectl_would_run_instead_is_named_and_extensions_are_not() {
        let same = |path: &str| (PathBuf::from(path), PathBuf::from(path));
        let commands = ["plan".to_owned(), "template list".to_owned(), "set-image".to_owned()];
        let judged = |others: &[(PathBuf, PathBuf)]| {
            let found = judge(Path::new("/a/kubectl-ku8"), others, &commands);
            found.into_iter().map(|one| one.subject).collect::<Vec<_>>()
        };
        assert_eq!(judged(&[]), Vec::<String>::new());
        assert_eq!(judged(&[same("/a/kubectl-ku8")]), Vec::<String>::new());
        assert_eq!(
            judged(&[(PathBuf::from("/a/kubectl-ku8"), PathBuf::from("/links/kubectl-ku8"))]),
            Vec::<String>::new()
        );
        assert_eq!(judged(&[same("/b/kubectl-ku8"), same("/a/kubectl-ku8")]), ["/b/kubectl-ku8"]);
        assert_eq!(judged(&[same("/a/kubectl-ku8"), same("/b/kubectl-ku8")]), ["/b/kubectl-ku8"]);
        let named = ["/x/kubectl-ku8-plan", "/x/kubectl-ku8-template-list", "/x/kubectl-ku8-set_image"];
        assert_eq!(judged(&named.map(same)), named);
        assert_eq!(judged(&[same("/x/kubectl-ku8-backup"), same("/x/kubectl-ku8-planner")]), Vec::<String>::new());
    }
}
