//! What the template must render and refuse, run natively.
//! It never starts the software: the pod simulator does.

mod objects;
mod rules;
mod transitions;

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Rendered, Value};

use crate::Kafka;

/// What is rendered.
fn rendered(values: Value) -> Rendered {
    render::<Kafka>(values).unwrap()
}

/// Why nothing is.
fn refused(values: Value) -> Findings {
    render::<Kafka>(values).unwrap_err()
}

/// The change from one set of values to another.
fn change(from: Value, to: Value) -> Result<Rendered, Findings> {
    Case::new(to).previous(from).render::<Kafka>()
}

/// Every refusal comes with a way out.
fn assert_refused(findings: &Findings, code: &str) {
    assert!(findings.has(code), "{findings:?}");
    assert!(findings.iter().all(|finding| finding.hint.is_some()), "{findings:?}");
}
