//! What the built-in templates say of their parameters, in every language they speak: all of it or none.
//! It never judges a translation; it finds the one that is missing, and the two that cannot be told apart.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cli::Home;

const TEMPLATES: [&str; 3] = ["mysql", "redis", "zookeeper"];
const LANGUAGES: [&str; 1] = ["zh"];

/// Title and description of one property, by language; the schema's own words are `en`.
type Words = BTreeMap<String, (String, String)>;

/// The schema of the component that is shipped, not of its source.
fn schema(template: &str) -> Value {
    let ran = Home::new().run(&["template", "schema", template]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn words(node: &Value) -> Words {
    let text = |node: &Value, name: &str| node[name].as_str().unwrap_or_default().to_owned();
    let both = |node: &Value| (text(node, "title"), text(node, "description"));
    let others = node["x-ku8-i18n"].as_object().into_iter().flatten();
    others.map(|(language, node)| (language.clone(), both(node))).chain([("en".to_owned(), both(node))]).collect()
}

/// The schema itself and every property below it, whether in an object or in the items of a list.
fn collect(path: &str, node: &Value, found: &mut Vec<(String, Words)>) {
    found.push((path.to_owned(), words(node)));
    for place in [&node["properties"], &node["items"]["properties"]] {
        for (name, property) in place.as_object().into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            collect(&path, property, found);
        }
    }
}

fn all(template: &str) -> Vec<(String, Words)> {
    let mut found = Vec::new();
    collect("", &schema(template), &mut found);
    assert!(found.len() > 30, "{template}: the schema is not read any more");
    found
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

#[test]
fn every_parameter_is_told_in_every_language() {
    let mut missing = Vec::new();
    for template in TEMPLATES {
        for (path, words) in all(template) {
            for language in ["en"].into_iter().chain(LANGUAGES) {
                let told = words.get(language).is_some_and(|(title, text)| !title.is_empty() && !text.is_empty());
                if !told {
                    missing.push(format!("{template}.{path}: {language}"));
                }
            }
            assert!(words.len() == 1 + LANGUAGES.len(), "{template}.{path}: languages nobody offers: {words:?}");
            assert!(is_chinese(&words["zh"].1), "{template}.{path}: zh is not Chinese: {words:?}");
            assert!(!is_chinese(&words["en"].1), "{template}.{path}: en is Chinese: {words:?}");
        }
    }
    assert!(missing.is_empty(), "no title or description:\n{}", missing.join("\n"));
}

#[test]
fn no_two_parameters_of_a_template_have_one_title() {
    for template in TEMPLATES {
        let mut titles = BTreeMap::new();
        for (path, words) in all(template) {
            for (language, (title, _)) in words {
                let first = titles.insert((language.clone(), title.clone()), path.clone());
                assert_eq!(first, None, "{template}: `{title}` ({language}) is also the title of {path}");
            }
        }
    }
}
