//! Our own words for each way a value can break a schema.
//! It never prints a whole object, a long text, or anything at or below a secret.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::validate::Violation;
use super::walk::{dotted, is_quantity, is_secret, join, known_names, nodes_at, segments};
use crate::object::{Quantity, nearest, printable};

/// The violations one finding of the validator stands for; an unknown name is one each.
pub(super) fn violations(document: &Value, error: &ValidationError<'_>) -> Vec<Violation> {
    let pointer = error.instance_path().as_str();
    let one = |pointer: String, message: String, hint: Option<String>| Violation {
        pointer,
        rule: error.kind().keyword().to_owned(),
        message,
        hint,
    };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let known = known_names(document, pointer);
            let unknown = |name: &String| {
                let place = join(pointer, name);
                let hint = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                one(place.clone(), format!("{} is not known here", dotted(&place)), hint)
            };
            unexpected.iter().map(unknown).collect()
        }
        Kind::Required { property } => {
            let place = join(pointer, property.as_str().unwrap_or_default());
            vec![one(place.clone(), format!("{} is missing; it is required", dotted(&place)), None)]
        }
        Kind::PropertyNames { error: inner } => {
            let name = printable(inner.instance().as_str().unwrap_or_default());
            let text = format!("the name `{name}` in {} is not allowed", dotted(pointer));
            vec![one(join(pointer, &name), text, Some(expectation(inner)).filter(|text| !text.is_empty()))]
        }
        _ => {
            let (message, hint) = sentence(document, error);
            let mut found = one(pointer.to_owned(), message, hint);
            if is_quantity(&nodes_at(document, pointer))
                && matches!(error.kind(), Kind::Type { .. } | Kind::Pattern { .. })
            {
                "quantity".clone_into(&mut found.rule);
            }
            vec![found]
        }
    }
}

/// One value, what is wrong with it, and what to write instead.
fn sentence(document: &Value, error: &ValidationError<'_>) -> (String, Option<String>) {
    let pointer = error.instance_path().as_str();
    let value = error.instance().as_ref();
    let nodes = nodes_at(document, pointer);
    let what = dotted(pointer);
    let secret = below_secret(document, pointer);
    let is = if secret { "a secret value".to_owned() } else { describe(value) };
    if is_quantity(&nodes) && !secret {
        match (error.kind(), value) {
            (Kind::Type { .. }, Value::Number(number)) => {
                let unit = likely_unit(&usual_unit(document, pointer), number.as_f64());
                return (format!("{what} is {is}; write a quantity such as \"{number}{unit}\""), None);
            }
            (Kind::Pattern { .. }, Value::String(text)) if text.parse::<Quantity>().is_err() => {
                return (
                    format!("{what} is {is}, which is not a quantity"),
                    Some(quantity_hint(document, pointer, text)),
                );
            }
            _ => {}
        }
    }
    let expected = expectation(error);
    let message = if expected.is_empty() {
        format!("{what} is {is}, which is not allowed here")
    } else {
        format!("{what} is {is}; {expected}")
    };
    (message, if secret { None } else { hint(error.kind(), value) })
}

fn below_secret(document: &Value, pointer: &str) -> bool {
    let mut place = String::new();
    let secret = |place: &str| is_secret(&nodes_at(document, place));
    // The shape of a secret ({secretRef}, {generate}) is no secret; only what stands in its place is.
    secret(pointer)
        || segments(pointer).iter().any(|name| {
            place = join(&place, name);
            secret(&place)
                && !pointer.starts_with(&format!("{place}/generate/"))
                && !pointer.starts_with(&format!("{place}/secretRef/"))
        })
}

/// What the schema wanted, as the second half of a sentence; empty when it only says no.
fn expectation(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Type { kind } => format!("expected {}", types(kind)),
        Kind::Enum { options } => format!("expected one of {}", list(options.as_array().map_or(&[], Vec::as_slice))),
        Kind::Constant { expected_value } => format!("expected {}", literal(expected_value)),
        Kind::Minimum { limit } => format!("expected at least {limit}"),
        Kind::Maximum { limit } => format!("expected at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("expected more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("expected less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("expected a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("expected at least {}", counted(*limit, "character")),
        Kind::MaxLength { limit } => format!("expected at most {}", counted(*limit, "character")),
        Kind::MinItems { limit } => format!("expected at least {}", counted(*limit, "element")),
        Kind::AdditionalItems { limit } => format!("expected at most {}", counted(*limit as u64, "element")),
        Kind::MaxItems { limit } => format!("expected at most {}", counted(*limit, "element")),
        Kind::MinProperties { limit } => format!("expected at least {}", counted(*limit, "name")),
        Kind::MaxProperties { limit } => format!("expected at most {}", counted(*limit, "name")),
        Kind::Pattern { pattern } => format!("expected text that matches {}", shorten(pattern, 120)),
        Kind::UniqueItems => "expected no element twice".to_owned(),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let mut forms: Vec<String> = context.iter().map(|branch| form(branch)).collect();
            forms.dedup();
            format!("expected {}", forms.join(", or "))
        }
        Kind::OneOfMultipleValid { .. } => "expected exactly one of the alternatives, found several".to_owned(),
        _ => String::new(),
    }
}

/// What one alternative asks for, read from how the value fails it.
fn form(branch: &[ValidationError<'static>]) -> String {
    let type_wanted = branch.iter().find_map(|error| match error.kind() {
        Kind::Type { kind } => Some(types(kind)),
        _ => None,
    });
    let names: Vec<String> = branch
        .iter()
        .filter_map(|error| match error.kind() {
            Kind::Required { property } => property.as_str().map(|name| format!("`{}`", printable(name))),
            _ => None,
        })
        .collect();
    match (type_wanted, names.is_empty()) {
        (Some(wanted), true) => wanted,
        (Some(wanted), false) => format!("{wanted} with {}", names.join(", ")),
        (None, false) => format!("an object with {}", names.join(", ")),
        (None, true) => branch
            .first()
            .map(|error| expectation(error).trim_start_matches("expected ").to_owned())
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "another form".to_owned()),
    }
}

fn hint(kind: &Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Enum { options }, Value::String(text)) => {
            let words = options.as_array()?.iter().filter_map(Value::as_str);
            nearest(text, words).map(|near| format!("did you mean \"{}\"?", printable(near)))
        }
        (Kind::Type { kind }, Value::String(text)) => {
            let read: Value = serde_json::from_str(text).ok()?;
            let wanted = match &read {
                Value::Bool(_) => wants(kind, JsonType::Boolean),
                Value::Number(number) if number.is_f64() => wants(kind, JsonType::Number),
                Value::Number(_) => wants(kind, JsonType::Integer) || wants(kind, JsonType::Number),
                _ => false,
            };
            wanted.then(|| format!("write {read} without quotes"))
        }
        (Kind::Type { kind }, Value::Number(_) | Value::Bool(_)) if wants(kind, JsonType::String) => {
            Some(format!("write \"{value}\" in quotes"))
        }
        _ => None,
    }
}

/// A value in words: short, printable, and only its type when it is large.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string \"{}\"", shorten(text, 60)),
        Value::Array(elements) => format!("a list of {}", counted(elements.len() as u64, "element")),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// How to write what was probably meant by a text that is no quantity.
pub(super) fn quantity_hint(document: &Value, pointer: &str, text: &str) -> String {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" | "ki" => "Ki",
        "mb" | "mib" | "mi" => "Mi",
        "g" | "gb" | "gib" | "gi" => "Gi",
        "t" | "tb" | "tib" | "ti" => "Ti",
        _ => "",
    };
    let corrected = format!("{number}{unit}");
    if !unit.is_empty() && corrected.parse::<Quantity>().is_ok() {
        return format!("write \"{corrected}\": a number and a unit, such as Mi or Gi, without a space");
    }
    let example = example(document, pointer).unwrap_or_else(|| "1Gi".to_owned());
    format!("write a quantity such as \"{example}\"")
}

/// The unit this value usually has: that of its default or first example.
fn usual_unit(document: &Value, pointer: &str) -> String {
    let usual = example(document, pointer).unwrap_or_default();
    let unit = usual.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    if usual.is_empty() { "Gi".to_owned() } else { unit.to_owned() }
}

/// Hundreds of gibibytes are rarely meant where the usual value has a few: 512 is more likely 512Mi.
fn likely_unit(usual: &str, number: Option<f64>) -> String {
    let many = number.is_some_and(|number| number >= 128.0);
    if usual == "Gi" && many { "Mi".to_owned() } else { usual.to_owned() }
}

fn example(document: &Value, pointer: &str) -> Option<String> {
    let nodes = nodes_at(document, pointer);
    let default = nodes.iter().find_map(|keywords| keywords.get("default")?.as_str());
    let first = || nodes.iter().find_map(|keywords| keywords.get("examples")?.get(0)?.as_str());
    default.or_else(first).filter(|text| text.parse::<Quantity>().is_ok()).map(str::to_owned)
}

/// Printable text of at most `limit` characters.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    let mut short: String = text.chars().take(limit).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    printable(&short)
}

fn wants(kind: &TypeKind, wanted: JsonType) -> bool {
    match kind {
        TypeKind::Single(only) => *only == wanted,
        TypeKind::Multiple(several) => several.contains(wanted),
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(only) => article(*only).to_owned(),
        TypeKind::Multiple(several) => several.iter().map(article).collect::<Vec<_>>().join(" or "),
    }
}

fn article(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    }
}

fn list(options: &[Value]) -> String {
    let shown: Vec<String> = options.iter().take(12).map(literal).collect();
    let rest = if options.len() > shown.len() { ", …" } else { "" };
    format!("{}{rest}", shown.join(", "))
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", shorten(text, 60)),
        Value::Array(_) | Value::Object(_) => shorten(&value.to_string(), 60),
        scalar => scalar.to_string(),
    }
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
