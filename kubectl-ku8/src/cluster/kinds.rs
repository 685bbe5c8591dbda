//! Which URL a kind lives under, and whether it is namespaced.
//! Built-in kinds are a table, so that the common case costs no discovery request; others are asked for once.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::{ClusterError, PlanClient};
use crate::object::{GroupKind, Manifest, ObjectKey};

/// Where a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group, empty for core.
    pub group: String,
    /// Version used in URLs.
    pub version: String,
    /// Plural name in URLs and RBAC.
    pub plural: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
}

/// (group, kind, version, plural, namespaced) of the kinds every supported server has.
const BUILT_IN: &[(&str, &str, &str, &str, bool)] = &[
    ("", "ConfigMap", "v1", "configmaps", true),
    ("", "Secret", "v1", "secrets", true),
    ("", "Service", "v1", "services", true),
    ("", "ServiceAccount", "v1", "serviceaccounts", true),
    ("", "PersistentVolumeClaim", "v1", "persistentvolumeclaims", true),
    ("", "Pod", "v1", "pods", true),
    ("", "Event", "v1", "events", true),
    ("", "Namespace", "v1", "namespaces", false),
    ("", "PersistentVolume", "v1", "persistentvolumes", false),
    ("", "ResourceQuota", "v1", "resourcequotas", true),
    ("", "LimitRange", "v1", "limitranges", true),
    ("", "Node", "v1", "nodes", false),
    ("apps", "Deployment", "v1", "deployments", true),
    ("apps", "StatefulSet", "v1", "statefulsets", true),
    ("apps", "DaemonSet", "v1", "daemonsets", true),
    ("apps", "ReplicaSet", "v1", "replicasets", true),
    ("batch", "Job", "v1", "jobs", true),
    ("batch", "CronJob", "v1", "cronjobs", true),
    ("policy", "PodDisruptionBudget", "v1", "poddisruptionbudgets", true),
    ("networking.k8s.io", "NetworkPolicy", "v1", "networkpolicies", true),
    ("networking.k8s.io", "Ingress", "v1", "ingresses", true),
    ("autoscaling", "HorizontalPodAutoscaler", "v2", "horizontalpodautoscalers", true),
    ("rbac.authorization.k8s.io", "Role", "v1", "roles", true),
    ("rbac.authorization.k8s.io", "RoleBinding", "v1", "rolebindings", true),
    ("rbac.authorization.k8s.io", "ClusterRole", "v1", "clusterroles", false),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", "v1", "clusterrolebindings", false),
    ("storage.k8s.io", "StorageClass", "v1", "storageclasses", false),
    ("scheduling.k8s.io", "PriorityClass", "v1", "priorityclasses", false),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "v1", "customresourcedefinitions", false),
    ("coordination.k8s.io", "Lease", "v1", "leases", true),
];

impl Resource {
    /// Looks a kind up in the built-in table.
    pub fn built_in(kind: &GroupKind) -> Option<Self> {
        BUILT_IN.iter().find(|row| row.0 == kind.group && row.1 == kind.kind).map(|row| Self {
            group: row.0.to_owned(),
            version: row.2.to_owned(),
            plural: row.3.to_owned(),
            namespaced: row.4,
        })
    }

    /// Name as RBAC writes it: `statefulsets.apps`.
    pub fn rbac_name(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// URL path of the collection in a namespace; of all namespaces when it is empty.
    pub fn collection(&self, namespace: &str) -> String {
        let api = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if self.namespaced && !namespace.is_empty() {
            format!("{api}/namespaces/{namespace}/{}", self.plural)
        } else {
            format!("{api}/{}", self.plural)
        }
    }

    /// URL path of one object.
    pub fn path(&self, key: &ObjectKey) -> String {
        format!("{}/{}", self.collection(&key.namespace), key.name)
    }
}

impl PlanClient {
    /// Finds out where a manifest's kind is served, asking the server for kinds outside the built-in table.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`] when the server does not have it.
    pub async fn resource(&self, manifest: &Manifest) -> Result<Resource, ClusterError> {
        self.resource_of(&manifest.key().group_kind(), Some(manifest.version())).await
    }

    /// The same by group and kind; `version` helps where the kind is not built in.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`] when the server does not have it.
    pub async fn resource_of(&self, kind: &GroupKind, version: Option<&str>) -> Result<Resource, ClusterError> {
        match self.served(kind, version).await {
            Err(ClusterError::UnknownKind { kind: name, api_version }) => {
                let expected = self.expected.lock().ok().and_then(|expected| expected.get(kind).cloned());
                expected.ok_or(ClusterError::UnknownKind { kind: name, api_version })
            }
            other => other,
        }
    }

    /// Where an object can be read: in the version it was written in, or when the server has given that up, in the one
    /// it has.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`] when the server does not have the kind at all.
    pub async fn readable(&self, kind: &GroupKind, version: Option<&str>) -> Result<Resource, ClusterError> {
        match self.resource_of(kind, version).await {
            Err(ClusterError::UnknownKind { .. }) if version.is_some() => self.resource_of(kind, None).await,
            other => other,
        }
    }

    /// Tells of a kind that a plan creates before it is used: its CustomResourceDefinition is in the plan.
    pub fn expect_kind(&self, definition: &Manifest) {
        let spec = &definition.value()["spec"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = GroupKind::new(text(&spec["group"]), text(&spec["names"]["kind"]));
        let versions = spec["versions"].as_array().map_or(&[][..], Vec::as_slice);
        let version = versions.iter().find(|version| version["served"] == true).map(|version| text(&version["name"]));
        let resource = Resource {
            group: kind.group.clone(),
            version: version.unwrap_or_default(),
            plural: text(&spec["names"]["plural"]),
            namespaced: spec["scope"] == "Namespaced",
        };
        if let Ok(mut expected) = self.expected.lock() {
            expected.insert(kind, resource);
        }
    }

    /// Says whether the server has the kind already.
    pub(super) fn is_served(&self, kind: &GroupKind) -> bool {
        let has =
            |known: &Mutex<BTreeMap<GroupKind, Resource>>| known.lock().is_ok_and(|known| known.contains_key(kind));
        has(&self.discovered) || !has(&self.expected)
    }

    async fn served(&self, kind: &GroupKind, version: Option<&str>) -> Result<Resource, ClusterError> {
        // A manifest may be written in another version of a built-in kind than the one in the table.
        let meant = |resource: &Resource| version.is_none_or(|version| version == resource.version);
        if let Some(resource) = Resource::built_in(kind).filter(meant) {
            return Ok(resource);
        }
        if let Some(known) = self.discovered.lock().ok().and_then(|known| known.get(kind).cloned()).filter(meant) {
            return Ok(known);
        }
        let unknown = |version: &str| ClusterError::UnknownKind {
            kind: kind.kind.clone(),
            api_version: if kind.group.is_empty() { version.to_owned() } else { format!("{}/{version}", kind.group) },
        };
        let version = match version {
            Some(version) => version.to_owned(),
            None => self.preferred_version(&kind.group).await?.ok_or_else(|| unknown("?"))?,
        };
        let path =
            if kind.group.is_empty() { format!("/api/{version}") } else { format!("/apis/{}/{version}", kind.group) };
        let list = match self.http.get(&path, &[], "get", "apiresources", "").await {
            Ok(list) => list,
            Err(error) if error.is_not_found() => return Err(unknown(&version)),
            Err(error) => return Err(error),
        };
        let resource = list["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|entry| entry["kind"] == kind.kind.as_str() && !entry["name"].as_str().unwrap_or("/").contains('/'))
            .map(|entry| Resource {
                group: kind.group.clone(),
                version: version.clone(),
                plural: entry["name"].as_str().unwrap_or_default().to_owned(),
                namespaced: entry["namespaced"].as_bool().unwrap_or(false),
            })
            .ok_or_else(|| unknown(&version))?;
        if let Ok(mut known) = self.discovered.lock() {
            known.insert(kind.clone(), resource.clone());
        }
        Ok(resource)
    }

    async fn preferred_version(&self, group: &str) -> Result<Option<String>, ClusterError> {
        match self.http.get(&format!("/apis/{group}"), &[], "get", "apigroups", "").await {
            Ok(found) => Ok(found["preferredVersion"]["version"].as_str().map(str::to_owned)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// API groups that the server names and that do not answer, as `group/version`, with why.
    ///
    /// # Errors
    /// When the groups cannot be listed.
    pub async fn broken_groups(&self) -> Result<Vec<(String, String)>, ClusterError> {
        let list = self.http.get("/apis", &[], "get", "apigroups", "").await?;
        let names: Vec<String> = list["groups"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|group| group["preferredVersion"]["groupVersion"].as_str().map(str::to_owned))
            .collect();
        let asked = names.into_iter().map(|name| async move {
            let answer = self.http.get(&format!("/apis/{name}"), &[], "get", "apiresources", "").await;
            answer
                .err()
                .filter(|error| !matches!(error, ClusterError::Forbidden { .. }))
                .map(|error| (name, error.to_string()))
        });
        Ok(futures::future::join_all(asked).await.into_iter().flatten().collect())
    }

    /// The server's `major.minor`, such as `1.36`, and its full version.
    ///
    /// # Errors
    /// When the server cannot be reached or does not let us in.
    pub async fn version(&self) -> Result<(String, String), ClusterError> {
        let value: Value = self.http.get("/version", &[], "get", "version", "").await?;
        let digits = |field: &str| -> String {
            value[field].as_str().unwrap_or("0").chars().take_while(char::is_ascii_digit).collect()
        };
        let full = value["gitVersion"].as_str().unwrap_or("unknown").to_owned();
        Ok((format!("{}.{}", digits("major"), digits("minor")), full))
    }
}
