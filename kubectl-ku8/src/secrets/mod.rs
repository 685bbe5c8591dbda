//! Generated values: drawn from the operating system's randomness, put into a Secret, and forgotten.
//! No value is ever printed, stored in a record, or given to a template.

pub mod redact;

use base64::Engine as _;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::object::labels;
use crate::render::{Alphabet, SecretIntent, SecretSource};

/// The system gave no randomness.
#[derive(Debug, Error)]
#[error("the operating system gave no randomness: {0}")]
pub struct RandomnessError(String);

/// Generates the named keys of an intent, base64-encoded as a Secret's `data` wants them.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn generate(intent: &SecretIntent, keys: &[String]) -> Result<Map<String, Value>, RandomnessError> {
    let mut data = Map::new();
    for key in keys {
        if let Some(SecretSource::Generate { length, alphabet }) = intent.keys.get(key) {
            let value = draw(usize::from(*length), alphabet_of(*alphabet))?;
            redact::learn(&value);
            data.insert(key.clone(), base64::engine::general_purpose::STANDARD.encode(value).into());
        }
    }
    Ok(data)
}

/// The Secret to create: its data, and marks that say whose it is.
pub fn manifest(
    intent: &SecretIntent,
    namespace: &str,
    definition: &str,
    owner_id: &str,
    data: &Map<String, Value>,
) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "name": intent.name, "namespace": namespace,
            "labels": {
                labels::OWNER: definition, labels::GENERATED: "true",
                labels::MANAGED_BY: labels::MANAGED_BY_VALUE, labels::INSTANCE: definition,
            },
            "annotations": {labels::OWNER_ID: owner_id},
        },
        "data": data,
    })
}

fn alphabet_of(alphabet: Alphabet) -> &'static [u8] {
    match alphabet {
        Alphabet::Alphanumeric => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        Alphabet::Hex => b"0123456789abcdef",
        Alphabet::Base64 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    }
}

/// Draws characters without bias: bytes beyond the last whole multiple of the alphabet are thrown away.
fn draw(length: usize, alphabet: &[u8]) -> Result<String, RandomnessError> {
    let limit = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut block = [0_u8; 64];
    while text.len() < length {
        getrandom::fill(&mut block).map_err(|error| RandomnessError(error.to_string()))?;
        for byte in block.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit) {
            if text.len() < length {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_length_and_alphabet_and_differ() {
        let one = draw(24, alphabet_of(Alphabet::Alphanumeric)).unwrap();
        let two = draw(24, alphabet_of(Alphabet::Alphanumeric)).unwrap();
        assert!(one.len() == 24 && one.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(one, two);
        assert!(draw(756, alphabet_of(Alphabet::Hex)).unwrap().chars().all(|c| c.is_ascii_hexdigit()));
    }
}
