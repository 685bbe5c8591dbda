//! Passwords that stand in plain text where everybody who reads ConfigMaps or pods can see them.
//! It goes by names and never looks at a value; it warns and keeps nothing from being applied.

use serde_json::Value;

use super::{Action, Change, is_sensitive_name};
use crate::render::{Diagnostic, Severity};

/// A warning for each plain value whose name says that it is a secret, where this plan writes it.
pub(crate) fn plain_secrets(changes: &[Change]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for change in changes.iter().filter(|change| change.action != Action::NoOp) {
        let Some(manifest) = &change.manifest else { continue };
        let value = manifest.value();
        let object = change.key.to_string();
        if change.key.is_core("ConfigMap") {
            for key in value["data"].as_object().into_iter().flatten().map(|(key, _)| key) {
                if is_sensitive_name(key) && !key.contains('.') {
                    found.push(warning(&object, &format!("data[\"{key}\"]")));
                }
            }
        }
        let mut variables = Vec::new();
        collect(value, &mut variables);
        found.extend(variables.iter().map(|name| warning(&object, &format!("the variable {name}"))));
    }
    found
}

fn warning(object: &str, place: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        path: String::new(),
        code: "secret.plain".to_owned(),
        message: format!("{object}: {place} is kept in plain text, here and in the records of the definition"),
        hint: Some("keep it in a Secret and refer to it: valueFrom.secretKeyRef, or a volume".to_owned()),
    }
}

/// Variables with a value of their own and a name that says what it is.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for variable in fields.get("env").and_then(Value::as_array).into_iter().flatten() {
                let name = variable["name"].as_str().unwrap_or_default();
                // `MYSQL_PASSWORD_FILE` names a file.
                let plain = variable["value"].as_str().is_some_and(|value| !value.is_empty());
                if plain && is_sensitive_name(name) && !name.ends_with("_FILE") && !name.ends_with("_PATH") {
                    found.push(name.to_owned());
                }
            }
            fields.values().for_each(|below| collect(below, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Manifest;

    fn warnings(value: Value) -> Vec<String> {
        let manifest = Manifest::new(value).unwrap();
        let mut change = Change::new(manifest.key().clone(), manifest.api_version(), Action::Create, None);
        change.manifest = Some(manifest);
        plain_secrets(&[change]).into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn plain_passwords_are_told_by_their_names_and_references_are_not() {
        let pod = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [{"env": [
            {"name": "DB_PASSWORD", "value": "x"}, {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}},
            {"name": "ROOT_PASSWORD_FILE", "value": "/run/x"}, {"name": "HOST", "value": "db"}]}]}}}});
        let found = warnings(pod);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("Deployment/web: the variable DB_PASSWORD"), "{found:?}");
        let conf = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"password": "x", "password-policy.cnf": "y", "host": "z"}});
        assert_eq!(warnings(conf).len(), 1);
    }
}
