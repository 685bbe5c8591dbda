//! Where a request goes: building addresses, and following the ones a registry names. Pure.
//! It never takes an address with a login in it, and knows two places from each other by scheme, host and port.

use http::Uri;

/// Where a registry's requests go, whatever people call it.
const ALIASES: &[(&str, &str)] = &[("docker.io", "registry-1.docker.io"), ("index.docker.io", "registry-1.docker.io")];

/// Longest address that is followed; storage services sign theirs at length.
const LONGEST: usize = 16 * 1024;

/// The address of something in a registry. `rest` begins with `/v2/`.
pub(super) fn of(host: &str, plain: bool, rest: &str) -> Result<Uri, String> {
    let scheme = if plain { "http" } else { "https" };
    let asked = ALIASES.iter().find(|(alias, _)| *alias == host).map_or(host, |(_, real)| *real);
    format!("{scheme}://{asked}{rest}").parse().map_err(|_| format!("{host} is no address"))
}

/// The address a header names, seen from `base`.
///
/// # Errors
/// What is wrong with it; never the address whole, which may carry a key of the storage behind.
pub(super) fn join(base: &Uri, named: &str) -> Result<Uri, String> {
    let named = named.split('#').next().unwrap_or_default();
    if named.is_empty() || named.len() > LONGEST {
        return Err("an empty or endless address".into());
    }
    let scheme = base.scheme_str().unwrap_or("https");
    let authority = base.authority().map(ToString::to_string).unwrap_or_default();
    let whole = if named.contains("://") && !named.starts_with(['/', '?']) {
        named.to_owned()
    } else if named.starts_with("//") {
        format!("{scheme}:{named}")
    } else if named.starts_with('/') {
        format!("{scheme}://{authority}{named}")
    } else if named.starts_with('?') {
        format!("{scheme}://{authority}{}{named}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{named}")
    };
    let address: Uri = whole.parse().map_err(|_| "an address that cannot be read".to_owned())?;
    if !matches!(address.scheme_str(), Some("http" | "https")) {
        return Err("an address that is neither https nor http".into());
    }
    if address.host().is_none_or(str::is_empty) {
        return Err("an address without a host".into());
    }
    if address.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("an address with a login in it".into());
    }
    Ok(address)
}

/// Scheme, host and port: what a credential is for.
pub(super) fn origin(address: &Uri) -> (String, String, u16) {
    let scheme = address.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let port = address.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 });
    (scheme, address.host().unwrap_or_default().to_ascii_lowercase(), port)
}

/// `HOST[:PORT]` of an address, for messages and settings.
pub(super) fn host(address: &Uri) -> String {
    let name = address.host().unwrap_or_default().to_ascii_lowercase();
    address.port_u16().map_or(name.clone(), |port| format!("{name}:{port}"))
}

/// Whether an address needs TLS.
pub(super) fn is_secure(address: &Uri) -> bool {
    address.scheme_str() == Some("https")
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

/// Adds to the query of an address.
pub(super) fn with_query(address: &Uri, pairs: &[(&str, &str)]) -> Result<Uri, String> {
    let more: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if more.is_empty() {
        return Ok(address.clone());
    }
    let joint = if address.query().is_some_and(|query| !query.is_empty()) { "&" } else { "?" };
    let text = address.to_string();
    let text = text.trim_end_matches('?');
    format!("{text}{joint}{}", more.join("&")).parse().map_err(|_| "an address that cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_joined_as_browsers_do_and_logins_refused() {
        let base = of("r.corp:5000", false, "/v2/a/blobs/uploads/").unwrap();
        for (named, whole) in [
            ("/v2/a/blobs/uploads/1?x=y", "https://r.corp:5000/v2/a/blobs/uploads/1?x=y"),
            ("https://s.corp/b#part", "https://s.corp/b"),
            ("//s.corp/b", "https://s.corp/b"),
            ("1?x=y", "https://r.corp:5000/v2/a/blobs/uploads/1?x=y"),
            ("?n=2", "https://r.corp:5000/v2/a/blobs/uploads/?n=2"),
        ] {
            assert_eq!(join(&base, named).unwrap().to_string(), whole, "{named}");
        }
        for named in
            ["", "file:///etc/passwd", "https://me:pw@s.corp/", "ftp://s.corp/", "https:///x", "a\u{1b}b", "/\r\n"]
        {
            assert!(join(&base, named).is_err(), "{named}");
        }
        assert_eq!(of("docker.io", false, "/v2/").unwrap().to_string(), "https://registry-1.docker.io/v2/");
        assert_eq!(origin(&"https://A.b/x".parse().unwrap()), origin(&"https://a.b:443/y".parse().unwrap()));
        let signed = with_query(&"http://a.b/x?s=1".parse().unwrap(), &[("digest", "sha256:a b")]).unwrap();
        assert_eq!(signed.to_string(), "http://a.b/x?s=1&digest=sha256%3Aa%20b");
    }
}
