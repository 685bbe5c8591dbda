//! A template's page as Markdown, for the repository and for people's own documentation.
//! It never says anything the terminal's page does not know.

use std::fmt::Write as _;

use super::page::{Form, Page, output_line};
use super::text::{default, unit};
use crate::commands::new::shown;
use crate::schema::{Group, Parameter};

/// The page.
pub(super) fn markdown(page: &Page<'_>) -> String {
    let metadata = page.template.metadata();
    let mut text = format!("# {}\n\n{}\n\n", page.title, page.description);
    // Writing to a String cannot fail.
    let _ = write!(text, "```text\n{}\n```\n", page.command());
    let software = metadata.app_version.as_deref().filter(|version| !version.is_empty());
    let software = software.map_or_else(String::new, |version| format!(" for version {version} of the software"));
    let _ = writeln!(
        text,
        "\nTemplate `{}` {}{software}. This page is what `kubectl ku8 template show {} -o markdown` prints.",
        metadata.name, metadata.version, metadata.name
    );
    if !page.costs.is_empty() {
        text.push_str("\n## Costs\n\n| choice | pods |\n|---|---|\n");
        for (choice, cost) in &page.costs {
            let _ = writeln!(text, "| `{choice}` | {} |", cell(cost));
        }
    }
    text.push_str("\n## Parameters\n");
    let groups = [
        ("Basic", "Asked of everybody.", Group::Basic),
        ("Advanced", "For a closer look.", Group::Advanced),
        ("Expert", "For those who know why.", Group::Expert),
    ];
    for (head, about, group) in groups {
        let found: Vec<&Parameter> = page.parameters.iter().filter(|one| one.group == group).collect();
        if found.is_empty() {
            continue;
        }
        let _ = write!(text, "\n### {head}\n\n{about}\n\n| parameter | default | meaning |\n|---|---|---|\n");
        for parameter in found {
            let default = default(parameter);
            let default = if default == "-" || default == "(required)" { default } else { code(&default) };
            let _ = writeln!(text, "| {} | {default} | {} |", code(&parameter.told.path), meaning(parameter));
        }
    }
    text.push_str("\n## What it renders\n\nFor a definition `example` in the namespace `example`.\n");
    page.forms.iter().filter(|form| form.basic).for_each(|one| form(&mut text, one));
    if !metadata.operations.is_empty() {
        text.push_str("\n## Operations\n");
    }
    for operation in &metadata.operations {
        let _ = write!(text, "\n### {}\n\n{}\n", operation.title, operation.text.trim());
    }
    if !metadata.rules.is_empty() {
        text.push_str(
            "\n## Rules\n\nWhat is judged before anything is written; the codes stand at the findings of a plan.\n\n",
        );
        text.push_str("| code | rule |\n|---|---|\n");
        for rule in &metadata.rules {
            let _ = writeln!(text, "| `{}` | {} |", rule.code, cell(&rule.text));
        }
    }
    text
}

fn form(text: &mut String, form: &Form) {
    let head = if form.choice.is_empty() { "With its defaults".to_owned() } else { format!("With `{}`", form.choice) };
    let _ = write!(text, "\n### {head}\n\n");
    let codes = |all: &[String]| all.iter().map(|one| code(one)).collect::<Vec<_>>().join(", ");
    let mut line = |what: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "- {what}: {value}");
        }
    };
    line("pods", form.cost.clone());
    line("images", codes(&form.images));
    line("objects", codes(&form.objects));
    line("secrets, generated once and kept", codes(&form.secrets));
    for output in &form.outputs {
        let (name, address) = output_line(output);
        line("output", format!("{name} {}", code(&address)));
    }
}

fn meaning(parameter: &Parameter) -> String {
    let told = &parameter.told;
    let mut text = format!("**{}.**", cell(&told.title));
    if !told.description.is_empty() {
        let _ = write!(text, " {}", cell(&told.description));
    }
    let choices: Vec<String> = told.choices.iter().map(shown).map(|choice| code(&choice)).collect();
    if !choices.is_empty() {
        let _ = write!(text, " One of {}.", choices.join(", "));
    }
    let mut notes =
        told.bounds.iter().filter(|bound| !bound.starts_with("matches")).map(|bound| cell(bound)).collect::<Vec<_>>();
    notes.extend(unit(parameter).map(|unit| format!("in {unit}")));
    if told.kind.starts_with("list") || told.kind.starts_with("map") {
        notes.push(told.kind.clone());
    }
    if !told.changeable {
        notes.push("cannot change later".to_owned());
    }
    if !notes.is_empty() {
        let _ = write!(text, " *({})*", notes.join(", "));
    }
    text
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('\n', " ");
    if text.contains('`') { text } else { format!("`{text}`") }
}
