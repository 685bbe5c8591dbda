//! The client under every request: the way there, proxies, TLS with the system's authorities and the operator's own.
//! It sends what it is given to where it is told; who may be told what is `exchange.rs`'s.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower::{BoxError, Service, ServiceExt as _};

use super::failure::root_cause;
use super::{RegistryError, Settings};
use crate::object::printable;
use crate::secrets::redact;

/// What sends requests.
pub(super) type Http = Client<HttpsConnector<Way>, Full<Bytes>>;

/// Makes a client.
///
/// # Errors
/// Authorities or a proxy that cannot be used.
pub(super) fn client(settings: &Settings) -> Result<Http, RegistryError> {
    let config = ClientConfig::builder().with_root_certificates(roots(settings)?).with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .wrap_connector(Way::new(settings)?);
    Ok(Builder::new(TokioExecutor::new()).build(connector))
}

/// The system's authorities and the operator's. A system without any is told when a certificate is not trusted.
fn roots(settings: &Settings) -> Result<RootCertStore, RegistryError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &settings.ca_file {
        roots.add_parsable_certificates(own_authorities(path)?);
    }
    Ok(roots)
}

fn own_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, RegistryError> {
    let wrong = |reason: String| RegistryError::Setting { what: "the registry's certificate authority".into(), reason };
    let pem = crate::files::read_bytes(path).map_err(|error| wrong(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| wrong(format!("{} cannot be read as PEM: {error}", path.display())))?;
    let mut tried = RootCertStore::empty();
    match tried.add_parsable_certificates(found.iter().cloned()) {
        (0, _) => Err(wrong(format!("{} holds no certificate in PEM form", path.display()))),
        (_, 0) => Ok(found),
        (_, bad) => Err(wrong(format!("{} holds {bad} certificates that cannot be read", path.display()))),
    }
}

/// Makes connections, through a proxy where one is set for the place.
#[derive(Clone)]
pub(super) struct Way {
    tcp: HttpConnector,
    proxies: Arc<Matcher>,
}

impl Way {
    fn new(settings: &Settings) -> Result<Self, RegistryError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(settings.connect));
        let proxy = settings.https_proxy.trim();
        if let Some((scheme, _)) =
            proxy.split_once("://").filter(|(scheme, _)| !matches!(*scheme, "http" | "socks5" | "socks5h"))
        {
            return Err(RegistryError::Setting {
                what: "HTTPS_PROXY".into(),
                reason: format!(
                    "registries are not reached through a proxy of kind {}://: use http or socks5",
                    crate::object::printable(scheme)
                ),
            });
        }
        if let Some((_, password)) = proxy.rsplit_once('@').and_then(|(login, _)| login.rsplit_once(':')) {
            redact::learn(password);
        }
        let proxies = Matcher::builder().https(proxy.to_owned()).no(settings.no_proxy.clone()).build();
        Ok(Self { tcp, proxies: Arc::new(proxies) })
    }

    /// Go's rule and kubectl's: loopback never goes through a proxy.
    fn proxy(&self, server: &Uri) -> Option<Intercept> {
        let host = server.host()?.trim_matches(['[', ']']);
        let near = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if near { None } else { self.proxies.intercept(server) }
    }
}

/// A proxy's address as messages name it, without a login.
fn place(proxy: &Uri) -> String {
    let host = proxy.host().unwrap_or_default();
    let port = proxy.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    printable(&format!("{}://{host}{port}", proxy.scheme_str().unwrap_or("http")))
}

impl Service<Uri> for Way {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let (tcp, proxy) = (self.tcp.clone(), self.proxy(&server));
        Box::pin(async move {
            let Some(proxy) = proxy else { return Ok(tcp.oneshot(server).await?) };
            let place = place(proxy.uri());
            let through = |error: BoxError| {
                let cause = root_cause(&*error);
                // The library's word for what stands before it already.
                let cause = cause.strip_prefix("tunnel error: ").unwrap_or(&cause);
                BoxError::from(format!("through the proxy {place} of HTTPS_PROXY: {cause}"))
            };
            if proxy.uri().scheme_str().is_some_and(|scheme| scheme.starts_with("socks5")) {
                let mut socks = SocksV5::new(proxy.uri().clone(), tcp);
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                return socks.oneshot(server).await.map_err(|error| through(error.into()));
            }
            let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
            if let Some(login) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(login.clone());
            }
            tunnel.oneshot(server).await.map_err(|error| through(error.into()))
        })
    }
}
