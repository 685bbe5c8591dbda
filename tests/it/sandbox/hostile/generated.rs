//! Components nobody wrote: wasm-smith makes one from each seed, and each is loaded like a template.
//! In this process and not in the child, whose walls are proven beside: here the engine and our readers are.

use std::time::{Duration, Instant};

use super::super::load;
use super::{Chance, GOOD, full, variant};

/// A module of wasm-smith inside a good template; what asks for proposals we do not take is made too.
fn generated(seed: u64) -> Option<Vec<u8>> {
    let mut chance = Chance::new(seed);
    let bytes: Vec<u8> = (0..2_048).map(|_| chance.byte()).collect();
    let mut source = arbitrary::Unstructured::new(&bytes);
    let unusual = seed.is_multiple_of(8);
    let config = wasm_smith::Config {
        gc_enabled: unusual,
        exceptions_enabled: unusual,
        memory64_enabled: unusual,
        relaxed_simd_enabled: unusual,
        threads_enabled: unusual,
        max_instructions: 500,
        ..wasm_smith::Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut source).ok()?.to_bytes();
    Some([&GOOD[..], &super::bombs::section(1, &module)].concat())
}

#[test]
fn p13_generated_components_crash_nothing() {
    let count = if full() { 10_000 } else { 1_000 };
    let mut verdicts = std::collections::BTreeMap::<String, usize>::new();
    let mut slowest = Duration::ZERO;
    let mut made = 0;
    for seed in 0.. {
        if made == count {
            break;
        }
        let Some(bytes) = generated(seed) else { continue };
        made += 1;
        let begin = Instant::now();
        let outcome = std::panic::catch_unwind(|| load(bytes));
        let took = begin.elapsed();
        let outcome = outcome.unwrap_or_else(|_| panic!("seed {seed} crashed the host"));
        assert!(took < Duration::from_secs(10), "seed {seed} took {took:?}");
        slowest = slowest.max(took);
        *verdicts.entry(outcome.map_or_else(|error| variant(&error), |_| "Loaded".to_owned())).or_default() += 1;
    }
    // What is generated must reach the compiler, not only the reader.
    assert!(verdicts["Loaded"] > count / 10, "{verdicts:?}");
    println!("P13 generated: {made} components, 0 crashes, slowest {slowest:.1?}; {verdicts:?}");
}
