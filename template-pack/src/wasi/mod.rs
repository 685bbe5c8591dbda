//! Takes WASI preview 1 out of a core module: its imports become functions of the module that answer the same each time.
//! It never lets a module reach anything, and never renumbers a function: the new ones stand where the imports stood.

mod stubs;
#[cfg(test)]
mod tests;

use std::ops::Range;

use wasm_encoder::{CodeSection, ConstExpr, Encode, GlobalSection, GlobalType, Module, RawSection, SectionId, ValType};
use wasmparser::{BinaryReader, FuncType, Parser, Payload, TypeRef};

use stubs::{CLOCK, FUNCTIONS, Global, RANDOM, Stub};

/// The module whose functions are replaced.
const MODULE: &str = "wasi_snapshot_preview1";

/// Returns the module without its imports of WASI preview 1; one that has none comes back as it is.
///
/// # Errors
/// When it imports anything else, which is named, or has no memory or code of its own.
pub(crate) fn stub(module: &[u8]) -> Result<Vec<u8>, String> {
    let found = Found::read(module)?;
    if found.stubs.is_empty() {
        return Ok(module.to_vec());
    }
    if !found.memory {
        return Err(format!("it imports {MODULE} and has no memory of its own"));
    }
    found.write(module)
}

/// What has to be known of a module before it is written anew.
#[derive(Default)]
struct Found {
    sections: Vec<(u8, Range<usize>)>,
    types: Vec<Option<FuncType>>,
    /// Type and body of each import, in their order.
    stubs: Vec<(u32, &'static Stub)>,
    globals: u32,
    memory: bool,
}

impl Found {
    fn read(module: &[u8]) -> Result<Self, String> {
        let mut found = Self::default();
        let mut foreign = Vec::new();
        let words = |error: wasmparser::BinaryReaderError| error.message().to_owned();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.map_err(words)?;
            match &payload {
                Payload::TypeSection(types) => {
                    for group in types.clone() {
                        for part in group.map_err(words)?.into_types() {
                            let inner = &part.composite_type.inner;
                            found.types.push(match inner {
                                wasmparser::CompositeInnerType::Func(function) => Some(function.clone()),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.clone().into_imports() {
                        let import = import.map_err(words)?;
                        match known(&import) {
                            Some((ty, stub)) => {
                                found.agrees(ty, stub)?;
                                found.stubs.push((ty, stub));
                            }
                            None => foreign.push(format!("{}.{}", import.module, import.name)),
                        }
                    }
                }
                Payload::MemorySection(memories) => {
                    found.memory = memories.count() > 0;
                    for memory in memories.clone() {
                        if memory.map_err(words)?.memory64 {
                            return Err("it has a memory of 64 bits; a template's has 32".to_owned());
                        }
                    }
                }
                Payload::GlobalSection(globals) => found.globals = globals.count(),
                _ => {}
            }
            found.sections.extend(payload.as_section());
        }
        if foreign.is_empty() { Ok(found) } else { Err(imports(&foreign)) }
    }

    /// A module may call the functions with other types than WASI gives them; then it means something else.
    fn agrees(&self, ty: u32, stub: &Stub) -> Result<(), String> {
        let own = usize::try_from(ty).ok().and_then(|ty| self.types.get(ty)).and_then(Option::as_ref);
        let same = own.is_some_and(|own| {
            own.params().iter().map(Some).eq(stub.params().iter().map(Some))
                && own.results().iter().map(Some).eq(stub.results().iter().map(Some))
        });
        if same {
            Ok(())
        } else {
            Err(format!("it imports {MODULE}.{} with other types than WASI preview 1 has", stub.name))
        }
    }

    /// Everything as it was, but for the four sections the functions touch.
    fn write(&self, module: &[u8]) -> Result<Vec<u8>, String> {
        let state = Global { clock: self.globals, random: self.globals + 1 };
        let mut written = Module::new();
        let mut globals_due = true;
        let (mut functions, mut code) = (false, false);
        for (id, range) in &self.sections {
            let data = module.get(range.clone()).unwrap_or_default();
            if globals_due && after_globals(*id) {
                written.section(&fresh_globals());
                globals_due = false;
            }
            if *id == SectionId::Import as u8 {
                continue;
            } else if *id == SectionId::Global as u8 {
                let mut own = Vec::new();
                for (ty, start) in state_globals() {
                    ty.encode(&mut own);
                    start.encode(&mut own);
                }
                written.section(&RawSection { id: *id, data: &joined(data, &[], &own, 2)? });
                globals_due = false;
            } else if *id == SectionId::Function as u8 {
                let mut types = Vec::new();
                self.stubs.iter().for_each(|(ty, _)| ty.encode(&mut types));
                written.section(&RawSection { id: *id, data: &joined(data, &types, &[], self.stubs.len())? });
                functions = true;
            } else if *id == SectionId::Code as u8 {
                let bodies = self.bodies(state);
                written.section(&RawSection { id: *id, data: &joined(data, &bodies, &[], self.stubs.len())? });
                code = true;
            } else {
                written.section(&RawSection { id: *id, data });
            }
        }
        if functions && code { Ok(written.finish()) } else { Err("it has no code of its own".to_owned()) }
    }

    /// The bodies one after another, as the code section holds them.
    fn bodies(&self, state: Global) -> Vec<u8> {
        let mut section = CodeSection::new();
        for (_, stub) in &self.stubs {
            section.function(&(stub.body)(state));
        }
        let mut bytes = Vec::new();
        section.encode(&mut bytes);
        // The section's own size and count stand before the bodies.
        let mut reader = BinaryReader::new(&bytes, 0);
        let skipped = reader.read_var_u32().and_then(|_| reader.read_var_u32());
        debug_assert!(skipped.is_ok());
        bytes.split_off(reader.original_position())
    }
}

/// Names what a template may not import, at most as much as somebody reads.
fn imports(foreign: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = foreign.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let shown: Vec<&str> = foreign.iter().take(SHOWN).map(String::as_str).collect();
    format!("a template imports nothing; this one imports {}{more}", shown.join(", "))
}

/// The type and the stub of an import that is WASI's.
fn known(import: &wasmparser::Import<'_>) -> Option<(u32, &'static Stub)> {
    let TypeRef::Func(ty) = import.ty else { return None };
    let stub = FUNCTIONS.iter().find(|stub| stub.name == import.name)?;
    (import.module == MODULE).then_some((ty, stub))
}

fn state_globals() -> [(GlobalType, ConstExpr); 2] {
    let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
    [CLOCK, RANDOM].map(|start| (ty, ConstExpr::i64_const(start)))
}

fn fresh_globals() -> GlobalSection {
    let mut section = GlobalSection::new();
    for (ty, start) in state_globals() {
        section.global(ty, &start);
    }
    section
}

/// Sections that stand after the globals; custom ones may stand anywhere.
fn after_globals(id: u8) -> bool {
    use SectionId::{Code, Data, DataCount, Element, Export, Start};
    [Export, Start, Element, DataCount, Code, Data].into_iter().any(|section| section as u8 == id)
}

/// A section's entries with more before and after them.
fn joined(data: &[u8], before: &[u8], after: &[u8], more: usize) -> Result<Vec<u8>, String> {
    let mut reader = BinaryReader::new(data, 0);
    let count = reader.read_var_u32().map_err(|error| error.message().to_owned())?;
    let rest = data.get(reader.original_position()..).unwrap_or_default();
    let more = u32::try_from(more).unwrap_or(u32::MAX);
    let mut joined = Vec::with_capacity(data.len() + before.len() + after.len() + 8);
    count.saturating_add(more).encode(&mut joined);
    joined.extend_from_slice(before);
    joined.extend_from_slice(rest);
    joined.extend_from_slice(after);
    Ok(joined)
}
