//! A text on its way through an editor: a private folder with the file and its schema, which outlives an error.
//! It is removed when all went well, and never readable by others.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{FilesError, read_text, write_text};

/// Name of the schema beside the file.
pub const SCHEMA: &str = "schema.json";

/// The file behind an edit.
pub struct Draft {
    folder: TempDir,
    path: PathBuf,
}

impl Draft {
    /// Makes a new private folder and writes the schema into it; the file is `NAME.yaml`.
    ///
    /// # Errors
    /// When the temporary folder cannot be written.
    pub fn create(name: &str, schema: &str) -> Result<Self, FilesError> {
        let failed =
            |error: std::io::Error| FilesError::Write { path: "temporary folder".into(), reason: error.to_string() };
        let folder = tempfile::Builder::new().prefix(&format!("ku8-{name}-")).tempdir().map_err(failed)?;
        write_text(&folder.path().join(SCHEMA), schema)?;
        let path = folder.path().join(format!("{name}.yaml"));
        Ok(Self { folder, path })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what the editor will show.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, text: &str) -> Result<(), FilesError> {
        write_text(&self.path, text)
    }

    /// What it holds now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<String, FilesError> {
        read_text(&self.path)
    }

    /// Leaves it where it is.
    pub fn keep(self) -> PathBuf {
        // Forgotten, so that it is not removed.
        let _ = self.folder.keep();
        self.path
    }
}
