//! One HTTP exchange with the API server: deadline, retries of what is safe to retry, errors with causes.
//! Every reply passes the mask before it leaves this file.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use ::http::{HeaderMap, Method};
use serde_json::Value;
use tokio::time::Instant;

use super::connect::Notice;
use super::mask::Mask;
use super::patience::{Patience, Tries};
use super::refusal::{Asking, refusal};
use super::session::{Lent, Session};
use super::wire::{build, credential_failure, decompress, logged, quoted, reason, was_refused};
use super::{ClusterError, Target};

/// Another try within this is nobody's business; later ones are said aloud, and no more often than this.
const SILENT: Duration = Duration::from_secs(1);

/// A client that always ends: see [`Patience`] and [`Tries`].
pub(crate) struct Http {
    session: Session,
    server: String,
    user: String,
    context: String,
    timeout: Duration,
    patience: Mutex<Patience>,
    /// The server's time in its last reply, and when that came.
    time: Mutex<Option<(jiff::Timestamp, Instant)>>,
    mask: Mask,
    warnings: Mutex<Vec<String>>,
    notice: Option<Notice>,
    noticed: Mutex<Option<Instant>>,
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
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            session: Session::new(target),
            server: target.server.clone(),
            user: target.user.clone(),
            context: target.context.clone(),
            timeout: target.request_timeout,
            patience: Mutex::default(),
            time: Mutex::new(None),
            mask: Mask::new(),
            warnings: Mutex::new(Vec::new()),
            notice: target.notice.clone(),
            noticed: Mutex::new(None),
        }
    }

    /// For streams, which have no end to wait for: watches and logs.
    ///
    /// # Errors
    /// When there is no credential.
    pub(super) async fn client(&self) -> Result<kube::Client, ClusterError> {
        Ok(self.session.client().await?.client.clone())
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().map(|list| list.clone()).unwrap_or_default()
    }

    /// The server's time, as its last reply had it; whole seconds, so that it may be late by one.
    pub(crate) fn server_time(&self) -> Option<jiff::Timestamp> {
        let (time, at) = (*self.time.lock().ok()?)?;
        time.checked_add(jiff::SignedDuration::try_from(at.elapsed()).ok()?).ok()
    }

    /// Hides what a reply would hide, so that what was sent can be compared with what came back.
    pub(crate) fn masked(&self, value: &Value) -> Value {
        let mut value = value.clone();
        self.mask.apply(&mut value);
        value
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

    /// Sends a read or a dry-run, again where that is useful. Writes take [`Http::attempt`]: whether they may be sent
    /// again is not for this file to say.
    pub(crate) async fn exchange(&self, exchange: &Exchange<'_>) -> Result<Value, ClusterError> {
        let mut tries = self.tries();
        loop {
            let error = match self.attempt(exchange, &tries).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let again = match &error {
                ClusterError::Api { status, .. } => status.is_transient(),
                // Nothing has ever come from there: one more try, for a server that is just coming up.
                ClusterError::Unreachable { .. } => self.has_answered() || tries.next() < 2,
                ClusterError::Reply { .. } => true,
                _ => false,
            };
            if !again || !self.pause(exchange, &error, &mut tries).await {
                return Err(error);
            }
        }
    }

    /// The tries of one request.
    pub(crate) fn tries(&self) -> Tries {
        Tries::new(self.timeout)
    }

    fn has_answered(&self) -> bool {
        self.patience.lock().is_ok_and(|patience| patience.has_answered())
    }

    /// Pauses before another try, and says so; `false` when it is enough.
    pub(crate) async fn pause(&self, exchange: &Exchange<'_>, error: &ClusterError, tries: &mut Tries) -> bool {
        let over = self.patience.lock().is_ok_and(|patience| patience.is_over(self.timeout, Instant::now()));
        let Some(pause) = tries.pause(error).filter(|_| !over) else { return false };
        tracing::info!("{} {}: {error}; trying again in {pause:?}", exchange.method, exchange.path);
        if tries.elapsed() + pause > SILENT {
            self.tell(&format!("{error}; trying again in {:.0} s", pause.as_secs_f64().max(1.0)));
        }
        tokio::time::sleep(pause).await;
        true
    }

    fn tell(&self, text: &str) {
        let (Some(notice), Ok(mut noticed)) = (&self.notice, self.noticed.lock()) else { return };
        if noticed.is_none_or(|at| at.elapsed() > SILENT) {
            *noticed = Some(Instant::now());
            notice(text);
        }
    }

    /// Sends one exchange once; once more with another credential when the first one is refused, which is before
    /// anything was done.
    pub(crate) async fn attempt(&self, exchange: &Exchange<'_>, tries: &Tries) -> Result<Value, ClusterError> {
        let lent = self.session.client().await?;
        // Boxed: every command's future would hold several of it.
        match Box::pin(self.send(exchange, tries, &lent)).await {
            Err(refused @ ClusterError::Unauthorized { .. }) => match self.session.other_than(&lent).await? {
                Some(other) => Box::pin(self.send(exchange, tries, &other)).await,
                None => Err(refused),
            },
            other => other,
        }
    }

    async fn send(&self, exchange: &Exchange<'_>, tries: &Tries, lent: &Lent) -> Result<Value, ClusterError> {
        let sent = Instant::now();
        let limit = self.patience.lock().map_or(self.timeout, |patience| {
            let limit = patience.limit(exchange.repeatable, self.timeout, sent);
            // The first try of a request has what the command still has, the next ones what it left them.
            if tries.next() > 1 { limit.min(tries.left().max(SILENT)) } else { limit }
        });
        let answer = self.once(exchange, &lent.client, limit).await;
        if let Ok(mut patience) = self.patience.lock() {
            let answered = !matches!(answer, Err(ClusterError::Timeout { .. } | ClusterError::Unreachable { .. }));
            let good = match &answer {
                Ok(_) => true,
                Err(ClusterError::Api { status, .. }) => !status.is_transient(),
                Err(_) => false,
            };
            patience.note(exchange.repeatable, sent, answered, good, Instant::now());
        }
        answer
    }

    async fn once(
        &self,
        exchange: &Exchange<'_>,
        client: &kube::Client,
        limit: Duration,
    ) -> Result<Value, ClusterError> {
        let request = build(exchange, self.session.link().endpoint.compressed)?;
        let (method, url) = (&exchange.method, format!("{}{}", self.server, request.uri()));
        if let Some((_, content)) = exchange.content {
            tracing::trace!("> {}", logged(&self.masked(content)));
        }
        let started = Instant::now();
        let answer = tokio::time::timeout(limit, async {
            let reply = client.send(request).await?;
            let (head, body) = reply.into_parts();
            self.read_clock(&head.headers);
            let body = body.collect_bytes().await?;
            Ok::<_, kube::Error>((head.status, head.headers, body))
        })
        .await;
        let took = started.elapsed().as_millis();
        let (code, headers, body) = match answer {
            Err(_) => {
                tracing::debug!("{method} {url} no answer in {took} ms");
                return Err(ClusterError::Timeout { server: self.way(), seconds: limit.as_secs().max(1) });
            }
            Ok(Err(error)) => {
                let failed = self.transport(&error);
                tracing::debug!("{method} {url} failed in {took} ms: {failed}");
                return Err(failed);
            }
            Ok(Ok(parts)) => parts,
        };
        tracing::debug!("{method} {url} {code} in {took} ms");
        let code = code.as_u16();
        self.note(&headers);
        let broken = |reason: String| ClusterError::Reply { server: self.server.clone(), reason };
        let body = decompress(&headers, &body).map_err(|error| broken(error.to_string()))?;
        if code < 400 {
            let mut value: Value = serde_json::from_slice(&body).map_err(|error| broken(error.to_string()))?;
            self.mask.apply(&mut value);
            tracing::trace!("< {}", logged(&value));
            return Ok(value);
        }
        let mut refusal = refusal(&self.asking(), exchange, code, &String::from_utf8_lossy(&body));
        let wish = headers.get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        if let (ClusterError::Api { status, .. }, Some(seconds)) = (&mut refusal, wish) {
            status.retry_after = Some(Duration::from_secs(seconds));
            status.message = format!("{} (it asks to try again after {seconds} s)", status.message);
        }
        Err(refusal)
    }

    fn read_clock(&self, headers: &HeaderMap) {
        let date = headers.get("date").and_then(|value| value.to_str().ok());
        let time = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|time| time.timestamp());
        if let (Some(time), Ok(mut known)) = (time, self.time.lock()) {
            *known = Some((time, Instant::now()));
        }
    }

    fn asking(&self) -> Asking<'_> {
        let login = &self.session.link().login;
        Asking { server: &self.server, context: &self.context, user: &self.user, login }
    }

    /// The server and what stands between us and it, for messages about not getting there.
    fn way(&self) -> String {
        match &self.session.link().endpoint.proxy {
            Some(proxy) => format!("{} through the proxy {proxy}", self.server),
            None => self.server.clone(),
        }
    }

    fn transport(&self, error: &kube::Error) -> ClusterError {
        if let Some(reason) = credential_failure(error) {
            let login = &self.session.link().login;
            return ClusterError::Credentials { user: login.user.clone(), reason, next: Some(login.again()) };
        }
        ClusterError::Unreachable { server: self.way(), reason: reason(error), sent: !was_refused(error) }
    }

    fn note(&self, headers: &HeaderMap) {
        let texts = headers.get_all("warning").iter().filter_map(|value| value.to_str().ok());
        let warnings = texts.filter_map(quoted);
        let Ok(mut known) = self.warnings.lock() else { return };
        let seen: BTreeSet<String> = known.iter().cloned().collect();
        known.extend(warnings.filter(|warning| !seen.contains(warning)));
    }
}
