//! What must never leave this process, and how text is freed of it: every secret value that was seen, in every form.
//! It keeps values in memory only, and never says which one it replaced.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::RwLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// Stands where a secret value was.
pub const REDACTED: &str = "(redacted)";

/// Shorter values are too likely to be part of something harmless (decisions.md, 29).
const SHORTEST: usize = 8;
/// A line of a longer secret is a secret of its own only if it is no prose and no setting.
const SHORTEST_LINE: usize = 16;

/// Entries of a Secret that say where and as whom, which plans and names repeat all the time.
const HARMLESS: &[&str] = &[
    "bucket",
    "ca.crt",
    "database",
    "db",
    "dbname",
    "endpoint",
    "host",
    "hostname",
    "login",
    "name",
    "namespace",
    "port",
    "region",
    "service-ca.crt",
    "tls.crt",
    "user",
    "username",
];

/// The secret values seen so far, in the forms they can be written in.
#[derive(Debug, Default)]
pub struct Redactor {
    needles: BTreeSet<Needle>,
}

/// Longest first, so that a value that holds another one goes as a whole.
#[derive(PartialEq, Eq)]
struct Needle(String);

impl std::fmt::Debug for Needle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Ord for Needle {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.len().cmp(&self.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Needle {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Redactor {
    /// Remembers a value, if it is long enough to be told from other text.
    pub fn learn(&mut self, value: &str) {
        let trimmed = value.trim();
        for part in [value, trimmed] {
            if part.len() >= SHORTEST {
                self.needles.extend(forms(part).into_iter().filter(|form| form.len() >= SHORTEST).map(Needle));
            }
        }
        if trimmed.contains('\n') {
            let lines = trimmed.lines().map(str::trim);
            for line in lines.filter(|line| line.len() >= SHORTEST_LINE && !line.contains(char::is_whitespace)) {
                self.learn(line);
            }
        }
    }

    /// Remembers a value that is not text, by its encodings.
    pub fn learn_bytes(&mut self, value: &[u8]) {
        match std::str::from_utf8(value) {
            Ok(text) => self.learn(text),
            Err(_) if value.len() >= SHORTEST => self.needles.extend(encodings(value).into_iter().map(Needle)),
            Err(_) => {}
        }
    }

    /// The text without any of the values.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut clean = Cow::Borrowed(text);
        for Needle(needle) in &self.needles {
            if clean.contains(needle.as_str()) {
                clean = Cow::Owned(clean.replace(needle.as_str(), REDACTED));
            }
        }
        clean
    }
}

/// A value as it may be written: plain, escaped for JSON, for Rust's debug form or for a terminal, and encoded.
fn forms(value: &str) -> Vec<String> {
    let json = Value::from(value).to_string();
    let twice = Value::from(json.as_str()).to_string();
    let inner = |quoted: &str, depth: usize| quoted[depth..quoted.len() - depth].to_owned();
    let mut forms = vec![
        value.to_owned(),
        inner(&json, 1),
        // A JSON text inside a JSON text.
        inner(&twice, 3),
        value.escape_debug().to_string(),
        crate::object::printable(value),
    ];
    forms.extend(encodings(value.as_bytes()));
    forms
}

fn encodings(bytes: &[u8]) -> Vec<String> {
    let hex = bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let mut forms = vec![hex.to_uppercase(), hex];
    for upper in [true, false] {
        for space in ["%20", "+"] {
            forms.push(url(bytes, upper, space));
        }
    }
    // In base64 a value looks different at each of three places in a longer text; the characters at its ends mix with
    // their neighbours and are left out.
    for offset in 0..3_usize {
        let mut padded = vec![0_u8; offset];
        padded.extend_from_slice(bytes);
        let skip = [0, 2, 3][offset];
        let whole = padded.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&padded);
            if let Some(core) = text.get(skip..whole).filter(|core| core.len() >= SHORTEST) {
                forms.push(core.to_owned());
            }
        }
    }
    forms
}

fn url(bytes: &[u8], upper: bool, space: &str) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(*byte)),
            b' ' => text.push_str(space),
            other => {
                // Writing to memory cannot fail.
                let _ = if upper { write!(text, "%{other:02X}") } else { write!(text, "%{other:02x}") };
            }
        }
    }
    text
}

/// One for the process: what one command learns, its panics and logs must not say either.
static SEEN: RwLock<Redactor> = RwLock::new(Redactor { needles: BTreeSet::new() });

fn change(act: impl FnOnce(&mut Redactor)) {
    // A thread that panicked while it held the lock has left a set that is still a set.
    act(&mut SEEN.write().unwrap_or_else(std::sync::PoisonError::into_inner));
}

/// Remembers a secret value for the life of this process.
pub fn learn(value: &str) {
    change(|seen| seen.learn(value));
}

/// Remembers the values of a Secret as the server or kubectl writes it, from its `data` and `stringData`.
pub fn learn_secret(secret: &Value) {
    let harmless = |key: &str| HARMLESS.contains(&key.to_ascii_lowercase().as_str());
    change(|seen| {
        for (_, value) in secret["data"].as_object().into_iter().flatten().filter(|(key, _)| !harmless(key)) {
            let text = value.as_str().unwrap_or_default();
            match base64::engine::general_purpose::STANDARD.decode(text) {
                Ok(bytes) => seen.learn_bytes(&bytes),
                Err(_) => seen.learn(text),
            }
        }
        for (_, value) in secret["stringData"].as_object().into_iter().flatten().filter(|(key, _)| !harmless(key)) {
            match value {
                Value::String(text) => seen.learn(text),
                // The server refuses these, and its refusal may quote them (decisions.md, 38).
                other => seen.learn(&other.to_string()),
            }
        }
    });
}

/// The text without any secret value seen so far.
pub fn redact(text: &str) -> String {
    SEEN.read().unwrap_or_else(std::sync::PoisonError::into_inner).redact(text).into_owned()
}

/// Says whether a text holds a secret value seen so far: it must not be stored then.
pub fn holds_secret(text: &str) -> bool {
    matches!(SEEN.read().unwrap_or_else(std::sync::PoisonError::into_inner).redact(text), Cow::Owned(_))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    const SECRET: &str = "p\"ä ss/wörd+4711";

    fn hex_of(text: &str) -> String {
        text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    fn knowing(values: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        for value in values {
            redactor.learn(value);
        }
        redactor
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        let redactor = knowing(&[SECRET]);
        let json = json!({"a": SECRET}).to_string();
        let hex = hex_of(SECRET);
        let texts = [
            SECRET.to_owned(),
            json.clone(),
            json!({"inner": json}).to_string(),
            STANDARD.encode(SECRET),
            STANDARD.encode(format!("u:{SECRET}")),
            STANDARD.encode(format!("user:{SECRET}")),
            URL_SAFE_NO_PAD.encode(format!("us:{SECRET}@host")),
            hex.clone(),
            hex.to_uppercase(),
            url(SECRET.as_bytes(), true, "%20"),
            url(SECRET.as_bytes(), false, "+"),
            format!("{SECRET:?}"),
        ];
        for text in &texts {
            let clean = redactor.redact(&format!("before {text} after")).into_owned();
            assert!(clean.contains(REDACTED) && clean.starts_with("before ") && clean.ends_with(" after"), "{clean}");
        }
        assert_eq!(redactor.redact("nothing here"), "nothing here");
    }

    #[test]
    fn short_values_and_prose_stay() {
        let redactor = knowing(&["short", "first line of prose\nLS0tLS1CRUdJTiBLRVk0NzEx\nmax = 100\n"]);
        assert_eq!(redactor.redact("short first line of prose, max = 100"), "short first line of prose, max = 100");
        assert_eq!(redactor.redact("a LS0tLS1CRUdJTiBLRVk0NzEx b"), "a (redacted) b");
    }

    #[test]
    fn a_value_inside_a_longer_one_leaves_nothing_of_it() {
        let redactor = knowing(&["password", "password-and-more"]);
        assert_eq!(redactor.redact("x password-and-more y password z"), "x (redacted) y (redacted) z");
        assert_eq!(format!("{redactor:?}").matches("password").count(), 0);
    }

    #[test]
    fn bytes_that_are_no_text_are_found_encoded() {
        let bytes = [0xff, 0x00, 0x81, 0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0];
        let mut redactor = Redactor::default();
        redactor.learn_bytes(&bytes);
        assert_eq!(redactor.redact(&STANDARD.encode(bytes)), REDACTED);
        assert_eq!(redactor.redact("ff008190a0b0c0d0e0"), REDACTED);
    }

    #[test]
    fn values_of_secrets_are_learned_and_user_names_are_not() {
        learn_secret(
            &json!({"data": {"password": STANDARD.encode("unit-canary-1"), "username": STANDARD.encode("orders-app")},
            "stringData": {"pin": 8_675_309_123_u64}}),
        );
        assert_eq!(redact("unit-canary-1 orders-app 8675309123"), "(redacted) orders-app (redacted)");
        assert!(holds_secret("unit-canary-1") && !holds_secret("orders-app"));
    }
}
