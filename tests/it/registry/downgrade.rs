//! A registry over TLS that leads away from it: to plain HTTP, for a blob or for a login.
//! The place it leads to is one the operator speaks to without TLS anyway, so that only the downgrade is refused.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kubectl_ku8::registry::{Reference, Registry, RegistryError, Settings};
use rustls::pki_types::PrivateKeyDer;

/// Answers every request over TLS with these bytes, until the test ends.
fn serve(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>, answer: String) -> String {
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let chain = vec![certificate.cert.der().clone()];
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut tls = rustls::StreamOwned::new(connection, stream);
            let mut request = [0; 4096];
            // A client that goes away ends this one connection.
            if tls.read(&mut request).is_ok() {
                let _ = tls.write_all(answer.as_bytes());
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        }
    });
    host
}

/// Counts who comes without TLS.
fn bystander() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let visits = Arc::new(AtomicUsize::new(0));
    let count = visits.clone();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|_| _ = count.fetch_add(1, Ordering::Relaxed)));
    (host, visits)
}

#[tokio::test]
async fn nothing_that_began_with_tls_goes_on_without() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, certificate.cert.pem()).unwrap();
    let (plain, visits) = bystander();
    let head = "Connection: close\r\nContent-Length: 0\r\n\r\n";
    for answer in [
        format!("HTTP/1.1 307 x\r\nLocation: http://{plain}/blob\r\n{head}"),
        format!("HTTP/1.1 401 x\r\nWWW-Authenticate: Bearer realm=\"http://{plain}/token\"\r\n{head}"),
    ] {
        let host = serve(&certificate, answer);
        let settings = Settings {
            ca_file: Some(authority.clone()),
            plain_http: vec![plain.clone()],
            realms: vec![(host.clone(), plain.clone())],
            ..Settings::default()
        };
        let client = Registry::new(settings).unwrap();
        let reference = Reference::parse(&format!("oci://{host}/acme/x:1.0.0")).unwrap();
        let error = client.resolve(&reference).await.unwrap_err();
        let refused = matches!(error, RegistryError::PlainHttp { .. } | RegistryError::Elsewhere { .. });
        assert!(refused && error.to_string().contains("plain HTTP"), "{error}");
    }
    assert_eq!(visits.load(Ordering::Relaxed), 0, "somebody came without TLS");
}
