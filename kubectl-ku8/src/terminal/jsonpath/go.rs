//! Values as Go prints them: compact JSON with its escapes, `map[…]` in columns, floats without a needless fraction.
//! It never changes what a value is.

use std::fmt::Write as _;

use serde_json::Value;

/// A value in a filled template.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Object(_) | Value::Array(_) => json(value),
        other => plain(other),
    }
}

/// A value in a column.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number
            .as_i64()
            .map(|whole| whole.to_string())
            .or_else(|| number.as_u64().map(|whole| whole.to_string()))
            .unwrap_or_else(|| number.as_f64().map_or_else(String::new, float)),
        Value::Array(elements) => {
            let words: Vec<String> = elements.iter().map(plain).collect();
            format!("[{}]", words.join(" "))
        }
        Value::Object(fields) => {
            let words: Vec<String> = fields.iter().map(|(name, value)| format!("{name}:{}", plain(value))).collect();
            format!("map[{}]", words.join(" "))
        }
    }
}

/// `%v` of a float64: an exponent below 1e-4 and from 1e21 on.
pub(super) fn float(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-4..1e21).contains(&size) {
        return format!("{number}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, power) = exponent.strip_prefix('-').map_or(('+', exponent), |power| ('-', power));
            format!("{digits}e{sign}{power:0>2}")
        }
        None => text,
    }
}

/// Compact JSON with sorted keys; what means something in HTML is escaped, as Go's encoder does.
fn json(value: &Value) -> String {
    let mut text = String::new();
    write_json(value, &mut text);
    text
}

fn write_json(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            text.push('{');
            for (index, name) in names.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(&Value::String(name.clone()), text);
                text.push(':');
                write_json(&fields[name], text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(element, text);
            }
            text.push(']');
        }
        Value::String(words) => {
            for letter in serde_json::to_string(words).expect("a string is JSON").chars() {
                match letter {
                    '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                        let _ = write!(text, "\\u{:04x}", u32::from(letter));
                    }
                    other => text.push(other),
                }
            }
        }
        other => text.push_str(&plain(other).replace("<nil>", "null")),
    }
}
