//! What `json!` leaves in a component: a text with holes, read into a value at run time.
//! It never meets a text that was not checked when the template was compiled.

use serde::Serialize;
use serde_json::{Map, Value};

/// Stands in a text where the next expression belongs.
const HOLE: u8 = 1;

/// Returns what the text describes, its holes filled in order.
#[inline(never)]
pub fn fill<const N: usize>(text: &'static str, holes: [Value; N]) -> Value {
    let mut holes = holes;
    Reader { text, at: 0, holes: holes.iter_mut() }.value()
}

/// Returns any value as JSON; what cannot be one, such as a map whose keys are no texts, is null.
#[inline(never)]
pub fn of<T: Serialize + ?Sized>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Returns a value as the text of a request or an answer, members in order.
#[inline(never)]
pub fn text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Returns a member's name.
#[inline(never)]
pub fn key(name: impl Into<String>) -> Value {
    Value::String(name.into())
}

/// Reads a text that [`is_sound`].
struct Reader<'h> {
    text: &'static str,
    at: usize,
    holes: std::slice::IterMut<'h, Value>,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(b']')
    }

    fn value(&mut self) -> Value {
        let first = self.peek();
        self.at += 1;
        match first {
            HOLE => self.holes.next().map(Value::take).unwrap_or_default(),
            b'"' => Value::String(self.string()),
            b'{' => Value::Object(self.members()),
            b'[' => Value::Array(self.items()),
            b't' => self.word(3, Value::Bool(true)),
            b'f' => self.word(4, Value::Bool(false)),
            b'n' => self.word(3, Value::Null),
            digit => self.number(u64::from(digit - b'0')),
        }
    }

    fn word(&mut self, rest: usize, value: Value) -> Value {
        self.at += rest;
        value
    }

    fn members(&mut self) -> Map<String, Value> {
        let mut members = Map::new();
        while self.peek() != b'}' {
            let Value::String(name) = self.value() else { break };
            self.at += 1;
            let value = self.value();
            members.insert(name, value);
            self.at += 1;
        }
        self.at += 1;
        members
    }

    fn items(&mut self) -> Vec<Value> {
        let mut items = Vec::new();
        while self.peek() != b']' {
            items.push(self.value());
            self.at += 1;
        }
        self.at += 1;
        items
    }

    fn number(&mut self, first: u64) -> Value {
        let start = self.at - 1;
        let (mut number, mut base) = (first, 10);
        loop {
            match self.peek() {
                digit @ b'0'..=b'9' => number = number.wrapping_mul(base) + u64::from(digit - b'0'),
                b'o' => base = 8,
                // The request's reader knows fractions already.
                b'.' => base = 0,
                b'_' => {}
                _ if base == 0 => {
                    let digits = self.text.get(start..self.at).unwrap_or_default();
                    return serde_json::from_str(digits).unwrap_or_default();
                }
                _ => return Value::from(number),
            }
            self.at += 1;
        }
    }

    /// Reads on after a quotation mark, in Rust's own spelling.
    fn string(&mut self) -> String {
        let mut string = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
            string.push_str(rest.get(..plain).unwrap_or_default());
            let escaped = rest.as_bytes().get(plain + 1).copied();
            self.at += plain + 1;
            if rest.as_bytes().get(plain) != Some(&b'\\') {
                return string;
            }
            self.at += 1;
            match escaped {
                Some(b'n') => string.push('\n'),
                Some(b't') => string.push('\t'),
                // The line goes on after the next one's indentation.
                Some(b'\n') => {
                    while matches!(self.peek(), b' ' | b'\n') {
                        self.at += 1;
                    }
                }
                Some(other) => string.push(char::from(other)),
                None => return string,
            }
        }
    }
}

/// Says whether a text can be read: checked while a template is compiled, so that nothing is left to chance later.
pub const fn is_sound(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at = match bytes[at] {
            b'"' => match end_of_string(bytes, at + 1) {
                Some(end) => end,
                None => return false,
            },
            HOLE | b'{' | b'}' | b'[' | b']' | b',' | b':' => at + 1,
            b'0'..=b'9' => match end_of_number(bytes, at) {
                Some(end) => end,
                None => return false,
            },
            b't' if is_word(bytes, at, b"true") => at + 4,
            b'f' if is_word(bytes, at, b"false") => at + 5,
            b'n' if is_word(bytes, at, b"null") => at + 4,
            _ => return false,
        };
    }
    true
}

const fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some(at + 1),
            b'\\' if at + 1 < bytes.len() && matches!(bytes[at + 1], b'n' | b't' | b'\n' | b'"' | b'\\' | b'\'') => {
                at += 2;
            }
            b'\\' => return None,
            _ => at += 1,
        }
    }
    None
}

/// At most 18 digits: decimal, octal as file modes are, or with a fraction; a type after them is refused.
const fn end_of_number(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = if is_word(bytes, start, b"0o") { start + 2 } else { start };
    let mut points = 0;
    while at < bytes.len() && matches!(bytes[at], b'0'..=b'9' | b'_' | b'.') {
        if bytes[at] == b'.' {
            points += 1;
        }
        at += 1;
    }
    let plain = points == 0 || (points == 1 && bytes[at - 1] != b'.' && bytes[start + 1] != b'o');
    if plain && at - start <= 18 && at < bytes.len() && bytes[at] == b',' { Some(at) } else { None }
}

const fn is_word(bytes: &[u8], start: usize, word: &[u8]) -> bool {
    let mut at = 0;
    while at < word.len() {
        if start + at >= bytes.len() || bytes[start + at] != word[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_sound;
    use crate::{Value, json};

    const NAME: &str = "name";

    fn label(text: &str) -> String {
        format!("{text}-label")
    }

    #[test]
    fn it_reads_what_serde_json_reads() {
        let (port, list, none) = (6379_u16, vec!["a".to_owned()], None::<&str>);
        let ours = json!({
            "text": "a \"quoted\" \\ line\n\ttab 'x' 内存 \
                     goes on",
            "numbers": [0, -5, 86_400, 0o444, 0o17, 0.04, 1.5, port, 2 * 3, -i64::from(port)],
            "nested": {"empty": {}, "list": [], "deep": [[{"a": [null, true, false]}], [],]},
            NAME: none, label("k"): {"x": [port]}, (label("j")): null, label("i"): [1, {"y": 2}], "list": list,
            "null": null,
        });
        let theirs = serde_json::json!({
            "text": "a \"quoted\" \\ line\n\ttab 'x' 内存 \
                     goes on",
            "numbers": [0, -5, 86_400, 0o444, 0o17, 0.04, 1.5, port, 2 * 3, -i64::from(port)],
            "nested": {"empty": {}, "list": [], "deep": [[{"a": [null, true, false]}], [],]},
            NAME: none, label("k"): {"x": [port]}, (label("j")): null, label("i"): [1, {"y": 2}], "list": list,
            "null": null,
        });
        assert_eq!(ours, theirs);
        assert_eq!(json!(null), Value::Null);
        assert_eq!(json!([]), serde_json::json!([]));
        assert_eq!(json!({}), serde_json::json!({}));
        assert_eq!(json!("a"), Value::from("a"));
        assert_eq!(json!(0o444), Value::from(0o444));
        assert_eq!(json!(list.len() + 1), Value::from(2));
    }

    #[test]
    fn what_it_cannot_read_does_not_compile() {
        for text in [
            "-1,",
            "1.,",
            "1.2.3,",
            "0o1.5,",
            "'c',",
            "r\"x\",",
            "0x10,",
            "1u8,",
            "\"\\u{41}\",",
            "\"open",
            "yes,",
            "9999999999999999999,",
        ] {
            assert!(!is_sound(text), "{text}");
        }
        assert!(is_sound("{\"a\":[1,0.5,86_400,true,false,null,\"\\n\",],}"));
    }
}
