//! Reads one JSON value of a stranger: no duplicate keys, bounded depth, exact numbers, sorted keys.
//! It never accepts what another parser could read differently.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Levels that are read.
const JSON_DEPTH: usize = 64;

/// The first float that cannot tell its integer neighbours apart.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Parses one value, at most 64 levels deep.
///
/// # Errors
/// A text that is not one value, or that two parsers could read differently. The error may quote the text: make it
/// printable before it is shown.
pub fn strict_json(text: &str) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Seed(0).deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

struct Seed(usize);

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Seed {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        if self.0 < JSON_DEPTH {
            Ok(Self(self.0 + 1))
        } else {
            Err(E::custom(format_args!("nested deeper than {JSON_DEPTH} levels")))
        }
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
        // An integer too large for 64 bits arrives here already rounded.
        if value.abs() >= EXACT {
            return Err(E::custom(format_args!("the number {value} is too large to be exact")));
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self.deeper()?)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut sorted = BTreeMap::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.deeper()?)?;
            if sorted.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key \"{key}\"")));
            }
            sorted.insert(key, value);
        }
        Ok(Value::Object(sorted.into_iter().collect::<Map<_, _>>()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_value_with_sorted_keys() {
        assert_eq!(
            strict_json(r#"{"b":[1,-2,0.5,null,true],"a":"\u00e9"}"#).unwrap(),
            json!({"a": "é", "b": [1, -2, 0.5, null, true]})
        );
        assert_eq!(strict_json(r#"{"b":1,"a":2}"#).unwrap().to_string(), r#"{"a":2,"b":1}"#);
        assert_eq!(strict_json("18446744073709551615").unwrap(), json!(u64::MAX));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (text, reason) in [
            (r#"{"a":{"k":1,"k":2}}"#, "duplicate key \"k\""),
            ("18446744073709551616", "too large to be exact"),
            ("1 2", "trailing characters"),
            ("NaN", "expected value"),
            ("", "EOF"),
            ("{\"a\":1,}", "trailing comma"),
            ("1e999", "out of range"),
        ] {
            let error = strict_json(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(strict_json(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_ok());
        assert!(strict_json(&"[".repeat(65)).unwrap_err().to_string().contains("deeper than 64"));
        assert!(strict_json(&"[".repeat(100_000)).unwrap_err().to_string().contains("deeper than 64"));
    }
}
