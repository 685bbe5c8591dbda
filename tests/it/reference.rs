//! The command reference as a page, from the help of the program itself.
//! It never says anything that the help does not; flags every command takes are told once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

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
