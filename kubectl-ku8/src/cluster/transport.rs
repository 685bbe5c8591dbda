//! The client under every request: the way there, TLS, timeouts, credentials, and no waiting for acknowledgements.
//! It sends what it is given; tries, deadlines and masks are `http.rs`'s.

use std::time::Duration;

use ::http::HeaderValue;
use ::http::header::PROXY_AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ClientBuilder, ConfigExt};
use kube::config::AuthInfo;
use serde_json::json;
use tower::{BoxError, ServiceBuilder};

use super::connect::Link;
use super::login::{Authorization, Credential};
use super::proxy::Kind;
use super::tunnel::{Connector, proxy_authorization};

/// A connection attempt that takes longer than this is a failure (an unreachable server is told within 10 s).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client as kube's own builder makes it, but for three things: the way there is ours, a request is on its way at
/// once (without `TCP_NODELAY` its second segment waits for the server to acknowledge the first, up to 40 ms), and
/// what fails is not logged behind our back.
///
/// # Errors
/// When certificates, keys or credentials cannot be used.
pub(super) fn connect(link: &Link, credential: &Credential, timeout: Duration) -> Result<kube::Client, kube::Error> {
    let config = config(link, credential);
    let way = Connector::new(&config, link.endpoint.proxy.as_ref())?;
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(way)?);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT.min(timeout)));
    connector.set_read_timeout(Some(timeout));
    connector.set_reset_reader_on_write(true);
    let http: Client<_, Body> = Builder::new(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(ClientBuilder::new(service, config.default_namespace.clone()).build())
}

/// kube's form of what was resolved; it reads no file, no environment and no kubeconfig.
fn config(link: &Link, credential: &Credential) -> kube::Config {
    let endpoint = &link.endpoint;
    let mut config = kube::Config::new(endpoint.url.clone());
    config.root_cert.clone_from(&endpoint.roots);
    config.root_cert_file.clone_from(&endpoint.root_file);
    config.accept_invalid_certs = endpoint.insecure;
    config.tls_server_name.clone_from(&endpoint.server_name);
    config.headers.clone_from(&link.login.headers);
    let forwards = endpoint.proxy.as_ref().filter(|proxy| proxy.kind != Kind::Socks5);
    if let Some(proxy) = forwards.filter(|_| endpoint.url.scheme_str() == Some("http")) {
        let value = proxy_authorization(proxy).and_then(|value| HeaderValue::from_str(&value).ok());
        config.headers.extend(value.map(|value| (PROXY_AUTHORIZATION, value)));
    }
    let mut user = match &credential.authorization {
        Authorization::None => json!({}),
        Authorization::Bearer(token) => json!({"token": token}),
        Authorization::Basic(name, password) => json!({"username": name, "password": password}),
        Authorization::Oidc(config) => json!({"auth-provider": {"name": "oidc", "config": config}}),
    };
    if let Some((certificate, key)) = &credential.certificate {
        user["client-certificate-data"] = STANDARD.encode(certificate).into();
        user["client-key-data"] = STANDARD.encode(key).into();
    }
    config.auth_info = serde_json::from_value::<AuthInfo>(user).expect("texts under the names kube reads");
    config
}
