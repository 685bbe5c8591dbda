//! KYAML: YAML in flow style with every string in double quotes, which no parser reads in two ways.
//! It writes and never reads.

use serde_json::Value;

use crate::object::printable_json;

/// One document, beginning with `---`.
pub(super) fn kyaml(value: &Value) -> String {
    let mut text = "---\n".to_owned();
    write(value, 0, &mut text);
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth + 1);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push_str("{\n");
            for (name, inner) in fields {
                text.push_str(&indent);
                text.push_str(&key(name));
                text.push_str(": ");
                write(inner, depth + 1, text);
                text.push_str(",\n");
            }
            text.push_str(&"  ".repeat(depth));
            text.push('}');
        }
        Value::Array(elements) if !elements.is_empty() => {
            // Objects of a list stand in the brackets of the list.
            if elements.iter().all(|element| element.as_object().is_some_and(|fields| !fields.is_empty())) {
                text.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    write(element, depth, text);
                }
                text.push(']');
                return;
            }
            text.push_str("[\n");
            for element in elements {
                text.push_str(&indent);
                write(element, depth + 1, text);
                text.push_str(",\n");
            }
            text.push_str(&"  ".repeat(depth));
            text.push(']');
        }
        other => text.push_str(&printable_json(&serde_json::to_string(other).expect("JSON serialises"))),
    }
}

/// A name that cannot be mistaken for anything else needs no quotes.
fn key(name: &str) -> String {
    let plain = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    let word = matches!(
        name.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "nan" | "inf"
    );
    if plain && !word {
        name.to_owned()
    } else {
        printable_json(&serde_json::to_string(name).expect("a string is JSON"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_reads_back_as_what_it_was() {
        let value = json!({"a": "no", "no": 1, "x/y": "0644", "list": [1, "on", null], "items": [{"b": {}}, {"c": []}],
            "text": "two\nlines: \"x\""});
        let text = kyaml(&value);
        assert!(text.starts_with("---\n{\n  a: \"no\",\n"), "{text}");
        assert!(text.contains("items: [{\n    b: {},\n  }, {\n"), "{text}");
        assert_eq!(crate::definition::yaml::documents(&text).unwrap(), vec![value]);
    }
}
