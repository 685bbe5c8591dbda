//! Objects that were rendered once and kept in a record anybody may have rewritten (decisions.md, 22).
//! They get no more trust than what a template returns: the same checks, and nothing is repaired.

use std::collections::BTreeSet;

use serde_json::Value;

use super::decode::{Rules, decode};
use super::sandbox::{RawObject, RawRendered};
use super::{RenderError, Rendered};
use crate::object::{GroupKind, Manifest};

/// One object of a stored render: its id and stage, and the object as a template returned it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredObject {
    /// Stable id inside the definition.
    pub id: String,
    /// Lower stages first.
    pub stage: u32,
    /// The object, without what the host adds.
    pub manifest: Value,
}

/// Judges stored objects and secret intents by the rules for a template's output. What the template once said it
/// produces is not known any more; the host's own list and `allowed_extra` decide.
///
/// # Errors
/// [`RenderError::Refused`] with every rule broken.
pub fn check_stored(
    objects: Vec<StoredObject>,
    secrets: &Value,
    namespace: &str,
    allowed_extra: &[GroupKind],
) -> Result<Rendered, RenderError> {
    let kinds: BTreeSet<GroupKind> = objects
        .iter()
        .filter_map(|object| Manifest::new(object.manifest.clone()).ok())
        .map(|manifest| manifest.key().group_kind())
        .collect();
    let produces: Vec<GroupKind> = kinds.into_iter().collect();
    let raw = RawRendered {
        objects: objects
            .into_iter()
            .map(|object| RawObject { id: object.id, stage: object.stage, manifest: object.manifest.to_string() })
            .collect(),
        secrets: secrets.to_string(),
        outputs: "[]".to_owned(),
        notes: String::new(),
        extensions: "{}".to_owned(),
        warnings: Vec::new(),
    };
    decode(raw, &Rules { namespace, produces: &produces, extra: allowed_extra })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(manifest: Value, secrets: &Value) -> Result<Rendered, String> {
        let object = StoredObject { id: "a".into(), stage: 2, manifest };
        check_stored(vec![object], secrets, "shop", &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_template_may_render_may_be_gone_back_to() {
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"ports": [{"port": 80}]}});
        let secrets = json!([{"name": "web-auth", "keys": {"root": {"generate": {"length": 24}}}}]);
        let rendered = check(service, &secrets).unwrap();
        assert_eq!((rendered.objects[0].stage, rendered.secrets[0].name.as_str()), (2, "web-auth"));
    }

    #[test]
    fn a_rewritten_record_brings_in_nothing_a_template_could_not() {
        let pod = |spec: Value| {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": spec}}})
        };
        let cases = [
            (json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}), "Secret"),
            (
                json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}),
                "ClusterRole",
            ),
            (
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "kube-system"}}),
                "kube-system",
            ),
            (json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ku8.web"}}), "ku8"),
            (pod(json!({"hostNetwork": true, "containers": [{"name": "a", "image": "b"}]})), "hostNetwork"),
            (json!("text"), "object"),
        ];
        for (manifest, word) in cases {
            let error = check(manifest, &json!([])).unwrap_err();
            assert!(error.contains(word), "{word}: {error}");
        }
        let plain = json!([{"name": "a", "keys": {"k": "hunter2hunter2"}}]);
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let error = check(config, &plain).unwrap_err();
        assert!(error.contains("secrets") && !error.contains("hunter2"), "{error}");
    }
}
