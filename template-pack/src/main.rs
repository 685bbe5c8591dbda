//! Packs a core wasm module of a built-in template and refuses one that is too large for those.
//! It never rebuilds, signs or publishes: bytes in, bytes out, the same each time.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use template_pack::pack;

/// Bytes of a component: what is larger takes longer to compile at its first use than people should wait.
const LARGEST: usize = 250_000;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let outcome = match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(module), Some(component), None) => pack_file(&module, &component),
        _ => Err("usage: template-pack CORE.wasm COMPONENT.wasm".to_owned()),
    };
    match outcome {
        Ok(line) => {
            say(&line);
            ExitCode::SUCCESS
        }
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a build tool's only talk; its data is the file it writes")]
fn say(line: &str) {
    eprintln!("template-pack: {line}");
}

fn pack_file(module: &Path, component: &Path) -> Result<String, String> {
    let core = std::fs::read(module).map_err(|error| at(module, &error))?;
    let bytes = pack(&core).map_err(|message| format!("{}: {message}", module.display()))?;
    if bytes.len() > LARGEST {
        let (size, over) = (bytes.len(), bytes.len() - LARGEST);
        return Err(format!("{}: {size} bytes are {over} more than a component may have", module.display()));
    }
    std::fs::write(component, &bytes).map_err(|error| at(component, &error))?;
    Ok(format!("{} ({} bytes, no imports)", component.display(), bytes.len()))
}

fn at(path: &Path, error: &dyn Display) -> String {
    format!("{}: {error}", path.display())
}
