//! `explain`: what a parameter or a field of a definition takes, and what changing it does to what runs.
//! It never asks a cluster; what a change does is found by rendering twice and comparing.

use clap::Args;
use serde_json::{Value, json};

use super::explain_change::effect;
use super::resolve::{Moved, find};
use super::{Context, print_document};
use crate::cli::Output;
use crate::definition::{TemplateSchema, json_schema};
use crate::error::{CommandError, exit, id, page};
use crate::object::{nearest, printable};
use crate::registry::Reference;
use crate::render::{Template, builtin};
use crate::schema::{Explanation, NoSuchPath, explain};
use crate::terminal::Table;

/// The first word that is no template: the fields of a definition document.
const DEFINITION: &str = "definition";

/// Explain a parameter of a template, or a field of a definition
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kubectl ku8 explain mysql                   # all parameters
  kubectl ku8 explain mysql.storage.size
  kubectl ku8 explain definition.spec         # the fields of a definition file
  kubectl ku8 explain ./build/mine.wasm hosts[0].name
  kubectl ku8 explain oci://registry.example.com/team/kafka:1.0.0 replicas
  kubectl ku8 explain mysql.version -o json")]
pub struct ExplainArgs {
    /// Template and parameter, such as mysql.storage.size, or definition and field
    #[arg(value_name = "WHAT")]
    what: String,
    /// Parameter, when a component file or a template of a registry is explained
    #[arg(value_name = "PATH")]
    path: Option<String>,
    /// Output: text, json or yaml
    #[arg(short = 'o', long, value_enum, default_value_t, hide_possible_values = true, hide_default_value = true)]
    output: Output,
}

/// Explains.
///
/// # Errors
/// When there is no such template or parameter.
pub async fn run(context: &Context, args: &ExplainArgs) -> Result<u8, CommandError> {
    if let Some(text) = page(&args.what) {
        context.ui.print(text);
        return Ok(exit::DONE);
    }
    let (subject, path) = split(&args.what, args.path.as_deref());
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut about = None;
    let (mut found, change) = if subject == DEFINITION {
        let document = json_schema(None);
        let found = explain(&document, &names).map_err(|wrong| no_such_path(&subject, &wrong))?;
        (found, None)
    } else {
        let template = template(context, &subject).await?;
        about = Some(template.metadata().clone());
        let found = explain(template.schema().document(), &names).map_err(|wrong| no_such_path(&subject, &wrong))?;
        let change = effect(context, &template, &found);
        (found, change)
    };
    if found.path.is_empty()
        && let Some(about) = about
    {
        found.title = format!("{} {}, {}", about.name, about.version, about.title);
        found.description = about.description;
    }
    if args.output == Output::Text {
        context.ui.print(&text(context, &subject, &found, change.as_deref()));
        return Ok(exit::DONE);
    }
    let mut document = serde_json::to_value(&found).expect("an explanation is plain data");
    document["apiVersion"] = json!("ku8.dev/v1");
    document["kind"] = json!("Explanation");
    document["subject"] = json!(subject);
    document["changeEffect"] = json!(change);
    print_document(context, &document, args.output);
    Ok(exit::DONE)
}

/// The template, or `definition`, and the names behind it. A file's name may hold dots itself.
fn split(what: &str, path: Option<&str>) -> (String, Vec<String>) {
    let is_file = what.contains('/') || what.contains(".wasm");
    let (subject, rest) = match what.find(".wasm.") {
        _ if Reference::is_meant(what) => (what, ""),
        Some(at) => (&what[..at + 5], &what[at + 6..]),
        None if is_file => (what, ""),
        None => what.split_once('.').unwrap_or((what, "")),
    };
    let whole = [rest, path.unwrap_or_default()].join(".").replace('[', ".").replace(']', "");
    let names = whole.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (subject.to_owned(), names)
}

async fn template(context: &Context, name: &str) -> Result<Template, CommandError> {
    let found = find(context, name, Moved::Refuse).await;
    found.map(|loaded| loaded.template).map_err(|error| {
        let close = nearest(name, [DEFINITION]).filter(|_| error.id == id::NO_TEMPLATE && error.hints.len() == 1);
        match close {
            Some(word) if builtin::find(name).is_none() => {
                error.hint(format!("or `{word}`, for the fields of a definition"))
            }
            _ => error,
        }
    })
}

/// A parameter as it is written on the command line: behind a reference, whose tag has dots of its own, as a second word.
fn named(subject: &str, path: &str) -> String {
    match path {
        "" => subject.to_owned(),
        path if Reference::is_meant(subject) => format!("{subject} {path}"),
        path => format!("{subject}.{path}"),
    }
}

fn no_such_path(subject: &str, wrong: &NoSuchPath) -> CommandError {
    let place = named(subject, &wrong.known);
    let failed = CommandError::new(format!("`{place}` has no `{}`", wrong.unknown)).id(id::UNKNOWN_PARAMETER);
    match (&wrong.nearest, wrong.names.is_empty()) {
        (Some(near), _) => {
            let parts = [wrong.known.as_str(), near];
            let path = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
            failed.hint(format!("did you mean `{}`?", named(subject, &path)))
        }
        (None, true) => failed.hint(format!("it has no parts; see it with: kubectl ku8 explain {place}")),
        (None, false) => failed.hint(format!("see what there is with: kubectl ku8 explain {place}")),
    }
}

fn text(context: &Context, subject: &str, found: &Explanation, change: Option<&str>) -> String {
    let styles = context.ui.out;
    let name = named(subject, &found.path);
    let mut lines = vec![format!("{}   {}", styles.bold(&name), found.title).trim_end().to_owned()];
    if !found.description.is_empty() {
        lines.push(format!("  {}", found.description));
    }
    lines.push(String::new());
    let mut say = |what: &str, words: String| lines.push(format!("  {} {words}", styles.dim(&format!("{what:<10}"))));
    let quantity = if found.kind == "quantity" { ": a number and a unit, such as 512Mi or 20Gi" } else { "" };
    say("type", format!("{}{quantity}", found.kind));
    if found.secret {
        say("", "never a plain value: {secretRef: {name, key}}, {generate: {length}}, or left out".into());
    }
    match &found.default {
        Some(default) if !is_nothing(default) => say("default", shown(default)),
        _ if found.required => say("required", "yes".into()),
        _ => {}
    }
    if !found.choices.is_empty() {
        say("choices", found.choices.iter().map(shown).collect::<Vec<_>>().join(", "));
    }
    if !found.bounds.is_empty() {
        say("bounds", found.bounds.join(", "));
    }
    if let Some(unit) = &found.unit {
        say("unit", unit.clone());
    }
    if !found.examples.is_empty() {
        say("examples", found.examples.iter().map(shown).collect::<Vec<_>>().join(", "));
    }
    if let Some(group) = &found.group {
        say("group", group.clone());
    }
    if !found.pointer.is_empty() && subject != DEFINITION {
        let judged = found
            .transition
            .as_ref()
            .map_or_else(String::new, |rule| format!("; the template judges each change ({rule})"));
        let may = if found.changeable { "yes" } else { "only before the first publish" };
        say("may change", format!("{may}{judged}"));
        if let Some(change) = change.filter(|_| found.changeable) {
            say("a change", change.to_owned());
        }
        if found.members.is_empty() && !found.secret {
            let plain = |value: &&Value| value.is_string() || value.is_number() || value.is_boolean();
            let known =
                found.default.as_ref().filter(plain).or_else(|| found.choices.first()).or(found.examples.first());
            let value = match known {
                Some(value) if !is_nothing(value) => shown(value),
                _ if found.kind == "quantity" && found.unit.as_deref() == Some("cpu") => "500m".to_owned(),
                _ if found.kind == "quantity" => "20Gi".to_owned(),
                _ => "…".to_owned(),
            };
            say("set it", format!("--set {}={value}", found.path));
        }
    }
    if !found.members.is_empty() {
        let mut table = Table::new(&["NAME", "TYPE", "DEFAULT", "MEANING"]);
        for member in &found.members {
            let default = match &member.default {
                Some(default) if !is_nothing(default) => shown(default),
                _ if member.required => "(required)".to_owned(),
                _ => "-".to_owned(),
            };
            table.row(&[member.name.clone(), member.kind.clone(), default, member.title.clone()]);
        }
        lines.push(String::new());
        lines.extend(table.render().lines().map(|line| format!("  {line}")));
        if let Some(first) = found.members.first() {
            lines.push(String::new());
            let path =
                if found.path.is_empty() { first.name.clone() } else { format!("{}.{}", found.path, first.name) };
            lines.push(styles.dim(&format!("  more of one: kubectl ku8 explain {}", named(subject, &path))));
        }
    }
    lines.join("\n")
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::String(text) => text.is_empty(),
        other => other.is_null(),
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| printable(&value.to_string()), printable)
}

/// A template's schema with its names, for what editors read.
pub(super) fn schema_of(template: &Template) -> TemplateSchema<'_> {
    let metadata = template.metadata();
    TemplateSchema { name: &metadata.name, version: &metadata.version, document: template.schema().document() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_explained_is_read_as_people_write_it() {
        let read = |what: &str, path: Option<&str>| {
            let (subject, names) = split(what, path);
            format!("{subject} {}", names.join(" "))
        };
        assert_eq!(read("mysql", None), "mysql ");
        assert_eq!(read("mysql.storage.size", None), "mysql storage size");
        assert_eq!(read("redis.tolerations[0].key", None), "redis tolerations 0 key");
        assert_eq!(read("./a.b/x.wasm", Some("hosts[0].name")), "./a.b/x.wasm hosts 0 name");
        assert_eq!(read("x.wasm.hosts", None), "x.wasm hosts");
    }
}
