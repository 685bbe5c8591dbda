//! Starting the programs a person's own project is built with; what they say is kept, for when they fail.
//! It never gives a program the terminal, and ends it when nobody waits for it any more.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Stdio;

use super::FilesError;

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// It did what it was asked.
    pub success: bool,
    /// What it wrote to standard output.
    pub output: Vec<u8>,
    /// What it wrote to standard error, as text.
    pub errors: String,
}

/// Runs a program in a folder to its end, with these variables beside those of this process; it reads nothing.
///
/// # Errors
/// [`FilesError::NoProgram`] when there is none of that name, [`FilesError::Start`] when it cannot be started.
pub async fn run_tool(
    program: impl AsRef<OsStr>,
    arguments: &[OsString],
    folder: &Path,
    variables: &[(&str, OsString)],
) -> Result<Ran, FilesError> {
    let program = program.as_ref();
    let name = program.to_string_lossy().into_owned();
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).current_dir(folder).envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let ended = command.output().await.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => FilesError::NoProgram(name.clone()),
        _ => FilesError::Start { program: name.clone(), reason: error.to_string() },
    })?;
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    Ok(Ran { success: ended.status.success(), output: ended.stdout, errors })
}
