//! Is a plan made now still the one that was approved?
//! It compares what would be written, and nothing else of an object.

use std::collections::BTreeMap;

use crate::plan::{Action, Change, Plan, display_path};

/// Differences named; more are counted.
const SHOWN: usize = 10;

/// What became of an approved plan.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// It is still what would happen.
    Not,
    /// Nothing of it is left to do.
    NothingLeft,
    /// Something else would happen now, one line per object.
    To(Vec<String>),
}

/// Compares a plan with the approved one.
pub(super) fn compare(approved: &Plan, now: &Plan) -> Moved {
    if !now.problems.is_empty() {
        return Moved::To(
            now.problems.iter().map(|problem| format!("{}: {}", problem.object, problem.message)).collect(),
        );
    }
    let (before, after) = (writes(approved), writes(now));
    if before == after {
        return Moved::Not;
    }
    if after.is_empty() {
        return Moved::NothingLeft;
    }
    let mut lines = Vec::new();
    for (object, planned) in &before {
        match after.get(object) {
            None => lines.push(format!("{object}: planned {}, now nothing is to be done", planned.0)),
            Some(new) if new.0 != planned.0 => lines.push(format!("{object}: planned {}, now {}", planned.0, new.0)),
            Some(new) if new != planned => lines.push(format!("{object}: {}", field(approved, now, object))),
            Some(_) => {}
        }
    }
    let fresh = after.iter().filter(|(object, _)| !before.contains_key(*object));
    lines.extend(fresh.map(|(object, new)| format!("{object}: not in the plan, now {}", new.0)));
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(format!("… and {more} more"));
    }
    Moved::To(lines)
}

/// The action in a word, and each field's path, value before and value after.
type Write = (String, Vec<(String, String, String)>);

/// What each object and Secret would be written with: the action, and the fields without what the server does.
fn writes(plan: &Plan) -> BTreeMap<String, Write> {
    let objects = plan.changes.iter().filter(|change| !matches!(change.action, Action::NoOp | Action::Keep));
    let objects = objects.map(|change| {
        let fields = change.intent().into_iter().map(|(path, from, to)| (path, from.to_string(), to.to_string()));
        (change.key.to_string(), (format!("{:?}", change.action).to_lowercase(), fields.collect()))
    });
    let secrets = plan.secrets.iter().filter(|secret| secret.action.writes());
    let secrets = secrets.map(|secret| {
        let keys = secret.generated.iter().map(|key| (key.clone(), String::new(), String::new())).collect();
        (format!("Secret/{}", secret.name), (format!("{:?}", secret.action).to_lowercase(), keys))
    });
    objects.chain(secrets).collect()
}

/// The first field of an object that would be written differently, without the value of a sensitive one.
fn field(approved: &Plan, now: &Plan, object: &str) -> String {
    let find = |plan: &'_ Plan| plan.changes.iter().find(|change| change.key.to_string() == object).cloned();
    let (Some(before), Some(after)) = (find(approved), find(now)) else { return "other keys".to_owned() };
    let differs = |one: &Change, other: &Change| {
        one.fields.iter().find(|field| !other.fields.contains(field)).map(|field| {
            let shown = if field.sensitive { "(sensitive)".to_owned() } else { field.before.to_string() };
            format!("{} is {shown}", display_path(&field.path))
        })
    };
    let planned = differs(&before, &after).map(|text| format!("planned when {text}"));
    let present = differs(&after, &before).map(|text| format!("now {text}"));
    [planned, present].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
