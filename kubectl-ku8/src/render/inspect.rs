//! Reads a component's imports and exports from its bytes, before any compiler sees them.
//! It never trusts linking to prove purity: an imported instance that is empty links against nothing.

use wasmparser::{Encoding, Parser, Payload};

use super::RenderError;
use super::limits::{COMPONENT_BYTES, readable};

const PROVIDER: &str = "ku8:template/provider";

/// Refuses what is not a pure template of our contract's major version.
pub(super) fn check(bytes: &[u8]) -> Result<(), RenderError> {
    if bytes.len() > COMPONENT_BYTES {
        return Err(RenderError::ComponentTooLarge(bytes.len()));
    }
    let (imports, exports) = names(bytes)?;
    if !imports.is_empty() {
        return Err(RenderError::Imports(imports));
    }
    let provider = exports.iter().find(|name| name.split('@').next() == Some(PROVIDER));
    match provider.map(|name| name.split('@').nth(1).unwrap_or_default()) {
        Some(version) if version.starts_with("1.") => Ok(()),
        Some(version) => Err(RenderError::ContractVersion(format!("{PROVIDER}@{version}"))),
        None => Err(RenderError::NotATemplate(exports)),
    }
}

/// Custom sections in which a packed component repeats what it says of itself, for those who only read.
const SECTIONS: [&str; 2] = ["ku8:metadata", "ku8:schema"];

/// What stands in a component's bytes beside its code. Nobody believes it; the functions' answers count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embedded {
    /// Version of the provider interface: `1.0.0`.
    pub contract: String,
    /// What stands for `metadata`, if anything does.
    pub metadata: Option<Vec<u8>>,
    /// What stands for `schema`, if anything does.
    pub schema: Option<Vec<u8>>,
}

impl Embedded {
    /// Reads a component that [`Runtime::load`](super::Runtime::load) took.
    pub fn of(bytes: &[u8]) -> Self {
        let provider = names(bytes).ok().and_then(|(_, exports)| {
            exports.iter().find_map(|name| Some(name.strip_prefix(PROVIDER)?.strip_prefix('@')?.to_owned()))
        });
        let [metadata, schema] = SECTIONS.map(|name| section(bytes, name));
        Self { contract: provider.unwrap_or_default(), metadata, schema }
    }
}

/// The custom section of this name in the outermost component.
fn section(bytes: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == name => {
                return Some(section.data().to_vec());
            }
            _ => {}
        }
    }
    None
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
