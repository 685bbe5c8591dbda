//! The reference pages: commands from the help of the program itself, documents from their schemas.
//! It never says anything that those do not; flags every command takes are told once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::help;

/// A heading of the help with the lines below it.
struct Section<'h> {
    heading: &'h str,
    lines: Vec<&'h str>,
}

/// A flag or an argument with what is said of it.
#[derive(PartialEq)]
struct Entry {
    name: String,
    text: String,
}

/// What stands before the usage, the usage, and the sections.
fn read(help: &str) -> (String, String, Vec<Section<'_>>) {
    let (mut about, mut usage, mut sections) = (Vec::new(), String::new(), Vec::<Section<'_>>::new());
    for line in help.lines() {
        if let Some(rest) = line.strip_prefix("Usage: ") {
            rest.clone_into(&mut usage);
        } else if let Some(heading) = line.strip_suffix(':').filter(|_| !line.starts_with(' ') && !usage.is_empty()) {
            sections.push(Section { heading, lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        } else if usage.is_empty() {
            about.push(line);
        }
    }
    (about.join("\n").trim().to_owned(), usage, sections)
}

/// The entries of a section of flags or arguments; nothing of any other.
fn entries(section: &Section<'_>) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    for line in &section.lines {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if indent < 8 && (text.starts_with('-') || text.starts_with('<') || text.starts_with('[')) {
            let (name, text) = text.split_once("  ").unwrap_or((text, ""));
            found.push(Entry { name: name.to_owned(), text: text.trim().to_owned() });
        } else if let Some(entry) = found.last_mut().filter(|_| !text.is_empty()) {
            let gap = if entry.text.is_empty() { "" } else { " " };
            let _ = write!(entry.text, "{gap}{text}");
        }
    }
    found
}

fn table(page: &mut String, head: &str, entries: &[&Entry]) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n| {head} | meaning |\n|---|---|");
    for entry in entries {
        let cell = |text: &str| text.replace('|', "\\|");
        // Angle brackets would be taken for HTML, and square ones for links.
        let text = cell(&entry.text).replace('<', "&lt;").replace('[', "\\[");
        let _ = writeln!(page, "| `{}` | {text} |", cell(&entry.name));
    }
}

/// The page.
pub(crate) fn commands() -> String {
    let all = help::all();
    let mut page = String::from(
        "# Commands\n\nThe help of every command as one page, written by `BLESS=1`. Each command also takes the \
         [flags of all commands](#flags-of-all-commands).\n\n",
    );
    let name = |path: &[String]| [&["kubectl".to_owned(), "ku8".to_owned()], path].concat().join(" ");
    for (path, help) in &all[1..] {
        let (about, ..) = read(help);
        let indent = "  ".repeat(path.len() - 1);
        let first = about.lines().next().unwrap_or_default().replace('<', "&lt;");
        let _ = writeln!(page, "{indent}- [{}](#{}): {first}", path.join(" "), name(path).replace(' ', "-"));
    }
    let (_, _, sections) = read(&all[0].1);
    let flags = |sections: &[Section<'_>]| -> Vec<Entry> { sections.iter().flat_map(entries).collect() };
    let global = flags(&sections);
    let names: BTreeSet<&str> = global.iter().map(|entry| entry.name.as_str()).collect();
    for (path, help) in &all[1..] {
        let (about, usage, sections) = read(help);
        let _ = writeln!(page, "\n## {}\n\n{}\n\n```text\n{usage}\n```", name(path), about.replace('<', "&lt;"));
        let own = flags(&sections);
        let own: Vec<&Entry> = own.iter().filter(|entry| !names.contains(entry.name.as_str())).collect();
        let (flags, arguments): (Vec<&Entry>, Vec<&Entry>) = own.into_iter().partition(|e| e.name.starts_with('-'));
        table(&mut page, "argument", &arguments);
        table(&mut page, "flag", &flags);
        for section in sections.iter().filter(|section| section.heading.contains("xample")) {
            let lines: Vec<&str> = section.lines.iter().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
            let _ = writeln!(page, "\n```text\n{}\n```", lines.join("\n").trim_end());
        }
    }
    let _ = writeln!(page, "\n## Flags of all commands");
    table(&mut page, "flag", &global.iter().collect::<Vec<_>>());
    page.push_str(EXIT_CODES);
    page
}

const EXIT_CODES: &str = "
## Exit codes

| code | meaning |
|---|---|
| 0 | done; for `plan`, also when there are changes |
| 1 | an error before or at a write, a mistake in the command line, or a declined question |
| 2 | `--detailed-exitcode`: there are changes |
| 3 | the plan is stale: the cluster changed since it was shown |
| 4 | somebody else is publishing the same definition |
| 5 | written, but not ready in time, or only in part |
| 6 | an object or a field belongs to somebody else |
| 130 | Ctrl-C |
";

/// The page about the documents that `-o json` prints, from their schemas by name.
pub(crate) fn documents(schemas: &BTreeMap<String, Value>) -> String {
    let mut page = String::from(
        "# JSON\n\nWhat `-o json` prints, field by field; written by `BLESS=1` from the JSON Schemas that are part of \
         the program (`kubectl ku8 schema NAME`).\n\nEvery document says its `apiVersion` and `kind`. Within one \
         `apiVersion` fields are added and never renamed, removed or given another type: ignore what you do not \
         know.\n\n| document | kind | printed by |\n|---|---|---|\n",
    );
    for (name, schema) in schemas {
        let kind = schema["properties"]["kind"]["const"].as_str().unwrap_or("-");
        let _ = writeln!(page, "| [{name}](#{name}) | `{kind}` | {} |", text(schema, "title"));
    }
    for (name, schema) in schemas {
        let version = schema["properties"]["apiVersion"]["const"].as_str().unwrap_or("-");
        let _ = writeln!(page, "\n## {name}\n\n{}: `apiVersion: {version}`.\n", text(schema, "title"));
        page.push_str("| field | type | always | meaning |\n|---|---|---|---|\n");
        fields(schema, schema, "", &mut page);
    }
    page
}

fn text(schema: &Value, name: &str) -> String {
    schema[name].as_str().unwrap_or_default().replace('|', "\\|").replace('<', "&lt;")
}

/// One line for each property, and for those below it.
fn fields(root: &Value, schema: &Value, path: &str, page: &mut String) {
    let schema = resolve(root, schema);
    let required = schema["required"].as_array();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let property = resolve(root, property);
        let always = required.is_some_and(|names| names.iter().any(|known| known == name));
        let always = if always { "yes" } else { "" };
        let _ =
            writeln!(page, "| `{here}` | {} | {always} | {} |", kind(root, property), text(property, "description"));
        fields(root, property, &here, page);
        fields(root, &property["items"], &format!("{here}[]"), page);
        if property["additionalProperties"].is_object() {
            fields(root, &property["additionalProperties"], &format!("{here}.*"), page);
        }
    }
}

fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let pointer = schema["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn kind(root: &Value, schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    match &schema["type"] {
        Value::String(word) if word == "array" => {
            let items = kind(root, resolve(root, &schema["items"]));
            if items == "any" { "list".to_owned() } else { format!("list of {items}") }
        }
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}
