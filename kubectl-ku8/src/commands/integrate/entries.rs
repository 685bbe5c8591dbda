//! Adds entries to a YAML file of somebody else's: lines are put in, and nothing that stood there changes.
//! It never trusts its own hand: the result is read again and must hold exactly the old entries and the new ones.

use serde_json::{Map, Value};

use crate::definition::yaml::documents;

/// A file with our entries in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    /// The new text.
    pub(super) text: String,
    /// Entries that were put in.
    pub(super) added: Vec<String>,
    /// Entries of our names that say something else and stay.
    pub(super) kept: Vec<String>,
}

/// Puts those entries of `ours` that are missing below `key` of `there`.
///
/// # Errors
/// Why it cannot be done without touching what is there.
pub(super) fn add(there: &str, key: &str, ours: &str) -> Result<Merged, String> {
    let wanted = entries(ours, key)?.unwrap_or_default();
    let Some(before) = entries(there, key)? else {
        // Nothing is there under this key yet: ours goes to the end.
        let gap = if there.is_empty() || there.ends_with('\n') { "" } else { "\n" };
        let text = format!("{there}{gap}{ours}");
        return checked(text, there, key, &Map::new(), wanted);
    };
    let missing: Map<String, Value> = wanted
        .iter()
        .filter(|(name, _)| !before.contains_key(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let kept = wanted.iter().filter(|(name, value)| before.get(*name).is_some_and(|found| found != *value));
    let kept = kept.map(|(name, _)| name.clone()).collect();
    if missing.is_empty() {
        return Ok(Merged { text: there.to_owned(), added: Vec::new(), kept });
    }
    let lines: Vec<&str> = there.lines().collect();
    let place = lines.iter().position(|line| {
        line.strip_prefix(key)
            .and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with('#'))
    });
    let place = place.ok_or_else(|| format!("`{key}` is not written as a block, one entry a line"))?;
    // Entries stand as deep as the ones that are there.
    let deep = lines[place + 1..]
        .iter()
        .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map_or(2, |line| line.len() - line.trim_start().len());
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        text.push_str(line);
        text.push('\n');
        if number == place {
            for line in blocks(ours, key, &missing) {
                let pad = " ".repeat(deep.saturating_sub(2));
                text.push_str(if line.is_empty() { "" } else { &pad });
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    let mut done = checked(text, there, key, &before, missing)?;
    done.kept = kept;
    Ok(done)
}

/// The lines of some of our entries, which are written two deep.
fn blocks<'a>(ours: &'a str, key: &str, wanted: &Map<String, Value>) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in ours.lines().skip_while(|line| *line != format!("{key}:")).skip(1) {
        let is_entry = line.starts_with("  ") && !line.starts_with("   ") && !line.trim_start().starts_with('#');
        if is_entry {
            let name = line.trim().split(": ").next().unwrap_or_default().trim_end_matches(':');
            inside = wanted.contains_key(name);
        }
        if inside && line.starts_with("  ") && !line.trim_start().starts_with('#') {
            found.push(line);
        }
    }
    found
}

fn checked(
    text: String,
    there: &str,
    key: &str,
    before: &Map<String, Value>,
    missing: Map<String, Value>,
) -> Result<Merged, String> {
    let added: Vec<String> = missing.keys().cloned().collect();
    let mut expected = document(there)?;
    let mut all = before.clone();
    all.extend(missing);
    expected.insert(key.to_owned(), Value::Object(all));
    if document(&text)? != expected {
        return Err("it is written in a way that nothing can be added to safely".to_owned());
    }
    Ok(Merged { text, added, kept: Vec::new() })
}

/// What stands below a key; `None` when there is no such key or nothing below it.
fn entries(text: &str, key: &str) -> Result<Option<Map<String, Value>>, String> {
    match document(text)?.remove(key) {
        None => Ok(None),
        Some(Value::Object(entries)) => Ok(Some(entries)),
        Some(Value::Null) => Ok(Some(Map::new())),
        Some(_) => Err(format!("`{key}` does not hold entries")),
    }
}

fn document(text: &str) -> Result<Map<String, Value>, String> {
    let mut found = documents(text).map_err(|error| format!("it does not read as YAML: {}", error.message))?;
    found.retain(|value| !value.is_null());
    match (found.pop(), found.is_empty()) {
        (None, _) => Ok(Map::new()),
        (Some(Value::Object(document)), true) => Ok(document),
        _ => Err("it is not one document with keys".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str =
        "# About ours.\nviews:\n  v1/configmaps:\n    columns:\n      - NAME\n  other:\n    columns: [A]\n";

    #[test]
    fn a_new_file_is_ours_whole() {
        let done = add("", "views", OURS).unwrap();
        assert_eq!((done.text.as_str(), done.added.len()), (OURS, 2));
        // A second time there is nothing to do.
        assert_eq!(add(OURS, "views", OURS).unwrap(), Merged { text: OURS.into(), added: vec![], kept: vec![] });
    }

    #[test]
    fn what_is_there_stays_to_the_letter() {
        let there = "# mine\nviews:   # all of them\n    # pods\n    v1/pods:\n        columns: [NAME]   # short\n\n    v1/configmaps:\n        columns: [B]\nzzz: 1";
        let done = add(there, "views", OURS).unwrap();
        assert_eq!((&done.added[..], &done.kept[..]), (&["other".to_owned()][..], &["v1/configmaps".to_owned()][..]));
        assert_eq!(
            done.text,
            "# mine\nviews:   # all of them\n    other:\n      columns: [A]\n    # pods\n    v1/pods:\n        columns: [NAME]   # short\n\n    v1/configmaps:\n        columns: [B]\nzzz: 1\n"
        );
        let other_key = add("aliases:\n  po: v1/pods", "views", OURS).unwrap();
        assert!(other_key.text.starts_with("aliases:\n  po: v1/pods\n# About ours.\nviews:\n"), "{}", other_key.text);
        assert!(add("views:\n", "views", OURS).unwrap().text.starts_with("views:\n  v1/configmaps:\n"));
    }

    #[test]
    fn what_cannot_be_added_to_is_left() {
        for (there, why) in [
            ("views: {a: {columns: [B]}}\n", "block"),
            ("views: [1]\n", "does not hold entries"),
            ("views:\n  a: [\n", "does not read as YAML"),
            ("- a\n", "not one document"),
            ("a: 1\n---\nb: 2\n", "not one document"),
        ] {
            let error = add(there, "views", OURS).unwrap_err();
            assert!(error.contains(why), "{there}: {error}");
        }
    }
}
