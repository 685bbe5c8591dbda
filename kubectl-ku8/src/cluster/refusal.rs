//! What an answer of 400 and more means: who may not do what, what is missing, who must log in.
//! It never sends anything, and decides nothing about another try.

use serde_json::Value;

use super::ClusterError;
use super::error::ApiStatus;
use super::http::Exchange;
use super::login::Login;

/// Who asked, and whom.
pub(super) struct Asking<'a> {
    pub(super) server: &'a str,
    pub(super) context: &'a str,
    /// The name the server knows us by.
    pub(super) user: &'a str,
    pub(super) login: &'a Login,
}

/// The error an answer stands for.
pub(super) fn refusal(asking: &Asking<'_>, exchange: &Exchange<'_>, code: u16, body: &str) -> ClusterError {
    let status = ApiStatus::parse(code, body, exchange.resource == "secrets");
    let namespace = exchange.path.split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("");
    let named = |kind: &str| serde_json::from_str::<Value>(body).is_ok_and(|status| status["details"]["kind"] == kind);
    match code {
        401 => ClusterError::Unauthorized {
            server: asking.server.to_owned(),
            user: asking.login.user.clone(),
            context: asking.context.to_owned(),
            refused: asking.login.refused.clone(),
            next: asking.login.again(),
        },
        // RBAC's words, looked for in the reply itself: about Secrets the message is hidden.
        403 if status.reason == "Forbidden" && body.contains("cannot ") => ClusterError::Forbidden {
            verb: exchange.verb.to_owned(),
            resource: exchange.resource.to_owned(),
            namespace: namespace.to_owned(),
            user: asking.user.to_owned(),
            message: status.message,
        },
        404 if exchange.resource != "namespaces" && named("namespaces") => {
            ClusterError::NamespaceMissing(namespace.to_owned())
        }
        _ => ClusterError::Api {
            verb: exchange.verb.to_owned(),
            resource: exchange.resource.to_owned(),
            name: exchange.name.to_owned(),
            status,
        },
    }
}
