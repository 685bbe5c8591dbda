//! Replaces secret data in every server reply before anything else sees it (decisions.md, 38).
//! A mask tells equal values from different ones within one run and nothing else; the key is never stored.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::definition::hex;
use crate::object::labels::LAST_APPLIED;
use crate::secrets::redact;

/// Prefix of a masked value; the plan room numbers masks when it shows them.
const PREFIX: &str = "masked:";

/// A per-run key that turns values into masks.
pub(crate) struct Mask {
    key: [u8; 32],
}

impl Mask {
    /// Draws a fresh key.
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        // Without randomness masks are still no values; they only become comparable between runs.
        if getrandom::fill(&mut key).is_err() {
            key = [7; 32];
        }
        Self { key }
    }

    /// Masks an object or every item of a list; other kinds only lose the last-applied annotation.
    pub(crate) fn apply(&self, value: &mut Value) {
        let secret_list = value["kind"] == "SecretList";
        if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut) {
            for item in items {
                self.one(item, secret_list);
            }
        } else {
            let is_secret = value["kind"] == "Secret";
            self.one(value, is_secret);
        }
    }

    fn one(&self, value: &mut Value, is_secret: bool) {
        if let Some(annotations) = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            let last = annotations.remove(LAST_APPLIED);
            if let Some(last) = last.filter(|_| is_secret).and_then(|text| serde_json::from_str(text.as_str()?).ok()) {
                redact::learn_secret(&last);
            }
        }
        if !is_secret {
            return;
        }
        redact::learn_secret(value);
        for field in ["data", "stringData"] {
            if let Some(data) = value.get_mut(field).and_then(Value::as_object_mut) {
                for secret in data.values_mut() {
                    *secret = Value::String(self.of(secret.as_str().unwrap_or_default()));
                }
            }
        }
    }

    fn of(&self, secret: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(secret.as_bytes());
        hash.update(self.key);
        format!("{PREFIX}{}", &hex(&hash.finalize())[..16])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_share_a_mask_and_no_value_survives() {
        let mut secret = json!({"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: "{\"data\":\"aHVudGVyMg==\"}"}},
                                "data": {"a": "aHVudGVyMg==", "b": "aHVudGVyMg==", "c": "eA=="}});
        let mask = Mask::new();
        mask.apply(&mut secret);
        assert!(!secret.to_string().contains("aHVudGVyMg"), "{secret}");
        assert_eq!(secret["data"]["a"], secret["data"]["b"]);
        assert_ne!(secret["data"]["a"], secret["data"]["c"]);
        let mut list = json!({"kind": "SecretList", "items": [{"data": {"a": "aHVudGVyMg=="}}]});
        mask.apply(&mut list);
        assert!(!list.to_string().contains("aHVudGVyMg"));
    }
}
