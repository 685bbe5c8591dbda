//! Components that would run, recurse or grow without end: fuel, the stack and the counters stop each of them.
//! Every one of them compiles; what cannot be compiled is in `bombs` and `shapes`.

use std::fmt::Write;

use super::{Case, with};

const ENDLESS: &str = "(loop $again (br $again))";

pub(super) fn cases() -> Vec<Case> {
    [loops(), recursion(), growth(), parts()].into_iter().flatten().collect()
}

fn loops() -> Vec<Case> {
    let fuel = |name, guest: &_, words| Case::new(name, guest, "OutOfFuel", words);
    vec![
        fuel("endless loop in render", &with(|g| g.render_body = ENDLESS.into()), "budget of 1000000000 in `render`"),
        fuel("endless loop in metadata", &with(|g| g.metadata_body = ENDLESS.into()), "200000000 in `metadata`"),
        fuel(
            "endless start",
            &with(|g| g.core = format!("(func $start {ENDLESS}) (start $start)")),
            "200000000 in `metadata`",
        ),
        fuel("endless realloc", &with(|g| g.realloc_body = ENDLESS.into()), "1000000000 in `render`"),
        fuel(
            "endless post-return",
            &with(|g| {
                g.core = format!(r#"(func (export "free") (param i32) {ENDLESS})"#);
                g.options = r#"(post-return (func $core "free"))"#.into();
            }),
            "1000000000 in `render`",
        ),
        fuel(
            "endless fills of much memory",
            &with(|g| {
                g.render_body = "(drop (memory.grow (i32.const 600))) (loop $again
                    (memory.fill (i32.const 65536) (i32.const 0) (i32.const 33554432)) (br $again))"
                    .into();
            }),
            "1000000000 in `render`",
        ),
        fuel(
            "endless copies of much memory",
            &with(|g| {
                g.render_body = "(drop (memory.grow (i32.const 900))) (loop $again
                    (memory.copy (i32.const 65536) (i32.const 30000000) (i32.const 25000000)) (br $again))"
                    .into();
            }),
            "1000000000 in `render`",
        ),
        fuel(
            "loads that miss every cache",
            &with(|g| {
                g.render_body = "(local $at i32) (drop (memory.grow (i32.const 1020)))
                    (loop $again
                      (local.set $at (i32.and (i32.const 0x3ffff00) (i32.add (i32.load (local.get $at))
                        (i32.mul (i32.const 0x9e3779b1) (i32.add (local.get $at) (i32.const 12345))))))
                      (i32.store (local.get $at) (local.get $at))
                      (br $again))"
                    .into();
            }),
            "1000000000 in `render`",
        ),
        fuel(
            "divisions",
            &with(|g| {
                g.render_body = "(local $x i64) (local.set $x (i64.const 0x7fffffffffffffff))
                    (loop $again
                      (local.set $x (i64.sub (i64.const 0x7fffffffffffffff) (i64.div_u (i64.const 0x7fffffffffffffff)
                        (i64.div_u (i64.const 0x7fffffffffffffff) (i64.or (local.get $x) (i64.const 1))))))
                      (br $again))"
                    .into();
            }),
            "1000000000 in `render`",
        ),
        fuel(
            "endless fills of a table",
            &with(|g| {
                g.core = "(table $t 10000 funcref)".into();
                g.render_body = "(loop $again
                    (table.fill $t (i32.const 0) (ref.null func) (i32.const 10000)) (br $again))"
                    .into();
            }),
            "1000000000 in `render`",
        ),
    ]
}

fn recursion() -> Vec<Case> {
    let stack = |name, guest: &_| Case::new(name, guest, "Stack", "recursed too deeply in `render`");
    vec![
        stack(
            "recursion",
            &with(|g| {
                g.core = "(func $down (result i32) (i32.add (i32.const 1) (call $down)))".into();
                g.render_body = "(drop (call $down))".into();
            }),
        ),
        stack(
            "two functions that call each other through a table",
            &with(|g| {
                g.core = "(type $t (func (param i32) (result i32))) (table $t funcref (elem $a $b))
                    (func $a (type $t) (i32.add (i32.const 1) (call_indirect (type $t) (local.get 0) (i32.const 1))))
                    (func $b (type $t) (i32.add (i32.const 1) (call_indirect (type $t) (local.get 0) (i32.const 0))))"
                    .into();
                g.render_body = "(drop (call $a (i32.const 0)))".into();
            }),
        ),
        stack(
            "frames of a thousand locals",
            &with(|g| {
                let locals = "i64 ".repeat(1_000);
                let sum = (0..1_000).fold(String::new(), |mut text, local| {
                    write!(text, "(local.set {local} (i64.load (i32.const {})))", local * 8 + 16).unwrap();
                    text
                });
                let used = (0..1_000).fold(String::new(), |mut text, local| {
                    write!(text, "(i64.store (i32.const {}) (local.get {local}))", local * 8 + 16).unwrap();
                    text
                });
                g.core = format!("(func $down (local {locals}) {sum} (call $down) {used})");
                g.render_body = "(call $down)".into();
            }),
        ),
        Case::new(
            "tail calls without end",
            &with(|g| {
                g.core = "(func $on (result i32) (return_call $on))".into();
                g.render_body = "(drop (call $on))".into();
            }),
            "OutOfFuel",
            "1000000000 in `render`",
        ),
    ]
}

fn growth() -> Vec<Case> {
    let memory = |name, guest: &_| Case::new(name, guest, "Memory", "more than its 64 MiB of memory");
    let table = |name, guest: &_| Case::new(name, guest, "Table", "more than its 10000 table elements");
    vec![
        memory(
            "memory grown page by page",
            &with(|g| g.render_body = "(loop $again (drop (memory.grow (i32.const 1))) (br $again))".into()),
        ),
        memory("memory grown at once", &with(|g| g.render_body = "(drop (memory.grow (i32.const 65000)))".into())),
        memory("4 GiB from the beginning", &with(|g| g.inner = more("(memory 65536)", 1))),
        memory("seven memories of 10 MiB", &with(|g| g.inner = more("(memory 160)", 7))),
        table("a table of four thousand million", &with(|g| g.inner = more("(table 0xffff_ffff funcref)", 1))),
        table(
            "a table grown without end",
            &with(|g| {
                g.core = "(table $t 1 funcref)".into();
                g.render_body =
                    "(loop $again (drop (table.grow $t (ref.null func) (i32.const 100))) (br $again))".into();
            }),
        ),
        table("two tables of 6,000", &with(|g| g.inner = more("(table 6000 funcref)", 2))),
    ]
}

fn parts() -> Vec<Case> {
    vec![
        Case::new("nine memories", &with(|g| g.inner = more("(memory 1)", 8)), "TooManyParts", "too many parts"),
        Case::new("seventy tables", &with(|g| g.inner = more("(table 1 funcref)", 70)), "TooManyParts", "too many"),
        Case::new("sixty-five instances", &with(|g| g.inner = more("", 64)), "TooManyParts", "too many parts"),
        Case::new("1,001 instances", &with(|g| g.inner = more("", 1_001)), "Compile", "instances count"),
    ]
}

/// A second core module with these fields, and so many instances of it.
fn more(fields: &str, instances: usize) -> String {
    format!("(core module $more {fields}) {}", "(core instance (instantiate $more))".repeat(instances))
}
