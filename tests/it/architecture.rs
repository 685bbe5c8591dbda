//! The walls between the rooms of `kubectl-ku8/src`, and the habits of its files, checked by reading their text.
//! It never compiles or runs anything: a wall that needs a compiler is a crate.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What each room may name of the others, by `crate::room`. A room may always name itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("object", &[]),
    ("definition", &["object"]),
    ("schema", &["object", "definition"]),
    ("render", &["object", "definition", "schema"]),
    ("transform", &["object", "render"]),
    ("release", &["object", "definition"]),
    ("plan", &["object", "render", "transform", "release"]),
    ("author", &["object", "definition", "schema", "render", "plan"]),
    ("secrets", &["object", "render"]),
    ("files", &[]),
    ("trust", &["object"]),
    ("registry", &["object", "secrets", "trust", "files"]),
    ("cluster", &["object", "definition", "secrets", "files"]),
    ("apply", &["object", "plan", "release", "secrets", "cluster"]),
    ("wait", &["object", "release", "cluster"]),
    ("cli", &[]),
    (
        "error",
        &[
            "object",
            "definition",
            "schema",
            "render",
            "transform",
            "release",
            "plan",
            "apply",
            "wait",
            "cluster",
            "registry",
            "trust",
            "files",
        ],
    ),
    (
        "terminal",
        &[
            "object",
            "definition",
            "schema",
            "render",
            "secrets",
            "plan",
            "apply",
            "wait",
            "release",
            "trust",
            "cli",
            "error",
        ],
    ),
];

/// Rooms that name everything, or are the wiring itself.
const WIRING: &[&str] = &["commands", "lib", "main"];

/// What only some files may touch: the words, the files or folders that may, and why.
const WORLD: &[(&[&str], &[&str], &str)] = &[
    (
        &["std::fs", "tokio::fs", "rustix::fs", "File::open", "File::create", "NamedTempFile"],
        &[
            "files/",
            // Compiled code is opened relative to a folder that was checked, which a room of plain paths cannot do.
            "render/cache.rs",
        ],
        "only `files` opens files",
    ),
    (&["kube::"], &["cluster/"], "only `cluster` names the Kubernetes client"),
    (&["wasmtime::", "wasmparser::"], &["render/"], "only `render` names the sandbox"),
    (
        &["Component::deserialize", "deserialize_file", "deserialize_raw"],
        &["render/cache.rs"],
        "native code is loaded from our own cache alone",
    ),
    (&["hyper_rustls::"], &["registry/"], "only `registry` opens connections by itself"),
    (&["ring::"], &["trust/"], "only `trust` judges signatures"),
    (&["template_pack::"], &["commands/template/"], "only authors' commands pack a component"),
    (
        &["println!", "print!", "eprintln!", "eprint!", "dbg!"],
        &[],
        "output goes through `terminal::Ui`, which survives a closed pipe",
    ),
    (
        &["io::stdout", "io::stderr", "owo_colors", "dialoguer", "indicatif", "comfy_table"],
        &[
            "terminal/",
            // The render child answers on standard output before there is a Ui; logs go to standard error.
            "commands/mod.rs",
        ],
        "only `terminal` prints, colours and asks",
    ),
    (&["io::stdin"], &["files/", "terminal/", "commands/mod.rs"], "only `files` reads standard input"),
    (
        &["SystemTime::now", "Timestamp::now", "Zoned::now", "UNIX_EPOCH.elapsed"],
        &["commands/environment.rs"],
        "only `commands/environment.rs` reads the clock",
    ),
    (
        &["env::var", "env::current_exe", "env::vars"],
        &["commands/context.rs", "commands/environment.rs"],
        "only `commands/context.rs` and `commands/environment.rs` read the environment",
    ),
    (&["process::exit", "process::abort"], &[], "only `main` ends the process, by returning"),
    (&["super::super"], &[], "a path two rooms up hides which wall it crosses"),
    (&["#[allow("], &[], "`#[expect(…, reason = …)]` says why and ends when the reason does"),
];

/// Longest file, tests not counted.
const LINES: usize = 300;

/// Files that are longer, and why.
const LONG: &[(&str, &str)] = &[("plan/compare.rs", "one walk over two documents")];

/// A file of the crate: its path below `src` and its lines before the tests.
struct Source {
    path: String,
    text: String,
    code: Vec<(usize, String)>,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    assert!(found.len() > 50, "the sources are not where they were: {}", root.display());
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            Source { code: code(&text), path, text }
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Lines up to the tests at the foot, without comments, numbered from 1.
fn code(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate().take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    lines
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line.split(" // ").next().unwrap_or_default().to_owned()))
        .collect()
}

fn room(path: &str) -> &str {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// Rooms named by `crate::room` and `crate::{room, other::Name}`.
fn named(source: &Source) -> BTreeSet<(usize, String)> {
    // Groups may run over lines, so the lines are read as one text and counted.
    let text = source.code.iter().fold(String::new(), |mut text, (number, line)| {
        let _ = writeln!(text, "\u{1}{number}\u{2}{line}");
        text
    });
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let number = text[..at].rsplit('\u{1}').next().and_then(|rest| rest.split('\u{2}').next());
        let number = number.and_then(|number| number.parse().ok()).unwrap_or_default();
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0_i32;
            let mut word = String::new();
            let mut words = Vec::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => words.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(letter),
                    _ => {}
                }
            }
            words.push(word);
            found.extend(words.iter().map(|word| (number, first_word(word))));
        } else {
            found.insert((number, first_word(rest)));
        }
    }
    found.retain(|(_, word)| !word.is_empty());
    found
}

fn first_word(text: &str) -> String {
    let text = text.trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
    text.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect()
}

/// Whether `words` stands in `line` as a path of its own: `kube::` is not in `serde_kube::`.
fn mentions(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}

#[test]
fn rooms_name_only_what_they_may() {
    let mut wrong = String::new();
    for source in sources() {
        let here = room(&source.path);
        if WIRING.contains(&here) {
            continue;
        }
        let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == here) else {
            let _ = writeln!(wrong, "{}: the room `{here}` is not in the table of {}", source.path, file!());
            continue;
        };
        for (line, other) in named(&source) {
            if other != here && !may.contains(&other.as_str()) {
                let _ = writeln!(wrong, "{}:{line}: `{here}` may not name `{other}`", source.path);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_table_of_rooms_has_no_circle() {
    // A room's row names only rooms above it, so the order of the table is the order of the walls.
    let mut above = BTreeSet::new();
    for (room, may) in ROOMS {
        for other in *may {
            assert!(above.contains(other), "`{room}` names `{other}`, which comes after it");
        }
        above.insert(*room);
    }
}

#[test]
fn the_world_is_touched_where_it_may_be() {
    let mut wrong = String::new();
    for source in sources() {
        for (words, places, why) in WORLD {
            if places.iter().any(|place| source.path.starts_with(place)) {
                continue;
            }
            for (line, text) in &source.code {
                if let Some(word) = words.iter().find(|word| mentions(text, word)) {
                    let _ = writeln!(wrong, "{}:{line}: `{word}`: {why}", source.path);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn exceptions_that_nobody_needs_are_gone() {
    let sources = sources();
    for (words, places, _) in WORLD {
        for place in *places {
            let used = sources.iter().filter(|source| source.path.starts_with(place));
            let used =
                used.flat_map(|source| &source.code).any(|(_, text)| words.iter().any(|word| mentions(text, word)));
            assert!(used, "nothing in {place} touches any of {words:?}: take it out of the table");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> =
        sources().into_iter().filter(|source| !source.text.starts_with("//! ")).map(|source| source.path).collect();
    assert!(silent.is_empty(), "begin with two sentences, what it is for and what it never does: {silent:?}");
}

#[test]
fn files_are_short() {
    let mut wrong = String::new();
    for source in sources() {
        let lines = source.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        let excused = LONG.iter().any(|(path, _)| *path == source.path);
        match (lines > LINES, excused) {
            (true, false) => {
                let _ = writeln!(wrong, "{}: {lines} lines, more than {LINES}: split it", source.path);
            }
            (false, true) => {
                let _ = writeln!(wrong, "{}: {lines} lines, no excuse needed any more", source.path);
            }
            _ => {}
        }
    }
    for (path, _) in LONG {
        if !Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path).is_file() {
            let _ = writeln!(wrong, "{path}: excused, but gone");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_reader_of_names_reads_groups() {
    let text =
        "use crate::{object::{Key, labels}, plan};\nlet a = crate::wait::b(); // crate::files\n//! crate::cluster\n";
    let source = Source { path: String::new(), code: code(text), text: text.into() };
    let names: Vec<String> = named(&source).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["object", "plan", "wait"]);
    assert!(mentions("    kube::Client", "kube::") && !mentions("mykube::Client", "kube::"));
}
