//! One request and its answer: authorisation, redirects, tries, and how much is read for how long.
//! It never sends a credential to another place than the registry's own, and never reads more than it was told to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use tokio::time::{Instant, timeout};

use super::token::{Access, Tokens};
use super::transport::Http;
use super::{RegistryError, Settings, failure, url};

/// Redirects that are followed for one answer.
const REDIRECTS: usize = 5;
/// Tries of what can be asked again.
const TRIES: u32 = 4;
/// The first pause between tries; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// How much of a refusal is read.
const REFUSAL: u64 = 16 * 1024;
/// What one operation may read in all, tries and refusals included.
const BUDGET: u64 = 56 * 1024 * 1024;

/// Told how many bytes of how many have come.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// One operation on one repository: what its requests share.
pub(super) struct Exchange<'a> {
    pub(super) http: &'a Http,
    pub(super) settings: &'a Settings,
    pub(super) tokens: &'a Tokens,
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) access: Access,
    pub(super) until: Instant,
    read: AtomicU64,
}

/// A request.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) address: Uri,
    pub(super) accept: &'a str,
    /// Media type and bytes of what is sent.
    pub(super) content: Option<(&'a str, Bytes)>,
    /// Longest answer that is read.
    pub(super) longest: u64,
    /// What is asked for, in messages.
    pub(super) what: &'a str,
    pub(super) progress: Option<Progress<'a>>,
}

/// Its answer, whatever its status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Who answered, after redirects.
    pub(super) address: Uri,
}

impl Answer {
    /// A header as text, if there is one and it is.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        http: &'a Http,
        settings: &'a Settings,
        tokens: &'a Tokens,
        (host, path): (&'a str, &'a str),
        access: Access,
        until: Instant,
    ) -> Self {
        Self { http, settings, tokens, host, path, access, until, read: AtomicU64::new(0) }
    }

    /// The address of something in this repository; `rest` follows `/v2/REPOSITORY`.
    pub(super) fn address(&self, rest: &str) -> Result<Uri, RegistryError> {
        let plain = self.settings.is_plain(self.host);
        url::of(self.host, plain, &format!("/v2/{}{rest}", self.path)).map_err(|reason| self.reply(&reason))
    }

    /// Asks, logs in when that is wanted, and asks again when it may.
    pub(super) async fn send(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        let again = matches!(ask.method, Method::GET | Method::HEAD);
        let (mut tries, mut logins) = (0, 0);
        loop {
            tries += 1;
            let authorization = self.tokens.known(self.host, self.path, self.access).await;
            let fresh = authorization.as_ref().is_some_and(|_| logins > 0);
            let answer = self.once(ask, authorization.as_deref()).await;
            let pause = match &answer {
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {
                    if fresh || logins > 1 {
                        return Err(self.tokens.refused(self, answer).await);
                    }
                    logins += 1;
                    self.tokens.log_in(self, answer).await?;
                    continue;
                }
                Ok(answer) if is_worth_another_try(answer.status) => wait(&answer.headers, tries),
                Err(RegistryError::Unreachable { .. }) => PAUSE * 2_u32.pow(tries - 1),
                _ => return answer,
            };
            if !again || tries == TRIES {
                return answer;
            }
            let left = self.until.saturating_duration_since(Instant::now());
            if pause >= left {
                return answer.and_then(|answer| Err(self.too_patient(&answer, pause)));
            }
            tracing::debug!("{}: asking again in {} ms", self.host, pause.as_millis());
            tokio::time::sleep(pause).await;
        }
    }

    /// The same, and any status but the wanted ones is an error.
    pub(super) async fn expect(&self, ask: &Ask<'_>, wanted: &[StatusCode]) -> Result<Answer, RegistryError> {
        let answer = self.send(ask).await?;
        if wanted.contains(&answer.status) { Ok(answer) } else { Err(failure::of_status(self, ask.what, &answer)) }
    }

    /// One request, with the redirects of its answer.
    async fn once(&self, ask: &Ask<'_>, authorization: Option<&str>) -> Result<Answer, RegistryError> {
        let home = url::origin(&ask.address);
        let mut address = ask.address.clone();
        for _ in 0..=REDIRECTS {
            let at_home = url::origin(&address) == home;
            let answer = self.one(ask, &address, authorization.filter(|_| at_home)).await?;
            let named = match answer.status.as_u16() {
                301 | 302 | 303 | 307 | 308 => answer.header("location"),
                _ => None,
            };
            let Some(named) = named else { return Ok(answer) };
            if !matches!(ask.method, Method::GET | Method::HEAD) {
                return Err(self.elsewhere(format!("wants what is pushed sent to {}", place(&address, named))));
            }
            let next = url::join(&address, named)
                .map_err(|reason| self.reply(&format!("it redirects to {reason} for {}", ask.what)))?;
            if !url::is_secure(&next) && (url::is_secure(&address) || !self.settings.is_plain(&url::host(&next))) {
                return Err(RegistryError::PlainHttp {
                    host: self.host.to_owned(),
                    reason: format!(
                        "redirects to plain HTTP at {} for {}, which was not followed",
                        crate::object::printable(&url::host(&next)),
                        ask.what
                    ),
                });
            }
            address = next;
        }
        Err(self.reply(&format!("more than {REDIRECTS} redirects for {}", ask.what)))
    }

    /// Exactly one request.
    async fn one(&self, ask: &Ask<'_>, address: &Uri, authorization: Option<&str>) -> Result<Answer, RegistryError> {
        let mut request = Request::builder().method(ask.method.clone()).uri(address.clone());
        request = request.header(header::USER_AGENT, "kubectl-ku8").header(header::ACCEPT, ask.accept);
        if let Some(value) = authorization {
            let mut value =
                HeaderValue::from_str(value).map_err(|_| self.reply("a token that cannot be sent in a header"))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let mut body = Bytes::new();
        if let Some((kind, bytes)) = &ask.content {
            request = request.header(header::CONTENT_TYPE, *kind);
            body = bytes.clone();
        }
        let request = request.body(Full::new(body)).map_err(|error| self.reply(&error.to_string()))?;
        let started = Instant::now();
        let place = url::host(address);
        // What is sent may be large, so that only the deadline of the operation limits the way there.
        let patience = if ask.content.is_some() {
            self.left()?
        } else {
            (self.settings.silence + self.settings.connect).min(self.left()?)
        };
        let sent = timeout(patience, self.http.request(request)).await;
        let response = sent
            .map_err(|_| failure::timeout(&place, &format!("the answer about {}", ask.what), patience))?
            .map_err(|error| failure::of_transport(&place, &error))?;
        tracing::debug!(
            "{} {}{} {} in {} ms",
            ask.method,
            place,
            address.path(),
            response.status().as_u16(),
            started.elapsed().as_millis()
        );
        self.take(ask, address, response).await
    }

    /// Reads an answer: no more than was asked for, and never silently less.
    async fn take(&self, ask: &Ask<'_>, address: &Uri, response: Response<Incoming>) -> Result<Answer, RegistryError> {
        let (head, mut body) = response.into_parts();
        let place = url::host(address);
        let answer = |bytes| Answer {
            status: head.status,
            headers: head.headers.clone(),
            body: bytes,
            address: address.clone(),
        };
        if ask.method == Method::HEAD || head.status.is_redirection() {
            return Ok(answer(Vec::new()));
        }
        let encoding = head.headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
        if encoding.is_some_and(|encoding| !encoding.is_empty() && encoding != b"identity") {
            return Err(self.reply(&format!("{} comes compressed, which was not asked for", ask.what)));
        }
        let longest = if head.status.is_success() { ask.longest } else { REFUSAL };
        let declared =
            head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if head.status.is_success() && declared.is_some_and(|declared| declared > longest) {
            return Err(failure::too_large(ask.what, longest));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(declared.unwrap_or(0).min(longest)).unwrap_or(0));
        loop {
            let patience = self.settings.silence.min(self.left()?);
            let frame = timeout(patience, body.frame()).await;
            let frame =
                frame.map_err(|_| failure::timeout(&place, &format!("the next part of {}", ask.what), patience))?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| failure::broken(&place, ask.what, &error))?;
            let Some(data) = frame.data_ref() else { continue };
            let room = longest.saturating_sub(len(&bytes));
            let all = self.read.fetch_add(len(data), Ordering::Relaxed) + len(data);
            if len(data) > room || all > BUDGET {
                if !head.status.is_success() {
                    break;
                }
                return Err(failure::too_large(ask.what, longest.min(BUDGET)));
            }
            bytes.extend_from_slice(data);
            if let Some(progress) = ask.progress.filter(|_| head.status.is_success()) {
                progress(len(&bytes), declared.unwrap_or(longest));
            }
        }
        Ok(answer(bytes))
    }

    /// What is left of the operation's time.
    fn left(&self) -> Result<Duration, RegistryError> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failure::timeout(self.host, "all of it together", self.settings.deadline));
        }
        Ok(left)
    }

    pub(super) fn reply(&self, reason: &str) -> RegistryError {
        RegistryError::Reply { host: self.host.to_owned(), reason: reason.to_owned() }
    }

    pub(super) fn elsewhere(&self, what: String) -> RegistryError {
        RegistryError::Elsewhere { host: self.host.to_owned(), what, realm: None }
    }

    fn too_patient(&self, answer: &Answer, pause: Duration) -> RegistryError {
        RegistryError::Refused {
            host: self.host.to_owned(),
            what: "answer now".into(),
            reason: format!("{}, and it asks to wait {} s", answer.status.as_u16(), pause.as_secs()),
        }
    }
}

/// A length as it is compared with what was declared.
pub(super) fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Where an address leads, for a message; the rest of it may be a key to the storage behind.
fn place(base: &Uri, named: &str) -> String {
    url::join(base, named).map_or_else(|reason| reason, |address| crate::object::printable(&url::host(&address)))
}

fn is_worth_another_try(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}

/// What the registry asks for, or twice the last pause.
fn wait(headers: &HeaderMap, tries: u32) -> Duration {
    let asked = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    asked.map_or(PAUSE * 2_u32.pow(tries - 1), Duration::from_secs)
}
