//! Packs a core wasm module that exports a template into a component, and refuses one that imports anything but WASI.
//! It never touches a file, a compiler or a network: bytes in, bytes out, the same each time.

mod contract;
mod data;
mod names;
mod sections;
mod wasi;

pub use sections::{Description, METADATA, SCHEMA, describe, described};
use wit_component::{ComponentEncoder, DecodedWasm};

/// The one interface every template exports.
const PROVIDER: &str = "ku8:template/provider@";

/// Functions whose names begin so are the built-in templates' own, and their kit's.
const OWN: &[&str] = &["template_"];

/// Turns a core module into a template component with zero imports: what it imports of WASI preview 1 is answered
/// by functions that know nothing of the world, and the contract's types are added where it has none. A component is
/// checked and comes back as it is. Data in thousands of pieces is joined: it would take minutes to compile.
///
/// # Errors
/// In words: what is not WebAssembly, imports anything else, or exports no template.
pub fn pack(module: &[u8]) -> Result<Vec<u8>, String> {
    pack_with_names(module, OWN)
}

/// As [`pack`]; of the module's names, those of Rust functions whose path begins as given stay, for traps to name.
///
/// # Errors
/// As [`pack`].
pub fn pack_with_names(module: &[u8], own: &[&str]) -> Result<Vec<u8>, String> {
    if sections::is_component(module) {
        check(module)?;
        return data::join_all(module);
    }
    let core = contract::describe(data::join(wasi::stub(&names::shorten(module, own)?)?)?)?;
    let mut encoder = ComponentEncoder::default().validate(true).module(&core).map_err(|error| format!("{error:#}"))?;
    let bytes = encoder.encode().map_err(|error| format!("{error:#}"))?;
    check(&bytes)?;
    Ok(bytes)
}

/// Refuses a component that imports anything or exports no template.
fn check(component: &[u8]) -> Result<(), String> {
    let (imports, exports) = surface(component)?;
    if !imports.is_empty() {
        return Err(format!("a template imports nothing; this one imports {}", imports.join(", ")));
    }
    if !exports.iter().any(|export| export.starts_with(PROVIDER)) {
        return Err(format!("exports [{}], not {PROVIDER}…", exports.join(", ")));
    }
    Ok(())
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
