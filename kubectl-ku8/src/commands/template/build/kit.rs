//! The folder a language's tool fetches into: whole, or noticed and fetched again.
//! It never removes a folder that somebody else made.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::definition::hex;
use crate::error::CommandError;
use crate::files::{exists, make_folder, read_bytes, read_text, remove_made, remove_replaced, write_text};
use crate::terminal::Ui;

/// Inside of the folder, once everything is there: who made it, and of what.
const WHOLE: &str = ".ku8-whole";

/// Who made the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// A build: what it left half done it may remove.
    Build,
    /// Somebody else.
    Other,
}

impl Maker {
    fn word(self) -> &'static str {
        match self {
            Self::Build => "made by template build",
            Self::Other => "made by another",
        }
    }

    /// The first line of a note.
    fn of(note: &str) -> Self {
        if note.lines().next() == Some(Self::Build.word()) { Self::Build } else { Self::Other }
    }
}

/// `node_modules` or `.venv` of a project.
pub(super) struct Kit<'a> {
    /// The project.
    pub(super) project: &'a Path,
    /// Name of the folder.
    pub(super) name: &'static str,
    /// Files that say what has to be in it; one that is not there says nothing.
    pub(super) files: &'static [&'static str],
}

impl Kit<'_> {
    /// The folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.project.join(self.name)
    }

    /// Who made it, if all is there that is wanted now; `tool` is what the wanted files do not say, such as a version.
    pub(super) fn whole(&self, tool: &str) -> Option<Maker> {
        let note = read_text(&self.folder().join(WHOLE)).ok()?;
        let has = |line: &String| note.lines().any(|there| there == line);
        self.wanted(tool).iter().all(has).then(|| Maker::of(&note))
    }

    /// Notes that a fetch begins. What an earlier build made is removed, whole or not; what somebody else made stays,
    /// and that is said.
    ///
    /// # Errors
    /// When the project cannot be written.
    pub(super) fn begin(&self, ui: &Ui) -> Result<Maker, CommandError> {
        let (begun, folder) = (self.begun(), self.folder());
        let cut_off = read_text(&begun).ok();
        let maker = match cut_off.clone().or_else(|| read_text(&folder.join(WHOLE)).ok()) {
            Some(note) => Maker::of(&note),
            None if exists(&folder) => Maker::Other,
            None => Maker::Build,
        };
        if maker == Maker::Other {
            ui.warn(&format!(
                "{} was not made by template build: it stays, and what is wanted goes into it",
                self.name
            ));
        } else if cut_off.is_some() && exists(&folder) {
            ui.warn(&format!("{} is of a build that was cut off: it is removed and fetched again", self.name));
        }
        if let Some(above) = begun.parent() {
            make_folder(above)?;
        }
        write_text(&begun, &format!("{}\n", maker.word()))?;
        if maker == Maker::Build {
            remove_made(&folder)?;
        }
        // From here on nobody takes it for whole.
        remove_replaced(&folder.join(WHOLE))?;
        Ok(maker)
    }

    /// Notes that everything is there.
    ///
    /// # Errors
    /// When the project cannot be written.
    pub(super) fn done(&self, maker: Maker, tool: &str) -> Result<(), CommandError> {
        let lines: Vec<String> = [maker.word().to_owned()].into_iter().chain(self.wanted(tool)).collect();
        write_text(&self.folder().join(WHOLE), &format!("{}\n", lines.join("\n")))?;
        Ok(remove_replaced(&self.begun())?)
    }

    /// A tool's failure, which a folder of somebody else may be to blame for.
    pub(super) fn blamed(&self, maker: Maker, error: CommandError) -> CommandError {
        match maker {
            Maker::Build => error,
            Maker::Other => error.hint(format!(
                "{0} was not made by template build; if it is not whole, remove it, and the next build makes its own: \
                 rm -r {0}",
                self.name
            )),
        }
    }

    /// Beside what is built: tools empty the folder itself before they begin.
    fn begun(&self) -> PathBuf {
        self.project.join("build").join(format!(".fetching-{}", self.name.trim_start_matches('.')))
    }

    /// One line for each file as it is now.
    fn wanted(&self, tool: &str) -> Vec<String> {
        let digest = |bytes: Vec<u8>| format!("sha256:{}", hex(&Sha256::digest(bytes)));
        let line = |name: &&str| Some(format!("{name} {}", digest(read_bytes(&self.project.join(name)).ok()?)));
        self.files.iter().filter_map(line).chain([tool.to_owned()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Surroundings;

    fn kit(project: &Path) -> Kit<'_> {
        Kit { project, name: "node_modules", files: &["package.json", "package-lock.json"] }
    }

    #[test]
    fn what_is_whole_is_known_by_what_it_was_made_of() {
        let (home, ui) =
            (tempfile::tempdir().unwrap(), Ui::new(Surroundings { quiet: true, ..Surroundings::default() }));
        let write = |name: &str, text: &str| write_text(&home.path().join(name), text).unwrap();
        let kit = kit(home.path());
        write("package.json", "{}");
        assert_eq!(kit.whole("node 22"), None);
        let maker = kit.begin(&ui).unwrap();
        make_folder(&kit.folder()).unwrap();
        assert_eq!((maker, kit.whole("node 22")), (Maker::Build, None));
        // The tool writes its lock file while it fetches.
        write("package-lock.json", "{}");
        kit.done(maker, "node 22").unwrap();
        assert_eq!(kit.whole("node 22"), Some(Maker::Build));
        assert_eq!(kit.whole("node 24"), None);
        // A project that keeps no lock file takes what is there; another lock file is another wish.
        remove_replaced(&home.path().join("package-lock.json")).unwrap();
        assert_eq!(kit.whole("node 22"), Some(Maker::Build));
        write("package-lock.json", "{ }");
        assert_eq!(kit.whole("node 22"), None);
    }

    #[test]
    fn only_what_a_build_made_is_removed() {
        let (home, ui) =
            (tempfile::tempdir().unwrap(), Ui::new(Surroundings { quiet: true, ..Surroundings::default() }));
        let (kit, mine) = (kit(home.path()), home.path().join("node_modules/mine"));
        let fill = || {
            make_folder(&kit.folder()).unwrap();
            write_text(&mine, "").unwrap();
        };
        // Cut off twice.
        for _ in 0..2 {
            assert_eq!(kit.begin(&ui).unwrap(), Maker::Build);
            assert!(!exists(&mine));
            fill();
        }
        kit.done(Maker::Build, "").unwrap();
        assert_eq!(kit.begin(&ui).unwrap(), Maker::Build);
        assert!(!exists(&mine));
        remove_replaced(&kit.begun()).unwrap();
        fill();
        for _ in 0..2 {
            assert_eq!(kit.begin(&ui).unwrap(), Maker::Other);
            assert!(exists(&mine));
        }
        kit.done(Maker::Other, "").unwrap();
        assert_eq!((kit.whole(""), kit.begin(&ui).unwrap()), (Some(Maker::Other), Maker::Other));
        assert!(exists(&mine));
    }
}
