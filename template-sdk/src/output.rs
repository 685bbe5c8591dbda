//! What a template answers: objects, secret intents, outputs, notes, warnings.
//! It never carries a secret's value; an intent says what must exist and the host makes it.

use std::collections::BTreeMap;

use crate::json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::finding::{Finding, Findings};

/// What a template says of itself (wit/metadata.schema.json).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Plain name, such as `redis`.
    pub name: &'static str,
    /// Semantic version of the template, not of the software.
    pub version: &'static str,
    /// A few words for a list.
    pub title: &'static str,
    /// One or two sentences.
    pub description: &'static str,
    /// The software's default version.
    pub app_version: &'static str,
    /// Every kind the template may render.
    pub produces: Vec<Kind>,
}

/// One kind a template may render.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Kind.
    pub kind: &'static str,
}

impl Kind {
    /// Returns a kind.
    pub const fn new(group: &'static str, kind: &'static str) -> Self {
        Self { group, kind }
    }
}

/// One Kubernetes object with its place in the definition.
///
/// ```
/// use template_sdk::{Finding, Object, Rendered, json};
/// let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
/// let rendered = Rendered::new()
///     .maybe("configmap/config", 0, Some(manifest.clone()))
///     .maybe("configmap/none", 0, None)
///     .warnings([Finding::warning("", "demo.note", "look here")]);
/// assert_eq!(rendered.objects, [Object { id: "configmap/config".into(), stage: 0, manifest: manifest.clone() }]);
/// assert_eq!(rendered.find("ConfigMap", "a"), Some(&manifest));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Stable inside the definition: `statefulset/server`; lets a plan show a rename as one.
    pub id: String,
    /// Lower stages are applied first, with a wait between.
    pub stage: u32,
    /// The object.
    pub manifest: Value,
}

/// The answer to a request.
///
/// ```
/// use template_sdk::{Rendered, SecretIntent, json};
/// let rendered = Rendered::new()
///     .object("configmap/config", 0, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}))
///     .secret(SecretIntent::generate("cache-auth", &["password"]))
///     .notes("Connect with the Secret `cache-auth`.");
/// assert_eq!(rendered.objects.len(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// The objects.
    pub objects: Vec<Object>,
    /// Which Secrets must exist.
    pub secrets: Vec<SecretIntent>,
    /// How others connect.
    pub outputs: Vec<Output>,
    /// Markdown for the person who published.
    pub notes: String,
    /// What is worth knowing about the values.
    pub warnings: Findings,
}

impl Rendered {
    /// Returns an empty answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object.
    pub fn object(mut self, id: impl Into<String>, stage: u32, manifest: Value) -> Self {
        self.objects.push(Object { id: id.into(), stage, manifest });
        self
    }

    /// Adds an object where there is one.
    pub fn maybe(self, id: impl Into<String>, stage: u32, manifest: Option<Value>) -> Self {
        match manifest {
            Some(manifest) => self.object(id, stage, manifest),
            None => self,
        }
    }

    /// Adds a secret intent.
    pub fn secret(mut self, intent: SecretIntent) -> Self {
        self.secrets.push(intent);
        self
    }

    /// Adds an output.
    pub fn output(mut self, output: Output) -> Self {
        self.outputs.push(output);
        self
    }

    /// Sets the notes.
    pub fn notes(mut self, notes: impl Into<String>) -> Self {
        self.notes = notes.into();
        self
    }

    /// Adds warnings.
    pub fn warnings(mut self, warnings: impl IntoIterator<Item = Finding>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// Returns the object of a kind and name: what a test looks at.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Value> {
        let wanted = |object: &&Object| object.manifest["kind"] == kind && object.manifest["metadata"]["name"] == name;
        self.objects.iter().find(wanted).map(|object| &object.manifest)
    }
}

/// A Secret that must exist before the objects are applied (wit/secrets.schema.json).
///
/// ```
/// use template_sdk::{Alphabet, Generate, SecretIntent, SecretRef, SecretValue, json};
/// let intent = SecretIntent::generate("cache-auth", &["password"])
///     .key("id", SecretValue::Generate(Generate { length: 32, alphabet: Alphabet::Hex }))
///     .key("licence", SecretValue::SecretRef(SecretRef { name: "licences".into(), key: "cache".into() }));
/// assert_eq!(json!(intent)["keys"]["id"], json!({"generate": {"length": 32, "alphabet": "hex"}}));
/// assert_eq!(json!(SecretIntent::existing("mine", &["password"]))["keys"]["password"]["secretRef"]["name"], "mine");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretIntent {
    /// Name of the Secret.
    pub name: String,
    /// What each key must hold.
    pub keys: BTreeMap<String, SecretValue>,
}

impl SecretIntent {
    /// Returns an intent whose keys are generated once: 24 letters and digits each, which survive every
    /// configuration syntax and URL without escaping.
    pub fn generate(name: impl Into<String>, keys: &[&str]) -> Self {
        let empty = Self { name: name.into(), keys: BTreeMap::new() };
        keys.iter().fold(empty, |intent, key| intent.key(*key, SecretValue::Generate(Generate::default())))
    }

    /// Returns an intent that only asks for keys of a Secret somebody else made.
    pub fn existing(name: impl Into<String>, keys: &[&str]) -> Self {
        let empty = Self { name: name.into(), keys: BTreeMap::new() };
        keys.iter().fold(empty, |intent, key| {
            let own = SecretRef { name: intent.name.clone(), key: (*key).to_owned() };
            intent.key(*key, SecretValue::SecretRef(own))
        })
    }

    /// Sets one key.
    pub fn key(mut self, key: impl Into<String>, value: SecretValue) -> Self {
        self.keys.insert(key.into(), value);
        self
    }
}

/// Where a secret value comes from; also the shape of a value marked `x-ku8-secret`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretValue {
    /// The host makes it once and never changes it.
    Generate(Generate),
    /// It is in a Secret.
    SecretRef(SecretRef),
}

/// How the host makes a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generate {
    /// Number of characters.
    pub length: u32,
    /// Which characters.
    #[serde(default)]
    pub alphabet: Alphabet,
}

impl Default for Generate {
    fn default() -> Self {
        Self { length: 24, alphabet: Alphabet::Alphanumeric }
    }
}

/// Which characters a generated value consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// Letters and digits.
    #[default]
    Alphanumeric,
    /// Lower-case hexadecimal digits.
    Hex,
    /// The base64 alphabet.
    Base64,
}

/// One key of a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRef {
    /// Name of the Secret.
    pub name: String,
    /// Key in it.
    pub key: String,
}

/// How others connect (wit/outputs.schema.json): keys of the Service Binding specification.
///
/// ```
/// use template_sdk::Output;
/// let output = Output::new("primary", "redis", "cache.prod.svc", 6379).password("cache-auth", "password")
///     .uri("redis://:{password}@cache.prod.svc:6379/0").with("masterName", "mymaster");
/// assert_eq!(output.value()["password"]["secret"], "cache-auth");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Output(Value);

impl Output {
    /// Returns an output with its name, type and address.
    pub fn new(name: &str, kind: &str, host: impl Into<String>, port: u16) -> Self {
        Self(json!({"name": name, "type": kind, "host": host.into(), "port": port}))
    }

    /// Returns an output without one address: a pool whose clients need a list, added with [`Output::with`].
    ///
    /// ```
    /// let output = template_sdk::Output::list("primary", "memcached").with("hosts", "a:11211,b:11211");
    /// assert!(output.value().get("host").is_none());
    /// ```
    pub fn list(name: &str, kind: &str) -> Self {
        Self(json!({"name": name, "type": kind}))
    }

    /// Adds where the password is.
    pub fn password(self, secret: &str, key: &str) -> Self {
        self.with("password", json!({"secret": secret, "key": key}))
    }

    /// Adds a connection string, which may hold `{username}` and `{password}`, never their values.
    pub fn uri(self, uri: &str) -> Self {
        self.with("uri", uri)
    }

    /// Adds another key.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0[key] = value.into();
        self
    }

    /// Returns the output as JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }
}
