//! Base64 as signatures and keys carry it: the standard alphabet, with padding, in one form only.
//! It never skips a character it does not know.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Decodes; `None` when the text has any other form, or stands for more than `limit` bytes.
pub(super) fn decode(text: &str, limit: usize) -> Option<Vec<u8>> {
    // Four characters stand for three bytes.
    if text.is_empty() || text.len() > limit.div_ceil(3) * 4 {
        return None;
    }
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_only() {
        assert_eq!(decode("aGk=", 2), Some(b"hi".to_vec()));
        for bad in ["", "aGk", "aGl=", "aGk=\n", "aG-_", " aGk=", "aGk=aGk="] {
            assert_eq!(decode(bad, 64), None, "{bad:?}");
        }
        assert_eq!(decode("aGVsbG8gd29ybGQ=", 3), None);
    }
}
