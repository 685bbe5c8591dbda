//! Core modules that cost far more to compile than to write, in binary, and the component they hide in.
//! They lie unused beside a good template, because compilers do not ask what is used.

use std::time::{Duration, Instant};

use kubectl_ku8::render::{Origin, RenderError};

use super::{GOOD, PEAK, Watched, full, variant};

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Blocks and loops in one another, in one function.
    Nest,
    /// Small functions.
    Functions,
    /// Instructions of one function, each using the result of one before.
    Body,
    /// Locals of one function, all alive across a loop.
    Locals,
    /// Function types.
    Types,
}

/// Every family, with the six sizes it is tried in: from what compilers of real languages write to what no machine
/// should meet.
pub(super) const FAMILIES: [(Family, [usize; 6]); 5] = [
    (Family::Nest, [100, 1_000, 4_999, 10_000, 40_000, 200_000]),
    (Family::Functions, [1_000, 5_000, 20_000, 40_000, 100_000, 500_000]),
    (Family::Body, [10_000, 100_000, 500_000, 1_000_000, 2_000_000, 8_000_000]),
    (Family::Locals, [100, 1_000, 5_000, 10_000, 25_000, 50_000]),
    (Family::Types, [100, 1_000, 5_000, 100_000, 300_000, 1_000_000]),
];

/// An unsigned number as the format writes it.
pub(super) fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A section: its id, its length, its content.
pub(super) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len()), content].concat()
}

/// A list: how many, and each.
pub(super) fn list(count: usize, item: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = leb(count);
    (0..count).for_each(|index| bytes.extend(item(index)));
    bytes
}

/// A core module of these sections.
pub(super) fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat()
}

/// A core module of functions `(i32) -> i32` with these bodies, locals included.
pub(super) fn functions(count: usize, body: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    module(&[
        section(1, &[1, 0x60, 1, 0x7f, 1, 0x7f]),
        section(3, &list(count, |_| vec![0])),
        section(
            10,
            &list(count, |index| {
                let body = body(index);
                [leb(body.len()), body].concat()
            }),
        ),
    ])
}

/// A component with a core module beside everything else it has.
pub(super) fn carrying(component: &[u8], module: &[u8]) -> Vec<u8> {
    [component, &section(1, module)].concat()
}

/// The module of a family in one size.
pub(super) fn bomb(family: Family, size: usize) -> Vec<u8> {
    match family {
        Family::Nest => functions(1, |_| {
            // No locals; `block loop` over and over, the way out of each depends on the argument.
            let open = [0x02, 0x40, 0x03, 0x40, 0x20, 0, 0x0d, 0];
            let half = size / 2;
            [vec![0], open.repeat(half), vec![0x0b; 2 * half], vec![0x20, 0, 0x0b]].concat()
        }),
        Family::Functions => functions(size, |_| vec![0, 0x20, 0, 0x0b]),
        // `i32.const i; i32.xor; i32.popcnt`, a chain as long as the body.
        Family::Body => {
            functions(1, |_| [vec![0, 0x20, 0], [0x20, 0, 0x73, 0x69].repeat(size / 4), vec![0x0b]].concat())
        }
        Family::Locals => functions(1, |_| {
            // Each gets a value before a loop and is summed after it.
            let mut code = [vec![1], leb(size), vec![0x7f]].concat();
            for local in 1..=size {
                code.extend([&[0x20, 0][..], &[0x69, 0x21], &leb(local)].concat());
            }
            code.extend([0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b, 0x20, 0]);
            for local in 1..=size {
                code.extend([&[0x20][..], &leb(local), &[0x6a]].concat());
            }
            code.push(0x0b);
            code
        }),
        Family::Types => {
            let distinct = |index: usize| {
                let kinds = (0..22).map(|bit| if index >> bit & 1 == 0 { 0x7f } else { 0x7e });
                [vec![0x60, 22], kinds.collect(), vec![0]].concat()
            };
            module(&[section(1, &list(size, distinct))])
        }
    }
}

#[test]
fn p14_compiling_cannot_hurt() {
    let children = Watched::new();
    let runtime = children.runtime(None);
    let (mut refused, mut slowest, mut peak) = (0, 0.0_f64, 0);
    for (family, sizes) in FAMILIES {
        for size in sizes {
            let bytes = carrying(&GOOD, &bomb(family, size));
            let length = bytes.len();
            let begin = Instant::now();
            let (outcome, taken) = children.watch(|| runtime.load(bytes, Origin::Cluster));
            let wall = begin.elapsed();
            runtime.rest();
            children.assert_reaped();
            if full() || std::env::var_os("KU8_SHOW").is_some() {
                let ends = outcome.as_ref().map_or_else(variant, |_| "Loaded".to_owned());
                println!("P14: {family:?} {size}, {length} bytes: {ends} after {wall:.1?}, {taken:?}");
            }
            match outcome {
                Ok(_) => {}
                Err(RenderError::TooCostly { .. } | RenderError::ComponentTooLarge(_)) => refused += 1,
                Err(error) => panic!("{family:?} {size}: {error}"),
            }
            assert!(taken.busy <= 10.0 && wall <= Duration::from_mins(1), "{family:?} {size}: {wall:?}, {taken:?}");
            assert!(taken.peak <= PEAK, "{family:?} {size}: {taken:?}");
            (slowest, peak) = (slowest.max(taken.busy), peak.max(taken.peak));
        }
    }
    assert!(refused >= 10, "{refused}");
    println!(
        "P14 compile bombs: 5 families x 6 sizes, {refused} refused before compiling, {} compiled; slowest {slowest:.1} s of processor; child peak {peak} MiB",
        30 - refused
    );
}
