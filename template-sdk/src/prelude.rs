//! Everything a template names in most of its files, for one line: `use template_sdk::prelude::*;`.
//! It never holds what few templates need: volumes and the like are asked for by their own paths.
//!
//! ```
//! use template_sdk::prelude::*;
//!
//! let meta = Meta::new("motd", "demo", "text", "prod").version("1");
//! let rendered = Rendered::new().object("configmap/text", 0, config_map(&meta, "demo", [("text", "hello")]));
//! assert_eq!(rendered.objects[0].manifest["data"], json!({"text": "hello"}));
//! ```

pub use crate::block::{self, AuthMode, Block, Exporter, Group, NetworkMode, Preset, Property, Spec};
pub use crate::build::{
    Container, Deployment, Job, Meta, NetworkPolicy, Pod, Probe, Resources, Service, StatefulSet, config_map, env,
    pod_disruption_budget, service_account, volume,
};
pub use crate::{
    Finding, Findings, Kind, Metadata, Operation, Output, Quantity, Rendered, Request, Rule, SecretIntent, SecretValue,
    Template, Value, export_template, json,
};
pub use serde::Deserialize;
