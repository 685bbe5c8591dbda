//! What the template must render and refuse, run natively, and its scripts in the real shell.
//! It never starts mongod, which no package registry carries.

mod change;
mod mongosh;
mod render;
mod rules;
mod scripts;

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Rendered, Value};

use crate::MongoDb;

fn rendered(values: Value) -> Rendered {
    render::<MongoDb>(values).unwrap()
}

fn refused(values: Value) -> Findings {
    render::<MongoDb>(values).unwrap_err()
}

/// The change from one set of values to another.
fn change(from: Value, to: Value) -> Result<Rendered, Findings> {
    Case::new(to).previous(from).render::<MongoDb>()
}

/// Every refusal must come with a way out.
fn breaks(findings: &Findings, code: &str) {
    assert!(findings.has(code), "{code}: {findings:?}");
    assert!(findings.iter().all(|finding| finding.hint.is_some()), "{findings:?}");
}

/// A file of a ConfigMap.
fn file(rendered: &Rendered, map: &str, file: &str) -> String {
    rendered.find("ConfigMap", map).unwrap()["data"][file].as_str().unwrap().to_owned()
}

fn conf(values: Value) -> String {
    file(&rendered(values), "demo-config", "mongod.conf")
}
