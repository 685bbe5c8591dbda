//! ConfigMaps, service accounts, and the checksum that rolls pods when configuration changes.
//! A checksum never covers a secret's value: that would publish a way to verify guesses.

use std::fmt::Write as _;

use crate::json;
use crate::shape;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Meta;

/// Returns a ConfigMap.
///
/// ```
/// use template_sdk::build::{Meta, config_map};
/// let meta = Meta::new("redis", "cache", "server", "prod");
/// let map = config_map(&meta, "cache-config", [("redis.conf", "port 6379\n")]);
/// assert_eq!(map["data"]["redis.conf"], "port 6379\n");
/// ```
pub fn config_map<K, V>(meta: &Meta, name: &str, files: impl IntoIterator<Item = (K, V)>) -> Value
where
    K: Into<String>,
    V: Into<String>,
{
    let mut files = files.into_iter().map(|(key, text)| (key.into(), text.into()));
    object(meta, name, &mut files)
}

/// One piece of code, whatever the callers' types are.
fn object(meta: &Meta, name: &str, files: &mut dyn Iterator<Item = (String, String)>) -> Value {
    let mut data = Map::new();
    for (key, text) in files {
        data.insert(key, Value::String(text));
    }
    let mut object = meta.object("v1", "ConfigMap", name);
    object["data"] = Value::Object(data);
    object
}

/// Returns the sha256 of a ConfigMap's data, for a `checksum/…` annotation on the pod.
///
/// ```
/// use template_sdk::build::{Meta, checksum, config_map};
/// let meta = Meta::new("redis", "cache", "server", "prod");
/// let map = |text: &str| config_map(&meta, "cache-config", [("redis.conf", text)]);
/// assert_ne!(checksum(&map("port 6379")), checksum(&map("port 6380")));
/// ```
pub fn checksum(config_map: &Value) -> String {
    hex(&Sha256::digest(shape::text(&config_map["data"])))
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns a service account without a token: no template's pods talk to the API server.
///
/// ```
/// use template_sdk::build::{Meta, service_account};
/// let account = service_account(&Meta::new("redis", "cache", "server", "prod"), "cache");
/// assert_eq!(account["automountServiceAccountToken"], false);
/// ```
pub fn service_account(meta: &Meta, name: &str) -> Value {
    let mut object = meta.object("v1", "ServiceAccount", name);
    object["automountServiceAccountToken"] = json!(false);
    object
}
