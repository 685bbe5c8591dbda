//! Integration tests of the command line tool, in one binary.
//! Nothing here needs a cluster, a network, or anything of the machine's own settings.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod architecture;

mod authoring;

mod bless;

mod cli;

mod editor;

mod error_pages;

mod docs;

mod golden;

mod help;

mod kubernetes_versions;
mod languages;

mod parsers;

mod records;

mod reference;
mod registry;
mod release;

mod sandbox;

mod sampled;
mod template_pages;
mod toolchains;
mod trust;

/// Whether every case is asked for, as `tests/run --full` does, or a tenth of them.
pub(crate) fn full() -> bool {
    std::env::var_os("KU8_FULL").is_some_and(|value| !value.is_empty())
}
