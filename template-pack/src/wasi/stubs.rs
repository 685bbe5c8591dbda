//! Every function of WASI preview 1, as a body that answers from nothing but its arguments and a counter.
//! It never returns anything of the machine it runs on: no file, no argument, no variable, no time, no chance.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType as Local};
use wasmparser::ValType;

/// The clock's first answer, in nanoseconds: the first moment of the year 2000.
pub(super) const CLOCK: i64 = 946_684_800_000_000_000;
/// What the bytes of `random_get` begin from.
pub(super) const RANDOM: i64 = 0x6b75_3874_656d_706c;

/// How far the clock goes with each look at it, and what it says of its resolution, in nanoseconds.
const TICK: i64 = 1_000;
/// Errno: done; no such descriptor; no such call.
const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const NOSYS: i32 = 52;

/// Where the two globals are that the functions share.
#[derive(Clone, Copy)]
pub(crate) struct Global {
    pub(super) clock: u32,
    pub(super) random: u32,
}

/// One function of WASI preview 1.
pub(crate) struct Stub {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its parameters: `i` is an i32, `l` an i64.
    parameters: &'static str,
    /// What it does.
    pub(super) body: fn(Global) -> Function,
}

impl Stub {
    /// The types of its parameters.
    pub(super) fn params(&self) -> Vec<ValType> {
        self.parameters.chars().map(|letter| if letter == 'l' { ValType::I64 } else { ValType::I32 }).collect()
    }

    /// The types of its results: an errno, except where a function does not come back.
    pub(super) fn results(&self) -> Vec<ValType> {
        if self.name == "proc_exit" { Vec::new() } else { vec![ValType::I32] }
    }
}

const fn stub(name: &'static str, parameters: &'static str, body: fn(Global) -> Function) -> Stub {
    Stub { name, parameters, body }
}

/// All of them. What works on a file or a socket finds none open but the three of every program.
pub(crate) static FUNCTIONS: &[Stub] = &[
    stub("args_get", "ii", success),
    stub("args_sizes_get", "ii", nothing),
    stub("clock_res_get", "ii", clock_res_get),
    stub("clock_time_get", "ili", clock_time_get),
    stub("environ_get", "ii", success),
    stub("environ_sizes_get", "ii", nothing),
    stub("fd_advise", "illi", bad_descriptor),
    stub("fd_allocate", "ill", bad_descriptor),
    stub("fd_close", "i", bad_descriptor),
    stub("fd_datasync", "i", bad_descriptor),
    stub("fd_fdstat_get", "ii", fd_fdstat_get),
    stub("fd_fdstat_set_flags", "ii", bad_descriptor),
    stub("fd_fdstat_set_rights", "ill", bad_descriptor),
    stub("fd_filestat_get", "ii", bad_descriptor),
    stub("fd_filestat_set_size", "il", bad_descriptor),
    stub("fd_filestat_set_times", "illi", bad_descriptor),
    stub("fd_pread", "iiili", bad_descriptor),
    stub("fd_prestat_dir_name", "iii", bad_descriptor),
    stub("fd_prestat_get", "ii", bad_descriptor),
    stub("fd_pwrite", "iiili", bad_descriptor),
    stub("fd_read", "iiii", fd_read),
    stub("fd_readdir", "iiili", bad_descriptor),
    stub("fd_renumber", "ii", bad_descriptor),
    stub("fd_seek", "ilii", bad_descriptor),
    stub("fd_sync", "i", bad_descriptor),
    stub("fd_tell", "ii", bad_descriptor),
    stub("fd_write", "iiii", fd_write),
    stub("path_create_directory", "iii", bad_descriptor),
    stub("path_filestat_get", "iiiii", bad_descriptor),
    stub("path_filestat_set_times", "iiiilli", bad_descriptor),
    stub("path_link", "iiiiiii", bad_descriptor),
    stub("path_open", "iiiiillii", bad_descriptor),
    stub("path_readlink", "iiiiii", bad_descriptor),
    stub("path_remove_directory", "iii", bad_descriptor),
    stub("path_rename", "iiiiii", bad_descriptor),
    stub("path_symlink", "iiiii", bad_descriptor),
    stub("path_unlink_file", "iii", bad_descriptor),
    stub("poll_oneoff", "iiii", poll_oneoff),
    stub("proc_exit", "i", proc_exit),
    stub("proc_raise", "i", no_such_call),
    stub("random_get", "ii", random_get),
    stub("sched_yield", "", success),
    stub("sock_accept", "iii", bad_descriptor),
    stub("sock_recv", "iiiiii", bad_descriptor),
    stub("sock_send", "iiiii", bad_descriptor),
    stub("sock_shutdown", "ii", bad_descriptor),
];

/// Where `offset` after the address on the stack is.
fn at(offset: u64) -> MemArg {
    MemArg { offset, align: 0, memory_index: 0 }
}

/// A body without variables of its own that ends with an errno.
fn answer(errno: i32, write: impl FnOnce(&mut InstructionSink<'_>)) -> Function {
    let mut body = Function::new([]);
    let mut code = body.instructions();
    write(&mut code);
    code.i32_const(errno).end();
    body
}

fn success(_: Global) -> Function {
    answer(SUCCESS, |_| {})
}

fn bad_descriptor(_: Global) -> Function {
    answer(BADF, |_| {})
}

fn no_such_call(_: Global) -> Function {
    answer(NOSYS, |_| {})
}

/// Says that there are none and that they need no room: `(count, bytes)`.
fn nothing(_: Global) -> Function {
    answer(SUCCESS, |code| {
        code.local_get(0).i32_const(0).i32_store(at(0)).local_get(1).i32_const(0).i32_store(at(0));
    })
}

/// `(clock, out)`
fn clock_res_get(_: Global) -> Function {
    answer(SUCCESS, |code| {
        code.local_get(1).i64_const(TICK).i64_store(at(0));
    })
}

/// `(clock, precision, out)`: every clock is the same, and goes on by a tick with each look.
fn clock_time_get(global: Global) -> Function {
    answer(SUCCESS, |code| {
        code.local_get(2).global_get(global.clock).i64_store(at(0));
        code.global_get(global.clock).i64_const(TICK).i64_add().global_set(global.clock);
    })
}

/// Leaves with [`BADF`] unless the descriptor in the first parameter passes: `first <= it <= last`.
fn only(code: &mut InstructionSink<'_>, first: i32, last: i32) {
    code.local_get(0).i32_const(first).i32_sub().i32_const(last - first).i32_gt_u();
    code.if_(BlockType::Empty).i32_const(BADF).return_().end();
}

/// `(descriptor, out)`: the three of every program are a terminal that is not there.
fn fd_fdstat_get(_: Global) -> Function {
    const CHARACTER_DEVICE: i32 = 2;
    /// `fd_read` and `fd_write`.
    const RIGHTS: i64 = 0x42;
    answer(SUCCESS, |code| {
        only(code, 0, 2);
        code.local_get(1).i64_const(i64::from(CHARACTER_DEVICE)).i64_store(at(0));
        code.local_get(1).i64_const(RIGHTS).i64_store(at(8));
        code.local_get(1).i64_const(0).i64_store(at(16));
    })
}

/// `(descriptor, vectors, count, out)`: standard input is at its end.
fn fd_read(_: Global) -> Function {
    answer(SUCCESS, |code| {
        only(code, 0, 0);
        code.local_get(3).i32_const(0).i32_store(at(0));
    })
}

/// `(descriptor, vectors, count, out)`: what is written is gone, and all of it was written.
fn fd_write(_: Global) -> Function {
    let mut body = Function::new([(1, Local::I32)]);
    let mut code = body.instructions();
    let total = 4;
    only(&mut code, 1, 2);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(2).i32_eqz().br_if(1);
    code.local_get(total).local_get(1).i32_load(at(4)).i32_add().local_set(total);
    code.local_get(1).i32_const(8).i32_add().local_set(1);
    code.local_get(2).i32_const(1).i32_sub().local_set(2);
    code.br(0).end().end();
    code.local_get(3).local_get(total).i32_store(at(0));
    code.i32_const(SUCCESS).end();
    body
}

/// `(out, length)`: the same bytes in every call of a template, no two alike in a row for long.
fn random_get(global: Global) -> Function {
    answer(SUCCESS, |code| {
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(1).i32_eqz().br_if(1);
        code.global_get(global.random).i64_const(6_364_136_223_846_793_005).i64_mul();
        code.i64_const(1_442_695_040_888_963_407).i64_add().global_set(global.random);
        code.local_get(0).global_get(global.random).i64_const(56).i64_shr_u().i64_store8(at(0));
        code.local_get(0).i32_const(1).i32_add().local_set(0);
        code.local_get(1).i32_const(1).i32_sub().local_set(1);
        code.br(0).end().end();
    })
}

/// `(subscriptions, events, count, out)`: nobody waits. A clock has gone on to where it was awaited, and nothing
/// else will ever be ready.
fn poll_oneoff(global: Global) -> Function {
    const INVALID: i32 = 28;
    const SUBSCRIPTION: i32 = 48;
    const EVENT: i32 = 32;
    let mut body = Function::new([(1, Local::I32), (1, Local::I64)]);
    let mut code = body.instructions();
    let (left, awaited) = (4, 5);
    code.local_get(2).i32_eqz().if_(BlockType::Empty).i32_const(INVALID).return_().end();
    code.local_get(3).local_get(2).i32_store(at(0));
    code.local_get(2).local_set(left);
    code.loop_(BlockType::Empty);
    // The event: whose it is, an error, what kind it was.
    code.local_get(1).local_get(0).i64_load(at(0)).i64_store(at(0));
    code.local_get(1).i64_const(0).i64_store(at(8));
    code.local_get(1).i64_const(0).i64_store(at(16));
    code.local_get(1).i64_const(0).i64_store(at(24));
    code.local_get(1).local_get(0).i32_load8_u(at(8)).i32_store8(at(10));
    code.local_get(0).i32_load8_u(at(8)).if_(BlockType::Empty);
    code.local_get(1).i32_const(BADF).i32_store16(at(8));
    code.else_();
    code.local_get(0).i64_load(at(24)).local_set(awaited);
    // From now on, unless it is a moment.
    code.local_get(0).i32_load8_u(at(40)).i32_const(1).i32_and().i32_eqz().if_(BlockType::Empty);
    code.local_get(awaited).global_get(global.clock).i64_add().local_set(awaited).end();
    code.local_get(awaited).global_get(global.clock).i64_gt_u().if_(BlockType::Empty);
    code.local_get(awaited).global_set(global.clock).end();
    code.end();
    code.local_get(0).i32_const(SUBSCRIPTION).i32_add().local_set(0);
    code.local_get(1).i32_const(EVENT).i32_add().local_set(1);
    code.local_get(left).i32_const(1).i32_sub().local_tee(left).br_if(0);
    code.end();
    code.i32_const(SUCCESS).end();
    body
}

/// `(code)`: a template that ends itself has failed.
fn proc_exit(_: Global) -> Function {
    let mut body = Function::new([]);
    body.instructions().unreachable().end();
    body
}
