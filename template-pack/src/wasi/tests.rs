//! Every function of WASI preview 1 in a module that was freed of its imports, run by the engine templates run in.
//! It never links anything: what needs the world does not even start.

use std::fmt::Write;

use wasmtime::{Engine, Instance, Module, Store, Val};

use super::stubs::{FUNCTIONS, Stub};
use super::*;

const BADF: i32 = 8;
const PAGE: usize = 65_536;

/// A module that hands its arguments on to one function, freed of its imports.
fn calling(stub: &Stub) -> Vec<u8> {
    let mut parameters = String::new();
    let mut given = String::new();
    for (index, ty) in stub.params().iter().enumerate() {
        write!(parameters, " (param {ty})").unwrap();
        write!(given, " local.get {index}").unwrap();
    }
    let result = if stub.results().is_empty() { "" } else { "(result i32)" };
    let text = format!(
        r#"(module (import "{MODULE}" "{}" (func $f{parameters} {result})) (memory (export "memory") 1)
          (global $own (mut i32) (i32.const 7)) (func $unused)
          (func (export "call"){parameters} {result}{given} call $f)
          (func (export "own") (result i32) global.get $own))"#,
        stub.name
    );
    super::stub(&wat::parse_str(&text).unwrap()).unwrap()
}

/// One instance of it.
struct Run {
    store: Store<()>,
    instance: Instance,
}

impl Run {
    fn of(name: &str) -> Self {
        let stub = FUNCTIONS.iter().find(|stub| stub.name == name).unwrap();
        let engine = Engine::default();
        let module = Module::new(&engine, calling(stub)).unwrap();
        assert_eq!(module.imports().len(), 0, "{name}");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        Self { store, instance }
    }

    /// The errno of a call, or none where it traps.
    fn call(&mut self, arguments: &[i64]) -> Option<i32> {
        let call = self.instance.get_func(&mut self.store, "call").unwrap();
        let types = call.ty(&self.store).params().collect::<Vec<_>>();
        let values = types.iter().zip(arguments.iter().chain(std::iter::repeat(&0)));
        let values: Vec<Val> = values
            .map(|(ty, value)| if ty.is_i64() { Val::I64(*value) } else { Val::I32(i32::try_from(*value).unwrap()) })
            .collect();
        let mut results = vec![Val::I32(-1); call.ty(&self.store).results().len()];
        call.call(&mut self.store, &values, &mut results).ok()?;
        results.first().and_then(Val::i32)
    }

    fn memory(&mut self) -> Vec<u8> {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.data(&self.store).to_vec()
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.write(&mut self.store, at, bytes).unwrap();
    }

    fn number(&mut self, at: usize) -> u64 {
        u64::from_le_bytes(self.memory()[at..at + 8].try_into().unwrap())
    }
}

#[test]
fn all_of_preview_1_is_there_and_answers_the_same_each_time() {
    assert_eq!(FUNCTIONS.len(), 46, "WASI preview 1 has 46 functions");
    assert!(FUNCTIONS.is_sorted_by_key(|stub| stub.name));
    for stub in FUNCTIONS {
        let runs = [0, 1].map(|_| {
            let mut run = Run::of(stub.name);
            let answers = [run.call(&[64, 128, 256, 512]), run.call(&[0, 8, 1, 16]), run.call(&[1, 0, 3, 4])];
            let own = run.instance.get_typed_func::<(), i32>(&mut run.store, "own").unwrap();
            assert_eq!(own.call(&mut run.store, ()).unwrap(), 7, "{}: the module's own globals stay", stub.name);
            (answers, run.memory())
        });
        assert_eq!(runs[0], runs[1], "{}", stub.name);
        let known = |answer: &Option<i32>| match answer {
            None => stub.name == "proc_exit",
            Some(errno) => [0, BADF, 28, 52].contains(errno),
        };
        assert!(runs[0].0.iter().all(known), "{}: {:?}", stub.name, runs[0].0);
    }
}

#[test]
fn addresses_outside_of_memory_trap_and_nothing_else() {
    for stub in FUNCTIONS {
        let mut run = Run::of(stub.name);
        let answer = run.call(&[-1; 9]);
        assert!(answer.is_none_or(|errno| [0, BADF, 52].contains(&errno)), "{}: {answer:?}", stub.name);
        assert_eq!(run.memory(), vec![0; PAGE], "{}", stub.name);
    }
}

#[test]
fn there_are_no_arguments_and_no_variables() {
    for name in ["args_sizes_get", "environ_sizes_get"] {
        let mut run = Run::of(name);
        run.write(0, &[0xff; 16]);
        assert_eq!(run.call(&[0, 8]), Some(0));
        assert_eq!((run.memory()[..4].to_vec(), run.memory()[8..12].to_vec()), (vec![0; 4], vec![0; 4]), "{name}");
    }
}

#[test]
fn the_clock_counts_from_the_year_2000_and_nothing_waits() {
    let mut run = Run::of("clock_time_get");
    let mut last = 0;
    for look in 0..3 {
        assert_eq!(run.call(&[look % 2, 0, 8]), Some(0));
        let now = run.number(8);
        assert!(now > last && now - u64::try_from(CLOCK).unwrap() < 10_000, "{now}");
        last = now;
    }
    // Two subscriptions: an hour from now on the clock, and something to read.
    let mut run = Run::of("poll_oneoff");
    run.write(0, &7_u64.to_le_bytes());
    run.write(24, &3_600_000_000_000_u64.to_le_bytes());
    run.write(48, &9_u64.to_le_bytes());
    run.write(56, &[1]);
    run.write(256, &[0xff; 64]);
    assert_eq!(run.call(&[0, 256, 2, 512]), Some(0));
    assert_eq!((run.number(512), run.number(256), run.number(288)), (2, 7, 9));
    assert_eq!(run.memory()[264..267], [0, 0, 0], "the clock is there");
    assert_eq!(run.memory()[296..299], [8, 0, 1], "nothing will ever be readable");
    assert_eq!(run.call(&[0, 256, 0, 512]), Some(28));
}

#[test]
fn random_bytes_are_always_the_same_and_not_all_alike() {
    let bytes = || {
        let mut run = Run::of("random_get");
        assert_eq!(run.call(&[100, 64]), Some(0));
        let first = run.memory()[100..164].to_vec();
        assert_eq!(run.memory()[164..200], [0; 36]);
        run.call(&[100, 64]);
        (first, run.memory()[100..164].to_vec())
    };
    let (first, second) = bytes();
    assert_eq!(bytes(), (first.clone(), second.clone()));
    let distinct: std::collections::BTreeSet<u8> = first.iter().copied().collect();
    assert!(first != second && distinct.len() > 32, "{first:?}");
}

#[test]
fn what_is_written_is_gone_and_nothing_can_be_read_or_opened() {
    let mut run = Run::of("fd_write");
    for (at, length) in [(0, 5_u32), (8, 7)] {
        run.write(at + 4, &length.to_le_bytes());
    }
    assert_eq!((run.call(&[2, 0, 2, 64]), run.number(64)), (Some(0), 12));
    assert_eq!((run.call(&[0, 0, 2, 64]), run.call(&[3, 0, 2, 64])), (Some(BADF), Some(BADF)));
    let mut run = Run::of("fd_read");
    run.write(64, &[9]);
    assert_eq!((run.call(&[0, 0, 1, 64]), run.memory()[64]), (Some(0), 0), "standard input is at its end");
    assert_eq!(run.call(&[3, 0, 1, 64]), Some(BADF));
    for name in ["fd_prestat_get", "path_open", "sock_accept"] {
        assert_eq!(Run::of(name).call(&[3]), Some(BADF), "{name}");
    }
    let mut run = Run::of("fd_fdstat_get");
    assert_eq!((run.call(&[2, 8]), run.memory()[8], run.call(&[3, 8])), (Some(0), 2, Some(BADF)));
}

#[test]
fn other_imports_are_refused_by_name() {
    let refused = |text: &str| super::stub(&wat::parse_str(text).unwrap()).unwrap_err();
    let text = r#"(module (import "env" "now" (func)) (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "thread_spawn" (func)) (import "env" "memory" (memory 1)))"#;
    let error = refused(text);
    assert!(error.contains("env.now, wasi_snapshot_preview1.thread_spawn, env.memory"), "{error}");
    let other = r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (memory 1))"#;
    assert!(refused(other).contains("fd_close with other types"));
    let close = r#"(import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))"#;
    assert!(refused(&format!("(module {close})")).contains("no memory"));
    assert!(refused(&format!("(module {close} (memory 1))")).contains("no code"));
    assert!(refused(&format!("(module {close} (memory i64 1) (func))")).contains("64 bits"));
    let many = (0..20).map(|number| format!(r#"(import "env" "f{number}" (func))"#)).collect::<Vec<String>>().concat();
    assert!(refused(&format!("(module {many})")).ends_with("and 12 more"));
}

#[test]
fn a_module_without_imports_stays_as_it_is() {
    let module = wat::parse_str("(module (memory 1) (func))").unwrap();
    assert_eq!(super::stub(&module), Ok(module));
    assert!(super::stub(b"junk").is_err());
}
