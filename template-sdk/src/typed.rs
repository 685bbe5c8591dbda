//! Values as a template's own type: serde's derived readers, with the place of what they could not read.
//! It never converts anything, nor repeats a text that is in the wrong place: it may be a password.
//!
//! What is not generic is `#[inline]`: a template that reads otherwise has nothing of it in its component.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer as _, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Value, map};

use crate::finding::Finding;

/// Reads a part of a document; a failure names the very field, however deep it is.
pub(crate) fn read<T: DeserializeOwned>(values: &Value, pointer: &str) -> Result<T, Finding> {
    let value = values.pointer(pointer).unwrap_or(&Value::Null);
    T::deserialize(Place(value)).map_err(|wrong| {
        let path = format!("{pointer}{}", wrong.path);
        Finding::error(path, "sdk.values.shape", wrong.message).hint("the parameter's description says what it may be")
    })
}

/// One value of the document.
struct Place<'v>(&'v Value);

/// What could not be read, and where below the place reading began.
#[derive(Debug)]
struct Wrong {
    path: String,
    message: String,
}

impl Wrong {
    #[inline]
    fn new(message: String) -> Self {
        Self { path: String::new(), message }
    }

    /// The same, seen from the object or list around it.
    #[inline]
    fn within(self, name: &str) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { path: format!("/{name}{}", self.path), ..self }
    }
}

impl fmt::Display for Wrong {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    #[inline]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, found {}", plain(&expected.to_string()), kind(found)))
    }

    #[inline]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    #[inline]
    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("expected one of: {}", expected.join(", ")))
    }

    #[inline]
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("there is no `{field}` here; known: {}", expected.join(", ")))
    }

    #[inline]
    fn missing_field(field: &'static str) -> Self {
        Self::new("it is missing, and has no default".to_owned()).within(field)
    }
}

/// serde's words for types, as people say them.
#[inline]
fn plain(expected: &str) -> String {
    let whole = |bits: u32| format!("a whole number from 0 to {}", u64::MAX >> (64 - bits));
    match expected {
        "u8" => whole(8),
        "u16" => whole(16),
        "u32" => whole(32),
        "u64" | "usize" => "a whole number that is not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "a character" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") || other.starts_with("map with") => "an object".to_owned(),
        other if other.contains("enum ") => "one of its words".to_owned(),
        other => other.to_owned(),
    }
}

/// What was found; numbers as they are, texts never.
#[inline]
fn kind(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(_) => "a number with a fraction".to_owned(),
        Unexpected::Str(_) | Unexpected::Char(_) => "a text".to_owned(),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        other => other.to_string(),
    }
}

impl<'de> Deserializer<'de> for Place<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter(), at: 0 }),
            Value::Object(members) => visitor.visit_map(Members { members: members.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let object = self.0.as_object().filter(|object| object.len() == 1);
        match (self.0, object.and_then(|object| object.iter().next())) {
            (Value::String(word), _) => visitor.visit_enum(Word { word, content: None }),
            (_, Some((word, content))) => visitor.visit_enum(Word { word, content: Some(content) }),
            _ => Err(Wrong::new("expected one of its words".to_owned())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// The items of a list, counted.
struct Items<'v> {
    items: std::slice::Iter<'v, Value>,
    at: usize,
}

impl<'v> SeqAccess<'v> for Items<'v> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let at = self.at;
        self.at += 1;
        seed.deserialize(Place(item)).map(Some).map_err(|wrong| wrong.within(&at.to_string()))
    }
}

/// The members of an object, the value of the last name kept until it is asked for.
struct Members<'v> {
    members: map::Iter<'v>,
    value: Option<(&'v str, &'v Value)>,
}

impl<'v> MapAccess<'v> for Members<'v> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'v>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some((name, value));
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some).map_err(|wrong: Wrong| wrong.within(name))
    }

    fn next_value_seed<V: DeserializeSeed<'v>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (name, value) = self.value.take().unwrap_or(("", &Value::Null));
        seed.deserialize(Place(value)).map_err(|wrong| wrong.within(name))
    }
}

/// A word of an enumeration, alone or with what belongs to it.
struct Word<'v> {
    word: &'v str,
    content: Option<&'v Value>,
}

impl<'v> EnumAccess<'v> for Word<'v> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'v>>(self, seed: V) -> Result<(V::Value, Self), Wrong> {
        Ok((seed.deserialize(self.word.into_deserializer())?, self))
    }
}

impl<'v> Word<'v> {
    fn content<T>(&self, read: impl FnOnce(Place<'v>) -> Result<T, Wrong>) -> Result<T, Wrong> {
        let content = self.content.unwrap_or(&Value::Null);
        read(Place(content)).map_err(|wrong| wrong.within(self.word))
    }
}

impl<'v> VariantAccess<'v> for Word<'v> {
    type Error = Wrong;

    #[inline]
    fn unit_variant(self) -> Result<(), Wrong> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(Wrong::new("this word stands alone".to_owned()).within(self.word)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'v>>(self, seed: T) -> Result<T::Value, Wrong> {
        self.content(|place| seed.deserialize(place))
    }

    fn tuple_variant<V: Visitor<'v>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.content(|place| place.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'v>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        self.content(|place| place.deserialize_any(visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::read;
    use crate::{Quantity, SecretValue, Value, json};

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Values {
        replicas: u8,
        ratio: f64,
        mode: Mode,
        log_level: Option<String>,
        users: Vec<User>,
        limits: BTreeMap<String, Quantity>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Plain,
        Watched { quorum: u32 },
        Delayed(u32),
    }

    #[derive(Debug, Deserialize)]
    struct User {
        name: String,
        password: SecretValue,
    }

    fn good() -> Value {
        json!({
            "replicas": 3, "ratio": 2, "mode": "plain",
            "users": [{"name": "a", "password": {"generate": {"length": 24}}}],
            "limits": {"a/b": "1Gi"},
        })
    }

    /// The document with one part replaced: where reading fails, and why.
    fn wrong(pointer: &str, value: Value) -> (String, String) {
        let mut document = good();
        *document.pointer_mut(pointer).unwrap() = value;
        let finding = read::<Values>(&document, "").unwrap_err();
        assert!(finding.hint.is_some() && finding.code == "sdk.values.shape");
        (finding.path, finding.message)
    }

    #[test]
    fn what_fits_is_read() {
        let values: Values = read(&good(), "").unwrap();
        assert_eq!((values.replicas, values.log_level, values.mode), (3, None, Mode::Plain));
        assert!((values.ratio - 2.0).abs() < f64::EPSILON);
        assert_eq!((values.users[0].name.as_str(), values.limits["a/b"].mib()), ("a", 1024));
        assert!(matches!(values.users[0].password, SecretValue::Generate(_)));
        let mode = |value: Value| read::<Mode>(&json!({"mode": value}), "/mode").unwrap();
        assert_eq!(mode(json!({"watched": {"quorum": 2}})), Mode::Watched { quorum: 2 });
        assert_eq!(mode(json!({"delayed": 5})), Mode::Delayed(5));
    }

    #[test]
    fn what_does_not_is_named_by_its_place() {
        let cases = [
            ("/replicas", json!("three"), "/replicas", "expected a whole number from 0 to 255, found a text"),
            ("/replicas", json!(300), "/replicas", "expected a whole number from 0 to 255, found 300"),
            ("/replicas", json!(-1), "/replicas", "expected a whole number from 0 to 255, found -1"),
            ("/ratio", json!([]), "/ratio", "expected a number, found a list"),
            ("/users/0/name", json!(null), "/users/0/name", "expected a text, found nothing"),
            ("/users/0", json!({}), "/users/0/name", "it is missing, and has no default"),
            ("/users", json!({"a": 1}), "/users", "expected a list, found an object"),
            ("/limits/a~1b", json!(512), "/limits/a~1b", "expected a text, found 512"),
            ("/mode", json!("other"), "/mode", "expected one of: plain, watched, delayed"),
            ("/mode", json!({"watched": {"quorum": "x"}}), "/mode/watched/quorum", "found a text"),
            ("/mode", json!({"plain": 1}), "/mode/plain", "this word stands alone"),
            ("/mode", json!(7), "/mode", "expected one of its words"),
        ];
        for (at, value, path, message) in cases {
            let found = wrong(at, value.clone());
            assert_eq!(found.0, path, "{at} {value}");
            assert!(found.1.contains(message), "{at} {value}: {}", found.1);
        }
        let mut document = good();
        document["replica"] = json!(1);
        let finding = read::<Values>(&document, "").unwrap_err();
        assert_eq!(finding.path, "/replica");
        assert!(finding.message.contains("known: replicas, ratio"), "{}", finding.message);
    }

    #[test]
    fn a_text_in_the_wrong_place_is_not_repeated() {
        for pointer in ["/users/0/password", "/replicas", "/users/0/password/generate/length"] {
            let (_, message) = wrong(pointer, json!("hunter2hunter2"));
            assert!(!message.contains("hunter2"), "{pointer}: {message}");
        }
    }
}
