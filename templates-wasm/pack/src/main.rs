//! Packs a core wasm module that carries the template world into a component, and refuses one that imports anything or
//! is too large. It never rebuilds, signs or publishes: bytes in, bytes out, the same each time.

mod names;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wit_component::{ComponentEncoder, DecodedWasm};

/// The one interface a template exports.
const PROVIDER: &str = "ku8:template/provider@";

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

/// Encodes a core module as a component and checks what it imports and exports.
fn pack(core: &[u8]) -> Result<Vec<u8>, String> {
    let core = names::shorten(core)?;
    let mut encoder = ComponentEncoder::default().validate(true).module(&core).map_err(|error| format!("{error:#}"))?;
    let bytes = encoder.encode().map_err(|error| format!("{error:#}"))?;
    let (imports, exports) = surface(&bytes)?;
    if !imports.is_empty() {
        return Err(format!("a template imports nothing; this one imports {}", imports.join(", ")));
    }
    if !exports.iter().any(|export| export.starts_with(PROVIDER)) {
        return Err(format!("exports [{}], not {PROVIDER}…", exports.join(", ")));
    }
    Ok(bytes)
}

/// Names of a component's imports and exports, read from its bytes.
fn surface(component: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    match wit_component::decode(component).map_err(|error| format!("{error:#}"))? {
        DecodedWasm::Component(resolve, world) => {
            let world = &resolve.worlds[world];
            let imports = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
            let exports = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
            Ok((imports, exports))
        }
        DecodedWasm::WitPackage(..) => Err("is a WIT package, not a component".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(module)` without anything.
    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn a_module_without_the_world_is_refused() {
        let error = pack(EMPTY).unwrap_err();
        assert!(error.contains(PROVIDER), "{error}");
    }

    #[test]
    fn a_module_that_imports_is_refused_by_name() {
        // (module (import "env" "now" (func)))
        let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0b\x01\x03env\x03now\0\0";
        let error = pack(module).unwrap_err();
        assert!(error.contains("env") || error.contains("now"), "{error}");
    }

    #[test]
    fn junk_is_refused() {
        assert!(pack(b"junk").is_err());
    }

    #[test]
    fn an_empty_component_has_an_empty_surface() {
        let component = b"\0asm\x0d\0\x01\0";
        assert_eq!(surface(component).unwrap(), (Vec::new(), Vec::new()));
    }
}
