//! An API server that knows two answers, and proxies that know none: they write down what they were asked.
//! They listen on loopback alone and end with the test.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::faults::wire::{Message, Wire};

/// Certificates of the bench, all PEM.
pub(super) struct Papers {
    pub(super) authority: String,
    pub(super) server: (String, String),
    /// For a name no server here has as its address.
    pub(super) elsewhere: (String, String),
    pub(super) client: (String, String),
    /// Nobody's authority.
    pub(super) stranger: String,
}

/// Made once for all tests.
pub(super) fn papers() -> &'static Papers {
    static PAPERS: OnceLock<Papers> = OnceLock::new();
    PAPERS.get_or_init(|| {
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).expect("no names");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
            params.distinguished_name.push(DnType::CommonName, name);
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
        };
        let ours = authority("bench");
        let sign = |name: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut params = CertificateParams::new(names).expect("names");
            params.distinguished_name.push(DnType::CommonName, name);
            let key = KeyPair::generate().expect("a key");
            (params.signed_by(&key, &ours).expect("a certificate").pem(), key.serialize_pem())
        };
        Papers {
            authority: ours.pem(),
            server: sign("server", &["localhost", "api.invalid", "api.corp.invalid", "127.0.0.1", "0.0.0.0", "::1"]),
            elsewhere: sign("elsewhere", &["cluster.example"]),
            client: sign("ada", &[]),
            stranger: authority("stranger").pem(),
        }
    })
}

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) request: Message,
    /// Whether the client showed a certificate.
    pub(super) certificate: bool,
    pub(super) server_name: Option<String>,
}

impl Seen {
    pub(super) fn path(&self) -> &str {
        self.request.words()[1]
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }

    /// Every value of a header that may come more than once.
    pub(super) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.request.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }
}

/// Whom the server lets in.
pub(super) type Door = Arc<dyn Fn(&Seen) -> bool + Send + Sync>;

/// How the server speaks.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Speaks {
    Http,
    Tls,
    /// With a certificate for another name than its address.
    TlsElsewhere,
}

/// A listener with what it has seen.
pub(crate) struct Listener<T> {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<T>>>,
    ended: Arc<AtomicBool>,
}

impl<T: Clone + Send + 'static> Listener<T> {
    fn start(on: &str, serve: impl Fn(TcpStream, &dyn Fn(T)) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(on).expect("loopback");
        let address = listener.local_addr().expect("it listens");
        assert!(address.ip().is_loopback());
        let (seen, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, stop, serve) = (Arc::clone(&seen), Arc::clone(&ended), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (log, serve) = (Arc::clone(&log), Arc::clone(&serve));
                thread::spawn(move || {
                    // A client that goes away is its own business.
                    let _ = serve(stream, &|one| log.lock().expect("no thread panics").push(one));
                });
            }
        });
        Self { address, seen, ended }
    }

    /// What was seen since the last time.
    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.seen.lock().expect("no thread panics"))
    }
}

impl<T> Drop for Listener<T> {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

/// An API server that answers `/version` and lists no ConfigMaps, under any prefix.
pub(super) fn api(on: &str, speaks: Speaks, door: Door) -> Listener<Seen> {
    let tls = (speaks != Speaks::Http).then(|| tls(speaks));
    Listener::start(on, move |stream, note| {
        stream.set_nodelay(true)?;
        match &tls {
            None => {
                // As Go's server does when it is spoken to in TLS.
                let mut first = [0];
                if stream.peek(&mut first)? == 1 && first[0] == 0x16 {
                    return (&stream).write_all(
                        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.\n",
                    );
                }
                converse(&mut Wire::new(stream), &|_| (false, None), &door, note)
            }
            Some(tls) => {
                let session = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
                let about = |stream: &StreamOwned<ServerConnection, TcpStream>| {
                    let name = stream.conn.server_name().map(str::to_owned);
                    (stream.conn.peer_certificates().is_some_and(|all| !all.is_empty()), name)
                };
                converse(&mut Wire::new(StreamOwned::new(session, stream)), &about, &door, note)
            }
        }
    })
}

fn tls(speaks: Speaks) -> Arc<ServerConfig> {
    let papers = papers();
    let (certificate, key) = if speaks == Speaks::Tls { &papers.server } else { &papers.elsewhere };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(papers.authority.as_bytes()).expect("a certificate");
    roots.add(authority).expect("an authority");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows them")
        .with_client_cert_verifier(verifier.allow_unauthenticated().build().expect("a verifier"))
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key"),
        )
        .expect("they belong together");
    Arc::new(config)
}

fn converse<S: Read + Write>(
    wire: &mut Wire<S>,
    about: &dyn Fn(&S) -> (bool, Option<String>),
    door: &Door,
    note: &dyn Fn(Seen),
) -> io::Result<()> {
    while let Some(request) = wire.message()? {
        let (certificate, server_name) = about(&wire.stream);
        let seen = Seen { request, certificate, server_name };
        let (status, body) = if !door(&seen) {
            let refusal = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "Unauthorized", "reason": "Unauthorized", "code": 401});
            ("401 Unauthorized", refusal)
        } else if seen.path().split('?').next().unwrap_or_default().ends_with("/version") {
            ("200 OK", json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3"}))
        } else if seen.request.words()[0] != "GET" {
            // Whatever is written is there now.
            let mut written: Value = serde_json::from_slice(&seen.request.content()).unwrap_or(json!({}));
            if written.is_object() {
                written["metadata"]["uid"] = json!("5d1e2c0a-0000-4000-8000-000000000001");
                written["metadata"]["resourceVersion"] = json!("7");
            }
            ("201 Created", written)
        } else if !seen.path().split('?').next().unwrap_or_default().ends_with("/configmaps") {
            let missing = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "not found", "reason": "NotFound", "code": 404});
            ("404 Not Found", missing)
        } else {
            (
                "200 OK",
                json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "items": []}),
            )
        };
        note(seen);
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        wire.send(format!("{head}{body}").as_bytes())?;
    }
    Ok(())
}

/// An HTTP proxy that leads every tunnel and every request to one address, over TLS itself or not. It writes down
/// the head of each request it was asked.
pub(crate) fn http_proxy(to: SocketAddr, login: Option<&'static str>, secure: bool) -> Listener<String> {
    let tls = secure.then(|| tls(Speaks::Tls));
    Listener::start("127.0.0.1:0", move |stream, note| {
        stream.set_nodelay(true)?;
        match &tls {
            None => {
                let mut wire = Wire::new(stream);
                let Some(server) = open(&mut wire, to, login, note)? else { return Ok(()) };
                let client = wire.stream.try_clone()?;
                pipe(client, server)
            }
            Some(tls) => {
                let session = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
                let mut wire = Wire::new(StreamOwned::new(session, stream));
                let Some(server) = open(&mut wire, to, login, note)? else { return Ok(()) };
                relay(&mut wire.stream, server)
            }
        }
    })
}

/// Answers one request of a client of the proxy; the connection that stands now, if one does.
fn open<S: Read + Write>(
    wire: &mut Wire<S>,
    to: SocketAddr,
    login: Option<&str>,
    note: &dyn Fn(String),
) -> io::Result<Option<TcpStream>> {
    let Some(request) = wire.head()? else { return Ok(None) };
    note(request.head.clone());
    if login.is_some() && request.header("proxy-authorization") != login {
        wire.send(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
        return Ok(None);
    }
    let mut server = TcpStream::connect(to)?;
    if request.words()[0] == "CONNECT" {
        wire.send(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        server.write_all(request.head.as_bytes())?;
    }
    Ok(Some(server))
}

/// Both ways until one side ends.
fn pipe(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let (mut client, mut server) = (client, server);
    let _ = io::copy(&mut server, &mut client);
    client.shutdown(std::net::Shutdown::Both)
}

/// Both ways over a stream that cannot be split: it is asked in turns.
fn relay(client: &mut StreamOwned<ServerConnection, TcpStream>, mut server: TcpStream) -> io::Result<()> {
    let turn = Some(std::time::Duration::from_millis(5));
    client.sock.set_read_timeout(turn)?;
    server.set_read_timeout(turn)?;
    let mut block = [0; 16 * 1024];
    let waits = |error: &io::Error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
    loop {
        match client.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(size) => server.write_all(&block[..size])?,
            Err(error) if waits(&error) => {}
            Err(error) => return Err(error),
        }
        match server.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(size) => {
                client.write_all(&block[..size])?;
                client.flush()?;
            }
            Err(error) if waits(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// A SOCKS5 proxy (RFC 1928, RFC 1929) that leads everything to one address. It writes down what it was asked for:
/// `name api.invalid:6443 as ada:secret`.
pub(crate) fn socks(to: SocketAddr, login: bool) -> Listener<String> {
    Listener::start("127.0.0.1:0", move |mut stream, note| {
        let mut exact = |size: usize| {
            let mut bytes = vec![0; size];
            stream.read_exact(&mut bytes).map(|()| bytes)
        };
        let greeting = exact(2)?;
        let methods = exact(usize::from(greeting[1]))?;
        let method = if login { 2 } else { 0 };
        if !methods.contains(&method) {
            return stream.write_all(&[5, 0xff]);
        }
        stream.write_all(&[5, method])?;
        let mut exact = |size: usize| {
            let mut bytes = vec![0; size];
            stream.read_exact(&mut bytes).map(|()| bytes)
        };
        let mut who = String::new();
        if login {
            let user = exact(2)?;
            let user = exact(usize::from(user[1]))?;
            let password = exact(1)?;
            let password = exact(usize::from(password[0]))?;
            who = format!(" as {}:{}", String::from_utf8_lossy(&user), String::from_utf8_lossy(&password));
            stream.write_all(&[1, 0])?;
        }
        let mut exact = |size: usize| {
            let mut bytes = vec![0; size];
            stream.read_exact(&mut bytes).map(|()| bytes)
        };
        let request = exact(4)?;
        let host = match request[3] {
            1 => format!("address {}", IpAddr::from(<[u8; 4]>::try_from(exact(4)?).expect("four bytes"))),
            4 => format!("address {}", IpAddr::from(<[u8; 16]>::try_from(exact(16)?).expect("sixteen bytes"))),
            _ => {
                let size = exact(1)?;
                format!("name {}", String::from_utf8_lossy(&exact(usize::from(size[0]))?))
            }
        };
        let port = exact(2)?;
        note(format!("{host}:{}{who}", u16::from_be_bytes([port[0], port[1]])));
        let server = TcpStream::connect(to)?;
        stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
        pipe(stream, server)
    })
}
