//! Every limit at its edge: the last that is let through, and one more, which is not.
//! Caps that are asked before compiling have theirs in `render/inspect.rs`, schemas theirs in `schema/shape.rs`.

use std::fmt::Write;

use kubectl_ku8::render::{Isolation, Limits, Origin, RenderError, Rendered, Runtime, Settings, render};

use super::super::guest::{Guest, service};
use super::super::run;
use super::output::notes;
use super::{GOOD, request, with};

fn limited(limits: Limits, guest: &Guest) -> Result<Rendered, RenderError> {
    let runtime = Runtime::new(Settings { limits, cache: None, foreign: Isolation::InProcess }).unwrap();
    let template = runtime.load(guest.bytes(), Origin::Cluster)?;
    render(&runtime, &template, &request(), &[])
}

/// The first number from which on something holds, which fails at `low` and holds at `high`.
fn first(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    assert!(!holds(low) && holds(high), "the edge is not between {low} and {high}");
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

#[test]
fn fuel_decides_to_the_unit() {
    let guest = with(|g| {
        let counted = "(local $i i32) (loop $again (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))";
        g.render_body = counted.into();
        g.metadata_body = counted.into();
    });
    let runtime = |limits| Runtime::new(Settings { limits, cache: None, foreign: Isolation::InProcess }).unwrap();
    let sound = runtime(Limits::default()).load(guest.bytes(), Origin::Cluster).unwrap();
    let rendering = |fuel| render(&runtime(Limits { render_fuel: fuel, ..Limits::default() }), &sound, &request(), &[]);
    let least = first(1, 1_000_000, |fuel| rendering(fuel).is_ok());
    assert!(least > 6_000, "{least}");
    let error = rendering(least - 1).unwrap_err();
    assert_eq!(error, RenderError::OutOfFuel { call: "render".into(), budget: least - 1 });
    // The same number again: fuel is counted, not measured.
    assert_eq!(first(1, 1_000_000, |fuel| rendering(fuel).is_ok()), least);

    let describing = |fuel| limited(Limits { describe_fuel: fuel, ..Limits::default() }, &guest);
    let least = first(1, 1_000_000, |fuel| describing(fuel).is_ok());
    let error = describing(least - 1).unwrap_err();
    assert_eq!(error, RenderError::OutOfFuel { call: "metadata".into(), budget: least - 1 });
}

#[test]
fn memory_tables_and_instances_end_at_their_number() {
    let grown = |pages: usize| with(|g| g.render_body = format!("(drop (memory.grow (i32.const {pages})))"));
    let more = |fields: &str, count: usize| {
        with(|g| {
            g.inner = format!("(core module $more {fields}) {}", "(core instance (instantiate $more))".repeat(count));
        })
    };
    let tables = |count: usize| more(&"(table 0 funcref)".repeat(count), 1);
    // The guest has one page and one instance itself.
    for (obeys, breaks, variant) in [
        (grown(1_023), grown(1_024), "Memory"),
        (more("(memory 1)", 7), more("(memory 1)", 8), "TooManyParts"),
        (tables(64), tables(65), "TooManyParts"),
        (more("(table 10000 funcref)", 1), more("(table 10001 funcref)", 1), "Table"),
        (more("", 63), more("", 64), "TooManyParts"),
    ] {
        assert!(run(&obeys).is_ok(), "{variant}: {:?}", run(&obeys));
        assert_eq!(super::variant(&run(&breaks).unwrap_err()), variant);
    }
}

#[test]
fn output_ends_at_its_byte() {
    let answers = |bytes: u64| run(&notes(65_536, u32::try_from(bytes).unwrap()));
    let least = first(15 << 20, 17 << 20, |bytes| answers(bytes).is_err());
    assert_eq!(answers(least).unwrap_err(), RenderError::OutputTooLarge(16 << 20));
    // What is left to 16 MiB are the other strings of the answer and what holds them.
    assert!((16 << 20) - 1_024 < least && least <= 16 << 20, "{least}");
}

#[test]
fn a_component_may_have_32_mib() {
    let padded = |bytes: usize| {
        // A custom section: its id, the length of the rest in four bytes, a name, zeros.
        let rest = bytes - GOOD.len() - 5;
        let length = [0, 7, 14].map(|shift| u8::try_from(rest >> shift & 0x7f).unwrap() | 0x80);
        let last = [u8::try_from(rest >> 21).unwrap()];
        [&GOOD[..], &[0], &length, &last, &[1, b'x'], &vec![0; rest - 2]].concat()
    };
    let most = 32 << 20;
    assert_eq!(padded(most).len(), most);
    super::super::load(padded(most)).unwrap();
    assert_eq!(super::super::load(padded(most + 1)).unwrap_err(), RenderError::ComponentTooLarge(most + 1));
}

#[test]
fn objects_end_at_their_number_and_size() {
    let many = |count: usize| {
        with(|g| g.objects = (0..count).map(|n| (format!("s{n}"), 0, service(&format!("s{n}")))).collect())
    };
    assert_eq!(run(&many(2_000)).unwrap().objects.len(), 2_000);
    assert!(run(&many(2_001)).unwrap_err().to_string().contains("2001 objects; at most 2000"));

    let sized = |bytes: usize| {
        let mut manifest = service("a");
        manifest.resize(bytes, b' ');
        with(|g| g.objects = vec![("a".into(), 0, manifest)])
    };
    assert!(run(&sized(1 << 20)).is_ok());
    assert!(run(&sized((1 << 20) + 1)).unwrap_err().to_string().contains("1048577 bytes; an object may have 1048576"));

    let named = |letters: usize| with(|g| g.objects = vec![("i".repeat(letters), 0, service("a"))]);
    assert!(run(&named(128)).is_ok());
    assert!(run(&named(129)).unwrap_err().to_string().contains("1 to 128 printable characters"));
}

#[test]
fn texts_are_cut_at_their_length() {
    let noted = |letters: usize| with(|g| g.notes = "n".repeat(letters).into_bytes());
    assert_eq!(run(&noted(64 * 1024)).unwrap().notes.len(), 64 * 1024);
    assert_eq!(run(&noted(64 * 1024 + 1)).unwrap().notes.len(), 64 * 1024);

    let told = |count: usize, letters: usize| {
        let one = (2, String::new(), "e".to_owned(), "m".repeat(letters), None);
        match run(&with(|g| g.diagnostics = Some(vec![one; count]))) {
            Err(RenderError::Diagnostics(found)) => (found.len(), found[0].message.len()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(told(200, 2_000), (200, 2_000));
    assert_eq!(told(201, 2_001), (200, 2_000));
}

#[test]
fn the_stack_ends_at_512_kib() {
    // A function that keeps sixteen numbers of eight bytes over its own call takes at least 128 bytes each time.
    let down = |depth: u64| {
        with(|g| {
            let (mut locals, mut set, mut keep) = (String::new(), String::new(), String::new());
            for (n, at) in (0..16).map(|n| (n, 16 + 8 * n)) {
                write!(locals, "(local $l{n} i64)").unwrap();
                write!(set, "(local.set $l{n} (i64.load (i32.const {at})))").unwrap();
                write!(keep, "(i64.store (i32.const {at}) (local.get $l{n}))").unwrap();
            }
            g.core = format!(
                "(func $down (param i32) {locals} {set}
                  (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))) {keep})"
            );
            g.render_body = format!("(call $down (i32.const {depth}))");
        })
    };
    let least = first(100, 100_000, |depth| run(&down(depth)).is_err());
    assert!((500..=4_096).contains(&least), "{least}");
    assert_eq!(run(&down(least)).unwrap_err(), RenderError::Stack("render".into()));
}
