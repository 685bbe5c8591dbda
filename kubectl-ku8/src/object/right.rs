//! A right as Kubernetes' RBAC knows it, and whether a rule gives it.
//! It compares words and asks nobody.

use serde_json::Value;

/// One verb on one kind of object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Namespace, empty for kinds outside of namespaces.
    pub namespace: String,
    /// API group, empty for core.
    pub group: String,
    /// Plural, with the subresource after a slash: `pods/log`.
    pub resource: String,
    /// `get`, `list`, `create`, `patch`, …
    pub verb: String,
    /// Name of the object, empty where the verb is not about one that has a name already.
    pub name: String,
}

impl Right {
    /// Says whether a rule of a rules review gives this right.
    pub fn is_given_by(&self, rule: &Value) -> bool {
        let has = |field: &str, wanted: &str| {
            rule[field].as_array().into_iter().flatten().any(|one| one == "*" || one == wanted)
        };
        let names = rule["resourceNames"].as_array().filter(|names| !names.is_empty());
        let named = names.is_none_or(|names| !self.name.is_empty() && names.iter().any(|name| *name == self.name));
        named && has("verbs", &self.verb) && has("apiGroups", &self.group) && self.is_among(rule)
    }

    fn is_among(&self, rule: &Value) -> bool {
        let subresource = self.resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
        rule["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|one| one == "*" || one == self.resource || subresource.as_deref() == Some(one))
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        write!(f, "{} {}{group}", self.verb, self.resource)?;
        if self.namespace.is_empty() {
            f.write_str(" (cluster-wide)")
        } else {
            write!(f, " in namespace {}", self.namespace)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn right(group: &str, resource: &str, verb: &str, name: &str) -> Right {
        let text = str::to_owned;
        Right { namespace: text("n"), group: text(group), resource: text(resource), verb: text(verb), name: text(name) }
    }

    #[test]
    fn a_rule_gives_what_it_names_and_nothing_else() {
        let rule = json!({"verbs": ["get", "patch"], "apiGroups": ["apps"], "resources": ["statefulsets"]});
        assert!(right("apps", "statefulsets", "patch", "db").is_given_by(&rule));
        for other in [
            right("apps", "statefulsets", "delete", "db"),
            right("", "statefulsets", "patch", "db"),
            right("apps", "deployments", "patch", "db"),
            right("apps", "statefulsets/scale", "patch", "db"),
        ] {
            assert!(!other.is_given_by(&rule), "{other}");
        }
        let all = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]});
        assert!(right("", "pods/log", "get", "a").is_given_by(&all));
        assert!(
            right("", "pods/log", "get", "a")
                .is_given_by(&json!({"verbs": ["get"], "apiGroups": [""], "resources": ["*/log"]}))
        );
    }

    #[test]
    fn a_rule_about_names_gives_nothing_without_one() {
        let rule = json!({"verbs": ["get", "create"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db-auth"]});
        assert!(right("", "secrets", "get", "db-auth").is_given_by(&rule));
        assert!(!right("", "secrets", "get", "other").is_given_by(&rule));
        assert!(!right("", "secrets", "create", "").is_given_by(&rule));
        assert_eq!(right("apps", "statefulsets", "patch", "db").to_string(), "patch statefulsets.apps in namespace n");
    }
}
