//! What a template author sees: one trait, one macro, small builders, the shared parameters, native tests.
//! It never reaches outside: no clock, no randomness, no files, no network; same request, same bytes.
//!
//! Read [`Template`] first, then [`Request::read`] (values as a type of your own), then [`block`] (parameters every
//! template inherits), then [`build`] (objects), then [`testing`] (how a template is run without wasm). [`Upgrade`] and
//! [`Status`] are for later versions; [`prelude`] brings what most files need. Every public item stands in an example, and all examples are run.

pub mod block;

pub mod build;

mod decimal;

mod finding;

mod guide;

mod input;

mod json;

mod optional;

mod output;

mod pick;

pub mod prelude;

mod quantity;

#[doc(hidden)]
pub mod shape;

mod template;

#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

mod typed;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod status_bindings;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod upgrade_bindings;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;

pub use decimal::decimal;
pub use finding::{Finding, Findings, Severity};
pub use guide::{Operation, Rule};
pub use input::{Cluster, Images, Observed, Previous, Request, State};
pub use optional::{Live, LiveObject, Status, Upgrade, Verdict, Version};
pub use output::{Alphabet, Generate, Kind, Metadata, Object, Output, Rendered, SecretIntent, SecretRef, SecretValue};
pub use pick::Pick;
pub use quantity::Quantity;
pub use serde_json::{Map, Value};
pub use template::Template;
