//! Runs the optional interfaces natively, as the host would.
//! It never reads a cluster: live objects are written in the test.

use serde_json::Value;

use super::Case;
use crate::input::Request;
use crate::json;
use crate::optional::{Live, LiveObject, Status, Upgrade, Verdict, Version};

/// An object as the host finds it, ready; write its `status` into it.
///
/// ```
/// use template_sdk::json;
/// use template_sdk::testing::live_object;
///
/// let set = live_object(&json!({"kind": "StatefulSet", "metadata": {"name": "demo"}, "status": {"readyReplicas": 2}}));
/// assert_eq!(set.at::<u32>("/status/readyReplicas"), Some(2));
/// ```
pub fn live_object(object: &Value) -> LiveObject {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
    LiveObject::new(json!({"apiVersion": version, "kind": kind, "name": name, "namespace": namespace,
        "state": "Current", "message": "", "object": object.clone()}))
}

/// An object of the definition that is not there.
///
/// ```
/// use template_sdk::testing::missing_object;
///
/// let gone = missing_object("Pod", "demo-0");
/// assert!(!gone.is_current() && gone.at::<String>("/metadata/name").is_none());
/// ```
pub fn missing_object(kind: &str, name: &str) -> LiveObject {
    LiveObject::new(json!({"apiVersion": "v1", "kind": kind, "name": name, "namespace": "prod",
        "state": "NotFound", "message": "", "object": null}))
}

/// Judges live objects of a definition `demo` in `prod` with these values, defaults filled in.
///
/// ```
/// use template_sdk::json;
/// use template_sdk::testing::{live_object, missing_object, probe};
/// # use template_sdk::{Findings, Live, Metadata, Rendered, Request, Status, Template, Value, Verdict};
/// # struct Cache;
/// # impl Template for Cache {
/// #     fn metadata() -> Metadata {
/// #         Metadata { name: "cache", version: "1.0.0", title: "t", description: "d", app_version: "1", produces: vec![] }
/// #     }
/// #     fn schema() -> Value { json!({"type": "object"}) }
/// #     fn render(_: &Request) -> Result<Rendered, Findings> { Ok(Rendered::new()) }
/// # }
/// # impl Status for Cache {
/// #     fn probe(request: &Request, live: &Live) -> Result<Verdict, String> {
/// #         Ok(if live.find("Pod", &request.name).is_some() { Verdict::ready() } else { Verdict::failed("gone") })
/// #     }
/// # }
///
/// let pod = live_object(&json!({"kind": "Pod", "metadata": {"name": "demo"}}));
/// assert_eq!(probe::<Cache>(json!({}), [pod])?, Verdict::ready());
/// assert_eq!(probe::<Cache>(json!({}), [missing_object("Pod", "demo")])?, Verdict::failed("gone"));
/// # Ok::<(), String>(())
/// ```
pub fn probe<T: Status>(values: Value, live: impl IntoIterator<Item = LiveObject>) -> Result<Verdict, String> {
    let request = Request::parse(&Case::new(values).request(&T::schema()).to_string())
        .map_err(|findings| format!("{findings:?}"))?;
    let objects: Vec<Value> = live.into_iter().map(|one| one.value().clone()).collect();
    // Through the text, as in a component.
    T::probe(&request, &Live::parse(&json!({"apiVersion": "ku8/v1", "objects": objects}).to_string())?)
}

/// Brings values of version `from` to the template's own.
///
/// ```
/// use template_sdk::json;
/// use template_sdk::testing::migrate;
/// # use template_sdk::{Findings, Metadata, Rendered, Request, Template, Upgrade, Value, Version};
/// # struct Motd;
/// # impl Template for Motd {
/// #     fn metadata() -> Metadata {
/// #         Metadata { name: "motd", version: "2.0.0", title: "t", description: "d", app_version: "1", produces: vec![] }
/// #     }
/// #     fn schema() -> Value { json!({"type": "object"}) }
/// #     fn render(_: &Request) -> Result<Rendered, Findings> { Ok(Rendered::new()) }
/// # }
/// # impl Upgrade for Motd {
/// #     fn migrate(_: Version, values: Value) -> Result<Value, String> { Ok(json!({"message": values["text"]})) }
/// # }
///
/// assert_eq!(migrate::<Motd>("1.4.0", json!({"text": "hello"}))?, json!({"message": "hello"}));
/// assert!(migrate::<Motd>("newest", json!({})).is_err());
/// # Ok::<(), String>(())
/// ```
pub fn migrate<T: Upgrade>(from: &str, values: Value) -> Result<Value, String> {
    T::migrate(Version::parse(from).ok_or_else(|| format!("`{from}` is no version"))?, values)
}
