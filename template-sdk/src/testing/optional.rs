//! Runs the optional interfaces natively, as the host would.
//! It never reads a cluster: live objects are written in the test.

use serde_json::Value;

use super::Case;
use crate::input::Request;
use crate::json;
use crate::optional::{Live, LiveObject, Status, Upgrade, Verdict, Version};

/// An object as the host finds it, ready; write its `status` into it.
pub fn live_object(object: &Value) -> LiveObject {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
    LiveObject::new(json!({"apiVersion": version, "kind": kind, "name": name, "namespace": namespace,
        "state": "Current", "message": "", "object": object.clone()}))
}

/// An object of the definition that is not there.
pub fn missing_object(kind: &str, name: &str) -> LiveObject {
    LiveObject::new(json!({"apiVersion": "v1", "kind": kind, "name": name, "namespace": "prod",
        "state": "NotFound", "message": "", "object": null}))
}

/// Judges live objects of a definition `demo` in `prod` with these values, defaults filled in.
pub fn probe<T: Status>(values: Value, live: impl IntoIterator<Item = LiveObject>) -> Result<Verdict, String> {
    let request = Request::parse(&Case::new(values).request(&T::schema()).to_string())
        .map_err(|findings| format!("{findings:?}"))?;
    let objects: Vec<Value> = live.into_iter().map(|one| one.value().clone()).collect();
    // Through the text, as in a component.
    T::probe(&request, &Live::parse(&json!({"apiVersion": "ku8/v1", "objects": objects}).to_string())?)
}

/// Brings values of version `from` to the template's own.
pub fn migrate<T: Upgrade>(from: &str, values: Value) -> Result<Value, String> {
    T::migrate(Version::parse(from).ok_or_else(|| format!("`{from}` is no version"))?, values)
}
