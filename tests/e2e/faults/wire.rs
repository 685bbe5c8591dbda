//! HTTP/1.1 as two programs on loopback speak it: one message at a time, its head as text, its body as bytes.
//! It knows lengths and chunks and nothing else.

use std::io::{self, Read, Write};

/// A stream that is read message by message.
pub(crate) struct Wire<S> {
    pub(crate) stream: S,
    buffer: Vec<u8>,
}

/// A request or a reply.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Everything up to and including the empty line.
    pub(crate) head: String,
    /// As it came, chunk marks included.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The words of the first line: method, target, version; or version, status, reason.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.head.lines().next().unwrap_or_default().splitn(3, ' ').collect()
    }

    /// One header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The status of a reply.
    pub(crate) fn status(&self) -> u16 {
        self.words().get(1).and_then(|word| word.parse().ok()).unwrap_or_default()
    }

    /// The body without chunk marks.
    pub(crate) fn content(&self) -> Vec<u8> {
        if self.header("transfer-encoding").is_none() {
            return self.body.clone();
        }
        let mut content = Vec::new();
        let mut rest = self.body.as_slice();
        while let Some(end) = find(rest, b"\r\n") {
            let size = usize::from_str_radix(String::from_utf8_lossy(&rest[..end]).trim(), 16).unwrap_or(0);
            if size == 0 {
                break;
            }
            content.extend_from_slice(&rest[end + 2..end + 2 + size]);
            rest = &rest[end + 2 + size + 2..];
        }
        content
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }
}

impl<S: Read + Write> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Reads one message's head; `None` when the other side has closed in between.
    pub(crate) fn head(&mut self) -> io::Result<Option<Message>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let rest = self.buffer.split_off(end + 4);
                let head = std::mem::replace(&mut self.buffer, rest);
                let head = String::from_utf8(head).map_err(io::Error::other)?;
                return Ok(Some(Message { head, body: Vec::new() }));
            }
            if self.fill()? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// Reads the body that belongs to a head.
    pub(crate) fn body(&mut self, message: &mut Message) -> io::Result<()> {
        if message.header("transfer-encoding").is_some() {
            loop {
                let line = self.until(b"\r\n")?;
                let size =
                    usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16).map_err(io::Error::other)?;
                message.body.extend_from_slice(&line);
                let chunk = self.take(size + 2)?;
                message.body.extend_from_slice(&chunk);
                if size == 0 {
                    return Ok(());
                }
            }
        }
        let length = message.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        message.body = self.take(length)?;
        Ok(())
    }

    /// One whole message.
    pub(crate) fn message(&mut self) -> io::Result<Option<Message>> {
        let Some(mut message) = self.head()? else { return Ok(None) };
        self.body(&mut message)?;
        Ok(Some(message))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// What has come and was not asked for, or the next bytes; empty at the end.
    pub(crate) fn some(&mut self) -> io::Result<Vec<u8>> {
        if self.buffer.is_empty() {
            self.fill()?;
        }
        Ok(std::mem::take(&mut self.buffer))
    }

    fn until(&mut self, mark: &[u8]) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = find(&self.buffer, mark) {
                return self.take(end + mark.len());
            }
            if self.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn take(&mut self, size: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < size {
            if self.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.buffer.split_off(size);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut block = [0; 16 * 1024];
        let size = match self.stream.read(&mut block) {
            // TLS servers that close without a goodbye.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            other => other?,
        };
        self.buffer.extend_from_slice(&block[..size]);
        Ok(size)
    }
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}
