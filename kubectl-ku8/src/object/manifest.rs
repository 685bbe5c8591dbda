//! One desired Kubernetes object, checked for identity when it is made.
//! It never carries what only the server may set; those fields are dropped on construction.

use serde_json::{Map, Value};
use thiserror::Error;

use super::{ObjectKey, is_dns_subdomain};

/// Why a JSON value is not a manifest.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ManifestError {
    /// Not a JSON object.
    #[error("expected one Kubernetes object, found {0}")]
    NotAnObject(&'static str),
    /// `apiVersion`, `kind` or `metadata.name` is missing or not a string.
    #[error("field `{0}` is missing or not a string")]
    Missing(&'static str),
    /// The name is not one Kubernetes accepts.
    #[error("name `{0}` is not a valid object name: lower-case letters, digits, `-` and `.`, at most 253 characters")]
    Name(String),
    /// `apiVersion` has more than one slash.
    #[error("apiVersion `{0}` is not of the form `version` or `group/version`")]
    ApiVersion(String),
    /// `metadata.generateName` cannot be planned: the name is unknown before the write.
    #[error("metadata.generateName cannot be planned: give the object a name")]
    GenerateName,
}

/// One desired Kubernetes object with a known identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    key: ObjectKey,
    api_version: String,
    value: Value,
}

impl Manifest {
    /// Checks a value's identity and drops what only the server sets: `status` and the server's own
    /// metadata fields. The namespace stays as written, empty when absent.
    ///
    /// # Errors
    /// When the value is no object or its identity is incomplete; the message names the field.
    pub fn new(mut value: Value) -> Result<Self, ManifestError> {
        let what = type_name(&value);
        let object = value.as_object_mut().ok_or(ManifestError::NotAnObject(what))?;
        let api_version = string(object, "apiVersion").ok_or(ManifestError::Missing("apiVersion"))?;
        let kind = string(object, "kind").ok_or(ManifestError::Missing("kind"))?;
        let group = match api_version.split('/').collect::<Vec<_>>()[..] {
            [version] if !version.is_empty() => String::new(),
            [group, version] if !group.is_empty() && !version.is_empty() => group.to_owned(),
            _ => return Err(ManifestError::ApiVersion(api_version)),
        };
        object.remove("status");
        let metadata =
            object.get_mut("metadata").and_then(Value::as_object_mut).ok_or(ManifestError::Missing("metadata.name"))?;
        if metadata.contains_key("generateName") {
            return Err(ManifestError::GenerateName);
        }
        for server_field in ["creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"] {
            metadata.remove(server_field);
        }
        let name = string(metadata, "name").ok_or(ManifestError::Missing("metadata.name"))?;
        // RBAC and some custom resources allow `:` in names; the API server has the last word there.
        if !is_dns_subdomain(&name.replace(':', "-")) {
            return Err(ManifestError::Name(name));
        }
        let namespace = string(metadata, "namespace").unwrap_or_default();
        Ok(Self { key: ObjectKey { group, kind, namespace, name }, api_version, value })
    }

    /// Identity of the object.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// `apiVersion` as written.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// The version part of `apiVersion`.
    pub fn version(&self) -> &str {
        self.api_version.rsplit('/').next().unwrap_or(&self.api_version)
    }

    /// The whole object as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Gives the object away as JSON.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// Sets `metadata.namespace`; the key follows.
    pub fn set_namespace(&mut self, namespace: &str) {
        namespace.clone_into(&mut self.key.namespace);
        let metadata = self.metadata_mut();
        if namespace.is_empty() {
            metadata.remove("namespace");
        } else {
            metadata.insert("namespace".into(), namespace.into());
        }
    }

    /// Sets one label, replacing its value.
    pub fn set_label(&mut self, key: &str, value: &str) {
        self.set_in("labels", key, value);
    }

    /// Sets one annotation, replacing its value.
    pub fn set_annotation(&mut self, key: &str, value: &str) {
        self.set_in("annotations", key, value);
    }

    /// Reads one label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.value["metadata"]["labels"][key].as_str()
    }

    /// Reads one annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.value["metadata"]["annotations"][key].as_str()
    }

    /// Lets a transformation rewrite the body; identity fields are checked again afterwards.
    ///
    /// # Errors
    /// When the rewritten value is no longer a manifest.
    pub fn map(self, change: impl FnOnce(&mut Value)) -> Result<Self, ManifestError> {
        let mut value = self.value;
        change(&mut value);
        Self::new(value)
    }

    fn set_in(&mut self, field: &str, key: &str, value: &str) {
        let entry = self.metadata_mut().entry(field).or_insert_with(|| Value::Object(Map::new()));
        if !entry.is_object() {
            *entry = Value::Object(Map::new());
        }
        if let Some(map) = entry.as_object_mut() {
            map.insert(key.into(), value.into());
        }
    }

    fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        self.value
            .get_mut("metadata")
            .and_then(Value::as_object_mut)
            .expect("a manifest has metadata: `new` refuses one without")
    }
}

fn string(object: &Map<String, Value>, field: &str) -> Option<String> {
    object.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn identity_is_required_and_server_fields_are_dropped() {
        let manifest = Manifest::new(json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": "db", "uid": "x", "resourceVersion": "3", "creationTimestamp": null}, "status": {"replicas": 1}
        }))
        .unwrap();
        assert_eq!(manifest.key(), &ObjectKey::new("apps", "StatefulSet", "", "db"));
        assert_eq!(manifest.value()["metadata"], json!({"name": "db"}));
        assert!(manifest.value().get("status").is_none());
        assert_eq!(Manifest::new(json!([1])), Err(ManifestError::NotAnObject("a list")));
        assert_eq!(
            Manifest::new(json!({"apiVersion": "v1", "kind": "Pod"})),
            Err(ManifestError::Missing("metadata.name"))
        );
        assert_eq!(
            Manifest::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "A_b"}})),
            Err(ManifestError::Name("A_b".into()))
        );
        assert_eq!(
            Manifest::new(json!({"apiVersion": "a/b/c", "kind": "Pod", "metadata": {"name": "a"}})),
            Err(ManifestError::ApiVersion("a/b/c".into()))
        );
    }
}
