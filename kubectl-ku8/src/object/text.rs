//! Rules about names and printable text, used wherever a string crosses a border.
//! It only answers questions about text; it never prints.

/// RFC 1123 label: lower-case letters, digits and `-`, at most 63 characters.
pub fn is_dns_label(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// RFC 1123 subdomain: labels joined by dots, at most 253 characters.
pub fn is_dns_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_dns_label)
}

/// The candidate closest to `word`, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// Names of variables and keys whose plain values are not shown (plan-apply.md, section 3.6).
pub fn is_sensitive_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "private_key", "privatekey", "credential"]
        .iter()
        .any(|word| name.contains(word))
}

/// Escapes control characters (C0, C1, DEL) and direction overrides, so that text from a guest, the cluster or a
/// file cannot steer a terminal (security.md, F7). Newline and tab stay.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) { safe.extend(character.escape_unicode()) } else { safe.push(character) }
    }
    safe
}

/// The same for a JSON text, in JSON's own form: it still means what it meant.
pub fn printable_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) {
            let mut units = [0; 2];
            safe.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Says whether a character steers a terminal, turns text around, or cannot be seen.
pub fn steers(character: char) -> bool {
    character.is_control() && character != '\n' && character != '\t'
        || matches!(
            character,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_rfc_1123() {
        assert!(is_dns_label("orders-db"));
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", &"a".repeat(64)] {
            assert!(!is_dns_label(bad), "{bad}");
        }
    }

    #[test]
    fn a_typo_finds_its_word_and_nonsense_does_not() {
        assert_eq!(nearest("replcas", ["replicas", "storage"]), Some("replicas"));
        assert_eq!(nearest("maxconnections", ["maxConnections"]), Some("maxConnections"));
        assert_eq!(nearest("zzz", ["replicas", "storage"]), None);
    }

    #[test]
    fn escape_sequences_do_not_reach_a_terminal() {
        assert_eq!(printable("a\u{1b}]0;x\u{7}b\u{202e}"), "a\\u{1b}]0;x\\u{7}b\\u{202e}");
        assert_eq!(printable("\u{61c}\u{2028}\u{e0041}"), "\\u{61c}\\u{2028}\\u{e0041}");
        assert_eq!(printable_json("\"a\u{7f}\u{e0041}\""), "\"a\\u007f\\udb40\\udc41\"");
        assert_eq!(printable("two\nlines\tand 中文"), "two\nlines\tand 中文");
    }
}
