//! What a registry answers when it wants a login: `WWW-Authenticate`, and where a login may be sent for it. Pure.
//! A realm that is not the registry's own, nor one the operator allowed, is refused before anything is sent there.

use http::{HeaderMap, Uri};

use super::{RegistryError, Settings, url};
use crate::object::printable;

/// Longest header that is read.
const LONGEST: usize = 8 * 1024;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token that `realm` gives out.
    Bearer { realm: String, service: String },
}

/// Reads the challenges of an answer; `Bearer` comes before `Basic`, others are not known.
pub(super) fn read(headers: &HeaderMap) -> Option<Challenge> {
    let mut found = Vec::new();
    for value in headers.get_all(http::header::WWW_AUTHENTICATE) {
        if let Some(text) = value.to_str().ok().filter(|text| text.len() <= LONGEST) {
            found.extend(challenges(text));
        }
    }
    let bearer = found.iter().position(|one| matches!(one, Challenge::Bearer { .. }));
    let index = bearer.unwrap_or(0);
    (index < found.len()).then(|| found.swap_remove(index))
}

/// `Scheme key="value", key=value, Scheme …` (RFC 9110, section 11.6.1).
fn challenges(text: &str) -> Vec<Challenge> {
    let mut schemes: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for piece in pieces(text) {
        let (before, value) = match piece.split_once('=') {
            Some((before, value)) if !before.trim().is_empty() => (before.trim(), Some(value.trim())),
            _ => (piece.trim(), None),
        };
        // A scheme stands before its first parameter, with white space between.
        let key = match before.split_once(char::is_whitespace) {
            Some((scheme, key)) => {
                schemes.push((scheme.to_ascii_lowercase(), Vec::new()));
                key.trim()
            }
            None if value.is_none() && !before.is_empty() => {
                schemes.push((before.to_ascii_lowercase(), Vec::new()));
                continue;
            }
            None => before,
        };
        if let (Some((_, parameters)), Some(value)) = (schemes.last_mut(), value) {
            parameters.push((key.to_ascii_lowercase(), unquoted(value)));
        }
    }
    let of = |(scheme, parameters): (String, Vec<(String, String)>)| {
        let one = |name: &str| {
            let mut all = parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
            // A realm that is there twice is nobody's.
            all.next().filter(|_| all.next().is_none())
        };
        match scheme.as_str() {
            "basic" => Some(Challenge::Basic),
            "bearer" => Some(Challenge::Bearer {
                realm: one("realm").unwrap_or_default(),
                service: one("service").unwrap_or_default(),
            }),
            _ => None,
        }
    };
    schemes.into_iter().filter_map(of).collect()
}

/// Splits at commas that are not inside quotes.
fn pieces(text: &str) -> Vec<String> {
    let (mut found, mut piece, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for letter in text.chars() {
        match letter {
            ',' if !quoted => {
                found.push(std::mem::take(&mut piece));
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && letter == '\\' && !escaped;
        piece.push(letter);
    }
    found.push(piece);
    found
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut letters = inner.chars();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    text
}

/// The address tokens of `host` are asked for at.
///
/// # Errors
/// A realm that is not allowed: nothing may be sent there, not even a request without a login.
pub(super) fn realm(settings: &Settings, host: &str, named: &str) -> Result<Uri, RegistryError> {
    let elsewhere =
        |what: String, realm: Option<String>| RegistryError::Elsewhere { host: host.to_owned(), what, realm };
    let shown = printable(&named.chars().take(120).collect::<String>());
    let absolute = named.starts_with("https://") || named.starts_with("http://");
    let base = url::of(host, settings.is_plain(host), "/v2/").ok().filter(|_| absolute);
    let address = base
        .and_then(|base| url::join(&base, named).ok())
        .ok_or_else(|| elsewhere(format!("wants logins sent to `{shown}`, which is no address"), None))?;
    let place = url::host(&address);
    let plain = settings.is_plain(host) && settings.is_plain(&place);
    if !plain && !url::is_secure(&address) {
        return Err(elsewhere(format!("wants logins sent over plain HTTP to {}", printable(&place)), None));
    }
    if !settings.allows_realm(host, &place) {
        let what = format!("wants logins sent to {}, which is another host", printable(&place));
        return Err(elsewhere(what, Some(place)));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (http::header::WWW_AUTHENTICATE, value.parse().unwrap())).collect()
    }

    fn bearer(realm: &str, service: &str) -> Challenge {
        Challenge::Bearer { realm: realm.into(), service: service.into() }
    }

    #[test]
    fn challenges_are_read_as_servers_write_them() {
        for (values, wanted) in [
            (
                &[r#"Bearer realm="https://a.b/token",service="r",scope="repository:x:pull,push""#][..],
                Some(bearer("https://a.b/token", "r")),
            ),
            (&[r#"bearer Realm=https://a.b/t , service = "r \"x\", y""#], Some(bearer("https://a.b/t", "r \"x\", y"))),
            (&[r#"Basic realm="Registry Realm""#], Some(Challenge::Basic)),
            (&["Basic"], Some(Challenge::Basic)),
            (&[r#"Basic realm="x", Bearer realm="https://a.b/t",service="s""#], Some(bearer("https://a.b/t", "s"))),
            (&[r#"Basic realm="x""#, r#"Bearer realm="https://a.b/t""#], Some(bearer("https://a.b/t", ""))),
            (&[r#"Bearer realm="https://a.b/t",realm="https://c.d/t""#], Some(bearer("", ""))),
            (&["Negotiate abc==, Digest realm=\"x\""], None),
            (&["", ",,,", "=", "\"", "Bearer"], Some(bearer("", ""))),
            (&[], None),
        ] {
            assert_eq!(read(&headers(values)), wanted, "{values:?}");
        }
        assert_eq!(read(&headers(&[&format!("Bearer realm=\"{}\"", "x".repeat(9000))])), None);
    }

    #[test]
    fn a_realm_is_the_registry_s_own_or_nobody_s() {
        let settings = Settings {
            plain_http: vec!["p.corp:5000".into(), "q.corp:5000".into()],
            realms: vec![("r.corp".into(), "sso.corp".into())],
            ..Settings::default()
        };
        for (host, named, allowed) in [
            ("r.corp", "https://r.corp/token", true),
            ("r.corp", "https://sso.corp/token?x=y", true),
            ("r.corp", "http://r.corp/token", false),
            ("r.corp", "http://sso.corp/token", false),
            ("r.corp", "https://r.corp.evil.example/", false),
            ("r.corp", "https://r.corp@evil.example/", false),
            ("r.corp", "https://r.corp:8443/token", false),
            ("r.corp", "//r.corp/token", false),
            ("r.corp", "/token", false),
            ("r.corp", "", false),
            ("r.corp", "file:///etc/passwd", false),
            ("p.corp:5000", "http://p.corp:5000/token", true),
            ("p.corp:5000", "http://q.corp:5000/token", false),
            ("p.corp:5000", "http://p.corp/token", false),
            ("docker.io", "https://auth.docker.io/token", true),
            ("r.corp", "https://auth.docker.io/token", false),
        ] {
            assert_eq!(realm(&settings, host, named).is_ok(), allowed, "{host} {named}");
        }
    }
}
