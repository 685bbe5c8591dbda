//! Small builders over JSON for the objects templates render; what is safe is the default.
//! They never check values against each other: rules live in templates, shapes are checked by the host.

mod autoscaler;
mod config;
mod container;
mod ingress;
mod job;
mod labels;
mod pod;
mod policy;
mod probe;
mod service;
pub mod volume;
mod workload;

pub use autoscaler::horizontal_pod_autoscaler;
pub use config::{checksum, config_map, service_account};
pub use container::{Container, Resources, env};
pub use ingress::{Ingress, http_route};
pub use job::Job;
pub use labels::Meta;
pub use pod::Pod;
pub use policy::{NetworkPolicy, pod_disruption_budget};
pub use probe::Probe;
pub use service::Service;
pub use workload::{Deployment, StatefulSet};
