//! Requests as they are written and transport errors as they are read.
//! It never sends anything.

use std::fmt::Write as _;

use ::http::Request;
use kube::client::Body;
use serde_json::Value;

use super::ClusterError;
use super::http::Exchange;

/// The request an exchange is sent as.
pub(crate) fn build(exchange: &Exchange<'_>) -> Result<Request<Body>, ClusterError> {
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
        if is_refused(letter) {
            // Writing to memory cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(letter));
        } else {
            safe.push(letter);
        }
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

/// Whether the connection was never made: only then is it certain that the request did not arrive.
pub(crate) fn was_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| matches!(cause.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable))
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

    #[test]
    fn dates_of_replies_are_read() {
        let time = jiff::fmt::rfc2822::parse("Sun, 06 Nov 1994 08:49:37 GMT").unwrap().timestamp();
        assert_eq!(time.to_string(), "1994-11-06T08:49:37Z");
    }

    #[test]
    fn a_refused_connection_is_told_from_a_broken_one() {
        let error = |kind: std::io::ErrorKind| std::io::Error::other(std::io::Error::from(kind));
        assert!(was_refused(&std::io::Error::from(std::io::ErrorKind::ConnectionRefused)));
        assert!(!was_refused(&error(std::io::ErrorKind::ConnectionReset)));
    }
}
