//! Python: a virtual environment in the project holds componentize-py, which makes the component of what is in `src`.
//! It never touches the system's packages, and fetches again only what is not whole or not what is wanted.

use std::ffi::OsString;
use std::path::Path;

use super::Module;
use super::kit::Kit;
use super::tools::{Call, missing, words};
use crate::commands::Context;
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
pub(super) async fn build(context: &Context, folder: &Path) -> Result<Module, CommandError> {
    let call =
        |program: OsString, arguments, variables| Call { program, arguments, folder, variables, install: INSTALL };
    let found = call(python(), words(&["--version"]), Vec::new()).version().await?.unwrap_or(OLDEST);
    let (major, minor) = found;
    if found < OLDEST {
        return Err(missing(&format!("Python 3.10 or newer is needed, and this is {major}.{minor}"), INSTALL));
    }
    crate::files::read_text(&folder.join("requirements.txt"))?;
    let kit = Kit { project: folder, name: ".venv", files: &["requirements.txt"] };
    let (environment, version) = (kit.folder(), format!("python {major}.{minor}"));
    let maker = if let Some(maker) = kit.whole(&version) {
        maker
    } else {
        let maker = kit.begin(&context.ui)?;
        fetch(folder, &environment).await.map_err(|error| kit.blamed(maker, error))?;
        kit.done(maker, &version)?;
        maker
    };
    let component = crate::files::make_folder(&folder.join("build"))?.join(".core");
    let (compiler, mut arguments) = compiler(&environment);
    arguments.extend(words(&["--quiet", "-d", "wit", "-w", "template", "componentize", "--stub-wasi", "-p", "src"]));
    arguments.extend(["component".into(), "-o".into(), component.clone().into()]);
    let variables = vec![("VIRTUAL_ENV", environment.clone().into()), ("PYTHONHASHSEED", "0".into())];
    call(compiler, arguments, variables).run().await.map_err(|error| kit.blamed(maker, error))?;
    Ok(Module { bytes: crate::files::read_bytes(&component)?, own: Vec::new() })
}

/// Makes the virtual environment where there is none, and fetches into it what requirements.txt names.
async fn fetch(folder: &Path, environment: &Path) -> Result<(), CommandError> {
    let call = |program, arguments| Call { program, arguments, folder, variables: Vec::new(), install: INSTALL };
    let own = program(environment, "python");
    if !crate::files::exists(Path::new(&own)) {
        let made = call(python(), words(&["-m", "venv", ".venv"])).run().await;
        made.map_err(|error| error.hint(INSTALL[1]))?;
    }
    let pip = words(&["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]);
    call(own, pip).run().await?;
    Ok(())
}

fn python() -> OsString {
    if cfg!(windows) { "python" } else { "python3" }.into()
}

/// A program of a virtual environment.
fn program(environment: &Path, name: &str) -> OsString {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    environment.join(folder).join(if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() }).into()
}

/// The compiler, and what comes before its arguments. Its first line names the interpreter by the path where the project
/// was when it was fetched; a project that has moved since still finds it beside it.
fn compiler(environment: &Path) -> (OsString, Vec<OsString>) {
    let script = program(environment, "componentize-py");
    if cfg!(windows) { (script, Vec::new()) } else { (program(environment, "python"), vec![script]) }
}
