//! Small readers of JSON: the request and the shared parameters are read by them, and a template's own where size counts.
//! They never generate code for each type, as derived ones do: what they read is a fifth of a component otherwise.

use serde_json::{Map, Value};

use crate::finding::{Finding, Findings};
use crate::quantity::Quantity;

/// Reads parts of values, keeping a finding for everything of another shape.
///
/// ```
/// use template_sdk::{Findings, Pick, json};
/// let (values, mut findings) = (json!({"port": 8080, "host": 1, "tls": true, "memory": "1Gi"}), Findings::new());
/// let mut pick = Pick::new(&values, &mut findings);
/// assert_eq!(pick.number("/port"), Some(8080));
/// assert_eq!(pick.text("/host"), None);
/// assert_eq!((pick.flag("/tls"), pick.quantity("/memory").map(|memory| memory.mib())), (Some(true), Some(1024)));
/// assert!(pick.members("/labels").is_empty() && pick.items("/users").is_empty());
/// assert_eq!(findings.iter().next().map(|finding| finding.path.as_str()), Some("/host"));
/// ```
#[derive(Debug)]
pub struct Pick<'v> {
    values: &'v Value,
    findings: &'v mut Findings,
}

impl<'v> Pick<'v> {
    /// Returns a reader of these values.
    pub fn new(values: &'v Value, findings: &'v mut Findings) -> Self {
        Self { values, findings }
    }

    /// A text that may be absent.
    pub fn text(&mut self, pointer: &str) -> Option<String> {
        let value = self.given(pointer)?;
        let text = value.as_str().map(str::to_owned);
        self.read(text, pointer, "a text")
    }

    /// A whole number that is not negative and may be absent.
    pub fn number(&mut self, pointer: &str) -> Option<u64> {
        let number = self.given(pointer)?.as_u64();
        self.read(number, pointer, "a whole number")
    }

    /// A yes or no that may be absent.
    pub fn flag(&mut self, pointer: &str) -> Option<bool> {
        let flag = self.given(pointer)?.as_bool();
        self.read(flag, pointer, "true or false")
    }

    /// An amount that may be absent; a bare number is refused, because its unit is not ours to guess.
    pub fn quantity(&mut self, pointer: &str) -> Option<Quantity> {
        let quantity = self.given(pointer)?.as_str().and_then(|text| text.parse().ok());
        self.read(quantity, pointer, "a quantity such as 500m, 2 or 1Gi")
    }

    /// Members by name; none where it is absent.
    pub fn members(&mut self, pointer: &str) -> Map<String, Value> {
        let Some(value) = self.given(pointer) else { return Map::new() };
        let members = value.as_object().cloned();
        self.read(members, pointer, "an object").unwrap_or_default()
    }

    /// Items in order; none where it is absent.
    pub fn items(&mut self, pointer: &str) -> Vec<Value> {
        let Some(value) = self.given(pointer) else { return Vec::new() };
        let items = value.as_array().cloned();
        self.read(items, pointer, "a list").unwrap_or_default()
    }

    /// The place of a word in a list, where one is given.
    pub fn word(&mut self, pointer: &str, words: &[&str]) -> Option<usize> {
        let value = self.given(pointer)?;
        let place = words.iter().position(|word| value.as_str() == Some(word));
        self.read(place, pointer, "a word of the schema's list")
    }

    fn given(&self, pointer: &str) -> Option<&'v Value> {
        self.values.pointer(pointer).filter(|value| !value.is_null())
    }

    fn read<T>(&mut self, found: Option<T>, pointer: &str, expected: &str) -> Option<T> {
        if found.is_none() {
            self.findings.push(Finding::error(pointer, "sdk.values.shape", format!("expected {expected}")));
        }
        found
    }
}
