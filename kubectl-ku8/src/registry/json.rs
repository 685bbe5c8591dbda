//! Reads one JSON document of a registry: no duplicate keys, bounded depth. Pure.
//! It never accepts what another reader could understand differently.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::object::printable;

/// Deepest nesting; a manifest needs five.
const DEPTH: usize = 32;

/// Reads one document; the error is a sentence fragment that is safe to print.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Seed(0).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| format!("it is not one JSON document: {}", printable(&error.to_string())))
}

struct Seed(usize);

impl Seed {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        if self.0 < DEPTH {
            Ok(Self(self.0 + 1))
        } else {
            Err(E::custom(format_args!("nested deeper than {DEPTH} levels")))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self.deeper()?)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.deeper()?)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key \"{key}\" is there twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        assert_eq!(parse(br#"{"a":[1,"x",null,true,0.5]}"#).unwrap()["a"][1], "x");
        let deep = "[".repeat(100_000);
        for (text, words) in [
            (r#"{"a":1,"a":2}"#, "there twice"),
            (r#"{"b":{"a":1,"\u0061":2}}"#, "there twice"),
            (deep.as_str(), "deeper than 32"),
            ("{} {}", "trailing"),
            ("", "EOF"),
            ("\u{feff}{}", "expected value"),
        ] {
            let told = parse(text.as_bytes()).unwrap_err();
            assert!(told.contains(words), "{told}");
        }
    }
}
