//! Where the server is and how it proves that it is the one, from a kubeconfig's cluster and the flags.
//! It never connects, and knows nothing of users.

use std::path::{Path, PathBuf};

use ::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::kubeconfig::ClusterEntry;
use super::proxy::{Proxy, ProxyVariables};
use super::{ClusterError, ConnectOptions};
use crate::files::read_text;
use crate::object::printable;

/// One server and the way to it.
pub(crate) struct Endpoint {
    /// Scheme, host and path prefix.
    pub(super) url: Uri,
    /// DER certificates it is checked against; the system's when there are none.
    pub(super) roots: Option<Vec<Vec<u8>>>,
    /// A file with them that others keep fresh.
    pub(super) root_file: Option<PathBuf>,
    pub(super) insecure: bool,
    pub(super) server_name: Option<String>,
    pub(super) proxy: Option<Proxy>,
    /// Whether answers may come compressed.
    pub(super) compressed: bool,
    /// What a credential plugin is told when it asks.
    pub(super) for_plugins: Value,
}

impl Endpoint {
    /// Reads a cluster's entry and the flags that go over it.
    ///
    /// # Errors
    /// What client-go refuses, and files that cannot be read.
    pub(super) fn new(name: &str, mut entry: ClusterEntry, options: &ConnectOptions) -> Result<Self, ClusterError> {
        override_with(&mut entry, options);
        let wrong = |reason: &str| {
            let of = if name.is_empty() { String::new() } else { format!("cluster `{}`: ", printable(name)) };
            ClusterError::Kubeconfig(format!("{of}{reason}"))
        };
        if entry.server.is_empty() {
            return Err(wrong("it has no server"));
        }
        if !entry.certificate_authority.is_empty() && !entry.certificate_authority_data.is_empty() {
            return Err(wrong("it has certificate-authority and certificate-authority-data: take one out"));
        }
        let pem = authority(&entry).map_err(|reason| wrong(&reason))?;
        let roots = pem.as_deref().map(pem_blocks);
        if roots.as_ref().is_some_and(Vec::is_empty) {
            return Err(wrong("its certificate-authority holds no certificate in PEM form"));
        }
        if entry.insecure_skip_tls_verify && roots.is_some() {
            return Err(wrong("it has a certificate-authority and insecure-skip-tls-verify: take one out"));
        }
        let url = parse_server(&entry.server).map_err(|reason| wrong(&reason))?;
        let proxy = if entry.proxy_url.is_empty() {
            options.proxies.way_to(&url).map_err(ClusterError::Kubeconfig)?
        } else {
            if !entry.proxy_url.contains("://") {
                return Err(wrong("its proxy-url needs http://, https:// or socks5:// in front"));
            }
            Some(Proxy::parse(&entry.proxy_url).map_err(|reason| wrong(&format!("proxy-url: {reason}")))?)
        };
        Ok(Self {
            url,
            for_plugins: for_plugins(&entry, pem.as_deref()),
            roots,
            root_file: None,
            insecure: entry.insecure_skip_tls_verify,
            server_name: Some(entry.tls_server_name).filter(|name| !name.is_empty()),
            proxy,
            compressed: !entry.disable_compression,
        })
    }

    /// The server of the pod we run in, by the variables and files every pod has.
    ///
    /// # Errors
    /// When they cannot be used.
    pub(super) fn of_pod(
        host: &str,
        port: &str,
        folder: &Path,
        proxies: &ProxyVariables,
    ) -> Result<Self, ClusterError> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let url = parse_server(&format!("https://{host}:{port}")).map_err(ClusterError::Kubeconfig)?;
        let file = folder.join("ca.crt");
        let pem = read_text(&file).map_err(|error| ClusterError::Kubeconfig(error.to_string()))?;
        Ok(Self {
            proxy: proxies.way_to(&url).map_err(ClusterError::Kubeconfig)?,
            url,
            roots: Some(pem_blocks(&pem)),
            root_file: Some(file),
            insecure: false,
            server_name: None,
            compressed: true,
            for_plugins: Value::Null,
        })
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_secure(&self) -> bool {
        self.url.scheme_str() == Some("https")
    }

    /// The server's address, without a slash at its end.
    pub(super) fn shown(&self) -> String {
        self.url.to_string().trim_end_matches('/').to_owned()
    }
}

/// Flags replace what the kubeconfig says, and what would contradict them (client-go's `getCluster`).
fn override_with(entry: &mut ClusterEntry, options: &ConnectOptions) {
    let server = options.server.as_ref().filter(|server| !server.is_empty());
    if let Some(server) = server {
        entry.server.clone_from(server);
    }
    if options.insecure_skip_tls_verify == Some(true) || options.certificate_authority.is_some() {
        entry.insecure_skip_tls_verify = options.insecure_skip_tls_verify == Some(true);
        let file = options.certificate_authority.as_ref();
        entry.certificate_authority = file.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        entry.certificate_authority_data = String::new();
    }
    // Another server has another name.
    if server.is_some() || options.tls_server_name.is_some() {
        entry.tls_server_name = options.tls_server_name.clone().unwrap_or_default();
    }
    if let Some(disable) = options.disable_compression {
        entry.disable_compression = disable;
    }
}

fn authority(entry: &ClusterEntry) -> Result<Option<String>, String> {
    if !entry.certificate_authority_data.is_empty() {
        let bytes = STANDARD.decode(entry.certificate_authority_data.trim());
        let bytes = bytes.map_err(|_| "its certificate-authority-data is not base64")?;
        return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
    }
    if entry.certificate_authority.is_empty() {
        return Ok(None);
    }
    let text = read_text(Path::new(&entry.certificate_authority));
    text.map(Some).map_err(|error| format!("certificate-authority {error}"))
}

/// DER bytes of every CERTIFICATE block that can be read (RFC 7468); like Go, it leaves the others out.
fn pem_blocks(text: &str) -> Vec<Vec<u8>> {
    let parts = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let bodies = parts.filter_map(|part| Some(part.split_once("-----END CERTIFICATE-----")?.0));
    bodies
        .filter_map(|body| {
            let compact: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
            STANDARD.decode(compact).ok()
        })
        .collect()
}

/// A server's address. Without a scheme it is plain http, as in client-go, whatever there is to check it with.
fn parse_server(text: &str) -> Result<Uri, String> {
    let shown = printable(text);
    let wrong = |reason: &str| format!("server `{shown}` is not an address such as https://10.0.0.1:6443: {reason}");
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None if text.trim_end_matches('/').contains('/') => {
            return Err(wrong("with a path it needs https:// in front"));
        }
        None => ("http".to_owned(), text),
    };
    if scheme != "https" && scheme != "http" {
        return Err(wrong("it begins with neither https:// nor http://"));
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err("a server's address holds no user and password: put them into the user's entry".into());
    }
    let url: Uri =
        format!("{scheme}://{rest}").parse().map_err(|error: ::http::uri::InvalidUri| wrong(&error.to_string()))?;
    let is_port = |text: &str| text.is_empty() || text.parse::<u16>().is_ok();
    let port =
        authority.rsplit_once(']').map_or(authority, |(_, rest)| rest).rsplit_once(':').map_or("", |(_, port)| port);
    if url.host().is_none_or(str::is_empty) || !is_port(port) {
        return Err(wrong("host or port is missing or wrong"));
    }
    Ok(url)
}

/// client-go's `ConfigToExecCluster`.
fn for_plugins(entry: &ClusterEntry, pem: Option<&str>) -> Value {
    let mut told = json!({"server": entry.server});
    let mut tell = |name: &str, value: Value| {
        let empty = value == json!("") || value == json!(false) || value.is_null();
        if !empty {
            told[name] = value;
        }
    };
    tell("tls-server-name", json!(entry.tls_server_name));
    tell("insecure-skip-tls-verify", json!(entry.insecure_skip_tls_verify));
    tell("certificate-authority-data", json!(pem.map(|pem| STANDARD.encode(pem))));
    tell("proxy-url", json!(entry.proxy_url));
    tell("disable-compression", json!(entry.disable_compression));
    let config = entry.extensions.iter().find(|one| one.name == "client.authentication.k8s.io/exec");
    tell("config", config.map_or(Value::Null, |one| one.extension.clone()));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_read_as_client_go_reads_them() {
        for (text, expected) in [
            ("https://10.0.0.1:6443", Some("https://10.0.0.1:6443")),
            ("10.0.0.1:6443", Some("http://10.0.0.1:6443")),
            ("localhost", Some("http://localhost")),
            ("https://rancher/k8s/clusters/c-1/", Some("https://rancher/k8s/clusters/c-1")),
            ("https://[::1]:6443", Some("https://[::1]:6443")),
            ("HTTPS://API.corp", Some("https://API.corp")),
            ("https://a?x=1#y", Some("https://a")),
            ("rancher/k8s/clusters/c-1", None),
            ("ftp://a", None),
            ("https://", None),
            ("https://::1:6443", None),
            ("https://a:port", None),
            ("https://a:99999", None),
            ("https://a b", None),
            ("https://ada:pw@a", None),
        ] {
            let parsed = parse_server(text).ok().map(|url| url.to_string().trim_end_matches('/').to_owned());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn flags_clear_what_would_contradict_them() {
        let flags = crate::cluster::connect::tests::options();
        let entry = || ClusterEntry {
            server: "https://a".into(),
            tls_server_name: "other".into(),
            certificate_authority_data: "x".into(),
            ..ClusterEntry::default()
        };
        let mut insecure = entry();
        override_with(&mut insecure, &ConnectOptions { insecure_skip_tls_verify: Some(true), ..flags.clone() });
        assert!(insecure.insecure_skip_tls_verify && insecure.certificate_authority_data.is_empty());
        assert_eq!(insecure.tls_server_name, "other");
        let mut moved = entry();
        override_with(&mut moved, &ConnectOptions { server: Some("https://b".into()), ..flags });
        assert_eq!((moved.server.as_str(), moved.tls_server_name.as_str()), ("https://b", ""));
    }

    #[test]
    fn a_plugin_is_told_what_is_set() {
        let entry = ClusterEntry { server: "https://a".into(), disable_compression: true, ..ClusterEntry::default() };
        assert_eq!(for_plugins(&entry, None), json!({"server": "https://a", "disable-compression": true}));
    }

    #[test]
    fn certificates_that_cannot_be_read_are_left_out() {
        let block = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        assert_eq!(pem_blocks(&format!("{}text{}", block("AAEC"), block("?"))), vec![vec![0, 1, 2]]);
        assert!(pem_blocks("nothing").is_empty());
    }
}
