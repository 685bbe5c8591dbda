//! The API server as a test asks it: by a user's certificate, directly, one request at a time.
//! It knows no kinds; it is what the fault proxy forwards to and what tests look at the cluster with.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use super::wire::{Message, Wire};

/// Encrypted, authenticated.
pub(super) type Secure = Wire<StreamOwned<ClientConnection, TcpStream>>;

/// Where the server is, and who asks.
#[derive(Clone)]
pub(super) struct Api {
    config: Arc<ClientConfig>,
    address: String,
}

impl Api {
    /// Reads a kubeconfig of the playground.
    pub(super) fn new(kubeconfig: &Path) -> Self {
        let text = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let config: Value = serde_json::from_str(&text).expect("a kubeconfig of the playground is JSON");
        let path = |pointer: &str| config.pointer(pointer).and_then(Value::as_str).expect("a path").to_owned();
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(path("/clusters/0/cluster/certificate-authority"));
        roots.add(authority.expect("a certificate")).expect("an authority");
        let certificate = CertificateDer::from_pem_file(path("/users/0/user/client-certificate"));
        let key = PrivateKeyDer::from_pem_file(path("/users/0/user/client-key")).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows them")
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate.expect("a certificate")], key)
            .expect("they belong together");
        let address = path("/clusters/0/cluster/server").trim_start_matches("https://").to_owned();
        Self { config: Arc::new(client), address }
    }

    /// Opens a connection.
    pub(super) fn connect(&self) -> io::Result<Secure> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let tls = ClientConnection::new(Arc::clone(&self.config), name).map_err(io::Error::other)?;
        Ok(Wire::new(StreamOwned::new(tls, stream)))
    }

    /// One request; returns the status and the JSON of the reply.
    #[track_caller]
    pub(super) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let content = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\ncontent-type: {content}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let answer = self.connect().and_then(|mut wire| {
            wire.send(request.as_bytes())?;
            wire.message()
        });
        let reply: Message = answer.expect("the API server").expect("an answer");
        (reply.status(), serde_json::from_slice(&reply.content()).unwrap_or(Value::Null))
    }

    /// Reads something that must be there.
    #[track_caller]
    pub(super) fn get(&self, path: &str) -> Value {
        let (status, value) = self.call("GET", path, None);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }
}
