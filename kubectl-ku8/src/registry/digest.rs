//! Digests: made from bytes, and judged as texts before anything else is done with them. Pure.
//! It never takes a digest in another form than `sha256:` and 64 lower-case hexadecimal digits: it becomes part of URLs.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// How every digest begins.
pub(super) const PREFIX: &str = "sha256:";

/// The digest of some bytes.
pub(super) fn of(bytes: &[u8]) -> String {
    finish(Sha256::new_with_prefix(bytes))
}

/// The digest of what a hash was fed.
pub(super) fn finish(hash: Sha256) -> String {
    hash.finalize().iter().fold(PREFIX.to_owned(), |mut text, byte| {
        // Writing to memory cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Says whether a text is a digest.
pub(super) fn is(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// The hexadecimal digits of a digest.
pub(super) fn hex(digest: &str) -> &str {
    digest.strip_prefix(PREFIX).unwrap_or(digest)
}
