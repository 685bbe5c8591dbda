//! The same bytes and the same request give the same answer: in any process, whatever its environment (P15).
//! Nothing a template could ask the world is there to be asked; what its own machine could tell it apart is tried here.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use kubectl_ku8::render::child::SUBCOMMAND;
use kubectl_ku8::render::{Origin, RenderError, Rendered, builtin, render};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::guest::Guest;
use super::shapes::IMPORTS;
use super::{Watched, full, request, with};

/// A guest whose answer depends on what differs between machines, if anything does: the bits of a NaN, memory nobody
/// wrote, a counter it keeps, how far memory grew, the order of floats.
fn curious() -> Guest {
    with(|g| {
        g.core = r"(global $calls (mut i32) (i32.const 0))
            (func $digit (param $at i32) (param $of i64)
              (i32.store8 (local.get $at) (i32.add (i32.const 97) (i32.wrap_i64 (i64.and (local.get $of) (i64.const 15))))))
            (func $digits (param $at i32) (param $of i64) (local $n i32)
              (loop $next
                (call $digit (i32.add (local.get $at) (local.get $n)) (local.get $of))
                (local.set $of (i64.shr_u (local.get $of) (i64.const 4)))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $n) (i32.const 16)))))"
            .into();
        let asked = [
            "(i64.reinterpret_f64 (f64.div (f64.const 0) (f64.const 0)))",
            "(i64.reinterpret_f64 (f64.sqrt (f64.const -1)))",
            "(i64.reinterpret_f64 (f64.min (f64.const nan:0x4000000000123) (f64.const 1)))",
            "(i64.extend_i32_u (i32.reinterpret_f32 (f32.sub (f32.const inf) (f32.const inf))))",
            "(i64.load (i32.const 60000))",
            "(i64.extend_i32_u (memory.grow (i32.const 3)))",
            "(i64.extend_i32_u (memory.size))",
            "(i64.extend_i32_u (global.get $calls))",
            "(i64.reinterpret_f64 (f64.add (f64.const 1e16) (f64.add (f64.const 1) (f64.const -1e16))))",
        ];
        // The notes, sixteen letters for each, at 4096.
        for (place, number) in asked.iter().enumerate() {
            write!(g.render_body, "(call $digits (i32.const {}) {number})", 4096 + 16 * place).unwrap();
        }
        g.render_body.push_str("(global.set $calls (i32.add (global.get $calls) (i32.const 1)))");
        let words = [0, 0, 0, 100, 2, 100, 2, 4096, 16 * asked.len(), 104, 2, 0, 0];
        g.render_body.push_str("(i32.store16 (i32.const 100) (i32.const 0x5d5b))");
        g.render_body.push_str("(i32.store16 (i32.const 104) (i32.const 0x7d7b))");
        for (index, word) in words.iter().enumerate() {
            write!(g.render_body, "(i32.store (i32.const {}) (i32.const {word}))", 16 + 4 * index).unwrap();
        }
        g.render_body.push_str("(return (i32.const 16))");
    })
}

/// Processes unlike each other: environment, time zone, locale, folder, priority, limits, where code and stacks lie.
const WORLDS: [&str; 8] = [
    "exec",
    "export TZ=Pacific/Kiritimati LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8; exec",
    "export TZ=America/St_Johns LC_NUMERIC=de_DE; cd /tmp; exec",
    "export HOME=/nowhere PATH=/nowhere RUST_LOG=trace RUST_BACKTRACE=full KUBECONFIG=/etc/passwd; exec",
    "umask 0; ulimit -s 1024; exec",
    "nice -n 5 setarch -R",
    "export MALLOC_PERTURB_=165 RAYON_NUM_THREADS=1; exec",
    "export WASMTIME_BACKTRACE_DETAILS=1 WASMTIME_LOG=trace; exec",
];

fn hash(rendered: &Rendered) -> String {
    let mut all = String::new();
    for object in &rendered.objects {
        writeln!(all, "{} {} {}", object.id, object.stage, object.manifest.value()).unwrap();
    }
    let rest = (&rendered.secrets, &rendered.outputs, &rendered.notes, &rendered.warnings);
    write!(all, "{}", serde_json::to_string(&rest).unwrap()).unwrap();
    Sha256::digest(all).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A built-in template's bytes with a section nobody reads behind them: foreign, so that a child runs it.
fn foreign(bytes: &[u8]) -> Vec<u8> {
    [bytes, &super::bombs::section(0, &[1, b'x'])].concat()
}

#[test]
fn p15_the_same_request_gives_the_same_answer_everywhere() {
    let rounds = if full() { 1_000 } else { 100 };
    // Every process is started a few times; the rest of the rounds are renders of one request after another.
    let processes = rounds / 100;
    let kept = tempfile::tempdir().unwrap();
    let mut fixtures: Vec<(&str, Vec<u8>, Value)> =
        vec![("curious", curious().bytes(), request()), ("echo", Guest::default().bytes(), request())];
    for entry in builtin::all() {
        let template = super::super::RUNTIME.load_builtin(entry.name).unwrap().unwrap();
        let mut request = request();
        request["values"] =
            super::super::RUNTIME.check(&template, super::super::answers(template.schema())).unwrap().values;
        fixtures.push((entry.name, foreign(entry.bytes), request));
    }
    let mut renders = 0;
    for (name, bytes, request) in &fixtures {
        let here = super::super::load(bytes.clone()).unwrap();
        let mut hashes = BTreeSet::new();
        for _ in 0..rounds {
            hashes.insert(hash(&render(&super::super::RUNTIME, &here, request, &[]).unwrap()));
            renders += 1;
        }
        for world in WORLDS {
            // `setarch` turns address space randomisation off where it is there and may.
            if world.contains("setarch") && !Path::new("/usr/bin/setarch").exists() {
                continue;
            }
            let children = Watched::running(&format!("{world} '{}' {SUBCOMMAND}", env!("CARGO_BIN_EXE_kubectl-ku8")));
            let runtime = children.runtime(Some(kept.path()));
            let template = runtime.load(bytes.clone(), Origin::Cluster).unwrap();
            for _ in 0..processes {
                hashes.insert(hash(&render(&runtime, &template, request, &[]).unwrap()));
                renders += 1;
                // The next one in a process of its own.
                runtime.rest();
            }
        }
        assert_eq!(hashes.len(), 1, "{name}: {hashes:?}");
    }
    println!(
        "P15 determinism: {} templates, {renders} renders in {} kinds of process, one hash each",
        fixtures.len(),
        WORLDS.len()
    );
}

#[test]
fn p15_every_way_to_import_is_refused_before_compiling() {
    for (name, import) in IMPORTS {
        // Beside a module that no compiler takes: the import is told, so nothing was compiled.
        let bytes = with(|g| g.outer = import.into()).bytes();
        let bytes = super::bombs::carrying(&bytes, &super::bombs::functions(1, |_| vec![0, 0x0b]));
        let error = super::super::load(bytes).unwrap_err();
        assert!(matches!(error, RenderError::Imports(_)), "{name}: {error:?}");
    }
    println!("P15 purity: {} shapes of import, 0 accepted", IMPORTS.len());
}
