//! What a template accepts: its JSON Schema, defaults, violations in words, and the questions a wizard asks.
//! It never fetches a reference, never runs a backtracking pattern and never repeats a secret value.

mod alternatives;
mod defaults;
mod explain;
mod language;
mod message;
mod parameters;
mod properties;
mod questions;
mod quick;
mod secret;
mod shape;
mod validate;
mod walk;

use std::sync::OnceLock;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;
use thiserror::Error;

pub use alternatives::{Leaf, alternatives, leaves};
pub use defaults::fill;
pub use explain::{Explanation, Member, NoSuchPath, explain};
pub use language::{Words, questions_in, words};
pub use parameters::{Parameter, parameters};
pub use properties::{Property, properties};
pub use questions::{Group, Kind, Question, check_answer, questions};
pub use validate::{Violation, validate};
pub use walk::dotted;

use crate::object::printable;

/// How large a compiled pattern may become.
const PATTERN_BYTES: usize = 256 * 1024;

/// Why a document is not a schema we evaluate.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SchemaError {
    /// The root is neither an object nor usable for values.
    #[error("the schema is not a JSON object")]
    NotAnObject,
    /// The text is larger than the cap.
    #[error("the schema has {0} bytes; at most {max} are allowed", max = shape::MAX_BYTES)]
    TooLarge(usize),
    /// Nested deeper than the cap, references included.
    #[error("the schema is nested deeper than {0} levels")]
    TooDeep(usize),
    /// More of one thing than the cap.
    #[error("the schema has more than {max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The cap.
        max: usize,
    },
    /// Evaluating it could take too long: alternatives that refer to alternatives multiply.
    #[error("the schema is too costly: its references and alternatives multiply to more than {0} steps")]
    TooCostly(u64),
    /// Filling in its defaults would add more than the cap.
    #[error("the schema's defaults come to more than {0} bytes once they are filled in")]
    TooManyDefaults(u64),
    /// A reference that leaves the document.
    #[error("`{0}` refers outside the schema; only references of the form `#/$defs/name` are allowed")]
    RemoteReference(String),
    /// A reference to nothing.
    #[error("`{0}` refers to nothing in the schema")]
    UnknownReference(String),
    /// A reference that comes back to itself.
    #[error("`{0}` refers to itself; recursive schemas are not allowed")]
    Recursive(String),
    /// A keyword that makes references depend on more than the text.
    #[error("keyword `{0}` is not allowed")]
    Keyword(String),
    /// A default that would put a secret value into the schema.
    #[error("the default at `{0}` is a secret value; use {{\"generate\": {{\"length\": 24}}}}")]
    SecretDefault(String),
    /// Not a valid JSON Schema 2020-12.
    #[error("the schema is not valid JSON Schema 2020-12 at `{pointer}`: {reason}")]
    Invalid {
        /// Where in the schema.
        pointer: String,
        /// What is wrong there.
        reason: String,
    },
}

/// A JSON Schema 2020-12 that is safe to evaluate: bounded in size, depth and cost, offline, linear patterns.
#[derive(Clone, Debug)]
pub struct Schema {
    document: Value,
    /// Built at once where a document is not trusted, else when it is asked.
    validator: OnceLock<Validator>,
}

impl Schema {
    /// Checks a document's shape and compiles it.
    ///
    /// # Errors
    /// When it breaks a cap, leaves the document, or is not valid JSON Schema.
    pub fn parse(document: &Value) -> Result<Self, SchemaError> {
        shape::check(document)?;
        secret::check_defaults(document)?;
        let validator = build(document)?;
        Ok(Self { document: document.clone(), validator: validator.into() })
    }

    /// Believes a document that is part of this program, as a test has [`Schema::parse`] prove for each of them:
    /// checking and compiling one takes longer than everything else a render does.
    pub fn proven(document: Value) -> Self {
        Self { document, validator: OnceLock::new() }
    }

    fn validator(&self) -> &Validator {
        self.validator.get_or_init(|| build(&self.document).expect("a proven schema compiles"))
    }

    /// The document as it was parsed.
    pub fn document(&self) -> &Value {
        &self.document
    }
}

fn build(document: &Value) -> Result<Validator, SchemaError> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES))
        .should_validate_formats(false)
        .offline()
        .build(document)
        .map_err(|error| SchemaError::Invalid {
            pointer: printable(error.instance_path().as_str()),
            reason: message::shorten(&error.masked().to_string(), 200),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_must_be_linear() {
        let backreference = json!({"type": "object", "properties": {"a": {"pattern": "(a)\\1"}}});
        assert!(matches!(Schema::parse(&backreference), Err(SchemaError::Invalid { .. })));
        let bomb = json!({"type": "object", "properties": {"a": {"pattern": "((a{1000}){1000}){1000}"}}});
        assert!(matches!(Schema::parse(&bomb), Err(SchemaError::Invalid { .. })));
    }

    #[test]
    fn what_is_not_a_schema_says_where() {
        let error = Schema::parse(&json!({"type": "object", "properties": {"a": {"type": "strnig"}}})).unwrap_err();
        assert!(error.to_string().contains("/properties/a/type"), "{error}");
    }
}
