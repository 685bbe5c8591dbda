//! The `define` command that stores the same definition as the answers did.
//! It never guesses how an argument will be read: each is read back before it is used.

use serde_json::{Map, Value};

use crate::cli::GlobalArgs;
use crate::definition::{Definition, SetKind, set_value};

/// The command as a person would type it, on one line.
pub(super) fn one_line(definition: &Definition, globals: &GlobalArgs) -> String {
    let template = definition.spec.template.as_ref().map_or("", |template| template.name.as_str());
    let mut words = vec!["kubectl ku8 define".to_owned(), quote(definition.name()), "-t".to_owned(), quote(template)];
    let places = [("--context", &globals.connection.context), ("-n", &globals.namespace)];
    for (flag, value) in places {
        words.extend(value.iter().map(|value| format!("{flag} {}", quote(value))));
    }
    let mut leaves = Vec::new();
    flatten("", &Value::Object(definition.spec.values.clone()), &mut leaves);
    words.extend(leaves.iter().map(|(path, value)| argument(path, value)));
    words.join(" ")
}

/// The first form of `--set` that is read as exactly this value.
fn argument(path: &str, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let forms = [
        ("--set", SetKind::Guess, text.clone()),
        ("--set-string", SetKind::String, text),
        ("--set-json", SetKind::Json, value.to_string()),
    ];
    let same = |kind: SetKind, text: &str| {
        let mut patch = Map::new();
        set_value(&mut patch, &format!("{path}={text}"), kind, None).is_ok()
            && leaf(&Value::Object(patch)).is_some_and(|read| read == value)
    };
    let form = forms.iter().find(|(_, kind, text)| same(*kind, text)).unwrap_or(&forms[2]);
    format!("{} {}", form.0, quote(&format!("{path}={}", form.2)))
}

/// The value at the end of a path of objects with one field each.
fn leaf(value: &Value) -> Option<&Value> {
    match value {
        Value::Object(fields) if fields.len() == 1 => leaf(fields.values().next()?),
        other => Some(other),
    }
}

fn flatten(path: &str, value: &Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, inner) in fields {
                let name = name.replace('\\', "\\\\").replace('.', "\\.");
                let below = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(&below, inner, leaves);
            }
        }
        other if !path.is_empty() => leaves.push((path.to_owned(), other.clone())),
        _ => {}
    }
}

/// Safe in any shell: plain words as they are, all others in single quotes.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:=,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definition::TemplateRef;

    #[test]
    fn the_words_read_back_as_the_same_values() {
        let values = json!({"version": "8.4", "database": "it's 订单", "replicas": 3, "metrics": {"enabled": true},
            "rate": 1.5, "name": "true", "empty": "", "labels": {"a.b": "1"}, "list": [1, "x"], "none": {}});
        let mut definition = Definition::new("orders-db", None);
        definition.spec.template = Some(TemplateRef { name: "mysql".into(), version: None, digest: None });
        definition.spec.values = values.as_object().unwrap().clone();
        let globals = GlobalArgs { namespace: Some("team".into()), ..GlobalArgs::default() };
        let line = one_line(&definition, &globals);
        assert!(line.starts_with("kubectl ku8 define orders-db -t mysql -n team --set "), "{line}");
        for part in [
            "--set-string version=8.4",
            "--set replicas=3",
            "--set metrics.enabled=true",
            "--set-string name=true",
            "--set 'database=it'\\''s 订单'",
            "--set-json none='{}'",
        ] {
            let quoted = part.replace("none='{}'", "'none={}'");
            assert!(line.contains(&quoted), "{quoted} is not in {line}");
        }
        let mut read = Map::new();
        let mut leaves = Vec::new();
        flatten("", &values, &mut leaves);
        for (path, value) in leaves {
            let words = argument(&path, &value);
            let (flag, rest) = words.split_once(' ').unwrap();
            let kind = match flag {
                "--set" => SetKind::Guess,
                "--set-string" => SetKind::String,
                _ => SetKind::Json,
            };
            let bare = rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            let bare = bare.map_or(rest.to_owned(), |bare| bare.replace("'\\''", "'"));
            set_value(&mut read, &bare, kind, None).unwrap();
        }
        assert_eq!(Value::Object(read), values);
    }
}
