//! Python: a virtual environment in the project holds componentize-py, which makes the component of what is in `src`.
//! It never touches the system's packages, and fetches again only when requirements.txt is another one.

use std::ffi::OsString;
use std::path::Path;

use super::Module;
use super::tools::{Call, missing, words};
use crate::error::CommandError;

const OLDEST: (u32, u32) = (3, 10);
const INSTALL: &[&str] = &[
    "install Python 3.10 or newer with venv: https://www.python.org/downloads",
    "on Debian and Ubuntu: apt-get install python3-venv",
];

/// Builds the component.
///
/// # Errors
/// When python3 or its venv is missing, or the compiler cannot be fetched or fails.
pub(super) async fn build(folder: &Path) -> Result<Module, CommandError> {
    let call =
        |program: OsString, arguments, variables| Call { program, arguments, folder, variables, install: INSTALL };
    let python = || OsString::from(if cfg!(windows) { "python" } else { "python3" });
    let found = call(python(), words(&["--version"]), Vec::new()).version().await?;
    if found.is_some_and(|found| found < OLDEST) {
        let (major, minor) = found.unwrap_or_default();
        return Err(missing(&format!("Python 3.10 or newer is needed, and this is {major}.{minor}"), INSTALL));
    }
    let environment = folder.join(".venv");
    let requirements = crate::files::read_text(&folder.join("requirements.txt"))?;
    let stamp = environment.join("ku8-requirements.txt");
    if crate::files::read_text(&stamp).ok().as_ref() != Some(&requirements) {
        let make = words(&["-m", "venv", "--clear", ".venv"]);
        call(python(), make, Vec::new()).run().await.map_err(|error| error.hint(INSTALL[1]))?;
        let fetch =
            words(&["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]);
        call(program(&environment, "python"), fetch, Vec::new()).run().await?;
        crate::files::write_text(&stamp, &requirements)?;
    }
    let component = crate::files::make_folder(&folder.join("build"))?.join(".core");
    let mut arguments = words(&["--quiet", "-d", "wit", "-w", "template", "componentize", "--stub-wasi", "-p", "src"]);
    arguments.extend(["component".into(), "-o".into(), component.clone().into()]);
    let variables = vec![("VIRTUAL_ENV", environment.clone().into()), ("PYTHONHASHSEED", "0".into())];
    call(program(&environment, "componentize-py"), arguments, variables).run().await?;
    Ok(Module { bytes: crate::files::read_bytes(&component)?, own: Vec::new() })
}

/// A program of a virtual environment.
fn program(environment: &Path, name: &str) -> OsString {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    environment.join(folder).join(if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() }).into()
}
