//! Every parameter a schema knows, one by one, with lists and free forms that a wizard does not ask for.
//! It never mixes languages: one is used where every parameter has its words, and English otherwise.

use serde_json::Value;

use super::explain::{Explanation, explain};
use super::language::words_at;
use super::walk::segments;
use super::{Group, Schema};

/// One parameter with its place.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// What the schema says of it; members of a list's elements have paths such as `save[].seconds`.
    pub told: Explanation,
    /// Who is asked.
    pub group: Group,
    order: i64,
}

/// All parameters in the order of their groups.
pub fn parameters(schema: &Schema, lang: Option<&str>) -> Vec<Parameter> {
    let document = schema.document();
    let mut found = Vec::new();
    collect(document, "", (Group::Advanced, i64::MAX), &mut found);
    found.sort_by_key(|parameter| (parameter.group, parameter.order));
    let Some(lang) = lang else { return found };
    let words: Option<Vec<_>> =
        found.iter().map(|parameter| words_at(document, &parameter.told.pointer, lang)).collect();
    for (parameter, words) in found.iter_mut().zip(words.unwrap_or_default()) {
        parameter.told.title = words.title;
        parameter.told.description = words.description;
    }
    found
}

fn collect(document: &Value, pointer: &str, inherited: (Group, i64), found: &mut Vec<Parameter>) {
    let names = segments(pointer);
    let path: Vec<&str> = names.iter().map(String::as_str).collect();
    // A place that was just listed as a member is there.
    let Ok(mut told) = explain(document, &path) else { return };
    let group = match told.group.as_deref() {
        Some("basic") => Group::Basic,
        Some("expert") => Group::Expert,
        Some(_) => Group::Advanced,
        None => inherited.0,
    };
    let order = told.order.unwrap_or(inherited.1);
    for member in &told.members {
        collect(document, &super::walk::join(pointer, &member.name), (group, order), found);
    }
    // Elements that are not described are told by their list.
    let bare = pointer.ends_with("/0") && told.title.is_empty();
    if told.members.is_empty() && !pointer.is_empty() && !bare {
        let items = told.kind.starts_with("list of object");
        told.path = told.path.replace("[0]", "[]");
        found.push(Parameter { told, group, order });
        if items {
            collect(document, &format!("{pointer}/0"), (group, order), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_and_free_forms_are_parameters_too() {
        let point = json!({"type": "object", "properties": {"seconds": {"type": "integer", "title": "Seconds"}}});
        let schema = Schema::parse(&json!({"type": "object", "properties": {
            "labels": {"type": "object", "additionalProperties": {"type": "string"}, "x-ku8-group": "expert"},
            "save": {"type": "array", "items": point, "x-ku8-group": "basic", "x-ku8-order": 2},
            "image": {"type": "object", "x-ku8-group": "basic", "x-ku8-order": 1, "properties": {"tag": {"type": "string"}}}}}))
        .unwrap();
        let found = parameters(&schema, None);
        let told: Vec<(&str, &str)> =
            found.iter().map(|one| (one.told.path.as_str(), one.told.kind.as_str())).collect();
        assert_eq!(
            told,
            [
                ("image.tag", "string"),
                ("save", "list of object"),
                ("save[].seconds", "integer"),
                ("labels", "map of string")
            ]
        );
        assert_eq!(found[3].group, Group::Expert);
    }
}
