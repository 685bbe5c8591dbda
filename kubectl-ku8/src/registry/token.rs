//! Logins turned into `Authorization` headers, kept as long as they hold, for one repository and one right each.
//! It asks for no more than pulling or pushing there, and never follows a redirect with a login in hand.

use std::collections::HashMap;
use std::time::Duration;

use http::header::{self, HeaderValue};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::challenge::{self, Challenge};
use super::exchange::{Answer, Exchange};
use super::login::{self, Login};
use super::{RegistryError, failure, json, url};
use crate::object::printable;
use crate::secrets::redact;

/// Longest answer of a realm.
const LONGEST: usize = 64 * 1024;
/// How long a token holds that does not say (the distribution specification).
const DEFAULT: u64 = 60;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Access {
    Pull,
    Push,
}

/// What was given.
struct Given {
    authorization: String,
    until: Option<Instant>,
}

type Key = (String, String, Access);

/// Everything that was given so far, and the logins it was given for.
#[derive(Default)]
pub(super) struct Tokens {
    given: Mutex<HashMap<Key, Given>>,
    logins: Mutex<HashMap<(String, String), Option<Login>>>,
    /// Sixteen requests that want the same token ask for it once.
    asking: Mutex<()>,
}

impl Tokens {
    /// What is known to hold.
    pub(super) async fn known(&self, host: &str, path: &str, access: Access) -> Option<String> {
        let given = self.given.lock().await;
        let found = given.get(&(host.to_owned(), path.to_owned(), access))?;
        found.until.is_none_or(|until| until > Instant::now()).then(|| found.authorization.clone())
    }

    /// Answers a challenge.
    ///
    /// # Errors
    /// A challenge that must not be answered, or a login that is refused.
    pub(super) async fn log_in(&self, exchange: &Exchange<'_>, refusal: &Answer) -> Result<(), RegistryError> {
        let before = self.known(exchange.host, exchange.path, exchange.access).await;
        let _turn = self.asking.lock().await;
        let key = (exchange.host.to_owned(), exchange.path.to_owned(), exchange.access);
        let now = self.known(exchange.host, exchange.path, exchange.access).await;
        if now.is_some() && now != before {
            return Ok(());
        }
        self.given.lock().await.remove(&key);
        // Only the registry itself may ask for a login, and no place it redirects to.
        let home = exchange.address("/")?;
        if url::origin(&refusal.address) != url::origin(&home) {
            return Err(exchange
                .elsewhere(format!("leads to {}, which wants a login", printable(&url::host(&refusal.address)))));
        }
        let login = self.login(exchange).await?;
        let given = match challenge::read(&refusal.headers) {
            Some(Challenge::Basic) => {
                let login = login.ok_or_else(|| nobody(exchange))?;
                let value = login.basic().ok_or_else(|| {
                    unauthorized(exchange, "it wants a password, and a token is stored for it".into())
                })?;
                Given { authorization: value, until: None }
            }
            Some(Challenge::Bearer { realm, service }) => {
                let realm = challenge::realm(exchange.settings, exchange.host, &realm)?;
                ask(exchange, &realm, &service, login.as_ref()).await?
            }
            None => return Err(unauthorized(exchange, "it does not say how to log in".into())),
        };
        self.given.lock().await.insert(key, given);
        Ok(())
    }

    /// The error of a login that was not taken.
    pub(super) async fn refused(&self, exchange: &Exchange<'_>, answer: &Answer) -> RegistryError {
        let key = (exchange.host.to_owned(), exchange.path.to_owned(), exchange.access);
        self.given.lock().await.remove(&key);
        let words = failure::words(&answer.body);
        let words = if words.is_empty() { String::new() } else { format!(": {words}") };
        match self.login(exchange).await {
            Ok(Some(login)) => unauthorized(exchange, format!("{} is not let in{words}", login.called())),
            Ok(None) => nobody(exchange),
            Err(error) => error,
        }
    }

    async fn login(&self, exchange: &Exchange<'_>) -> Result<Option<Login>, RegistryError> {
        // Held while a helper runs: it is asked once, however many requests want to know.
        let mut logins = self.logins.lock().await;
        let key = (exchange.host.to_owned(), exchange.path.to_owned());
        if let Some(known) = logins.get(&key) {
            return Ok(known.clone());
        }
        let found = login::find(exchange.settings, exchange.host, exchange.path).await?;
        logins.insert(key, found.clone());
        Ok(found)
    }
}

fn unauthorized(exchange: &Exchange<'_>, reason: String) -> RegistryError {
    RegistryError::Unauthorized {
        host: exchange.host.to_owned(),
        repository: exchange.path.to_owned(),
        action: exchange.access.words(),
        reason,
    }
}

fn nobody(exchange: &Exchange<'_>) -> RegistryError {
    unauthorized(exchange, "no login for it is stored".into())
}

/// Asks a realm for a token (the distribution specification's token authentication).
async fn ask(
    exchange: &Exchange<'_>,
    realm: &http::Uri,
    service: &str,
    login: Option<&Login>,
) -> Result<Given, RegistryError> {
    let actions = match exchange.access {
        Access::Pull => "pull",
        Access::Push => "pull,push",
    };
    let scope = format!("repository:{}:{actions}", exchange.path);
    let reply = |reason: &str| exchange.reply(reason);
    let mut pairs = vec![("service", service), ("scope", scope.as_str())];
    pairs.retain(|(_, value)| !value.is_empty());
    let request =
        Request::builder().header(header::USER_AGENT, "kubectl-ku8").header(header::ACCEPT, "application/json");
    let (request, body) = if let Some(Login::Identity(token)) = login {
        pairs.extend([("grant_type", "refresh_token"), ("client_id", "kubectl-ku8"), ("refresh_token", token)]);
        let form: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", url::encode(value))).collect();
        let request = request.method(Method::POST).uri(realm.clone());
        (request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), form.join("&"))
    } else {
        let address = url::with_query(realm, &pairs).map_err(|reason| reply(&format!("its realm is {reason}")))?;
        let mut request = request.method(Method::GET).uri(address);
        if let Some(value) = login.and_then(Login::basic) {
            let mut value = HeaderValue::from_str(&value).map_err(|_| reply("a login that cannot be sent"))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        (request, String::new())
    };
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| reply(&error.to_string()))?;
    let place = url::host(realm);
    let patience = exchange.settings.silence + exchange.settings.connect;
    let late = |_| failure::timeout(&place, "the answer about a token", patience);
    let response = timeout(patience, exchange.http.request(request)).await.map_err(late)?;
    let response = response.map_err(|error| failure::of_transport(&place, &error))?;
    let (head, body) = response.into_parts();
    let body = timeout(patience, Limited::new(body, LONGEST).collect()).await.map_err(late)?;
    let body = body
        .map_err(|_| failure::too_large("the answer about a token", LONGEST.try_into().unwrap_or(u64::MAX)))?
        .to_bytes();
    if !head.status.is_success() {
        let words = failure::words(&body);
        let words = if words.is_empty() { String::new() } else { format!(" {words}") };
        let who = login.map_or("nobody".to_owned(), Login::called);
        return Err(match head.status.as_u16() {
            401 | 403 | 400 => unauthorized(exchange, format!("{who} gets no token: {}{words}", head.status.as_u16())),
            300..=399 => exchange.elsewhere("redirects the request for a token".into()),
            status => reply(&format!("{status} about a token{words}")),
        });
    }
    read(&body).map_err(|reason| reply(&reason))
}

fn read(body: &[u8]) -> Result<Given, String> {
    let answer = json::parse(body).map_err(|reason| format!("the answer about a token cannot be read: {reason}"))?;
    let text = |key: &str| answer[key].as_str().filter(|text| !text.is_empty());
    let token = text("token").or_else(|| text("access_token")).ok_or("the answer about a token has none")?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a token that cannot be sent in a header".into());
    }
    redact::learn(token);
    let seconds = answer["expires_in"].as_u64().unwrap_or(DEFAULT).clamp(10, 3600);
    // A little earlier than it says, so that it does not end on its way.
    let until = Instant::now() + Duration::from_secs(seconds - seconds / 10);
    Ok(Given { authorization: format!("Bearer {token}"), until: Some(until) })
}
