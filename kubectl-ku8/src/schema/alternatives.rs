//! What else could stand in the place of a value: other choices, neighbouring numbers, other texts of the same form.
//! It never promises that the schema takes one of them; whoever tries them finds out.

use serde_json::{Value, json};

use super::explain::Explanation;
use super::walk::{join, segments};
use super::{Schema, explain};

/// Alternatives of one value that are tried at most.
const MOST: usize = 7;

/// A value that stands somewhere, or could.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// What the schema says of it.
    pub told: Explanation,
    /// The value; null where none is set.
    pub value: Value,
}

/// Every value that is no object of others, in the order of their names; lists of plain values are one. A secret is
/// one too, whatever it refers to.
pub fn leaves(schema: &Schema, values: &Value) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(schema.document(), "", values, &mut found);
    found
}

fn collect(document: &Value, pointer: &str, value: &Value, found: &mut Vec<Leaf>) {
    let names = segments(pointer);
    let path: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = explain(document, &path).unwrap_or_else(|_| unknown(pointer, value));
    match value {
        Value::Object(members) if !told.secret && !members.is_empty() => {
            for (name, member) in members {
                collect(document, &join(pointer, name), member, found);
            }
        }
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            for (index, element) in elements.iter().enumerate() {
                collect(document, &join(pointer, &index.to_string()), element, found);
            }
        }
        // What could stand in it is a parameter of its own.
        Value::Object(_) if !told.secret && !told.members.is_empty() => {}
        _ if pointer.is_empty() => {}
        _ => found.push(Leaf { told, value: value.clone() }),
    }
}

/// What is known of a place the schema says nothing certain about.
fn unknown(pointer: &str, value: &Value) -> Explanation {
    let kind = match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        _ => "any value",
    };
    Explanation {
        path: super::dotted(pointer),
        pointer: pointer.to_owned(),
        kind: kind.to_owned(),
        changeable: true,
        ..Explanation::default()
    }
}

/// A few values that differ from the present one, the likeliest first; none where nothing is known to try.
pub fn alternatives(told: &Explanation, present: &Value) -> Vec<Value> {
    let mut found = if told.choices.is_empty() { of_kind(told, present) } else { told.choices.clone() };
    found.extend(told.examples.iter().cloned());
    found.retain(|other| other != present);
    let mut different: Vec<Value> = Vec::new();
    for other in found {
        if !different.contains(&other) {
            different.push(other);
        }
    }
    different.truncate(MOST);
    different
}

fn of_kind(told: &Explanation, present: &Value) -> Vec<Value> {
    match (told.kind.as_str(), present) {
        ("secret", _) => Vec::new(),
        (_, Value::Bool(flag)) => vec![json!(!flag)],
        ("boolean", _) => vec![json!(true), json!(false)],
        (_, Value::Number(number)) => numbers(number),
        ("integer" | "number", _) => [1, 2, 3, 10, 1024, 30_001].map(Value::from).to_vec(),
        (_, Value::String(text)) if !text.is_empty() => texts(text),
        ("quantity", _) => ["3Gi", "30Gi", "600m", "300Mi"].map(Value::from).to_vec(),
        ("string", _) => TEXTS.map(Value::from).to_vec(),
        ("map of string", Value::Object(members)) => {
            let mut more = members.clone();
            more.insert("example.com/other".into(), "other".into());
            let mut plain = members.clone();
            plain.insert("OTHER".into(), "1".into());
            vec![Value::Object(more), Value::Object(plain)]
        }
        (_, Value::Array(elements)) => lists(told, elements),
        _ => Vec::new(),
    }
}

/// Texts of which some fit most places.
const TEXTS: [&str; 7] = ["other", "1.2.3", "600m", "registry.example/other", "08:00", "/other", "OTHER"];

fn numbers(number: &serde_json::Number) -> Vec<Value> {
    match number.as_i64() {
        // One more and one less; two more where only odd ones are taken; twice where only large steps matter.
        Some(whole) => [whole.checked_add(1), whole.checked_sub(1), whole.checked_add(2), whole.checked_mul(2)]
            .into_iter()
            .flatten()
            .map(Value::from)
            .collect(),
        None => number.as_f64().map(|real| vec![json!(real + 1.0), json!(real / 2.0)]).unwrap_or_default(),
    }
}

/// The same text with its last number one higher or twice as high, with a letter more, and with another first letter.
fn texts(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some(end) = text.rfind(|letter: char| letter.is_ascii_digit()) {
        let start = text[..=end]
            .rfind(|letter: char| !letter.is_ascii_digit())
            .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        let digits = &text[start..=end];
        if let Ok(number) = digits.parse::<u64>() {
            let width = digits.len();
            for other in [number.saturating_add(1), number.saturating_mul(2), number / 2] {
                found.push(json!(format!("{}{other:0width$}{}", &text[..start], &text[end + 1..])));
            }
        }
    }
    found.push(json!(format!("{text}x")));
    found.push(json!(format!("{text}2")));
    let rest: String = text.chars().skip(1).collect();
    found.push(json!(format!("{}{rest}", if text.starts_with('b') { 'c' } else { 'b' })));
    found
}

fn lists(told: &Explanation, elements: &[Value]) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some((_, fewer)) = elements.split_last() {
        found.push(Value::Array(fewer.to_vec()));
    }
    let another = match elements.last() {
        Some(last) => of_kind(&Explanation::default(), last),
        None if told.kind.ends_with("of integer") => vec![json!(1)],
        None if told.kind.ends_with("of string") => TEXTS.map(Value::from).to_vec(),
        None => Vec::new(),
    };
    found.extend(another.into_iter().take(3).map(|element| {
        let mut more = elements.to_vec();
        more.push(element);
        Value::Array(more)
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "callers write json!")]
    fn others(kind: &str, present: Value) -> Vec<Value> {
        alternatives(&Explanation { kind: kind.into(), ..Explanation::default() }, &present)
    }

    #[test]
    fn others_have_the_form_of_what_is_there() {
        assert_eq!(others("boolean", json!(true)), [json!(false)]);
        assert_eq!(others("integer", json!(3)), [json!(4), json!(2), json!(5), json!(6)]);
        assert_eq!(others("quantity", json!("8Gi"))[..3], [json!("9Gi"), json!("16Gi"), json!("4Gi")]);
        assert_eq!(others("string", json!("02:09"))[0], json!("02:10"));
        assert_eq!(others("string", json!("a.é9"))[0], json!("a.é10"));
        assert!(others("string", json!("")).contains(&json!("other")));
        assert_eq!(others("list of string", json!(["a"]))[..2], [json!([]), json!(["a", "ax"])]);
        assert!(others("secret", json!({"generate": {}})).is_empty());
        let choice = Explanation { choices: vec![json!("a"), json!("b")], ..Explanation::default() };
        assert_eq!(alternatives(&choice, &json!("a")), [json!("b")]);
    }

    #[test]
    fn leaves_are_values_and_never_objects_of_them() {
        let schema = Schema::parse(&json!({"type": "object", "properties": {
            "a": {"type": "object", "properties": {"b": {"type": "integer", "title": "B"}}},
            "list": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "words": {"type": "array", "items": {"type": "string"}},
            "key": {"x-ku8-secret": true, "type": "object"}}}))
        .unwrap();
        let values =
            json!({"a": {"b": 1}, "list": [{"name": "x"}], "words": ["y"], "key": {"generate": {"length": 24}}});
        let found = leaves(&schema, &values);
        let told: Vec<(&str, &str)> =
            found.iter().map(|one| (one.told.path.as_str(), one.told.kind.as_str())).collect();
        let expected = [("a.b", "integer"), ("key", "secret"), ("list[0].name", "string"), ("words", "list of string")];
        assert_eq!(told, expected);
    }
}
