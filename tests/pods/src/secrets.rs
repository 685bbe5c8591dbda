//! Secrets as the host makes them: each key generated once and kept.
//! It never shows a value to anything but the pods and the test.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use template_sdk::{Alphabet, Generate, SecretIntent, SecretValue};

/// Values by Secret and key.
#[derive(Debug, Default)]
pub(crate) struct Secrets(BTreeMap<String, BTreeMap<String, String>>);

impl Secrets {
    /// Makes what is missing; what is there stays.
    pub(crate) fn make(&mut self, intents: &[SecretIntent]) {
        for intent in intents {
            let secret = self.0.entry(intent.name.clone()).or_default();
            for (key, value) in &intent.keys {
                if let SecretValue::Generate(how) = value {
                    secret.entry(key.clone()).or_insert_with(|| generate(how));
                }
            }
        }
    }

    pub(crate) fn set(&mut self, name: &str, key: &str, value: &str) {
        self.0.entry(name.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
    }

    pub(crate) fn get(&self, name: &str, key: &str) -> Option<&str> {
        self.0.get(name)?.get(key).map(String::as_str)
    }

    /// All keys of a Secret.
    pub(crate) fn keys(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.0.get(name)
    }
}

fn generate(how: &Generate) -> String {
    let letters: &[u8] = match how.alphabet {
        Alphabet::Alphanumeric => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        Alphabet::Hex => b"0123456789abcdef",
        Alphabet::Base64 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    };
    let mut bytes = vec![0; how.length as usize];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("random bytes");
    bytes.iter().map(|byte| char::from(letters[usize::from(*byte) % letters.len()])).collect()
}
