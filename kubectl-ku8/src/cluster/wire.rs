//! Requests as they are written, answers as they are unpacked, and transport errors as they are read.
//! It never sends anything.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Read as _;

use ::http::{HeaderMap, Request};
use kube::client::Body;
use serde_json::Value;

use super::ClusterError;
use super::http::Exchange;
use super::tunnel::ProxyError;
use crate::object::is_sensitive_name;

/// Longest answer that is unpacked; the server's largest lists are a tenth of it.
const LONGEST: u64 = 512 * 1024 * 1024;

/// The request an exchange is sent as. `compressed`: the answer may come so.
pub(crate) fn build(exchange: &Exchange<'_>, compressed: bool) -> Result<Request<Body>, ClusterError> {
    let query: Vec<String> = exchange.query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let uri =
        if query.is_empty() { exchange.path.to_owned() } else { format!("{}?{}", exchange.path, query.join("&")) };
    let mut request = Request::builder().method(exchange.method.clone()).uri(uri).header("accept", exchange.accept);
    if compressed {
        request = request.header("accept-encoding", "gzip");
    }
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

/// What a body holds once it is unpacked.
///
/// # Errors
/// When it is not what its header says, or too long.
pub(super) fn decompress<'a>(headers: &HeaderMap, body: &'a [u8]) -> std::io::Result<Cow<'a, [u8]>> {
    if headers.get("content-encoding").is_none_or(|encoding| encoding != "gzip") {
        return Ok(Cow::Borrowed(body));
    }
    let mut whole = Vec::new();
    flate2::read::MultiGzDecoder::new(body).take(LONGEST + 1).read_to_end(&mut whole)?;
    if u64::try_from(whole.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(std::io::Error::other("an answer larger than 512 MiB"));
    }
    Ok(Cow::Owned(whole))
}

/// A body as a log shows it: what ConfigMaps hold is told by its length, because definitions and files in there may
/// hold passwords in plain text, and so are the values of variables whose names speak of one.
pub(super) fn logged(body: &Value) -> String {
    let mut quiet = body.clone();
    hush(&mut quiet);
    clip(&quiet.to_string())
}

fn hush(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let speaks = fields.get("name").and_then(Value::as_str).is_some_and(is_sensitive_name);
            for (name, inner) in fields {
                let whole = matches!(name.as_str(), "data" | "binaryData" | "stringData");
                match inner {
                    Value::Object(entries) if whole => entries.values_mut().for_each(by_length),
                    Value::String(_) if speaks && name == "value" => by_length(inner),
                    _ => hush(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hush),
        _ => {}
    }
}

fn by_length(value: &mut Value) {
    let length = value.as_str().map_or_else(|| value.to_string().len(), str::len);
    *value = Value::String(format!("({length} bytes)"));
}

fn clip(text: &str) -> String {
    const SHOWN: usize = 4096;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// What kube itself makes of a credential; a plugin's output never is part of it (security.md, F20).
pub(super) fn credential_failure(error: &kube::Error) -> Option<String> {
    let inner: Option<&kube::client::AuthError> = causes(error).find_map(|cause| cause.downcast_ref());
    match error {
        kube::Error::Auth(_) => Some(root_cause(error)),
        _ => inner.map(|inner| root_cause(inner)),
    }
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// Why a server cannot be reached, in words that say what to do about it where TLS has none.
pub(crate) fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(proxy) = causes(error).find_map(|cause| cause.downcast_ref::<ProxyError>()) {
        return crate::object::printable(&proxy.to_string());
    }
    let text = root_cause(error);
    let known = [
        (
            "UnknownIssuer",
            "its certificate is signed by an authority that is not trusted here; name the right one with certificate-authority in the kubeconfig or --certificate-authority FILE",
        ),
        (
            "invalid peer certificate: BadSignature",
            "its certificate is not signed by the certificate-authority of the kubeconfig, though it says so",
        ),
        (
            "CaUsedAsEndEntity",
            "its certificate is that of an authority, which is not taken for a server's; give the server a certificate of its own",
        ),
        ("InvalidContentType", "what answers there does not speak TLS: is the address, or its https://, wrong?"),
        ("deadline has elapsed", "no connection came about in time"),
        ("received fatal alert: CertificateRequired", "it asks for a client certificate"),
        ("received fatal alert: BadCertificate", "it does not accept the client certificate"),
        ("received fatal alert: CertificateExpired", "the client certificate has expired: log in again"),
        ("received fatal alert: UnknownCA", "it does not know the authority that signed the client certificate"),
    ];
    let words = known.iter().find(|(mark, _)| text.contains(mark)).map(|(_, words)| (*words).to_owned());
    words.unwrap_or_else(|| match text.strip_prefix("invalid peer certificate: ") {
        Some(rest) if rest.contains("not valid for name") => {
            format!("its certificate is for another name: {rest}; if it is the right server, set tls-server-name")
        }
        Some(rest) => format!("its certificate cannot be accepted: {rest}"),
        None => text,
    })
}

/// Whether the connection was never made: only then is it certain that the request did not arrive.
pub(crate) fn was_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    causes(error).any(|cause| {
        let refused =
            |cause: &std::io::Error| matches!(cause.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable);
        cause.downcast_ref::<std::io::Error>().is_some_and(refused)
            || cause
                .downcast_ref::<hyper_util::client::legacy::Error>()
                .is_some_and(hyper_util::client::legacy::Error::is_connect)
            || cause.downcast_ref::<ProxyError>().is_some()
    })
}

/// The text of a `Warning` header, `299 - "text"`; quotes inside it are escaped.
pub(super) fn quoted(header: &str) -> Option<String> {
    let mut letters = header.split_once('"')?.1.chars();
    let mut text = String::new();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.extend(letters.next()),
            letter => text.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_log_shows_no_value_of_a_configmap_and_no_password_of_a_variable() {
        let body = json!({"kind": "ConfigMapList", "items": [{"data": {"definition": "value: hunter2"}}], "spec": {
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "fast"}]}});
        let text = logged(&body);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("(14 bytes)") && text.contains("(7 bytes)") && text.contains("fast"), "{text}");
    }

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
    fn packed_answers_are_unpacked_and_broken_ones_are_errors() {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"{}").unwrap();
        let packed = packed.finish().unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(decompress(&headers, &packed).unwrap(), packed.as_slice());
        headers.insert("content-encoding", ::http::HeaderValue::from_static("gzip"));
        assert_eq!(decompress(&headers, &packed).unwrap().as_ref(), b"{}");
        assert!(decompress(&headers, &packed[..8]).is_err() && decompress(&headers, b"{}").is_err());
    }

    #[test]
    fn a_refused_connection_is_told_from_a_broken_one() {
        let error = |kind: std::io::ErrorKind| std::io::Error::other(std::io::Error::from(kind));
        assert!(was_refused(&std::io::Error::from(std::io::ErrorKind::ConnectionRefused)));
        assert!(!was_refused(&error(std::io::ErrorKind::ConnectionReset)));
    }
}
