//! Every error's id, its page, and where the code gives it: none may be without the others.
//! It never looks at wording; people do that.

use std::collections::BTreeSet;
use std::path::Path;

use kubectl_ku8::error::{pages, title};

fn texts(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("error/ids.rs") {
            found.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_page_belongs_to_an_id_and_every_id_to_an_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: BTreeSet<String> = std::fs::read_dir(root.join("../docs/errors"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("KU8-"))
        .collect();
    let built_in: BTreeSet<String> = pages().iter().map(|(id, _)| format!("{id}.md")).collect();
    assert_eq!(files, built_in, "files in docs/errors and pages built in");

    let mut code = String::new();
    texts(&root.join("src"), &mut code);
    let table = std::fs::read_to_string(root.join("src/error/ids.rs")).unwrap();
    let mut seen = 0;
    for line in table.lines().filter(|line| line.contains(" = \"KU8-")) {
        let name = line.trim().split(' ').next().unwrap();
        let given = code.match_indices(&format!("id::{name}")).any(|(at, word)| {
            !code[at + word.len()..].starts_with(|next: char| next.is_ascii_uppercase() || next == '_')
        });
        assert!(given, "no error carries id::{name}: take it and its page out");
        seen += 1;
    }
    assert_eq!(seen, pages().len());
}

#[test]
fn every_page_has_a_title_of_its_own() {
    let titles: BTreeSet<&str> = pages().iter().map(|(id, _)| title(id).unwrap()).collect();
    assert_eq!(titles.len(), pages().len());
}
