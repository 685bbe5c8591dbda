//! Components whose answer is too large, unreadable, or not what it says it is.
//! Every one of them runs well; reading what it returned is where it ends.

use std::fmt::Write;

use super::super::guest::{Guest, service};
use super::{Case, with};

pub(super) fn cases() -> Vec<Case> {
    [sizes(), pointers(), encodings(), json(), traps()].into_iter().flatten().collect()
}

/// A guest that lays out its answer by hand: these words at address 16 after these instructions, with `[]` at 100 and
/// `{}` at 104. The words are those of `result<rendered, …>`.
pub(super) fn by_hand(words: &[u32], instructions: &str) -> Guest {
    with(|g| {
        g.render_body = "(i32.store16 (i32.const 100) (i32.const 0x5d5b))".into();
        g.render_body.push_str("(i32.store16 (i32.const 104) (i32.const 0x7d7b))");
        for (index, word) in words.iter().enumerate() {
            write!(g.render_body, "(i32.store (i32.const {}) (i32.const {word}))", 16 + 4 * index).unwrap();
        }
        g.render_body = format!("{instructions} {} (return (i32.const 16))", g.render_body);
    })
}

/// An answer without objects whose notes are here.
pub(super) fn notes(at: u32, bytes: u32) -> Guest {
    by_hand(&[0, 0, 0, 100, 2, 100, 2, at, bytes, 104, 2, 0, 0], "(drop (memory.grow (i32.const 1010)))")
}

fn object(name: &'static str, manifest: &[u8], words: &'static str) -> Case {
    Case::new(name, &with(|g| g.objects = vec![("x".into(), 0, manifest.to_vec())]), "Refused", words)
}

fn sizes() -> Vec<Case> {
    let output = |name, guest: &Guest| Case::new(name, guest, "OutputTooLarge", "returned more than 16 MiB");
    // One string, a million times: every object's id and manifest are the two bytes at 100.
    let million = by_hand(
        &[0, 65536, 1_000_000, 100, 2, 100, 2, 100, 2, 104, 2, 0, 0],
        "(local $at i32) (drop (memory.grow (i32.const 320))) (local.set $at (i32.const 65536))
        (loop $next
          (i32.store (local.get $at) (i32.const 100)) (i32.store offset=4 (local.get $at) (i32.const 2))
          (i32.store offset=12 (local.get $at) (i32.const 100)) (i32.store offset=16 (local.get $at) (i32.const 2))
          (local.set $at (i32.add (local.get $at) (i32.const 20)))
          (br_if $next (i32.lt_u (local.get $at) (i32.const 20065536))))",
    );
    let many = |count: usize| (0..count).map(|n| (format!("s{n}"), 0, service(&format!("s{n}")))).collect();
    let warnings = |count: usize| vec![(2, String::new(), "e".into(), "no".into(), None); count];
    vec![
        output("a string of 66 MB", &notes(65536, 66_000_000)),
        output("a million objects", &million),
        output("metadata of 17 MiB", &with(|g| g.metadata = vec![b' '; 17 << 20])),
        Case::new("2,001 objects", &with(|g| g.objects = many(2_001)), "Refused", "2001 objects; at most 2000"),
        object("an object of 10 MiB", &vec![b' '; 10 << 20], "10485760 bytes; an object may have 1048576"),
        Case::new("notes of 15 MiB", &notes(65536, 15 << 20), "Rendered", ""),
        Case::new(
            "a hundred thousand reasons",
            &with(|g| g.diagnostics = Some(warnings(100_000))),
            "Diagnostics",
            "no; no; no",
        ),
        Case::new(
            "a reason of 10 MB",
            &with(|g| g.diagnostics = Some(vec![(2, String::new(), "e".into(), "x".repeat(10_000_000), None)])),
            "Diagnostics",
            "xxx",
        ),
        Case::new("no reason", &with(|g| g.diagnostics = Some(vec![])), "Diagnostics", "without a reason"),
    ]
}

fn pointers() -> Vec<Case> {
    let wild = |name, guest: &Guest| Case::new(name, guest, "Unreadable", "what cannot be read");
    let word = |name, index: usize, value: u32| {
        let mut words = [0, 0, 0, 100, 2, 100, 2, 100, 2, 104, 2, 0, 0];
        words[index] = value;
        wild(name, &by_hand(&words, ""))
    };
    vec![
        wild("an answer outside memory", &with(|g| g.render_body = "(return (i32.const 0x7ffffff0))".into())),
        wild("an answer at an odd address", &with(|g| g.render_body = "(return (i32.const 17))".into())),
        word("neither answer nor refusal", 0, 7),
        word("a list outside memory", 2, 0x0fff_ffff),
        word("a list at an odd address", 1, 0x101),
        word("a string outside memory", 7, 0xffff_fff0),
        word("a string of two thousand million bytes", 8, 0x7fff_ffff),
        word("a string without end", 8, 0xffff_ffff),
        wild(
            "a severity there is not",
            &with(|g| {
                g.diagnostics = Some(vec![(9, String::new(), "e".into(), "no".into(), None)]);
            }),
        ),
        wild("room where there is none", &with(|g| g.realloc_body = "(return (i32.const 0x7ffffff0))".into())),
    ]
}

fn encodings() -> Vec<Case> {
    let notes =
        |name, bytes: &[u8]| Case::new(name, &with(|g| g.notes = bytes.to_vec()), "Unreadable", "what cannot be read");
    let encoded = |name, encoding: &str, at: u32, length: u32| {
        let mut guest = by_hand(
            &[0, 0, 0, 0, 0, 0, 0, at, length, 0, 0, 0, 0],
            "(i64.store (i32.const 200) (i64.const 0xd800d800d800d800))",
        );
        guest.options = format!("string-encoding={encoding}");
        Case::new(name, &guest, "Unreadable", "what cannot be read")
    };
    vec![
        notes("bytes that are not UTF-8", &[0xff, 0xfe]),
        notes("half a surrogate", &[0xed, 0xa0, 0x80]),
        notes("a letter cut off", &[0xe2, 0x82]),
        notes("an overlong slash", &[0xc0, 0xaf]),
        encoded("UTF-16 of lone surrogates", "utf16", 200, 4),
        encoded("UTF-16 at an odd address", "utf16", 201, 4),
        encoded("UTF-16 outside memory", "utf16", 200, 0x7fff_ffff),
        encoded("either encoding, of lone surrogates", "latin1+utf16", 200, 0x8000_0004),
        object("zero bytes", b"\0\0", "not one JSON value"),
        Case::new(
            "escapes in an id",
            &with(|g| g.objects = vec![("a\u{1b}[2J".into(), 0, service("a"))]),
            "Refused",
            "printable",
        ),
        Case::new("escapes in the notes", &with(|g| g.notes = b"\x1b]0;x\x07".to_vec()), "Rendered", ""),
        Case::new(
            "escapes in a reason",
            &with(|g| {
                g.diagnostics = Some(vec![(2, "\u{1b}".into(), "\u{9b}".into(), "\u{202e}\u{1b}[2Jno".into(), None)]);
            }),
            "Diagnostics",
            "\\u{1b}[2Jno",
        ),
    ]
}

fn json() -> Vec<Case> {
    let deep = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    let schema = |name, schema: &[u8], words| Case::new(name, &with(|g| g.schema = schema.to_vec()), "Refused", words);
    vec![
        object("a bomb in YAML", b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", "not one JSON value"),
        object(
            "a key twice",
            br#"{"apiVersion":"v1","kind":"Service","kind":"Node","metadata":{"name":"a"}}"#,
            "duplicate key \"kind\"",
        ),
        object("65 levels", &deep(65), "nested deeper than 64 levels"),
        object("a hundred thousand levels", &deep(100_000), "nested deeper than 64 levels"),
        object("no number", br#"{"a":NaN}"#, "not one JSON value"),
        object("a number without end", br#"{"a":1e999}"#, "out of range"),
        object("a number nobody can hold", br#"{"a":18446744073709551616}"#, "too large to be exact"),
        object("two values", b"{} {}", "trailing characters"),
        object("a byte order mark", b"\xef\xbb\xbf{}", "not one JSON value"),
        object("a list of objects", b"[]", "expected one Kubernetes object"),
        object("nothing", b"", "not one JSON value"),
        schema("a schema that is a list", b"[]", "schema: the schema is not a JSON object"),
        schema("a schema that is no schema", br#"{"type":"strnig"}"#, "schema: the schema is not valid JSON Schema"),
        schema("a schema from a file", br#"{"$ref":"file:///etc/passwd"}"#, "refers outside the schema"),
        Case::new(
            "metadata without a name",
            &with(|g| g.metadata = b"{}".to_vec()),
            "Refused",
            "metadata: name is missing",
        ),
        Case::new(
            "outputs of no form",
            &with(|g| g.outputs = b"[{}]".to_vec()),
            "Refused",
            "outputs: [0].name is missing",
        ),
    ]
}

fn traps() -> Vec<Case> {
    let trap = |name, body: &str, words| Case::new(name, &with(|g| g.render_body = body.into()), "Trap", words);
    vec![
        Case::new("a panic", &with(|g| g.render_body = "unreachable".into()), "Panicked", "panicked in `render`"),
        Case::new(
            "a panic in a function with a name of 10 MB",
            &with(|g| {
                // The first function behind `realloc`.
                g.core = format!("(func $f{} unreachable)", "x".repeat(10_000_000));
                g.render_body = "(call 1)".into();
            }),
            "Panicked",
            "panicked in `render`",
        ),
        trap("a division by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))", "integer divide by zero"),
        trap("a load outside memory", "(drop (i32.load (i32.const -8)))", "out of bounds memory access"),
        trap("a float that is no integer", "(drop (i32.trunc_f32_s (f32.const nan)))", "invalid conversion to integer"),
        Case::new(
            "a call of nothing",
            &with(|g| {
                g.core = "(table $t 4 funcref) (type $f (func))".into();
                g.render_body = "(call_indirect (type $f) (i32.const 3))".into();
            }),
            "Trap",
            "uninitialized element",
        ),
    ]
}
