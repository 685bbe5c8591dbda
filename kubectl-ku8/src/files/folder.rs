//! Files for everybody in folders people name: pages, completions, settings of other tools; and programs on a path.
//! It never removes a file and never leaves half of one.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::FilesError;

/// Writes a file that everybody may read, and the folders above it; what was there is replaced at once or not at all.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), FilesError> {
    let failed =
        |error: std::io::Error| FilesError::Write { path: path.display().to_string(), reason: error.to_string() };
    // Settings are often links into a folder under version control; the link stays.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&target).map_or(0o644, |there| there.permissions().mode() & 0o777);
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    let mut file = builder.prefix(".ku8-").tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(&target).map(|_| ()).map_err(|error| failed(error.error))
}

/// Makes a folder and those above it, where they are missing, and returns its path.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> Result<PathBuf, FilesError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| FilesError::Write { path: folder.display().to_string(), reason: error.to_string() })?;
    Ok(folder.to_owned())
}

/// Says whether nothing is there yet, or an empty folder.
///
/// # Errors
/// When the folder cannot be read, or is none.
pub fn is_free(folder: &Path) -> Result<bool, FilesError> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(FilesError::Read { path: folder.display().to_string(), reason: error.to_string() }),
    }
}

/// Programs whose name begins so, folder by folder and sorted inside each; a folder that cannot be read has none.
pub fn programs_named(folders: &[PathBuf], prefix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        let mut here: Vec<PathBuf> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix)))
            .map(|entry| entry.path())
            .filter(|path| is_program(path))
            .collect();
        here.sort_unstable();
        found.extend(here);
    }
    found
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|end| end.eq_ignore_ascii_case("exe"))
}
