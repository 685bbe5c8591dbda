//! Errors as commands end with them: a message, the next step, and the exit code.
//! One place maps every room's errors to both; rooms never know about exit codes.

use thiserror::Error;

use crate::apply::WriteError;
use crate::cluster::ClusterError;
use crate::definition::{DefinitionError, SetError};
use crate::files::FilesError;
use crate::release::RecordError;
use crate::render::RenderError;
use crate::schema::{Violation, dotted};
use crate::transform::TransformError;

/// Exit codes (acceptance.md).
pub mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// An error before or at a write; also usage errors and a declined prompt.
    pub const ERROR: u8 = 1;
    /// `plan --detailed-exitcode`: there are changes.
    pub const CHANGES: u8 = 2;
    /// The plan is stale.
    pub const STALE: u8 = 3;
    /// Another operation holds the lock.
    pub const LOCKED: u8 = 4;
    /// Written, but not ready in time, or partial.
    pub const NOT_READY: u8 = 5;
    /// Somebody else owns an object or a field.
    pub const OWNERSHIP: u8 = 6;
    /// Ctrl-C.
    pub const INTERRUPTED: u8 = 130;
}

/// What to do after a lost lock.
const LOST: &str = "publish again, which goes on from where this stopped";

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct CommandError {
    /// Exit code.
    pub code: u8,
    /// What failed, on what, and why.
    pub message: String,
    /// What to do next, one thought each.
    pub hints: Vec<String>,
}

impl CommandError {
    /// An error without a hint, exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: exit::ERROR, message: message.into(), hints: Vec::new() }
    }

    /// Adds a next step.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Sets the exit code.
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

impl From<ClusterError> for CommandError {
    fn from(error: ClusterError) -> Self {
        let hint = match &error {
            ClusterError::NoKubeconfig(_) => "set KUBECONFIG, or pass --kubeconfig FILE; templates can be looked at without a cluster: kubectl ku8 template list".into(),
            ClusterError::Kubeconfig(_) => "check it with: kubectl config view --minify".into(),
            ClusterError::Context { .. } => "see them with: kubectl config get-contexts".into(),
            ClusterError::Unreachable { .. } => "check the address and your network; see whether kubectl reaches it: kubectl version".into(),
            ClusterError::Timeout { .. } => "try again, or allow more with --request-timeout 60s".into(),
            ClusterError::Unauthorized { next, .. } => next.clone(),
            ClusterError::Credentials { next, .. } => next.clone().unwrap_or_default(),
            ClusterError::Forbidden { verb, resource, namespace, .. } => {
                format!("ask for the right; check it with: kubectl auth can-i {verb} {resource}{}", if namespace.is_empty() { String::new() } else { format!(" -n {namespace}") })
            }
            ClusterError::NamespaceMissing(name) => format!("create it with: kubectl create namespace {name}"),
            ClusterError::UnknownKind { .. } => "install the CustomResourceDefinition first, or check the spelling".into(),
            ClusterError::LockLost(_) => LOST.into(),
            ClusterError::Api { .. } | ClusterError::Reply { .. } => String::new(),
        };
        let failed = Self::new(error.to_string());
        let failed = if matches!(error, ClusterError::LockLost(_)) { failed.code(exit::LOCKED) } else { failed };
        if hint.is_empty() { failed } else { failed.hint(hint) }
    }
}

impl From<DefinitionError> for CommandError {
    fn from(error: DefinitionError) -> Self {
        let failed = Self::new(error.to_string());
        match error {
            DefinitionError::SecretData { name } => failed.hint(format!(
                "leave the Secret out of the definition and set its values beside it: kubectl ku8 secret set DEFINITION {name}/KEY"
            )),
            DefinitionError::Name(_) => failed.hint("for example: orders-db"),
            _ => failed,
        }
    }
}

impl From<SetError> for CommandError {
    fn from(error: SetError) -> Self {
        Self::new(format!("--set: {error}")).hint("for example: --set storage.size=20Gi --set replicas=3")
    }
}

impl From<FilesError> for CommandError {
    fn from(error: FilesError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<RecordError> for CommandError {
    fn from(error: RecordError) -> Self {
        let hint = match &error {
            RecordError::Damaged { name, .. } => format!(
                "look at it with: kubectl get configmap {name} -o yaml; its published form is in the newest {name}.r<N>"
            ),
            RecordError::Newer { .. } => "update kubectl-ku8".to_owned(),
            RecordError::TooLarge { .. } => "put large files into their own ConfigMap or volume".to_owned(),
        };
        Self::new(error.to_string()).hint(hint)
    }
}

impl From<TransformError> for CommandError {
    fn from(error: TransformError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<WriteError> for CommandError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Stale { .. } => Self::new(error.to_string())
                .code(exit::STALE)
                .hint("plan again: what was shown is no longer what would happen"),
            WriteError::Cluster(error) => error.into(),
            WriteError::Stuck { .. } => {
                Self::new(error.to_string()).hint("see what holds it, then publish again: the plan goes on from there")
            }
            WriteError::PutBack { .. } | WriteError::NotServed { .. } => Self::new(error.to_string()),
            WriteError::Lost { .. } => {
                Self::new(error.to_string()).hint("publish again to create it; its last form is in the newest revision")
            }
            WriteError::Randomness(error) => Self::new(error.to_string()),
        }
    }
}

impl From<RenderError> for CommandError {
    fn from(error: RenderError) -> Self {
        match &error {
            RenderError::Values(violations) => Self::from_violations(violations),
            RenderError::Diagnostics(found) => {
                let lines: Vec<String> = found
                    .iter()
                    .map(|one| {
                        let path = if one.path.is_empty() { "values".to_owned() } else { dotted(&one.path) };
                        format!("{path}: {} [{}]", one.message, one.code)
                    })
                    .collect();
                let mut failed = Self::new(lines.join("\n"));
                failed.hints = found.iter().filter_map(|one| one.hint.clone()).collect();
                failed
            }
            RenderError::Refused(problems) => {
                let mut failed = Self::new(error.to_string());
                failed.hints = problems.iter().filter_map(|problem| problem.hint.clone()).collect();
                failed
            }
            _ => Self::new(error.to_string()),
        }
    }
}

impl CommandError {
    /// All violations at once, one line each.
    pub fn from_violations(violations: &[Violation]) -> Self {
        let lines: Vec<String> = violations.iter().map(|one| one.message.clone()).collect();
        let mut failed = Self::new(lines.join("\n"));
        failed.hints = violations.iter().filter_map(|one| one.hint.clone()).collect();
        failed.hints.dedup();
        failed
    }
}

impl From<crate::cluster::LockError> for CommandError {
    fn from(error: crate::cluster::LockError) -> Self {
        use crate::cluster::LockError;
        match error {
            LockError::Held { .. } => Self::new(error.to_string())
                .code(exit::LOCKED)
                .hint("wait until it is done; if its process is gone, the lock frees itself after 30 s"),
            LockError::Lost(_) => Self::new(error.to_string()).code(exit::LOCKED).hint(LOST),
            LockError::Cluster(error) => error.into(),
        }
    }
}
