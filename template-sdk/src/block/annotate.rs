//! A small builder for one property of a schema, with the annotations the wizard, the plan and the docs read.
//! It never leaves a property without a title and a description.

use crate::json;
use serde_json::{Map, Value};

/// Who is asked for a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Everybody.
    Basic,
    /// Who wants to look closer.
    Advanced,
    /// Who knows why.
    Expert,
}

impl Group {
    /// The word in `x-ku8-group`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Advanced => "advanced",
            Self::Expert => "expert",
        }
    }
}

/// One property of a schema.
///
/// ```
/// use template_sdk::{block::{Group, Property}, json};
/// let property = Property::integer("Databases", "How many numbered databases clients can select.")
///     .range(1, 256).default(16).group(Group::Advanced, 40).value();
/// assert_eq!(property["x-ku8-group"], "advanced");
/// assert_eq!(property["default"], json!(16));
/// ```
#[derive(Clone, Debug)]
pub struct Property(Box<Value>);

impl Property {
    /// A property of any JSON Schema; `shape` holds `type` or `$ref` and the constraints.
    pub fn new(shape: Value, title: &str, description: &str) -> Self {
        Self(Box::new(shape)).set("title", title).set("description", description)
    }

    /// Free text.
    pub fn text(title: &str, description: &str) -> Self {
        Self::new(json!({"type": "string"}), title, description)
    }

    /// Yes or no.
    pub fn boolean(title: &str, description: &str) -> Self {
        Self::new(json!({"type": "boolean"}), title, description)
    }

    /// A whole number.
    pub fn integer(title: &str, description: &str) -> Self {
        Self::new(json!({"type": "integer"}), title, description)
    }

    /// One of some words.
    pub fn choice(words: &[&str], title: &str, description: &str) -> Self {
        Self::new(json!({"type": "string", "enum": words}), title, description)
    }

    /// An amount of memory or disk, as text with a unit.
    pub fn quantity(title: &str, description: &str) -> Self {
        Self::new(json!({"$ref": "#/$defs/quantity"}), title, description).set("x-ku8-unit", "bytes")
    }

    /// An amount of CPU, as text.
    pub fn cpu(title: &str, description: &str) -> Self {
        Self::new(json!({"$ref": "#/$defs/cpu"}), title, description).set("x-ku8-unit", "cpu")
    }

    /// A secret value: only a reference or a generate request is accepted.
    pub fn secret(title: &str, description: &str) -> Self {
        Self::new(json!({"$ref": "#/$defs/secret"}), title, description).set("x-ku8-secret", true)
    }

    /// A group of properties that accepts no others; filled in with its own defaults when left out.
    pub fn object(title: &str, description: &str, properties: Vec<(&str, Property)>) -> Self {
        let properties = collect(properties);
        let shape = json!({"type": "object", "additionalProperties": false, "properties": properties});
        Self::new(shape, title, description).default(json!({}))
    }

    /// Returns properties by name, as a schema's `properties`.
    pub fn all(properties: Vec<(&str, Property)>) -> Value {
        Value::Object(collect(properties))
    }

    /// A list.
    pub fn list(items: impl Into<Value>, title: &str, description: &str) -> Self {
        Self::new(json!({"type": "array", "items": items.into()}), title, description)
    }

    /// Names to texts.
    pub fn texts(title: &str, description: &str) -> Self {
        Self::new(json!({"type": "object", "additionalProperties": {"type": "string"}}), title, description)
    }

    /// The value when none is given.
    pub fn default(self, value: impl Into<Value>) -> Self {
        self.set("default", value)
    }

    /// Lowest and highest number.
    pub fn range(self, lowest: i64, highest: i64) -> Self {
        self.set("minimum", lowest).set("maximum", highest)
    }

    /// Regular expression of the text.
    pub fn pattern(self, pattern: &str) -> Self {
        self.set("pattern", pattern)
    }

    /// Who is asked, and when.
    pub fn group(self, group: Group, order: u32) -> Self {
        self.set("x-ku8-group", group.word()).set("x-ku8-order", order)
    }

    /// The unit of a number.
    pub fn unit(self, unit: &str) -> Self {
        self.set("x-ku8-unit", unit)
    }

    /// Title and description in Chinese; what a schema itself says is English.
    ///
    /// ```
    /// use template_sdk::block::Property;
    /// let property = Property::integer("Databases", "How many there are.").zh("数据库数量", "共有多少个数据库。").value();
    /// assert_eq!(property["x-ku8-i18n"]["zh"]["title"], "数据库数量");
    /// ```
    pub fn zh(self, title: &str, description: &str) -> Self {
        self.set("x-ku8-i18n", json!({"zh": {"title": title, "description": description}}))
    }

    /// Cannot change after the first publish.
    pub fn immutable(self) -> Self {
        self.set("x-ku8-immutable", true)
    }

    /// The id of the rule about changing it.
    pub fn transition(self, code: &str) -> Self {
        self.set("x-ku8-transition", code)
    }

    /// Sets any other keyword.
    pub fn set(self, keyword: &str, value: impl Into<Value>) -> Self {
        self.put(keyword, value.into())
    }

    fn put(mut self, keyword: &str, value: Value) -> Self {
        self.0[keyword] = value;
        self
    }

    /// Returns the property as JSON Schema.
    pub fn value(self) -> Value {
        *self.0
    }
}

/// Collects properties by name; `FromIterator` would bring a sort into every component.
pub(super) fn collect(properties: Vec<(&str, Property)>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, property) in properties {
        map.insert(name.to_owned(), *property.0);
    }
    map
}
