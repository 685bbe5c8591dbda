//! The way to the server: straight, through an HTTP or HTTPS proxy, or through SOCKS5.
//! It never chooses a proxy, and carries the bytes it is given without looking at them.

use std::future::Future;
use std::io::{Error as IoError, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use kube::client::ConfigExt;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tower::{BoxError, Service, ServiceExt as _, util::BoxCloneSyncService};

use super::proxy::{Kind, Proxy};
use crate::object::printable;

/// Longest head of a proxy's answer.
const LONGEST: usize = 16 * 1024;

/// Why a proxy did not let us through; the request was not sent.
#[derive(Debug, Error)]
pub(super) enum ProxyError {
    /// It answered, and not with a tunnel.
    #[error("the proxy {proxy} refuses to connect to {target}: {answer}{}", if .answer.starts_with("407") { "; put its user and password into the proxy's URL" } else { "" })]
    Refused { proxy: String, target: String, answer: String },
    /// It cannot be reached, or spoke something else.
    #[error("the proxy {proxy} cannot be used: {reason}")]
    Broken { proxy: String, reason: String },
}

/// Anything bytes go through.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// One connection to the server, or to a proxy that forwards plain HTTP.
pub(super) struct Stream {
    io: Box<dyn Io>,
    forwards: bool,
}

type Dial = BoxCloneSyncService<Uri, Box<dyn Io>, BoxError>;

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    dial: Dial,
    proxy: Option<Arc<Proxy>>,
}

impl Connector {
    /// Connections as `proxy` says; `config` has the certificates an HTTPS proxy is checked against, as in Go.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub(super) fn new(config: &kube::Config, proxy: Option<&Proxy>) -> Result<Self, kube::Error> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let dial = if proxy.is_some_and(|proxy| proxy.kind == Kind::Https) {
            let mut config = config.clone();
            config.tls_server_name = None;
            config.auth_info = kube::config::AuthInfo::default();
            let tls = config.rustls_https_connector_with_connector(tcp)?;
            BoxCloneSyncService::new(tls.map_response(|io| Box::new(TokioIo::new(io)) as Box<dyn Io>))
        } else {
            let tcp = tcp.map_response(|io| Box::new(io.into_inner()) as Box<dyn Io>);
            BoxCloneSyncService::new(tcp.map_err(BoxError::from))
        };
        Ok(Self { dial, proxy: proxy.cloned().map(Arc::new) })
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let (dial, proxy) = (self.dial.clone(), self.proxy.clone());
        Box::pin(async move {
            let (io, forwards) = match proxy {
                None => (dial.oneshot(server).await?, false),
                Some(proxy) => through(dial, proxy, server).await?,
            };
            Ok(TokioIo::new(Stream { io, forwards }))
        })
    }
}

/// A connection through a proxy, and whether the proxy reads the requests itself.
async fn through(dial: Dial, proxy: Arc<Proxy>, server: Uri) -> Result<(Box<dyn Io>, bool), BoxError> {
    let scheme = if proxy.kind == Kind::Https { "https" } else { "http" };
    let address: Uri = format!("{scheme}://{}", proxy.address()).parse()?;
    let secure = server.scheme_str() == Some("https");
    let broken = |reason: String| ProxyError::Broken { proxy: proxy.to_string(), reason };
    let io = dial.oneshot(address.clone()).await;
    let mut io = io.map_err(|error| broken(super::wire::root_cause(error.as_ref())))?;
    if proxy.kind == Kind::Socks5 {
        let io = socks(io, address, proxy.login.clone(), with_port(&server, secure)).await.map_err(broken)?;
        return Ok((io, false));
    }
    if !secure {
        return Ok((io, true));
    }
    let host = server.host().unwrap_or_default();
    let target = format!("{host}:{}", server.port_u16().unwrap_or(443));
    let answer = ask_for_tunnel(&mut io, &target, proxy_authorization(&proxy)).await;
    match answer.map_err(|error| broken(error.to_string()))? {
        None => Ok((io, false)),
        Some(answer) => Err(ProxyError::Refused { proxy: proxy.to_string(), target, answer }.into()),
    }
}

/// The connection is there already, so that its failures keep their words.
fn socks(
    io: Box<dyn Io>,
    proxy: Uri,
    login: Option<(String, String)>,
    target: Uri,
) -> BoxFuture<'static, Result<Box<dyn Io>, String>> {
    let mut ready = Some(TokioIo::new(io));
    let inner = tower::service_fn(move |_: Uri| {
        std::future::ready(ready.take().ok_or_else(|| IoError::other("one connection, one handshake")))
    });
    let mut socks = SocksV5::new(proxy, inner);
    if let Some((user, password)) = login {
        socks = socks.with_auth(user, password);
    }
    Box::pin(socks.oneshot(target).map(|done| match done {
        Ok(io) => Ok(Box::new(io.into_inner()) as Box<dyn Io>),
        Err(error) => Err(error.to_string()),
    }))
}

/// The library takes a missing port for 443, whatever the scheme.
fn with_port(server: &Uri, secure: bool) -> Uri {
    let port = server.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let host = server.host().unwrap_or_default();
    format!("http://{host}:{port}").parse().unwrap_or_else(|_| server.clone())
}

/// The value of `Proxy-Authorization`, if the proxy has a login.
pub(super) fn proxy_authorization(proxy: &Proxy) -> Option<String> {
    let (user, password) = proxy.login.as_ref()?;
    let value = STANDARD.encode(format!("{user}:{password}"));
    crate::secrets::redact::learn(&value);
    Some(format!("Basic {value}"))
}

/// CONNECT (RFC 9110, section 9.3.6). `None` when the tunnel stands, else what the proxy answered instead.
async fn ask_for_tunnel(io: &mut Box<dyn Io>, target: &str, login: Option<String>) -> Result<Option<String>, IoError> {
    let login = login.map(|login| format!("Proxy-Authorization: {login}\r\n")).unwrap_or_default();
    io.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n").as_bytes()).await?;
    io.flush().await?;
    let mut head = Vec::new();
    // Byte by byte: what follows the head belongs to the server.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LONGEST {
            return Err(IoError::other("its answer has no end"));
        }
        match io.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(IoError::other("it closed the connection"));
            }
            Err(error) => return Err(error),
        }
    }
    let head = String::from_utf8_lossy(&head);
    let first = head.lines().next().unwrap_or_default();
    let Some((_, status)) = first.split_once(' ').filter(|(version, _)| version.starts_with("HTTP/1.")) else {
        return Err(IoError::other("it does not answer as an HTTP proxy does"));
    };
    Ok(if status.starts_with('2') { None } else { Some(printable(status.trim())) })
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.forwards)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), IoError>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize, IoError>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), IoError>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), IoError>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize, IoError>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
