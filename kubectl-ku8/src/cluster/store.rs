//! Our records in the cluster: head and revision ConfigMaps, listed by label without their bodies.
//! It moves JSON; what the records mean is the release room's.

use ::http::Method;
use serde_json::Value;

use super::http::Exchange;
use super::{ClusterError, PlanClient, Precondition, Resource};
use crate::object::{GroupKind, LiveObject, ObjectKey};

/// Labels and annotations of one record; listing needs nothing else (plan-apply.md, section 3.5).
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSummary {
    /// Name of the ConfigMap.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The `metadata` object of the ConfigMap.
    pub metadata: Value,
}

impl RecordSummary {
    /// uid and resourceVersion it was listed with.
    pub fn seen(&self) -> Precondition {
        let text = |field: &str| self.metadata[field].as_str().unwrap_or_default().to_owned();
        Precondition { uid: text("uid"), resource_version: text("resourceVersion") }
    }

    /// Reads one label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata["labels"][key].as_str()
    }

    /// Reads one annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata["annotations"][key].as_str()
    }
}

const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

impl PlanClient {
    /// Where ConfigMaps live.
    pub fn config_maps() -> Resource {
        Resource::built_in(&GroupKind::new("", "ConfigMap")).expect("ConfigMap is in the built-in table")
    }

    /// Where a core kind lives.
    pub fn core(kind: &str) -> Resource {
        Resource::built_in(&GroupKind::new("", kind)).expect("only kinds of the built-in table are asked for")
    }

    /// Reads one ConfigMap by name.
    ///
    /// # Errors
    /// Anything but "not found".
    pub async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<LiveObject>, ClusterError> {
        self.read(&Self::config_maps(), &ObjectKey::new("", "ConfigMap", namespace, name)).await
    }

    /// Lists records by label, metadata only and in pages; an empty namespace means all of them.
    ///
    /// # Errors
    /// When listing is forbidden or the server cannot be reached.
    pub async fn record_summaries(&self, namespace: &str, selector: &str) -> Result<Vec<RecordSummary>, ClusterError> {
        let path = Self::config_maps().collection(namespace);
        let mut records = Vec::new();
        let mut next = String::new();
        loop {
            let query = [("labelSelector", selector), ("limit", "500"), ("continue", next.as_str())];
            let page = self
                .http
                .exchange(&Exchange {
                    method: Method::GET,
                    path: &path,
                    query: if next.is_empty() { &query[..2] } else { &query[..] },
                    accept: METADATA_ONLY,
                    content: None,
                    verb: "list",
                    resource: "configmaps",
                    name: "",
                    repeatable: true,
                })
                .await?;
            for item in page["items"].as_array().into_iter().flatten() {
                let metadata = item["metadata"].clone();
                let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
                records.push(RecordSummary { name: text("name"), namespace: text("namespace"), metadata });
            }
            page["metadata"]["continue"].as_str().unwrap_or_default().clone_into(&mut next);
            if next.is_empty() {
                return Ok(records);
            }
        }
    }

    /// Whether a namespace exists; `None` when we may not look.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn namespace_exists(&self, name: &str) -> Result<Option<bool>, ClusterError> {
        match self.read(&Self::core("Namespace"), &ObjectKey::new("", "Namespace", "", name)).await {
            Ok(found) => Ok(Some(found.is_some())),
            Err(ClusterError::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
