//! Fuzzes the reader `answer`.
//! The reader itself is the one of tests/it/parsers/targets.rs.

#![no_main]

#[path = "../../tests/it/parsers/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::answer(bytes));
