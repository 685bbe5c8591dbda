//! Reads a component's imports, exports and cost from its bytes, before any compiler sees them.
//! It never trusts linking to prove purity: an imported instance that is empty links against nothing.

use wasmparser::{BinaryReaderError, Encoding, FunctionBody, Operator, Parser, Payload};

use super::limits::{
    BODY_BYTES, BRANCHES, COMPONENT_BYTES, FUNCTION_LOCALS, FUNCTIONS, NESTED_COMPONENTS, NESTING, NESTING_TOTAL,
    TYPES, readable,
};
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

/// How native code begins that was compiled before: as ELF, or as an entry of our own cache.
const COMPILED: [&[u8]; 2] = [b"\x7fELF", b"KU8AOT"];

/// Refuses what is not a pure template of our contract's major version.
pub(super) fn check(bytes: &[u8]) -> Result<(), RenderError> {
    if bytes.len() > COMPONENT_BYTES {
        return Err(RenderError::ComponentTooLarge(bytes.len()));
    }
    if COMPILED.iter().any(|begin| bytes.starts_with(begin)) {
        return Err(RenderError::CompiledCode);
    }
    let (imports, exports) = names(bytes)?;
    if !imports.is_empty() {
        return Err(RenderError::Imports(imports));
    }
    let provider = |name: &&String| name.split('@').next() == Some(PROVIDER);
    let major = |name: &String| name.split('@').nth(1)?.split('.').next()?.parse::<u64>().ok();
    // A component may speak several; one of ours is enough.
    if exports.iter().filter(provider).any(|name| major(name) == Some(1)) {
        return Ok(());
    }
    let Some(name) = exports.iter().find(provider) else { return Err(RenderError::NotATemplate(exports)) };
    match major(name) {
        Some(2..) => Err(RenderError::NewerContract(name.clone())),
        _ => Err(RenderError::ContractVersion(name.clone())),
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

/// Says whether a component is another one with nothing but custom sections after it, so that one's compiled code is the
/// other's too.
pub(super) fn only_described(plain: &[u8], described: &[u8]) -> bool {
    let Some(added) = described.strip_prefix(plain) else { return false };
    if names(plain).is_err() {
        return false;
    }
    let from = described.len() - added.len();
    let mut payloads = Parser::new(0).parse_all(described);
    payloads.all(|payload| match payload {
        // A section that began before is part of the plain component, which ended where one of its sections did.
        Ok(Payload::CustomSection(_) | Payload::End(_)) => true,
        Ok(other) => other.as_section().is_none_or(|(_, range)| range.start < from),
        Err(_) => false,
    })
}

/// Names of the outermost component's imports and exports.
fn names(bytes: &[u8]) -> Result<(Vec<String>, Vec<String>), RenderError> {
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

/// Refuses what would cost too much to compile; asked only when it is about to be, because every instruction is read.
pub(super) fn affordable(bytes: &[u8]) -> Result<(), RenderError> {
    let mut cost = Cost::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                within("components in one another", depth, NESTED_COMPONENTS)?;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::TypeSection(section) => {
                cost.types = cost.types.saturating_add(size(section.count()));
                within("types", cost.types, TYPES)?;
            }
            Payload::CodeSectionEntry(body) => cost.body(&body)?,
            _ => {}
        }
    }
    Ok(())
}

/// What all modules of a component have together.
#[derive(Default)]
struct Cost {
    functions: usize,
    types: usize,
    nesting: usize,
}

impl Cost {
    /// What a function costs grows with its length, and with the square of how deep its blocks lie in one another:
    /// 40,000 in 200 KB take minutes. Fuel bounds none of it.
    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), RenderError> {
        self.functions += 1;
        within("functions", self.functions, FUNCTIONS)?;
        within("bytes in one function", body.range().len(), BODY_BYTES)?;
        let mut locals = 0_usize;
        for group in body.get_locals_reader().map_err(damaged)? {
            locals = locals.saturating_add(size(group.map_err(damaged)?.0));
        }
        within("locals in one function", locals, FUNCTION_LOCALS)?;
        let mut depth = 0_usize;
        for operator in body.get_operators_reader().map_err(damaged)? {
            match operator.map_err(damaged)? {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    depth += 1;
                    self.nesting += depth;
                    within("blocks in one another", depth, NESTING)?;
                }
                Operator::End => depth = depth.saturating_sub(1),
                Operator::BrTable { targets } => within("branches of one table", size(targets.len()), BRANCHES)?,
                _ => {}
            }
        }
        within("levels of blocks, all added up", self.nesting, NESTING_TOTAL)
    }
}

fn within(what: &str, found: usize, most: usize) -> Result<(), RenderError> {
    if found > most { Err(RenderError::TooCostly { what: what.to_owned(), found, most }) } else { Ok(()) }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn damaged(error: BinaryReaderError) -> RenderError {
    RenderError::NotAComponent(in_words(error.message()))
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
        assert_eq!(check(b"\x7fELF\x02\x01"), Err(RenderError::CompiledCode));
        assert_eq!(check(b"KU8AOT1\n"), Err(RenderError::CompiledCode));
        assert_eq!(check(b"\0asm\x01\0\0\0"), Err(RenderError::CoreModule));
        assert_eq!(check(b"\0asm\x0d\0\x01\0"), Err(RenderError::NotATemplate(vec![])));
        assert_eq!(check(&vec![0; COMPONENT_BYTES + 1]), Err(RenderError::ComponentTooLarge(COMPONENT_BYTES + 1)));
    }

    #[test]
    fn only_descriptions_are_taken_for_no_change_of_the_code() {
        let plain = b"\0asm\x0d\0\x01\0".to_vec();
        let custom = [0, 2, 1, b'k'].to_vec();
        // A component inside, empty.
        let code = [4, 8, 0, b'a', b's', b'm', 0x0d, 0, 1, 0].to_vec();
        let with = |parts: &[&Vec<u8>]| [&[&plain], parts].concat().into_iter().flatten().copied().collect::<Vec<u8>>();
        let described = with(&[&code, &custom]);
        assert!(only_described(&with(&[&code]), &described));
        assert!(only_described(&described, &with(&[&code, &custom, &custom])));
        assert!(only_described(&described, &described));
        for other in [with(&[&code, &code]), with(&[&code, &custom, &code]), with(&[&custom, &code]), plain.clone()] {
            assert!(!only_described(&with(&[&code]), &other), "{other:?}");
        }
        assert!(!only_described(&described[..described.len() - 1], &described), "cut off inside a section");
        assert!(!only_described(&with(&[&code]), &described[..described.len() - 1]));
        assert!(!only_described(b"", &described));
    }

    fn leb(mut number: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number > 0x7f {
            bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        bytes.push(u8::try_from(number).unwrap());
        bytes
    }

    fn section(id: u8, count: usize, items: &[u8]) -> Vec<u8> {
        let count = leb(count);
        [&[id][..], &leb(count.len() + items.len()), &count, items].concat()
    }

    /// A component of one core module of these sections.
    fn component(sections: &[u8]) -> Vec<u8> {
        let module = [b"\0asm\x01\0\0\0", sections].concat();
        [b"\0asm\x0d\0\x01\0\x01", &leb(module.len())[..], &module].concat()
    }

    /// One function of this code, `count` times.
    fn functions(count: usize, locals: &[u8], code: &[u8]) -> Vec<u8> {
        let body = [locals, code, &[0x0b]].concat();
        let code = section(10, count, &[leb(body.len()), body].concat().repeat(count));
        component(&[section(3, count, &vec![0; count]), code].concat())
    }

    fn nested(depth: usize) -> Vec<u8> {
        [[0x02, 0x40].repeat(depth), vec![0x0b; depth]].concat()
    }

    /// A chain of components in one another, the module inside the last.
    fn inside(depth: usize) -> Vec<u8> {
        const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
        (1..depth).fold(HEADER.to_vec(), |inner, _| [HEADER, &[4], &leb(inner.len())[..], &inner].concat())
    }

    #[test]
    fn each_cap_is_kept_at_its_edge_and_broken_by_one() {
        let no_locals: &[u8] = &[0];
        let bodies = |bytes: usize| functions(1, no_locals, &vec![0x01; bytes - 2]);
        let locals = |count: usize| functions(1, &[vec![2], leb(count - 1), vec![0x7f, 1, 0x7e]].concat(), &[]);
        let branches =
            |count: usize| functions(1, no_locals, &[&[0x41, 0, 0x0e][..], &leb(count), &vec![0; count + 1]].concat());
        let types = |count: usize| component(&section(1, count, &[0x60, 0, 0].repeat(count)));
        // As many functions as the sum allows, each as deep as one may be, and one that takes what is left.
        let total = |more: usize| {
            let each = NESTING * (NESTING + 1) / 2;
            let (count, rest) = (NESTING_TOTAL / each, NESTING_TOTAL % each + more);
            let last = (0..NESTING).find(|depth| (depth + 1) * (depth + 2) / 2 > rest).unwrap();
            let left = rest - last * (last + 1) / 2;
            let body = |code: &[u8]| {
                let body = [no_locals, code, &[0x0b]].concat();
                [leb(body.len()), body].concat()
            };
            let deep = body(&nested(NESTING)).repeat(count);
            let tail = [nested(last), nested(1).repeat(left)].concat();
            let code = section(10, count + 1, &[deep, body(&tail)].concat());
            component(&[section(3, count + 1, &vec![0; count + 1]), code].concat())
        };
        for (what, edge, obeys, breaks) in [
            ("functions", FUNCTIONS, functions(FUNCTIONS, no_locals, &[]), functions(FUNCTIONS + 1, no_locals, &[])),
            ("bytes in one function", BODY_BYTES, bodies(BODY_BYTES), bodies(BODY_BYTES + 1)),
            ("locals in one function", FUNCTION_LOCALS, locals(FUNCTION_LOCALS), locals(FUNCTION_LOCALS + 1)),
            (
                "blocks in one another",
                NESTING,
                functions(1, no_locals, &nested(NESTING)),
                functions(1, no_locals, &nested(NESTING + 1)),
            ),
            ("levels of blocks, all added up", NESTING_TOTAL, total(0), total(1)),
            ("branches of one table", BRANCHES, branches(BRANCHES), branches(BRANCHES + 1)),
            ("types", TYPES, types(TYPES), types(TYPES + 1)),
            (
                "components in one another",
                NESTED_COMPONENTS,
                inside(NESTED_COMPONENTS + 1),
                inside(NESTED_COMPONENTS + 2),
            ),
        ] {
            assert_eq!(affordable(&obeys), Ok(()), "{what}");
            assert_eq!(
                affordable(&breaks),
                Err(RenderError::TooCostly { what: what.to_owned(), found: edge + 1, most: edge })
            );
        }
    }
}
