//! What authors of templates ask: does it keep the rules, does it still answer as it did, which value led where.
//! Pure: it judges and compares answers that others fetched, and never runs a template or opens a file.

mod annotate;
pub mod cases;
mod lint;
mod trace;
mod variations;

pub use annotate::annotated;
pub use lint::{Finding, Kept, Level, RULES, Rule, Run, Subject, lint, requests, unloadable};
pub use trace::{Cause, Trace, TracedField, TracedObject, Untried, trace};
pub use variations::{Change, ValueOrigin, Variations, put, variations};
