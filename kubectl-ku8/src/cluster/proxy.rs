//! Which proxy stands between us and the server, by the rules of Go's `httpproxy`, which are kubectl's. Pure.
//! It never connects, and never shows a proxy's password.

use std::fmt;
use std::net::IpAddr;

use ::http::Uri;

use crate::secrets::redact;

/// The proxy variables of the environment; upper case names come before lower case ones.
#[derive(Clone, Debug, Default)]
pub struct ProxyVariables {
    /// `HTTPS_PROXY`.
    pub https: String,
    /// `HTTP_PROXY`.
    pub http: String,
    /// `NO_PROXY`.
    pub none: String,
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Http,
    Https,
    Socks5,
}

/// One proxy.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) kind: Kind,
    /// Without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<(String, String)>,
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            Kind::Http => "http",
            Kind::Https => "https",
            Kind::Socks5 => "socks5",
        };
        write!(formatter, "{scheme}://{}", self.address())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl Proxy {
    /// Reads a proxy's address. What is no URL is read once more as `http://…`, as Go does for `proxy:3128`.
    ///
    /// # Errors
    /// What is wrong with it, without its password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (kind, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Kind::Http, 80),
            "https" => (Kind::Https, 443),
            "socks5" | "socks5h" => (Kind::Socks5, 1080),
            other => return Err(format!("a proxy of kind {other}:// is not supported: use http, https or socks5")),
        };
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, rest),
        };
        let login = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            (decode(user), decode(password))
        });
        if let Some((_, password)) = &login {
            redact::learn(password);
        }
        let wrong = || {
            format!("`{}` is not the address of a proxy, such as http://proxy:3128", crate::object::printable(address))
        };
        let (host, port) = match address.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(wrong)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
                (host, port.strip_prefix(':').unwrap_or(port))
            }
            None => address.split_once(':').unwrap_or((address, "")),
        };
        let port = if port.is_empty() { default_port } else { port.parse().map_err(|_| wrong())? };
        let proxy = Self { kind, host: host.to_owned(), port, login };
        // Whatever is dialled later is written as a URL.
        if host.is_empty() || format!("http://{}", proxy.address()).parse::<Uri>().is_err() {
            return Err(wrong());
        }
        Ok(proxy)
    }

    /// `host:port`, with brackets where they are needed.
    pub(super) fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

impl ProxyVariables {
    /// The proxy the environment asks for on the way to a server.
    ///
    /// # Errors
    /// When it names one that cannot be read; kubectl does not get through either.
    pub(super) fn way_to(&self, server: &Uri) -> Result<Option<Proxy>, String> {
        let https = server.scheme_str() == Some("https");
        let (name, text) = if https { ("HTTPS_PROXY", &self.https) } else { ("HTTP_PROXY", &self.http) };
        let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let port = server.port_u16().unwrap_or(if https { 443 } else { 80 });
        if text.is_empty() || !goes_through(&self.none, &host, port) {
            return Ok(None);
        }
        Proxy::parse(text).map(Some).map_err(|reason| format!("the variable {name}: {reason}"))
    }
}

/// Go's `useProxy`: loopback never goes through a proxy, nor what `NO_PROXY` names.
fn goes_through(none: &str, host: &str, port: u16) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.to_canonical().is_loopback()) {
        return false;
    }
    !none.split(',').map(|rule| rule.trim().to_ascii_lowercase()).any(|rule| names(&rule, host, address, port))
}

/// Whether one rule of `NO_PROXY` names this host.
fn names(rule: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if rule == "*" {
        return true;
    }
    if let Some((network, bits)) = network(rule) {
        return address.is_some_and(|address| is_within(address, network, bits));
    }
    let (name, only) = split_port(rule);
    if name.is_empty() || only.is_some_and(|only| !only.is_empty() && only != port.to_string()) {
        return false;
    }
    if let Ok(named) = name.parse::<IpAddr>() {
        return address.is_some_and(|address| address.to_canonical() == named.to_canonical());
    }
    // An address has no domain, and `.5` is not the end of one.
    if address.is_some() {
        return false;
    }
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

fn network(rule: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = rule.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let differ = |left: u128, right: u128, width: u32| bits > 0 && (left ^ right) >> (width - bits) != 0;
    match (address.to_canonical(), network) {
        (IpAddr::V4(left), IpAddr::V4(right)) => !differ(u128::from(u32::from(left)), u128::from(u32::from(right)), 32),
        (IpAddr::V6(left), IpAddr::V6(right)) => !differ(u128::from(left), u128::from(right), 128),
        _ => false,
    }
}

/// `host:port`, `[v6]:port`, or no port at all.
fn split_port(rule: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = rule.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match rule.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (rule, None),
    }
}

/// `%40` is `@`: passwords in URLs are written so.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last column is what `golang.org/x/net/http/httpproxy` answers, with client-go's rule for networks.
    #[test]
    fn no_proxy_reads_as_in_go() {
        for (none, server, through) in [
            ("", "https://api.corp:6443", true),
            ("api.corp", "https://api.corp:6443", false),
            ("API.Corp", "https://api.CORP", false),
            ("corp", "https://api.corp", false),
            ("corp", "https://apicorp", true),
            (".corp", "https://api.corp", false),
            (".corp", "https://corp", true),
            ("*.corp", "https://api.corp", false),
            ("*.corp", "https://corp", true),
            ("*", "https://api.corp", false),
            ("a, ,api.corp , ,", "https://api.corp", false),
            ("10.0.0.0/8,", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://11.1.2.3", true),
            ("0.0.0.0/0", "https://11.1.2.3", false),
            ("10.0.0.0/8", "https://api.corp", true),
            ("10.1.2.3", "https://10.1.2.3:6443", false),
            ("10.1.2.3:6443", "https://10.1.2.3:6443", false),
            ("10.1.2.3:443", "https://10.1.2.3:6443", true),
            ("api.corp:443", "https://api.corp", false),
            ("api.corp:6443", "https://api.corp", true),
            (":443", "https://api.corp", true),
            ("fd00::/8", "https://[fd00::1]:6443", false),
            ("fd00::1", "https://[fd00::1]", false),
            ("[fd00::1]:6443", "https://[fd00::1]:6443", false),
            ("[fd00::1]:443", "https://[fd00::1]:6443", true),
            (".3", "https://10.1.2.3", true),
            ("10.0.0.0/99", "https://10.1.2.3", true),
            ("", "https://localhost:6443", false),
            ("", "https://127.0.0.1:6443", false),
            ("", "https://127.9.9.9:6443", false),
            ("", "https://[::1]:6443", false),
            ("", "https://localhost.corp", true),
        ] {
            let variables = ProxyVariables { https: "proxy:3128".into(), http: String::new(), none: none.into() };
            let way = variables.way_to(&server.parse().unwrap()).unwrap();
            assert_eq!(way.is_some(), through, "NO_PROXY={none} {server}");
        }
    }

    #[test]
    fn the_scheme_of_the_server_chooses_the_variable() {
        let variables = ProxyVariables { https: "http://one".into(), http: "http://two".into(), none: String::new() };
        let way = |server: &str| variables.way_to(&server.parse().unwrap()).unwrap().unwrap().to_string();
        assert_eq!(way("https://api"), "http://one:80");
        assert_eq!(way("http://api"), "http://two:80");
        let bogus = ProxyVariables { https: "ftp://x".into(), ..ProxyVariables::default() };
        assert!(bogus.way_to(&"https://api".parse().unwrap()).unwrap_err().starts_with("the variable HTTPS_PROXY: "));
        assert_eq!(bogus.way_to(&"https://127.0.0.1".parse().unwrap()), Ok(None));
    }

    #[test]
    fn a_proxy_is_read_with_its_login_and_shown_without() {
        let proxy = Proxy::parse("http://ada:p%40ss%2Fword-canary@proxy.corp:3128/").unwrap();
        assert_eq!(proxy.login, Some(("ada".into(), "p@ss/word-canary".into())));
        assert_eq!(proxy.to_string(), "http://proxy.corp:3128");
        assert_eq!(format!("{proxy:?}"), "http://proxy.corp:3128");
        assert_eq!(Proxy::parse("socks5://[::1]").unwrap().address(), "[::1]:1080");
        assert_eq!(Proxy::parse("proxy").unwrap().to_string(), "http://proxy:80");
        assert_eq!(Proxy::parse("HTTPS://proxy").unwrap().kind, Kind::Https);
        for wrong in
            ["", "http://", "http://:3128", "http://pro xy", "http://p:x", "http://[::1", "ftp://p", "http://p:99999"]
        {
            assert!(Proxy::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn networks_end_where_their_bits_end() {
        let within = |address: &str, rule: &str| {
            let (network, bits) = network(rule).unwrap();
            is_within(address.parse().unwrap(), network, bits)
        };
        assert!(within("192.168.1.255", "192.168.1.0/24") && !within("192.168.2.0", "192.168.1.0/24"));
        assert!(within("10.0.0.1", "10.0.0.1/32") && !within("10.0.0.2", "10.0.0.1/32"));
        assert!(within("::1", "::/0") && !within("10.0.0.1", "::/0"));
        assert!(within("::ffff:10.0.0.1", "10.0.0.0/8"));
    }
}
