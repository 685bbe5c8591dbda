//! Metadata of objects: the six standard labels, and the three of them that may select.
//! It never puts a version into a selector, which would forbid every later image change.

use crate::json;
use serde_json::{Map, Value};

/// Names one component of a definition; every builder takes its labels from here.
///
/// ```
/// use template_sdk::build::Meta;
/// let meta = Meta::new("redis", "cache", "server", "prod").version("8.2");
/// assert_eq!(meta.labels()["app.kubernetes.io/version"], "8.2");
/// assert_eq!(meta.selector().as_object().map(|labels| labels.len()), Some(3));
/// ```
#[derive(Clone, Debug)]
pub struct Meta {
    template: String,
    instance: String,
    component: String,
    namespace: String,
    version: Option<String>,
}

impl Meta {
    /// Returns the metadata of a component of a definition.
    pub fn new(template: &str, instance: &str, component: &str, namespace: &str) -> Self {
        Self {
            template: template.to_owned(),
            instance: instance.to_owned(),
            component: component.to_owned(),
            namespace: namespace.to_owned(),
            version: None,
        }
    }

    /// Sets the software's version, made fit for a label.
    pub fn version(mut self, version: &str) -> Self {
        let fit = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let text: String = version.chars().map(fit).take(63).collect();
        let text = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        self.version = (!text.is_empty()).then(|| text.to_owned());
        self
    }

    /// The same definition, another component.
    pub fn component(&self, component: &str) -> Self {
        Self { component: component.to_owned(), ..self.clone() }
    }

    /// The partition.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The six standard labels, for objects and pods.
    pub fn labels(&self) -> Value {
        let mut labels = self.selector();
        labels["app.kubernetes.io/part-of"] = json!(self.instance);
        labels["app.kubernetes.io/managed-by"] = json!("ku8");
        if let Some(version) = &self.version {
            labels["app.kubernetes.io/version"] = json!(version);
        }
        labels
    }

    /// The three labels that select pods; they never change.
    pub fn selector(&self) -> Value {
        json!({
            "app.kubernetes.io/name": self.template,
            "app.kubernetes.io/instance": self.instance,
            "app.kubernetes.io/component": self.component,
        })
    }

    /// Returns an object with its type and metadata set; the caller adds the rest.
    pub fn object(&self, api_version: &str, kind: &str, name: &str) -> Value {
        json!({
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {"name": name, "namespace": self.namespace, "labels": self.labels()},
        })
    }
}

/// Copies entries into an object value; later ones win.
pub(crate) fn merge(into: &mut Value, entries: &Map<String, Value>) {
    for (key, value) in entries {
        into[key] = value.clone();
    }
}
