//! Documents a person keeps: written whole or not at all, with the permissions a person's own files have.
//! It never looks into what it writes.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::FilesError;

/// Writes a text file, making its folder; what was there before is replaced.
///
/// # Errors
/// When the folder or file cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<(), FilesError> {
    let failed = |reason: String| FilesError::Write { path: path.display().to_string(), reason };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let mut builder = tempfile::Builder::new();
    // The process's own mask takes away what others may not have.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(|error| failed(error.to_string()))?;
    file.write_all(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    file.persist(path).map(|_| ()).map_err(|error| failed(error.error.to_string()))
}

/// Says whether something is there already, and with another text.
pub fn differs(path: &Path, text: &str) -> bool {
    path.exists() && std::fs::read(path).map_or(true, |found| found != text.as_bytes())
}

/// The YAML and JSON files a path names: itself, or those of a folder, sorted; hidden ones are left out.
///
/// # Errors
/// When it cannot be read.
pub fn documents_in(path: &Path) -> Result<Vec<PathBuf>, FilesError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed =
        |error: std::io::Error| FilesError::Read { path: path.display().to_string(), reason: error.to_string() };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let kind = path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known));
        if !hidden && kind && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
