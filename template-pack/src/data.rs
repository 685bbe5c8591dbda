//! Joins the data of a module that is cut into thousands of pieces: each piece costs a compiler more than its zeros would.
//! It never changes what memory holds when the module starts.

use wasm_encoder::{ConstExpr, DataSection, Module, RawSection, Section as _, SectionId};
use wasmparser::{DataKind, Operator, Parser, Payload};

use crate::sections;

/// Pieces nobody minds; a module with fewer stays as it is.
const FEW: usize = 100;
/// Zeros that are written out where two pieces are no further apart.
const GAP: u32 = 1024;

/// One piece: where it begins, and its bytes.
type Piece<'m> = (u32, &'m [u8]);

/// Returns the component with the data of every module in it in few pieces. One made of the memory of an interpreter that
/// has started, as those of JavaScript and Python are, has thousands.
pub(crate) fn join_all(component: &[u8]) -> Result<Vec<u8>, String> {
    const MODULE: u8 = 1;
    const COMPONENT: u8 = 4;
    let mut written = component.get(..sections::HEADER.len()).unwrap_or_default().to_vec();
    for section in sections::sections(component)? {
        let content = || component.get(section.content.clone()).unwrap_or_default();
        let data = match section.id {
            MODULE => join(content().to_vec())?,
            COMPONENT => join_all(content())?,
            _ => Vec::new(),
        };
        if matches!(section.id, MODULE | COMPONENT) && data != content() {
            RawSection { id: section.id, data: &data }.append_to(&mut written);
        } else {
            written.extend_from_slice(component.get(section.whole.clone()).unwrap_or_default());
        }
    }
    Ok(written)
}

/// Returns the module with its data in few pieces, or as it is where they cannot be joined without a doubt.
pub(crate) fn join(module: Vec<u8>) -> Result<Vec<u8>, String> {
    let Some(mut pieces) = pieces(&module)? else { return Ok(module) };
    pieces.sort_by_key(|(start, _)| *start);
    let apart = |pair: &[Piece<'_>]| end(&pair[0]).is_some_and(|end| end <= pair[1].0);
    // Where pieces lie over each other, their order decides.
    if !pieces.windows(2).all(apart) {
        return Ok(module);
    }
    let mut joined: Vec<(u32, Vec<u8>)> = Vec::new();
    for (start, bytes) in pieces {
        match joined.last_mut() {
            Some((first, data)) if near(*first, data, start) => {
                data.resize(usize::try_from(start - *first).unwrap_or(data.len()), 0);
                data.extend_from_slice(bytes);
            }
            _ => joined.push((start, bytes.to_vec())),
        }
    }
    let mut section = DataSection::new();
    for (start, bytes) in joined {
        section.active(0, &ConstExpr::i32_const(start.cast_signed()), bytes);
    }
    let mut written = Module::new();
    for payload in Parser::new(0).parse_all(&module) {
        if let Some((id, range)) = payload.map_err(|error| error.message().to_owned())?.as_section() {
            if id == SectionId::Data as u8 {
                written.section(&section);
            } else if id != SectionId::DataCount as u8 {
                written.section(&RawSection { id, data: module.get(range).unwrap_or_default() });
            }
        }
    }
    Ok(written.finish())
}

/// The pieces of a module that has many of them, all at fixed places of its only memory; none otherwise.
fn pieces(module: &[u8]) -> Result<Option<Vec<Piece<'_>>>, String> {
    let words = |error: wasmparser::BinaryReaderError| error.message().to_owned();
    let (mut found, mut counted) = (Vec::new(), false);
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(words)? {
            // Code may name pieces by their number, and says so before it.
            Payload::DataCountSection { count, .. } if usize::try_from(count).is_ok_and(|count| count <= FEW) => {
                return Ok(None);
            }
            Payload::DataCountSection { .. } => counted = true,
            Payload::CodeSectionEntry(body) if counted => {
                for step in body.get_operators_reader().map_err(words)? {
                    if matches!(step.map_err(words)?, Operator::MemoryInit { .. } | Operator::DataDrop { .. }) {
                        return Ok(None);
                    }
                }
            }
            Payload::DataSection(section) => {
                for piece in section {
                    let piece = piece.map_err(words)?;
                    let DataKind::Active { memory_index: 0, offset_expr } = piece.kind else { return Ok(None) };
                    let mut steps = offset_expr.get_operators_reader();
                    let Operator::I32Const { value } = steps.read().map_err(words)? else { return Ok(None) };
                    if !matches!(steps.read().map_err(words)?, Operator::End) {
                        return Ok(None);
                    }
                    found.push((value.cast_unsigned(), piece.data));
                }
            }
            _ => {}
        }
    }
    Ok((found.len() > FEW).then_some(found))
}

fn end((start, bytes): &Piece<'_>) -> Option<u32> {
    start.checked_add(u32::try_from(bytes.len()).ok()?)
}

/// Says whether a piece at `start` comes so soon after this one that the zeros between may be written out.
fn near(first: u32, data: &[u8], start: u32) -> bool {
    end(&(first, data)).is_some_and(|end| start.saturating_sub(end) <= GAP)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use wasmtime::{Engine, Instance, Store};

    use super::*;

    /// A module with pieces of three bytes, so far apart.
    fn module(starts: impl Iterator<Item = usize>) -> Vec<u8> {
        let data = starts.fold(String::new(), |mut text, start| {
            write!(text, "(data (i32.const {start}) \"abc\")").unwrap();
            text
        });
        wat::parse_str(format!("(module (memory (export \"memory\") 2) {data} (func (export \"f\")))")).unwrap()
    }

    fn memory(module: &[u8]) -> Vec<u8> {
        let engine = Engine::default();
        let module = wasmtime::Module::new(&engine, module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        instance.get_memory(&mut store, "memory").unwrap().data(&store).to_vec()
    }

    fn count(module: &[u8]) -> usize {
        pieces(module).unwrap().map_or(0, |pieces| pieces.len())
    }

    #[test]
    fn many_pieces_become_few_and_memory_is_the_same() {
        let cut = module((0..1000).map(|piece| 16 + piece * 10).chain([65_536]));
        assert_eq!(count(&cut), 1001);
        let joined = join(cut.clone()).unwrap();
        assert_eq!((count(&joined), memory(&joined)), (0, memory(&cut)), "no longer many");
        let backwards = module((0..1000).rev().map(|piece| 16 + piece * 10));
        assert_eq!(memory(&join(backwards.clone()).unwrap()), memory(&backwards));
    }

    #[test]
    fn what_is_in_doubt_stays_as_it_is() {
        let few = module((0..10).map(|piece| piece * 10));
        let overlapping = module((0..1000).map(|piece| piece * 2));
        for kept in [few, overlapping] {
            assert_eq!(join(kept.clone()), Ok(kept));
        }
        assert!(join(b"junk".to_vec()).is_err() && join_all(b"junk").is_err());
    }

    #[test]
    fn pieces_that_code_names_stay_and_others_lose_their_count() {
        let pieces =
            (0..200).map(|piece| format!("(data (i32.const {}) \"abc\")", piece * 4)).collect::<Vec<String>>().concat();
        let with = |code: &str| {
            wat::parse_str(format!("(module (memory (export \"memory\") 1) {pieces} (func (export \"f\") {code}))"))
                .unwrap()
        };
        let named = with("(memory.init 3 (i32.const 0) (i32.const 0) (i32.const 0))");
        assert_eq!(join(named.clone()), Ok(named));
        let mut counted = with("(data.drop 0)");
        // As a compiler that counts always, and drops nothing: the two bytes become two that do nothing.
        let at = counted.windows(3).position(|bytes| bytes == [0xfc, 9, 0]).unwrap();
        counted[at..at + 3].fill(1);
        let joined = join(counted.clone()).unwrap();
        assert!(joined.len() < counted.len() && memory(&joined) == memory(&counted));
        wasmparser::validate(&joined).unwrap();
    }

    #[test]
    fn modules_inside_of_components_are_joined_too() {
        let inner =
            (0..200).map(|piece| format!("(data (i32.const {}) \"abc\")", piece * 4)).collect::<Vec<String>>().concat();
        let text = |data: &str| {
            format!(
                "(component (core module (memory 1) {data}) (component (core module (memory 1) {data})) (component))"
            )
        };
        let cut = wat::parse_str(text(&inner)).unwrap();
        let joined = join_all(&cut).unwrap();
        assert!(joined.len() < cut.len());
        wasmparser::validate(&joined).unwrap();
        assert_eq!(join_all(&joined), Ok(joined));
        let few = wat::parse_str(text("(data (i32.const 8) \"abc\")")).unwrap();
        assert_eq!(join_all(&few), Ok(few));
    }
}
