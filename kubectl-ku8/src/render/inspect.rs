//! Reads a component's imports and exports from its bytes, before any compiler sees them.
//! It never trusts linking to prove purity: an imported instance that is empty links against nothing.

use wasmparser::{Encoding, Parser, Payload};

use super::limits::{COMPONENT_BYTES, readable};
use super::{Abilities, RenderError};

const PROVIDER: &str = "ku8:template/provider";
const STATUS: &str = "ku8:template/status@1.";
const UPGRADE: &str = "ku8:template/upgrade@1.";

/// Which optional interfaces a component exports, read from its bytes; none when they do not read.
pub fn abilities_of(bytes: &[u8]) -> Abilities {
    let exports = names(bytes).map(|(_, exports)| exports).unwrap_or_default();
    let has = |prefix: &str| exports.iter().any(|name| name.starts_with(prefix));
    Abilities { status: has(STATUS), upgrade: has(UPGRADE) }
}

/// Refuses what is not a pure template of our contract's major version.
pub(super) fn check(bytes: &[u8]) -> Result<(), RenderError> {
    if bytes.len() > COMPONENT_BYTES {
        return Err(RenderError::ComponentTooLarge(bytes.len()));
    }
    let (imports, exports) = names(bytes)?;
    if !imports.is_empty() {
        return Err(RenderError::Imports(imports));
    }
    let provider = |name: &str| name.split('@').next() == Some(PROVIDER);
    let spoken: Vec<&str> = exports.iter().map(String::as_str).filter(|name| provider(name)).collect();
    let version = |name: &str| name.split('@').nth(1).unwrap_or_default().to_owned();
    // A component may speak several; one of ours is enough.
    if spoken.iter().any(|name| version(name).starts_with("1.")) {
        return Ok(());
    }
    let Some(other) = spoken.first() else { return Err(RenderError::NotATemplate(exports)) };
    let (other, version) = ((*other).to_owned(), version(other));
    match version.split('.').next().and_then(|major| major.parse::<u64>().ok()) {
        Some(2..) => Err(RenderError::NewerContract(other)),
        _ => Err(RenderError::ContractVersion(other)),
    }
}

/// Names of the outermost component's imports and exports.
fn names(bytes: &[u8]) -> Result<(Vec<String>, Vec<String>), RenderError> {
    let damaged = |error: wasmparser::BinaryReaderError| RenderError::NotAComponent(in_words(error.message()));
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    // Modules and components inside are entered and left again; only depth 0 is the component itself.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Err(RenderError::CoreModule),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(readable(import.map_err(damaged)?.name.name));
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(readable(export.map_err(damaged)?.name.name));
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

/// The reader prints its magic numbers one byte a line; people want a sentence.
fn in_words(message: &str) -> String {
    if message.contains("magic") { "it does not begin as WebAssembly does".to_owned() } else { readable(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_component_are_named() {
        assert!(matches!(check(b""), Err(RenderError::NotAComponent(_))));
        assert!(matches!(check(b"#!/bin/sh"), Err(RenderError::NotAComponent(_))));
        assert_eq!(check(b"\0asm\x01\0\0\0"), Err(RenderError::CoreModule));
        assert_eq!(check(b"\0asm\x0d\0\x01\0"), Err(RenderError::NotATemplate(vec![])));
        assert_eq!(check(&vec![0; COMPONENT_BYTES + 1]), Err(RenderError::ComponentTooLarge(COMPONENT_BYTES + 1)));
    }
}
