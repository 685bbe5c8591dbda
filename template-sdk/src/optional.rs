//! What a template may do beside rendering: judge its own live objects, and take over values of its older versions.
//! It never reaches the cluster: everything it judges was read by the host and passed in.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::input::Request;
use crate::json;
use crate::template::Template;

/// A template that judges the health of its own objects.
///
/// The host shows the verdict in `kubectl ku8 status NAME`, beside its own judgement; a publish still waits for the
/// host's. Export it with `export_template!(Type: status)`.
///
/// ```
/// use template_sdk::testing::live_object;
/// use template_sdk::{Live, Request, Status, Verdict, json};
/// # use template_sdk::{Findings, Metadata, Rendered, Template, Value};
/// # struct Cache;
/// # impl Template for Cache {
/// #     fn metadata() -> Metadata {
/// #         Metadata { name: "cache", version: "1.0.0", title: "t", description: "d", app_version: "1", produces: vec![] }
/// #     }
/// #     fn schema() -> Value { json!({"type": "object"}) }
/// #     fn render(_: &Request) -> Result<Rendered, Findings> { Ok(Rendered::new()) }
/// # }
///
/// impl Status for Cache {
///     fn probe(request: &Request, live: &Live) -> Result<Verdict, String> {
///         let Some(set) = live.find("StatefulSet", &request.name) else { return Ok(Verdict::failed("the cache is gone")) };
///         let wanted: u32 = set.at("/spec/replicas").unwrap_or(1);
///         let ready: u32 = set.at("/status/readyReplicas").unwrap_or(0);
///         Ok(match ready {
///             0 => Verdict::failed("no replica answers"),
///             some if some < wanted => Verdict::degraded(format!("{some} of {wanted} replicas answer"))
///                 .remark("StatefulSet", &request.name, "a replica is away"),
///             _ => Verdict::ready(),
///         })
///     }
/// }
///
/// template_sdk::export_template!(Cache: status);
///
/// let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "demo"},
///     "spec": {"replicas": 3}, "status": {"readyReplicas": 2}});
/// let verdict = template_sdk::testing::probe::<Cache>(json!({}), [live_object(&set)])?;
/// assert_eq!(verdict, Verdict::degraded("2 of 3 replicas answer").remark("StatefulSet", "demo", "a replica is away"));
/// # Ok::<(), String>(())
/// ```
pub trait Status: Template {
    /// Returns how the live objects are, or why that cannot be said. The request is the one of the published
    /// revision.
    fn probe(request: &Request, live: &Live) -> Result<Verdict, String>;
}

/// A template that takes over values of its older versions.
///
/// `kubectl ku8 template upgrade` shows what it returned, field by field, before anything is stored; what it returns
/// meets the schema like values a person wrote. Export it with `export_template!(Type: upgrade)`.
///
/// ```
/// use template_sdk::{Upgrade, Value, Version, json};
/// # use template_sdk::{Findings, Metadata, Rendered, Request, Template};
/// # struct Motd;
/// # impl Template for Motd {
/// #     fn metadata() -> Metadata {
/// #         Metadata { name: "motd", version: "2.0.0", title: "t", description: "d", app_version: "1", produces: vec![] }
/// #     }
/// #     fn schema() -> Value { json!({"type": "object"}) }
/// #     fn render(_: &Request) -> Result<Rendered, Findings> { Ok(Rendered::new()) }
/// # }
///
/// impl Upgrade for Motd {
///     fn migrate(from: Version, mut values: Value) -> Result<Value, String> {
///         // Version 2 calls `text` `message`.
///         if from < Version::new(2, 0, 0)
///             && let Some(text) = values.as_object_mut().and_then(|fields| fields.remove("text"))
///         {
///             values["message"] = text;
///         }
///         Ok(values)
///     }
/// }
///
/// template_sdk::export_template!(Motd: upgrade);
///
/// let values = template_sdk::testing::migrate::<Motd>("1.4.0", json!({"text": "hello"}))?;
/// assert_eq!(values, json!({"message": "hello"}));
/// # Ok::<(), String>(())
/// ```
pub trait Upgrade: Template {
    /// Returns the values for this version's schema, or why there are none. `values` are as they were given, without
    /// defaults, and were valid for version `from`.
    fn migrate(from: Version, values: Value) -> Result<Value, String>;
}

/// A version of a template, to compare with; what follows a `-` does not count.
///
/// ```
/// use template_sdk::Version;
/// assert_eq!(Version::parse("1.20.3-rc.1"), Some(Version::new(1, 20, 3)));
/// assert!(Version::new(1, 9, 0) < Version::new(1, 20, 0));
/// assert_eq!(Version::parse("newest"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Grows when values of older versions no longer fit.
    pub major: u64,
    /// Grows with what can be asked for.
    pub minor: u64,
    /// Grows with repairs.
    pub patch: u64,
}

impl Version {
    /// Returns a version of three numbers.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch }
    }

    /// Reads a version such as `1.4.2`.
    pub fn parse(text: &str) -> Option<Self> {
        let release = text.split(['-', '+']).next()?;
        let mut parts = release.split('.').map(|part| part.parse::<u64>().ok());
        let version = Self::new(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }
}

/// The definition's objects as the host found them (wit/live.schema.json).
#[derive(Clone, Debug, Default)]
pub struct Live(Vec<LiveObject>);

/// One object as the host found it.
///
/// ```
/// use template_sdk::testing::live_object;
/// use template_sdk::{LiveObject, json};
///
/// let pod: LiveObject =
///     live_object(&json!({"kind": "Pod", "metadata": {"name": "demo-0"}, "status": {"phase": "Running"}}));
/// assert!(pod.is_current() && pod.kind() == "Pod" && pod.name() == "demo-0");
/// assert_eq!(pod.at::<String>("/status/phase").as_deref(), Some("Running"));
/// assert_eq!(pod.at::<u32>("/status/phase"), None, "it is no number");
/// ```
#[derive(Clone, Debug)]
pub struct LiveObject(Value);

impl Live {
    /// Reads live objects from JSON.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut document: Value = serde_json::from_str(text).map_err(|_| "the live objects are no JSON")?;
        match document.get_mut("objects").map(Value::take) {
            Some(Value::Array(objects)) => Ok(Self(objects.into_iter().map(LiveObject).collect())),
            _ => Err("the live objects have another shape".to_owned()),
        }
    }

    /// Returns all objects of the definition, also those that are not there.
    pub fn objects(&self) -> &[LiveObject] {
        &self.0
    }

    /// Returns the object of this kind and name, if the definition has one and it is there.
    pub fn find(&self, kind: &str, name: &str) -> Option<&LiveObject> {
        self.0.iter().find(|one| one.kind() == kind && one.name() == name && !one.0["object"].is_null())
    }
}

impl LiveObject {
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn new(value: Value) -> Self {
        Self(value)
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Returns the kind: `StatefulSet`.
    pub fn kind(&self) -> &str {
        self.0["kind"].as_str().unwrap_or_default()
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        self.0["name"].as_str().unwrap_or_default()
    }

    /// Says whether the host finds it as it should be.
    pub fn is_current(&self) -> bool {
        self.0["state"] == "Current"
    }

    /// Reads a field of the live object, such as `/status/readyReplicas`; nothing where it is absent, or of another
    /// type. Of Secrets there is nothing to read.
    pub fn at<T: DeserializeOwned>(&self, pointer: &str) -> Option<T> {
        serde_json::from_value(self.0["object"].pointer(pointer)?.clone()).ok()
    }
}

/// How the objects are, all in all.
///
/// ```
/// use template_sdk::{Verdict, json};
///
/// let verdict = Verdict::progressing("2 of 3 members joined").remark("Pod", "demo-2", "joins");
/// assert_eq!(
///     verdict.to_json(),
///     json!({"state": "progressing", "message": "2 of 3 members joined",
///         "objects": [{"kind": "Pod", "name": "demo-2", "message": "joins"}]})
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    state: &'static str,
    message: String,
    objects: Vec<(String, String, String)>,
}

impl Verdict {
    /// Everything is as it should be.
    pub fn ready() -> Self {
        Self::new("ready", "")
    }

    /// It is on its way there.
    pub fn progressing(message: impl Into<String>) -> Self {
        Self::new("progressing", message)
    }

    /// It works, and not as it should.
    pub fn degraded(message: impl Into<String>) -> Self {
        Self::new("degraded", message)
    }

    /// It does not work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new("failed", message)
    }

    /// Adds what there is to say of one object.
    pub fn remark(mut self, kind: &str, name: &str, message: impl Into<String>) -> Self {
        self.objects.push((kind.to_owned(), name.to_owned(), message.into()));
        self
    }

    /// Returns the answer's JSON (wit/verdict.schema.json).
    pub fn to_json(&self) -> Value {
        let remark =
            |(kind, name, message): &(String, String, String)| json!({"kind": kind, "name": name, "message": message});
        let objects: Vec<Value> = self.objects.iter().map(remark).collect();
        json!({"state": self.state, "message": self.message, "objects": objects})
    }

    fn new(state: &'static str, message: impl Into<String>) -> Self {
        Self { state, message: message.into(), objects: Vec::new() }
    }
}

/// One optional interface of [`export_template!`](crate::export_template).
#[doc(hidden)]
#[macro_export]
macro_rules! export_ability {
    (status $template:ty) => {
        const _: fn() = || {
            fn is_status<T: $crate::Status>() {}
            is_status::<$template>();
        };
        $crate::export_ability_guest!(status $template);
    };
    (upgrade $template:ty) => {
        const _: fn() = || {
            fn is_upgrade<T: $crate::Upgrade>() {}
            is_upgrade::<$template>();
        };
        $crate::export_ability_guest!(upgrade $template);
    };
}

/// The wasm half of [`export_ability!`].
#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
#[macro_export]
macro_rules! export_ability_guest {
    (status $template:ty) => {
        struct ExportedStatus;

        impl $crate::status_bindings::exports::ku8::template::status::Guest for ExportedStatus {
            fn probe(request: String, live: String) -> Result<String, String> {
                $crate::guest::probe::<$template>(&request, &live)
            }
        }

        $crate::status_bindings::export_status!(ExportedStatus with_types_in $crate::status_bindings);
    };
    (upgrade $template:ty) => {
        struct ExportedUpgrade;

        impl $crate::upgrade_bindings::exports::ku8::template::upgrade::Guest for ExportedUpgrade {
            fn migrate(from: String, values: String) -> Result<String, String> {
                $crate::guest::migrate::<$template>(&from, &values)
            }
        }

        $crate::upgrade_bindings::export_upgrade!(ExportedUpgrade with_types_in $crate::upgrade_bindings);
    };
}

/// Natively there is nothing to export.
#[doc(hidden)]
#[cfg(not(target_arch = "wasm32"))]
#[macro_export]
macro_rules! export_ability_guest {
    ($ability:ident $template:ty) => {};
}
