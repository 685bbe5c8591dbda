//! The vocabulary every other room speaks: keys, manifests, live objects, labels, quantities.
//! Pure values only; this room never reads the clock, a file or the network.

mod json;
mod key;
pub mod labels;
mod manifest;
mod named;
mod observed;
mod quantity;
mod right;
mod text;

pub use json::strict_json;
pub use key::{GroupKind, ObjectKey};
pub use manifest::{Manifest, ManifestError};
pub use named::Names;
pub use observed::{DryRun, FieldConflict, LiveObject, Observation, Observed, Patch, PatchPolicy, Yielded};
pub use quantity::{Quantity, QuantityError};
pub use right::Right;
pub use text::{is_dns_label, is_dns_subdomain, is_sensitive_name, nearest, printable, printable_json, steers};
