//! A file for the user to keep: made new, never over one that is there.
//! It moves text and never looks into it.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::FilesError;

/// Writes a file that is not there yet.
///
/// # Errors
/// When there is a file of that name, or the folder cannot be written.
pub fn write_new(path: &Path, text: &str) -> Result<(), FilesError> {
    let failed = |error: std::io::Error| FilesError::Write {
        path: path.display().to_string(),
        reason: match error.kind() {
            ErrorKind::AlreadyExists => "a file of that name is there already".to_owned(),
            _ => error.to_string(),
        },
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// Says whether there is something of that name.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Makes a program of a text, in a folder that is made if it is missing: written whole or not at all, in place of one that is there.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_program(path: &Path, text: &str) -> Result<(), FilesError> {
    let failed = |reason: String| FilesError::Write { path: path.display().to_string(), reason };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(error.to_string()))?;
    file.write_all(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let everybody = std::fs::Permissions::from_mode(0o755);
        file.as_file().set_permissions(everybody).map_err(|error| failed(error.to_string()))?;
    }
    file.persist(path).map(|_| ()).map_err(|error| failed(error.error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.yaml");
        assert!(!exists(&path));
        write_new(&path, "one").unwrap();
        let refused = write_new(&path, "two").unwrap_err().to_string();
        assert!(refused.contains("there already"), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
    }
}
