//! Labels on changed fields: whose they were, whose they will be, and what others changed since we last published.
//! It reads what the server recorded (`managedFields`) and the last published render; it decides nothing.

use serde::Serialize;
use serde_json::Value;

use super::compare::{HIDDEN, Keys, is_sensitive, keyed, lookup};
use super::managed_fields::{FieldSet, Manager, managers, ours};
use super::{FieldCause, FieldChange, FieldOp, PathStep, display_path};
use crate::object::{Quantity, Yielded, labels};

/// A field that is no longer what we published, and that somebody else set.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The field as people read it.
    pub field: String,
    /// What the last revision set.
    pub published: Value,
    /// What is there now; null when it was removed.
    pub found: Value,
    /// Who holds it now, empty when nobody does.
    pub by: String,
    /// Since when (RFC 3339), empty when unknown.
    pub since: String,
}

/// Says who holds each field, and corrects who asked for it with what the server knows.
pub(crate) fn label(fields: &mut [FieldChange], live: &Value, after: &Value) {
    let (before, now) = (managers(live), managers(after));
    let (ours_before, ours_after) = (ours(live), ours(after));
    for field in fields {
        field.owner.before = holders(&before, &field.path);
        field.owner.after = holders(&now, &field.path);
        let held = |set: &Option<FieldSet>| set.as_ref().is_some_and(|set| set.holds(&field.path));
        field.cause = match (ours_after.is_some(), field.cause) {
            (true, FieldCause::Adopted) => FieldCause::Adopted,
            (true, FieldCause::Desired) if field.op == FieldOp::Reorder => FieldCause::Desired,
            (true, _) if held(&ours_after) && field.op != FieldOp::Remove => FieldCause::Desired,
            (_, FieldCause::Desired) => FieldCause::Desired,
            _ if held(&ours_before) => FieldCause::Removed,
            _ => FieldCause::Server,
        };
    }
}

fn holders(known: &[Manager], path: &[PathStep]) -> String {
    let mut names: Vec<String> = known.iter().filter(|manager| manager.set.holds(path)).map(Manager::title).collect();
    names.dedup();
    names.join(", ")
}

/// Fields that changed hands without changing their value: what we would hold that we do not, and the other way round.
pub(crate) fn changed_hands(live: &Value, after: &Value) -> Vec<String> {
    let (Some(before), Some(now)) = (ours(live), ours(after)) else { return Vec::new() };
    let mut fields: Vec<String> =
        now.minus(&before).paths().iter().chain(&before.minus(&now).paths()).map(|path| display_path(path)).collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// What others changed since `published` was written. A field that we still hold is as we left it: whoever else
/// writes it takes it away from us.
pub(crate) fn drift(published: &Value, live: &Value, yielded: &[Yielded]) -> Vec<Drift> {
    let Some(held) = ours(live) else { return Vec::new() };
    let known = managers(live);
    let mut found = Vec::new();
    leaves(published, &mut Vec::new(), &mut |path, value| {
        let now = lookup(live, path);
        if held.holds(path) || now.is_some_and(|now| same(now, value)) || (now.is_none() && is_empty(value)) {
            return;
        }
        let field = display_path(path);
        // Whose object it is gets written anew after a restore, by us.
        if yielded.iter().any(|one| one.field == field)
            || path.last() == Some(&PathStep::Field(labels::OWNER_ID.into()))
        {
            return;
        }
        let holder =
            known.iter().filter(|manager| manager.set.holds(path)).max_by(|one, two| one.since.cmp(&two.since));
        let hide = |value: Value| if is_sensitive(false, path) && !value.is_null() { HIDDEN.into() } else { value };
        found.push(Drift {
            field,
            published: hide(value.clone()),
            found: hide(now.cloned().unwrap_or(Value::Null)),
            by: holder.map(Manager::title).unwrap_or_default(),
            since: holder.map(|manager| manager.since.clone()).unwrap_or_default(),
        });
    });
    found
}

/// Whoever holds a field the server reports a conflict on, in the server's spelling (`.spec.template.containers[name="x"].image`).
pub(crate) fn holder_of(live: &Value, field: &str) -> Option<(Vec<PathStep>, Manager)> {
    let wanted = as_shown(field);
    managers(live).into_iter().filter(|manager| !manager.is_ours()).find_map(|manager| {
        let path = manager.set.paths().into_iter().find(|path| display_path(path) == wanted)?;
        Some((path, manager))
    })
}

/// The server's spelling of a path as we show it.
pub(crate) fn as_shown(field: &str) -> String {
    let mut shown = String::new();
    let mut rest = field.trim_start_matches('.');
    while let Some((before, after)) = rest.split_once('[') {
        shown.push_str(before);
        let Some((keys, after)) = after.split_once(']') else { break };
        let values: Vec<&str> = keys
            .split(',')
            .map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value).trim_matches('"'))
            .collect();
        shown.push('[');
        shown.push_str(&values.join("/"));
        shown.push(']');
        rest = after;
    }
    shown.push_str(rest);
    shown
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Equal, also as amounts: `1000m` is `1`.
pub(crate) fn same(one: &Value, two: &Value) -> bool {
    let amount = |value: &Value| match value {
        Value::String(text) => text.parse::<Quantity>().ok().map(Quantity::nano),
        Value::Number(number) => number.to_string().parse::<Quantity>().ok().map(Quantity::nano),
        _ => None,
    };
    one == two || amount(one).is_some_and(|one| amount(two) == Some(one))
}

fn leaves<'a>(value: &'a Value, path: &mut Vec<PathStep>, on: &mut dyn FnMut(&[PathStep], &'a Value)) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (field, below) in fields {
                if path.is_empty() && matches!(field.as_str(), "apiVersion" | "kind" | "status") {
                    continue;
                }
                path.push(PathStep::Field(field.clone()));
                leaves(below, path, on);
                path.pop();
            }
        }
        Value::Array(items) => match keyed(path, items, &[]) {
            Some((keys, _)) => items_of(keys, items, path, on),
            None => on(path, value),
        },
        _ => on(path, value),
    }
}

fn items_of<'a>(keys: Keys, items: &'a [Value], path: &mut Vec<PathStep>, on: &mut dyn FnMut(&[PathStep], &'a Value)) {
    for (key, item) in keys.into_iter().zip(items) {
        path.push(PathStep::Key(key));
        leaves(item, path, on);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "a literal is given away")]
    fn entry(manager: &str, operation: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "time": "2026-01-01T12:03:00Z", "fieldsV1": fields})
    }

    #[test]
    fn drift_is_what_somebody_else_set_and_we_no_longer_hold() {
        let published = json!({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 3, "paused": true, "cpu": "1000m"}});
        let live = json!({"metadata": {"name": "web", "managedFields": [
            entry("ku8", "Apply", json!({"f:spec": {"f:cpu": {}}})),
            entry("kubectl-edit", "Update", json!({"f:spec": {"f:replicas": {}}}))]},
            "spec": {"replicas": 5, "cpu": "2"}});
        let found = drift(&published, &live, &[]);
        let shown: Vec<(&str, &Value, &str)> =
            found.iter().map(|one| (one.field.as_str(), &one.found, one.by.as_str())).collect();
        assert_eq!(shown, [("spec.paused", &Value::Null, ""), ("spec.replicas", &json!(5), "kubectl-edit")]);
        assert_eq!(found[1].since, "2026-01-01T12:03:00Z");
    }

    #[test]
    fn the_servers_spelling_of_a_path_is_ours() {
        assert_eq!(as_shown(".spec.replicas"), "spec.replicas");
        assert_eq!(
            as_shown(".spec.template.spec.containers[name=\"web\"].ports[containerPort=80,protocol=\"TCP\"].name"),
            "spec.template.spec.containers[web].ports[80/TCP].name"
        );
    }

    #[test]
    fn equal_amounts_are_no_drift() {
        assert!(
            same(&json!("1000m"), &json!("1")) && same(&json!(2), &json!("2")) && !same(&json!("1Gi"), &json!("1G"))
        );
    }
}
