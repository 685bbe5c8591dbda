//! cosign's older form of a signature: a "simple signing" payload, signed as it is.
//! It never accepts a payload of another type, nor one that says a thing twice.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::base64;
use super::signature::{Claim, Sealed};
use crate::object::strict_json;

const TYPE: &str = "cosign container image signature";
/// Bytes of the longest signature a key makes: RSA with 8192 bits.
pub(super) const MAX_SIGNATURE: usize = 1024;

pub(super) fn unseal<'a>(payload: &'a [u8], signature: &str) -> Result<Sealed<'a>, String> {
    let signature = base64::decode(signature, MAX_SIGNATURE).ok_or("its signature is not Base64")?;
    Ok(Sealed { signed: Cow::Borrowed(payload), signature, payload: Cow::Borrowed(payload), read })
}

fn read(payload: &[u8]) -> Result<Claim, String> {
    let document = json(payload)?;
    let text = |path: &[&str]| {
        let found = path.iter().try_fold(&document, |value, name| value.get(name));
        found.and_then(Value::as_str).ok_or_else(|| format!("its payload has no {}", path.join(".")))
    };
    match text(&["critical", "type"])? {
        TYPE => {}
        other => return Err(format!("its payload is of the type `{other}`, not `{TYPE}`")),
    }
    let annotations = match document.get("optional") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(Value::Object(optional)) => texts(optional),
        Some(_) => return Err("its payload's optional is not an object".into()),
    };
    Ok(Claim {
        digest: text(&["critical", "image", "docker-manifest-digest"])?.to_owned(),
        repository: Some(text(&["critical", "identity", "docker-reference"])?.to_owned()),
        annotations,
    })
}

/// Reads a payload in the one way it can be read.
pub(super) fn json(payload: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(payload).map_err(|_| "its payload is not UTF-8")?;
    strict_json(text).map_err(|error| format!("its payload is not one JSON value: {error}"))
}

/// The members that are texts; a policy can ask for no others.
pub(super) fn texts(members: &Map<String, Value>) -> BTreeMap<String, String> {
    members.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
