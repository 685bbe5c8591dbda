//! The rooms' errors as commands end with them: id, exit code and next step of each kind.
//! It never adds words about what happened; those are the room's own.

use super::{CommandError, Finding, exit, id};
use crate::apply::WriteError;
use crate::cluster::ClusterError;
use crate::definition::{DefinitionError, SetError};
use crate::files::FilesError;
use crate::release::RecordError;
use crate::render::{RenderError, Severity};
use crate::transform::TransformError;

/// What to do after a lost lock.
const LOST: &str = "publish again, which goes on from where this stopped";

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
        let failed = Self::new(error.to_string()).id(cluster_id(&error));
        let failed = if matches!(error, ClusterError::LockLost(_)) { failed.code(exit::LOCKED) } else { failed };
        if hint.is_empty() { failed } else { failed.hint(hint) }
    }
}

fn cluster_id(error: &ClusterError) -> &'static str {
    match error {
        ClusterError::NoKubeconfig(_) => id::NO_KUBECONFIG,
        ClusterError::Kubeconfig(_) => id::KUBECONFIG,
        ClusterError::Context { .. } => id::CONTEXT,
        ClusterError::Unreachable { .. } => id::UNREACHABLE,
        ClusterError::Timeout { .. } => id::TIMEOUT,
        ClusterError::Unauthorized { .. } => id::UNAUTHORIZED,
        ClusterError::Credentials { .. } => id::CREDENTIALS,
        ClusterError::Forbidden { .. } => id::FORBIDDEN,
        ClusterError::NamespaceMissing(_) => id::NO_NAMESPACE,
        ClusterError::UnknownKind { .. } => id::UNKNOWN_KIND,
        ClusterError::LockLost(_) => id::LOCK_LOST,
        ClusterError::Api { .. } => id::REFUSED,
        ClusterError::Reply { .. } => id::NOT_KUBERNETES,
    }
}

impl From<DefinitionError> for CommandError {
    fn from(error: DefinitionError) -> Self {
        let id = match &error {
            DefinitionError::Syntax { .. } => id::SYNTAX,
            DefinitionError::Empty(_) => id::EMPTY,
            DefinitionError::Shape { .. } | DefinitionError::Bare(_) | DefinitionError::Placed { .. } => id::SHAPE,
            DefinitionError::Name(_) => id::NAME,
            DefinitionError::SecretData { .. } => id::SECRET_DATA,
        };
        let told = error.to_string();
        // What is wrong decides, wherever it stands.
        if let DefinitionError::Placed { error: inner, .. } = error {
            return Self { message: told, ..Self::from(*inner) };
        }
        let failed = Self::new(told).id(id);
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
        let (id, hint) = match &error {
            SetError::Form(_) => (id::SET_FORM, "for example: --set storage.size=20Gi --set replicas=3".to_owned()),
            SetError::Json(name, _) => (
                id::SET_JSON,
                format!("texts need double quotes, and the whole single ones: --set-json '{name}=[\"a\", 1]'"),
            ),
            SetError::Path { at, .. } | SetError::Index { at, .. } => {
                (id::SET_PATH, format!("give all of it at once: --set-json '{at}=…'"))
            }
        };
        Self::new(error.to_string()).id(id).hint(hint)
    }
}

impl From<FilesError> for CommandError {
    fn from(error: FilesError) -> Self {
        Self::new(error.to_string()).id(match &error {
            FilesError::Read { .. } => id::FILE_READ,
            FilesError::Write { .. } => id::FILE_WRITE,
            FilesError::TooLarge(_) => id::FILE_TOO_LARGE,
            FilesError::NotText(_) => id::FILE_NOT_TEXT,
            FilesError::NoProgram(_) => id::NO_TOOL,
            FilesError::Start { .. } => id::TOOL_FAILED,
        })
    }
}

impl From<RecordError> for CommandError {
    fn from(error: RecordError) -> Self {
        let (id, hint) = match &error {
            RecordError::Damaged { name, .. } => (
                id::RECORD_DAMAGED,
                format!(
                    "look at it with: kubectl get configmap {name} -o yaml; its published form is in the newest {name}.r<N>"
                ),
            ),
            RecordError::Newer { .. } => (id::RECORD_NEWER, "update kubectl-ku8".to_owned()),
            RecordError::TooLarge { .. } => {
                (id::RECORD_TOO_LARGE, "put large files into their own ConfigMap or volume".to_owned())
            }
        };
        Self::new(error.to_string()).id(id).hint(hint)
    }
}

impl From<TransformError> for CommandError {
    fn from(error: TransformError) -> Self {
        Self::new(error.to_string()).id(match &error {
            TransformError::Namespace { .. } => id::OTHER_NAMESPACE,
            TransformError::Duplicate(_) => id::DUPLICATE_OBJECT,
            TransformError::Manifest { .. } => id::NOT_AN_OBJECT,
            TransformError::Reserved(_) => id::RESERVED_OBJECT,
            TransformError::DependsOn { .. } | TransformError::Circle(_) => id::DEPENDS_ON,
        })
    }
}

impl From<WriteError> for CommandError {
    fn from(error: WriteError) -> Self {
        let told = |id| Self::new(error.to_string()).id(id);
        match &error {
            WriteError::Stale { .. } => told(id::OBJECT_CHANGED)
                .code(exit::STALE)
                .hint("plan again: what was shown is no longer what would happen"),
            WriteError::Stuck { .. } => {
                told(id::STUCK).hint("see what holds it, then publish again: the plan goes on from there")
            }
            WriteError::PutBack { .. } => told(id::PUT_BACK),
            WriteError::NotServed { .. } => told(id::NOT_SERVED),
            WriteError::Lost { .. } => {
                told(id::LOST_OBJECT).hint("publish again to create it; its last form is in the newest revision")
            }
            WriteError::Randomness(_) => told(id::RANDOMNESS),
            WriteError::Cluster(_) => match error {
                WriteError::Cluster(inner) => inner.into(),
                other => Self::new(other.to_string()),
            },
        }
    }
}

impl From<RenderError> for CommandError {
    fn from(error: RenderError) -> Self {
        match &error {
            RenderError::Values(violations) => Self::from_violations(violations),
            RenderError::Diagnostics(found) => {
                // Warnings and notes beside a refusal are no reason for it.
                let refusals = found.iter().filter(|one| one.severity == Severity::Error);
                Self::of_findings(id::TEMPLATE_REFUSES, refusals.map(Finding::from).collect())
            }
            RenderError::Refused(problems) => {
                let mut failed = Self::new(error.to_string()).id(id::TEMPLATE_BROKE_RULES);
                failed.hints = problems.iter().filter_map(|problem| problem.hint.clone()).collect();
                failed
            }
            RenderError::Interrupted => Self::new(error.to_string()).id(id::INTERRUPTED).code(exit::INTERRUPTED),
            RenderError::OtherHost { outdated: false, .. } => Self::new(error.to_string())
                .id(id::OTHER_HOST)
                .hint("upgrade kubectl ku8, or take an older version of the template"),
            RenderError::OtherHost { .. } => {
                Self::new(error.to_string()).id(id::OTHER_HOST).hint("take a newer version of the template")
            }
            RenderError::Migration(_) => Self::new(error.to_string())
                .id(id::MIGRATION)
                .hint("nothing was changed; bring the values into the shape it asks for, then upgrade again"),
            other => {
                let failed = Self::new(error.to_string()).id(render_id(other));
                match other {
                    RenderError::NewerContract(_) => failed.hint("update kubectl-ku8: kubectl ku8 version"),
                    RenderError::CompiledCode => failed.hint("give the .wasm file it was compiled from"),
                    _ => failed,
                }
            }
        }
    }
}

fn render_id(error: &RenderError) -> &'static str {
    use RenderError as E;
    match error {
        E::NotAComponent(_)
        | E::CoreModule
        | E::Imports(_)
        | E::ContractVersion(_)
        | E::NotATemplate(_)
        | E::Compile(_)
        | E::Contract(_)
        | E::ComponentTooLarge(_) => id::NOT_A_TEMPLATE,
        E::CompiledCode => id::COMPILED_CODE,
        E::NewerContract(_) => id::NEWER_CONTRACT,
        E::TooCostly { .. } => id::COSTLY_COMPONENT,
        E::OutOfFuel { .. }
        | E::Memory(_)
        | E::Table(_)
        | E::TooManyParts(_)
        | E::Stack(_)
        | E::OutputTooLarge(_)
        | E::ChildTime(_)
        | E::ChildMemory
        | E::ChildOutput(_) => id::TEMPLATE_LIMIT,
        E::Panicked { .. } | E::Trap { .. } | E::Unreadable { .. } | E::ChildCrashed(_) | E::Answer { .. } => {
            id::TEMPLATE_CRASHED
        }
        E::Engine(_) | E::ChildStart(_) => id::SANDBOX,
        E::OtherHost { .. } => id::OTHER_HOST,
        E::Migration(_) => id::MIGRATION,
        E::Interrupted => id::INTERRUPTED,
        E::Request(_) => id::CONTRACT,
        E::Values(_) => id::VALUES,
        E::Diagnostics(_) => id::TEMPLATE_REFUSES,
        E::Refused(_) => id::TEMPLATE_BROKE_RULES,
    }
}

impl From<crate::cluster::LockError> for CommandError {
    fn from(error: crate::cluster::LockError) -> Self {
        use crate::cluster::LockError;
        match error {
            LockError::Held { .. } => Self::new(error.to_string())
                .id(id::LOCKED)
                .code(exit::LOCKED)
                .hint("wait until it is done; if its process is gone, the lock frees itself after 30 s"),
            LockError::Lost(_) => Self::new(error.to_string()).id(id::LOCK_LOST).code(exit::LOCKED).hint(LOST),
            LockError::Cluster(error) => error.into(),
        }
    }
}
