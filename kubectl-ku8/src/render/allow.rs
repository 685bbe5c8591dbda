//! The host's own list of what a template may render, with the version each kind is written in.
//! A template's word about itself only narrows this list; nothing in a template widens it.

use super::error::Problem;
use crate::object::{GroupKind, Manifest, nearest, printable};

/// Group, version and kind of everything a template may render without being asked about.
/// Namespaced workloads that can be restricted-safe, their network and their configuration; no rights, no Secrets,
/// nothing that acts on other namespaces or on nodes.
const ALLOWED: [(&str, &str, &str); 14] = [
    ("", "v1", "ConfigMap"),
    ("", "v1", "PersistentVolumeClaim"),
    ("", "v1", "Service"),
    ("", "v1", "ServiceAccount"),
    ("apps", "v1", "Deployment"),
    ("apps", "v1", "StatefulSet"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler"),
    ("batch", "v1", "CronJob"),
    ("batch", "v1", "Job"),
    ("monitoring.coreos.com", "v1", "PodMonitor"),
    ("monitoring.coreos.com", "v1", "ServiceMonitor"),
    ("networking.k8s.io", "v1", "Ingress"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("policy", "v1", "PodDisruptionBudget"),
];

/// Judges the kind of one object: by the host's list and `extra`, then by what the template says it produces.
pub(super) fn check(id: &str, manifest: &Manifest, produces: &[GroupKind], extra: &[GroupKind]) -> Option<Problem> {
    let kind = manifest.key().group_kind();
    let shown = printable(&kind.to_string());
    if kind.group.is_empty() && kind.kind == "Secret" {
        return Some(
            Problem::new(id, "a template may not render a Secret")
                .hint("return a secret intent; the host generates the values once and keeps them"),
        );
    }
    let listed = ALLOWED.iter().find(|(group, _, name)| *group == kind.group && *name == kind.kind);
    if let Some((group, version, _)) = listed {
        let wanted = if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") };
        if manifest.api_version() != wanted {
            return Some(
                Problem::new(id, format!("{shown} is rendered as `{}`", printable(manifest.api_version())))
                    .hint(format!("use `{wanted}`")),
            );
        }
    } else if !extra.contains(&kind) {
        return Some(unlisted(id, &kind.kind, &shown));
    }
    // External addresses take over traffic that belongs to others in the whole cluster (CVE-2020-8554).
    let external = &manifest.value()["spec"]["externalIPs"];
    if kind.kind == "Service" && external.as_array().is_some_and(|addresses| !addresses.is_empty()) {
        let problem = Problem::new(id, "spec.externalIPs is not a template's to set");
        return Some(problem.hint("use a load balancer or an Ingress"));
    }
    if produces.contains(&kind) {
        return None;
    }
    Some(
        Problem::new(id, format!("{shown} is not among the kinds the template says it produces"))
            .hint("add it to `produces` in the template's metadata"),
    )
}

fn unlisted(id: &str, kind: &str, shown: &str) -> Problem {
    let names = ALLOWED.iter().map(|(_, _, name)| *name);
    let near = nearest(kind, names).filter(|near| *near != kind);
    Problem::new(id, format!("{shown} is not a kind a template may render")).hint(match near {
        Some(near) => format!("did you mean {near}? Otherwise allow it with --allow-kind {shown}"),
        None => format!("allow it with --allow-kind {shown}"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(api_version: &str, kind: &str, produces: &[GroupKind], extra: &[GroupKind]) -> Option<String> {
        let manifest =
            Manifest::new(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}})).unwrap();
        check("x", &manifest, produces, extra)
            .map(|problem| format!("{} ({})", problem.message, problem.hint.unwrap_or_default()))
    }

    #[test]
    fn the_hosts_list_decides_and_the_templates_word_narrows() {
        let service = [GroupKind::new("", "Service")];
        assert_eq!(judge("v1", "Service", &service, &[]), None);
        assert!(judge("v1", "ConfigMap", &service, &[]).unwrap().contains("says it produces"));
        let role = [GroupKind::new("rbac.authorization.k8s.io", "ClusterRole")];
        assert!(
            judge("rbac.authorization.k8s.io/v1", "ClusterRole", &role, &[])
                .unwrap()
                .contains("--allow-kind rbac.authorization.k8s.io/ClusterRole")
        );
        assert_eq!(judge("rbac.authorization.k8s.io/v1", "ClusterRole", &role, &role), None);
    }

    #[test]
    fn secrets_old_versions_and_typos_get_the_safe_path() {
        let secret = [GroupKind::new("", "Secret")];
        assert!(judge("v1", "Secret", &secret, &secret).unwrap().contains("secret intent"));
        let deployment = [GroupKind::new("apps", "Deployment")];
        assert_eq!(
            judge("apps/v1beta1", "Deployment", &deployment, &[]).unwrap(),
            "apps/Deployment is rendered as `apps/v1beta1` (use `apps/v1`)"
        );
        assert!(judge("v1", "Servcie", &[], &[]).unwrap().contains("did you mean Service?"));
    }
}
