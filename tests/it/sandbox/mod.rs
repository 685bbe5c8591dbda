//! Hostile and well-behaved template components against the sandbox: each limit broken once and obeyed once.
//! Every refusal is its own error, bounded in time, with words a person can use.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod authors;
mod child;
mod guest;
mod hostile;
mod versions;

use std::fmt::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use guest::{Guest, service};
use kubectl_ku8::render::{Isolation, Limits, Origin, RenderError, Rendered, Runtime, Settings, builtin, render};
use kubectl_ku8::schema::{Schema, check_answer, questions};
use serde_json::{Value, json};

/// One runtime for all tests here: the child's own way of running, without the child.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Runtime::new(Settings { limits: Limits::default(), cache: None, foreign: Isolation::InProcess }).unwrap()
});

fn request() -> Value {
    json!({"apiVersion": "ku8/v1", "name": "echo", "namespace": "shop", "values": {"replicas": 3}, "bindings": {},
        "cluster": {"version": "1.36"}, "previous": null, "images": {"registryMap": {}, "pullSecrets": []}})
}

fn load(bytes: Vec<u8>) -> Result<kubectl_ku8::render::Template, RenderError> {
    RUNTIME.load(bytes, Origin::File("echo.wasm".into()))
}

fn run(guest: &Guest) -> Result<Rendered, RenderError> {
    render(&RUNTIME, &load(guest.bytes())?, &request(), &[])
}

/// The error of a guest, which must come within ten seconds and mean what its words say.
fn refusal(guest: &Guest, words: &str) -> RenderError {
    let begin = Instant::now();
    let error = run(guest).expect_err(words);
    assert!(begin.elapsed() < Duration::from_secs(10), "{words} took {:?}", begin.elapsed());
    let text = error.to_string();
    assert!(text.contains(words), "expected «{words}», got «{text}» ({error:?})");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    error
}

fn with(change: impl FnOnce(&mut Guest)) -> Guest {
    let mut guest = Guest::default();
    change(&mut guest);
    guest
}

#[test]
fn a_good_template_renders_the_same_twice() {
    let first = run(&Guest::default()).unwrap();
    assert_eq!(first.objects.len(), 1);
    assert_eq!((first.objects[0].id.as_str(), first.notes.as_str()), ("service/echo", "Echo is ready."));
    assert_eq!(
        first.objects[0].manifest.value().to_string(),
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"echo"},"spec":{"ports":[{"name":"echo","port":7}]}}"#
    );
    assert_eq!(run(&Guest::default()).unwrap(), first);
}

#[test]
fn a_template_describes_itself_and_its_values_are_checked() {
    let template = load(Guest::default().bytes()).unwrap();
    assert_eq!((template.metadata().name.as_str(), template.digest().len()), ("echo", 64));
    let checked = RUNTIME.check(&template, json!({})).unwrap();
    assert_eq!((checked.values, checked.filled), (json!({"replicas": 3}), vec!["/replicas".to_owned()]));
    let error = RUNTIME.check(&template, json!({"replcas": 0})).unwrap_err();
    assert_eq!(error.to_string(), "replcas is not known here (did you mean `replicas`?)");
}

#[test]
fn endless_work_runs_out_of_fuel() {
    let endless = "(loop $again (br $again))";
    let in_render = with(|guest| guest.render_body = endless.into());
    refusal(&in_render, "exceeded its instruction budget of 1000000000 in `render`");
    let in_metadata = with(|guest| guest.metadata_body = endless.into());
    refusal(&in_metadata, "budget of 200000000 in `metadata`");
    let in_start = with(|guest| guest.core = format!("(func $start {endless}) (start $start)"));
    refusal(&in_start, "budget of 200000000 in `metadata`");
    // One instruction that writes 32 MiB costs what it does: 200 of them are more than the budget.
    let fill = "(drop (memory.grow (i32.const 600))) (loop $again
        (memory.fill (i32.const 65536) (i32.const 0) (i32.const 33554432)) (br $again))";
    refusal(&with(|guest| guest.render_body = fill.into()), "instruction budget");
    let finite = "(local $i i32) (loop $again (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 10000000))))";
    assert!(run(&with(|guest| guest.render_body = finite.into())).is_ok());
}

#[test]
fn recursion_ends_at_the_stack_limit() {
    let function = |depth: &str| {
        with(|guest| {
            guest.core = "(func $down (param i32) (result i32)
                (if (result i32) (local.get 0)
                  (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
                  (else (i32.const 0))))"
                .into();
            guest.render_body = format!("(drop (call $down (i32.const {depth})))");
        })
    };
    assert!(matches!(refusal(&function("-1"), "recursed too deeply in `render`"), RenderError::Stack(_)));
    assert!(run(&function("1000")).is_ok());
}

#[test]
fn memory_is_counted_over_all_memories() {
    let grow = |pages: u32| with(|guest| guest.render_body = format!("(drop (memory.grow (i32.const {pages})))"));
    refusal(&grow(1100), "more than its 64 MiB of memory");
    assert!(run(&grow(900)).is_ok());
    let several = |count: usize, pages: u32| {
        with(|guest| {
            guest.inner = format!("(core module $more (memory {pages}))");
            guest.inner.push_str(&"(core instance (instantiate $more))".repeat(count));
        })
    };
    refusal(&several(7, 160), "more than its 64 MiB of memory");
    assert!(run(&several(7, 100)).is_ok());
    assert!(matches!(refusal(&several(8, 1), "too many parts"), RenderError::TooManyParts(_)));
}

#[test]
fn tables_and_instances_are_counted() {
    let tables = |count: usize, elements: u32| {
        with(|guest| {
            guest.inner = format!("(core module $more (table {elements} funcref))");
            guest.inner.push_str(&"(core instance (instantiate $more))".repeat(count));
        })
    };
    refusal(&tables(1, 10_001), "more than its 10000 table elements");
    refusal(&tables(2, 6_000), "more than its 10000 table elements");
    assert!(run(&tables(2, 4_000)).is_ok());
    let growing = with(|guest| {
        guest.core = "(table $t 1 funcref)".into();
        guest.render_body = "(drop (table.grow $t (ref.null func) (i32.const 20000)))".into();
    });
    refusal(&growing, "more than its 10000 table elements");
    refusal(&tables(70, 0), "too many parts");
}

#[test]
fn output_is_bounded() {
    // An answer laid out by hand at address 16: `[]`, `[]`, notes of this many zero bytes, `{}`.
    let notes = |bytes: u32| {
        let (list, object, big) = (100, 104, 65536);
        let words = [0, 0, 0, list, 2, list, 2, big, bytes, object, 2, 0, 0];
        with(|guest| {
            guest.render_body = "(drop (memory.grow (i32.const 500)))".into();
            guest.render_body.push_str("(i32.store16 (i32.const 100) (i32.const 0x5d5b))");
            guest.render_body.push_str("(i32.store16 (i32.const 104) (i32.const 0x7d7b))");
            for (index, word) in words.iter().enumerate() {
                let at = 16 + 4 * index;
                write!(guest.render_body, "(i32.store (i32.const {at}) (i32.const {word}))").unwrap();
            }
            guest.render_body.push_str("(return (i32.const 16))");
        })
    };
    refusal(&notes(20 << 20), "returned more than 16 MiB");
    let rendered = run(&notes(15 << 20)).unwrap();
    assert!(rendered.notes.starts_with("\\u{0}"), "control characters are escaped");
    let metadata = with(|guest| guest.metadata = vec![b' '; 1 << 20]);
    refusal(&metadata, "metadata: not one JSON value");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let utf8 = with(|guest| guest.notes = vec![0xff, 0xfe]);
    assert!(matches!(refusal(&utf8, "returned from `render` what cannot be read"), RenderError::Unreadable { .. }));
    for (address, value) in [(0, 7), (4, 0x7fff_fff0), (8, 0x7fff_ffff)] {
        let wild = with(|guest| {
            guest.render_body =
                format!("(i32.store (i32.const {}) (i32.const {value})) (return (i32.const 16))", 16 + address);
        });
        refusal(&wild, "what cannot be read");
    }
    refusal(&with(|guest| guest.render_body = "(return (i32.const 0x7ffffff0))".into()), "what cannot be read");
}

#[test]
fn junk_json_is_refused_with_its_place() {
    let object = |manifest: &str| with(|guest| guest.objects = vec![("service/x".into(), 0, manifest.into())]);
    for (guest, words) in [
        (with(|guest| guest.metadata = b"nonsense".to_vec()), "metadata: not one JSON value"),
        (with(|guest| guest.metadata = b"{}".to_vec()), "metadata: name is missing"),
        (with(|guest| guest.schema = b"[]".to_vec()), "schema: the schema is not a JSON object"),
        (
            with(|guest| guest.schema = br#"{"$ref":"file:///etc/passwd"}"#.to_vec()),
            "schema: `file:///etc/passwd` refers outside",
        ),
        (with(|guest| guest.secrets = b"{".to_vec()), "secrets: not one JSON value"),
        (with(|guest| guest.outputs = b"[{}]".to_vec()), "outputs: [0].name is missing"),
        (object("{\"a\":NaN}"), "service/x: not one JSON value"),
        (object("[]"), "service/x: expected one Kubernetes object, found a list"),
        (
            object(r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","name":"b"}}"#),
            "service/x: not one JSON value: duplicate key",
        ),
        (
            object(r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}"#),
            "service/x: a template may not render a Secret",
        ),
        (
            object(r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}}"#),
            "service/x: Node is not a kind a template may render",
        ),
        (
            object(r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","namespace":"kube-system"}}"#),
            "namespace `kube-system`",
        ),
        (
            object(r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"prots":[]}}"#),
            "field spec.prots is unknown",
        ),
        (object("{\"\u{1b}]0;x\u{7}\":1}"), "service/x: not one JSON value"),
        (
            with(|guest| guest.objects = vec![("a".into(), 0, service("a")), ("a".into(), 0, service("b"))]),
            "a: two objects have this id",
        ),
        (object(r#"{"apiVersion":"v1","kind":"X\u001b[2J","metadata":{"name":"a"}}"#), "X\\u{1b}[2J is not a kind"),
        (with(|guest| guest.objects = vec![("a\u{1b}[2J".into(), 0, service("a"))]), "printable characters"),
    ] {
        refusal(&guest, words);
    }
}

#[test]
fn a_template_imports_nothing_at_all() {
    for (import, name) in [
        (r#"(import "wasi:filesystem/types@0.2.0" (instance))"#, "`wasi:filesystem/types@0.2.0`"),
        (
            r#"(import "wasi:cli/environment@0.2.0" (instance (export "get-arguments" (func (result (list string))))))"#,
            "`wasi:cli/environment@0.2.0`",
        ),
        (r#"(import "now" (func (result u64)))"#, "`now`"),
        (r#"(import "a:b/c" (instance (export "r" (type (sub resource)))))"#, "`a:b/c`"),
        (r#"(type $t (record (field "a" u32))) (import "x" (type (eq $t)))"#, "`x`"),
    ] {
        let bytes = with(|guest| guest.outer = import.into()).bytes();
        match load(bytes) {
            Err(RenderError::Imports(names)) => assert_eq!(format!("`{}`", names[0]), name),
            other => panic!("{import}: {other:?}"),
        }
    }
    refusal(
        &with(|guest| guest.outer = r#"(import "wasi:filesystem/types@0.2.0" (instance))"#.into()),
        "imports `wasi:filesystem/types@0.2.0`; a template may import nothing",
    );
}

#[test]
fn the_contracts_version_decides() {
    let export = |name: &str| with(|guest| guest.export = name.into());
    assert!(run(&export("ku8:template/provider@1.1.0")).is_ok());
    refusal(
        &export("ku8:template/provider@2.0.0"),
        "built for a newer contract, ku8:template/provider@2.0.0; this version of ku8 speaks",
    );
    refusal(&export("ku8:template/provider@0.9.0"), "speaks ku8:template/provider@0.9.0");
    refusal(&export("other:thing/provider@1.0.0"), "does not export ku8:template/provider@1; it exports `other:thing");
    let other_type = with(|guest| guest.metadata_type = "u32".into());
    assert!(matches!(run(&other_type), Err(RenderError::Contract(_))), "{:?}", run(&other_type));
}

#[test]
fn damaged_bytes_are_never_more_than_an_error() {
    let sound = Guest::default().bytes();
    for length in (0..sound.len()).step_by(sound.len() / 50 + 1) {
        let error = load(sound[..length].to_vec()).unwrap_err();
        assert!(matches!(error, RenderError::NotAComponent(_) | RenderError::NotATemplate(_)), "{length}: {error:?}");
    }
    let mut place = 7_usize;
    for _ in 0..100 {
        place = (place * 1_103_515_245 + 12_345) % (sound.len() * 8);
        let mut flipped = sound.clone();
        flipped[place / 8] ^= 1 << (place % 8);
        if let Ok(template) = load(flipped) {
            let _ = render(&RUNTIME, &template, &request(), &[]);
        }
    }
    assert_eq!(load(wat::parse_str("(module)").unwrap()).unwrap_err(), RenderError::CoreModule);
    assert_eq!(load(b"\x7fELF and more".to_vec()).unwrap_err(), RenderError::CompiledCode);
}

#[test]
fn traps_are_told_apart() {
    let panics = with(|guest| {
        guest.core = "(func $mysql_topology unreachable)".into();
        guest.render_body = "(call $mysql_topology)".into();
    });
    refusal(&panics, "the template panicked in `render` at mysql_topology");
    let divides = with(|guest| guest.render_body = "(drop (i32.div_u (i32.const 1) (i32.const 0)))".into());
    refusal(&divides, "crashed in `render`: wasm trap: integer divide by zero");
    let reaches = with(|guest| guest.render_body = "(drop (i32.load (i32.const -8)))".into());
    assert!(matches!(refusal(&reaches, "out of bounds memory access"), RenderError::Trap { .. }));
}

#[test]
fn a_templates_own_refusal_is_passed_on() {
    let refuses = with(|guest| {
        guest.diagnostics = Some(vec![
            (
                2,
                "/replicas".into(),
                "echo.replicas.even".into(),
                "replicas is \u{1b}[31meven".into(),
                Some("use 3".into()),
            ),
            (1, String::new(), "echo.x".into(), "second".into(), None),
        ]);
    });
    let error = refusal(&refuses, "replicas is \\u{1b}[31meven (use 3); second");
    let RenderError::Diagnostics(diagnostics) = error else { panic!("{error:?}") };
    assert_eq!((diagnostics.len(), diagnostics[0].path.as_str()), (2, "/replicas"));
}

/// What a person would answer who answers only what must be answered.
fn answers(schema: &Schema) -> Value {
    let mut values = super::sampled::examples(schema);
    for question in questions(schema, None) {
        if question.required && question.default.is_none() && values.pointer(&question.pointer).is_none() {
            let name = question.pointer.strip_prefix('/').unwrap();
            values[name] = check_answer(schema, &question, "orders").unwrap();
        }
    }
    values
}

#[test]
fn every_embedded_template_renders_its_defaults() {
    for entry in builtin::all() {
        let template =
            RUNTIME.load_builtin(entry.name).unwrap().unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        assert_eq!(template.metadata().name, entry.name);
        // Believed at run time, and proven here.
        assert_eq!(Schema::parse(template.schema().document()).err(), None, "{}", entry.name);
        let mut request = request();
        request["values"] = RUNTIME.check(&template, answers(template.schema())).unwrap().values;
        let rendered =
            render(&RUNTIME, &template, &request, &[]).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        assert!(!rendered.objects.is_empty() && !rendered.outputs.is_empty(), "{}", entry.name);
    }
    assert!(RUNTIME.load_builtin("no-such-template").is_none());
}

#[test]
fn a_request_is_checked_before_it_is_sent() {
    let template = load(Guest::default().bytes()).unwrap();
    let mut bad = request();
    bad["cluster"]["version"] = json!("v1.36.3");
    let error = render(&RUNTIME, &template, &bad, &[]).unwrap_err();
    assert!(error.to_string().contains("cluster.version"), "{error}");
}

/// Prints what a render costs; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
fn cost_of_one_render() {
    let bytes = Guest::default().bytes();
    let begin = Instant::now();
    let template = load(bytes.clone()).unwrap();
    println!("{} bytes: compile and describe {:?}", bytes.len(), begin.elapsed());
    let begin = Instant::now();
    for _ in 0..1000 {
        render(&RUNTIME, &template, &request(), &[]).unwrap();
    }
    println!("render {:?}", begin.elapsed() / 1000);
    for entry in builtin::all() {
        let begin = Instant::now();
        RUNTIME.load_builtin(entry.name).unwrap().unwrap();
        println!("{}, {} bytes: compile and describe {:?}", entry.name, entry.bytes.len(), begin.elapsed());
    }
}
