//! How values are put together: RFC 7386 merges, and the `--set` forms of the command line.
//! It never knows which parameters exist; unknown ones are the schema's to refuse.

use serde_json::{Map, Value};
use thiserror::Error;

/// A `--set` argument that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SetError {
    /// No `=`, or nothing before it.
    #[error("`{0}` is not of the form name=value")]
    Form(String),
    /// `--set-json` with something that is not JSON.
    #[error("the value of `{0}` is not JSON: {1}")]
    Json(String, String),
    /// The path goes through something that is no object or list.
    #[error("`{path}` cannot be set: `{at}` is not {expected}")]
    Path {
        /// The whole path.
        path: String,
        /// Where it stops.
        at: String,
        /// What it would have to be.
        expected: &'static str,
    },
    /// An index beyond the end of a list.
    #[error("`{path}` cannot be set: `{at}` has {length} elements, and the next one is [{length}]")]
    Index {
        /// The whole path.
        path: String,
        /// The list.
        at: String,
        /// How many elements it has.
        length: usize,
    },
}

impl SetError {
    /// The flag's name in front of what is wrong with it.
    pub fn told(&self, kind: SetKind) -> String {
        format!("{}: {self}", kind.flag())
    }
}

/// Merges `patch` into `target` (RFC 7386): objects merge, null removes, everything else replaces.
pub fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match (target.get_mut(key), value) {
            (_, Value::Null) => {
                target.remove(key);
            }
            (Some(Value::Object(inner)), Value::Object(changes)) => merge(inner, changes),
            (_, Value::Object(changes)) => {
                let mut inner = Map::new();
                merge(&mut inner, changes);
                target.insert(key.clone(), Value::Object(inner));
            }
            (_, other) => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

/// How the text after `=` is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// `--set`: numbers, booleans and null as YAML has them, everything else a string.
    Guess,
    /// `--set-string`: always a string.
    String,
    /// `--set-json`: any JSON.
    Json,
    /// `--set-file`: the text of a file, which is read before; always a string.
    File,
}

impl SetKind {
    /// All of them, in the order they are applied.
    pub const ALL: [Self; 4] = [Self::Guess, Self::String, Self::Json, Self::File];

    /// The flag's name.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Guess => "--set",
            Self::String => "--set-string",
            Self::Json => "--set-json",
            Self::File => "--set-file",
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Adds one `path.to.name=value` to a merge patch and returns the JSON pointer it set. A `\.` is a dot inside a name,
/// `[0]` an element of a list.
///
/// Lists replace when a patch is merged, so one that the patch does not hold yet is begun with that of `base`, the
/// values it will be merged into; without a base its elements are not known, and any index is taken.
///
/// # Errors
/// When the argument has no `=`, the JSON does not parse, the path contradicts an earlier one, or leaves a list.
pub fn set_value(
    patch: &mut Map<String, Value>,
    argument: &str,
    kind: SetKind,
    base: Option<&Map<String, Value>>,
) -> Result<String, SetError> {
    let (name, text) = argument.split_once('=').ok_or_else(|| SetError::Form(argument.to_owned()))?;
    let steps = split_path(name).ok_or_else(|| SetError::Form(argument.to_owned()))?;
    let value = match kind {
        SetKind::String | SetKind::File => Value::String(text.to_owned()),
        SetKind::Json => {
            serde_json::from_str(text).map_err(|error| SetError::Json(name.to_owned(), error.to_string()))?
        }
        SetKind::Guess => guess(text),
    };
    let mut pointer = String::new();
    let mut whole = Value::Object(std::mem::take(patch));
    let outcome = walk(&mut whole, &steps, value, base, &mut pointer).map_err(|error| match error {
        SetError::Path { at, expected, .. } => SetError::Path { path: name.to_owned(), at, expected },
        SetError::Index { at, length, .. } => SetError::Index { path: name.to_owned(), at, length },
        other => other,
    });
    if let Value::Object(fields) = whole {
        *patch = fields;
    }
    outcome.map(|()| pointer)
}

fn walk(
    mut target: &mut Value,
    steps: &[Step],
    value: Value,
    base: Option<&Map<String, Value>>,
    pointer: &mut String,
) -> Result<(), SetError> {
    let wrong = |at: &str, expected| SetError::Path { path: String::new(), at: at.to_owned(), expected };
    for (depth, step) in steps.iter().enumerate() {
        let before = shown(&steps[..depth]);
        match step {
            Step::Name(name) => {
                let fields = target.as_object_mut().ok_or_else(|| wrong(&before, "an object"))?;
                let fresh = match steps.get(depth + 1) {
                    Some(Step::Index(_)) => known_list(base, pointer, name),
                    Some(Step::Name(_)) => Value::Object(Map::new()),
                    None => Value::Null,
                };
                pointer.extend(["/", &name.replace('~', "~0").replace('/', "~1")]);
                target = fields.entry(name.clone()).or_insert(fresh);
            }
            Step::Index(index) => {
                let elements = target.as_array_mut().ok_or_else(|| wrong(&before, "a list"))?;
                // Of a list that is not known, nobody can say where it ends.
                let open = base.is_none() && *index < MAX_INDEX;
                if *index > elements.len() && !open {
                    return Err(SetError::Index { path: String::new(), at: before, length: elements.len() });
                }
                while elements.len() <= *index {
                    elements.push(match steps.get(depth + 1) {
                        Some(Step::Name(_)) => Value::Object(Map::new()),
                        Some(Step::Index(_)) => Value::Array(Vec::new()),
                        None => Value::Null,
                    });
                }
                pointer.extend(["/", &index.to_string()]);
                target = &mut elements[*index];
            }
        }
    }
    *target = value;
    Ok(())
}

/// Most elements a list is made to have.
const MAX_INDEX: usize = 1000;

/// The list that stands in `base` where the patch has none yet.
fn known_list(base: Option<&Map<String, Value>>, pointer: &str, name: &str) -> Value {
    let mut names = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let found = match (base, names.next()) {
        (None, _) => None,
        (Some(base), None) => base.get(name),
        (Some(base), Some(first)) => {
            let start = base.get(&first);
            names
                .try_fold(start, |value, part| value.map(|inner| inner.get(&part)))
                .flatten()
                .and_then(|at| at.get(name))
        }
    };
    found.filter(|value| value.is_array()).cloned().unwrap_or_else(|| Value::Array(Vec::new()))
}

/// A path as it is written.
fn shown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}

/// `a.b[0]` in steps; none when a name is empty or a bracket holds no number.
fn split_path(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut name = String::new();
    let mut after_index = false;
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next()),
            '.' => {
                if name.is_empty() && !after_index {
                    return None;
                }
                if !name.is_empty() {
                    steps.push(Step::Name(std::mem::take(&mut name)));
                }
                after_index = false;
            }
            '[' => {
                if !name.is_empty() {
                    steps.push(Step::Name(std::mem::take(&mut name)));
                } else if !after_index {
                    return None;
                }
                let digits: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                steps.push(Step::Index(digits.parse().ok()?));
                after_index = true;
            }
            // Behind `]` only `.` and `[` go on.
            _ if after_index => return None,
            other => name.push(other),
        }
    }
    if !name.is_empty() {
        steps.push(Step::Name(name));
    } else if !after_index {
        return None;
    }
    Some(steps)
}

/// Plain integers, decimals, booleans and null; `0644`, `1e3` and `yes` stay text, because a command line has no
/// quotes left to tell a number from a name.
fn guess(text: &str) -> Value {
    match text {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        "null" => return Value::Null,
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && (!digits.starts_with('0') || digits == "0" || digits.starts_with("0."))
        && !digits.ends_with('.');
    if plain { serde_json::from_str(text).unwrap_or_else(|_| text.into()) } else { text.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(arguments: &[&str]) -> Value {
        let mut patch = Map::new();
        for argument in arguments {
            set_value(&mut patch, argument, SetKind::Guess, Some(&Map::new())).unwrap();
        }
        Value::Object(patch)
    }

    #[test]
    fn set_reads_what_people_type() {
        assert_eq!(
            set(&[
                "database=orders",
                "storage.size=20Gi",
                "replicas=3",
                "metrics.enabled=true",
                "a=0644",
                "b=1.5",
                "c=",
                "d=8.4.2",
                "e=null"
            ]),
            json!({"database": "orders", "storage": {"size": "20Gi"}, "replicas": 3, "metrics": {"enabled": true},
                   "a": "0644", "b": 1.5, "c": "", "d": "8.4.2", "e": null})
        );
        assert_eq!(set(&["list[0]=a,b", "list[1]={x}"]), json!({"list": ["a,b", "{x}"]}));
        assert_eq!(set(&["labels.a\\.b=x=y"]), json!({"labels": {"a.b": "x=y"}}));
    }

    #[test]
    fn bad_arguments_are_refused() {
        let mut patch = Map::new();
        let nothing = Map::new();
        let mut set = |argument: &str, kind| set_value(&mut patch, argument, kind, Some(&nothing));
        for form in ["novalue", "=1", "a..b=1", ".a=1", "a.=1", "a[x]=1", "[0]=1", "a[0]b=1"] {
            assert_eq!(set(form, SetKind::Guess), Err(SetError::Form(form.into())));
        }
        assert!(matches!(set("a={", SetKind::Json), Err(SetError::Json(..))));
        set("a=1", SetKind::Guess).unwrap();
        let error = set("a.b=1", SetKind::Guess).unwrap_err().to_string();
        assert_eq!(error, "`a.b` cannot be set: `a` is not an object");
        let error = set("l[1]=1", SetKind::Guess).unwrap_err().to_string();
        assert_eq!(error, "`l[1]` cannot be set: `l` has 0 elements, and the next one is [0]");
        assert_eq!(set("a=2", SetKind::Guess).unwrap(), "/a", "what failed left the rest as it was");
    }

    #[test]
    fn an_element_is_set_in_the_list_that_is_there() {
        let base = json!({"list": ["a", "b"], "deep": {"hosts": [{"name": "x", "port": 1}]}});
        let base = base.as_object().unwrap();
        let mut patch = Map::new();
        let mut set = |argument: &str| set_value(&mut patch, argument, SetKind::Guess, Some(base)).unwrap();
        assert_eq!(set("list[1]=c"), "/list/1");
        assert_eq!(set("list[2]=d"), "/list/2");
        assert_eq!(set("deep.hosts[0].port=2"), "/deep/hosts/0/port");
        assert_eq!(set("new[0][0]=1"), "/new/0/0");
        let expected = json!({"list": ["a", "c", "d"], "deep": {"hosts": [{"name": "x", "port": 2}]}, "new": [[1]]});
        assert_eq!(Value::Object(patch), expected);
    }

    #[test]
    fn merge_follows_rfc_7386() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "l": [1, 2], "x": 1});
        let patch = json!({"a": {"c": null, "d": {"e": null, "f": 1}}, "l": [3], "x": null});
        merge(target.as_object_mut().unwrap(), patch.as_object().unwrap());
        assert_eq!(target, json!({"a": {"b": 1, "d": {"f": 1}}, "l": [3]}));
    }
}
