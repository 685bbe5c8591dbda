//! Every public item of the kit stands in an example, and examples are run by `cargo test`.
//! It never judges what an example says, only that a reader who searches for a name finds one that compiles.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files whose public items are for the macros alone.
const HIDDEN: [&str; 3] = ["bindings.rs", "guest.rs", "shape.rs"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if !HIDDEN.iter().any(|hidden| path.ends_with(hidden)) {
            found.push(path);
        }
    }
}

/// What one file says: the words of its examples, and its public items with whether they have an example of their own.
#[derive(Default)]
struct Page {
    words: BTreeSet<String>,
    items: Vec<(String, String, bool)>,
}

/// The kind and name of a public item: `fn render`, `struct Pod`.
fn item(line: &str) -> Option<(&str, &str)> {
    let rest = match line.strip_prefix("pub ") {
        Some(rest) => rest.trim_start_matches("const fn").trim_start_matches("fn").trim_start(),
        None => return line.strip_prefix("macro_rules! ").map(|rest| ("macro", name(rest))),
    };
    match line.strip_prefix("pub ").unwrap_or_default() {
        text if text.starts_with("fn ") || text.starts_with("const fn ") => Some(("fn", name(rest))),
        text => ["struct", "enum", "trait"]
            .into_iter()
            .find_map(|kind| Some((kind, name(text.strip_prefix(kind)?.strip_prefix(' ')?)))),
    }
}

fn name(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
}

fn page(text: &str) -> Page {
    let (mut page, mut inside, mut own, mut hidden) = (Page::default(), false, false, false);
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    for line in text.lines() {
        let (indent, line) = (line.len() - line.trim_start().len(), line.trim_start());
        if let Some(doc) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) {
            if doc.trim().starts_with("```") {
                (inside, own) = (!inside, true);
            } else if inside {
                let words = doc.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                page.words.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
            }
        } else if line.starts_with("#[") {
            hidden |= line.contains("doc(hidden)");
        } else {
            if let Some((kind, name)) = item(line).filter(|_| !hidden) {
                let kind = if indent > 0 && kind == "fn" { "method" } else { kind };
                page.items.push((kind.to_owned(), name.to_owned(), own));
            }
            (own, hidden) = (false, false);
        }
    }
    page
}

#[test]
fn every_public_item_stands_in_an_example() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.sort();
    let pages: Vec<(PathBuf, Page)> =
        files.into_iter().map(|file| (file.clone(), page(&fs::read_to_string(file).unwrap()))).collect();
    let words: BTreeSet<&str> = pages.iter().flat_map(|(_, page)| &page.words).map(String::as_str).collect();
    let (mut missing, mut count) = (Vec::new(), 0);
    for (file, page) in &pages {
        for (kind, name, own) in &page.items {
            count += 1;
            // What is called by itself has an example of its own; a method or a word of a list may share one.
            let shown =
                if ["fn", "macro", "trait"].contains(&kind.as_str()) { *own } else { words.contains(name.as_str()) };
            if !shown {
                missing.push(format!("{}: {kind} {name}", file.display()));
            }
        }
    }
    assert!(count > 150, "the walk lost its way: {count} items");
    assert!(missing.is_empty(), "without an example that compiles:\n{}", missing.join("\n"));
}

#[test]
fn the_walk_finds_what_has_none() {
    let text = "/// With.\n///\n/// ```\n/// let a = shown();\n/// ```\npub fn shown() {}\n/// Without.\npub fn bare() {}\n\
                #[doc(hidden)]\npub fn hidden() {}\npub(crate) fn ours() {}\nimpl A {\n    pub const fn of() {}\n}\n";
    let items = page(text).items;
    let found: Vec<(&str, &str, bool)> =
        items.iter().map(|(kind, name, own)| (kind.as_str(), name.as_str(), *own)).collect();
    assert_eq!(found, [("fn", "shown", true), ("fn", "bare", false), ("method", "of", false)]);
}
