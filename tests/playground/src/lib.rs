//! A real control plane on loopback for tests, benchmarks and the demo: etcd, kube-apiserver, kube-controller-manager,
//! kube-scheduler, and kwok in the place of the kubelets; and an OCI registry. It never touches a cluster it did not
//! start, needs no container engine, and leaves no process behind when the one that started it ends, however it ends.
//!
//! ```no_run
//! # fn main() -> Result<(), playground::Error> {
//! let mut progress = |line: &str| eprintln!("{line}");
//! let binaries = playground::Binaries::find_or_build(&mut progress)?;
//! let cluster = playground::Cluster::start(&binaries, &mut progress)?;
//! println!("export KUBECONFIG={}", cluster.kubeconfig().display());
//! # Ok(())
//! # }
//! ```
//!
//! | file | what it settles |
//! |---|---|
//! | `binaries` | where the programs come from |
//! | `go_build` | building them from pinned Go modules |
//! | `certificates` | keys, certificates, kubeconfig files |
//! | `components` | the flags each server is started with |
//! | `server` | one child process, on a leash |
//! | `cluster` | the order in which things start and end |
//! | `audit` | what the API server was asked |
//! | `detached` | ending a cluster that was kept |
//! | `registry` | an OCI registry, on its own |

mod audit;
mod binaries;
mod certificates;
mod cluster;
mod components;
mod detached;
mod error;
mod go_build;
mod registry;
mod server;

pub use audit::AuditEntry;
pub use binaries::{Binaries, KUBERNETES_VERSION};
pub use certificates::BEHIND_PROXY;
pub use cluster::Cluster;
pub use detached::stop;
pub use error::Error;
pub use registry::{REGISTRY_PASSWORD, REGISTRY_USER, Registry, RegistryOptions};

/// Receives one line of progress at a time; the library itself prints nothing.
pub type Progress<'a> = &'a mut dyn FnMut(&str);
