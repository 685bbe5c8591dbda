//! JavaScript: npm fetches what package.json names into the project, and its `build` script makes the component.
//! It never installs anything outside of the project, and fetches again only what is not whole or not what is wanted.

use std::path::Path;

use super::Module;
use super::kit::{Kit, Maker};
use super::tools::{Call, missing, words};
use crate::commands::Context;
use crate::error::CommandError;

const OLDEST: (u32, u32) = (20, 0);
const INSTALL: &[&str] = &["install node 20 or newer, which brings npm: https://nodejs.org"];

/// Builds the component.
///
/// # Errors
/// When node or npm is missing, or the compiler cannot be fetched or fails.
pub(super) async fn build(context: &Context, folder: &Path) -> Result<Module, CommandError> {
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
    let kit = Kit { project: folder, name: "node_modules", files: &["package.json", "package-lock.json"] };
    let node = format!("node {}", found.unwrap_or_default().0);
    let maker = if let Some(maker) = kit.whole(&node) {
        maker
    } else {
        let maker = kit.begin(&context.ui)?;
        // What a lock file says is taken as it is; without one npm writes it, to be kept with the sources.
        let locked = crate::files::exists(&folder.join("package-lock.json"));
        // `ci` empties the folder, which is for a build's own alone.
        let verb = if locked && maker == Maker::Build { "ci" } else { "install" };
        let fetched = call("npm", words(&[verb, "--no-audit", "--no-fund", "--loglevel=error"])).run().await;
        fetched.map_err(|error| kit.blamed(maker, error))?;
        kit.done(maker, &node)?;
        maker
    };
    let component = crate::files::make_folder(&folder.join("build"))?.join(".core");
    let mut arguments = words(&["run", "--silent", "build", "--"]);
    arguments.push(component.clone().into());
    call("npm", arguments).run().await.map_err(|error| kit.blamed(maker, error))?;
    Ok(Module { bytes: crate::files::read_bytes(&component)?, own: Vec::new() })
}
