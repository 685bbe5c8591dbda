//! Which rights a plan needs, and the Roles that give them.
//! It only counts up; what the person has is asked elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Action, Effect, Plan, SecretAction};
use crate::object::{GroupKind, ObjectKey, Right};

/// What a Role is for (plan-apply.md, section 3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleFor {
    /// Sees definitions, plans and how they are doing.
    Viewer,
    /// May also ask the server what a plan would change, for which Kubernetes wants the right to change it.
    Planner,
    /// Publishes and deletes.
    Deployer,
}

/// Where a kind is served: its plural in RBAC.
pub type Plural<'a> = &'a dyn Fn(&GroupKind) -> String;

/// Everything that carrying out a plan writes, and what must be read on the way.
pub fn needed_rights(plan: &Plan, plural: Plural<'_>) -> Vec<Right> {
    let home = plan.definition.namespace.as_str();
    let mut rights = BTreeSet::new();
    let mut add = |namespace: &str, group: &str, resource: &str, verbs: &[&str], name: &str| {
        for verb in verbs {
            // What is created or listed is not known by a name to RBAC.
            let name = if matches!(*verb, "create" | "list" | "watch") { "" } else { name };
            rights.insert(Right {
                namespace: namespace.into(),
                group: group.into(),
                resource: resource.into(),
                verb: (*verb).into(),
                name: name.into(),
            });
        }
    };
    let head = format!("ku8.{}", plan.definition.name);
    add(home, "", "configmaps", &["get", "create", "update"], &head);
    if plan.definition.deleting {
        add(home, "", "configmaps", &["list", "delete"], &head);
    }
    add(home, "coordination.k8s.io", "leases", &["get", "create", "update"], &head);
    for change in &plan.changes {
        let verbs: &[&str] = match change.action {
            Action::Create => &["get", "create", "patch"],
            Action::Update | Action::Adopt => &["get", "patch"],
            Action::Replace => &["get", "delete", "create", "patch"],
            Action::Delete => &["get", "delete"],
            Action::Keep if change.effects.iter().any(|one| matches!(one, Effect::Retained | Effect::TakenBack)) => {
                &["get", "patch"]
            }
            Action::Keep | Action::NoOp => &["get"],
        };
        let key = &change.key;
        add(&key.namespace, &key.group, &plural(&key.group_kind()), verbs, &key.name);
    }
    for secret in &plan.secrets {
        let verbs: &[&str] = match secret.action {
            SecretAction::Create => &["get", "create"],
            SecretAction::AddKeys | SecretAction::TakeBack | SecretAction::Retain => &["get", "patch"],
            SecretAction::Delete => &["get", "delete"],
            SecretAction::Keep | SecretAction::Unreadable => &["get"],
        };
        add(home, "", "secrets", verbs, &secret.name);
    }
    rights.into_iter().collect()
}

/// What waiting reads and the history writes beside the objects themselves; without it less is told and kept.
pub fn waiting_rights(plan: &Plan, plural: Plural<'_>) -> Vec<Right> {
    let home = plan.definition.namespace.as_str();
    let right = |group: &str, resource: &str, verb: &str| Right {
        namespace: home.into(),
        group: group.into(),
        resource: resource.into(),
        verb: verb.into(),
        name: String::new(),
    };
    let workloads: BTreeSet<GroupKind> = plan
        .changes
        .iter()
        .filter(|change| matches!(change.key.group.as_str(), "apps" | "batch") && change.manifest.is_some())
        .map(|change| change.key.group_kind())
        .collect();
    // The history: how a revision ended is written onto it, and old ones go.
    let mut rights =
        vec![right("", "configmaps", "list"), right("", "configmaps", "patch"), right("", "configmaps", "delete")];
    if workloads.is_empty() {
        return rights;
    }
    rights.extend([
        right("", "pods", "list"),
        right("", "pods", "watch"),
        right("", "pods/log", "get"),
        right("", "events", "list"),
    ]);
    if workloads.iter().any(|kind| kind.kind == "Deployment") {
        rights.push(right("apps", "replicasets", "list"));
    }
    rights.extend(workloads.iter().map(|kind| right(&kind.group, &plural(kind), "watch")));
    rights
}

/// The smallest Role (and ClusterRole, for kinds outside of namespaces) for a definition with these objects.
pub fn role_rights(keys: &[ObjectKey], home: &str, role: RoleFor, plural: Plural<'_>) -> Vec<Right> {
    const READ: &[&str] = &["get", "list", "watch"];
    let mut kinds: BTreeMap<(String, String, String), Vec<&str>> = BTreeMap::new();
    let mut add = |namespace: &str, group: &str, resource: &str, verbs: &[&'static str]| {
        kinds.entry((namespace.into(), group.into(), resource.into())).or_default().extend(verbs);
    };
    let mut objects: Vec<(&str, GroupKind)> =
        keys.iter().map(|key| (key.namespace.as_str(), key.group_kind())).collect();
    objects.sort();
    objects.dedup();
    add(home, "", "configmaps", &["get", "list"]);
    // Volumes are looked for under every definition's labels.
    add(home, "", "persistentvolumeclaims", &["get", "list"]);
    add(home, "", "pods", READ);
    add(home, "", "pods/log", &["get"]);
    add(home, "", "events", &["list"]);
    for (namespace, kind) in &objects {
        add(namespace, &kind.group, &plural(kind), READ);
        if kind.group == "apps" && kind.kind == "Deployment" {
            add(home, "apps", "replicasets", &["list"]);
        }
        if role >= RoleFor::Planner {
            add(namespace, &kind.group, &plural(kind), &["create", "patch"]);
        }
        if role == RoleFor::Deployer {
            add(namespace, &kind.group, &plural(kind), &["delete"]);
        }
    }
    if role == RoleFor::Deployer {
        add(home, "", "configmaps", &["create", "update", "patch", "delete"]);
        add(home, "coordination.k8s.io", "leases", &["get", "create", "update"]);
        // list: a deletion looks for the generated Secrets it keeps or removes.
        add(home, "", "secrets", &["get", "list", "create", "patch", "delete"]);
        // patch: growing a volume, and marking one that outlives its definition.
        add(home, "", "persistentvolumeclaims", &["patch", "delete"]);
    }
    let rights: BTreeSet<Right> = kinds
        .into_iter()
        .flat_map(|((namespace, group, resource), verbs)| {
            verbs.into_iter().map(move |verb| Right {
                namespace: namespace.clone(),
                group: group.clone(),
                resource: resource.clone(),
                verb: verb.to_owned(),
                name: String::new(),
            })
        })
        .collect();
    rights.into_iter().collect()
}

/// Who gets a Role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// Its name; of a service account after `namespace/`, or in the Role's namespace.
    pub name: String,
}

/// Roles that give rights, one for each namespace, and bindings of them to somebody.
pub fn roles(name: &str, rights: &[Right], subject: Option<&Subject>) -> Vec<Value> {
    let mut places: BTreeMap<&str, Vec<&Right>> = BTreeMap::new();
    for right in rights {
        places.entry(&right.namespace).or_default().push(right);
    }
    let mut documents = Vec::new();
    for (namespace, rights) in places {
        let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
        let mut metadata = json!({"name": name});
        if !namespace.is_empty() {
            metadata["namespace"] = namespace.into();
        }
        let api = "rbac.authorization.k8s.io/v1";
        documents.push(json!({"apiVersion": api, "kind": kind, "metadata": metadata, "rules": rules(&rights)}));
        if let Some(subject) = subject {
            documents.push(json!({"apiVersion": api, "kind": format!("{kind}Binding"), "metadata": metadata,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
                "subjects": [subject_value(subject, namespace)]}));
        }
    }
    documents
}

fn subject_value(subject: &Subject, namespace: &str) -> Value {
    if subject.kind == "ServiceAccount" {
        let (namespace, name) = subject.name.split_once('/').unwrap_or((namespace, &subject.name));
        return json!({"kind": "ServiceAccount", "namespace": namespace, "name": name});
    }
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": subject.kind, "name": subject.name})
}

/// One rule for each group and set of verbs, in the order people read them.
fn rules(rights: &[&Right]) -> Vec<Value> {
    const ORDER: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];
    let mut verbs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for right in rights {
        verbs.entry((&right.group, &right.resource)).or_default().insert(&right.verb);
    }
    let mut alike: BTreeMap<(&str, Vec<&str>), Vec<&str>> = BTreeMap::new();
    for ((group, resource), verbs) in verbs {
        let mut verbs: Vec<&str> = verbs.into_iter().collect();
        verbs.sort_by_key(|verb| ORDER.iter().position(|known| known == verb));
        alike.entry((group, verbs)).or_default().push(resource);
    }
    let rule = |((group, verbs), resources): ((&str, Vec<&str>), Vec<&str>)| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    alike.into_iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plural(kind: &GroupKind) -> String {
        format!("{}s", kind.kind.to_lowercase())
    }

    fn verbs<'a>(rights: &'a [Right], resource: &str) -> Vec<&'a str> {
        rights.iter().filter(|right| right.resource == resource).map(|right| right.verb.as_str()).collect()
    }

    #[test]
    fn each_role_has_what_it_needs_and_no_more() {
        let keys = [
            ObjectKey::new("apps", "StatefulSet", "prod", "db"),
            ObjectKey::new("", "Service", "prod", "db"),
            ObjectKey::new("", "Namespace", "", "other"),
        ];
        let of = |role| role_rights(&keys, "prod", role, &plural);
        let viewer = of(RoleFor::Viewer);
        assert!(viewer.iter().all(|right| matches!(right.verb.as_str(), "get" | "list" | "watch")));
        assert_eq!(verbs(&viewer, "secrets"), Vec::<&str>::new());
        let planner = of(RoleFor::Planner);
        assert_eq!(verbs(&planner, "statefulsets"), ["create", "get", "list", "patch", "watch"]);
        assert_eq!(verbs(&planner, "configmaps"), ["get", "list"]);
        let deployer = of(RoleFor::Deployer);
        assert!(verbs(&deployer, "services").contains(&"delete"));
        assert_eq!(verbs(&deployer, "leases"), ["create", "get", "update"]);
        assert!(deployer.iter().filter(|right| right.namespace.is_empty()).all(|right| right.resource == "namespaces"));
    }

    #[test]
    fn a_role_reads_as_people_write_it_and_is_bound_to_whom_it_is_for() {
        let right = |namespace: &str, resource: &str, verb: &str| Right {
            namespace: namespace.into(),
            group: String::new(),
            resource: resource.into(),
            verb: verb.into(),
            name: "x".into(),
        };
        let rights = [
            right("n", "services", "patch"),
            right("n", "services", "create"),
            right("n", "secrets", "create"),
            right("n", "secrets", "patch"),
            right("", "namespaces", "get"),
        ];
        let subject = Subject { kind: "ServiceAccount".into(), name: "ci/robot".into() };
        let documents = roles("ku8-db", &rights, Some(&subject));
        assert_eq!(documents.len(), 4);
        assert_eq!(documents[0]["kind"], "ClusterRole");
        assert_eq!(
            documents[2]["rules"],
            json!([
            {"apiGroups": [""], "resources": ["secrets", "services"], "verbs": ["create", "patch"]}])
        );
        assert_eq!(documents[3]["subjects"], json!([{"kind": "ServiceAccount", "namespace": "ci", "name": "robot"}]));
        assert_eq!(documents[3]["roleRef"]["kind"], "Role");
    }
}
