//! `template pack`: turns a core WebAssembly module, of whatever compiler, into a template component with zero imports.
//! It never runs a compiler, and never writes what the sandbox could not describe.

use std::path::{Path, PathBuf};

use clap::Args;

use super::component::{self, shown};
use crate::cli::Output;
use crate::commands::Context;
use crate::error::{CommandError, exit};

/// Turn a core WebAssembly module into a template component
#[derive(Args, Debug)]
#[command(
    long_about = "Turn a core WebAssembly module into a template component.

Any compiler will do that exports the functions of ku8:template/provider@1.0.0, such as those of C, Zig or AssemblyScript. \
What the module imports of WASI preview 1 is answered inside of it, the same each time: there are no files, no variables \
and no arguments, the clock counts from the year 2000, and random bytes are always the same. Any other import is refused.",
    after_help = "Examples:\n  kubectl ku8 template pack core.wasm -o ./mine.wasm"
)]
pub(super) struct PackArgs {
    /// Core module, or a component to be checked
    #[arg(value_name = "CORE.wasm")]
    module: PathBuf,
    /// Component to write; build/NAME.wasm when left out
    #[arg(short = 'o', long = "output", value_name = "OUT.wasm")]
    out: Option<PathBuf>,
}

/// Packs.
///
/// # Errors
/// When the module cannot be packed, or is no template.
#[expect(clippy::unused_async, reason = "the other commands of templates wait")]
pub(super) async fn run(context: &Context, args: &PackArgs) -> Result<u8, CommandError> {
    let module = crate::files::read_bytes(&args.module)?;
    let source = args.module.display().to_string();
    let built = component::write(context, &module, &source, &[], |template| match &args.out {
        Some(file) => file.clone(),
        None => Path::new("build").join(format!("{}.wasm", template.metadata().name)),
    })?;
    let next = format!("kubectl ku8 template lint {}", shown(&built.file));
    built.tell(context, None, Output::Text, &next);
    Ok(exit::DONE)
}
