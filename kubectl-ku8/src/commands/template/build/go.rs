//! Go: the standard toolchain makes a library for WASI preview 1, which the packer frees of its imports.
//! It never fetches anything by itself; a project without foreign packages needs no network.

use std::path::Path;

use super::Module;
use super::tools::{Call, missing, words};
use crate::error::CommandError;

/// The first release that exports functions to WebAssembly.
const OLDEST: (u32, u32) = (1, 24);
const INSTALL: &[&str] = &["install Go 1.24 or newer: https://go.dev/dl"];

/// Builds the module.
///
/// # Errors
/// When go is missing, too old, or does not build it.
pub(super) async fn build(folder: &Path) -> Result<Module, CommandError> {
    let call = |arguments, variables| Call { program: "go".into(), arguments, folder, variables, install: INSTALL };
    let found = call(words(&["version"]), Vec::new()).version().await?;
    if found.is_some_and(|found| found < OLDEST) {
        let (major, minor) = found.unwrap_or_default();
        return Err(missing(&format!("Go 1.24 or newer is needed, and this is {major}.{minor}"), INSTALL));
    }
    let core = crate::files::make_folder(&folder.join("build"))?.join(".core");
    // Nothing of this machine or of the repository goes into the bytes.
    let mut arguments =
        words(&["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o"]);
    arguments.extend([core.clone().into(), ".".into()]);
    let variables = [("GOOS", "wasip1"), ("GOARCH", "wasm"), ("CGO_ENABLED", "0"), ("GOWASM", ""), ("GOFLAGS", "")];
    call(arguments, variables.map(|(name, value)| (name, value.into())).into()).run().await?;
    Ok(Module { bytes: crate::files::read_bytes(&core)?, own: Vec::new() })
}
