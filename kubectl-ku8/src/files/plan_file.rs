//! Saved plans on disk: written whole or not at all, readable by their owner only.
//! It moves text and never looks into it.

use std::io::Write;
use std::path::Path;

use super::FilesError;

/// Writes a file of mode 0600 beside its final place, then moves it there, so that no half of it is ever read.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<(), FilesError> {
    let failed = |reason: String| FilesError::Write { path: path.display().to_string(), reason };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    // A temporary file is private from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(error.to_string()))?;
    file.write_all(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    file.as_file().sync_all().map_err(|error| failed(error.to_string()))?;
    file.persist(path).map(|_| ()).map_err(|error| failed(error.error.to_string()))
}
