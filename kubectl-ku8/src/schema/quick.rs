//! Sees at a glance that values fit a schema, so that the whole validator need not be built: it takes longer than a render.
//! It never says that they do not: where it is not certain, [`validate`](super::validate) asks the validator.

use regex::RegexBuilder;
use serde_json::{Map, Number, Value};

use super::PATTERN_BYTES;
use super::walk::resolve;

/// Keywords that say nothing about whether a value fits.
const SILENT: [&str; 10] =
    ["$schema", "$defs", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "format"];

/// Whole numbers beyond it have neighbours floating point cannot tell apart.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Says that the value certainly fits; `false` means that it does not, or that nothing is certain.
pub(super) fn fits(document: &Value, value: &Value) -> bool {
    judge(document, document, value) == Some(true)
}

/// Whether the value fits a schema; `None` where a keyword is beyond this file.
fn judge(document: &Value, schema: &Value, value: &Value) -> Option<bool> {
    let keywords = match schema {
        Value::Bool(answer) => return Some(*answer),
        Value::Object(keywords) => keywords,
        _ => return None,
    };
    for (keyword, rule) in keywords {
        if !keyword_holds(document, keywords, keyword, rule, value)? {
            return Some(false);
        }
    }
    Some(true)
}

fn keyword_holds(
    document: &Value,
    keywords: &Map<String, Value>,
    keyword: &str,
    rule: &Value,
    value: &Value,
) -> Option<bool> {
    let all = |schemas: &Value| -> Option<usize> {
        let fitting = schemas.as_array()?.iter().map(|schema| judge(document, schema, value));
        fitting.sum::<Option<Count>>().map(|count| count.0)
    };
    match keyword {
        "$ref" => judge(document, resolve(document, rule.as_str()?)?, value),
        "allOf" => Some(all(rule)? == rule.as_array()?.len()),
        "anyOf" => Some(all(rule)? > 0),
        "oneOf" => Some(all(rule)? == 1),
        "not" => Some(!judge(document, rule, value)?),
        "if" => {
            let branch = if judge(document, rule, value)? { "then" } else { "else" };
            keywords.get(branch).map_or(Some(true), |schema| judge(document, schema, value))
        }
        // Read where `if` is; alone they say nothing.
        "then" | "else" => Some(true),
        "type" => has_type(rule, value),
        "enum" => {
            Some(rule.as_array()?.iter().map(|word| same(word, value)).collect::<Option<Vec<_>>>()?.contains(&true))
        }
        "const" => same(rule, value),
        "minimum" | "maximum" => number(keyword, rule, value),
        "minLength" | "maxLength" | "pattern" => value.as_str().map_or(Some(true), |text| letters(keyword, rule, text)),
        "items" | "minItems" | "maxItems" | "uniqueItems" => {
            if keywords.contains_key("prefixItems") {
                return None;
            }
            value.as_array().map_or(Some(true), |items| list(document, keyword, rule, items))
        }
        "properties" | "required" | "additionalProperties" | "propertyNames" | "minProperties" | "maxProperties" => {
            if keywords.contains_key("patternProperties") {
                return None;
            }
            value.as_object().map_or(Some(true), |members| object(document, keywords, keyword, rule, members))
        }
        silent => (SILENT.contains(&silent) || silent.starts_with("x-")).then_some(true),
    }
}

/// How many alternatives fit; none where one of them is uncertain.
struct Count(usize);

impl std::iter::Sum<bool> for Count {
    fn sum<I: Iterator<Item = bool>>(answers: I) -> Self {
        Self(answers.filter(|fits| *fits).count())
    }
}

fn has_type(rule: &Value, value: &Value) -> Option<bool> {
    let one = |word: &Value| {
        Some(match word.as_str()? {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            // 1.0 is an integer too: left to the validator.
            "integer" if value.is_f64() => return None,
            "integer" | "number" => value.is_number(),
            _ => return None,
        })
    };
    match rule {
        Value::Array(words) => Some(words.iter().map(one).collect::<Option<Vec<_>>>()?.contains(&true)),
        word => one(word),
    }
}

/// Equality of plain values; lists and objects may hold numbers that are equal and written differently.
fn same(rule: &Value, value: &Value) -> Option<bool> {
    match (rule, value) {
        (Value::Number(left), Value::Number(right)) => Some(exact(left)?.partial_cmp(&exact(right)?)?.is_eq()),
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => (rule == value).then_some(true),
        _ => Some(rule == value),
    }
}

/// A number that 64 bits of floating point hold exactly.
fn exact(number: &Number) -> Option<f64> {
    number.as_f64().filter(|number| number.abs() < EXACT)
}

fn number(keyword: &str, rule: &Value, value: &Value) -> Option<bool> {
    let Value::Number(number) = value else { return Some(true) };
    let (bound, number) = (exact(rule.as_number()?)?, exact(number)?);
    Some(if keyword == "minimum" { number >= bound } else { number <= bound })
}

fn letters(keyword: &str, rule: &Value, text: &str) -> Option<bool> {
    let count = |rule: &Value| usize::try_from(rule.as_u64()?).ok();
    match keyword {
        "minLength" => Some(text.chars().count() >= count(rule)?),
        "maxLength" => Some(text.chars().count() <= count(rule)?),
        _ => matches(rule.as_str()?, text),
    }
}

/// Asks a pattern whose meaning is the same in JSON Schema's dialect and in the engine's.
fn matches(pattern: &str, text: &str) -> Option<bool> {
    let mut letters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let foreign = match letter {
            '\\' => {
                letters.next();
                !next.is_ascii_punctuation()
            }
            '[' if in_class => true,
            '[' => {
                in_class = true;
                next == ']' || next == '^'
            }
            ']' => {
                in_class = false;
                false
            }
            '(' => next == '?',
            '.' => !in_class,
            '&' | '~' | '-' => next == letter,
            letter => !letter.is_ascii(),
        };
        if foreign {
            return None;
        }
    }
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build();
    Some(built.ok()?.is_match(text))
}

fn list(document: &Value, keyword: &str, rule: &Value, items: &[Value]) -> Option<bool> {
    let count = || usize::try_from(rule.as_u64()?).ok();
    match keyword {
        "minItems" => Some(items.len() >= count()?),
        "maxItems" => Some(items.len() <= count()?),
        "uniqueItems" => unique(rule.as_bool()?, items),
        _ => every(items.iter().map(|item| judge(document, rule, item))),
    }
}

fn unique(asked: bool, items: &[Value]) -> Option<bool> {
    let texts = items.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
    let twice = |texts: &[&str]| texts.iter().enumerate().any(|(index, text)| texts[..index].contains(text));
    if asked && items.len() > 1 { Some(!twice(&texts?)) } else { Some(true) }
}

fn object(
    document: &Value,
    keywords: &Map<String, Value>,
    keyword: &str,
    rule: &Value,
    members: &Map<String, Value>,
) -> Option<bool> {
    match keyword {
        "properties" => {
            let known = rule.as_object()?;
            let present = members.iter().filter_map(|(name, value)| Some((known.get(name)?, value)));
            every(present.map(|(schema, value)| judge(document, schema, value)))
        }
        "propertyNames" => every(members.keys().map(|name| judge(document, rule, &Value::from(name.as_str())))),
        "minProperties" => Some(members.len() >= usize::try_from(rule.as_u64()?).ok()?),
        "maxProperties" => Some(members.len() <= usize::try_from(rule.as_u64()?).ok()?),
        "required" => every(rule.as_array()?.iter().map(|name| Some(members.contains_key(name.as_str()?)))),
        _ => {
            let known = keywords.get("properties").and_then(Value::as_object);
            let others = members.iter().filter(|(name, _)| !known.is_some_and(|known| known.contains_key(*name)));
            every(others.map(|(_, value)| judge(document, rule, value)))
        }
    }
}

/// True when all are; uncertain when one is.
fn every(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = true;
    for answer in answers {
        all &= answer?;
    }
    Some(all)
}

#[cfg(test)]
#[path = "quick_tests.rs"]
mod tests;
