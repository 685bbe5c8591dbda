//! What went wrong on the wire, told as what a person would do about it. Pure.
//! It never repeats an address's query, a header, or more of a registry's words than its error message.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;
use hyper_util::client::legacy;

use super::exchange::{Answer, Exchange};
use super::token::Access;
use super::{RegistryError, json};
use crate::object::printable;
use crate::secrets::redact;

/// Longest part of a registry's own words that is shown.
const SHOWN: usize = 200;

/// A request that got no answer.
pub(super) fn of_transport(host: &str, error: &legacy::Error) -> RegistryError {
    let host = host.to_owned();
    if let Some(tls) = find_tls(error) {
        return match tls {
            rustls::Error::InvalidCertificate(why) => {
                RegistryError::Certificate { host, reason: certificate_words(why) }
            }
            rustls::Error::InvalidMessage(_) => RegistryError::PlainHttp {
                host,
                reason: "answers without TLS, as a registry on plain HTTP does; nothing was sent".into(),
            },
            other => RegistryError::Unreachable { host, reason: printable(&other.to_string()) },
        };
    }
    RegistryError::Unreachable { host, reason: root_cause(error) }
}

fn certificate_words(why: &rustls::CertificateError) -> String {
    use rustls::CertificateError as E;
    match why {
        E::UnknownIssuer => "no authority this machine trusts has signed it".into(),
        E::Expired | E::ExpiredContext { .. } => "it has expired".into(),
        E::NotValidYet | E::NotValidYetContext { .. } => "it is not valid yet; check this machine's clock".into(),
        E::NotValidForName | E::NotValidForNameContext { .. } => "it is for another name".into(),
        other => printable(&other.to_string()),
    }
}

/// The TLS library's error, wherever it is wrapped. An `io::Error` hides what it holds from `source`.
fn find_tls(error: &legacy::Error) -> Option<&rustls::Error> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = next {
        if let Some(found) = one.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        next = match one.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => one.source(),
        };
    }
    None
}

/// The innermost error says what happened; the outer ones only say where.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    printable(&deepest.to_string())
}

/// An answer that ended before it was whole. Asked for again, so it counts as no connection.
pub(super) fn broken(host: &str, what: &str, error: &hyper::Error) -> RegistryError {
    RegistryError::Unreachable { host: host.to_owned(), reason: format!("{what} broke off: {}", root_cause(error)) }
}

pub(super) fn timeout(host: &str, what: &str, limit: Duration) -> RegistryError {
    let seconds = limit.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
    RegistryError::Timeout { host: host.to_owned(), what: what.to_owned(), seconds }
}

pub(super) fn too_large(what: &str, limit: u64) -> RegistryError {
    let limit = match limit {
        limit if limit >= 1024 * 1024 && limit % (1024 * 1024) == 0 => format!("{} MiB", limit / (1024 * 1024)),
        limit => format!("{limit} bytes"),
    };
    RegistryError::TooLarge { what: what.to_owned(), limit }
}

/// An answer of another status than the wanted one.
pub(super) fn of_status(exchange: &Exchange<'_>, what: &str, answer: &Answer) -> RegistryError {
    let host = exchange.host.to_owned();
    let words = words(&answer.body);
    let said =
        format!("{}{}", answer.status.as_u16(), if words.is_empty() { String::new() } else { format!(" {words}") });
    match answer.status {
        StatusCode::NOT_FOUND => RegistryError::NotFound { host, what: what.to_owned() },
        StatusCode::BAD_REQUEST if words.contains("HTTPS") => RegistryError::PlainHttp {
            host,
            reason: "speaks TLS and was asked without it: do not name it as a registry on plain HTTP".into(),
        },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => RegistryError::Unauthorized {
            host,
            repository: exchange.path.to_owned(),
            action: exchange.access.words(),
            reason: said,
        },
        status if status.is_success() => exchange.reply(&format!("{} about {what}", status.as_u16())),
        _ => RegistryError::Refused { host, what: format!("answer about {what}"), reason: said },
    }
}

/// A registry's own words: `{"errors": [{"code": …, "message": …}]}`, or a short plain text.
pub(super) fn words(body: &[u8]) -> String {
    let text = if let Ok(document) = json::parse(body) {
        let first = &document["errors"][0];
        let of = |key: &str| first[key].as_str().unwrap_or_default();
        match (of("code"), of("message")) {
            ("", message) => message.to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    } else {
        let text = String::from_utf8_lossy(body).trim().to_owned();
        // A page for browsers says nothing in one line.
        if text.contains('<') || text.lines().count() > 1 { String::new() } else { text }
    };
    let safe = printable(&redact::redact(&text)).replace(['\n', '\t'], " ");
    if safe.chars().count() <= SHOWN { safe } else { safe.chars().take(SHOWN).chain(['…']).collect() }
}

impl Access {
    /// What could not be done, in messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Pull => "pull from",
            Self::Push => "push to",
        }
    }
}
