//! Frames on a pipe: eight bytes of length, then so many bytes.
//! It never takes memory for what was announced and did not arrive.

use std::io::{self, Read, Write};

/// Bytes of a task: values, a request, live objects.
pub(super) const TASK_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes of a reply: the output cap, with room for JSON escapes.
pub(super) const REPLY_BYTES: usize = 64 * 1024 * 1024;

/// Writes one frame and does not keep any of it back.
pub(super) fn write_frame(mut to: impl Write, content: &[u8]) -> io::Result<()> {
    to.write_all(&(content.len() as u64).to_le_bytes())?;
    to.write_all(content)?;
    to.flush()
}

/// Reads one frame of at most so many bytes.
pub(super) fn read_frame(mut from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > most {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    // Grows with what arrives, not with what was announced.
    let mut content = Vec::new();
    from.take(length).read_to_end(&mut content)?;
    if content.len() as u64 == length { Ok(content) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole_or_refused() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"hello").unwrap();
        assert_eq!(read_frame(&pipe[..], 5).unwrap(), b"hello");
        assert_eq!(read_frame(&pipe[..], 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_frame(&pipe[..12], 5).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read_frame(&pipe[..3], 5).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
