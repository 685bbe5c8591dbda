//! What the template renders, warns of and refuses, run natively: `cargo test` needs no cluster and no component.
//! It never starts the software.

use template_sdk::prelude::*;
use template_sdk::testing::{Case, golden, render};

use crate::App;

#[test]
fn golden_cases_agree() {
    golden::<App>("tests").unwrap();
}

#[test]
fn the_page_says_the_greeting() {
    let rendered = render::<App>(json!({"greeting": "good morning"})).unwrap();
    assert_eq!(rendered.find("ConfigMap", "demo-pages").unwrap()["data"]["index.html"], "good morning\n");
}

#[test]
fn the_token_is_generated_and_only_referred_to() {
    let rendered = render::<App>(json!({})).unwrap();
    assert_eq!((rendered.secrets[0].name.as_str(), rendered.secrets[0].keys.len()), ("demo-auth", 1));
    assert_eq!(rendered.outputs[0].value()["password"], json!({"secret": "demo-auth", "key": "token"}));
}

#[test]
fn a_single_pod_is_warned_of() {
    assert!(render::<App>(json!({"replicas": 1})).unwrap().warnings.has("{{name}}.replicas.single"));
    assert!(render::<App>(json!({"replicas": 2})).unwrap().warnings.is_empty());
}

#[test]
fn a_value_of_another_shape_is_named_by_its_place() {
    let findings = Case::new(json!({"replicas": "two"})).render::<App>().unwrap_err();
    assert!(findings.iter().any(|finding| finding.path == "/replicas"), "{findings:?}");
}
