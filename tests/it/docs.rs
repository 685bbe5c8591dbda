//! The pages in docs/: links that lead somewhere, and reference pages that say what the program says.
//! It never judges prose, and runs nothing that a page shows: `e2e/guides.rs` does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::bless::agrees;
use super::reference;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Markdown file below a folder, except what a build left there.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str()) {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The text outside of blocks and of code within a line.
fn prose(text: &str) -> String {
    let mut open = false;
    let mut result = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            open = !open;
        } else if !open {
            for (index, part) in line.split('`').enumerate() {
                // What stands between marks is kept as a word, because it may be part of a heading or a link's text.
                let part = if index % 2 == 1 { part.replace(['[', ']', '(', ')'], "") } else { part.to_owned() };
                result.push_str(&part);
            }
            result.push('\n');
        }
    }
    result
}

/// The anchors of a page, as GitHub makes them of its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut open = false;
    for line in text.lines() {
        open ^= line.starts_with("```");
        let Some(heading) = line.strip_prefix('#').filter(|_| !open) else { continue };
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        let anchor: String = kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        let count = seen.entry(anchor.clone()).or_default();
        found.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    found
}

/// The targets of `[text](target)`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut all = Vec::new();
    pages(&root(), &mut all);
    let (mut count, mut broken) = (0, Vec::new());
    for page in &all {
        let text = fs::read_to_string(page).unwrap();
        for link in links(&text).iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            count += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let known = match fs::read_to_string(&target) {
                Ok(text) => anchor.is_empty() || anchors(&text).contains(anchor),
                Err(_) => anchor.is_empty() && target.is_dir(),
            };
            if !known {
                broken.push(format!("{}: {link}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(count > 50, "the links are not read any more: {count}");
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_page_can_be_reached_from_the_index() {
    let docs = root().join("docs");
    let mut open = vec![docs.join("README.md")];
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    while let Some(page) = open.pop() {
        let Ok(page) = page.canonicalize() else { continue };
        if page.extension().is_none_or(|extension| extension != "md") || !reached.insert(page.clone()) {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        open.extend(links(&text).iter().map(|link| page.parent().unwrap().join(link.split('#').next().unwrap_or(""))));
    }
    let mut all = Vec::new();
    pages(&docs, &mut all);
    let lost: Vec<PathBuf> = all.into_iter().filter(|page| !reached.contains(&page.canonicalize().unwrap())).collect();
    assert!(lost.is_empty(), "no link leads from docs/README.md to {lost:?}");
}

#[test]
fn the_command_reference_is_what_the_program_says() {
    if let Err(why) = agrees(&root().join("docs/reference/commands.md"), &reference::commands()) {
        panic!("{why}");
    }
}

#[test]
fn the_json_reference_is_what_the_schemas_say() {
    let folder = root().join("kubectl-ku8/src/schemas");
    let mut schemas = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        schemas.insert(name, schema);
    }
    assert!(schemas.len() > 5, "the schemas are not read any more");
    if let Err(why) = agrees(&root().join("docs/reference/json.md"), &reference::documents(&schemas)) {
        panic!("{why}");
    }
}

#[test]
fn the_list_of_rules_is_complete() {
    let mut text = String::from(
        "# Rules for templates\n\nWhat `kubectl ku8 template lint` judges a template by: what it says of itself, and what it \
         answers when every value is changed once, some together, in two fresh processes. Codes never change their \
         meaning. Errors end with exit code 1, with `--strict` warnings too.\n\nWritten by `BLESS=1` from the program's own \
         table.\n\n| code | level | rule | why | what to do |\n|---|---|---|---|---|\n",
    );
    for rule in kubectl_ku8::author::RULES {
        let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;");
        let (rule_text, why, fix) = (cell(rule.text), cell(rule.why), cell(rule.fix));
        writeln!(text, "| `{}` | {} | {rule_text} | {why} | {fix} |", rule.code, rule.level.word()).unwrap();
    }
    if let Err(why) = agrees(&root().join("docs/reference/lint.md"), &text) {
        panic!("{why}");
    }
}

#[test]
fn the_list_of_errors_is_complete() {
    let mut text = String::from(
        "# Errors by id\n\nEvery error message ends with its id. `kubectl ku8 help ID` prints the page.\n\
         Written by `BLESS=1` from the pages themselves.\n\n| id | what it means |\n|---|---|\n",
    );
    let mut all = Vec::new();
    pages(&root().join("docs/errors"), &mut all);
    for page in all {
        let first = fs::read_to_string(&page).unwrap();
        let heading = first.lines().next().unwrap_or_default().trim_start_matches("# ");
        let Some((id, title)) = heading.split_once(": ") else { continue };
        let name = page.file_name().unwrap().to_string_lossy();
        writeln!(text, "| [{id}](../errors/{name}) | {} |", title.replace('|', "\\|")).unwrap();
    }
    if let Err(why) = agrees(&root().join("docs/reference/errors.md"), &text) {
        panic!("{why}");
    }
}

/// The blocks of commands of a page, with the lines around them.
fn blocks(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if line.starts_with("```sh") || line.starts_with("```console") {
            open = true;
            found.push(String::new());
        }
        if open {
            let block = found.last_mut().unwrap();
            block.push_str(line);
            block.push('\n');
            open = line != "```";
        }
    }
    found
}

#[test]
fn a_translation_shows_the_commands_of_its_original() {
    let mut all = Vec::new();
    pages(&root().join("docs/zh-CN"), &mut all);
    assert!(all.len() >= 2, "the translations are gone");
    for page in all {
        let original = root().join("docs").join(page.file_name().unwrap());
        let text = fs::read_to_string(&page).unwrap();
        let (translated, expected) = (blocks(&text), blocks(&fs::read_to_string(&original).unwrap()));
        assert_eq!(translated.len(), expected.len(), "{}: blocks are missing or new", page.display());
        let mut blessed = text.clone();
        for (old, new) in translated.iter().zip(&expected) {
            blessed = blessed.replacen(old, new, 1);
        }
        if let Err(why) = agrees(&page, &blessed) {
            panic!("{why}");
        }
    }
}

#[test]
fn anchors_are_those_of_github() {
    let anchors =
        anchors("# Redis and Valkey\n## Redis 和 Valkey\n## `plan`: what\n## Same\n## Same\n```sh\n# no\n```");
    let expected = ["plan-what", "redis-and-valkey", "redis-和-valkey", "same", "same-1"];
    assert_eq!(anchors.into_iter().collect::<Vec<_>>(), expected);
}
