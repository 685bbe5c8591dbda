//! Native tests: every rule obeyed and broken, the rendered configuration, the scripts in a real shell.
//! They never start a server; tests/pods does.

mod render;
mod rules;
mod scripts;
mod watched;
mod watched_changes;
mod watched_rules;

use template_sdk::testing::{Case, render};
use template_sdk::{Findings, Severity, Value};

use crate::Redis;

/// What is said about values, whether they are refused or not.
fn said(values: Value) -> Findings {
    answered(render::<Redis>(values))
}

/// What is said about a request.
fn said_of(case: &Case) -> Findings {
    answered(case.render::<Redis>())
}

fn answered(answer: Result<template_sdk::Rendered, Findings>) -> Findings {
    match answer {
        Ok(rendered) => rendered.warnings,
        Err(findings) => findings,
    }
}

/// Asserts that these values are refused with this code, and that every refusal names a way out.
fn breaks(findings: &Findings, code: &str) {
    let found = findings.iter().any(|finding| finding.code == code && finding.severity == Severity::Error);
    assert!(found, "no error {code} in {findings:?}");
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        assert!(finding.hint.is_some(), "{} has no hint", finding.code);
    }
}

/// Asserts that nothing is refused and this is not said.
fn obeys(findings: &Findings, code: &str) {
    assert!(!findings.has(code) && !findings.has_errors(), "{findings:?}");
}

/// Asserts that nothing is refused and this is pointed out.
fn tells(findings: &Findings, code: &str) {
    assert!(findings.has(code) && !findings.has_errors(), "{findings:?}");
}
