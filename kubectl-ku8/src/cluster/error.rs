//! What can go wrong with an API server, and what to do next about it.
//! Messages about Secrets are replaced, never quoted (decisions.md, 38).

use serde_json::Value;
use thiserror::Error;

use crate::object::printable;

/// One cause inside a Status reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `FieldManagerConflict`, `FieldValueInvalid`, …
    pub reason: String,
    /// JSON path the server names, with a leading dot or without.
    pub field: String,
    /// The server's words.
    pub message: String,
}

/// A Status reply: the server understood the request and refused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiStatus {
    /// HTTP code.
    pub code: u16,
    /// `NotFound`, `Conflict`, `Forbidden`, `Invalid`, …; empty for some 500s.
    pub reason: String,
    /// The server's message, control characters escaped; replaced when it is about a Secret.
    pub message: String,
    /// Details, if any.
    pub causes: Vec<Cause>,
    /// When the server asks to be left alone for a while (`Retry-After`).
    pub retry_after: Option<std::time::Duration>,
}

impl ApiStatus {
    /// Reads a Status body; anything else becomes a Status with the text as its message.
    pub(crate) fn parse(code: u16, body: &str, about_secret: bool) -> Self {
        let value: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let hidden = "(the server's message is not shown: it may quote the Secret)".to_owned();
        let message = match value["message"].as_str() {
            _ if about_secret => hidden.clone(),
            Some(message) => printable(message),
            None => printable(body.lines().next().unwrap_or_default()),
        };
        let causes = value["details"]["causes"].as_array().map_or_else(Vec::new, |causes| {
            causes
                .iter()
                .map(|cause| Cause {
                    reason: cause["reason"].as_str().unwrap_or_default().to_owned(),
                    field: cause["field"].as_str().unwrap_or_default().to_owned(),
                    message: if about_secret {
                        hidden.clone()
                    } else {
                        printable(cause["message"].as_str().unwrap_or_default())
                    },
                })
                .collect()
        });
        let seconds = value["details"]["retryAfterSeconds"].as_u64().filter(|seconds| *seconds > 0);
        let retry_after = seconds.map(std::time::Duration::from_secs);
        Self { code, reason: text("reason"), message, causes, retry_after }
    }

    /// A field-manager conflict, told from a stale resourceVersion by its causes (plan-apply.md, 0.3).
    pub fn is_manager_conflict(&self) -> bool {
        self.code == 409 && self.causes.iter().any(|cause| cause.reason == "FieldManagerConflict")
    }

    /// A manifest the server cannot read as its kind: 500 without a reason (plan-apply.md, 0.6).
    pub fn is_invalid_manifest(&self) -> bool {
        self.code == 422
            || self.code == 400
            || (self.code == 500 && self.message.contains("failed to create typed patch object"))
    }

    /// A webhook that does not answer: it fails a dry-run as it would fail the write.
    pub fn is_webhook_failure(&self) -> bool {
        self.code == 500 && self.message.contains("failed calling webhook")
    }

    /// Worth another try: the server was busy or an election was going on.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.code, 429 | 503 | 504)
            || (self.code == 500
                && ["failed calling webhook", "etcdserver: leader changed", "etcdserver: request timed out"]
                    .iter()
                    .any(|text| self.message.contains(text)))
    }
}

/// Why a request did not do what it was for.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// No kubeconfig anywhere, and not inside a cluster.
    #[error("no kubeconfig found: looked at {0}")]
    NoKubeconfig(String),
    /// A kubeconfig that cannot be used.
    #[error("kubeconfig: {0}")]
    Kubeconfig(String),
    /// `--context` or current-context names nothing.
    #[error("kubeconfig has no context `{name}`{}", .nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Context {
        /// The name asked for.
        name: String,
        /// The closest existing one.
        nearest: Option<String>,
    },
    /// The server cannot be reached, or the connection broke.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// URL of the server.
        server: String,
        /// Innermost cause.
        reason: String,
        /// Whether the request may have arrived all the same.
        sent: bool,
    },
    /// No answer within the request timeout.
    #[error("{server} did not answer within {seconds} s")]
    Timeout {
        /// URL of the server.
        server: String,
        /// The limit that passed.
        seconds: u64,
    },
    /// There is no credential to send: a plugin failed, or the kubeconfig asks for a way to log in that is gone.
    #[error("user `{user}`: {reason}")]
    Credentials {
        /// User entry of the kubeconfig.
        user: String,
        /// What failed; never what a plugin printed.
        reason: String,
        /// What to do.
        next: Option<String>,
    },
    /// 401.
    #[error("{server} says that you must be logged in (401): {refused}{}", whose(.user, .context))]
    Unauthorized {
        /// URL of the server.
        server: String,
        /// User entry of the kubeconfig.
        user: String,
        /// Context, empty when there is none.
        context: String,
        /// What was sent, in words: `the token of the kubeconfig is not accepted`.
        refused: String,
        /// What to do.
        next: String,
    },
    /// 403, with what was asked for.
    #[error("forbidden: user `{user}` may not {verb} {resource}{}", if .namespace.is_empty() { String::new() } else { format!(" in namespace {}", .namespace) })]
    Forbidden {
        /// RBAC verb.
        verb: String,
        /// Plural resource, with its group.
        resource: String,
        /// Namespace, empty for cluster scope.
        namespace: String,
        /// User entry of the kubeconfig.
        user: String,
        /// The server's message.
        message: String,
    },
    /// The namespace itself is missing.
    #[error("namespace `{0}` does not exist")]
    NamespaceMissing(String),
    /// A kind the server does not know.
    #[error("the server has no kind {kind} in {api_version}")]
    UnknownKind {
        /// Kind asked for.
        kind: String,
        /// API version asked for.
        api_version: String,
    },
    /// Anything else the server refused.
    #[error("{verb} {resource}/{name}: {}", .status.message)]
    Api {
        /// RBAC verb.
        verb: String,
        /// Plural resource.
        resource: String,
        /// Object name.
        name: String,
        /// The server's answer.
        status: ApiStatus,
    },
    /// The lock under which a write was to be made is not ours any more; the write was not sent.
    #[error("the lock on {0} was lost: somebody took it over, or it could not be renewed")]
    LockLost(String),
    /// A reply that is not what the API promises.
    #[error("{server} sent something that is not a Kubernetes reply: {reason}")]
    Reply {
        /// URL of the server.
        server: String,
        /// What was wrong.
        reason: String,
    },
}

fn whose(user: &str, context: &str) -> String {
    match (user, context) {
        ("", "") => String::new(),
        ("", context) => format!(" (context `{context}`)"),
        (user, "") => format!(" (user `{user}`)"),
        (user, context) => format!(" (user `{user}`, context `{context}`)"),
    }
}

impl ClusterError {
    /// The server's Status, when it gave one.
    pub fn status(&self) -> Option<&ApiStatus> {
        match self {
            Self::Api { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Says whether a write that failed so may have been carried out all the same: no answer, half an answer, or one
    /// that somebody between us and the server may have given in its place.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Unreachable { sent, .. } => *sent,
            Self::Timeout { .. } | Self::Reply { .. } => true,
            Self::Api { status, .. } => status.code >= 500 && !status.is_invalid_manifest(),
            _ => false,
        }
    }

    /// Says whether the object (not its namespace) does not exist.
    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(|status| status.code == 404)
    }

    /// Says whether the write lost against another one: stale resourceVersion, or it exists already.
    pub fn is_conflict(&self) -> bool {
        self.status().is_some_and(|status| status.code == 409 && !status.is_manager_conflict())
    }
}
