//! A template's page for the terminal.
//! It never leaves out what somebody needs to decide; what experts alone need waits for `--all`.

use super::page::{Form, Page, output_line};
use crate::commands::new::shown;
use crate::object::printable;
use crate::schema::{Group, Parameter};
use crate::terminal::{Styles, Table};

/// Most characters of a default in the table.
const LONGEST_DEFAULT: usize = 24;

/// The page, without parameters for experts and without rules unless `all` is asked for.
pub(super) fn text(page: &Page<'_>, style: Styles, all: bool) -> String {
    let metadata = page.template.metadata();
    let mut parts = vec![format!(
        "{} {}   {}\n{}\n{}, sha256:{}",
        style.bold(&metadata.name),
        metadata.version,
        page.title,
        page.description,
        printable(
            &[page.source.as_str(), &page.trust]
                .map(str::to_owned)
                .into_iter()
                .filter(|fact| !fact.is_empty())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        page.template.digest()
    )];
    if !page.costs.is_empty() {
        let mut table = Table::new(&["CHOICE", "PODS"]);
        for (choice, cost) in &page.costs {
            table.row(&[choice.clone(), cost.clone()]);
        }
        parts.push(table.render());
    }
    let groups = [("basic", Group::Basic), ("advanced", Group::Advanced), ("expert", Group::Expert)];
    for (word, group) in groups.into_iter().take(if all { 3 } else { 2 }) {
        let mut table = Table::new(&["PARAMETER", "DEFAULT", "MEANING"]);
        let found: Vec<&Parameter> = page.parameters.iter().filter(|one| one.group == group).collect();
        for parameter in &found {
            table.row(&[parameter.told.path.clone(), short(default(parameter)), meaning(parameter)]);
        }
        if !found.is_empty() {
            parts.push(format!("{word} parameters\n{}", table.render()));
        }
    }
    parts.extend(page.forms.iter().filter(|form| all || form.basic).map(form));
    for operation in &metadata.operations {
        parts.push(format!("{}\n{}", style.bold(&operation.title), indent(&operation.text)));
    }
    if all && !metadata.rules.is_empty() {
        let mut table = Table::new(&["RULE", "MEANING"]);
        for rule in &metadata.rules {
            table.row(&[rule.code.clone(), rule.text.clone()]);
        }
        parts.push(table.render());
    }
    parts.push(format!("for example: {}", page.command()));
    parts.join("\n\n")
}

/// The default as it is typed.
pub(super) fn default(parameter: &Parameter) -> String {
    match &parameter.told.default {
        Some(value) if value == "" => "-".to_owned(),
        Some(value) => shown(value),
        None if parameter.told.required => "(required)".to_owned(),
        None => "-".to_owned(),
    }
}

/// A long default would push what it means off the screen; `explain` shows it whole.
fn short(default: String) -> String {
    if default.chars().count() <= LONGEST_DEFAULT {
        return default;
    }
    default.chars().take(LONGEST_DEFAULT - 1).chain(['…']).collect()
}

/// The unit, where the value itself does not carry one.
pub(super) fn unit(parameter: &Parameter) -> Option<&str> {
    parameter.told.unit.as_deref().filter(|unit| !matches!(*unit, "bytes" | "cpu"))
}

fn meaning(parameter: &Parameter) -> String {
    let choices: Vec<String> = parameter.told.choices.iter().map(shown).collect();
    let note = match parameter.told.kind.as_str() {
        _ if !choices.is_empty() => choices.join(", "),
        kind if kind.starts_with("list") || kind.starts_with("map") => kind.to_owned(),
        _ => unit(parameter).unwrap_or_default().to_owned(),
    };
    if note.is_empty() { parameter.told.title.clone() } else { format!("{} ({note})", parameter.told.title) }
}

fn form(form: &Form) -> String {
    let head = if form.choice.is_empty() { "with its defaults".to_owned() } else { format!("with {}", form.choice) };
    let mut table = Table::headless();
    let mut line = |what: &str, text: String| {
        if !text.is_empty() {
            table.row(&[what.to_owned(), text]);
        }
    };
    line("  pods", form.cost.clone());
    line("  images", form.images.join(", "));
    line("  objects", form.objects.join(", "));
    line("  secrets", form.secrets.join("; "));
    for output in &form.outputs {
        let (name, address) = output_line(output);
        line("  output", format!("{name}  {address}"));
    }
    format!("{head}\n{}", table.render())
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("  {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}
