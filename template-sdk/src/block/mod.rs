//! THE SHARED BLOCK: the parameters every template inherits, their schema, their reading and their objects.
//! It never knows a particular software; what differs is in the [`Spec`] a template gives it.

mod annotate;
mod compose;
mod objects;
mod parts;
mod read;
mod rules;
mod schema;
mod spec;
mod transition;

pub use annotate::{Group, Property};
pub use compose::{add, leave_out};
pub use read::{Auth, Block, Exposure, Image, Metrics, Monitor, NetworkMode, Scheduling, Size, Spread, Storage};
pub use rules::rules;
pub use schema::schema;
pub use spec::{AuthMode, Exporter, Preset, Spec};
pub use transition::{forbid_change, image_change, transitions};
