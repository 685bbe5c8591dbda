//! Small programs a person asks for, and whether something is there.
//! It moves text and never looks into it.

use std::io::Write as _;
use std::path::Path;

use super::FilesError;

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
