//! Runs templates: WebAssembly components that turn a request into Kubernetes objects, and nothing else.
//! It never gives a template a file, a clock, a network or a random number, and never believes what one returns.

mod allow;
mod bindings;
pub mod builtin;
#[cfg(unix)]
mod cache;
#[cfg(not(unix))]
#[path = "no_cache.rs"]
mod cache;
pub mod child;
mod contract;
mod decode;
mod engine;
mod error;
mod fields;
pub mod host;
mod identity;
mod inspect;
mod json;
mod limits;
mod optional;
mod pod_security;
mod runtime;
mod sandbox;
mod stored;
mod template;
mod trial;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use error::{Problem, RenderError};
pub use inspect::{Embedded, abilities_of};
pub use limits::{COMPONENT_BYTES, Limits, OBJECTS, Usage};
pub use optional::{LiveState, Remark, Verdict, migrate, probe};
pub use runtime::{Checked, Isolation, Runtime, Settings};
pub use sandbox::Abilities;
pub use stored::{StoredObject, check_stored};
pub use template::{Operation, Origin, Rule, Template, TemplateMetadata};
pub use trial::{Ask, Described, Trial, Trials};

use crate::object::{GroupKind, Manifest};

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a second look before publishing.
    Warning,
    /// The reason why nothing was rendered.
    Error,
}

/// One thing a template says about the values, made printable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// JSON pointer into the values; empty for the whole document.
    pub path: String,
    /// Stable id: `mysql.memory.too-small`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One object with its place in the order of apply.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedObject {
    /// Stable inside the definition: `statefulset/primary`.
    pub id: String,
    /// Lower stages are applied first, with a wait between.
    pub stage: u32,
    /// The object, checked, with sorted keys.
    pub manifest: Manifest,
}

/// A Secret that must exist, never a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretIntent {
    /// Name of the Secret.
    pub name: String,
    /// Where each key's value comes from.
    pub keys: BTreeMap<String, SecretSource>,
}

/// Where one value of a Secret comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretSource {
    /// The host makes it, once.
    Generate {
        /// Characters.
        length: u16,
        /// Which characters.
        #[serde(default)]
        alphabet: Alphabet,
    },
    /// It is in a Secret already.
    SecretRef {
        /// Name of that Secret.
        name: String,
        /// Key in it.
        key: String,
    },
}

/// Characters of a generated value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// Letters and digits.
    #[default]
    Alphanumeric,
    /// Hexadecimal digits.
    Hex,
    /// The standard base64 alphabet.
    Base64,
}

/// What a template returned, after every check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// The objects, in the template's order.
    pub objects: Vec<RenderedObject>,
    /// Secrets the host must see to.
    pub secrets: Vec<SecretIntent>,
    /// Connection information (outputs.schema.json).
    pub outputs: Vec<Value>,
    /// Markdown for the person who published.
    pub notes: String,
    /// What the template wants said.
    pub warnings: Vec<Diagnostic>,
}

/// Renders a request: checks it, runs the template in its sandbox, and checks everything that comes back.
/// `allowed_extra` are kinds the user allowed beyond the host's own list.
///
/// # Errors
/// One variant of [`RenderError`] per cause; [`RenderError::Diagnostics`] is the template's own refusal.
pub fn render(
    runtime: &Runtime,
    template: &Template,
    request: &Value,
    allowed_extra: &[GroupKind],
) -> Result<Rendered, RenderError> {
    contract::request(request).map_err(RenderError::Request)?;
    let raw = runtime.run(template, request)?;
    let namespace = request["namespace"].as_str().unwrap_or_default();
    let rules = decode::Rules { namespace, produces: &template.metadata().produces, extra: allowed_extra };
    decode::decode(raw, &rules)
}
