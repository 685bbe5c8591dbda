//! Stage 4: what the host adds to every rendered object: namespace, labels, ownership.
//! Release labels go on objects' metadata only, never into selectors or pod templates (decisions.md, 14).

mod stages;

mod secret_revision;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

pub use secret_revision::{secrets_used, stamp_secret_revisions};

use crate::object::{Manifest, ManifestError, ObjectKey, labels};
use crate::render::{Rendered, RenderedObject, SecretIntent};

/// Why a rendered set cannot become a desired set.
#[derive(Debug, Error)]
pub enum TransformError {
    /// An object asks for another namespace.
    #[error("{key} is in namespace `{found}`, but the definition lives in `{expected}`")]
    Namespace {
        /// The object.
        key: ObjectKey,
        /// Its namespace.
        found: String,
        /// The definition's namespace.
        expected: String,
    },
    /// Two objects with one identity.
    #[error("{0} is there twice")]
    Duplicate(ObjectKey),
    /// A plain manifest that is no object.
    #[error("spec.manifests[{index}]: {source}")]
    Manifest {
        /// Position in the list.
        index: usize,
        /// What is missing.
        source: ManifestError,
    },
    /// One of our own records.
    #[error("{0} is a record of ku8 itself and cannot be part of a definition")]
    Reserved(ObjectKey),
    /// An object waits for one that is not there.
    #[error("{key} depends on `{name}` (annotation ku8.dev/depends-on), which is not in this definition")]
    DependsOn {
        /// The object.
        key: ObjectKey,
        /// What its annotation names.
        name: String,
    },
    /// Objects that wait for each other.
    #[error("{0} depends on itself, by way of its annotation ku8.dev/depends-on")]
    Circle(ObjectKey),
}

/// One desired object with its place in the order.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredObject {
    /// Stable id inside the definition.
    pub id: String,
    /// Lower stages first, waiting in between.
    pub stage: u32,
    /// The object as it will be applied.
    pub manifest: Manifest,
}

/// Everything a definition wants to exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// Objects, unique by key.
    pub objects: Vec<DesiredObject>,
    /// Secrets the host provides.
    pub secrets: Vec<SecretIntent>,
}

impl Desired {
    /// Keys of all objects.
    pub fn keys(&self) -> BTreeSet<ObjectKey> {
        self.objects.iter().map(|object| object.manifest.key().clone()).collect()
    }
}

/// Whose objects these are.
#[derive(Clone, Debug)]
pub struct Ownership<'a> {
    /// Definition name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// `metadata.uid` of the head; `None` while there is none, in plans that store nothing.
    pub head_uid: Option<&'a str>,
    /// The definition's own labels.
    pub labels: &'a BTreeMap<String, String>,
}

impl Ownership<'_> {
    /// Value of the owner-id annotation.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.name, self.head_uid.unwrap_or("(known after define)"))
    }
}

/// Turns what a template rendered into what is desired. `cluster_scoped` names kinds without a namespace.
///
/// # Errors
/// A foreign namespace, a duplicate, or one of our own records.
pub fn run(
    rendered: Rendered,
    owner: &Ownership<'_>,
    is_cluster_scoped: &dyn Fn(&ObjectKey) -> bool,
) -> Result<Desired, TransformError> {
    let mut seen = BTreeSet::new();
    let mut objects = Vec::with_capacity(rendered.objects.len());
    for object in rendered.objects {
        let mut manifest = object.manifest;
        place(&mut manifest, owner, is_cluster_scoped)?;
        refuse_reserved(&manifest)?;
        if !seen.insert(manifest.key().clone()) {
            return Err(TransformError::Duplicate(manifest.key().clone()));
        }
        mark(&mut manifest, owner);
        objects.push(DesiredObject { id: object.id, stage: object.stage, manifest });
    }
    Ok(Desired { objects, secrets: rendered.secrets })
}

/// Wraps plain manifests as if a template had rendered them.
///
/// # Errors
/// When one of them has no identity, or depends on what is not there.
pub fn from_manifests(values: &[serde_json::Value]) -> Result<Rendered, TransformError> {
    let mut objects = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let manifest = Manifest::new(value.clone()).map_err(|source| TransformError::Manifest { index, source })?;
        let id = format!("{}/{}", manifest.key().kind.to_lowercase(), manifest.key().name);
        objects.push(RenderedObject { id, stage: 0, manifest });
    }
    stages::order(&mut objects)?;
    Ok(Rendered { objects, ..Rendered::default() })
}

fn place(
    manifest: &mut Manifest,
    owner: &Ownership<'_>,
    is_cluster_scoped: &dyn Fn(&ObjectKey) -> bool,
) -> Result<(), TransformError> {
    if is_cluster_scoped(manifest.key()) {
        manifest.set_namespace("");
        return Ok(());
    }
    let found = manifest.key().namespace.clone();
    if found.is_empty() {
        manifest.set_namespace(owner.namespace);
    } else if found != owner.namespace {
        let expected = owner.namespace.to_owned();
        return Err(TransformError::Namespace { key: manifest.key().clone(), found, expected });
    }
    Ok(())
}

fn refuse_reserved(manifest: &Manifest) -> Result<(), TransformError> {
    let key = manifest.key();
    let record = key.is_core("ConfigMap") || (key.group == "coordination.k8s.io" && key.kind == "Lease");
    if record && key.name.starts_with("ku8.") { Err(TransformError::Reserved(key.clone())) } else { Ok(()) }
}

fn mark(manifest: &mut Manifest, owner: &Ownership<'_>) {
    for (key, value) in owner.labels {
        if manifest.label(key).is_none() {
            manifest.set_label(key, value);
        }
    }
    manifest.set_label(labels::OWNER, owner.name);
    if manifest.label(labels::MANAGED_BY).is_none() {
        manifest.set_label(labels::MANAGED_BY, labels::MANAGED_BY_VALUE);
    }
    manifest.set_annotation(labels::OWNER_ID, &owner.id());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn owner(labels: &BTreeMap<String, String>) -> Ownership<'_> {
        Ownership { name: "web", namespace: "shop", head_uid: Some("u1"), labels }
    }

    #[test]
    fn objects_are_placed_and_marked_outside_their_selectors() {
        let own = BTreeMap::from([("team".to_owned(), "orders".to_owned())]);
        let rendered =
            from_manifests(&[json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}}})])
            .unwrap();
        let desired = run(rendered, &owner(&own), &|_| false).unwrap();
        let value = desired.objects[0].manifest.value();
        assert_eq!(value["metadata"]["namespace"], "shop");
        assert_eq!(
            value["metadata"]["labels"],
            json!({"team": "orders", "ku8.dev/owner": "web", "app.kubernetes.io/managed-by": "ku8"})
        );
        assert_eq!(value["metadata"]["annotations"]["ku8.dev/owner-id"], "shop/web/u1");
        assert_eq!(value["spec"], json!({"selector": {"matchLabels": {"a": "b"}}}));
    }

    #[test]
    fn another_namespace_a_twin_and_our_records_are_refused() {
        let none = BTreeMap::new();
        let one = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let mut foreign = one.clone();
        foreign["metadata"]["namespace"] = json!("other");
        let mut record = one.clone();
        record["metadata"]["name"] = json!("ku8.web");
        let attempt = |values: &[serde_json::Value]| run(from_manifests(values).unwrap(), &owner(&none), &|_| false);
        assert!(matches!(attempt(&[foreign]), Err(TransformError::Namespace { .. })));
        assert!(matches!(attempt(&[one.clone(), one]), Err(TransformError::Duplicate(_))));
        assert!(matches!(attempt(&[record]), Err(TransformError::Reserved(_))));
    }
}
