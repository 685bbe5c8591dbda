//! EDGE: the only room that talks to the Kubernetes API server.
//! It never decides what to change: it reads what it is asked for and writes what a plan says.

mod backoff;
mod connect;
mod dry_run;
mod endpoint;
mod entries;
mod error;
mod exec_credential;
mod exec_plugin;
mod http;
mod impersonate;
mod kinds;
mod kubeconfig;
mod lease;
mod lock;
mod login;
mod mask;
mod observe;
mod patience;
mod pod_detail;
mod proof;
mod proxy;
mod refusal;
mod rights;
mod session;
mod store;
mod take_over;
mod transport;
mod tunnel;
mod unlock;
mod watch;
mod wire;
mod write;

pub(crate) use backoff::ConflictBackoff;
pub use connect::{ConnectOptions, Notice, Pod, Target, connect_target, service_account};
pub use entries::{Entries, entries};
pub use error::{ApiStatus, Cause, ClusterError};
pub use exec_plugin::RawNotice;
pub use impersonate::Impersonation;
pub use kinds::Resource;
pub use lock::{Claim, Clock, Lock, LockError, LockEvent, person};
pub use observe::Ask;
pub use pod_detail::Warning;
pub use proxy::ProxyVariables;
pub use store::RecordSummary;
pub use unlock::HeldLock;
pub use watch::Selection;
pub use write::Precondition;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use self::http::Http;
use self::lease::Kept;
use crate::object::GroupKind;

/// What planning may do: read, and dry-run. It has no writing method, so a plan cannot change anything
/// (plan-apply.md, section 2.1).
#[derive(Clone)]
pub struct PlanClient {
    http: Arc<Http>,
    discovered: Arc<Mutex<BTreeMap<GroupKind, Resource>>>,
    /// Kinds a plan makes itself, which the server does not have yet.
    expected: Arc<Mutex<BTreeMap<GroupKind, Resource>>>,
    target: Arc<Target>,
}

impl PlanClient {
    /// Which context, server, namespace and user this is.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Warnings the server sent, each once, in the order they came.
    pub fn warnings(&self) -> Vec<String> {
        self.http.warnings()
    }
}

/// What publishing may do: everything planning may, and write.
#[derive(Clone)]
pub struct Cluster {
    reader: PlanClient,
    /// The lease every write is made under, if any.
    lease: Option<Arc<Kept>>,
}

impl Cluster {
    /// A client for a target; nothing is sent and no credential plugin is run before the first request.
    pub fn connect(target: Target) -> Self {
        let http = Http::new(&target);
        let reader = PlanClient {
            http: Arc::new(http),
            discovered: Arc::new(Mutex::new(BTreeMap::new())),
            expected: Arc::new(Mutex::new(BTreeMap::new())),
            target: Arc::new(target),
        };
        Self { reader, lease: None }
    }

    /// The half of this client that can only read and dry-run.
    pub fn reader(&self) -> &PlanClient {
        &self.reader
    }

    /// The same client, whose every write first makes sure of the lease.
    pub(crate) fn under(&self, lease: &Arc<Kept>) -> Self {
        Self { reader: self.reader.clone(), lease: Some(Arc::clone(lease)) }
    }

    /// The server's time, by its last reply and our monotonic clock.
    pub(crate) fn server_time(&self) -> Option<jiff::Timestamp> {
        self.reader.http.server_time()
    }
}
