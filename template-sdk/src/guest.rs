//! Answers the host's calls with a [`Template`]; only built for wasm.
//! It never panics on bad input: what cannot be read comes back as a finding.

use serde_json::Value;

use crate::bindings::exports::ku8::template::provider;
use crate::finding::{Finding, Severity};
use crate::input::Request;
use crate::optional::{Live, Status, Upgrade, Version};
use crate::output::{Object, Output, Rendered};
use crate::template::Template;
use crate::{json, shape};

/// Returns the template's metadata as JSON.
pub fn metadata<T: Template>() -> String {
    let mut metadata = json!(T::metadata());
    metadata["rules"] = json!(T::rules());
    metadata["operations"] = json!(T::operations());
    shape::text(&metadata)
}

/// Returns the template's schema as JSON.
pub fn schema<T: Template>() -> String {
    shape::text(&T::schema())
}

/// Renders a request given as JSON.
pub fn render<T: Template>(request: &str) -> Result<provider::Rendered, Vec<provider::Diagnostic>> {
    let answer = Request::parse(request).and_then(|request| T::render(&request));
    answer.map(rendered).map_err(|findings| findings.into_iter().map(diagnostic).collect())
}

/// Judges live objects given as JSON.
pub fn probe<T: Status>(request: &str, live: &str) -> Result<String, String> {
    let request = Request::parse(request).map_err(|_| "the request cannot be read")?;
    T::probe(&request, &Live::parse(live)?).map(|verdict| shape::text(&verdict.to_json()))
}

/// Brings values given as JSON to this version.
pub fn migrate<T: Upgrade>(from: &str, values: &str) -> Result<String, String> {
    let from = Version::parse(from).ok_or("the version the values are from cannot be read")?;
    let values = serde_json::from_str(values).map_err(|_| "the values are no JSON")?;
    T::migrate(from, values).map(|values| shape::text(&values))
}

fn rendered(rendered: Rendered) -> provider::Rendered {
    let outputs: Vec<&Value> = rendered.outputs.iter().map(Output::value).collect();
    provider::Rendered {
        outputs: text(&outputs),
        secrets: text(&rendered.secrets),
        objects: rendered.objects.into_iter().map(object).collect(),
        notes: rendered.notes,
        extensions: "{}".to_owned(),
        warnings: rendered.warnings.into_iter().map(diagnostic).collect(),
    }
}

fn object(object: Object) -> provider::Object {
    provider::Object { id: object.id, stage: object.stage, manifest: shape::text(&object.manifest) }
}

fn diagnostic(finding: Finding) -> provider::Diagnostic {
    let severity = match finding.severity {
        Severity::Info => provider::Severity::Info,
        Severity::Warning => provider::Severity::Warning,
        Severity::Error => provider::Severity::Error,
    };
    let Finding { path, code, message, hint, .. } = finding;
    provider::Diagnostic { severity, path, code, message, hint }
}

fn text(value: &impl serde::Serialize) -> String {
    // Our own types always serialise; an empty text is refused by the host as no JSON.
    serde_json::to_string(value).unwrap_or_default()
}
