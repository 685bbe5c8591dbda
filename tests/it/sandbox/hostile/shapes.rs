//! Files that are no pure template: cut off, of another kind, too large, importing, of another contract.
//! None of them runs; most are refused before a compiler sees them.

use super::super::guest::Guest;
use super::bombs::{Family, bomb, carrying, functions, leb, list, module, section};
use super::{Case, GOOD, RenderError, with};

pub(super) fn cases() -> Vec<Case> {
    [files(), contracts(), imports(), features(), numbers()].into_iter().flatten().collect()
}

fn files() -> Vec<Case> {
    let sound = GOOD.clone();
    let cut = sound[..sound.len() / 2].to_vec();
    // A section for people, which nothing reads, of this many bytes.
    let custom = |bytes: usize| [sound.clone(), section(0, &[vec![1, b'x'], vec![0; bytes]].concat())].concat();
    vec![
        Case::of("an empty file", vec![], "NotAComponent", "not a WebAssembly component"),
        Case::of("a shell script", b"#!/bin/sh\nid".to_vec(), "NotAComponent", "it does not begin as WebAssembly does"),
        Case::of("a compiled component", b"\x7fELF\x02\x01\x01\0\0".to_vec(), "CompiledCode", "this is compiled code"),
        Case::of("an entry of the cache", b"KU8AOT1\n\0\0".to_vec(), "CompiledCode", "this is compiled code"),
        Case::of("a component cut off", cut, "NotAComponent", "not a WebAssembly component"),
        Case::of("a core module", wat::parse_str("(module)").unwrap(), "CoreModule", "pack it with"),
        Case::of("a component of nothing", b"\0asm\x0d\0\x01\0".to_vec(), "NotATemplate", "it exports nothing"),
        Case::of("a format to come", b"\0asm\x0e\0\x01\0".to_vec(), "NotAComponent", "not a WebAssembly component"),
        Case::of("a custom section of 33 MiB", custom(33 << 20), "ComponentTooLarge", "at most 33554432 are allowed"),
        Case::of("a custom section of 1 MiB", custom(1 << 20), "Rendered", ""),
        Case::of("64 MiB of data", vec![0; 64 << 20], "ComponentTooLarge", "the component has 67108864 bytes"),
    ]
}

fn contracts() -> Vec<Case> {
    let export =
        |name, interface: &str, ends, words| Case::new(name, &with(|g| g.export = interface.into()), ends, words);
    let without = |part: &str| {
        let text = Guest::default().text();
        let begin = text.find(part).unwrap();
        let end = begin + text[begin..].find('\n').unwrap();
        wat::parse_str(text[..begin].to_owned() + &text[end..]).unwrap()
    };
    let newer = "built for a newer contract, ku8:template/provider@";
    vec![
        export("contract 1.1", "ku8:template/provider@1.1.0", "Rendered", ""),
        export("contract 2", "ku8:template/provider@2.0.0", "NewerContract", newer),
        export("contract 10", "ku8:template/provider@10.0.0", "NewerContract", newer),
        export("contract 0.9", "ku8:template/provider@0.9.0", "ContractVersion", "this version of ku8 speaks"),
        export("no contract", "other:thing/provider@1.0.0", "NotATemplate", "it exports `other:thing/provider@1.0.0`"),
        Case::of(
            "no schema",
            without(r#"(func (export "schema") (result string)"#),
            "Contract",
            "does not keep the contract",
        ),
        Case::new("a number for metadata", &with(|g| g.metadata_type = "u32".into()), "Contract", "does not keep"),
        Case::new(
            "one more export",
            &with(|g| g.outer = r#"(core module $m) (export "extra" (core module $m))"#.into()),
            "Rendered",
            "",
        ),
    ]
}

/// The ways to ask for something from outside (P15).
pub(super) const IMPORTS: [(&str, &str); 20] = [
    ("an empty instance", r#"(import "wasi:filesystem/types@0.2.0" (instance))"#),
    (
        "arguments",
        r#"(import "wasi:cli/environment@0.2.0" (instance (export "get-arguments" (func (result (list string))))))"#,
    ),
    ("a clock", r#"(import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func (result u64)))))"#),
    ("random bytes", r#"(import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64)))))"#),
    (
        "insecure random bytes",
        r#"(import "wasi:random/insecure@0.2.0" (instance (export "get-insecure-random-u64" (func (result u64)))))"#,
    ),
    ("sockets", r#"(import "wasi:sockets/network@0.2.0" (instance (export "network" (type (sub resource)))))"#),
    (
        "name resolution",
        r#"(import "wasi:sockets/ip-name-lookup@0.2.0" (instance (export "resolve-addresses" (func (param "name" string) (result u32)))))"#,
    ),
    ("HTTP", r#"(import "wasi:http/outgoing-handler@0.2.0" (instance (export "handle" (func (param "r" u32)))))"#),
    ("output", r#"(import "wasi:cli/stdout@0.2.0" (instance (export "get-stdout" (func (result u32)))))"#),
    ("an exit", r#"(import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "code" u32)))))"#),
    (
        "files opened before",
        r#"(import "wasi:filesystem/preopens@0.2.0" (instance (export "get-directories" (func (result (list string))))))"#,
    ),
    ("threads", r#"(import "wasi:thread/spawn@0.1.0" (instance (export "spawn" (func (param "f" u32)))))"#),
    ("a key-value store", r#"(import "wasi:keyvalue/store@0.2.0" (instance))"#),
    (
        "WASI by another name",
        r#"(import "totally:harmless/helpers@1.0.0" (instance (export "now" (func (result u64)))))"#,
    ),
    ("a bare function", r#"(import "now" (func (result u64)))"#),
    ("a resource", r#"(import "a:b/c" (instance (export "r" (type (sub resource)))))"#),
    ("a type alone", r#"(type $t (record (field "a" u32))) (import "x" (type (eq $t)))"#),
    ("a component", r#"(import "a" (component))"#),
    ("a core module", r#"(import "m" (core module))"#),
    ("our own contract", r#"(import "ku8:template/provider@1.0.0" (instance))"#),
];

fn imports() -> Vec<Case> {
    let case = |(name, import): &(&'static str, &str)| {
        Case::new(name, &with(|g| g.outer = (*import).into()), "Imports", "a template may import nothing")
    };
    IMPORTS.iter().map(case).collect()
}

/// What the engine has switched off.
fn features() -> Vec<Case> {
    let core = |name, fields: &str, words| {
        Case::new(name, &with(|g| g.inner = format!("(core module $more {fields})")), "Compile", words)
    };
    vec![
        core(
            "relaxed SIMD",
            "(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
            "relaxed SIMD support is not enabled",
        ),
        core("shared memory", "(memory 1 1 shared)", "threads must be enabled"),
        core("64-bit memory", "(memory i64 1)", "memory64 must be enabled"),
        core("two memories in one module", "(memory 1) (memory 1)", "multiple memories"),
        core("garbage collection", "(type (struct (field i32)))", "gc types are disabled"),
        core("exceptions", "(tag)", "exceptions proposal not enabled"),
        core("pages of one byte", "(memory 1 (pagesize 1))", "custom page sizes proposal"),
    ]
}

/// How a component begins.
const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Much of something, written in binary because text would be too slow.
fn numbers() -> Vec<Case> {
    let carried = |name, module: &[u8], ends, words| Case::of(name, carrying(&GOOD, module), ends, words);
    let costly = |name, module: &[u8], words| carried(name, module, "TooCostly", words);
    let named = |count: usize, kind: u8| {
        let name = |index: usize| {
            let name = format!("{index:x}");
            [leb(name.len()), name.into_bytes(), vec![kind, 0]].concat()
        };
        section(7, &list(count, name))
    };
    let one_function = [section(1, &[1, 0x60, 0, 0]), section(3, &[1, 0])].concat();
    let exports = |count: usize| module(&[one_function.clone(), named(count, 0), section(10, &[1, 2, 0, 0x0b])]);
    let branches = functions(1, |_| {
        let targets = [leb(100_000), vec![0; 100_001]].concat();
        [&[0, 0x02, 0x40, 0x20, 0, 0x0e][..], &targets, &[0x0b, 0x20, 0, 0x0b]].concat()
    });
    let tuples = (1..64).fold("(type $t0 (tuple u64 u64))".to_owned(), |text, level| {
        format!("{text} (type $t{level} (tuple $t{0} $t{0}))", level - 1)
    });
    let nested = (0..100).fold(HEADER.to_vec(), |inside, _| [HEADER, &section(4, &inside)].concat());
    vec![
        costly("40,000 nested blocks", &bomb(Family::Nest, 40_000), "5001 blocks in one another; at most 5000"),
        costly(
            "a hundred functions of 4,000 nested blocks",
            &functions(100, |_| [vec![0], [0x02, 0x40].repeat(4_000), vec![0x0b; 4_000], vec![0x20, 0, 0x0b]].concat()),
            "levels of blocks, all added up",
        ),
        costly("a function of 4 MB", &bomb(Family::Body, 4_000_000), "bytes in one function; at most 524288"),
        costly(
            "50,000 locals",
            &functions(1, |_| [&[1][..], &leb(50_000), &[0x7f, 0x20, 0, 0x0b]].concat()),
            "50000 locals in one function; at most 10000",
        ),
        costly("100,000 functions", &bomb(Family::Functions, 100_000), "40001 functions; at most 40000"),
        costly("a million types", &bomb(Family::Types, 1_000_000), "types; at most 10000"),
        costly("a branch to 100,000 places", &branches, "100000 branches of one table; at most 65536"),
        carried("a million exports", &exports(1_000_001), "Compile", "exports count"),
        carried(
            "65,536 tables",
            &module(&[section(4, &list(65_536, |_| vec![0x70, 0, 1]))]),
            "Compile",
            "tables count exceeds limit",
        ),
        Case::new("tuples of tuples, 64 deep", &with(|g| g.outer.clone_from(&tuples)), "Compile", "size"),
        Case::of(
            "components in one another, 100 deep",
            [&GOOD[..], &section(4, &nested)].concat(),
            "TooCostly",
            "33 components in one another; at most 32",
        ),
    ]
}

/// Cut off at fifty places and with a bit flipped at a hundred: an error or a template, never more.
#[test]
fn p13_damaged_files_are_never_more_than_an_error() {
    let sound = &*GOOD;
    let load = |bytes: Vec<u8>| super::super::load(bytes);
    for length in (0..sound.len()).step_by(sound.len() / 50 + 1) {
        let error = load(sound[..length].to_vec()).unwrap_err();
        assert!(matches!(error, RenderError::NotAComponent(_) | RenderError::NotATemplate(_)), "{length}: {error:?}");
    }
    let mut flipped = sound.clone();
    let mut sound_still = 0;
    for step in 0..100 {
        let bit = step * sound.len() * 8 / 100 + step % 8;
        flipped[bit / 8] ^= 1 << (bit % 8);
        let outcome = load(flipped.clone()).and_then(|template| {
            kubectl_ku8::render::render(&super::super::RUNTIME, &template, &super::request(), &[])
        });
        sound_still += usize::from(outcome.is_ok());
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
    println!("P13 damaged: 51 lengths, 100 flipped bits, 0 crashes; {sound_still} rendered");
}
