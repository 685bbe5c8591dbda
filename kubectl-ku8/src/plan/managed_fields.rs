//! Who holds which field: `metadata.managedFields` as sets of paths.
//! It reads what the server recorded and never decides what to do about it.

use serde_json::{Value, json};

pub use super::field_set::FieldSet;
use crate::object::labels;

/// One entry of `managedFields`.
#[derive(Clone, Debug, PartialEq)]
pub struct Manager {
    /// Its name: `kubectl-edit`.
    pub name: String,
    /// Whether it used server-side apply.
    pub applies: bool,
    /// The subresource it wrote through: `scale`, `status`, or nothing.
    pub subresource: String,
    /// When it last changed its set (RFC 3339), if the server says.
    pub since: String,
    /// What it holds.
    pub set: FieldSet,
}

impl Manager {
    /// Says whether this is our own server-side apply.
    pub fn is_ours(&self) -> bool {
        self.applies && self.name == labels::FIELD_MANAGER && self.subresource.is_empty()
    }

    /// Tools that wrote whole objects without server-side apply, and helm: what they held becomes ours when the
    /// object is adopted. Edits by hand (`kubectl-edit`, `-patch`, `-set`) stay whose they are.
    pub fn is_left_behind(&self) -> bool {
        let name = self.name.as_str();
        let update = !self.applies && self.subresource.is_empty();
        let whole = ["kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "before-first-apply"];
        matches!(name, "helm" | "Helm") || update && (whole.contains(&name) || name == labels::FIELD_MANAGER)
    }

    /// The name with how it wrote, for people.
    pub fn title(&self) -> String {
        let name = crate::object::printable(&self.name);
        match (name.as_str(), self.subresource.as_str()) {
            ("kube-controller-manager", "scale") => "an autoscaler".to_owned(),
            ("kubectl", "scale") => "kubectl scale".to_owned(),
            (_, "") => name,
            (_, part) => format!("{name} ({})", crate::object::printable(part)),
        }
    }
}

/// Reads all entries; what does not read is left out.
pub fn managers(object: &Value) -> Vec<Manager> {
    let entries = object["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    entries
        .iter()
        .filter_map(|entry| {
            let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
            let set = FieldSet(entry["fieldsV1"].as_object()?.clone());
            Some(Manager {
                name: text("manager"),
                applies: entry["operation"] == "Apply",
                subresource: text("subresource"),
                since: text("time"),
                set,
            })
        })
        .collect()
}

/// What we hold by server-side apply.
pub fn ours(object: &Value) -> Option<FieldSet> {
    managers(object).into_iter().find(Manager::is_ours).map(|manager| manager.set)
}

/// `managedFields` after fields were taken from other managers and joined into our own entry, with what that entry
/// then holds and what was taken; `None` when nothing is. `wanted` names what to take from each, `unheld` what nobody
/// holds and has to go as well.
pub fn taken(object: &Value, wanted: &dyn Fn(&Manager) -> FieldSet, unheld: FieldSet) -> Option<TakeOver> {
    let entries = object["metadata"]["managedFields"].as_array()?;
    let mut list = Vec::new();
    let (mut mine, mut taken) = (FieldSet::default(), unheld);
    for entry in entries {
        let alone = json!({"metadata": {"managedFields": [entry]}});
        let Some(manager) = managers(&alone).pop() else {
            list.push(entry.clone());
            continue;
        };
        if manager.is_ours() {
            mine = mine.union(&manager.set);
            continue;
        }
        let from = wanted(&manager);
        let rest = manager.set.minus(&from);
        taken = taken.union(&from);
        if !rest.is_empty() {
            let mut entry = entry.clone();
            entry["fieldsV1"] = Value::Object(rest.0);
            list.push(entry);
        }
    }
    if taken.is_empty() {
        return None;
    }
    mine = mine.union(&taken);
    list.push(json!({
        "manager": labels::FIELD_MANAGER, "operation": "Apply", "apiVersion": object["apiVersion"],
        "fieldsType": "FieldsV1", "fieldsV1": mine.0.clone(),
    }));
    Some(TakeOver { list: Value::Array(list), mine, taken })
}

/// Fields that change hands before an apply.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeOver {
    /// The new `managedFields`.
    pub list: Value,
    /// What we hold then.
    pub mine: FieldSet,
    /// What others held.
    pub taken: FieldSet,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_client_side_tools_left_is_joined_into_our_own_entry() {
        let entry = |manager: &str, operation: &str, field: &str| json!({"manager": manager, "operation": operation, "fieldsV1": {format!("f:{field}"): {}}});
        let object = json!({"apiVersion": "v1", "metadata": {"managedFields": [
            entry("kubectl-client-side-apply", "Update", "a"), entry("helm", "Apply", "b"), entry("kubectl-edit", "Update", "c")]}});
        let whole =
            |manager: &Manager| if manager.is_left_behind() { manager.set.clone() } else { FieldSet::default() };
        let over = taken(&object, &whole, FieldSet::default()).unwrap();
        let (list, mine) = (over.list, over.mine);
        let names: Vec<&str> = list.as_array().unwrap().iter().filter_map(|entry| entry["manager"].as_str()).collect();
        assert_eq!(names, ["kubectl-edit", "ku8"]);
        assert_eq!(mine, FieldSet::of(&json!({"f:a": {}, "f:b": {}})));
        assert!(
            taken(
                &json!({"metadata": {"managedFields": [entry("kubectl-edit", "Update", "c")]}}),
                &whole,
                FieldSet::default()
            )
            .is_none()
        );
    }
}
