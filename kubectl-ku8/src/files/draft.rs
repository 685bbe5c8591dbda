//! A text on its way through an editor: a private temporary file that outlives an error.
//! It is removed when all went well, and never readable by others.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{FilesError, read_text};

/// The file behind an edit.
pub struct Draft(NamedTempFile);

impl Draft {
    /// Writes `text` into a new private file whose name shows what it is about.
    ///
    /// # Errors
    /// When the temporary folder cannot be written.
    pub fn create(name: &str, text: &str) -> Result<Self, FilesError> {
        let failed =
            |error: std::io::Error| FilesError::Read { path: "temporary file".into(), reason: error.to_string() };
        let mut file =
            tempfile::Builder::new().prefix(&format!("ku8-{name}-")).suffix(".yaml").tempfile().map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(Self(file))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// What it holds now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<String, FilesError> {
        read_text(self.path())
    }

    /// Leaves it where it is.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn keep(self) -> Result<PathBuf, FilesError> {
        let shown = self.path().display().to_string();
        self.0.keep().map(|(_, path)| path).map_err(|error| FilesError::Read { path: shown, reason: error.to_string() })
    }
}
