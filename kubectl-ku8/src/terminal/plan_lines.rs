//! Changed fields as lines: an item of a list that comes or goes is one line and not one for each of its fields.
//! It leaves nothing out: what a line stands for is what its words say.

use super::value_view::one_line;
use crate::plan::{FieldCause, FieldChange, FieldClass, FieldOp, PathStep, display_path};

/// One line of a plan.
pub(super) enum Line<'a> {
    /// A field by itself.
    Field(&'a FieldChange),
    /// Path and words of a whole item.
    Words(String, String),
}

/// Joins what belongs together: the number of a port that moves, and the keys of items that come or go.
pub(super) fn fold<'a>(fields: &[&'a FieldChange]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut done = vec![false; fields.len()];
    for (place, field) in fields.iter().enumerate() {
        if done[place] {
            continue;
        }
        let Some(item) = whole_item(field) else {
            lines.push(Line::Field(field));
            continue;
        };
        let of = |prefix: &[PathStep], op: FieldOp| -> Vec<usize> {
            let below = |one: &&FieldChange| one.op == op && one.path.starts_with(prefix);
            fields.iter().enumerate().filter(|(_, one)| below(one)).map(|(place, _)| place).collect()
        };
        let gone = of(item, FieldOp::Remove);
        if field.class == FieldClass::Ports
            && field.op == FieldOp::Remove
            && let Some((new, name)) = successor(fields, item)
        {
            let came = of(new, FieldOp::Add);
            let tail = |place: usize| &fields[place].path[item.len()..];
            for old in &gone {
                let twin = came.iter().find(|place| tail(**place) == tail(*old));
                let same = twin.is_some_and(|twin| fields[*twin].after == fields[*old].before);
                done[*old] = is_key(fields[*old], item) || twin.is_some();
                if let Some(twin) = twin {
                    // What else is new about the port keeps its own line.
                    done[*twin] = same || is_key(fields[*twin], new);
                }
            }
            done[place] = true;
            let (list, _) = item.split_at(item.len() - 1);
            let label = name.map_or_else(|| display_path(list), |name| format!("{}[{name}]", display_path(list)));
            lines.push(Line::Words(label, format!("{} → {}", key_words(item), key_words(new))));
            continue;
        }
        // The keys of an item stand in its path; they are left out where other fields say more.
        let all = of(item, field.op);
        let says_more = |place: &usize| !is_key(fields[*place], item);
        if all.iter().any(says_more) {
            for other in all.iter().filter(|place| !says_more(place)) {
                done[*other] = true;
            }
        }
        if !done[place] {
            lines.push(Line::Field(field));
        }
    }
    lines
}

/// The list item a field came or went with.
fn whole_item(field: &FieldChange) -> Option<&[PathStep]> {
    if !matches!(field.op, FieldOp::Add | FieldOp::Remove)
        || field.conflict.is_some()
        || field.cause == FieldCause::Server
    {
        return None;
    }
    let place = field.path.iter().rposition(|step| matches!(step, PathStep::Key(_)))?;
    (place + 1 < field.path.len()).then(|| &field.path[..=place])
}

fn is_key(field: &FieldChange, item: &[PathStep]) -> bool {
    match (&field.path[item.len()..], item.last()) {
        ([PathStep::Field(name)], Some(PathStep::Key(key))) => key.contains_key(name),
        _ => false,
    }
}

/// The port that takes the place of one that goes: the only new one of its list, or the one of its name.
fn successor<'a>(fields: &[&'a FieldChange], item: &[PathStep]) -> Option<(&'a [PathStep], Option<String>)> {
    let list = &item[..item.len() - 1];
    let name_of = |prefix: &[PathStep], op: FieldOp| {
        fields.iter().filter(|one| one.op == op && one.path.starts_with(prefix)).find_map(|one| {
            let value = if op == FieldOp::Remove { &one.before } else { &one.after };
            match &one.path[prefix.len()..] {
                [PathStep::Field(field)] if field == "name" => Some(one_line(value)),
                _ => None,
            }
        })
    };
    let is_number = |one: &&&FieldChange| {
        one.op == FieldOp::Add
            && one.path.len() == item.len() + 1
            && one.path.starts_with(list)
            && matches!(one.path.last(), Some(PathStep::Field(field)) if field == "port" || field == "containerPort")
    };
    let name = name_of(item, FieldOp::Remove);
    let new: Vec<&'a [PathStep]> = fields.iter().filter(is_number).map(|one| &one.path[..item.len()]).collect();
    let named = new.iter().find(|path| name.is_some() && name_of(path, FieldOp::Add) == name);
    named.map(|path| (*path, name.clone()))
}

fn key_words(item: &[PathStep]) -> String {
    match item.last() {
        Some(PathStep::Key(key)) => key.values().map(one_line).collect::<Vec<_>>().join("/"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::differences;

    fn lines(before: &Value, after: &Value) -> Vec<String> {
        let found = differences(before, after, after);
        let fields: Vec<&FieldChange> = found.iter().collect();
        fold(&fields)
            .iter()
            .map(|line| match line {
                Line::Field(field) => display_path(&field.path),
                Line::Words(path, words) => format!("{path} {words}"),
            })
            .collect()
    }

    #[test]
    fn a_port_that_moves_is_one_line_and_the_keys_of_an_item_are_none() {
        let ports = |port: u16| json!({"spec": {"ports": [{"name": "main", "port": port, "targetPort": 8080, "protocol": "TCP"}, {"name": "x", "port": 9, "targetPort": 9}]}});
        assert_eq!(lines(&ports(80), &ports(81)), ["spec.ports[main] 80/TCP → 81/TCP"]);
        let mut other = ports(81);
        other["spec"]["ports"][0]["targetPort"] = json!(9090);
        assert_eq!(lines(&ports(80), &other), ["spec.ports[main] 80/TCP → 81/TCP", "spec.ports[81/TCP].targetPort"]);
        let env = |names: &[&str]| json!({"env": names.iter().map(|name| json!({"name": name, "value": "1"})).collect::<Vec<_>>()});
        assert_eq!(lines(&env(&["A", "B"]), &env(&["A", "C"])), ["env[B].value", "env[C].value"]);
        assert_eq!(lines(&json!({"volumes": []}), &json!({"volumes": [{"name": "a"}]})), ["volumes[a].name"]);
    }
}
