//! Templates of one's own, as their authors make them: modules of any compiler packed, projects begun, built and rendered.
//! Real toolchains are used where they are; a language whose tools are missing is skipped, aloud.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod fetches;
mod packing;
mod projects;
