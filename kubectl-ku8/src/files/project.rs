//! The folder of a template project: what was built, its cases, and whether anything of it changed.
//! It removes nothing but what it is told was made by this program.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::FilesError;

fn failed(path: &Path) -> impl Fn(std::io::Error) -> FilesError + '_ {
    |error| FilesError::Read { path: path.display().to_string(), reason: error.to_string() }
}

/// Folders inside a folder with their names, sorted; none where it does not exist. Hidden ones are left out.
///
/// # Errors
/// When it is there and cannot be read.
pub fn folders_in(path: &Path) -> Result<Vec<(String, PathBuf)>, FilesError> {
    let mut found = Vec::new();
    if !path.exists() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(path).map_err(failed(path))? {
        let entry = entry.map_err(failed(path))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// Files of a folder with this ending, sorted; none where it does not exist.
///
/// # Errors
/// When it is there and cannot be read.
pub fn files_ending(path: &Path, ending: &str) -> Result<Vec<PathBuf>, FilesError> {
    let mut found = Vec::new();
    if !path.exists() {
        return Ok(found);
    }
    for entry in std::fs::read_dir(path).map_err(failed(path))? {
        let file = entry.map_err(failed(path))?.path();
        if file.is_file() && file.extension().is_some_and(|found| found == ending) {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

/// Says whether this is a folder.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// The whole path of a folder, behind all links; as it was given where the system does not say.
pub fn whole_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Removes a file that something else replaces; one that is not there is removed already.
///
/// # Errors
/// When the system refuses.
pub fn remove_replaced(path: &Path) -> Result<(), FilesError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FilesError::Write { path: path.display().to_string(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Removes a folder that this program had made, with all that is in it; of a link only the link. One that is not there is
/// removed already.
///
/// # Errors
/// When the system refuses.
pub fn remove_made(path: &Path) -> Result<(), FilesError> {
    let is_link = path.symlink_metadata().is_ok_and(|about| about.is_symlink());
    let removed = if is_link { std::fs::remove_file(path) } else { std::fs::remove_dir_all(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FilesError::Write { path: path.display().to_string(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// When a file was written and how large it is: equal while nothing changed.
pub type Stamp = (PathBuf, Option<SystemTime>, u64);

/// Stamps of a file, or of all files of a folder and of the folders in it.
pub fn stamps(path: &Path) -> Vec<Stamp> {
    let Ok(about) = path.metadata() else { return Vec::new() };
    if !about.is_dir() {
        return vec![(path.to_owned(), about.modified().ok(), about.len())];
    }
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut found: Vec<Stamp> = entries.flatten().flat_map(|entry| stamps(&entry.path())).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_read_and_its_changes_are_seen() {
        let home = tempfile::tempdir().unwrap();
        let tests = home.path().join("tests");
        assert_eq!(folders_in(&tests).unwrap(), []);
        std::fs::create_dir_all(tests.join("b")).unwrap();
        std::fs::create_dir_all(tests.join("a")).unwrap();
        std::fs::create_dir_all(tests.join(".hidden")).unwrap();
        let names: Vec<String> = folders_in(&tests).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b"]);
        let file = tests.join("a/x.wasm");
        std::fs::write(&file, "1").unwrap();
        let before = stamps(&tests);
        assert_eq!(files_ending(&tests.join("a"), "wasm").unwrap(), std::slice::from_ref(&file));
        std::fs::write(&file, "22").unwrap();
        assert_ne!(stamps(&tests), before);
        remove_replaced(&file).unwrap();
        remove_replaced(&file).unwrap();
        assert_eq!(stamps(&tests), []);
    }

    #[cfg(unix)]
    #[test]
    fn what_was_made_is_removed_and_never_what_a_link_leads_to() {
        let home = tempfile::tempdir().unwrap();
        let (made, link) = (home.path().join("made"), home.path().join("link"));
        std::fs::create_dir_all(made.join("deep/deeper")).unwrap();
        std::os::unix::fs::symlink(&made, &link).unwrap();
        remove_made(&link).unwrap();
        assert!(made.join("deep/deeper").is_dir() && !link.exists());
        remove_made(&made).unwrap();
        remove_made(&made).unwrap();
        assert!(!made.exists());
    }
}
