//! Caps on a schema before anything evaluates it: size, depth, references, and the steps they multiply to.
//! It never judges what a keyword means, only what it can cost.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::SchemaError;
use super::walk::resolve;
use crate::object::printable;

/// Bytes of the schema's text.
pub(super) const MAX_BYTES: usize = 256 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_EXPANDED_DEPTH: usize = 200;
const MAX_REFERENCES: usize = 512;
const MAX_PATTERNS: usize = 256;
const MAX_STEPS: u64 = 20_000;
/// Bytes that filling in every default once may add; one default can be referred to from many places.
const MAX_DEFAULTS: u64 = 1024 * 1024;

/// Keywords whose value is one schema.
const ONE: [&str; 11] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value is a map of schemas.
const MAP: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
/// Maps of schemas that cost nothing until something refers to them.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];
/// Keywords that change what a reference means, or that only matter across documents.
const REFUSED: [&str; 7] =
    ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary"];

pub(super) fn check(document: &Value) -> Result<(), SchemaError> {
    let Value::Object(root) = document else { return Err(SchemaError::NotAnObject) };
    check_depth(document)?;
    let bytes = document.to_string().len();
    if bytes > MAX_BYTES {
        return Err(SchemaError::TooLarge(bytes));
    }
    let mut count = Count::default();
    count.schema(root, true)?;
    let mut steps = Steps { document, known: HashMap::new() };
    let mut total = steps.of(document, 0)?;
    if total.defaults > MAX_DEFAULTS {
        return Err(SchemaError::TooManyDefaults(MAX_DEFAULTS));
    }
    for keyword in DEFINITIONS {
        for definition in root.get(keyword).and_then(Value::as_object).into_iter().flat_map(Map::values) {
            total.steps = total.steps.max(steps.of(definition, 0)?.steps);
        }
    }
    if total.steps > MAX_STEPS { Err(SchemaError::TooCostly(MAX_STEPS)) } else { Ok(()) }
}

/// Depth without recursion: a deeply nested value must not cost our stack.
fn check_depth(document: &Value) -> Result<(), SchemaError> {
    let mut pending = vec![(document, 1)];
    while let Some((value, depth)) = pending.pop() {
        if depth > MAX_DEPTH {
            return Err(SchemaError::TooDeep(MAX_DEPTH));
        }
        match value {
            Value::Array(items) => pending.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => pending.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}

/// Every subschema directly under `schema`; `definitions` says whether those count.
pub(super) fn subschemas(schema: &Map<String, Value>, definitions: bool) -> Vec<&Value> {
    let one = ONE.iter().filter_map(|keyword| schema.get(*keyword));
    let list = LIST.iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten();
    let map = MAP.iter().filter_map(|keyword| schema.get(*keyword)?.as_object()).flat_map(Map::values);
    let named = DEFINITIONS
        .iter()
        .filter(|_| definitions)
        .filter_map(|keyword| schema.get(*keyword)?.as_object())
        .flat_map(Map::values);
    one.chain(list).chain(map).chain(named).collect()
}

#[derive(Default)]
struct Count {
    references: usize,
    patterns: usize,
}

impl Count {
    fn schema(&mut self, schema: &Map<String, Value>, root: bool) -> Result<(), SchemaError> {
        for keyword in REFUSED {
            // A root `$id` names the document and changes nothing as long as every reference is a fragment.
            if schema.contains_key(keyword) && !(root && keyword == "$id") {
                return Err(SchemaError::Keyword(keyword.to_owned()));
            }
        }
        self.references += usize::from(schema.contains_key("$ref"));
        self.patterns += usize::from(schema.contains_key("pattern"));
        self.patterns += schema.get("patternProperties").and_then(Value::as_object).map_or(0, Map::len);
        if self.references > MAX_REFERENCES {
            return Err(SchemaError::TooMany { what: "references", max: MAX_REFERENCES });
        }
        if self.patterns > MAX_PATTERNS {
            return Err(SchemaError::TooMany { what: "patterns", max: MAX_PATTERNS });
        }
        subschemas(schema, true).into_iter().filter_map(Value::as_object).try_for_each(|next| self.schema(next, false))
    }
}

/// What one evaluation can come to.
#[derive(Clone, Copy)]
struct Visits {
    /// Schemas visited.
    steps: u64,
    /// Bytes of their defaults.
    defaults: u64,
}

impl Visits {
    fn and(&mut self, more: Self) {
        self.steps = self.steps.saturating_add(more.steps);
        self.defaults = self.defaults.saturating_add(more.defaults);
    }
}

/// What evaluating each schema comes to, references followed. `None` marks one under way: a cycle.
struct Steps<'s> {
    document: &'s Value,
    known: HashMap<*const Value, Option<Visits>>,
}

impl<'s> Steps<'s> {
    fn of(&mut self, schema: &'s Value, depth: usize) -> Result<Visits, SchemaError> {
        if depth > MAX_EXPANDED_DEPTH {
            return Err(SchemaError::TooDeep(MAX_EXPANDED_DEPTH));
        }
        let mut visits = Visits { steps: 1, defaults: 0 };
        let Value::Object(keywords) = schema else { return Ok(visits) };
        let address = std::ptr::from_ref(schema);
        match self.known.get(&address) {
            Some(Some(visits)) => return Ok(*visits),
            Some(None) => return Err(SchemaError::Recursive(reference(keywords).unwrap_or("#").to_owned())),
            None => self.known.insert(address, None),
        };
        visits.defaults = keywords.get("default").map_or(0, |default| default.to_string().len() as u64);
        for next in subschemas(keywords, false) {
            visits.and(self.of(next, depth + 1)?);
        }
        if let Some(name) = reference(keywords) {
            visits.and(self.of(target(self.document, name)?, depth + 1)?);
        }
        self.known.insert(address, Some(visits));
        Ok(visits)
    }
}

fn reference(keywords: &Map<String, Value>) -> Option<&str> {
    keywords.get("$ref").and_then(Value::as_str)
}

fn target<'s>(document: &'s Value, name: &str) -> Result<&'s Value, SchemaError> {
    if name != "#" && !name.starts_with("#/") {
        return Err(SchemaError::RemoteReference(printable(name)));
    }
    resolve(document, name).ok_or_else(|| SchemaError::UnknownReference(printable(name)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_stay_inside_and_do_not_come_back() {
        let refers = |to: &str| check(&json!({"properties": {"a": {"$ref": to}}, "$defs": {"b": {"type": "string"}}}));
        assert_eq!(refers("#/$defs/b"), Ok(()));
        for outside in ["http://127.0.0.1/x", "file:///etc/passwd", "other.json", "#anchor"] {
            assert_eq!(refers(outside), Err(SchemaError::RemoteReference(outside.into())));
        }
        assert_eq!(refers("#/$defs/c"), Err(SchemaError::UnknownReference("#/$defs/c".into())));
        assert!(matches!(refers("#"), Err(SchemaError::Recursive(_))));
        assert_eq!(check(&json!({"$dynamicRef": "#x"})), Err(SchemaError::Keyword("$dynamicRef".into())));
    }

    #[test]
    fn names_in_data_are_not_keywords() {
        let schema = json!({"properties": {"$ref": {"type": "string"}, "$id": {"const": {"$ref": "http://x"}}}});
        assert_eq!(check(&schema), Ok(()));
    }

    #[test]
    fn fan_out_is_refused_before_it_multiplies() {
        let mut definitions = Map::new();
        definitions.insert("d0".into(), json!({"type": "string"}));
        for level in 1..31 {
            let below = json!({"$ref": format!("#/$defs/d{}", level - 1)});
            definitions.insert(format!("d{level}"), json!({"anyOf": [below, below]}));
        }
        let schema = json!({"$ref": "#/$defs/d30", "$defs": definitions});
        assert_eq!(check(&schema), Err(SchemaError::TooCostly(MAX_STEPS)));
    }

    #[test]
    fn defaults_are_counted_wherever_they_are_filled_in() {
        let members = |count: usize| -> Map<String, Value> {
            (0..count).map(|n| (format!("p{n}"), json!({"$ref": "#/$defs/big"}))).collect()
        };
        // 1 MiB is 8 times this default, quotes counted.
        let big = json!({"default": "x".repeat(128 * 1024 - 2)});
        let schema = |count| json!({"properties": members(count), "$defs": {"big": big}});
        assert_eq!(check(&schema(8)), Ok(()));
        assert_eq!(check(&schema(9)), Err(SchemaError::TooManyDefaults(MAX_DEFAULTS)));
    }

    #[test]
    fn depth_and_size_are_capped_without_recursion() {
        let mut deep = json!({});
        for _ in 0..70 {
            deep = json!({ "not": deep });
        }
        assert_eq!(check(&deep), Err(SchemaError::TooDeep(MAX_DEPTH)));
        let wide = json!({"enum": vec!["x".repeat(1000); 300]});
        assert!(matches!(check(&wide), Err(SchemaError::TooLarge(_))));
        assert_eq!(check(&json!(true)), Err(SchemaError::NotAnObject));
    }

    #[test]
    fn each_cap_is_kept_at_its_edge_and_broken_by_one() {
        let bytes = |count: usize| json!({"title": "x".repeat(count - r#"{"title":""}"#.len())});
        let deep = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "not": inner }));
        let many = |count: usize, member: &Value| {
            let members: Map<String, Value> = (0..count).map(|n| (format!("p{n}"), member.clone())).collect();
            json!({"properties": members, "$defs": {"a": {}}})
        };
        let reference = json!({"$ref": "#/$defs/a"});
        let pattern = json!({"pattern": "a"});
        // The root and each property are a step, and so is what a reference leads to.
        let steps = |count: usize| many(count - 1, &json!({}));
        let most = usize::try_from(MAX_STEPS).unwrap();
        for (obeys, breaks, error) in [
            (bytes(MAX_BYTES), bytes(MAX_BYTES + 1), SchemaError::TooLarge(MAX_BYTES + 1)),
            (deep(MAX_DEPTH), deep(MAX_DEPTH + 1), SchemaError::TooDeep(MAX_DEPTH)),
            (
                many(MAX_REFERENCES, &reference),
                many(MAX_REFERENCES + 1, &reference),
                SchemaError::TooMany { what: "references", max: MAX_REFERENCES },
            ),
            (
                many(MAX_PATTERNS, &pattern),
                many(MAX_PATTERNS + 1, &pattern),
                SchemaError::TooMany { what: "patterns", max: MAX_PATTERNS },
            ),
            (steps(most), steps(most + 1), SchemaError::TooCostly(MAX_STEPS)),
        ] {
            assert_eq!(check(&obeys), Ok(()), "{error}");
            assert_eq!(check(&breaks), Err(error));
        }
    }
}
