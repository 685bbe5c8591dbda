//! The contract's types for modules that do not carry them: a compiler that knows no WIT writes exports by name alone.
//! It never overrules a module that carries types of its own, and never guesses what is not exported.

use std::collections::BTreeSet;

use wasmparser::{Parser, Payload};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use crate::PROVIDER;

/// The contract, as authors see it.
const WIT: &str = include_str!("../../template-sdk/wit/template.wit");

/// What every template exports, whatever else it can do.
const FUNCTIONS: [&str; 3] = ["metadata", "schema", "render"];

/// Returns the module with the contract's types, which are those of the interfaces it exports functions of.
///
/// # Errors
/// When it exports no template, half of one, or is a program that is run instead of called.
pub(crate) fn describe(mut module: Vec<u8>) -> Result<Vec<u8>, String> {
    let surface = Surface::read(&module)?;
    if surface.typed {
        return Ok(module);
    }
    let interfaces = surface.interfaces()?;
    let mut resolve = Resolve::default();
    resolve.push_source("template.wit", WIT).map_err(|error| format!("{error:#}"))?;
    let world = world(&resolve, &interfaces)
        .ok_or_else(|| format!("no template exports {} together", listed(interfaces.iter().copied())))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(|error| format!("{error:#}"))?;
    Ok(module)
}

/// What a module shows to the outside.
struct Surface {
    /// It says itself which world it implements.
    typed: bool,
    exports: Vec<String>,
}

impl Surface {
    fn read(module: &[u8]) -> Result<Self, String> {
        let words = |error: wasmparser::BinaryReaderError| error.message().to_owned();
        let mut surface = Self { typed: false, exports: Vec::new() };
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(words)? {
                Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                    surface.typed = true;
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        surface.exports.push(export.map_err(words)?.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }

    /// The interfaces of the contract it exports functions of; the provider's are all there.
    fn interfaces(&self) -> Result<BTreeSet<&str>, String> {
        let named = |export: &&str| export.starts_with("ku8:template/");
        let functions = self.exports.iter().map(String::as_str).filter(named).filter_map(|name| name.split_once('#'));
        let interfaces: BTreeSet<&str> = functions.map(|(interface, _)| interface).collect();
        let Some(provider) = interfaces.iter().find(|name| name.starts_with(PROVIDER)) else {
            return Err(format!(
                "exports [{}], not {PROVIDER}…#render",
                listed(self.exports.iter().map(String::as_str))
            ));
        };
        for function in FUNCTIONS {
            let wanted = format!("{provider}#{function}");
            if !self.exports.contains(&wanted) {
                return Err(format!("exports no {wanted}"));
            }
        }
        let has = |name: &str| self.exports.iter().any(|export| export == name);
        if has("_start") && !has("_initialize") {
            return Err(
                "it is a program, which is run from _start to its end; build it as a library, which is called \
                        (a WASI reactor: -buildmode=c-shared, -mexec-model=reactor)"
                    .to_owned(),
            );
        }
        Ok(interfaces)
    }
}

/// Names on one line, not too many.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", "))
}

/// The world of the contract that exports exactly these interfaces.
fn world(resolve: &Resolve, interfaces: &BTreeSet<&str>) -> Option<WorldId> {
    let exported = |id: &WorldId| {
        let exports = resolve.worlds[*id].exports.keys().map(|key| resolve.name_world_key(key));
        let exports: BTreeSet<String> = exports.collect();
        exports.iter().map(String::as_str).eq(interfaces.iter().copied())
    };
    resolve.worlds.iter().map(|(id, _)| id).find(exported)
}
