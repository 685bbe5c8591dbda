//! One HTTP exchange with the API server: deadline, retries of what is safe to retry, errors with causes.
//! Every reply passes the mask before it leaves this file.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::http::{Method, Request};
use kube::client::Body;
use serde_json::Value;

use super::connect::credential_failure;
use super::error::ApiStatus;
use super::mask::Mask;
use super::{ClusterError, Target};

/// Attempts for reads and dry-runs; the pauses between them add up to about 8 s.
const ATTEMPTS: u32 = 5;

/// A server that answers nothing at all is given up after this.
const FIRST_ANSWER: Duration = Duration::from_secs(8);

/// A client with one deadline per request.
pub(crate) struct Http {
    client: kube::Client,
    server: String,
    user: String,
    timeout: Duration,
    /// Whether the server has answered anything yet; before that, patience is short.
    answered: AtomicBool,
    mask: Mask,
    warnings: Mutex<Vec<String>>,
}

/// What to send and what it is about, for messages.
pub(crate) struct Exchange<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) accept: &'a str,
    pub(crate) content: Option<(&'a str, &'a Value)>,
    pub(crate) verb: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) name: &'a str,
    /// Whether sending it twice is the same as sending it once.
    pub(crate) repeatable: bool,
}

impl Http {
    pub(crate) fn new(target: &Target) -> Result<Self, ClusterError> {
        let config = target.config.clone();
        let client = kube::Client::try_from(config).map_err(|error| {
            ClusterError::Kubeconfig(credential_failure(&error).unwrap_or_else(|| root_cause(&error)))
        })?;
        Ok(Self {
            client,
            server: target.server.clone(),
            user: target.user.clone(),
            timeout: target.request_timeout,
            answered: AtomicBool::new(false),
            mask: Mask::new(),
            warnings: Mutex::new(Vec::new()),
        })
    }

    /// For streams, which have no end to wait for: watches and logs.
    pub(super) fn client(&self) -> &kube::Client {
        &self.client
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().map(|list| list.clone()).unwrap_or_default()
    }

    /// A GET of one thing or a list.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        verb: &str,
        resource: &str,
        name: &str,
    ) -> Result<Value, ClusterError> {
        self.exchange(&Exchange {
            method: Method::GET,
            path,
            query,
            accept: "application/json",
            content: None,
            verb,
            resource,
            name,
            repeatable: true,
        })
        .await
    }

    /// Sends one exchange, again where that is safe and useful.
    pub(crate) async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Value, ClusterError> {
        let mut attempt = 1;
        loop {
            let outcome = self.once(exchange).await;
            let again = match &outcome {
                Err(ClusterError::Api { status, .. }) => {
                    // 429 was turned away before anything happened, so even a write may be sent again.
                    status.code == 429 || (exchange.repeatable && status.is_transient())
                }
                Err(ClusterError::Unreachable { .. }) => exchange.repeatable && attempt < 2,
                _ => false,
            };
            if !again || attempt >= ATTEMPTS {
                return outcome;
            }
            let pause = Duration::from_millis(250 << attempt);
            tracing::info!("{} {}: trying again in {pause:?}", exchange.method, exchange.path);
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn once(&self, exchange: &Exchange<'_>) -> Result<Value, ClusterError> {
        let request = build(exchange)?;
        let started = tokio::time::Instant::now();
        let limit = if self.answered.load(Ordering::Relaxed) { self.timeout } else { self.timeout.min(FIRST_ANSWER) };
        let answer = tokio::time::timeout(limit, async {
            let reply = self.client.send(request).await?;
            let code = reply.status().as_u16();
            let warnings: Vec<String> = reply
                .headers()
                .get_all("warning")
                .iter()
                .filter_map(|value| value.to_str().ok())
                .filter_map(|text| text.split('"').nth(1).map(str::to_owned))
                .collect();
            let body = reply.into_body().collect_bytes().await?;
            Ok::<_, kube::Error>((code, warnings, body))
        })
        .await;
        self.answered.fetch_or(matches!(answer, Ok(Ok(_))), Ordering::Relaxed);
        let (code, warnings, body) = match answer {
            Err(_) => {
                return Err(ClusterError::Timeout { server: self.server.clone(), seconds: limit.as_secs() });
            }
            Ok(Err(error)) => return Err(self.transport(&error)),
            Ok(Ok(parts)) => parts,
        };
        tracing::debug!("{} {} {code} in {:?}", exchange.method, exchange.path, started.elapsed());
        self.note(warnings);
        if code < 400 {
            let mut value: Value = serde_json::from_slice(&body)
                .map_err(|error| ClusterError::Reply { server: self.server.clone(), reason: error.to_string() })?;
            self.mask.apply(&mut value);
            return Ok(value);
        }
        Err(self.refusal(exchange, code, &String::from_utf8_lossy(&body)))
    }

    fn refusal(&self, exchange: &Exchange<'_>, code: u16, body: &str) -> ClusterError {
        let status = ApiStatus::parse(code, body, exchange.resource == "secrets");
        let namespace =
            exchange.path.split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("");
        let named =
            |kind: &str| serde_json::from_str::<Value>(body).is_ok_and(|status| status["details"]["kind"] == kind);
        match code {
            401 => ClusterError::Unauthorized { server: self.server.clone(), user: self.user.clone() },
            // RBAC's words, looked for in the reply itself: about Secrets the message is hidden.
            403 if status.reason == "Forbidden" && body.contains("cannot ") => ClusterError::Forbidden {
                verb: exchange.verb.to_owned(),
                resource: exchange.resource.to_owned(),
                namespace: namespace.to_owned(),
                user: self.user.clone(),
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

    fn transport(&self, error: &kube::Error) -> ClusterError {
        if let Some(reason) = credential_failure(error) {
            return ClusterError::Kubeconfig(format!("user `{}`: {reason}", self.user));
        }
        let reason = root_cause(error);
        ClusterError::Unreachable { server: self.server.clone(), reason }
    }

    fn note(&self, warnings: Vec<String>) {
        let Ok(mut known) = self.warnings.lock() else { return };
        let seen: BTreeSet<String> = known.iter().cloned().collect();
        known.extend(warnings.into_iter().filter(|warning| !seen.contains(warning)));
    }
}

fn build(exchange: &Exchange<'_>) -> Result<Request<Body>, ClusterError> {
    let query: Vec<String> = exchange.query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let uri =
        if query.is_empty() { exchange.path.to_owned() } else { format!("{}?{}", exchange.path, query.join("&")) };
    let mut request = Request::builder().method(exchange.method.clone()).uri(uri).header("accept", exchange.accept);
    let body = match exchange.content {
        Some((content_type, value)) => {
            request = request.header("content-type", content_type);
            Body::from(json_for_yaml(value).into_bytes())
        }
        None => Body::empty(),
    };
    request.body(body).map_err(|error| ClusterError::Reply { server: String::new(), reason: error.to_string() })
}

/// JSON that is YAML too: a server-side apply is read as YAML, which knows no control characters but as escapes.
fn json_for_yaml(value: &Value) -> String {
    let text = value.to_string();
    let is_refused = |letter: char| matches!(letter, '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    if !text.contains(is_refused) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_refused(letter) { safe.push_str(&format!("\\u{:04x}", u32::from(letter))) } else { safe.push(letter) }
    }
    safe
}

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
pub(super) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The innermost error says what happened; the outer ones only say where ("client error (Connect)").
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    crate::object::printable(&deepest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_yaml_whatever_its_text() {
        let value = serde_json::json!({"a": "x\u{9b}31m\u{7f}\u{1b}ä"});
        let body = json_for_yaml(&value);
        assert_eq!(body, "{\"a\":\"x\\u009b31m\\u007f\\u001bä\"}");
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), value);
    }

    #[test]
    fn query_values_are_encoded() {
        assert_eq!(encode("ku8.dev/kind=definition,a!=b"), "ku8.dev%2Fkind%3Ddefinition%2Ca%21%3Db");
    }
}
