//! Rules about the schema of the values: words, bounds, defaults, secrets.
//! It never judges what a parameter means, only what a person is told of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Report, Subject};
use crate::object::is_sensitive_name;
use crate::schema::{Property, Schema, properties, validate};

/// Words that say a number is an amount of something.
const MEASURES: [&str; 13] = [
    "timeout", "interval", "period", "delay", "seconds", "minutes", "hours", "days", "millis", "bytes", "percent",
    "ttl", "age",
];
/// Endings of names that point at a secret instead of being one.
const POINTERS: [&str; 8] =
    ["secret", "secretname", "secretref", "existingsecret", "secrets", "path", "file", "length"];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let document = subject.schema.document();
    let all = properties(document);
    let chinese = all.iter().filter(|one| has_words(one.keyword("x-ku8-i18n").map(|words| &words["zh"]))).count();
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    for property in &all {
        let place = if property.path.is_empty() { "the schema itself" } else { &property.path };
        // The name and description of the template itself stand in its metadata.
        if !property.path.is_empty() {
            words(property, place, report);
            if let Some(first) =
                titles.insert(property.text("title"), place).filter(|_| property.keyword("title").is_some())
            {
                let message = format!("`{}` is also the title of {first}", property.text("title"));
                report.say("schema.title-twice", place, message);
            }
        }
        if !has_words(property.keyword("x-ku8-i18n").map(|words| &words["zh"])) && !property.path.is_empty() {
            let message = if chinese == 0 {
                "has no Chinese title and description"
            } else {
                "is the one that is not told in Chinese, or one of few"
            };
            report.say("schema.chinese", place, message);
        }
        if property.has_members() && !property.is_secret() && !is_closed(property) {
            report.say("schema.open", place, "takes members that it does not know");
        }
        numbers(property, place, report);
        settable(property, place, report);
        secrets(property, place, report);
        fitting(document, property, place, report);
        optional(property, place, report);
    }
}

fn has_words(words: Option<&Value>) -> bool {
    let text = |words: &Value, name: &str| words[name].as_str().is_some_and(|text| !text.trim().is_empty());
    words.is_some_and(|words| text(words, "title") && text(words, "description"))
}

fn words(property: &Property<'_>, place: &str, report: &mut Report) {
    let missing: Vec<&str> =
        ["title", "description"].into_iter().filter(|name| property.text(name).trim().is_empty()).collect();
    if !missing.is_empty() {
        report.say("schema.words", place, format!("has no {}", missing.join(" and no ")));
    }
}

fn is_closed(property: &Property<'_>) -> bool {
    ["additionalProperties", "unevaluatedProperties"].iter().any(|name| {
        // A schema for the rest is a decision too.
        property
            .keywords(name)
            .any(|word| word == &Value::Bool(false) || word.as_object().is_some_and(|rest| !rest.is_empty()))
    })
}

fn is_number(property: &Property<'_>) -> bool {
    // What may be a text too, such as 25%, has its bounds in its pattern.
    (property.is("integer") || property.is("number")) && !property.is("string")
}

fn numbers(property: &Property<'_>, place: &str, report: &mut Report) {
    if !is_number(property) || property.keyword("enum").is_some() || property.keyword("const").is_some() {
        return;
    }
    let has = |names: [&str; 2]| names.iter().any(|name| property.keyword(name).is_some());
    match (has(["minimum", "exclusiveMinimum"]), has(["maximum", "exclusiveMaximum"])) {
        (true, true) => {}
        (false, false) => report.say("schema.bounds", place, "has neither a smallest nor a largest value"),
        (false, true) => report.say("schema.bounds", place, "has no smallest value"),
        // Disks and files have no largest size that anybody could name.
        (true, false) if property.text("x-ku8-unit") == "bytes" => {}
        (true, false) => report.say("schema.bounds", place, "has no largest value"),
    }
    let name = property.name.to_ascii_lowercase();
    if MEASURES.iter().any(|word| name.ends_with(word)) && property.keyword("x-ku8-unit").is_none() {
        report.say("schema.unit", place, "measures something, and does not say in what");
    }
}

/// What nothing can fit, as far as it can be seen without trying everything.
fn settable(property: &Property<'_>, place: &str, report: &mut Report) {
    let number = |name: &str| property.keyword(name).and_then(Value::as_f64);
    let contradiction = [
        ("minimum", "maximum"),
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minProperties", "maxProperties"),
    ]
    .into_iter()
    .find(|(low, high)| matches!((number(low), number(high)), (Some(low), Some(high)) if low > high));
    if let Some((low, high)) = contradiction {
        report.say("schema.unsettable", place, format!("{low} is above {high}"));
    }
    if property.keyword("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        report.say("schema.unsettable", place, "has no choices");
    }
    if property.keywords("not").any(|never| never == &Value::Bool(true) || never.as_object().is_some_and(Map::is_empty))
    {
        report.say("schema.unsettable", place, "is forbidden whatever it says");
    }
    if !is_closed(property) {
        return;
    }
    let known = |name: &Value| {
        let mut members = property.keywords("properties").filter_map(Value::as_object);
        name.as_str().is_some_and(|name| members.any(|members| members.contains_key(name)))
    };
    let open = property.keywords("additionalProperties").any(Value::is_object)
        || property.keyword("patternProperties").is_some();
    for name in property.keywords("required").filter_map(Value::as_array).flatten().filter(|name| !open && !known(name))
    {
        let message = format!("requires `{}`, which it does not take", name.as_str().unwrap_or_default());
        report.say("schema.unsettable", place, message);
    }
}

fn secrets(property: &Property<'_>, place: &str, report: &mut Report) {
    let name = property.name.to_ascii_lowercase();
    let points = POINTERS.iter().any(|ending| name.ends_with(ending));
    if property.is("string") && is_sensitive_name(&name) && !points && !property.is_secret() {
        report.say("schema.secret", place, "is named like a secret and takes plain text");
    }
}

/// Defaults and examples against the schema they stand in.
fn fitting(document: &Value, property: &Property<'_>, place: &str, report: &mut Report) {
    let examples = property.keyword("examples").and_then(Value::as_array).into_iter().flatten();
    let candidates = property.keyword("default").map(|value| ("schema.default-fits", value));
    let candidates: Vec<(&str, &Value)> =
        candidates.into_iter().chain(examples.map(|value| ("schema.example-fits", value))).collect();
    if candidates.is_empty() || property.path.is_empty() {
        return;
    }
    let Some(schema) = alone(document, property) else { return };
    for (code, value) in candidates {
        // What stands inside an object may come from defaults of its own.
        let mut value = value.clone();
        crate::schema::fill(&schema, &mut value);
        if let Err(violations) = validate(&schema, &value) {
            let first = violations.first().map(|one| one.message.clone()).unwrap_or_default();
            report.say(code, place, first.replacen("the document", "it", 1));
        }
    }
}

/// The property's schema as a document of its own, with the definitions it refers to.
fn alone(document: &Value, property: &Property<'_>) -> Option<Schema> {
    let mut merged = Map::new();
    let layers: Vec<Value> = property.layers().map(|layer| Value::Object(layer.clone())).collect();
    merged.insert("allOf".to_owned(), Value::Array(layers));
    for name in ["$defs", "definitions"] {
        merged.extend(document.get(name).map(|definitions| (name.to_owned(), definitions.clone())));
    }
    Schema::parse(&Value::Object(merged)).ok()
}

fn optional(property: &Property<'_>, place: &str, report: &mut Report) {
    let leaf = !property.has_members() && !property.path.is_empty() && !property.path.contains("[]");
    let decided = property.required || property.keyword("default").is_some() || property.is_secret();
    if leaf && !decided && property.keyword("const").is_none() {
        report.say("schema.default", place, "is not required and has no default");
    }
}
