//! JavaScript: npm fetches what package.json names into the project, and its `build` script makes the component.
//! It never installs anything outside of the project, and fetches again only when a version is another one.

use std::path::Path;

use serde_json::Value;

use super::Module;
use super::tools::{Call, missing, words};
use crate::error::{CommandError, id};

const OLDEST: (u32, u32) = (20, 0);
const INSTALL: &[&str] = &["install node 20 or newer, which brings npm: https://nodejs.org"];
const COMPILER: &str = "@bytecodealliance/componentize-js";

/// Builds the component.
///
/// # Errors
/// When node or npm is missing, or the compiler cannot be fetched or fails.
pub(super) async fn build(folder: &Path) -> Result<Module, CommandError> {
    let call = |program: &str, arguments| Call {
        program: program.into(),
        arguments,
        folder,
        variables: Vec::new(),
        install: INSTALL,
    };
    let found = call("node", words(&["--version"])).version().await?;
    if found.is_some_and(|found| found < OLDEST) {
        let (major, minor) = found.unwrap_or_default();
        return Err(missing(&format!("node 20 or newer is needed, and this is {major}.{minor}"), INSTALL));
    }
    if wanted(folder)? != installed(folder) {
        // What a lock file says is taken as it is; without one npm writes it, to be kept with the sources.
        let locked = crate::files::exists(&folder.join("package-lock.json"));
        let verb = if locked { "ci" } else { "install" };
        call("npm", words(&[verb, "--no-audit", "--no-fund", "--loglevel=error"])).run().await?;
    }
    let component = crate::files::make_folder(&folder.join("build"))?.join(".core");
    let mut arguments = words(&["run", "--silent", "build", "--"]);
    arguments.push(component.clone().into());
    call("npm", arguments).run().await?;
    Ok(Module { bytes: crate::files::read_bytes(&component)?, own: Vec::new() })
}

/// The version of the compiler the project asks for.
fn wanted(folder: &Path) -> Result<Option<String>, CommandError> {
    let file = folder.join("package.json");
    let text = crate::files::read_text(&file)?;
    let manifest: Value = serde_json::from_str(&text)
        .map_err(|error| CommandError::new(format!("{}: {error}", file.display())).id(id::NO_PROJECT))?;
    Ok(manifest["devDependencies"][COMPILER].as_str().map(str::to_owned))
}

/// The version that is in the project.
fn installed(folder: &Path) -> Option<String> {
    let text = crate::files::read_text(&folder.join("node_modules").join(COMPILER).join("package.json")).ok()?;
    let manifest: Value = serde_json::from_str(&text).ok()?;
    manifest["version"].as_str().map(str::to_owned)
}
