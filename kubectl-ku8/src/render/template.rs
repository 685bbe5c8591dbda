//! A template after it was read: its bytes, their digest, and what it says of itself.
//! It never holds anything that depends on a definition.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::Problem;
use super::{Abilities, RenderError, contract, host, json};
use crate::definition::hex;
use crate::object::{GroupKind, printable};
use crate::schema::Schema;

/// Where a template's bytes came from. Shown to people; trust follows the digest alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Embedded in this program.
    BuiltIn,
    /// A file on this machine.
    File(String),
    /// Stored in the cluster beside the definition.
    Cluster,
    /// An OCI registry, with the full reference.
    Registry(String),
}

impl Origin {
    /// What people call a component that has not told its name yet.
    pub(super) fn short_name(&self) -> String {
        let last = |text: &str| printable(text.rsplit('/').next().unwrap_or(text));
        match self {
            Self::BuiltIn | Self::Cluster => "the template".to_owned(),
            Self::File(path) => last(path).trim_end_matches(".wasm").to_owned(),
            Self::Registry(reference) => last(reference.split('@').next().unwrap_or(reference)),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => write!(f, "file {}", printable(path)),
            Self::Cluster => f.write_str("stored in the cluster"),
            Self::Registry(reference) => f.write_str(&printable(reference)),
        }
    }
}

/// What a template says of itself (metadata.schema.json).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateMetadata {
    /// Plain name.
    pub name: String,
    /// Semantic version of the template.
    pub version: String,
    /// Title for a list.
    pub title: String,
    /// One or two sentences.
    pub description: String,
    /// The software's default version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Host versions, as a semver range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<String>,
    /// Every kind it may render.
    pub produces: Vec<GroupKind>,
    /// The rules it judges by; not part of lists.
    #[serde(default, skip_serializing)]
    pub rules: Vec<Rule>,
    /// What people do with the running software; not part of lists.
    #[serde(default, skip_serializing)]
    pub operations: Vec<Operation>,
}

/// A rule, by the code of its diagnostics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Code.
    pub code: String,
    /// What must hold, or what is pointed out.
    pub text: String,
}

/// Something people do with the running software.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// A few words.
    pub title: String,
    /// Markdown without headings.
    pub text: String,
}

/// A template that was loaded and describes itself well.
#[derive(Clone, Debug)]
pub struct Template {
    bytes: Bytes,
    digest: String,
    origin: Origin,
    metadata: TemplateMetadata,
    schema: Schema,
    abilities: Abilities,
}

/// A component: part of this program, or read.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    /// Never copied.
    Embedded(&'static [u8]),
    /// Shared between the clones of a template.
    Read(Arc<[u8]>),
}

impl Template {
    /// Believes a description that passed [`describe`].
    pub(super) fn new(bytes: Bytes, digest: String, origin: Origin, description: Description) -> Self {
        let Description { metadata, schema, abilities } = description;
        Self { bytes, digest, origin, metadata, schema, abilities }
    }

    /// The component, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Embedded(bytes) => bytes,
            Bytes::Read(bytes) => bytes,
        }
    }

    /// The component for another thread to hold; copied where it is part of this program.
    pub(super) fn shared(&self) -> Arc<[u8]> {
        match &self.bytes {
            Bytes::Embedded(bytes) => Arc::from(*bytes),
            Bytes::Read(bytes) => Arc::clone(bytes),
        }
    }

    /// SHA-256 of the bytes in lower-case hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Where the bytes came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What the template says of itself.
    pub fn metadata(&self) -> &TemplateMetadata {
        &self.metadata
    }

    /// The schema of its values.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Which optional interfaces it exports.
    pub fn abilities(&self) -> Abilities {
        self.abilities
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Metadata and schema after their checks.
pub(super) struct Description {
    pub(super) metadata: TemplateMetadata,
    pub(super) schema: Schema,
    pub(super) abilities: Abilities,
}

/// Checks what `metadata` and `schema` returned; the schema of an embedded template is one we evaluate, as the tests
/// prove.
pub(super) fn describe(
    metadata: &str,
    schema: &str,
    abilities: Abilities,
    embedded: bool,
) -> Result<Description, RenderError> {
    let refused = |subject: &str, reason: String| RenderError::Refused(vec![Problem::new(subject, reason)]);
    let value = json::parse(metadata).map_err(|reason| refused("metadata", reason))?;
    let problems = contract::metadata(&value);
    if !problems.is_empty() {
        return Err(RenderError::Refused(problems));
    }
    let mut metadata: TemplateMetadata =
        serde_json::from_value(value).map_err(|error| refused("metadata", printable(&error.to_string())))?;
    let rules = metadata.rules.iter_mut().flat_map(|rule| [&mut rule.code, &mut rule.text]);
    let titles = metadata.operations.iter_mut().map(|operation| &mut operation.title);
    for text in [&mut metadata.title, &mut metadata.description].into_iter().chain(rules).chain(titles) {
        *text = printable(text);
    }
    for operation in &mut metadata.operations {
        operation.text = operation.text.lines().map(printable).collect::<Vec<_>>().join("\n");
    }
    host::check(&metadata)?;
    let document: Value = json::parse(schema).map_err(|reason| refused("schema", reason))?;
    let schema = if embedded {
        Schema::proven(document)
    } else {
        Schema::parse(&document).map_err(|error| refused("schema", error.to_string()))?
    };
    Ok(Description { metadata, schema, abilities })
}
