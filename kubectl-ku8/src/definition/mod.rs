//! Stage 1: the user's document, its text form and its rules.
//! It never talks to a cluster and never judges values; that is the schema's work.

mod editor;
mod merge;
mod parse;
mod places;
mod sources;
pub mod yaml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use editor::{TemplateSchema, document, json_schema, modeline, tidy, values_schema};
pub use merge::{SetError, SetKind, merge, set_value};
pub use parse::{Document, parse, parse_documents, parse_values};
pub use places::lines_of;
pub use sources::{Part, Sources, Spot};

use crate::object::{is_dns_label, printable};

/// `apiVersion` of our documents.
pub const API_VERSION: &str = "ku8.dev/v1";
/// `kind` of a definition document.
pub const KIND: &str = "Definition";
/// Longest definition name: labels, StatefulSet names and `ku8.<name>.r<N>` must fit around it (decisions.md, 31).
pub const MAX_NAME: usize = 50;

/// What is wrong with a document, and where.
#[derive(Debug, Error)]
pub enum DefinitionError {
    /// YAML or JSON that does not parse.
    #[error("{source_name}:{line}:{column}: {message}\n{snippet}")]
    Syntax {
        /// File name, or `<stdin>`.
        source_name: String,
        /// 1-based line.
        line: u64,
        /// 1-based column.
        column: u64,
        /// What the parser expected.
        message: String,
        /// The line itself with a caret.
        snippet: String,
    },
    /// A document without any object.
    #[error("{0}: the document is empty")]
    Empty(String),
    /// A field of the document has the wrong shape.
    #[error("{source_name}: {message}")]
    Shape {
        /// File name, or `<stdin>`.
        source_name: String,
        /// What is wrong, naming the field.
        message: String,
    },
    /// The same where the place is told apart.
    #[error("{0}")]
    Bare(String),
    /// Something of these with its place in the file.
    #[error("{place}: {error}\n{snippet}")]
    Placed {
        /// `file:line:column`.
        place: String,
        /// What is wrong there.
        error: Box<DefinitionError>,
        /// The line, and what is underlined in it.
        snippet: String,
    },
    /// The name cannot be used for objects in the cluster.
    #[error(
        "definition name `{}` is not usable: lower-case letters, digits and `-`, starting with a letter, at most {MAX_NAME} characters",
        printable(.0)
    )]
    Name(String),
    /// A Secret with data inside `spec.manifests`.
    #[error("Secret/{name} carries data: definitions are readable by everyone who may read ConfigMaps")]
    SecretData {
        /// Name of the Secret.
        name: String,
    },
}

/// A service as its owner describes it; stored in the cluster as the head ConfigMap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Definition {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always [`KIND`].
    pub kind: String,
    /// Name, partition and labels.
    pub metadata: Metadata,
    /// What to run and how.
    pub spec: Spec,
}

/// Name, namespace and labels of a definition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// DNS label, at most [`MAX_NAME`] characters.
    pub name: String,
    /// The partition; the command's namespace when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Carried onto the metadata of every object.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What to run and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Spec {
    /// Whether other apps may refer to it.
    #[serde(default)]
    pub visibility: Visibility,
    /// The app it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The template, unless `manifests` are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateRef>,
    /// The user's values; the template's schema constrains them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
    /// Plain Kubernetes objects instead of a template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Value>,
    /// Kinds beyond the host's list that the owner allowed, as GROUP/KIND (decisions.md, 6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_kinds: Vec<String>,
}

/// Who may refer to a definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Only its own app.
    #[default]
    Private,
    /// Any app of the partition.
    Public,
}

/// Which template renders a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateRef {
    /// Built-in name, a file path ending in `.wasm` or holding a `/`, or `oci://HOST/REPOSITORY:TAG@sha256:MANIFEST`.
    pub name: String,
    /// Version at the time it was pinned; for people, the digest decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `sha256:` and 64 hex digits; set once, changed only by `define -t` (decisions.md, 11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl TemplateRef {
    /// A name that may stand in a label: the last part of a path without its ending, or `manifests`.
    pub fn plain_name(&self) -> String {
        let base = self.name.rsplit('/').next().unwrap_or(&self.name);
        let base = base.split([':', '@']).next().unwrap_or(base).trim_end_matches(".wasm");
        let safe: String = base.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
        safe.trim_matches('-').chars().take(63).collect()
    }
}

impl Definition {
    /// A definition of `name` with nothing else decided.
    pub fn new(name: &str, namespace: Option<String>) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            metadata: Metadata { name: name.to_owned(), namespace, labels: BTreeMap::new() },
            spec: Spec::default(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// What stands in the template label: the template's plain name, or `manifests`.
    pub fn template_label(&self) -> String {
        self.spec.template.as_ref().map_or_else(|| "manifests".to_owned(), TemplateRef::plain_name)
    }

    /// First 16 hex digits of the pinned template's digest, if one is pinned.
    pub fn template_digest_label(&self) -> Option<String> {
        let digest = self.spec.template.as_ref()?.digest.as_deref()?;
        Some(digest.trim_start_matches("sha256:").chars().take(16).collect())
    }

    /// Digest of the whole document without its namespace, over sorted JSON; equal documents have equal digests.
    pub fn digest(&self) -> String {
        let mut copy = self.clone();
        copy.metadata.namespace = None;
        let text = serde_json::to_string(&copy).expect("a definition is plain data");
        format!("sha256:{}", hex(&Sha256::digest(text.as_bytes())))
    }

    /// Checks the rules that no schema knows: the name, one source, no secret data.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn check(&self) -> Result<(), DefinitionError> {
        check_name(self.name())?;
        let shape =
            |message: &str| DefinitionError::Shape { source_name: self.name().to_owned(), message: message.into() };
        match (&self.spec.template, self.spec.manifests.is_empty()) {
            (Some(_), false) => return Err(shape("spec.template and spec.manifests exclude each other: keep one")),
            (None, true) => {
                return Err(shape("neither spec.template nor spec.manifests is set: name a template with -t"));
            }
            (None, false) if !self.spec.values.is_empty() => {
                return Err(shape("spec.values belong to a template, and this definition holds plain manifests"));
            }
            _ => {}
        }
        self.spec.manifests.iter().try_for_each(refuse_secret_data)
    }
}

/// Checks a definition's name.
///
/// # Errors
/// When it is no DNS label that starts with a letter, or longer than [`MAX_NAME`].
pub fn check_name(name: &str) -> Result<(), DefinitionError> {
    if is_dns_label(name) && name.len() <= MAX_NAME && name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Ok(())
    } else {
        Err(DefinitionError::Name(name.to_owned()))
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

/// A Secret with data would end up readable in our ConfigMap (decisions.md, 12).
fn refuse_secret_data(manifest: &Value) -> Result<(), DefinitionError> {
    let has = |field: &str| manifest[field].as_object().is_some_and(|data| !data.is_empty());
    if manifest["kind"] == "Secret" && (has("data") || has("stringData")) {
        let name = manifest["metadata"]["name"].as_str().unwrap_or("?").to_owned();
        return Err(DefinitionError::SecretData { name });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_must_fit_every_object_made_from_them() {
        assert!(check_name("orders-db").is_ok());
        for bad in ["", "1a", "Orders", "a_b", "a.b", "-a", &"a".repeat(51)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_with_data_never_enters_a_definition() {
        let mut definition = Definition::new("web", None);
        definition.spec.manifests = vec![
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"p": "hunter22"}}),
        ];
        let error = definition.check().unwrap_err().to_string();
        assert!(error.contains("Secret/s") && !error.contains("hunter22"), "{error}");
    }

    #[test]
    fn a_reference_becomes_a_valid_label() {
        let plain = |name: &str| TemplateRef { name: name.into(), version: None, digest: None }.plain_name();
        assert_eq!(plain("mysql"), "mysql");
        assert_eq!(plain("./build/my_db.wasm"), "my-db");
        assert_eq!(plain("oci://registry.example/team/kafka:1.2"), "kafka");
    }

    #[test]
    fn the_digest_ignores_key_order_and_namespace() {
        let one: Definition = serde_json::from_value(json!({
            "apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "a", "namespace": "x"},
            "spec": {"template": {"name": "redis"}, "values": {"b": 1, "a": 2}}
        }))
        .unwrap();
        let mut two = one.clone();
        two.metadata.namespace = None;
        assert_eq!(one.digest(), two.digest());
        two.spec.values.insert("b".into(), json!(2));
        assert_ne!(one.digest(), two.digest());
    }
}
