//! A registry that does what it is told, byte for byte, and two bystanders that count what reaches them.
//! It speaks raw HTTP/1.1 on loopback, one request for each connection, and knows nothing of registries itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server says to one request.
#[derive(Clone)]
pub(super) enum Say {
    /// An answer with a right `Content-Length`.
    Full(u16, Vec<(String, String)>, Vec<u8>),
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// These bytes, then a block again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then one byte in each pause.
    Drip(Vec<u8>, Duration),
    /// These bytes, then silence.
    Hang(Vec<u8>),
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) method: String,
    /// With its query.
    pub(super) target: String,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Heard {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// Whether anything in it proves who somebody is.
    pub(super) fn has_credential(&self, secrets: &[&str]) -> bool {
        let body = String::from_utf8_lossy(&self.body);
        self.header("authorization").is_some()
            || self.header("cookie").is_some()
            || secrets.iter().any(|secret| self.head.contains(secret) || body.contains(secret))
    }
}

type Behaviour = Arc<dyn Fn(&Heard) -> Say + Send + Sync>;

/// A listening server.
pub(super) struct Stub {
    pub(super) host: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    sent: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    /// Listens; what it says may depend on its own address.
    pub(super) async fn start(behaviour: impl FnOnce(&str) -> Behaviour) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let behaviour = behaviour(&host);
        let (heard, sent) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
        let (list, count) = (heard.clone(), sent.clone());
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (behaviour, list, count) = (behaviour.clone(), list.clone(), count.clone());
                open.spawn(async move {
                    // A client that goes away ends this one connection.
                    let _ = answer(stream, &behaviour, &list, &count).await;
                });
            }
        });
        Self { host, heard, sent, task }
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Bytes that went out.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

async fn answer(
    mut stream: TcpStream,
    behaviour: &Behaviour,
    list: &Mutex<Vec<Heard>>,
    count: &AtomicU64,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut words = head.lines().next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut heard = Heard { method, target, head, body: bytes[end..].to_vec() };
    let length = heard.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while heard.body.len() < length {
        if stream.read_buf(&mut heard.body).await? == 0 {
            break;
        }
    }
    list.lock().unwrap().push(heard.clone());
    let write = async |stream: &mut TcpStream, bytes: &[u8]| {
        stream.write_all(bytes).await?;
        count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        stream.flush().await
    };
    match behaviour(&heard) {
        Say::Full(status, headers, body) => {
            let body = if heard.method == "HEAD" { Vec::new() } else { body };
            let mut head = format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in &headers {
                head.extend([name.as_str(), ": ", value, "\r\n"]);
            }
            write(&mut stream, format!("{head}\r\n").as_bytes()).await?;
            write(&mut stream, &body).await?;
        }
        Say::Raw(bytes) => write(&mut stream, &bytes).await?,
        Say::Endless(head, block) => {
            write(&mut stream, &head).await?;
            loop {
                write(&mut stream, &block).await?;
            }
        }
        Say::Drip(head, pause) => {
            write(&mut stream, &head).await?;
            loop {
                tokio::time::sleep(pause).await;
                write(&mut stream, b"x").await?;
            }
        }
        Say::Hang(head) => {
            write(&mut stream, &head).await?;
            // Until the client has had enough.
            while stream.read(&mut [0; 64]).await? > 0 {}
        }
    }
    stream.shutdown().await
}
