//! A pass-through in front of the API server that counts what the client receives, encryption included.
//! It never looks into the stream, and ends with the value that holds it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::Error;

/// A listening pass-through.
pub(crate) struct CountingProxy {
    address: SocketAddr,
    received: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

impl CountingProxy {
    /// Listens on a free port of loopback and passes everything on to `target`, a `host:port`.
    pub(crate) fn start(target: &str) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let proxy = Self { address: listener.local_addr()?, received: Arc::default(), ended: Arc::default() };
        let (received, ended, target) = (Arc::clone(&proxy.received), Arc::clone(&proxy.ended), target.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                // A client whose server cannot be reached sees its connection closed.
                if let Ok(server) = TcpStream::connect(&target) {
                    pass(&client, &server, None);
                    pass(&server, &client, Some(Arc::clone(&received)));
                }
            }
        });
        Ok(proxy)
    }

    /// The `host:port` to connect to.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Bytes sent to clients since the last call.
    pub(crate) fn take_received(&self) -> u64 {
        self.received.swap(0, Ordering::Relaxed)
    }
}

impl Drop for CountingProxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

/// Copies one direction in a thread until either side is gone.
fn pass(from: &TcpStream, to: &TcpStream, count: Option<Arc<AtomicU64>>) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
    let _ = to.set_nodelay(true);
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(size @ 1..) = from.read(&mut buffer) {
            if let Some(count) = &count {
                count.fetch_add(size as u64, Ordering::Relaxed);
            }
            if to.write_all(&buffer[..size]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_client_receives_is_counted() {
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let target = server.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let mut asked = [0; 3];
            stream.read_exact(&mut asked).unwrap();
            stream.write_all(b"twelve bytes").unwrap();
        });
        let proxy = CountingProxy::start(&target).unwrap();
        let mut client = TcpStream::connect(proxy.address()).unwrap();
        client.write_all(b"ask").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!((answer.as_str(), proxy.take_received(), proxy.take_received()), ("twelve bytes", 12, 0));
    }
}
