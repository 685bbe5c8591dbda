//! Golden cases natively: `tests/<case>/definition.yaml` with `expected.yaml` or `expected.err`, without a component.
//! It never writes them: `kubectl ku8 template test --bless` does, from what the component answered.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Case;
use crate::finding::Findings;
use crate::output::{Output, Rendered};
use crate::template::Template;
use crate::{json, shape};

/// What differs from the golden cases; its `Debug` text is for people, so that `unwrap` shows it.
pub struct Differences(String);

impl fmt::Debug for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.0)
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Differences {}

/// Renders every case of a folder and compares it with what it expects; returns how many were compared. A refusal by the
/// schema is the host's and not compared here.
///
/// In a test of the template: `template_sdk::testing::golden::<Motd>("tests").unwrap();`
///
/// ```
/// # use template_sdk::{Findings, Kind, Metadata, Rendered, Request, Template, Value, build::{Meta, config_map}, json, testing};
/// # struct Motd;
/// # impl Template for Motd {
/// #     fn metadata() -> Metadata {
/// #         Metadata { name: "motd", version: "1.0.0", title: "t", description: "d", app_version: "1",
/// #             produces: vec![Kind::new("", "ConfigMap")] }
/// #     }
/// #     fn schema() -> Value { json!({"properties": {"text": {"default": "hello"}}}) }
/// #     fn render(request: &Request) -> Result<Rendered, Findings> {
/// #         let meta = Meta::new("motd", &request.name, "text", &request.namespace).version("1");
/// #         let text: String = request.read_at("/text")?;
/// #         Ok(Rendered::new().object("configmap/text", 0, config_map(&meta, &request.name, [("text", text)])))
/// #     }
/// # }
/// let folder = std::env::temp_dir().join("golden-example");
/// std::fs::create_dir_all(folder.join("defaults"))?;
/// std::fs::write(folder.join("defaults/definition.yaml"), "metadata: {name: demo}\nspec: {values: {text: bye}}\n")?;
/// let differences: testing::Differences = testing::golden::<Motd>(&folder).unwrap_err();
/// assert!(differences.to_string().contains("defaults: no expected.yaml yet"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn golden<T: Template>(folder: impl AsRef<Path>) -> Result<usize, Differences> {
    let folder = folder.as_ref();
    let unreadable = |error: &dyn fmt::Display| Differences(format!("{}: {error}", folder.display()));
    let mut cases: Vec<_> = fs::read_dir(folder)
        .map_err(|error| unreadable(&error))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.join("definition.yaml").is_file())
        .collect();
    cases.sort();
    if cases.is_empty() {
        return Err(unreadable(&"there is no folder with a definition.yaml in it"));
    }
    let mut text = String::new();
    for case in &cases {
        if let Err(why) = compare::<T>(case) {
            let name = case.file_name().unwrap_or_default().to_string_lossy();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}: {why}");
        }
    }
    if text.is_empty() { Ok(cases.len()) } else { Err(Differences(text)) }
}

fn compare<T: Template>(folder: &Path) -> Result<(), String> {
    let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
    let definition = documents(&read("definition.yaml").unwrap_or_default())?.into_iter().next().unwrap_or_default();
    let word =
        |pointer: &str, other: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or(other).to_owned();
    let values = definition.pointer("/spec/values").cloned().unwrap_or_else(|| json!({}));
    let mut case = Case::new(values).name(&word("/metadata/name", "demo"));
    word("/metadata/namespace", "default").clone_into(&mut case.namespace);
    match (case.answer::<T>(), read("expected.yaml"), read("expected.err")) {
        (Ok(rendered), Some(expected), _) => agree(&rendered, &documents(&expected)?),
        (Err(findings), _, Some(expected)) => refused(&findings, &expected),
        // The host refused these values before the template saw them.
        (_, None, Some(expected)) if expected.contains(" [schema]\n") => Ok(()),
        (Ok(_), None, Some(_)) => Err("it renders, and expected.err says that it is refused".to_owned()),
        (Err(findings), Some(_), _) => Err(format!("it is refused, and expected.yaml is there\n{}", told(&findings))),
        (_, None, None) => {
            Err("no expected.yaml yet; kubectl ku8 template test --bless writes it, then read it".to_owned())
        }
    }
}

/// Every document of a file, as the host reads numbers.
fn documents(text: &str) -> Result<Vec<Value>, String> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true, with_snippet: false };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| error.to_string())
}

/// The objects in order, then what stands beside them.
fn agree(rendered: &Rendered, expected: &[Value]) -> Result<(), String> {
    let mut wrong = String::new();
    let mut found: Vec<Value> = rendered.objects.iter().map(|object| object.manifest.clone()).collect();
    let outputs: Vec<&Value> = rendered.outputs.iter().map(Output::value).collect();
    let warnings: Vec<&crate::Finding> = rendered.warnings.iter().collect();
    found.push(json!({
        "secrets": rendered.secrets, "outputs": outputs, "notes": rendered.notes, "warnings": warnings,
    }));
    if found.len() != expected.len() {
        let _ = writeln!(wrong, "{} objects, expected {}", found.len() - 1, expected.len().saturating_sub(1));
    }
    for (found, expected) in found.iter().zip(expected) {
        differ(&super::check::place(found), "", found, expected, &mut wrong);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// One line for every field that differs.
fn differ(at: &str, pointer: &str, found: &Value, expected: &Value, wrong: &mut String) {
    match (found, expected) {
        (Value::Object(left), Value::Object(right)) => {
            for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
                let part = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                differ(at, &format!("{pointer}/{name}"), &part(left), &part(right), wrong);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differ(at, &format!("{pointer}/{index}"), left, right, wrong);
            }
        }
        _ if found == expected => {}
        _ => {
            let at = if at == "/" { "beside the objects" } else { at };
            let _ = writeln!(wrong, "  {at} {pointer}: {}, expected {}", shape::text(found), shape::text(expected));
        }
    }
}

fn refused(findings: &Findings, expected: &str) -> Result<(), String> {
    // The host has judged the schema first, and then asks no template.
    if expected.contains(" [schema]\n") || told(findings) == expected {
        return Ok(());
    }
    Err(format!("it is refused otherwise\n{}expected\n{expected}", told(findings)))
}

/// Findings as `expected.err` has them.
fn told(findings: &Findings) -> String {
    let mut text = String::new();
    for finding in findings {
        let path = if finding.path.is_empty() { "/" } else { finding.path.as_str() };
        let _ = writeln!(text, "{path} {} [{}]", finding.message, finding.code);
        if let Some(hint) = &finding.hint {
            let _ = writeln!(text, "  hint: {hint}");
        }
    }
    text
}
