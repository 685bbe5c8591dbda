//! A hand-written module for WASI preview 1 that is packed and rendered: what it asks of the world is answered inside of it.
//! It never has types of its own; the contract's are added to it.

use std::fmt::Write;

use kubectl_ku8::render::{Isolation, Limits, Origin, Rendered, Runtime, Settings, render};
use serde_json::json;

const METADATA: &str = r#"{"name":"echo","version":"1.0.0","title":"Echo","description":"Renders one Service","produces":[{"group":"","kind":"Service"}]}"#;
const SCHEMA: &str = r#"{"type":"object","additionalProperties":false}"#;
const SERVICE: &str =
    r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"echo"},"spec":{"ports":[{"port":7}]}}"#;

/// Constant bytes from address 1024 on.
#[derive(Default)]
struct Data(Vec<u8>);

impl Data {
    fn text(&mut self, text: &str) -> [u32; 2] {
        let at = 1024 + self.0.len();
        self.0.extend(text.as_bytes());
        [at, text.len()].map(|number| u32::try_from(number).unwrap())
    }

    fn words(&mut self, words: &[u32]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = 1024 + self.0.len();
        self.0.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        u32::try_from(at).unwrap()
    }
}

/// A core module as a C compiler makes one: it starts itself, writes to standard error, asks for chance and for the time,
/// and has eight letters of that as its notes.
pub(super) fn module() -> Vec<u8> {
    let mut data = Data::default();
    let metadata = data.text(METADATA);
    let metadata = data.words(&metadata);
    let schema = data.text(SCHEMA);
    let schema = data.words(&schema);
    let (id, service, none, empty) = (data.text("service/echo"), data.text(SERVICE), data.text("[]"), data.text("{}"));
    let notes = data.text("........");
    let object = data.words(&[&id[..], &[0], &service].concat());
    let answer = data.words(&[&[0, object, 1][..], &none, &none, &notes, &empty, &[0, 0]].concat());
    let vector = data.words(&notes);
    let mut letters = String::new();
    for place in 0..8 {
        let at = notes[0] + place;
        // The start function has to have run: it set the letter counted from.
        write!(letters, "(i32.store8 (i32.const {at}) (i32.add (global.get $first) (i32.and (i32.load8_u (i32.const {at})) (i32.const 15))))").unwrap();
    }
    let bytes: String = data.0.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").unwrap();
        text
    });
    let text = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1) (global $first (mut i32) (i32.const 0)) (global $top (mut i32) (i32.const 32768))
          (data (i32.const 1024) "{bytes}")
          (func (export "_initialize") (global.set $first (i32.const 97)))
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (global.get $top) (global.set $top (i32.add (global.get $top) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16)))))
          (func (export "ku8:template/provider@1.0.0#metadata") (result i32) (i32.const {metadata}))
          (func (export "ku8:template/provider@1.0.0#schema") (result i32) (i32.const {schema}))
          (func (export "ku8:template/provider@1.0.0#render") (param i32 i32) (result i32)
            (if (call $write (i32.const 2) (i32.const {vector}) (i32.const 1) (i32.const 16)) (then (call $exit (i32.const 1))))
            (if (call $random (i32.const {random}) (i32.const 7)) (then (call $exit (i32.const 1))))
            (if (call $clock (i32.const 0) (i64.const 0) (i32.const 16)) (then (call $exit (i32.const 1))))
            (i32.store8 (i32.const {last}) (i32.load8_u (i32.const 18)))
            {letters} (i32.const {answer})))"#,
        random = notes[0],
        last = notes[0] + 7,
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn rendered(component: &[u8]) -> Rendered {
    let runtime =
        Runtime::new(Settings { limits: Limits::default(), cache: None, foreign: Isolation::InProcess }).unwrap();
    let template = runtime.load(component.to_vec(), Origin::File("echo.wasm".into())).unwrap();
    let request = json!({"apiVersion": "ku8/v1", "name": "echo", "namespace": "shop", "values": {}, "bindings": {},
        "cluster": {"version": "1.36"}, "previous": null, "images": {"registryMap": {}, "pullSecrets": []}});
    render(&runtime, &template, &request, &[]).unwrap()
}

#[test]
fn a_module_that_asks_for_chance_and_time_is_packed_and_always_renders_the_same() {
    let component = template_pack::pack(&module()).unwrap();
    assert_eq!(template_pack::pack(&module()), Ok(component.clone()), "the same module, the same bytes");
    let first = rendered(&component);
    assert_eq!(first.objects[0].manifest.value()["metadata"]["name"], "echo");
    assert!(
        first.notes.len() == 8 && first.notes.bytes().all(|letter| (b'a'..b'q').contains(&letter)),
        "{}",
        first.notes
    );
    assert_eq!(first, rendered(&component));
    assert_eq!(template_pack::pack(&component), Ok(component), "a component is passed through");
}

#[test]
fn a_description_beside_the_code_changes_nothing_but_the_bytes() {
    let component = template_pack::pack(&module()).unwrap();
    let described = template_pack::describe(&component, METADATA, SCHEMA).unwrap();
    assert_eq!(rendered(&described), rendered(&component));
    let read = template_pack::described(&described).unwrap();
    assert_eq!((read.metadata.as_deref(), read.schema.as_deref()), (Some(METADATA), Some(SCHEMA)));
}

#[test]
fn what_is_no_library_with_a_template_is_refused_in_words() {
    let refused = |text: &str| template_pack::pack(&wat::parse_str(text).unwrap()).unwrap_err();
    let function =
        |name: &str| format!(r#"(func (export "ku8:template/provider@1.0.0#{name}") (result i32) i32.const 0)"#);
    assert!(refused("(module)").contains("ku8:template/provider@"));
    let half = format!("(module {})", function("render"));
    assert!(refused(&half).contains("exports no ku8:template/provider@1.0.0#metadata"), "{}", refused(&half));
    let [metadata, schema, render] = ["metadata", "schema", "render"].map(function);
    let whole = format!("(module {metadata} {schema} {render} (func (export \"_start\")))");
    assert!(refused(&whole).contains("_start") && refused(&whole).contains("-buildmode=c-shared"));
    let strange = format!(r#"(module {metadata} {schema} {render} (func (export "ku8:template/magic@1.0.0#f")))"#);
    assert!(refused(&strange).contains("ku8:template/magic@1.0.0"), "{}", refused(&strange));
    assert!(template_pack::pack(b"\0asm\x0d\0\x01\0").unwrap_err().contains("exports []"));
}
