//! Reading what the user names: a file, or `-` for standard input.
//! It never reads more than a fixed amount, so that a device or a huge file is an error and not a hang.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use thiserror::Error;

/// Largest input, 32 MiB: the largest component that is ever compiled.
pub const MAX_INPUT: u64 = 32 * 1024 * 1024;

/// Largest archive of templates, 512 MiB: sixteen components of the largest size.
pub const MAX_ARCHIVE: u64 = 512 * 1024 * 1024;

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The operating system refused.
    #[error("{path}: {reason}")]
    Read {
        /// Path as given, or `<stdin>`.
        path: String,
        /// In the system's words.
        reason: String,
    },
    /// The operating system refused to write.
    #[error("{path}: not written: {reason}")]
    Write {
        /// Path as given.
        path: String,
        /// In the system's words.
        reason: String,
    },
    /// More than [`MAX_INPUT`].
    #[error("{0}: larger than 32 MiB")]
    TooLarge(String),
    /// Not UTF-8.
    #[error("{0}: not UTF-8 text")]
    NotText(String),
    /// There is no program of that name.
    #[error("there is no program `{0}`")]
    NoProgram(String),
    /// The operating system refused to start a program.
    #[error("{program}: not started: {reason}")]
    Start {
        /// As it was called.
        program: String,
        /// In the system's words.
        reason: String,
    },
}

/// Reads a file whole.
///
/// # Errors
/// When it cannot be read or is larger than [`MAX_INPUT`].
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, FilesError> {
    let shown = path.display().to_string();
    let file = File::open(path).map_err(|error| FilesError::Read { path: shown.clone(), reason: error.to_string() })?;
    read_capped(file, shown)
}

/// Reads an archive of templates whole.
///
/// # Errors
/// When it cannot be read or is larger than [`MAX_ARCHIVE`].
pub fn read_archive(path: &Path) -> Result<Vec<u8>, FilesError> {
    let shown = path.display().to_string();
    let failed = |error: std::io::Error| FilesError::Read { path: shown.clone(), reason: error.to_string() };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_ARCHIVE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_ARCHIVE {
        return Err(FilesError::Read { path: shown, reason: "larger than 512 MiB".to_owned() });
    }
    Ok(bytes)
}

/// Reads a text file whole.
///
/// # Errors
/// As [`read_bytes`], or when it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, FilesError> {
    String::from_utf8(read_bytes(path)?).map_err(|_| FilesError::NotText(path.display().to_string()))
}

/// Reads what `-f` names: a file, or standard input for `-`. Returns the name for messages and the text.
///
/// # Errors
/// As [`read_text`].
pub fn read_input(name: &str) -> Result<(String, String), FilesError> {
    if name == "-" {
        let bytes = read_capped(std::io::stdin().lock(), "<stdin>".to_owned())?;
        let text = String::from_utf8(bytes).map_err(|_| FilesError::NotText("<stdin>".to_owned()))?;
        return Ok(("<stdin>".to_owned(), text));
    }
    Ok((name.to_owned(), read_text(Path::new(name))?))
}

fn read_capped(source: impl Read, shown: String) -> Result<Vec<u8>, FilesError> {
    let mut bytes = Vec::new();
    source
        .take(MAX_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| FilesError::Read { path: shown.clone(), reason: error.to_string() })?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_INPUT {
        return Err(FilesError::TooLarge(shown));
    }
    Ok(bytes)
}
